//! Runs `quicksync-cli`.

use std::{path::Path, process::Stdio, time::Duration};

use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

use crate::gateway::Gateway;

/// A machine under load still does each step within this.
const PATIENCE: Duration = Duration::from_secs(30);

/// Somebody's machine: a folder for sign-ins, and the gateway they use.
pub struct Machine {
    pub gateway: Gateway,
    folder: TempDir,
}

pub struct Outcome {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A command that goes on until it is stopped.
pub struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    notes: Lines<BufReader<ChildStderr>>,
}

impl Machine {
    pub async fn new() -> Self {
        Self {
            gateway: Gateway::start().await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// With `ada` and `bob` registered and signed in under profiles of their names.
    pub async fn with_ada_and_bob() -> Self {
        let machine = Self::new().await;
        for (username, name) in [("ada", "Ada Lovelace"), ("bob", "bob")] {
            let email = format!("{username}@example.org");
            let arguments = [
                "--profile",
                username,
                "register",
                username,
                "--email",
                &email,
                "--name",
                name,
                "--password-stdin",
            ];
            assert_eq!(
                machine.run_with(&arguments, "correct horse\n").await.code,
                0
            );
        }
        machine
    }

    pub fn state(&self) -> &Path {
        self.folder.path()
    }

    pub async fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, "").await
    }

    pub async fn run_with(&self, arguments: &[&str], stdin: &str) -> Outcome {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that reads nothing may be gone before it is written to.
        let _ = child
            .stdin
            .take()
            .unwrap()
            .write_all(stdin.as_bytes())
            .await;
        let output = timeout(PATIENCE, child.wait_with_output())
            .await
            .unwrap()
            .unwrap();
        Outcome {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let notes = BufReader::new(child.stderr.take().unwrap()).lines();
        Running {
            child,
            lines,
            notes,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quicksync-cli"));
        command.args(arguments).env_clear();
        command
            .env("XDG_STATE_HOME", self.folder.path())
            .env("TZ", "UTC");
        command.env("QUICKSYNC_GATEWAY", self.gateway.url());
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

impl Outcome {
    /// Stdout of a command that must have worked.
    #[track_caller]
    pub fn text(&self) -> &str {
        assert_eq!(self.code, 0, "{}", self.stderr);
        &self.stdout
    }

    /// Each line of it as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        self.text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Running {
    /// The next line as JSON.
    pub async fn next(&mut self) -> Value {
        let line = timeout(PATIENCE, self.lines.next_line())
            .await
            .unwrap()
            .unwrap();
        serde_json::from_str(&line.expect("it goes on")).unwrap()
    }

    /// The next line of stderr.
    pub async fn note(&mut self) -> String {
        let line = timeout(PATIENCE, self.notes.next_line())
            .await
            .unwrap()
            .unwrap();
        line.expect("it goes on")
    }

    pub fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().unwrap().try_into().unwrap())
    }

    pub async fn end(mut self) -> i32 {
        timeout(PATIENCE, self.child.wait())
            .await
            .unwrap()
            .unwrap()
            .code()
            .unwrap()
    }
}

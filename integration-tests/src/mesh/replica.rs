//! One process of one service.

use std::{
    collections::hash_map::DefaultHasher,
    env, fs,
    hash::{Hash as _, Hasher as _},
    path::PathBuf,
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use parts::process::Process;

use super::{
    http,
    plan::{Seat, Service},
    programs,
};

const START_PATIENCE: Duration = Duration::from_mins(1);
/// More than the drain that the services allow themselves by default.
const STOP_PATIENCE: Duration = Duration::from_secs(40);
const HTTP_OK: u16 = 200;
/// Of one replica.
const COMPLAINTS_MAX: usize = 20;

/// A handle to one process, running or not. It can be killed and started again; its ports stay.
#[derive(Clone, Debug)]
pub struct Replica {
    seat: Seat,
    process: Process,
    program: PathBuf,
    dir: PathBuf,
}

impl Replica {
    pub(super) fn new(seat: Seat, dir: PathBuf, lifetime: parts::Lifetime) -> Result<Self> {
        let process = Process::new(seat.name(), &dir, lifetime);
        Ok(Self {
            program: programs::path(seat.service)?,
            seat,
            process,
            dir,
        })
    }

    /// What it is and where it listens.
    pub fn seat(&self) -> &Seat {
        &self.seat
    }

    /// `chat-1`.
    pub fn name(&self) -> String {
        self.seat.name()
    }

    /// What it is.
    pub fn service(&self) -> Service {
        self.seat.service
    }

    /// Base URL for gRPC, past the gateway unless it is the gateway.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.seat.port)
    }

    /// `host:port` of the admin server.
    pub fn admin(&self) -> String {
        format!("127.0.0.1:{}", self.seat.admin_port)
    }

    /// The pid while it runs.
    pub fn pid(&self) -> Option<i32> {
        self.process.pid()
    }

    /// Everything that it logged, over all its lives.
    pub fn log_file(&self) -> PathBuf {
        self.process.log_file()
    }

    /// The last warnings and errors of the log, each after the replica's name.
    pub fn complaints(&self) -> Vec<String> {
        let log = fs::read(self.log_file()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let complaints = log
            .lines()
            .filter(|line| matches!(line.split_whitespace().nth(1), Some("WARN" | "ERROR")));
        let last: Vec<&str> = complaints.rev().take(COMPLAINTS_MAX).collect();
        last.iter()
            .rev()
            .map(|line| format!("{}: {line}", self.name()))
            .collect()
    }

    /// Its metrics in Prometheus' text format.
    pub async fn metrics(&self) -> Result<String> {
        Ok(http::get(self.seat.admin_port, "/metrics").await?.1)
    }

    /// Whether /readyz says so now.
    pub async fn is_ready(&self) -> bool {
        http::get(self.seat.admin_port, "/readyz")
            .await
            .is_ok_and(|(status, _)| status == HTTP_OK)
    }

    /// Starts it where it does not run, and waits until it is ready.
    pub async fn start(&self) -> Result<()> {
        self.launch()?;
        self.ready().await
    }

    /// Starts it where it does not run; does not wait.
    pub fn launch(&self) -> Result<()> {
        if self.process.pid().is_some() {
            return Ok(());
        }
        for port in [self.seat.port, self.seat.admin_port] {
            parts::ports::require_free(port, &self.name())?;
        }
        programs::require(&self.program)?;
        fs::write(self.stamp_file(), self.stamp()?)?;
        self.process.spawn(self.command())
    }

    /// Waits until it is ready; the end of its log is in the error where it ends before.
    pub async fn ready(&self) -> Result<()> {
        self.process.ready(START_PATIENCE, || self.is_ready()).await
    }

    /// SIGTERM, and waits for the drain. An error where it had to be killed.
    pub async fn stop(&self) -> Result<()> {
        let killed = self.process.stop(Signal::SIGTERM, STOP_PATIENCE).await?;
        ensure!(
            !killed,
            "{} did not drain within {} s and was killed",
            self.name(),
            STOP_PATIENCE.as_secs()
        );
        Ok(())
    }

    /// Sends any signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        self.process.signal(signal)
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(&self) -> Result<()> {
        self.process.kill().await
    }

    /// [`Replica::stop`], then [`Replica::start`].
    pub async fn restart(&self) -> Result<()> {
        self.stop().await?;
        self.start().await
    }

    /// Brings its database to the schema of its program.
    pub(super) async fn migrate(&self) -> Result<()> {
        self.run("migrate").await
    }

    /// Runs a subcommand of its program with its configuration, beside the process.
    pub async fn run(&self, subcommand: &str) -> Result<()> {
        programs::require(&self.program)?;
        let mut command = self.command();
        command.arg(subcommand).stdin(std::process::Stdio::null());
        let output = tokio::process::Command::from(command).output().await?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{} {subcommand} failed:\n{}",
            self.program.display(),
            errors.trim()
        );
        Ok(())
    }

    /// Whether the running process is of the program and the configuration as they are now.
    pub(super) fn is_current(&self) -> bool {
        let started = fs::read_to_string(self.stamp_file()).unwrap_or_default();
        self.stamp().is_ok_and(|stamp| stamp == started)
    }

    pub(super) fn config_file(&self) -> PathBuf {
        self.dir.join("config.toml")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("--config")
            .arg(self.config_file())
            .current_dir(&self.dir);
        // Ours have one underscore; keys of a service's configuration have two somewhere and may pass.
        for (name, _) in env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("QUICKSYNC_") && !name.contains("__") {
                command.env_remove(name.as_ref());
            }
        }
        command
    }

    fn stamp_file(&self) -> PathBuf {
        self.dir.join("stamp")
    }

    fn stamp(&self) -> Result<String> {
        let program = fs::metadata(&self.program)
            .with_context(|| format!("{} is gone", self.program.display()))?;
        let mut hasher = DefaultHasher::new();
        fs::read(self.config_file())?.hash(&mut hasher);
        program.modified()?.hash(&mut hasher);
        program.len().hash(&mut hasher);
        Ok(hasher.finish().to_string())
    }
}

//! A child process that may outlive its starter: pid file, identity, log file, signals.
//!
//! A process is recognised by its pid *and* the moment it was started, so a pid that the kernel gave to somebody else is
//! never signalled. Used for the parts and, by the test harness, for the services.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};
use nix::{
    sys::signal::{self, Signal},
    unistd::{Gid, Pid, Uid},
};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use crate::system;

/// How often a condition is looked at while waiting for it.
const POLL: Duration = Duration::from_millis(20);
/// How long a process has after SIGKILL until the kernel has removed it.
const KILL_PATIENCE: Duration = Duration::from_secs(10);
const LOG_TAIL_LINES: usize = 5;

/// When a started process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It goes on after its starter has ended.
    Detached,
    /// The kernel kills it when its starter ends, however that ends.
    Owner,
}

/// Pid and start: together unique until the machine boots again, and the boot is part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Identity {
    pid: i32,
    started_ticks: u64,
    boot_id: String,
}

impl Identity {
    fn of(pid: i32) -> Option<Self> {
        let stat = Stat::read(pid)?;
        let boot_id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Some(Self {
            pid,
            started_ticks: stat.started_ticks,
            boot_id: boot_id.trim().to_owned(),
        })
    }
}

/// What we need of `/proc/PID/stat` (proc(5)).
struct Stat {
    state: char,
    parent: i32,
    threads: u32,
    started_ticks: u64,
}

impl Stat {
    fn read(pid: i32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the name in parentheses and may hold anything; the rest starts behind the last one.
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let threads = fields.nth(15)?.parse().ok()?;
        let started_ticks = fields.nth(1)?.parse().ok()?;
        Some(Self {
            state,
            parent,
            threads,
            started_ticks,
        })
    }

    /// The first thread may end before the others do, which hold the files and ports of the process until then.
    fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X') || self.threads > 1
    }
}

/// One named child process with its files in one folder: `NAME.pid` and `NAME.log`.
#[derive(Clone, Debug)]
pub struct Process {
    name: String,
    dir: PathBuf,
    lifetime: Lifetime,
    user: Option<(Uid, Gid)>,
}

impl Process {
    /// Names a process; starts nothing.
    pub fn new(name: impl Into<String>, dir: impl Into<PathBuf>, lifetime: Lifetime) -> Self {
        Self {
            name: name.into(),
            dir: dir.into(),
            lifetime,
            user: None,
        }
    }

    /// Starts it as this user instead of ours.
    #[must_use]
    pub fn run_as(mut self, user: Uid, group: Gid) -> Self {
        self.user = Some((user, group));
        self
    }

    /// The name given to [`Process::new`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where standard output and standard error go; appended to by each start.
    pub fn log_file(&self) -> PathBuf {
        self.dir.join(format!("{}.log", self.name))
    }

    fn pid_file(&self) -> PathBuf {
        self.dir.join(format!("{}.pid", self.name))
    }

    /// The pid, if the process that the pid file tells of is alive.
    pub fn pid(&self) -> Option<i32> {
        let written: Identity =
            serde_json::from_str(&fs::read_to_string(self.pid_file()).ok()?).ok()?;
        let alive = Stat::read(written.pid).is_some_and(|stat| stat.is_alive());
        (alive && Identity::of(written.pid)? == written).then_some(written.pid)
    }

    /// Starts `command`; does not wait until it is ready.
    pub fn spawn(&self, command: Command) -> Result<()> {
        if let Some(pid) = self.pid() {
            bail!("{} is already running with pid {pid}", self.name);
        }
        fs::create_dir_all(&self.dir)
            .with_context(|| format!("cannot create {}", self.dir.display()))?;
        let path = self.log_file();
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let mut command = match self.lifetime {
            Lifetime::Detached => command,
            Lifetime::Owner => dying_with_owner(&command)?,
        };
        if let Some((user, group)) = self.user {
            command.uid(user.as_raw()).gid(group.as_raw());
        }
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        // A group of its own, so that Ctrl-C in the terminal does not reach it.
        command.process_group(0);
        let program = command.get_program().to_owned();
        let child = spawn_from_lasting_thread(command)
            .with_context(|| format!("cannot start {} ({})", self.name, program.display()))?;
        let pid = i32::try_from(child.id()).context("a pid is an i32")?;
        let identity = Identity::of(pid);
        reap(child);
        let identity =
            identity.with_context(|| format!("{} ended at once{}", self.name, self.log_hint()))?;
        fs::write(self.pid_file(), serde_json::to_string(&identity)?)?;
        Ok(())
    }

    /// Sends a signal; fine when the process is not running.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let Some(pid) = self.pid() else { return Ok(()) };
        match signal::kill(Pid::from_raw(pid), signal) {
            Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
            Err(errno) => Err(anyhow!(
                "cannot send {signal} to {} (pid {pid}): {errno}",
                self.name
            )),
        }
    }

    /// Sends `signal` and waits; what has not ended within `patience` is killed. Says whether that was necessary.
    pub async fn stop(&self, signal: Signal, patience: Duration) -> Result<bool> {
        self.signal(signal)?;
        // A stopped process would never see it.
        self.signal(Signal::SIGCONT)?;
        if self.ended(patience).await {
            self.forget();
            return Ok(false);
        }
        self.kill().await?;
        Ok(true)
    }

    /// SIGKILL to the process and to all its children, and waits until they are gone.
    pub async fn kill(&self) -> Result<()> {
        let Some(pid) = self.pid() else { return Ok(()) };
        let children = children_of(pid);
        self.signal(Signal::SIGKILL)?;
        for child in &children {
            if Identity::of(child.pid).as_ref() == Some(child) {
                // It may have ended with its parent; then there is nothing to do.
                let _ = signal::kill(Pid::from_raw(child.pid), Signal::SIGKILL);
            }
        }
        let gone = || {
            children
                .iter()
                .all(|child| Stat::read(child.pid).is_none_or(|stat| !stat.is_alive()))
        };
        if !self.ended(KILL_PATIENCE).await || !eventually(KILL_PATIENCE, gone).await {
            bail!(
                "{} (pid {pid}) is still there {} s after SIGKILL",
                self.name,
                KILL_PATIENCE.as_secs()
            );
        }
        self.forget();
        Ok(())
    }

    /// Waits until the process has ended by itself; false when it has not within `patience`.
    pub async fn ended(&self, patience: Duration) -> bool {
        eventually(patience, || self.pid().is_none()).await
    }

    /// Waits until `probe` says yes. Ends early, with the end of the log, when the process does.
    pub async fn ready<F>(&self, patience: Duration, mut probe: impl FnMut() -> F) -> Result<()>
    where
        F: Future<Output = bool>,
    {
        let deadline = Instant::now() + patience;
        loop {
            // Asked before the probe: somebody else may listen on the port of a process that has just ended.
            let alive = self.pid().is_some();
            if !alive {
                bail!("{} ended while starting{}", self.name, self.log_hint());
            }
            if probe().await {
                return Ok(());
            }
            if Instant::now() >= deadline {
                bail!(
                    "{} is not ready after {} s{}",
                    self.name,
                    patience.as_secs(),
                    self.log_hint()
                );
            }
            sleep(POLL).await;
        }
    }

    /// The last lines of the log, for an error message.
    pub fn log_hint(&self) -> String {
        let path = self.log_file();
        let text = fs::read(&path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(LOG_TAIL_LINES).collect();
        let tail: Vec<&str> = lines.into_iter().rev().collect();
        format!("; the end of {}:\n{}", path.display(), tail.join("\n"))
    }

    fn forget(&self) {
        // A pid file that stays is harmless: it names a process that is no more.
        let _ = fs::remove_file(self.pid_file());
    }
}

/// Waits until `condition` holds; false when it does not within `patience`.
async fn eventually(patience: Duration, condition: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !condition() {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(POLL).await;
    }
    true
}

fn children_of(parent: i32) -> Vec<Identity> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| Stat::read(*pid).is_some_and(|stat| stat.parent == parent))
        .filter_map(Identity::of)
        .collect()
}

/// The same command below `setpriv --pdeathsig`, which asks the kernel for `prctl(PR_SET_PDEATHSIG)` without unsafe code here.
fn dying_with_owner(command: &Command) -> Result<Command> {
    let mut wrapped = Command::new(system::require_tool("setpriv", "util-linux")?);
    wrapped
        .args(["--pdeathsig", "KILL", "--"])
        .arg(command.get_program())
        .args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(key, value),
            None => wrapped.env_remove(key),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        wrapped.current_dir(dir);
    }
    Ok(wrapped)
}

type SpawnRequest = (Command, mpsc::SyncSender<std::io::Result<Child>>);

/// The parent-death signal is sent when the *thread* that forked ends, so all children are forked by one that never does.
fn spawn_from_lasting_thread(command: Command) -> Result<Child> {
    static SPAWNER: OnceLock<mpsc::SyncSender<SpawnRequest>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (requests, inbox) = mpsc::sync_channel::<SpawnRequest>(1);
        thread::spawn(move || {
            for (mut command, reply) in inbox {
                // Whoever asked waits for the reply right below.
                let _ = reply.send(command.spawn());
            }
        });
        requests
    });
    let (reply, answer) = mpsc::sync_channel(1);
    spawner
        .send((command, reply))
        .map_err(|_| anyhow!("the spawning thread has ended"))?;
    Ok(answer.recv().context("the spawning thread has ended")??)
}

/// Collects the exit status, so that an ended child does not stay behind as a zombie of a starter that goes on.
fn reap(mut child: Child) {
    thread::spawn(move || child.wait());
}

/// Reads nothing, starts nothing: whether `path` holds a pid file of a live process.
pub fn is_alive(dir: &Path, name: &str) -> bool {
    Process::new(name, dir, Lifetime::Detached).pid().is_some()
}

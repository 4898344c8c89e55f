//! One private Redis server.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use anyhow::Result;
use nix::sys::signal::Signal;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    cache::Binaries,
    instance::{Durability, Settings},
    ports,
    process::Process,
    system,
};

const START_PATIENCE: Duration = Duration::from_mins(1);
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// The program serves when it is called so, whatever its file is called.
const SERVER_NAME: &str = "redis-server";
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// A handle; clones speak of the same server.
#[derive(Clone, Debug)]
pub struct Redis {
    process: Process,
    dir: PathBuf,
    program: PathBuf,
    port: u16,
    password: String,
    durability: Durability,
}

impl Redis {
    pub(crate) fn new(
        settings: &Settings,
        binaries: &Binaries,
        port: u16,
        password: String,
    ) -> Self {
        let dir = settings.dir.join("redis");
        Self {
            process: Process::new("redis", &dir, settings.lifetime),
            dir,
            program: binaries.redis_server.clone(),
            port,
            password,
            durability: settings.durability,
        }
    }

    /// The process behind it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL with the password in it.
    pub fn url(&self) -> String {
        format!("redis://:{}@127.0.0.1:{}/0", self.password, self.port)
    }

    /// Starts it and waits until it has loaded its data; fine when it runs already.
    pub async fn start(&self) -> Result<()> {
        if self.process.pid().is_none() {
            ports::require_free(self.port, "Redis")?;
            self.configure()?;
            let mut command = Command::new(self.dir.join(SERVER_NAME));
            command
                .current_dir(self.dir.join("data"))
                .arg(self.dir.join("redis.conf"));
            self.process.spawn(command)?;
        }
        self.process
            .ready(START_PATIENCE, || async {
                self.command("PING")
                    .await
                    .is_ok_and(|reply| reply.starts_with("+PONG"))
            })
            .await
    }

    /// Saves what must be saved and shuts down.
    pub async fn stop(&self) -> Result<()> {
        self.process
            .stop(Signal::SIGTERM, STOP_PATIENCE)
            .await
            .map(drop)
    }

    /// SIGKILL.
    pub async fn kill(&self) -> Result<()> {
        self.process.kill().await
    }

    /// [`Redis::stop`], then [`Redis::start`].
    pub async fn restart(&self) -> Result<()> {
        self.stop().await?;
        self.start().await
    }

    /// Forgets all keys, as an operator's mistake or an eviction would.
    pub async fn flush_all(&self) -> Result<()> {
        let reply = self.command("FLUSHALL").await?;
        anyhow::ensure!(reply.starts_with("+OK"), "Redis refused FLUSHALL: {reply}");
        Ok(())
    }

    /// Removes what it wrote to disk, so that it starts empty. Only while it is stopped.
    pub fn wipe(&self) -> Result<()> {
        anyhow::ensure!(self.process.pid().is_none(), "Redis runs: stop it first");
        system::remove(&self.dir.join("data"))
    }

    /// Sends one inline command and gives the first bytes of its reply.
    async fn command(&self, command: &str) -> Result<String> {
        let exchange = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            stream
                .write_all(format!("AUTH {}\r\n", self.password).as_bytes())
                .await?;
            let mut reply = [0_u8; 256];
            let size = stream.read(&mut reply).await?;
            anyhow::ensure!(
                reply[..size].starts_with(b"+OK"),
                "Redis on port {} has another password",
                self.port
            );
            stream
                .write_all(format!("{command}\r\n").as_bytes())
                .await?;
            let size = stream.read(&mut reply).await?;
            Ok(String::from_utf8_lossy(&reply[..size]).into_owned())
        };
        timeout(PROBE_TIMEOUT, exchange).await?
    }

    fn configure(&self) -> Result<()> {
        let data = self.dir.join("data");
        fs::create_dir_all(&data)?;
        let server = self.dir.join(SERVER_NAME);
        system::remove(&server)?;
        std::os::unix::fs::symlink(&self.program, server)?;
        let append_only = if self.durability == Durability::Fast {
            "no"
        } else {
            "yes"
        };
        let lines = [
            "bind 127.0.0.1".to_owned(),
            format!("port {}", self.port),
            format!("requirepass {}", self.password),
            format!("dir \"{}\"", data.display()),
            format!("appendonly {append_only}"),
            "appendfsync everysec".to_owned(),
            "save \"\"".to_owned(),
            "daemonize no".to_owned(),
            String::new(),
        ];
        system::write_private(&self.dir.join("redis.conf"), &lines.join("\n"))
    }
}

//! One private PostgreSQL server.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use nix::{sys::signal::Signal, unistd::User};
use sha2::{Digest as _, Sha256};

use crate::{
    cache::Binaries,
    instance::{Durability, Settings},
    ports,
    process::Process,
    system,
};

/// The superuser, made by `initdb`.
pub(crate) const SUPERUSER: &str = "postgres";
const START_PATIENCE: Duration = Duration::from_mins(1);
const STOP_PATIENCE: Duration = Duration::from_secs(20);
/// Many test processes with a pool each, and two replicas of services.
const CONNECTIONS_MAX: u16 = 500;
/// Where data goes as root when the state folder is not open to the unprivileged user.
const ROOT_DATA: &str = "/var/lib/quicksync";
const MODE_DATA: u32 = 0o700;

/// A handle; clones speak of the same server.
#[derive(Clone, Debug)]
pub struct Postgres {
    process: Process,
    dir: PathBuf,
    data: PathBuf,
    bin: PathBuf,
    port: u16,
    password: String,
    durability: Durability,
    user: Option<User>,
}

impl Postgres {
    pub(crate) fn new(
        settings: &Settings,
        binaries: &Binaries,
        port: u16,
        password: String,
    ) -> Result<Self> {
        let dir = settings.dir.join("postgres");
        let user = system::unprivileged_user()?;
        let mut process = Process::new("postgres", &dir, settings.lifetime);
        if let Some(user) = &user {
            process = process.run_as(user.uid, user.gid);
        }
        Ok(Self {
            process,
            data: data_dir(&dir),
            dir,
            bin: binaries.postgres.join("bin"),
            port,
            password,
            durability: settings.durability,
            user,
        })
    }

    /// The process behind it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL of one database, with the superuser and its password in it.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres://{SUPERUSER}:{}@127.0.0.1:{}/{database}",
            self.password, self.port
        )
    }

    /// Creates a database where there is none of that name, and gives its URL. `name`: lower-case letters, digits, `_`.
    pub async fn create_database(&self, name: &str) -> Result<String> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ensure!(
            !name.is_empty() && name.bytes().all(plain),
            "`{name}` is no name for a database: use a-z, 0-9 and _"
        );
        let (client, connection) =
            tokio_postgres::connect(&self.url(SUPERUSER), tokio_postgres::NoTls)
                .await
                .with_context(|| format!("cannot connect to PostgreSQL on port {}", self.port))?;
        let connection = tokio::spawn(connection);
        let made = client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await;
        drop(client);
        connection.await??;
        match made {
            Ok(()) => Ok(self.url(name)),
            Err(error)
                if error.code() == Some(&tokio_postgres::error::SqlState::DUPLICATE_DATABASE) =>
            {
                Ok(self.url(name))
            }
            Err(error) => Err(error).with_context(|| format!("cannot create the database {name}")),
        }
    }

    /// Starts it and waits until it accepts connections; fine when it runs already.
    pub async fn start(&self) -> Result<()> {
        if self.process.pid().is_none() {
            ports::require_free(self.port, "PostgreSQL")?;
            if !self.data.join("PG_VERSION").is_file() {
                let this = self.clone();
                tokio::task::spawn_blocking(move || this.init()).await??;
            }
            self.process.spawn(self.command())?;
        }
        let status = self.data.join("postmaster.pid");
        let pid = self
            .process
            .pid()
            .map(|pid| pid.to_string())
            .unwrap_or_default();
        // What pg_ctl waits for: the eighth line of a file whose first is the pid.
        self.process
            .ready(START_PATIENCE, || async {
                let text = fs::read_to_string(&status).unwrap_or_default();
                let mut lines = text.lines();
                lines.next() == Some(pid.as_str())
                    && lines.nth(6).is_some_and(|line| line.trim() == "ready")
            })
            .await
    }

    /// Ends connections and shuts down cleanly.
    pub async fn stop(&self) -> Result<()> {
        self.process
            .stop(Signal::SIGINT, STOP_PATIENCE)
            .await
            .map(drop)
    }

    /// SIGKILL to the server and its workers.
    pub async fn kill(&self) -> Result<()> {
        self.process.kill().await
    }

    /// [`Postgres::stop`], then [`Postgres::start`].
    pub async fn restart(&self) -> Result<()> {
        self.stop().await?;
        self.start().await
    }

    pub(crate) fn wipe(dir: &Path) -> Result<()> {
        let dir = dir.join("postgres");
        let data = data_dir(&dir);
        system::remove_content(&data.join("base"))?;
        system::remove(&data)?;
        system::remove(&dir)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.bin.join("postgres"));
        command.current_dir(&self.data).arg("-D").arg(&self.data);
        let mut settings = vec![
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={}", self.port),
            "unix_socket_directories=".to_owned(),
            format!("max_connections={CONNECTIONS_MAX}"),
            "shared_buffers=128MB".to_owned(),
            "max_wal_size=2GB".to_owned(),
            // No JIT: it costs more than it gives for short statements.
            "jit=off".to_owned(),
            "log_timezone=UTC".to_owned(),
            "timezone=UTC".to_owned(),
        ];
        if self.durability == Durability::Fast {
            settings.extend(
                [
                    "fsync=off",
                    "synchronous_commit=off",
                    "full_page_writes=off",
                ]
                .map(str::to_owned),
            );
        }
        for setting in settings {
            command.args(["-c", &setting]);
        }
        command
    }

    fn init(&self) -> Result<()> {
        system::remove(&self.data)?;
        fs::create_dir_all(&self.dir)?;
        fs::create_dir_all(&self.data)
            .with_context(|| format!("cannot create {}", self.data.display()))?;
        fs::set_permissions(&self.data, Permissions::from_mode(MODE_DATA))?;
        let password_file = self.dir.join("initial-password");
        system::write_private(&password_file, &self.password)?;
        let mut command = Command::new(self.bin.join("initdb"));
        if let Some(user) = &self.user {
            std::os::unix::fs::chown(&self.data, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
            system::open_to(&password_file, user)?;
            std::os::unix::process::CommandExt::uid(&mut command, user.uid.as_raw());
            std::os::unix::process::CommandExt::gid(&mut command, user.gid.as_raw());
        }
        // The password file is read through standard input, which needs no folder to be open to the other user.
        command
            .current_dir("/")
            .arg("-D")
            .arg(&self.data)
            .args([
                "-U",
                SUPERUSER,
                "--auth=scram-sha-256",
                "--pwfile=/dev/stdin",
                "--encoding=UTF8",
                "--no-locale",
            ])
            .args([
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ])
            .stdin(fs::File::open(&password_file)?)
            .stdout(Stdio::null())
            .env("TZ", "UTC");
        if self.durability == Durability::Fast {
            command.arg("--no-sync");
        }
        let output = command
            .stderr(Stdio::piped())
            .output()
            .context("cannot run initdb")?;
        system::remove(&password_file)?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "initdb failed in {}: {}",
            self.data.display(),
            errors.trim()
        );
        Ok(())
    }
}

/// `DIR/data`; as root, where other users cannot reach that, a folder of the system with a name of its own for each `dir`.
fn data_dir(dir: &Path) -> PathBuf {
    if !nix::unistd::geteuid().is_root() || system::traversable_by_all(dir) {
        return dir.join("data");
    }
    let digest = system::hex(&Sha256::digest(dir.as_os_str().as_encoded_bytes()));
    Path::new(ROOT_DATA).join(&digest[..12])
}

//! An OpenID provider, shaped like Google, with accounts that anybody may choose: the npm package `oidc-provider` under Node.
//!
//! Its folder holds `config.json` (port and clients), `accounts.json`, `openid-provider.log` and `openid-provider.pid`. Its
//! signing key lives as long as its process, so a restart is a change of keys that nobody was told of.

mod packages;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    ports,
    process::{Lifetime, Process},
    system,
};

const NAME: &str = "openid-provider";
const CONFIG_FILE: &str = "config.json";
const ACCOUNTS_FILE: &str = "accounts.json";
const START_PATIENCE: Duration = Duration::from_mins(1);
const STOP_PATIENCE: Duration = Duration::from_secs(10);
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);

/// Where a provider lives, and who may ask it to sign somebody in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its folder; made if missing.
    pub dir: PathBuf,
    /// Whether it outlives its starter.
    pub lifetime: Lifetime,
    /// Its loopback port; `None` takes the one of the last time, or a free one.
    pub port: Option<u16>,
    /// Who may ask.
    pub clients: Vec<Client>,
}

/// An application that people sign in to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Client {
    /// What it calls itself.
    pub client_id: String,
    /// What proves it.
    pub client_secret: String,
    /// Where the provider may send browsers back to, each to the letter.
    pub redirect_uris: Vec<String>,
}

/// Somebody who has an account there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The `sub` of their tokens, and the value of `account` that the page for choosing posts.
    pub id: String,
    /// Their address.
    pub email: String,
    /// Whether the provider says that it is theirs.
    pub email_verified: bool,
    /// What they are called.
    pub name: String,
}

#[derive(Serialize, Deserialize)]
struct Config {
    port: u16,
    clients: Vec<Client>,
}

/// A handle; clones speak of the same provider. Dropping one stops nothing.
#[derive(Clone, Debug)]
pub struct OpenIdProvider {
    process: Process,
    dir: PathBuf,
    packages: PathBuf,
    port: u16,
}

impl OpenIdProvider {
    /// Makes or finds the one in `settings.dir`, downloading its packages if need be; starts nothing. Accounts that it has stay.
    pub async fn open(settings: &Settings) -> Result<Self> {
        let packages = packages::ensure().await?;
        let dir = &settings.dir;
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let process = Process::new(NAME, dir, settings.lifetime);
        let port = match (settings.port, last_port(dir)) {
            (Some(port), _) => port,
            (None, Some(port)) if process.pid().is_some() || ports::is_free(port) => port,
            (None, _) => ports::pick::<1>()?[0],
        };
        let config = Config {
            port,
            clients: settings.clients.clone(),
        };
        system::write_private(
            &dir.join(CONFIG_FILE),
            &serde_json::to_string_pretty(&config)?,
        )?;
        let provider = Self {
            process,
            dir: dir.clone(),
            packages,
            port,
        };
        if !dir.join(ACCOUNTS_FILE).is_file() {
            provider.set_accounts(&[])?;
        }
        Ok(provider)
    }

    /// The process behind it.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The loopback port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The issuer, which is where it is found.
    pub fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Whose accounts it has.
    pub fn accounts(&self) -> Result<Vec<Account>> {
        let path = self.dir.join(ACCOUNTS_FILE);
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
    }

    /// Makes these all of its accounts, from its next answer on.
    pub fn set_accounts(&self, accounts: &[Account]) -> Result<()> {
        system::write_private(
            &self.dir.join(ACCOUNTS_FILE),
            &serde_json::to_string_pretty(accounts)?,
        )
    }

    /// Starts it and waits until it answers; fine when it runs already.
    pub async fn start(&self) -> Result<()> {
        if self.process.pid().is_none() {
            ports::require_free(self.port, "the OpenID provider")?;
            let mut command = Command::new(system::require_tool("node", "nodejs")?);
            command
                .current_dir(&self.packages)
                .arg("server.js")
                .arg(std::path::absolute(self.dir.join(CONFIG_FILE))?);
            self.process.spawn(command)?;
        }
        self.process
            .ready(START_PATIENCE, || async {
                self.probe().await.unwrap_or(false)
            })
            .await
    }

    /// Ends it; who was signing in begins again.
    pub async fn stop(&self) -> Result<()> {
        self.process
            .stop(Signal::SIGTERM, STOP_PATIENCE)
            .await
            .map(drop)
    }

    /// Whether it answers with what it says of itself.
    async fn probe(&self) -> Result<bool> {
        let exchange = async {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await?;
            let request = "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).await?;
            let mut reply = [0_u8; 64];
            let size = stream.read(&mut reply).await?;
            anyhow::Ok(reply[..size].starts_with(b"HTTP/1.1 200"))
        };
        timeout(PROBE_TIMEOUT, exchange).await?
    }
}

fn last_port(dir: &Path) -> Option<u16> {
    let text = fs::read_to_string(dir.join(CONFIG_FILE)).ok()?;
    let config: Config = serde_json::from_str(&text).ok()?;
    Some(config.port)
}

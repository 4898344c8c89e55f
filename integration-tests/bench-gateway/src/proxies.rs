//! What is measured: our gateway, and Envoy with the filters that do the same.

mod envoy;
mod gateway;

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};
use integration_tests::load::cpu;
use nix::sys::signal::Signal;
use parts::{Lifetime, ports, process::Process};
use runtime::Clock;
use time::Duration as Span;
use uuid::Uuid;

use crate::cores;

pub(crate) use envoy::configuration as envoy_configuration;
pub(crate) use gateway::configuration as gateway_configuration;

const START_PATIENCE: Duration = Duration::from_mins(1);
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// Of the access token: longer than any measurement.
const TOKEN_LIFETIME: Span = Span::hours(1);

/// Where a proxy stands, and whom it trusts.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    /// Of its files.
    pub(crate) folder: &'a Path,
    /// Where clients call.
    pub(crate) port: u16,
    /// Where operators look.
    pub(crate) admin_port: u16,
    /// Of the echo service.
    pub(crate) upstream_port: u16,
    /// Redis, for the gateway.
    pub(crate) redis_url: &'a str,
    /// Whose tokens are good.
    pub(crate) issuer: &'a auth::testing::Issuer,
}

/// A running process under measurement.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// In the report.
    pub(crate) name: &'static str,
    /// Where clients call.
    pub(crate) port: u16,
    process: Process,
}

impl Proxy {
    /// Starts `program` with `arguments` on the proxies' core and waits until it listens.
    pub(crate) async fn start(
        name: &'static str,
        place: &Place<'_>,
        program: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        let process = Process::new(name, place.folder, Lifetime::Owner);
        let mut command = cores::command(cores::PROXY, program);
        command.args(arguments).current_dir(place.folder);
        process.spawn(command)?;
        let listens = || async { !ports::is_free(place.port) };
        process.ready(START_PATIENCE, listens).await?;
        Ok(Self {
            name,
            port: place.port,
            process,
        })
    }

    /// CPU time used so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let processes = [self.process()?];
        Ok(cpu::Reading::take(&processes)?.of(self.name))
    }

    /// Resident memory in KiB.
    pub(crate) fn resident_kib(&self) -> Result<u64> {
        cpu::resident_kib(&[self.process()?], self.name)
    }

    /// Ends it.
    pub(crate) async fn stop(self) -> Result<()> {
        let killed = self.process.stop(Signal::SIGTERM, STOP_PATIENCE).await?;
        ensure!(!killed, "{} had to be killed", self.name);
        Ok(())
    }

    fn process(&self) -> Result<cpu::Process> {
        let pid = self
            .process
            .pid()
            .with_context(|| format!("{} has ended{}", self.name, self.process.log_hint()))?;
        Ok(cpu::Process {
            name: self.name.to_owned(),
            pid: pid.unsigned_abs(),
        })
    }
}

/// An access token of somebody.
pub(crate) fn access_token(issuer: &auth::testing::Issuer) -> String {
    let expires_at = Clock::system().now() + TOKEN_LIFETIME;
    issuer.token(Uuid::from_u128(1), Uuid::from_u128(2), expires_at)
}

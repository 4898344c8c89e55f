//! What the gateway costs, beside Envoy: the same calls to the same echo service, one after the other in one run.
//!
//! ```text
//! core 1: h2load --calls--> core 0: gateway or Envoy --gRPC--> core 1: echo service
//! ```
//!
//! CPU is that of the proxy alone. Latency is of calls that come one after the other; what the upstream takes without a proxy
//! is taken off. Proxies are measured in turn, in several rounds, so that what else the machine does hits all of them alike.
//! `make bench-gateway` builds and fetches what this needs.

mod call;
mod cores;
mod h2load;
mod held;
mod proof;
mod protos;
mod proxies;
mod report;
mod scenario;
mod upstream;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use auth::testing::Issuer;
use clap::{Parser, Subcommand};
use integration_tests::{load::cpu, mesh::programs};
use parts::{Durability, Lifetime, Parts, ports, process::Process, progress};

use crate::{
    call::{Call, Format},
    proxies::{Place, Proxy},
    report::{Rounds, median},
    scenario::{ALL, Scenario, p50_alone},
};

/// Of the echo service.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// Processes of each proxy that the figure of memory is the median of.
const MEMORY_ROUNDS_MAX: usize = 3;

/// Fewer are not enough for each client of h2load to make one while it warms up.
const CALLS_MIN: usize = 8_000;

/// Measures the gateway beside Envoy.
#[derive(Debug, Parser)]
#[command(name = "quicksync-bench-gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Action>,
    /// Envoy's program; without it the gateway is measured alone
    #[arg(long)]
    envoy: Option<PathBuf>,
    /// How often each is measured; figures are medians
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Calls behind each figure of CPU; a twentieth of it where a call is a stream
    #[arg(long, default_value_t = 40_000)]
    calls: usize,
    /// Streams that are held for the figure of memory; 0 leaves it out
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Is the echo service, until it is ended
    #[command(hide = true)]
    Upstream {
        /// Loopback port
        port: u16,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.command {
        Some(Action::Upstream { port }) => upstream::serve(port).await,
        None => measure(&arguments).await,
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    ensure!(
        arguments.calls >= CALLS_MIN,
        "--calls must be at least {CALLS_MIN}"
    );
    let cores = std::thread::available_parallelism()?.get();
    ensure!(cores >= 2, "this needs two cores: one is the proxy's alone");
    let folder = tempfile::tempdir()?;
    let [upstream_port] = ports::pick::<1>()?;
    let _upstream = start_upstream(folder.path(), upstream_port).await?;
    let parts = Parts::open(&parts::Settings {
        dir: folder.path().join("parts"),
        lifetime: Lifetime::Owner,
        durability: Durability::Honest,
    })
    .await?;
    parts.redis().start().await?;
    let issuer = Issuer::new();
    let bench = Bench {
        folder: folder.path(),
        upstream_port,
        redis_url: parts.redis().url(),
        token: proxies::access_token(&issuer),
        issuer,
    };
    println!("{}\n", cpu::machine());
    bench.calls(arguments).await?;
    if arguments.streams > 0 {
        bench.memory(arguments).await?;
    }
    parts.redis().stop().await
}

async fn start_upstream(folder: &Path, port: u16) -> Result<Process> {
    let process = Process::new("upstream", folder, Lifetime::Owner);
    let mut command = cores::command(cores::LOAD, std::env::current_exe()?);
    command.args(["upstream", &port.to_string()]);
    process.spawn(command)?;
    let listens = || async { !ports::is_free(port) };
    process.ready(START_PATIENCE, listens).await?;
    Ok(process)
}

/// What all proxies have in common.
struct Bench<'a> {
    folder: &'a Path,
    upstream_port: u16,
    redis_url: String,
    token: String,
    issuer: Issuer,
}

impl Bench<'_> {
    async fn calls(&self, arguments: &Arguments) -> Result<()> {
        let mut proxies = vec![self.gateway().await?];
        if let Some(envoy) = &arguments.envoy {
            proxies.push(self.envoy(envoy).await?);
        }
        let mut rounds = Rounds::default();
        for round in 1..=arguments.rounds {
            progress::say(&format!("round {round} of {}", arguments.rounds));
            for (index, scenario) in ALL.iter().enumerate() {
                let p50 = self.direct(scenario, arguments.calls).await?;
                rounds.add_direct(index, p50);
                for proxy in &proxies {
                    if proxy.name == "envoy" && !scenario.is_for_envoy {
                        continue;
                    }
                    let figures = scenario
                        .measure(proxy, arguments.calls, &self.token, self.folder)
                        .await?;
                    rounds.add(index, proxy.name, figures);
                }
            }
        }
        rounds.print();
        for proxy in proxies {
            proxy.stop().await?;
        }
        Ok(())
    }

    /// The upstream speaks nothing but gRPC over HTTP/2.
    async fn direct(&self, scenario: &Scenario, calls: usize) -> Result<f64> {
        let scenario = Scenario {
            call: Call {
                format: Format::Grpc,
                ..scenario.call
            },
            is_http1: false,
            ..*scenario
        };
        p50_alone(
            self.upstream_port,
            &scenario,
            scenario.calls(calls),
            &self.token,
            self.folder,
        )
        .await
    }

    /// Each process is a new one: memory that was used once is kept by most.
    async fn memory(&self, arguments: &Arguments) -> Result<()> {
        println!(
            "\n| proxy | KiB for each of {} idle streams over HTTP/1.1 |\n|---|---|",
            arguments.streams
        );
        for name in ["gateway", "envoy"] {
            let mut figures = Vec::new();
            for _ in 0..arguments.rounds.min(MEMORY_ROUNDS_MAX) {
                let proxy = match (name, &arguments.envoy) {
                    ("gateway", _) => self.gateway().await?,
                    (_, Some(envoy)) => self.envoy(envoy).await?,
                    (_, None) => return Ok(()),
                };
                figures.push(held::kib_per_stream(&proxy, arguments.streams, &self.token).await?);
                proxy.stop().await?;
            }
            println!("| {name} | {:.1} |", median(figures.into_iter()));
        }
        Ok(())
    }

    async fn gateway(&self) -> Result<Proxy> {
        let program = programs::path(integration_tests::mesh::Service::Gateway)?;
        let place = self.place()?;
        let file = proxies::gateway_configuration(&place)?;
        let file = file.to_str().context("paths are UTF-8")?;
        let arguments = ["--config", file];
        Proxy::start("gateway", &place, &program, &arguments).await
    }

    async fn envoy(&self, program: &Path) -> Result<Proxy> {
        let place = self.place()?;
        let file = proxies::envoy_configuration(&place)?;
        let file = file.to_str().context("paths are UTF-8")?;
        let arguments = [
            "--config-path",
            file,
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "--log-level",
            "warning",
        ];
        Proxy::start("envoy", &place, program, &arguments).await
    }

    fn place(&self) -> Result<Place<'_>> {
        let [port, admin_port] = ports::pick::<2>()?;
        Ok(Place {
            folder: self.folder,
            port,
            admin_port,
            upstream_port: self.upstream_port,
            redis_url: &self.redis_url,
            issuer: &self.issuer,
        })
    }
}

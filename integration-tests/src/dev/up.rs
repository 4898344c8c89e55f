//! `quicksync-dev up`.

use std::{path::Path, time::Instant};

use anyhow::{Result, ensure};
use clap::Args;
use parts::{Parts, progress};

use super::{demo, parts_settings, settings};
use crate::mesh::{Mesh, Plan, Service, Visitors, provider};

const NAMESPACE: &str = "quicksync";
/// Where quicksync-cli looks without being told; a profile remembers where it signed in.
const GATEWAY_OF_CLI: &str = "http://127.0.0.1:8080";

/// Where to listen, and for whom.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Port of the gateway, the one that people use
    #[arg(long, env = "QUICKSYNC_GATEWAY_PORT", default_value_t = 8080)]
    gateway_port: u16,
    /// First of the sixteen ports of the OpenID provider and the services behind it
    #[arg(long, env = "QUICKSYNC_FIRST_PORT", default_value_t = 8101)]
    first_port: u16,
    /// For tests, which are many people from one address: without quotas, and with passwords hashed as weakly as can be
    #[arg(long)]
    for_tests: bool,
}

pub(super) async fn up(dir: &Path, options: &Options) -> Result<()> {
    let started = Instant::now();
    let plan = Plan::fixed(NAMESPACE, options.gateway_port, options.first_port);
    // Asked first: nobody should wait for a download to hear of it.
    require_ports(dir, &plan)?;
    let parts = Parts::open(&parts_settings(dir)).await?;
    let visitors = if options.for_tests {
        Visitors::Tests
    } else {
        Visitors::People
    };
    let mesh = Mesh::open(&settings(dir, plan, visitors), parts).await?;
    mesh.start().await?;
    let accounts = demo::ensure_accounts(&mesh, dir).await?;
    progress::say(&format!(
        "everything runs after {:.1} s",
        started.elapsed().as_secs_f32()
    ));
    print(&mesh, &accounts);
    Ok(())
}

/// Each port is free, or held by a process of this state folder: those whose ports change are started anew.
fn require_ports(dir: &Path, plan: &Plan) -> Result<()> {
    let before = Plan::load(dir)?;
    let runs = |name: &str| parts::process::is_alive(&dir.join(name), name);
    let mut ours = Vec::new();
    if let Some(before) = &before {
        if runs(provider::NAME) {
            ours.push(before.provider_port);
        }
        let seats = before.seats.iter().filter(|seat| runs(&seat.name()));
        ours.extend(seats.flat_map(|seat| [seat.port, seat.admin_port]));
    }
    let require = |port, whose: &str, variable| {
        if ours.contains(&port) {
            return Ok(());
        }
        require_port(port, whose, variable)
    };
    require(
        plan.provider_port,
        "the OpenID provider",
        "QUICKSYNC_FIRST_PORT=8201",
    )?;
    for seat in &plan.seats {
        let name = seat.name();
        for port in [seat.port, seat.admin_port] {
            let (what, variable) = match seat.service {
                Service::Gateway if port == seat.port => {
                    ("the gateway", "QUICKSYNC_GATEWAY_PORT=8090")
                }
                _ => ("a service", "QUICKSYNC_FIRST_PORT=8201"),
            };
            require(port, &format!("{what} ({name})"), variable)?;
        }
    }
    Ok(())
}

fn require_port(port: u16, whose: &str, variable: &str) -> Result<()> {
    ensure!(
        parts::ports::is_free(port),
        "port {port}, which {whose} needs, is taken by another program: end that program \
         (`ss -ltnp 'sport = :{port}'` names it), or choose other ports: make up {variable}"
    );
    Ok(())
}

fn print(mesh: &Mesh, accounts: &[demo::Account]) {
    let url = mesh.gateway_url();
    let cli =
        crate::mesh::programs::dir().map(|dir| dir.join("quicksync-cli").display().to_string());
    let cli = cli.unwrap_or_else(|_| "quicksync-cli".to_owned());
    println!("\nQuickSync is up.\n");
    println!("  the web app                   {}", mesh.origin());
    println!("  gateway (grpc-web and gRPC)   {url}");
    println!("  its health                    {url}/healthz");
    for replica in mesh.all() {
        println!(
            "  {:28}  http://{}/metrics",
            format!("{} metrics", replica.name()),
            replica.admin()
        );
    }
    println!("  {:28}  {}", "mails", mesh.mails().dir().display());
    println!("\nDemo accounts:\n");
    for account in accounts {
        let demo::Account {
            username, password, ..
        } = account;
        println!("  {username:8} password {password}, or {}", account.email());
    }
    println!(
        "\nSign in with the demo provider: {}/auth/{}/start",
        mesh.origin(),
        provider::ID
    );
    let [ada, grace] = accounts else { return };
    let gateway = if url == GATEWAY_OF_CLI {
        String::new()
    } else {
        format!(" --gateway {url}")
    };
    println!("\nTry it, in two terminals:\n");
    for account in [ada, grace] {
        println!(
            "  echo {} | {cli}{gateway} --profile {name} login {name} --password-stdin",
            account.password,
            name = account.username
        );
    }
    println!("  {cli} --profile {} watch", grace.username);
    println!(
        "  {cli} --profile {} send @{} 'Hello!'",
        ada.username, grace.username
    );
    println!("\nmake status, make logs, make down (keeps the data), make reset (removes it)");
}

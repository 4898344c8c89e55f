//! The command `quicksync-dev`: the harness for people. `make up`, `make down` and the like call it.
//!
//! Everything it starts goes on when it ends; the state folder (`.quicksync`) tells the next call what runs.

mod demo;
mod load;
mod replicas;
mod state;
mod status;
mod up;

use std::{
    fs, io,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, Result, ensure};
use clap::{Args, Parser, Subcommand};
use parts::{Durability, Lifetime, Parts, progress};

use crate::mesh::{Mesh, Plan, Settings, Visitors, programs};

const STATE_DIR: &str = ".quicksync";
/// Of the parts, in the state folder.
const PARTS_DIR: &str = "parts";
const LOG_LINES: &str = "40";

/// Runs QuickSync on this machine.
#[derive(Debug, Parser)]
#[command(name = "quicksync-dev", version)]
struct Arguments {
    /// State folder; `.quicksync` of the working copy where it is not given
    #[arg(long, global = true, env = "QUICKSYNC_STATE_DIR")]
    state_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Starts everything that does not run, and prints the addresses
    Up(up::Options),
    /// Stops everything and keeps the data
    Down,
    /// Stops everything and removes the data
    Reset,
    /// Shows what runs
    Status,
    /// Stops single services, to see what the others do meanwhile
    Stop {
        /// Which: chat-1, gateway-1, ...
        #[arg(required = true)]
        names: Vec<String>,
        /// Kills them, without the drain
        #[arg(long)]
        kill: bool,
    },
    /// Starts single services again
    Start {
        /// Which: chat-1, gateway-1, ...
        #[arg(required = true)]
        names: Vec<String>,
    },
    /// Shows the logs
    Logs(LogArguments),
    /// The parts that tests share
    Parts {
        #[command(subcommand)]
        action: PartsAction,
    },
    /// Measures, on a mesh of its own that ends with it
    Load(crate::load::Args),
}

#[derive(Debug, Args)]
struct LogArguments {
    /// Of whom: chat-1, gateway-1, kafka, ...; all where it is not given
    names: Vec<String>,
    /// Goes on showing what is written
    #[arg(short, long)]
    follow: bool,
}

#[derive(Debug, Subcommand)]
enum PartsAction {
    /// Starts them
    Start,
    /// Stops them and removes their data
    Stop,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        // It shares the CPUs with the mesh that it starts and measures.
        .worker_threads(1)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(run(arguments)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("quicksync-dev: {error:#}");
    ExitCode::FAILURE
}

async fn run(arguments: Arguments) -> Result<ExitCode> {
    let dir = arguments
        .state_dir
        .unwrap_or_else(|| programs::workspace().join(STATE_DIR));
    let dir = std::path::absolute(dir)?;
    match arguments.command {
        Action::Up(options) => {
            let _alone = state::make(&dir)?;
            up::up(&dir, &options).await?;
        }
        Action::Down => {
            let _alone = state::enter(&dir)?;
            down(&dir).await?;
            progress::say("the data is kept: make up goes on with it, make reset removes it");
        }
        Action::Reset => reset(&dir).await?,
        Action::Status => return status::show(&dir).await,
        Action::Stop { names, kill } => replicas::stop(&dir, &names, kill).await?,
        Action::Start { names } => replicas::start(&dir, &names).await?,
        Action::Logs(arguments) => return Err(logs(&dir, &arguments)?),
        Action::Parts {
            action: PartsAction::Start,
        } => parts_start().await?,
        Action::Parts {
            action: PartsAction::Stop,
        } => parts::stop_shared().await?,
        Action::Load(arguments) => load::run(&arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn settings(dir: &Path, plan: Plan, visitors: Visitors) -> Settings {
    Settings {
        dir: dir.to_owned(),
        plan,
        lifetime: Lifetime::Detached,
        visitors,
        log_filter: "info".to_owned(),
    }
}

fn parts_settings(dir: &Path) -> parts::Settings {
    parts::Settings {
        dir: dir.join(PARTS_DIR),
        lifetime: Lifetime::Detached,
        durability: Durability::Honest,
    }
}

/// The mesh that was started in `dir`, running or not.
async fn find(dir: &Path) -> Result<Option<Mesh>> {
    let Some(plan) = Plan::load(dir)? else {
        return Ok(None);
    };
    let parts = Parts::open(&parts_settings(dir)).await?;
    let settings = settings(dir, plan, Visitors::People);
    Ok(Some(Mesh::open(&settings, parts).await?))
}

async fn down(dir: &Path) -> Result<()> {
    let Some(mesh) = find(dir).await? else {
        progress::say("nothing was ever started here");
        return Ok(());
    };
    progress::during("stopping the services", mesh.stop_services()).await?;
    progress::during("stopping PostgreSQL, Redis and Kafka", mesh.parts().stop()).await?;
    Ok(())
}

async fn reset(dir: &Path) -> Result<()> {
    if let Some(_alone) = state::enter(dir)? {
        down(dir).await?;
        Parts::wipe(&dir.join(PARTS_DIR))?;
        fs::remove_dir_all(dir).with_context(|| format!("cannot remove {}", dir.display()))?;
        progress::say("all data is removed");
    }
    Ok(())
}

/// Becomes `tail`; comes back only with the reason why it could not.
fn logs(dir: &Path, arguments: &LogArguments) -> Result<anyhow::Error> {
    let mut files = Vec::new();
    for folder in [dir.to_owned(), dir.join(PARTS_DIR)] {
        let Ok(entries) = fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let file = path.join(format!("{name}.log"));
            if file.is_file() && (arguments.names.is_empty() || arguments.names.contains(&name)) {
                files.push(file);
            }
        }
    }
    files.sort();
    ensure!(
        !files.is_empty(),
        "there are no such logs in {}",
        dir.display()
    );
    let mut tail = Command::new("tail");
    tail.args(["-n", LOG_LINES]);
    if arguments.follow {
        tail.arg("-F");
    }
    let error: io::Error = tail.args(files).exec();
    Ok(anyhow::Error::from(error).context("cannot run tail"))
}

async fn parts_start() -> Result<()> {
    let shared = parts::try_shared().await?;
    println!("Kafka       {}", shared.kafka_brokers());
    println!("PostgreSQL  {}", shared.postgres_admin_url());
    println!("Redis       {}", shared.redis_url());
    Ok(())
}

//! From the command line to the exit code: configuration -> telemetry -> build -> run -> drain.

use std::{convert::Infallible, future::Future, io::Write, process::ExitCode, time::Duration};

use anyhow::Context as _;
use tokio::{
    runtime::{Builder, Runtime},
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    Context, admin,
    arguments::{Arguments, Subcommands},
    config::{self, Section, Sources},
    exit::Exit,
    lifecycle::{Drained, Lifecycle},
    telemetry,
};

/// How long after the grace an app may take to cut off what is left by itself.
const OVERDUE: Duration = Duration::from_millis(500);

/// A process: what it is called, how it is configured, and how it is built and run.
pub trait App: Sized + Send + 'static {
    /// Its name: `chat`. It is in each JSON log line and before the names of its metrics.
    const NAME: &'static str;
    /// Its configuration.
    type Config: Section;

    /// The subcommand `migrate`: brings the database to the schema of this build. Safe to run at the same time as others
    /// and to repeat. A process without a database does nothing.
    fn migrate(config: &Self::Config) -> impl Future<Output = anyhow::Result<()>> + Send;

    /// All wiring: opens what it needs and binds its port, but takes no traffic yet. Dropped when the process is asked to
    /// stop before it is done.
    fn build(
        config: Self::Config,
        context: Context,
    ) -> impl Future<Output = anyhow::Result<Self>> + Send;

    /// Serves until `context.lifecycle.draining()` is cancelled and everything begun is finished. Returning earlier ends
    /// the process too. Dropped when the process is aborted.
    fn run(self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// What a process can do besides serving and `migrate`, by a subcommand of its own.
pub trait Command<C>: clap::Subcommand {
    /// Does it, and ends.
    fn run(self, config: &C, context: &Context) -> impl Future<Output = anyhow::Result<()>>;
}

/// Nothing, as most processes.
impl<C> Command<C> for Infallible {
    async fn run(self, _: &C, _: &Context) -> anyhow::Result<()> {
        match self {}
    }
}

/// The whole `main` of a process. See [`Exit`] for what it returns.
pub fn main<A: App>() -> ExitCode {
    main_with::<A, Infallible>()
}

/// The same for a process with subcommands of its own.
pub fn main_with<A: App, C: Command<A::Config>>() -> ExitCode {
    start::<A, C>().unwrap_or_else(|exit| exit).into()
}

fn start<A: App, C: Command<A::Config>>() -> Result<Exit, Exit> {
    let arguments = Arguments::<C>::of_process(A::NAME)?;
    let sources = Sources::of_process(arguments.sources.config, arguments.sources.set);
    let config: A::Config =
        config::load(&sources).map_err(|error| complain(A::NAME, &error, Exit::Configuration))?;
    if let Some(format) = arguments.sources.dump_config {
        let text = config::dump(&config, format)
            .map_err(|error| complain(A::NAME, &error, Exit::Failed))?;
        let printed = std::io::stdout().write_all(text.as_bytes());
        return printed
            .map(|()| Exit::Clean)
            .map_err(|error| complain(A::NAME, &error, Exit::Failed));
    }
    telemetry::init(A::NAME, &config.process().log)
        .map_err(|error| complain(A::NAME, &error, Exit::Configuration))?;
    let runtime = runtime(config.process().worker_threads)
        .map_err(|error| complain(A::NAME, &error, Exit::Failed))?;
    let exit = runtime.block_on(async {
        match arguments.command {
            Some(Subcommands::Migrate) => migrate::<A>(&config).await,
            Some(Subcommands::Own(command)) => carry_out::<A>(command, &config).await,
            None => serve::<A>(config).await,
        }
    });
    // Blocking work (a DNS lookup, a password hash) must not hold up the end.
    runtime.shutdown_background();
    Ok(exit)
}

fn runtime(worker_threads: usize) -> std::io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if worker_threads > 0 {
        builder.worker_threads(worker_threads);
    }
    builder.enable_all().build()
}

/// Before there are logs.
fn complain(name: &str, error: &dyn std::fmt::Display, exit: Exit) -> Exit {
    // A closed stderr leaves nobody to tell.
    let _ = writeln!(std::io::stderr(), "quicksync-{name}: {error:#}");
    exit
}

async fn migrate<A: App>(config: &A::Config) -> Exit {
    match A::migrate(config).await {
        Ok(()) => {
            tracing::info!("migrated");
            Exit::Clean
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "migration failed");
            Exit::Failed
        }
    }
}

async fn carry_out<A: App>(command: impl Command<A::Config>, config: &A::Config) -> Exit {
    let context = Context::new(A::NAME, config.process());
    match command.run(config, &context).await {
        Ok(()) => Exit::Clean,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "failed");
            Exit::Failed
        }
    }
}

async fn serve<A: App>(config: A::Config) -> Exit {
    match lead::<A>(config).await {
        Ok(exit) => exit,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "failed");
            Exit::Failed
        }
    }
}

/// One life from start to end.
async fn lead<A: App>(config: A::Config) -> anyhow::Result<Exit> {
    let signals = Signals::listen()?;
    let context = Context::new(A::NAME, config.process());
    let lifecycle = context.lifecycle.clone();
    // Outside the lifecycle: probes are answered until the very end.
    let admin = admin::Server::bind(config.process().admin.listen, &context).await?;
    let context = context.with_admin(admin.local_addr());
    let admin = tokio::spawn(admin.serve());
    let signals = tokio::spawn(signals.obey(lifecycle.clone()));

    tracing::info!(
        service = A::NAME,
        version = env!("CARGO_PKG_VERSION"),
        "starting"
    );
    let outcome = live::<A>(config, context, &lifecycle).await;
    let exit = end(&lifecycle, outcome).await;

    signals.abort();
    admin.abort();
    exit
}

/// Builds and runs until the app is done or the process is aborted.
async fn live<A: App>(
    config: A::Config,
    context: Context,
    lifecycle: &Lifecycle,
) -> anyhow::Result<()> {
    let starting = context.readiness.guard("start");
    let (draining, aborted) = (lifecycle.draining(), lifecycle.aborted());
    let app = tokio::select! {
        app = A::build(config, context) => app.context("cannot start")?,
        () = draining.cancelled() => return Ok(()),
    };
    drop(starting);
    let overdue = async {
        draining.cancelled().await;
        tokio::time::sleep(lifecycle.grace() + OVERDUE).await;
    };
    tokio::select! {
        outcome = app.run() => outcome,
        () = aborted.cancelled() => Ok(()),
        () = overdue => {
            lifecycle.abort();
            Ok(())
        }
    }
}

async fn end(lifecycle: &Lifecycle, outcome: anyhow::Result<()>) -> anyhow::Result<Exit> {
    let aborted = lifecycle.aborted().is_cancelled();
    let drained = lifecycle.finish(lifecycle.grace_left()).await;
    // A server that had to cut off its last calls ends in time, but not clean.
    let is_overdue = lifecycle.grace_left().is_zero();
    outcome?;
    if let Some(failure) = lifecycle.failure() {
        anyhow::bail!("{failure}");
    }
    Ok(match drained {
        Drained::Complete if !aborted && !is_overdue => {
            tracing::info!("ended");
            Exit::Clean
        }
        Drained::Complete => {
            tracing::warn!("ended; what did not finish within the grace was cut off");
            Exit::DrainCutOff
        }
        Drained::CutOff { tasks } => {
            tracing::warn!(?tasks, "the drain took too long and was cut off");
            Exit::DrainCutOff
        }
    })
}

/// SIGTERM and SIGINT: the first asks for a drain, the second ends the process at once.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From here on the signals no longer kill the process by themselves.
    fn listen() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn obey(mut self, lifecycle: Lifecycle) {
        self.next().await;
        tracing::info!(
            grace_ms = lifecycle.grace().as_millis(),
            "asked to stop; draining (again: stop at once)"
        );
        lifecycle.drain();
        self.next().await;
        tracing::warn!("asked to stop again; aborting");
        // Nothing is waited for: the one who asks twice wants it gone even if a drop hangs.
        std::process::exit(Exit::Aborted.code().into());
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests;

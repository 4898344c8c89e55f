//! The command line that every process has, and the subcommands that only some have.

use std::path::PathBuf;

use clap::{Args, Command, CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};

use crate::{config::DumpFormat, exit::Exit};

/// Runs this service of QuickSync until it is asked to stop.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments<C: Subcommand> {
    #[command(flatten)]
    pub(crate) sources: SourceArguments,
    #[command(subcommand)]
    pub(crate) command: Option<Subcommands<C>>,
}

#[derive(Debug, Args)]
pub(crate) struct SourceArguments {
    /// A TOML file with configuration
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Sets one key, stronger than everything else: grpc.listen=127.0.0.1:50051. May be repeated
    #[arg(long, value_name = "KEY=VALUE", global = true)]
    pub(crate) set: Vec<String>,
    /// Prints the configuration in force with secrets masked, and ends
    #[arg(long, value_name = "FORMAT", num_args = 0..=1, require_equals = true, default_missing_value = "toml", global = true)]
    pub(crate) dump_config: Option<DumpFormat>,
}

#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Subcommands<C: Subcommand> {
    /// Brings the database to the schema of this build, and ends
    Migrate,
    #[command(flatten)]
    Own(C),
}

const EXIT_CODES: &str = "Configuration: defaults < --config FILE < environment (QUICKSYNC_GRPC__LISTEN is grpc.listen) < --set.\n\
Exit codes: 0 ended as asked, 1 failed, 64 wrong usage, 75 drain cut off, 78 wrong configuration, 130 aborted by a second signal.";

impl<C: Subcommand> Arguments<C> {
    /// Reads the command line of this process; prints help or what is wrong.
    pub(crate) fn of_process(name: &'static str) -> Result<Self, Exit> {
        let command: Command = Self::command()
            .name(name)
            .bin_name(format!("quicksync-{name}"));
        let parsed = command
            .try_get_matches()
            .and_then(|matches| Self::from_arg_matches(&matches));
        parsed.map_err(|error| {
            // A closed stdout or stderr leaves nobody to tell.
            let _ = error.print();
            match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Clean,
                _ => Exit::Usage,
            }
        })
    }
}

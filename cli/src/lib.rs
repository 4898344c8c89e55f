//! `quicksync-cli`: two people talk from two terminals.
//!
//! It speaks gRPC to the gateway, keeps one sign-in per profile in a file of its own, and shows names where people read.
//! It holds no state besides that file: everything else it asks for.

mod arguments;
mod backoff;
mod commands;
mod connection;
mod conversations;
mod directory;
mod failure;
mod loopback;
mod output;
mod profile;
mod prompt;
mod session;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use output::Output;

/// From the command line to the exit code: 0 done, 1 failed, 2 wrong usage, 3 not signed in.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return output.failure(&error.into()),
    };
    match runtime.block_on(commands::run(arguments, &output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output.failure(&failure),
    }
}

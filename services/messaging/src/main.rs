//! The `quicksync-messaging` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<messaging::App>()
}

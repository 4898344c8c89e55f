//! The `quicksync-gateway` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<gateway::App>()
}

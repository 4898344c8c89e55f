//! The `quicksync-notification` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<notification::App>()
}

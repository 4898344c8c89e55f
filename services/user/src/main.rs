//! The `quicksync-user` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main_with::<user::App, user::Command>()
}

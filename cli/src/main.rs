//! The `quicksync-cli` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}

//! The `quicksync-dev` command: see the module [`integration_tests::dev`].

use std::process::ExitCode;

fn main() -> ExitCode {
    integration_tests::dev::main()
}

//! The `quicksync-chat` process.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::main::<chat::Chat>()
}

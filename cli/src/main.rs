//! The `quicksync-cli` process.

fn main() {}

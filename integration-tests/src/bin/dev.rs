//! The `quicksync-dev` command.

fn main() {}

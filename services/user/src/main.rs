//! The `quicksync-user` process.

fn main() {}

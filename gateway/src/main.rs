//! The `quicksync-gateway` process.

fn main() {}

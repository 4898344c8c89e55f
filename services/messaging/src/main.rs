//! The `quicksync-messaging` process.

fn main() {}

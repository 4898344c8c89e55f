//! The `quicksync-notification` process.

fn main() {}

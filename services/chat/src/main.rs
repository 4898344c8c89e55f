//! The `quicksync-chat` process.

fn main() {}

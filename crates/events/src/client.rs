//! Settings that all clients share, and how their logs reach ours.

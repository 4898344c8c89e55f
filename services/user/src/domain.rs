//! Rules without I/O.

pub(crate) mod account;
pub(crate) mod fold;
pub(crate) mod password;
pub(crate) mod refresh;

//! Rules without I/O.

pub(crate) mod account;
pub(crate) mod email_token;
pub(crate) mod fold;
pub(crate) mod guessable;
pub(crate) mod password;
pub(crate) mod refresh;
pub(crate) mod rotation;
pub(crate) mod suggestion;

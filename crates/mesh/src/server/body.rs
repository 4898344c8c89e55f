//! The bodies of a call: the request's with a limit on each message, the response's with everything that must hold until a
//! stream ends.

mod limited;
mod response;

pub(super) use limited::Limited;
pub(super) use response::ResponseBody;

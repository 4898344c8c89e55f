//! What `cargo fuzz` runs (`make fuzz`), and every `cargo test` with the inputs that are kept in `fuzz/corpus`.
//!
//! A target panics where a promise is broken. What it promises stands beside the code that it looks into, as tests do; here are
//! the four of them, and how an input is read. Inputs are plain text as far as they can be, so that people can write one.

mod cuts;

pub(crate) use self::cuts::Cuts;
pub use crate::protocol::{fuzzing::json, rest::fuzzing::path_template};
use crate::{client_address, protocol, proxy, server::proxy_protocol};

/// Frames of gRPC, grpc-web and Connect. How the bytes are cut into pieces ([`Cuts`]), then the bytes.
pub fn frames(input: &[u8]) {
    let (cuts, bytes) = Cuts::take(input);
    protocol::fuzzing::requests(&cuts, bytes);
    protocol::fuzzing::answers(&cuts, bytes);
}

/// What is said in headers, and in front of them. A header on each line, as HTTP/1.1 writes it; or a PROXY header.
pub fn headers(input: &[u8]) {
    let headers = protocol::fuzzing::headers(input);
    proxy::fuzzing::headers(&headers);
    client_address::fuzzing::headers(&headers);
    proxy_protocol::fuzzing::stream(input);
}

#[cfg(test)]
mod tests;

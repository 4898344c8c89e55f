//! What a call comes from: the network address that the gateway saw, and the device that the user agent names.
//!
//! Both are told by others and good for showing to the person concerned and for slowing down whoever tries too much. They
//! prove nothing: who calls is what the access token says.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header::USER_AGENT};
use tonic::Request;
use woothee::{parser::Parser, woothee::VALUE_UNKNOWN};

/// Carries the address of the client from the gateway to the services. The gateway removes what clients send under this
/// name.
pub const CLIENT_ADDRESS: HeaderName = HeaderName::from_static("x-quicksync-client-address");

/// Of a user agent, what is looked at: browsers need a third of it.
const USER_AGENT_BYTES_MAX: usize = 512;
const DEVICE_CHARACTERS_MAX: usize = 64;
const UNKNOWN_DEVICE: &str = "Unknown device";

/// What a call comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// As the gateway saw it; `None` for a call that did not come through it. Never an IPv4 address in IPv6's clothes.
    pub address: Option<IpAddr>,
    /// What a person would call it: "Firefox on Linux", "quicksync-cli". 1 to 64 characters, none of them a control
    /// character.
    pub device: String,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            address: None,
            device: UNKNOWN_DEVICE.to_owned(),
        }
    }
}

impl Client {
    /// What `request` comes from.
    pub fn of<T>(request: &Request<T>) -> Self {
        Self::from_headers(request.metadata().as_ref())
    }

    fn from_headers(headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let address: Option<IpAddr> = text(CLIENT_ADDRESS).and_then(|text| text.parse().ok());
        Self {
            address: address.map(|address| address.to_canonical()),
            device: text(USER_AGENT)
                .and_then(device_of)
                .unwrap_or_else(|| UNKNOWN_DEVICE.to_owned()),
        }
    }
}

/// What a person would call the sender of `user_agent`, which is visible ASCII: a header value that is text is nothing
/// else.
fn device_of(user_agent: &str) -> Option<String> {
    let end = user_agent.len().min(USER_AGENT_BYTES_MAX);
    let user_agent = user_agent[..end].trim();
    let name = browser(user_agent).or_else(|| program(user_agent))?;
    Some(name.chars().take(DEVICE_CHARACTERS_MAX).collect())
}

/// "Firefox on Linux".
fn browser(user_agent: &str) -> Option<String> {
    let found = Parser::new().parse(user_agent)?;
    if !matches!(found.category, "pc" | "smartphone" | "mobilephone") {
        return None;
    }
    let name = known(found.name)?;
    Some(match known(found.os).map(system) {
        Some(system) => format!("{name} on {system}"),
        None => name.to_owned(),
    })
}

fn known(value: &str) -> Option<&str> {
    (value != VALUE_UNKNOWN && !value.is_empty()).then_some(value)
}

/// What people call it. Windows says nothing of its version any longer: 11 calls itself 10.
fn system(name: &str) -> &str {
    match name {
        "Mac OSX" => "macOS",
        name if name.starts_with("Windows ") && !name.starts_with("Windows Phone") => "Windows",
        name => name,
    }
}

/// The first product (RFC 9110, section 10.1.5) of a program that is no browser: "quicksync-cli". `None` where the first
/// word is no name.
fn program(user_agent: &str) -> Option<String> {
    let product = user_agent.split(' ').next()?;
    let name = product.split('/').next()?;
    let is_name = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.+".contains(c));
    (is_name && name != "Mozilla").then(|| name.to_owned())
}

#[cfg(test)]
mod tests;

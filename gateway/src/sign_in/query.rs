//! Addresses: which route a request asks for, with which parameters, and where browsers are sent.

use std::collections::BTreeMap;

use form_urlencoded::{Serializer, byte_serialize, parse};
use http::{Uri, uri::Scheme};

use super::PREFIX;
use crate::origins;

const PROVIDER_ID_BYTES_MAX: usize = 32;

/// One of the routes, with the id of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target<'a> {
    /// `/auth/{provider}/start`
    Start(&'a str),
    /// `/auth/{provider}/callback`
    Callback(&'a str),
}

impl<'a> Target<'a> {
    /// The route of `path`.
    pub(super) fn of(path: &'a str) -> Option<Self> {
        let (provider_id, step) = path.strip_prefix(PREFIX)?.split_once('/')?;
        match step {
            _ if !is_provider_id(provider_id) => None,
            "start" => Some(Self::Start(provider_id)),
            "callback" => Some(Self::Callback(provider_id)),
            _ => None,
        }
    }
}

/// As the proto has it: no character that means something in an address or in HTML.
fn is_provider_id(text: &str) -> bool {
    (1..=PROVIDER_ID_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The parameters of an address.
#[derive(Debug, Default)]
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// `None` where a parameter stands there twice, which OAuth forbids (RFC 6749, section 3.1): which of them counts would
    /// be seen differently here and behind.
    pub(super) fn parse(query: &str) -> Option<Self> {
        let mut parameters = BTreeMap::new();
        for (name, value) in parse(query.as_bytes()) {
            let before = parameters.insert(name.into_owned(), value.into_owned());
            if before.is_some() {
                return None;
            }
        }
        Some(Self(parameters))
    }

    /// The value of `name`; empty where it is missing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Gives `name` a value.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }
}

/// The address that begins a sign-in with the parameters of `query`.
pub(super) fn start_path(provider_id: &str, query: &Query) -> String {
    let mut written = Serializer::new(String::new());
    for name in ["intent", "return_to", "code_challenge"] {
        let value = query.get(name);
        if !value.is_empty() {
            written.append_pair(name, value);
        }
    }
    let query = written.finish();
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{PREFIX}{provider_id}/start{separator}{query}")
}

/// `address` with one more parameter.
pub(super) fn with_parameter(address: &str, name: &str, value: &str) -> String {
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (address, String::new()),
    };
    let separator = if address.contains('?') { '&' } else { '?' };
    let value: String = byte_serialize(value.as_bytes()).collect();
    format!("{address}{separator}{name}={value}{fragment}")
}

/// True for an address that a program on the person's machine listens at (RFC 8252, section 7.3).
pub(super) fn is_loopback_address(address: &str) -> bool {
    address.parse::<Uri>().is_ok_and(|uri| {
        uri.scheme() == Some(&Scheme::HTTP)
            && uri
                .host()
                .is_some_and(|host| host != "localhost" && origins::is_loopback(host))
    })
}

/// True for an address that a browser may be sent to: a path of the gateway, or one that says scheme and host.
pub(super) fn is_address(text: &str) -> bool {
    if text
        .bytes()
        .any(|byte| !byte.is_ascii_graphic() || byte == b'\\')
    {
        return false;
    }
    if text.starts_with('/') {
        return !text.starts_with("//");
    }
    text.split('#')
        .next()
        .unwrap_or_default()
        .parse::<Uri>()
        .is_ok_and(|uri| {
            uri.authority().is_some()
                && (uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS))
        })
}

#[cfg(test)]
mod tests;

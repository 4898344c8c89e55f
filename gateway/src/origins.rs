//! Where web pages come from, and what that allows them: calling at all (CORS), and having the gateway keep their refresh
//! token in a cookie.
//!
//! The second is never given by a `*`, nor by a page's claim to come from the host that it calls: whoever makes a name
//! resolve to this gateway could claim that. Only the configured origin and those listed by name have it.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header::ORIGIN, uri::Scheme};

use crate::{config, error::Error};

/// What browsers say of the page that makes a request (Fetch Metadata). No page can forge or leave it out.
pub(crate) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Which origins may do what.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    public: HeaderValue,
    listed: Vec<HeaderValue>,
    is_any_allowed: bool,
}

impl Origins {
    /// From a configuration that was found good.
    pub(crate) fn new(public: &config::Public, cors: &config::Cors) -> Self {
        let value = |origin: &String| HeaderValue::from_str(origin).ok();
        Self {
            public: value(&public.origin).unwrap_or(HeaderValue::from_static("")),
            listed: cors.origins.iter().filter_map(value).collect(),
            is_any_allowed: cors.origins.iter().any(|origin| origin == "*"),
        }
    }

    /// True where pages of `origin` may call.
    pub(crate) fn allow(&self, origin: &HeaderValue) -> bool {
        self.is_any_allowed || self.trust(origin)
    }

    /// True where pages of `origin` may call with cookies. `null` is the origin of many pages and therefore of none.
    pub(crate) fn trust(&self, origin: &HeaderValue) -> bool {
        *origin == self.public || (self.listed.contains(origin) && origin != "*")
    }

    /// Refuses a browser's request unless it comes from a trusted page. A browser names the origin in every POST.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Error> {
        let mut origins = headers.get_all(ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) if self.trust(origin) => Ok(()),
            _ => Err(Error::OriginNotAllowed),
        }
    }
}

/// True for a request that a browser makes.
pub(crate) fn is_of_browser(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE)
}

/// Scheme, host and port, and nothing else (RFC 6454, section 6.2).
pub(crate) fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    HeaderValue::from_str(text).is_ok()
        && uri.scheme().is_some()
        && uri.authority().is_some()
        && uri.path() == "/"
        && !text.ends_with('/')
        && !text.contains(['?', '#'])
}

/// What is wrong with `text` as the origin that browsers know the gateway by.
pub(crate) fn problem_of_public(text: &str) -> Option<&'static str> {
    let uri = text.parse::<Uri>().ok().filter(|_| is_origin(text));
    let Some(uri) = uri else {
        return Some(
            "must be scheme and host, with a port where it is not the usual one: `https://chat.example.org`",
        );
    };
    let is_plain = uri.scheme() == Some(&Scheme::HTTP);
    if !is_plain && uri.scheme() != Some(&Scheme::HTTPS) {
        return Some("must begin with https://");
    }
    if is_plain && !is_loopback(uri.host().unwrap_or_default()) {
        return Some(
            "must begin with https://: over http:// anybody on the way could take the cookies. Only localhost, 127.0.0.1 and [::1] may do without",
        );
    }
    let usual_port = if is_plain { 80 } else { 443 };
    let is_as_browsers_say = !text.contains(char::is_uppercase)
        && !text.contains('@')
        && uri.port_u16() != Some(usual_port);
    (!is_as_browsers_say).then_some(
        "must be as browsers say it: lower case, no user, no port where it is the usual one",
    )
}

/// True for a name or address that never leaves the machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests;

//! Where a browser may be sent in the end: nowhere that somebody else could have chosen (RFC 9700, section 4.11).

use openidconnect::url::{Host, Url};

const BYTES_MAX: usize = 2_000;

/// Where a browser goes in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ReturnTo {
    /// A path of the gateway, or a page of an allowed origin. The browser itself is signed in.
    Page(String),
    /// A native client that listens on this machine (RFC 8252, section 7.3).
    Loopback(String),
}

/// What is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    allowed_origins: Vec<String>,
}

impl Rules {
    /// Origins besides the gateway's own.
    pub(crate) fn new(allowed_origins: &[String]) -> Self {
        Self {
            allowed_origins: allowed_origins.to_vec(),
        }
    }

    /// What `text` is, or what is wrong with it. Empty is the gateway's first page.
    pub(crate) fn read(&self, text: &str) -> Result<ReturnTo, &'static str> {
        if text.len() > BYTES_MAX {
            return Err("must have at most 2,000 characters");
        }
        // Browsers take a backslash for a slash, and drop tabs and line ends wherever they stand.
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err("must not have spaces, control characters or backslashes");
        }
        if text.is_empty() {
            return Ok(ReturnTo::Page("/".to_owned()));
        }
        if text.starts_with('/') {
            return if text.starts_with("//") {
                Err("must be a path: \"//\" begins the name of a host")
            } else {
                Ok(ReturnTo::Page(text.to_owned()))
            };
        }
        self.read_absolute(text)
    }

    fn read_absolute(&self, text: &str) -> Result<ReturnTo, &'static str> {
        let url = Url::parse(text).map_err(|_| "must be a path or an address")?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("must not have a user, a password or a fragment");
        }
        let origin = url.origin().ascii_serialization();
        // As we have understood it, not as it was written: the browser must not read it differently.
        if self.allowed_origins.contains(&origin) {
            Ok(ReturnTo::Page(url.into()))
        } else if is_loopback(&url) {
            Ok(ReturnTo::Loopback(url.into()))
        } else {
            Err(
                "must be a path, an address of an allowed origin, or http://127.0.0.1:PORT/ or http://[::1]:PORT/",
            )
        }
    }
}

/// By number: `localhost` may lead elsewhere (RFC 8252, section 8.3).
fn is_loopback(url: &Url) -> bool {
    let by_number = match url.host() {
        Some(Host::Ipv4(address)) => address == std::net::Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == std::net::Ipv6Addr::LOCALHOST,
        Some(Host::Domain(_)) | None => false,
    };
    by_number && url.scheme() == "http" && url.port().is_some()
}

#[cfg(test)]
mod tests;

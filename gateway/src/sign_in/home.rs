//! One machine has several names, and a cookie stays with the name that it was set under: a sign-in that begins at `127.0.0.1`
//! and ends at `localhost` would not be known any more.
//!
//! So a browser that knows the gateway by another name of its own machine than `public.origin` is led over before it begins.
//! That is between names of one machine only, which is development: behind a proxy the gateway may see any name, and a
//! browser would be led in circles.

use http::{Uri, header::HOST, request};

use crate::origins::is_loopback;

/// The name that sign-ins begin and end under.
#[derive(Clone, Debug)]
pub(super) struct Home {
    /// `public.origin`.
    origin: String,
}

impl Home {
    /// Of the gateway that browsers know by `public_origin`.
    pub(super) fn new(public_origin: &str) -> Self {
        Self {
            origin: public_origin.to_owned(),
        }
    }

    /// Where a request goes that came to another name of this machine.
    pub(super) fn instead(&self, head: &request::Parts) -> Option<String> {
        let origin: Uri = self.origin.parse().ok()?;
        let named: Uri = match head.uri.authority() {
            Some(authority) => authority.as_str().parse().ok()?,
            None => head.headers.get(HOST)?.to_str().ok()?.parse().ok()?,
        };
        let (ours, theirs) = (origin.host()?, named.host()?);
        let is_other = ours != theirs && origin.port_u16() == named.port_u16();
        let path = head.uri.path_and_query()?;
        (is_other && is_loopback(ours) && is_loopback(theirs))
            .then(|| format!("{}{path}", self.origin))
    }
}

#[cfg(test)]
mod tests;

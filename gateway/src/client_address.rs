//! Tells the services which network address a request comes from, and that nobody but the gateway does.
//!
//! It is the peer of the connection. Where that is a proxy that the operator trusts, it is the rightmost address in
//! `x-forwarded-for` that is no such proxy: each proxy appends the peer that it saw, and whatever is left of that the client
//! may have said itself. `forwarded` is not read.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use auth::CLIENT_ADDRESS;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use ipnet::IpNet;

/// Headers of the mesh itself: none that a client sends goes on.
const MESH_PREFIX: &str = "x-quicksync-";
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection that a request came by, in its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The networks of proxies that are believed. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Proxies(Arc<[IpNet]>);

impl Proxies {
    /// Those in these networks.
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        Self(networks.into())
    }

    /// True for an address, in its plain form, in one of them.
    pub(crate) fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who is behind `peer`. An entry that is no address ends the walk: nobody vouches for what is left of it.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        // Several fields are one list (RFC 9110 section 5.3).
        let fields = headers.get_all(FORWARDED_FOR).iter().rev();
        let mut entries = fields.flat_map(|field| field.as_bytes().rsplit(|byte| *byte == b','));
        while self.trust(client) {
            let Some(address) = entries.next().and_then(address_of) else {
                break;
            };
            client = address;
        }
        client
    }
}

/// Takes all headers of the mesh out of `request` and puts the address of its client in.
pub(crate) fn stamp<B>(request: &mut Request<B>, proxies: &Proxies) {
    let peer = request.extensions().get::<Peer>().copied();
    remove_mesh_headers(request.headers_mut());
    if let Some(Peer(peer)) = peer {
        let client = proxies.client(peer.ip(), request.headers());
        let value =
            HeaderValue::from_str(&client.to_string()).expect("an address is a header value");
        request.headers_mut().insert(CLIENT_ADDRESS, value);
    }
}

/// An address, or an address with its port, in its plain form: a socket of IPv6 sees clients of IPv4 as `::ffff:a.b.c.d`.
fn address_of(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    let address = bare
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    Some(address.ok()?.to_canonical())
}

fn remove_mesh_headers(headers: &mut HeaderMap) {
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| name.as_str().starts_with(MESH_PREFIX))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests;

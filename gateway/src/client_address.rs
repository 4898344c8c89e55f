//! Tells the services which network address a request comes from, and that nobody but the gateway does.
//!
//! It is the peer of the connection. What proxies before the gateway say of it (`forwarded`, `x-forwarded-for`) is not
//! believed, since any client can say the same; a list of proxies that are would have its seat in [`stamp`].

use std::net::{IpAddr, SocketAddr};

use auth::CLIENT_ADDRESS;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

/// Headers of the mesh itself: none that a client sends goes on.
const MESH_PREFIX: &str = "x-quicksync-";

/// The other end of the connection that a request came by, in its extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// Takes all headers of the mesh out of `request` and puts the address of its client in.
pub(crate) fn stamp<B>(request: &mut Request<B>) {
    let peer = request.extensions().get::<Peer>().copied();
    remove_mesh_headers(request.headers_mut());
    if let Some(Peer(peer)) = peer {
        request
            .headers_mut()
            .insert(CLIENT_ADDRESS, value_of(peer.ip()));
    }
}

/// An address in its plain form: a socket of IPv6 sees clients of IPv4 as `::ffff:a.b.c.d`.
fn value_of(address: IpAddr) -> HeaderValue {
    HeaderValue::from_str(&address.to_canonical().to_string())
        .expect("an address is a header value")
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

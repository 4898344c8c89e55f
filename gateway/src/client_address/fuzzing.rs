//! Promises about who is said to call.

use std::net::Ipv4Addr;

use super::*;

/// A request with `headers`, by way of a proxy that is believed.
pub(crate) fn headers(headers: &HeaderMap) {
    let near = "10.0.0.0/8".parse().expect("it is a network");
    let proxies = Proxies::new(&[near]);
    let mut request = Request::new(());
    request.headers_mut().clone_from(headers);
    let peer = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 1));
    request.extensions_mut().insert(Peer(peer));
    stamp(&mut request, &proxies);

    let of_mesh = request.headers().iter();
    let of_mesh: Vec<_> = of_mesh
        .filter(|(name, _)| name.as_str().starts_with(MESH_PREFIX))
        .collect();
    let [(name, value)] = of_mesh[..] else {
        panic!("a client speaks for the mesh: {of_mesh:?}");
    };
    assert_eq!(name, CLIENT_ADDRESS);
    let text = value.to_str().expect("an address is text");
    let address: IpAddr = text.parse().expect("it is an address");
    assert_eq!(address, address.to_canonical());
}

//! Loopback ports for private daemons.

use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

use anyhow::{Result, bail};

use crate::system;

/// Below the kernel's ephemeral range (32768 and up), so that no outgoing connection of somebody takes the port of a part that restarts.
const RANGE: std::ops::Range<u16> = 17_000..32_000;
const ATTEMPTS_MAX: usize = 1_000;

/// Whether nobody listens on `port` of the loopback interface.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// `N` different free ports, chosen at random so that instances started at the same moment rarely meet.
pub fn pick<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    for _ in 0..ATTEMPTS_MAX {
        if held.len() == N {
            break;
        }
        let random = u16::from_str_radix(&system::random_hex(2)?, 16)?;
        let port = RANGE.start + random % (RANGE.end - RANGE.start);
        if let Ok(listener) = TcpListener::bind(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port)) {
            held.push((port, listener));
        }
    }
    if held.len() < N {
        bail!(
            "no {N} free ports between {} and {} on 127.0.0.1",
            RANGE.start,
            RANGE.end
        );
    }
    Ok(std::array::from_fn(|index| held[index].0))
}

/// One line that says what to do when somebody else listens on `port`.
pub fn require_free(port: u16, who: &str) -> Result<()> {
    if !is_free(port) {
        bail!(
            "port {port} on 127.0.0.1, which {who} needs, is taken by another program: end that program (`ss -ltnp 'sport = :{port}'` names it) or choose another port"
        );
    }
    Ok(())
}

//! The PROXY protocol, versions 1 and 2: a proxy that passes bytes on says before them whose they are.
//!
//! Read byte by byte where that is needed, so that nothing of what follows is taken. A proxy that speaks for itself (`LOCAL`,
//! `UNKNOWN`: it looks whether the gateway is there) leaves the address of the connection in force.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;

use std::{io, net::SocketAddr};

use ppp::{v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// What a header of version 2 begins with; no HTTP and no TLS does.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Then version and command, family, and the length of the rest.
const V2_HEAD_BYTES: usize = 16;
/// Addresses need 216 bytes at most; the rest is what proxies tell of TLS, which is passed over.
const V2_REST_BYTES_MAX: usize = 4 * 1024;
/// By the specification, with its end of line.
const V1_BYTES_MAX: usize = 107;

/// A connection does not begin as it must.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// It ended, or broke.
    #[error("the connection ended before its PROXY header did")]
    Stream(#[from] io::Error),
    /// Something else is there.
    #[error("the connection does not begin with a PROXY header")]
    Damaged,
}

/// Takes the header off `stream`, which must have one. Gives the address of the client that it names.
pub(super) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<Option<SocketAddr>, Error> {
    let mut header = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE {
        read_v2(stream, header).await
    } else {
        read_v1(stream, header).await
    }
}

async fn read_v1(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> Result<Option<SocketAddr>, Error> {
    if !header.starts_with(v1::PROTOCOL_PREFIX.as_bytes()) {
        return Err(Error::Damaged);
    }
    while !header.ends_with(b"\r\n") {
        if header.len() == V1_BYTES_MAX {
            return Err(Error::Damaged);
        }
        header.push(stream.read_u8().await?);
    }
    let header = v1::Header::try_from(header.as_slice()).map_err(|_| Error::Damaged)?;
    Ok(match header.addresses {
        v1::Addresses::Unknown => None,
        v1::Addresses::Tcp4(tcp) => Some((tcp.source_address, tcp.source_port).into()),
        v1::Addresses::Tcp6(tcp) => Some((tcp.source_address, tcp.source_port).into()),
    })
}

async fn read_v2(
    stream: &mut (impl AsyncRead + Unpin),
    mut header: Vec<u8>,
) -> Result<Option<SocketAddr>, Error> {
    header.resize(V2_HEAD_BYTES, 0);
    stream.read_exact(&mut header[SIGNATURE.len()..]).await?;
    let rest_bytes = usize::from(u16::from_be_bytes([header[14], header[15]]));
    if rest_bytes > V2_REST_BYTES_MAX {
        return Err(Error::Damaged);
    }
    header.resize(V2_HEAD_BYTES + rest_bytes, 0);
    stream.read_exact(&mut header[V2_HEAD_BYTES..]).await?;
    let header = v2::Header::try_from(header.as_slice()).map_err(|_| Error::Damaged)?;
    Ok(match (header.command, header.addresses) {
        (v2::Command::Proxy, v2::Addresses::IPv4(tcp)) => {
            Some((tcp.source_address, tcp.source_port).into())
        }
        (v2::Command::Proxy, v2::Addresses::IPv6(tcp)) => {
            Some((tcp.source_address, tcp.source_port).into())
        }
        (v2::Command::Local, _)
        | (v2::Command::Proxy, v2::Addresses::Unspecified | v2::Addresses::Unix(_)) => None,
    })
}

#[cfg(test)]
mod tests;

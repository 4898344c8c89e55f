//! What a stream costs in memory while nothing happens on it: many are opened, each on a connection of HTTP/1.1 of its own, as
//! browsers do.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    call::{Call, Format, Method},
    proxies::Proxy,
};

const HOLD: Call = Call {
    format: Format::GrpcWeb,
    method: Method::Hold,
};
/// Streams opened at once.
const OPENING_AT_ONCE: usize = 64;
const PATIENCE: Duration = Duration::from_secs(30);
const CHUNK_BYTES: usize = 4 * 1024;
/// Opened and closed before the count: what a process allocates once, for all that come later, is no stream's.
const WARM_UP_STREAMS: usize = 100;

/// KiB of the proxy for each of `streams` that are open.
pub(crate) async fn kib_per_stream(proxy: &Proxy, streams: usize, token: &str) -> Result<f64> {
    open(proxy, WARM_UP_STREAMS, token).await?;
    let before = proxy.resident_kib()?;
    let held = open(proxy, streams, token).await?;
    let after = proxy.resident_kib()?;
    ensure!(held.len() == streams, "not all streams were opened");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    Ok(after.saturating_sub(before) as f64 / streams as f64)
}

async fn open(proxy: &Proxy, streams: usize, token: &str) -> Result<Vec<TcpStream>> {
    stream::iter(0..streams)
        .map(|_| open_one(proxy.port, token))
        .buffer_unordered(OPENING_AT_ONCE)
        .try_collect()
        .await
}

/// Returns when the first message has come.
async fn open_one(port: u16, token: &str) -> Result<TcpStream> {
    let opening = async {
        let mut connection = TcpStream::connect(("127.0.0.1", port)).await?;
        connection.write_all(&request(port, token)).await?;
        let proof = HOLD.proof();
        let (mut seen, mut chunk) = (Vec::new(), [0; CHUNK_BYTES]);
        while !seen.windows(proof.len()).any(|bytes| bytes == proof) {
            let read = connection.read(&mut chunk).await?;
            ensure!(
                read > 0,
                "the proxy closed it: {}",
                String::from_utf8_lossy(&seen)
            );
            seen.extend_from_slice(&chunk[..read]);
        }
        Ok(connection)
    };
    timeout(PATIENCE, opening)
        .await
        .context("a stream's first message did not come")?
}

fn request(port: u16, token: &str) -> Vec<u8> {
    let (path, body) = (HOLD.path(), HOLD.body());
    let mut head = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in HOLD.headers() {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str("\r\n");
    [head.into_bytes(), body].concat()
}

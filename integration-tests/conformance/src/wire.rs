//! How the runner and a server under test write messages to each other: four bytes of length, then the message.

use std::io::{self, Read as _, Write as _};

use anyhow::ensure;
use prost::Message;

/// More is no request of the runner.
const MESSAGE_BYTES_MAX: u32 = 1024 * 1024;

/// The next message on stdin.
pub(crate) fn read<M: Message + Default>() -> anyhow::Result<M> {
    let mut input = io::stdin().lock();
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    ensure!(length <= MESSAGE_BYTES_MAX, "{length} bytes are too many");
    let mut message = vec![0; length as usize];
    input.read_exact(&mut message)?;
    Ok(M::decode(message.as_slice())?)
}

/// Writes `message` to stdout.
pub(crate) fn write(message: &impl Message) -> anyhow::Result<()> {
    let message = message.encode_to_vec();
    let mut output = io::stdout().lock();
    output.write_all(&u32::try_from(message.len())?.to_be_bytes())?;
    output.write_all(&message)?;
    Ok(output.flush()?)
}

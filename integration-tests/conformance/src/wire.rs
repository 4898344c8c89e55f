//! How the runner and a server under test write messages to each other: four bytes of length, then the message.

use std::io::{Read, Write};

use anyhow::ensure;
use prost::Message;

/// More is no message of this dialogue.
const MESSAGE_BYTES_MAX: u32 = 1024 * 1024;

/// The next message of `input`.
pub(crate) fn read<M: Message + Default>(mut input: impl Read) -> anyhow::Result<M> {
    let mut length = [0; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    ensure!(length <= MESSAGE_BYTES_MAX, "{length} bytes are too many");
    let mut message = vec![0; length as usize];
    input.read_exact(&mut message)?;
    Ok(M::decode(message.as_slice())?)
}

/// Writes `message` to `output`.
pub(crate) fn write(mut output: impl Write, message: &impl Message) -> anyhow::Result<()> {
    let message = message.encode_to_vec();
    output.write_all(&u32::try_from(message.len())?.to_be_bytes())?;
    output.write_all(&message)?;
    Ok(output.flush()?)
}

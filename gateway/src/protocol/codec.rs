//! Protobuf and JSON: the bytes of a message on both sides.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, MessageDescriptor};

use crate::error::Error;

/// How a client writes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// As they are.
    Proto,
    /// Canonical JSON of protobuf.
    Json,
}

impl Codec {
    /// The protobuf of a client's `message`. Fields that are not known are passed over, as in protobuf: a client may be newer.
    pub(super) fn read(self, message: Bytes, kind: &MessageDescriptor) -> Result<Bytes, Error> {
        if self == Self::Proto {
            return Ok(message);
        }
        let damaged = |error: serde_json::Error| Error::JsonDamaged(error.to_string());
        let mut json = serde_json::Deserializer::from_slice(&message);
        let options = DeserializeOptions::new().deny_unknown_fields(false);
        let decoded = DynamicMessage::deserialize_with_options(kind.clone(), &mut json, &options);
        let decoded = decoded.map_err(damaged)?;
        json.end().map_err(damaged)?;
        Ok(decoded.encode_to_vec().into())
    }

    /// What a client gets for the protobuf `message` of an upstream.
    pub(super) fn write(self, message: Bytes, kind: &MessageDescriptor) -> Result<Bytes, Error> {
        if self == Self::Proto {
            return Ok(message);
        }
        let decoded = DynamicMessage::decode(kind.clone(), message);
        let decoded = decoded.map_err(|_| Error::UpstreamProtocol)?;
        let json = serde_json::to_vec(&decoded).map_err(|_| Error::UpstreamProtocol)?;
        Ok(json.into())
    }
}

/// What is in `compressed`, a whole file of gzip.
pub(super) fn gunzip(compressed: &[u8], bytes_max: u32) -> Result<Bytes, Error> {
    let mut bytes = Vec::new();
    let limit = u64::from(bytes_max) + 1;
    GzDecoder::new(compressed)
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|_| Error::BodyDamaged)?;
    if bytes.len() as u64 == limit {
        return Err(Error::too_large(bytes.len(), bytes_max));
    }
    Ok(bytes.into())
}

//! The calls that are measured, as bytes.

use prost::Message as _;
use serde_json::json;

use crate::protos::{EchoRequest, HoldRequest, Message, RepeatRequest};

/// What a message has besides its text, and its text, come to this.
const MESSAGE_BYTES: usize = 400;
/// Messages of one measured stream.
pub(crate) const REPEATED: u32 = 100;

/// What travels on the wire between client and proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Grpc,
    GrpcWeb,
    ConnectProto,
    ConnectJson,
}

/// Which method is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Echo,
    Repeat,
    Hold,
}

/// One kind of call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) format: Format,
    pub(crate) method: Method,
}

impl Call {
    /// Where it goes.
    pub(crate) fn path(self) -> &'static str {
        match self.method {
            Method::Echo => "/quicksync.bench.v1.EchoService/Echo",
            Method::Repeat => "/quicksync.bench.v1.EchoService/Repeat",
            Method::Hold => "/quicksync.bench.v1.EchoService/Hold",
        }
    }

    /// All headers but the access token.
    pub(crate) fn headers(self) -> &'static [(&'static str, &'static str)] {
        match self.format {
            Format::Grpc => &[("content-type", "application/grpc"), ("te", "trailers")],
            Format::GrpcWeb => &[
                ("content-type", "application/grpc-web+proto"),
                ("x-grpc-web", "1"),
            ],
            Format::ConnectProto => &[
                ("content-type", "application/proto"),
                ("connect-protocol-version", "1"),
            ],
            Format::ConnectJson => &[
                ("content-type", "application/json"),
                ("connect-protocol-version", "1"),
            ],
        }
    }

    /// The request's body.
    pub(crate) fn body(self) -> Vec<u8> {
        match self.format {
            Format::Grpc | Format::GrpcWeb => framed(&self.request()),
            Format::ConnectProto => self.request(),
            Format::ConnectJson => json!({ "message": as_json(&message()) })
                .to_string()
                .into_bytes(),
        }
    }

    /// Bytes that a whole answer has in it.
    pub(crate) fn proof(self) -> Vec<u8> {
        match self.format {
            Format::ConnectJson => message().text.into_bytes(),
            _ => message().encode_to_vec(),
        }
    }

    fn request(self) -> Vec<u8> {
        let message = Some(message());
        match self.method {
            Method::Echo => EchoRequest { message }.encode_to_vec(),
            Method::Repeat => RepeatRequest {
                message,
                times: REPEATED,
            }
            .encode_to_vec(),
            Method::Hold => HoldRequest { message }.encode_to_vec(),
        }
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a small message");
    [&[0], &length.to_be_bytes()[..], message].concat()
}

fn message() -> Message {
    let mut message = Message {
        message_id: "0192f3c0-5d1e-7c55-9b43-7d2f7a4f4c01".to_owned(),
        conversation_id: "0192f3bf-11aa-7d01-8a7e-3c9d0e6b2a02".to_owned(),
        sender_id: "0192f3be-77b0-7f3c-a1c4-51d9f0c8be03".to_owned(),
        sequence: (7 << 40) + 123_456,
        sent_at: Some(prost_types::Timestamp {
            seconds: 1_790_000_000,
            nanos: 123_000_000,
        }),
        text: String::new(),
    };
    // The tag and the length of the text take three bytes more.
    let rest = MESSAGE_BYTES - message.encoded_len() - 3;
    message.text = "All the words that people say to each other. "
        .chars()
        .cycle()
        .take(rest)
        .collect();
    message
}

fn as_json(message: &Message) -> serde_json::Value {
    json!({
        "messageId": message.message_id,
        "conversationId": message.conversation_id,
        "senderId": message.sender_id,
        "sequence": message.sequence.to_string(),
        "sentAt": "2026-09-21T14:13:20.123Z",
        "text": message.text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_has_400_bytes() {
        assert_eq!(message().encoded_len(), MESSAGE_BYTES);
    }

    #[test]
    fn both_forms_say_the_same() {
        let sent_at = message().sent_at.unwrap();
        assert_eq!(sent_at.to_string(), "2026-09-21T14:13:20.123Z");
    }
}

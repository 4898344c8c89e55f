//! Messages in JSON and in protobuf, by their descriptors.

use std::sync::LazyLock;

use bytes::Bytes;
use prost_reflect::{DescriptorPool, MessageDescriptor};
use serde_json::Value;

use crate::protocol::{codec::Codec, rest::samples};

/// Types of messages, from `a` on: those of ours that say much, and those that JSON has a form of their own for.
const KINDS: [&str; 24] = [
    "test.v1.Everything",
    "test.v1.Thing",
    "quicksync.messaging.v1.ListMessagesResponse",
    "quicksync.notification.v1.SubscribeResponse",
    "quicksync.user.v1.StartSignInRequest",
    "quicksync.chat.v1.SendMessageRequest",
    "quicksync.events.v1.ConversationEvent",
    "google.rpc.Status",
    "google.rpc.BadRequest",
    "google.protobuf.Any",
    "google.protobuf.Timestamp",
    "google.protobuf.Duration",
    "google.protobuf.FieldMask",
    "google.protobuf.Struct",
    "google.protobuf.Value",
    "google.protobuf.ListValue",
    "google.protobuf.UInt32Value",
    "google.protobuf.Int32Value",
    "google.protobuf.Int64Value",
    "google.protobuf.UInt64Value",
    "google.protobuf.StringValue",
    "google.protobuf.BytesValue",
    "google.protobuf.BoolValue",
    "google.protobuf.Empty",
];

/// prost-reflect 0.16.5 writes `null` for a number that is not finite in one of these, and reads them nowhere else.
const KNOWN_FLAWS: [&[u8]; 2] = [b"DoubleValue", b"FloatValue"];
/// Protobuf's libraries read no message that is nested deeper than 100; a list of JSON takes two of them.
const DEPTH_MAX: usize = 40;

static MESSAGES: LazyLock<Vec<MessageDescriptor>> = LazyLock::new(|| {
    let ours = DescriptorPool::decode(quicksync::FILE_DESCRIPTOR_SET).expect("it is of this build");
    let details = crate::descriptors::of_details().expect("they are of this build");
    let pools = [
        samples::pool("rpc Do(Thing) returns (Thing);"),
        ours,
        details,
    ];
    let message = |name: &&str| {
        let mut found = pools
            .iter()
            .filter_map(|pool| pool.get_message_by_name(name));
        found.next().unwrap_or_else(|| panic!("there is no {name}"))
    };
    KINDS.iter().map(message).collect()
});

/// Where it does not matter which.
pub(super) fn any_kind() -> MessageDescriptor {
    MESSAGES[0].clone()
}

/// Which message, as a letter; then it, in JSON or in protobuf.
pub fn json(input: &[u8]) {
    let Some((letter, bytes)) = input.split_first() else {
        return;
    };
    let Some(kind) = MESSAGES.get(usize::from(letter.wrapping_sub(b'a'))) else {
        return;
    };
    if KNOWN_FLAWS.iter().any(|flaw| contains(bytes, flaw)) || depth_of(bytes) > DEPTH_MAX {
        return;
    }
    let bytes = Bytes::copy_from_slice(bytes);
    if let Ok(message) = Codec::Json.read(bytes.clone(), kind) {
        comes_back(message, kind);
    }
    if let Ok(json) = Codec::Json.write(bytes, kind) {
        let message = Codec::Json.read(json, kind);
        comes_back(message.expect("what is written can be read"), kind);
    }
}

/// A message that was read as JSON says the same when it is written and read again.
fn comes_back(message: Bytes, kind: &MessageDescriptor) {
    let json = Codec::Json
        .write(message, kind)
        .expect("what was read can be written");
    let again = Codec::Json
        .read(json.clone(), kind)
        .expect("what is written can be read");
    let again = Codec::Json
        .write(again, kind)
        .expect("what was read can be written");
    assert_eq!(value(&json), value(&again));
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

/// How deep JSON can be that has these brackets.
fn depth_of(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| b"[{".contains(byte)).count()
}

fn value(json: &Bytes) -> Value {
    serde_json::from_slice(json).expect("it is JSON")
}

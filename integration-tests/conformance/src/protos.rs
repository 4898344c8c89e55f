//! The messages of the suite.
#![expect(clippy::pedantic, reason = "generated code")]

include!(concat!(env!("OUT_DIR"), "/connectrpc.conformance.v1.rs"));

/// The service with all that it imports, as an encoded `google.protobuf.FileDescriptorSet`.
pub(crate) const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/conformance.binpb"));

//! The messages and stubs of the echo service.
#![expect(clippy::allow_attributes, clippy::pedantic, reason = "generated code")]

tonic::include_proto!("quicksync.bench.v1");

/// The service with all that it imports, as an encoded `google.protobuf.FileDescriptorSet`.
pub(crate) const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/echo.binpb"));

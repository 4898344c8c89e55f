//! A service of every kind of field, for tests and for the fuzzer.

#![expect(clippy::unwrap_used, reason = "it is compiled for tests alone")]

use std::path::Path;

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_json::Value;

use super::binding::Binding;

const TYPES: &str = r#"
    syntax = "proto3";
    package test.v1;
    import "google/api/annotations.proto";
    import "google/protobuf/any.proto";
    import "google/protobuf/duration.proto";
    import "google/protobuf/field_mask.proto";
    import "google/protobuf/struct.proto";
    import "google/protobuf/timestamp.proto";
    import "google/protobuf/wrappers.proto";
    enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; }
    message Inner {
        string name = 1;
        int32 size = 2;
        repeated string tags = 3;
        Inner below = 4;
        google.protobuf.Timestamp seen_at = 5;
        map<string, string> labels = 6;
    }
    message Thing {
        string id = 1;
        int64 long_number = 2;
        uint32 short_number = 3;
        bool yes = 4;
        bytes data = 5;
        double real = 6;
        Color color = 7;
        repeated int32 numbers = 8;
        Inner inner = 10;
        google.protobuf.Timestamp time = 11;
        google.protobuf.Duration lasting = 12;
        google.protobuf.Int64Value wrapped = 13;
        google.protobuf.FieldMask update_mask = 14;
        map<string, string> labels = 15;
        oneof choice { string left = 16; Inner right = 17; }
        repeated Inner inners = 19;
        string resume_token = 20;
    }
    message Everything {
        float real = 1;
        sint32 zigzag = 2;
        sint64 long_zigzag = 3;
        uint64 long = 4;
        fixed32 fixed = 5;
        fixed64 long_fixed = 6;
        sfixed32 signed = 7;
        sfixed64 long_signed = 8;
        optional bool maybe = 9;
        repeated double reals = 10;
        repeated Color colors = 11;
        repeated bytes data = 12;
        map<int32, Inner> by_number = 13;
        map<bool, bytes> by_answer = 14;
        map<uint64, Color> by_long = 15;
        google.protobuf.Any any = 16;
        google.protobuf.Struct object = 17;
        google.protobuf.Value value = 18;
        repeated google.protobuf.Value values = 19;
        oneof choice {
            google.protobuf.Value one = 20;
            Everything below = 21;
            google.protobuf.BytesValue bytes = 22;
        }
        repeated google.protobuf.Timestamp times = 23;
    }
"#;

/// The method `Do`, which takes and gives a `Thing`, with these options.
pub(super) fn method(options: &str) -> MethodDescriptor {
    service(&format!("rpc Do(Thing) returns (Thing) {{ {options} }}"))
        .into_iter()
        .next()
        .unwrap()
}

/// The methods that `text` declares.
pub(super) fn service(text: &str) -> Vec<MethodDescriptor> {
    let service = pool(text).get_service_by_name("test.v1.Things").unwrap();
    service.methods().collect()
}

/// All types, and the methods that `text` declares.
pub(in crate::protocol) fn pool(text: &str) -> DescriptorPool {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{TYPES} service Things {{ {text} }}");
    std::fs::write(folder.path().join("test.proto"), text).unwrap();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto");
    let mut compiler = protox::Compiler::new([folder.path(), &ours]).unwrap();
    compiler.include_imports(true);
    compiler.open_file("test.proto").unwrap();
    DescriptorPool::decode(&*compiler.encode_file_descriptor_set()).unwrap()
}

/// The only way to `Do` by this `rule`.
pub(super) fn binding(rule: &str) -> Binding {
    let rpc = method(&format!("option (google.api.http) = {{ {rule} }};"));
    let mut all = Binding::all_of(&rpc).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// A request of `binding` in JSON.
pub(super) fn json_of(binding: &Binding, request: &[u8]) -> Value {
    let request = DynamicMessage::decode(binding.rpc.input(), request).unwrap();
    serde_json::to_value(&request).unwrap()
}

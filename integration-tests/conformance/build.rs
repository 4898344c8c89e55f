//! Compiles the protos of the suite: messages for the upstream, descriptors for the gateway.

use std::{env, error::Error, fs, path::PathBuf};

const PROTO_ROOT: &str = "proto";
const FILES: [&str; 2] = [
    "connectrpc/conformance/v1/server_compat.proto",
    "connectrpc/conformance/v1/service.proto",
];
/// On messages of a method that answers with an error whatever it gets.
const NEVER_MADE: &str = r#"#[expect(dead_code, reason = "nobody makes one")]"#;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO_ROOT}");
    let mut compiler = protox::Compiler::new([PROTO_ROOT])?;
    compiler.include_imports(true).open_files(FILES)?;
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    let descriptors = compiler.encode_file_descriptor_set();
    fs::write(out.join("conformance.binpb"), descriptors)?;
    prost_build::Config::new()
        .message_attribute("UnimplementedRequest", NEVER_MADE)
        .message_attribute("UnimplementedResponse", NEVER_MADE)
        .enable_type_names()
        .type_name_domain(["."], "type.googleapis.com")
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

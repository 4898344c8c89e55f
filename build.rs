//! Compiles `proto/` into Rust stubs and one descriptor set, without `protoc` on the machine.

use std::{env, error::Error, fs, path::PathBuf};

const PROTO_ROOT: &str = "proto";
const PACKAGES: [&str; 6] = [
    "chat",
    "events",
    "messaging",
    "notification",
    "options",
    "user",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO_ROOT}");
    let mut files: Vec<PathBuf> = Vec::new();
    for package in PACKAGES {
        for entry in fs::read_dir(format!("{PROTO_ROOT}/quicksync/{package}/v1"))? {
            files.push(entry?.path());
        }
    }
    files.sort();

    let mut compiler = protox::Compiler::new([PROTO_ROOT])?;
    compiler
        .include_imports(true)
        .include_source_info(true)
        .open_files(&files)?;

    // The encoded form keeps custom options (`quicksync.options.v1.access`); prost's own descriptor type drops them.
    let descriptor_set =
        PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?).join("quicksync.binpb");
    fs::write(&descriptor_set, compiler.encode_file_descriptor_set())?;

    let set = compiler.file_descriptor_set();
    tonic_prost_build::configure().compile_fds(set)?;
    Ok(())
}

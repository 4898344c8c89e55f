//! A file of another team, and files that are none.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

const PROTO: &str = r#"
    syntax = "proto3";
    package acme.weather.v1;
    import "quicksync/options/v1/access.proto";
    import "quicksync/options/v1/credential.proto";
    message Place { string refresh_token = 1 [(quicksync.options.v1.credential) = CREDENTIAL_REFRESH_TOKEN]; }
    service WeatherService {
        rpc Unmarked(Place) returns (Place);
        rpc Public(Place) returns (Place) { option (quicksync.options.v1.access).level = ACCESS_LEVEL_PUBLIC; }
        rpc Internal(Place) returns (Place) { option (quicksync.options.v1.access).level = ACCESS_LEVEL_SERVICE; }
        rpc Forgotten(Place) returns (Place) { option (quicksync.options.v1.access) = {}; }
    }
"#;
const SERVICE: &str = "acme.weather.v1.WeatherService";

/// A folder, and in it a file with `bytes`.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weather.binpb");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn compiled(with_imports: bool) -> Vec<u8> {
    let (folder, _) = file(b"");
    fs::write(folder.path().join("weather.proto"), PROTO).unwrap();
    let protos = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");
    let mut compiler = protox::Compiler::new([protos.as_ref(), folder.path()]).unwrap();
    compiler
        .include_imports(with_imports)
        .open_file("weather.proto")
        .unwrap();
    compiler.encode_file_descriptor_set()
}

fn of(access: UnmarkedAccess) -> Unmarked {
    Unmarked {
        access,
        rate_class: UnmarkedClass::ByShape,
    }
}

fn read(bytes: &[u8], unmarked: UnmarkedAccess) -> Result<Descriptors, Error> {
    let (_folder, path) = file(bytes);
    Descriptors::of_file("weather", &path, of(unmarked))
}

#[test]
fn methods_that_do_not_say_who_may_call_are_for_whom_the_configuration_says() {
    for (unmarked, expected) in [
        (UnmarkedAccess::Nobody, None),
        (UnmarkedAccess::User, Some(Access::User)),
        (UnmarkedAccess::Public, Some(Access::Public)),
    ] {
        let descriptors = read(&compiled(true), unmarked).unwrap();
        let methods: Vec<_> = descriptors
            .methods(SERVICE)
            .map(|(method, access)| (method.name().to_owned(), access.clone()))
            .collect();
        let mut all = vec![("Public".to_owned(), Access::Public)];
        all.splice(0..0, expected.map(|access| ("Unmarked".to_owned(), access)));
        assert_eq!(methods, all);
    }
}

#[test]
fn another_team_cannot_ask_for_refresh_tokens() {
    let descriptors = read(&compiled(true), UnmarkedAccess::User).unwrap();
    for (method, _) in descriptors.methods(SERVICE) {
        assert!(descriptors.credentials(&method).unwrap().is_none());
    }
}

#[test]
fn what_is_no_whole_descriptor_set_is_named_with_its_key() {
    for bytes in [b"\xff\xff".to_vec(), compiled(false)] {
        let error = read(&bytes, UnmarkedAccess::User).unwrap_err().to_string();
        assert!(
            error.starts_with("upstreams.weather.descriptors: "),
            "{error}"
        );
        assert!(error.contains("weather.binpb"), "{error}");
    }
    let missing = Path::new("/nonexistent/weather.binpb");
    let error = Descriptors::of_file("weather", missing, of(UnmarkedAccess::User)).unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        "upstreams.weather.descriptors: /nonexistent/weather.binpb cannot be read"
    );
}

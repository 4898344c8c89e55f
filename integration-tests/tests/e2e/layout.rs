//! The house is built as drawn: services meet only in `proto/`, and have the same rooms.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

const SERVICES: [&str; 4] = ["user", "chat", "messaging", "notification"];
const GATEWAY: &str = "gateway";
const ROOMS: [&str; 8] = [
    "src/main.rs",
    "src/lib.rs",
    "src/app.rs",
    "src/config.rs",
    "src/error.rs",
    "src/domain",
    "src/db",
    "src/rpc",
];
const MAIN_LINES_MAX: usize = 20;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Packages of the workspace with those that they link, directly or not, tests and build scripts left out.
fn linked() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata failed");
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let direct: BTreeMap<String, BTreeSet<String>> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            let linked = dependencies.filter(|dependency| dependency["kind"].is_null());
            let linked = linked.map(name).filter(|name| ours.contains(name));
            (name(package), linked.collect())
        })
        .collect();
    direct
        .keys()
        .map(|package| (package.clone(), reachable(&direct, package)))
        .collect()
}

fn reachable(direct: &BTreeMap<String, BTreeSet<String>>, package: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&String> = direct[package].iter().collect();
    while let Some(next) = waiting.pop() {
        if found.insert(next.clone()) {
            waiting.extend(&direct[next]);
        }
    }
    found
}

#[test]
fn no_service_depends_on_another_nor_on_the_gateway() {
    let linked = linked();
    for service in SERVICES.iter().chain([&GATEWAY]) {
        let others = SERVICES.iter().chain([&GATEWAY]);
        for other in others.filter(|other| *other != service) {
            assert!(
                !linked[*service].contains(*other),
                "{service} depends on {other}: they meet only in proto/"
            );
        }
    }
}

#[test]
fn no_crate_that_services_share_depends_on_a_service() {
    let linked = linked();
    for shared in ["mesh", "runtime", "store", "events", "auth", "quicksync"] {
        for service in SERVICES.iter().chain([&GATEWAY]) {
            assert!(!linked[shared].contains(*service), "{shared} on {service}");
        }
    }
}

#[test]
fn the_mesh_could_be_published_alone() {
    assert_eq!(linked()["mesh"], BTreeSet::new());
}

#[test]
fn who_knows_one_service_finds_their_way_in_all() {
    for service in SERVICES {
        let home = root().join("services").join(service);
        for room in ROOMS {
            let path = home.join(room);
            let is_there = path.is_file() || (path.is_dir() && path.with_extension("rs").is_file());
            assert!(is_there, "{service} has no {room}");
        }
        assert!(home.join("migrations").is_dir(), "{service}: migrations");
        assert!(home.join("tests").is_dir(), "{service}: tests");
        let main = std::fs::read_to_string(home.join("src/main.rs")).unwrap();
        assert!(
            main.lines().count() <= MAIN_LINES_MAX,
            "{service}: main.rs only names the service"
        );
    }
}

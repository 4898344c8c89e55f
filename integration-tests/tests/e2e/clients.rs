//! Clients from the registries against the mesh, each with a person's job to do: see `integration-tests/clients`.

use std::{fs, path::PathBuf, process::Stdio};

use integration_tests::mesh::{self, programs};
use tokio::{process::Command, sync::OnceCell};

/// Where the tests of each client find the mesh.
const GATEWAY: &str = "QUICKSYNC_GATEWAY";
/// Those that have a test here.
const CLIENTS: usize = 6;

fn node_project() -> PathBuf {
    programs::workspace().join("integration-tests/clients/node")
}

fn script(name: &str) -> Command {
    Command::new(programs::workspace().join("scripts").join(name))
}

fn npm_run(script: &str) -> Command {
    let mut npm = Command::new("npm");
    npm.args(["run", script]).current_dir(node_project());
    npm
}

async fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap_or_else(|error| panic!("{command:?}: {error}: scripts/prerequisites.sh --tests"));
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{command:?} failed:\n{text}");
}

/// Packages, stubs and types: once, for the clients share them.
async fn prepare_node() {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    let prepared = PREPARED.get_or_init(async || {
        run(script("npm-packages.sh").arg(node_project())).await;
        run(&mut npm_run("prepared")).await;
    });
    prepared.await;
}

/// Runs the tests of one client of npm.
async fn node(client: &str) {
    let gateway = mesh::shared().await.gateway_url();
    prepare_node().await;

    let folder = fs::read_dir(node_project().join("tests").join(client));
    let files: Vec<PathBuf> = folder
        .expect("each client has a folder of tests")
        .map(|entry| entry.expect("an entry of a folder").path())
        .collect();
    let mut tests = npm_run("test:files");
    run(tests.arg("--").args(files).env(GATEWAY, &gateway)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_web_from_npm_works_through_the_gateway() {
    node("connect-web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_node_from_npm_works_through_the_gateway_by_each_protocol() {
    node("connect-node").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_grpc_web_from_npm_works_through_the_gateway_as_text_and_binary() {
    node("grpc-web").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_js_from_npm_works_through_the_gateway() {
    node("grpc-js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buf_curl_works_through_the_gateway_by_each_protocol() {
    node("buf-curl").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn grpcio_from_pypi_works_through_the_gateway() {
    let gateway = mesh::shared().await.gateway_url();
    run(script("python-client.sh").env(GATEWAY, &gateway)).await;
}

#[test]
fn the_document_tells_the_versions_that_are_tested() {
    let read = |path: &str| {
        let path = programs::workspace().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let document = read("docs/API.md");
    let (_, section) = document
        .split_once("## Clients that are tested\n")
        .expect("the section of clients");
    let npm = read("integration-tests/clients/node/package.json");
    let pypi = read("integration-tests/clients/python/requirements.in");

    let rows = section.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((name, rest.split_once(" |")?.0))
    });
    let mut told = 0;
    for (name, version) in rows {
        let is_pinned = npm.contains(&format!("\"{name}\": \"{version}\""))
            || pypi.contains(&format!("{name}=={version}\n"));
        assert!(is_pinned, "{name} {version} is not what is installed");
        told += 1;
    }
    assert_eq!(told, CLIENTS);
}

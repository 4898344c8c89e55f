//! A real grpc-web client from npm under Node, against the mesh: see `integration-tests/grpc-web`.

use std::{path::PathBuf, process::Stdio};

use integration_tests::mesh::{self, programs};
use tokio::process::Command;

fn project() -> PathBuf {
    programs::workspace().join("integration-tests/grpc-web")
}

async fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .expect("npm is one of the prerequisites: scripts/prerequisites.sh");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{command:?} failed:\n{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_web_from_npm_works_through_the_gateway() {
    let gateway = mesh::shared().await.gateway_url();

    let packages = programs::workspace().join("scripts/grpc-web-packages.sh");
    run(&mut Command::new(packages)).await;
    let mut tests = Command::new("npm");
    tests.arg("test").current_dir(project());
    run(tests.env("QUICKSYNC_GATEWAY", &gateway)).await;
}

//! A real grpc-web client from npm under Node, against the mesh: see `integration-tests/grpc-web`.

use std::{path::Path, process::Stdio};

use integration_tests::{client::Person, mesh};
use tokio::process::Command;

async fn npm(arguments: &[&str], gateway: &str) -> String {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("grpc-web");
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(dir)
        .env("QUICKSYNC_GATEWAY_URL", gateway)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("npm is one of the prerequisites: scripts/prerequisites.sh");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(
        output.status.success(),
        "npm {} failed:\n{text}",
        arguments.join(" ")
    );
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_web_from_npm_works_through_the_gateway() {
    let mesh = mesh::shared().await;
    // The mesh stands before Node looks at it.
    Person::register(&mesh.gateway_url(), "web").await.unwrap();

    npm(&["ci", "--no-audit", "--no-fund"], &mesh.gateway_url()).await;
    npm(&["test"], &mesh.gateway_url()).await;
}

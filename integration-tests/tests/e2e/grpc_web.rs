//! A real grpc-web client from npm under Node, against the mesh: see `integration-tests/grpc-web`.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use integration_tests::mesh;
use tokio::process::Command;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("grpc-web")
}

/// Whether `npm ci` ran since the lock file was changed; it takes several seconds even when there is nothing to do.
fn is_installed() -> bool {
    let modified = |file: &str| {
        project()
            .join(file)
            .metadata()
            .and_then(|file| file.modified())
            .ok()
    };
    modified("node_modules/.package-lock.json") > modified("package-lock.json")
}

async fn npm(arguments: &[&str], gateway: &str) {
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(project())
        .env("QUICKSYNC_GATEWAY", gateway)
        .stdin(Stdio::null())
        .output()
        .await
        .expect("npm is one of the prerequisites: scripts/prerequisites.sh");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(
        output.status.success(),
        "npm {} failed:\n{text}",
        arguments.join(" ")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connect_web_from_npm_works_through_the_gateway() {
    let gateway = mesh::shared().await.gateway_url();

    if !is_installed() {
        npm(&["ci", "--no-audit", "--no-fund"], &gateway).await;
    }
    npm(&["test"], &gateway).await;
}

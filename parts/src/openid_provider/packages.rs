//! The npm project in `openid-provider/`, installed once for all working copies of this machine, as its lock file says.

use std::{fs, path::PathBuf, process::Stdio};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};
use tokio::process::Command;

use crate::{
    cache::{self, DIGEST_CHARS},
    progress, system,
};

const FILES: [(&str, &str); 4] = [
    (
        "package.json",
        include_str!("../../openid-provider/package.json"),
    ),
    (
        "package-lock.json",
        include_str!("../../openid-provider/package-lock.json"),
    ),
    ("page.js", include_str!("../../openid-provider/page.js")),
    ("server.js", include_str!("../../openid-provider/server.js")),
];

/// The folder with `server.js` and all that it needs. Many processes may ask at once: one installs, the others wait.
pub(super) async fn ensure() -> Result<PathBuf> {
    let root = cache::root()?;
    system::create_public_dir(&root)?;
    let digest = system::hex(&Sha256::digest(FILES.map(|(_, text)| text).concat()));
    let dir = root.join(format!("openid-provider-{}", &digest[..DIGEST_CHARS]));
    if dir.is_dir() {
        return Ok(dir);
    }
    let lock_path = root.join("openid-provider.lock");
    let _guard = tokio::task::spawn_blocking(move || system::lock(&lock_path)).await??;
    if !dir.is_dir() {
        let work = dir.with_extension("partial");
        system::remove(&work)?;
        system::create_public_dir(&work)?;
        for (name, text) in FILES {
            fs::write(work.join(name), text)?;
        }
        let what = "downloading oidc-provider from the npm registry (3 MB, only once)";
        progress::during(what, install(&work)).await?;
        fs::rename(&work, &dir)
            .with_context(|| format!("cannot move {} into place", work.display()))?;
    }
    Ok(dir)
}

async fn install(dir: &std::path::Path) -> Result<()> {
    let npm = system::require_tool("npm", "npm")?;
    let output = Command::new(npm)
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .arg("--loglevel=error")
        .current_dir(dir)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("cannot run npm")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let error = errors
        .lines()
        .filter_map(|line| line.strip_prefix("npm error "))
        .find(|line| !line.starts_with("code "));
    ensure!(
        output.status.success(),
        "npm could not install oidc-provider from the npm registry: {}",
        error.unwrap_or("it said nothing")
    );
    Ok(())
}

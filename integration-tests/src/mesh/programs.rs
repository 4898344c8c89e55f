//! Where the programs of the services are, and that they are those of the sources at hand.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use tokio::{process::Command, sync::OnceCell};

use super::plan::Service;

/// The folder of the programs that belong to this one: `target/debug` or `target/release`, whichever holds it.
pub fn dir() -> Result<PathBuf> {
    let own = env::current_exe().context("cannot tell where this program lies")?;
    let dir = own.parent().context("a program lies in a folder")?;
    // Test programs lie one deeper.
    let dir = if dir.ends_with("deps") {
        dir.parent().context("deps lies in a folder")?
    } else {
        dir
    };
    Ok(dir.to_owned())
}

/// Where the program of one service is, or will be.
pub fn path(service: Service) -> Result<PathBuf> {
    Ok(dir()?.join(service.program()))
}

/// An error that says how to build `program` where it is missing.
pub(super) fn require(program: &Path) -> Result<()> {
    ensure!(
        program.is_file(),
        "{} is not built: run `cargo build --workspace --bins` (make up does)",
        program.display()
    );
    Ok(())
}

/// Root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("integration-tests lies in the workspace")
}

/// Builds all programs in the profile of this one, once per process. For tests, which cargo may have built without them.
pub async fn build() -> Result<()> {
    static BUILT: OnceCell<()> = OnceCell::const_new();
    BUILT.get_or_try_init(run_cargo).await.copied()
}

async fn run_cargo() -> Result<()> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let dir = dir()?;
    let mut command = Command::new(cargo);
    // The whole workspace: a part of it would ask for other features of the dependencies, and build those anew.
    command
        .current_dir(workspace())
        .args(["build", "--quiet", "--workspace", "--bins"])
        // Set for test programs that are to shuffle (scripts/test.sh); cargo would build everything anew.
        .env_remove("RUSTC_BOOTSTRAP");
    command.arg("--target-dir").arg(
        dir.parent()
            .context("a profile's folder lies in the target folder")?,
    );
    if dir.ends_with("release") {
        command.arg("--release");
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .await
        .context("cannot run cargo")?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the services do not build:\n{errors}"
    );
    Ok(())
}

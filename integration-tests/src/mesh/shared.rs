//! Meshes for tests.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use parts::{Durability, Lifetime, Parts};
use tokio::sync::OnceCell;

use super::{Mesh, Plan, Settings, Visitors, programs};

/// Folders of meshes are kept so long, for whoever wants to know why a test failed.
const KEPT: Duration = Duration::from_hours(1);

/// The mesh of all tests of this program that break nothing. It ends with the program.
pub async fn shared() -> &'static Mesh {
    static SHARED: OnceCell<Mesh> = OnceCell::const_new();
    match SHARED.get_or_try_init(start_shared).await {
        Ok(mesh) => mesh,
        Err(error) => panic!("the mesh for tests cannot run: {error:#}"),
    }
}

async fn start_shared() -> Result<Mesh> {
    programs::build().await?;
    let parts = parts::try_shared().await?.parts().clone();
    let plan = Plan::random(&parts::unique("e2e"))?;
    start(plan, parts, Visitors::Tests).await
}

/// A mesh with two replicas of each service, on the parts that all tests share: for tests that stop services and nothing else. It
/// ends with the program.
pub async fn redundant(name: &str) -> Result<Mesh> {
    programs::build().await?;
    let parts = parts::try_shared().await?.parts().clone();
    let plan = Plan::redundant(&parts::unique(name))?;
    start(plan, parts, Visitors::Tests).await
}

/// A mesh with parts of its own, all of which may be stopped and killed. Everything ends with the program; the folder
/// `target/e2e/NAME...`, with all logs, stays for an hour at least.
pub async fn own(name: &str, visitors: Visitors) -> Result<Mesh> {
    programs::build().await?;
    let namespace = parts::unique(name);
    let dir = folder(&namespace)?.join("parts");
    let parts = Parts::open(&parts::Settings {
        dir,
        lifetime: Lifetime::Owner,
        durability: Durability::Honest,
    })
    .await?;
    start(Plan::random(&namespace)?, parts, visitors).await
}

async fn start(plan: Plan, parts: Parts, visitors: Visitors) -> Result<Mesh> {
    sweep(&folder("")?);
    let settings = Settings {
        dir: folder(&plan.namespace)?,
        plan,
        lifetime: Lifetime::Owner,
        visitors,
        log_filter: "info".to_owned(),
    };
    let mesh = Mesh::open(&settings, parts).await?;
    mesh.start().await?;
    Ok(mesh)
}

fn folder(namespace: &str) -> Result<PathBuf> {
    let profile = programs::dir()?;
    Ok(profile
        .parent()
        .context("a profile's folder lies in the target folder")?
        .join("e2e")
        .join(namespace))
}

/// Removes what earlier runs have left. What cannot be removed stays: no test depends on it.
fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        let touched = path.metadata().and_then(|folder| folder.modified());
        let is_old = touched.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > KEPT));
        let parts = path.join("parts");
        let runs = ["postgres", "redis", "kafka"]
            .iter()
            .any(|name| parts::process::is_alive(&parts.join(name), name));
        if is_old && !runs {
            let _ = Parts::wipe(&parts);
            let _ = fs::remove_dir_all(&path);
        }
    }
}

//! Meshes for tests.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use parts::{Durability, Lifetime, Parts};
use tokio::sync::OnceCell;

use super::{Mesh, Plan, Settings, programs};

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
    start(&parts::unique("e2e"), parts).await
}

/// A mesh with parts of its own, all of which may be stopped and killed. Everything ends with the program; the folder
/// `target/e2e/NAME...`, with all logs, stays until the next `cargo clean`.
pub async fn own(name: &str) -> Result<Mesh> {
    programs::build().await?;
    let namespace = parts::unique(name);
    let dir = folder(&namespace)?.join("parts");
    let parts = Parts::open(&parts::Settings {
        dir,
        lifetime: Lifetime::Owner,
        durability: Durability::Honest,
    })
    .await?;
    start(&namespace, parts).await
}

async fn start(namespace: &str, parts: Parts) -> Result<Mesh> {
    let settings = Settings {
        dir: folder(namespace)?,
        plan: Plan::random(namespace)?,
        lifetime: Lifetime::Owner,
        weak_passwords: true,
        log_filter: "info".to_owned(),
    };
    let mesh = Mesh::open(&settings, parts)?;
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

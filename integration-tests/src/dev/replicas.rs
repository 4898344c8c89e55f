//! `quicksync-dev stop` and `start`: single processes, for whoever wants to see what the others do meanwhile.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use parts::progress;

use super::state;
use crate::mesh::{Mesh, Plan, Replica};

/// Ends those of `names`: they drain, or are killed.
pub(super) async fn stop(dir: &Path, names: &[String], kills: bool) -> Result<()> {
    let _alone = state::enter(dir)?;
    let replicas = find(dir, names)?;
    let all = try_join_all(replicas.iter().map(|replica| async move {
        if kills {
            replica.kill().await
        } else {
            replica.stop().await
        }
    }));
    progress::during(&format!("stopping {}", names.join(", ")), all).await?;
    Ok(())
}

/// Starts those of `names` that do not run, as they were, and waits until they are ready.
pub(super) async fn start(dir: &Path, names: &[String]) -> Result<()> {
    let _alone = state::enter(dir)?;
    let replicas = find(dir, names)?;
    let all = try_join_all(replicas.iter().map(Replica::start));
    progress::during(&format!("starting {}", names.join(", ")), all).await?;
    Ok(())
}

fn find(dir: &Path, names: &[String]) -> Result<Vec<Replica>> {
    let plan = Plan::load(dir)?.context("nothing was ever started here: make up")?;
    let mut replicas = Mesh::look(dir, &plan)?;
    for name in names {
        ensure!(
            replicas.iter().any(|replica| replica.name() == *name),
            "there is no {name}: make status shows what there is"
        );
    }
    replicas.retain(|replica| names.contains(&replica.name()));
    Ok(replicas)
}

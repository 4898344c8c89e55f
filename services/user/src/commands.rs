//! Subcommands that only this process has.

use std::time::Duration;

use anyhow::Context as _;
use runtime::Context;
use store::postgres::Pool;

use crate::{Config, keys::Table};

/// What `quicksync-user` can do besides serving.
#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Command {
    /// Makes a new key for access tokens before its time, and ends
    RotateKeys {
        /// The keys are known to somebody else: delete all of them once the new one signs. Tokens that they signed are refused
        /// from then on, clients refresh theirs; nobody is signed out
        #[arg(long)]
        now: bool,
    },
}

impl runtime::Command<Config> for Command {
    async fn run(self, config: &Config, context: &Context) -> anyhow::Result<()> {
        let Self::RotateKeys { now } = self;
        let pool = Pool::new(&config.postgres, "quicksync-user-rotate-keys");
        let table = Table::new(config, &pool, &context.clock, &context.random)?;
        if now {
            withdraw(config, &table).await
        } else {
            let (kid, signs_from) = table.rotate().await?;
            tracing::info!(kid, %signs_from, "this key is the next one that signs");
            Ok(())
        }
    }
}

/// The old keys go when no replica signs with them any longer: a token of a deleted key would be refused although it is new.
async fn withdraw(config: &Config, table: &Table) -> anyhow::Result<()> {
    let known = 2 * config.keys.reload_interval();
    let clocks_agree = Duration::from_secs(config.auth.leeway_s.into());
    let kid = table
        .add(known.try_into().context("keys.reload_interval_ms")?)
        .await?;
    tracing::info!(kid, "waiting until all replicas sign with the new key");
    tokio::time::sleep(known + clocks_agree).await;
    if let Some(deleted) = table.withdraw_all_but(&kid).await? {
        tracing::warn!(kid, deleted, "all other signing keys are withdrawn");
    } else {
        tracing::warn!(
            kid,
            "somebody else withdrew all keys at the same time, this new one too; the key that they made signs"
        );
    }
    Ok(())
}

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{App, end, live};
use crate::{Context, config, exit::Exit};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    process: config::Process,
    behaviour: Behaviour,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
enum Behaviour {
    #[default]
    Drains,
    NeverBuilds,
    FailsToBuild,
    NeverEnds,
    Fails,
    TaskFails,
}

impl config::Section for Config {
    fn process(&self) -> &config::Process {
        &self.process
    }

    fn validate(&self, _: &mut config::Problems) {}
}

struct Demo(Behaviour, Context);

impl App for Demo {
    const NAME: &'static str = "demo";
    type Config = Config;

    async fn migrate(_: &Config) -> anyhow::Result<()> {
        Ok(())
    }

    async fn build(config: Config, context: Context) -> anyhow::Result<Self> {
        match config.behaviour {
            Behaviour::FailsToBuild => anyhow::bail!("no database"),
            Behaviour::NeverBuilds => std::future::pending().await,
            behaviour => Ok(Self(behaviour, context)),
        }
    }

    async fn run(self) -> anyhow::Result<()> {
        let Self(behaviour, context) = self;
        match behaviour {
            Behaviour::NeverEnds => std::future::pending().await,
            Behaviour::Fails => anyhow::bail!("the log is gone"),
            Behaviour::TaskFails => context
                .lifecycle
                .spawn("tail", async { anyhow::bail!("the log is gone") }),
            _ => {}
        }
        context.lifecycle.draining().cancelled().await;
        Ok(())
    }
}

/// One life; asked to stop after a minute unless it ends before.
async fn life(behaviour: Behaviour) -> anyhow::Result<Exit> {
    let context = Context::for_tests();
    let lifecycle = context.lifecycle.clone();
    let asked = lifecycle.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        asked.drain();
    });
    let config = Config {
        behaviour,
        ..Config::default()
    };
    let outcome = live::<Demo>(config, context, &lifecycle).await;
    end(&lifecycle, outcome).await
}

#[tokio::test(start_paused = true)]
async fn a_drained_process_ends_clean() {
    assert_eq!(life(Behaviour::Drains).await.unwrap(), Exit::Clean);
    assert_eq!(life(Behaviour::NeverBuilds).await.unwrap(), Exit::Clean);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_does_not_end_is_cut_off() {
    assert_eq!(life(Behaviour::NeverEnds).await.unwrap(), Exit::DrainCutOff);
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_what_failed() {
    let failure = |behaviour| async move { format!("{:#}", life(behaviour).await.unwrap_err()) };
    assert_eq!(
        failure(Behaviour::FailsToBuild).await,
        "cannot start: no database"
    );
    assert_eq!(failure(Behaviour::Fails).await, "the log is gone");
    assert_eq!(
        failure(Behaviour::TaskFails).await,
        "task tail failed: the log is gone"
    );
}

//! A process that does nothing but live: what `runtime` gives to every process. Used by the tests of the whole life.

use std::process::ExitCode;

use runtime::{App, Context, Secret, config};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    process: config::Process,
    password: Secret,
    is_stubborn: bool,
}

impl config::Section for Config {
    fn process(&self) -> &config::Process {
        &self.process
    }

    fn validate(&self, problems: &mut config::Problems) {
        problems.check(!self.password.is_empty(), "password", "must be set");
    }
}

struct Idle {
    config: Config,
    context: Context,
}

impl App for Idle {
    const NAME: &'static str = "idle";
    type Config = Config;

    async fn migrate(_: &Config) -> anyhow::Result<()> {
        Ok(())
    }

    async fn build(config: Config, context: Context) -> anyhow::Result<Self> {
        context.listening(([127, 0, 0, 1], 0).into());
        Ok(Self { config, context })
    }

    async fn run(self) -> anyhow::Result<()> {
        self.context.lifecycle.draining().cancelled().await;
        if self.config.is_stubborn {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    runtime::main::<Idle>()
}

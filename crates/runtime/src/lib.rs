//! What every process of the system does, whatever it serves: read its configuration, set up its logs, tell whether it is
//! ready, show its metrics, drain when asked to stop, and exit with a code that says how it went.
//!
//! It knows nothing of gRPC (that is `mesh`) and nothing of chat.
//!
//! ```no_run
//! # use runtime::{App, Context, config};
//! # #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
//! # #[serde(default, deny_unknown_fields)]
//! # struct Config { process: config::Process }
//! # impl config::Section for Config {
//! #     fn process(&self) -> &config::Process { &self.process }
//! #     fn validate(&self, _: &mut config::Problems) {}
//! # }
//! # struct Chat;
//! # impl App for Chat {
//! #     const NAME: &'static str = "chat";
//! #     type Config = Config;
//! #     async fn migrate(_: &Config) -> anyhow::Result<()> { Ok(()) }
//! #     async fn build(_: Config, _: Context) -> anyhow::Result<Self> { Ok(Chat) }
//! #     async fn run(self) -> anyhow::Result<()> { Ok(()) }
//! # }
//! fn main() -> std::process::ExitCode {
//!     runtime::main::<Chat>()
//! }
//! ```

pub mod admin;
pub mod app;
mod arguments;
pub mod clock;
pub mod config;
mod context;
pub mod exit;
pub mod lifecycle;
pub mod metrics;
mod process_metrics;
pub mod random;
pub mod readiness;
pub mod telemetry;

pub use app::{App, Command, main, main_with};
pub use clock::Clock;
pub use config::Secret;
pub use context::Context;
pub use lifecycle::Lifecycle;
pub use metrics::Metrics;
pub use random::Random;
pub use readiness::Readiness;

/// A call allocates on one thread and frees on another, often; glibc's allocator took 7 % of all CPU samples in the closed loop of
/// `quicksync-dev load`.
// A sanitizer brings its own.
#[cfg(not(fuzzing))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

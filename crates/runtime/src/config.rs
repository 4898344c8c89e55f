//! The configuration of a process, in layers: defaults < TOML file < environment < `--set`.
//!
//! * The defaults are [`Default`] of the section; they also say which keys there are. A key that nobody knows is an error.
//! * In the environment `QUICKSYNC_GRPC__LISTEN` is the key `grpc.listen`: one prefix for all processes, two underscores
//!   between the parts of a key.
//! * Values from the environment and from `--set` are read as what the default is: where it is a text they are taken as
//!   they stand, a list may be written `a,b,c`.
//! * Every problem names its key and where its value came from; all of them are told at once.

mod layers;
mod problems;
mod process;
mod secret;

use serde::{Serialize, de::DeserializeOwned};

pub use layers::{ENVIRONMENT_PREFIX, Sources, load};
pub use problems::{Invalid, Problems};
pub use process::{Admin, Drain, Log, LogFormat, Process};
pub use secret::{MASK, Secret};

/// The whole configuration of one process. Derive `Serialize` and `Deserialize` for it and for its sections with
/// `#[serde(default, deny_unknown_fields)]`.
///
/// A default that a process gives to a nested section (`grpc: mesh::server::Config { listen: .., ..Default::default() }`)
/// holds for each key that no other layer sets.
pub trait Section: Default + Serialize + DeserializeOwned + Send + 'static {
    /// The part that runtime itself needs; flatten nothing, keep it under the key `process`.
    fn process(&self) -> &Process;

    /// Tells everything that is wrong, not only the first thing. `process` is checked by runtime itself.
    fn validate(&self, problems: &mut Problems);
}

/// How `--dump-config` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DumpFormat {
    /// As the file is written.
    Toml,
    /// For programs.
    Json,
}

/// The configuration in force as text, with each secret as [`MASK`].
pub fn dump<C: Section>(config: &C, format: DumpFormat) -> anyhow::Result<String> {
    Ok(match format {
        DumpFormat::Toml => toml::to_string_pretty(config)?,
        DumpFormat::Json => serde_json::to_string_pretty(config)? + "\n",
    })
}

#[cfg(test)]
mod tests;

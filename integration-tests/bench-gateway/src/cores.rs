//! Which process runs on which core: a proxy has one for itself, and what drives it and stands behind it share the other, so
//! that all proxies find the same.

use std::{ffi::OsStr, process::Command};

/// Of the proxy that is measured.
pub(crate) const PROXY: usize = 0;
/// Of everything else.
pub(crate) const LOAD: usize = 1;

/// A command that runs on one core.
pub(crate) fn command(core: usize, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("taskset");
    command
        .arg("--cpu-list")
        .arg(core.to_string())
        .arg(program.as_ref());
    command
}

//! The exit codes of every process, one meaning each. Numbers follow `sysexits.h` where it has a fitting one.

use std::process::ExitCode;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it was asked to stop and drained, or the subcommand is done.
    Clean,
    /// 1: it could not start, or something it cannot live without failed while it ran. The log says what.
    Failed,
    /// 64 (`EX_USAGE`): the command line cannot be understood.
    Usage,
    /// 75 (`EX_TEMPFAIL`): it was asked to stop and did not finish within `process.drain.grace_ms`; what was left was cut off.
    DrainCutOff,
    /// 78 (`EX_CONFIG`): the configuration is wrong. Each problem is named with its key and where it comes from.
    Configuration,
    /// 130 (128 + SIGINT): a second signal asked it to stop at once.
    Aborted,
}

impl Exit {
    /// The number that the parent process sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Failed => 1,
            Self::Usage => 64,
            Self::DrainCutOff => 75,
            Self::Configuration => 78,
            Self::Aborted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

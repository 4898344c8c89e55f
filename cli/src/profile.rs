//! The sign-in of one profile, in a file that only its owner may read.
//!
//! Two commands of one profile may run at the same time: whoever refreshes the tokens holds a lock file meanwhile, and the
//! file itself is replaced as a whole, so that a reader sees the old one or the new one.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{arguments::Arguments, failure::Failure};

/// Who may do what with the files: their owner everything, others nothing.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;
const NAME_CHARS_MAX: usize = 64;

/// A profile on disk.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    name: String,
    directory: PathBuf,
}

/// Who is signed in, and with what.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub(crate) gateway: String,
    pub(crate) user_id: String,
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) tokens: Tokens,
}

/// Never shown.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    /// Seconds since 1970 UTC.
    pub(crate) access_token_expires_at: i64,
    pub(crate) refresh_token: String,
}

/// Held while the tokens of a profile change. Dropping it lets the next one in.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Tokens {
    /// True where the access token is good for `margin` more.
    pub(crate) fn are_fresh(&self, now: OffsetDateTime, margin: time::Duration) -> bool {
        now.saturating_add(margin).unix_timestamp() < self.access_token_expires_at
    }
}

impl Profile {
    /// The profile that the command line names.
    pub(crate) fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let name = &arguments.profile;
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if name.is_empty()
            || name.len() > NAME_CHARS_MAX
            || name.starts_with('.')
            || !name.chars().all(good)
        {
            return Err(Failure::usage(format!(
                "{name:?} is no name of a profile: use up to {NAME_CHARS_MAX} letters, digits, \".\", \"_\" and \"-\""
            )));
        }
        // The XDG base directory specification: what is not absolute is to be ignored.
        let state_home = arguments
            .state_home
            .clone()
            .filter(|path| path.is_absolute());
        let state_home = state_home
            .or_else(|| {
                arguments
                    .home
                    .as_ref()
                    .filter(|home| home.is_absolute())
                    .map(|home| home.join(".local/state"))
            })
            .ok_or_else(|| {
                Failure::usage(
                    "neither XDG_STATE_HOME nor HOME is set: there is no place for the sign-in",
                )
            })?;
        Ok(Self {
            name: name.clone(),
            directory: state_home.join("quicksync"),
        })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Who is signed in; `None` where nobody is.
    pub(crate) fn load(&self) -> Result<Option<SignIn>, Failure> {
        let path = self.file();
        match fs::read(&path) {
            Ok(bytes) => {
                let sign_in = serde_json::from_slice(&bytes).with_context(|| {
                    format!("{} is damaged: delete it and log in again", path.display())
                })?;
                Ok(Some(sign_in))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(anyhow::Error::new(error)
                .context(format!("cannot read {}", path.display()))
                .into()),
        }
    }

    /// Replaces what is there. Hold the lock.
    pub(crate) fn store(&self, sign_in: &SignIn) -> Result<(), Failure> {
        let path = self.file();
        let write = || -> anyhow::Result<()> {
            let mut file = tempfile::Builder::new()
                .permissions(Permissions::from_mode(FILE_MODE))
                .tempfile_in(&self.directory)?;
            serde_json::to_writer_pretty(&mut file, sign_in)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(&path)?;
            Ok(())
        };
        write()
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(Failure::from)
    }

    /// Forgets who is signed in. Hold the lock.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        match fs::remove_file(self.file()) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Waits until no other command changes the tokens of this profile.
    pub(crate) async fn lock(&self) -> Result<Lock, Failure> {
        let (directory, path) = (
            self.directory.clone(),
            self.directory.join(format!("{}.lock", self.name)),
        );
        let locked = tokio::task::spawn_blocking(move || lock(&directory, &path)).await;
        let locked = locked.context("the thread that waits for the lock ended early")?;
        Ok(locked
            .with_context(|| format!("cannot lock the profile in {}", self.directory.display()))?)
    }

    fn file(&self) -> PathBuf {
        self.directory.join(format!("{}.json", self.name))
    }
}

fn lock(directory: &Path, path: &Path) -> std::io::Result<Lock> {
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(directory)?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(FILE_MODE)
        .open(path)?;
    file.lock()?;
    Ok(Lock { _file: file })
}

#[cfg(test)]
mod tests;

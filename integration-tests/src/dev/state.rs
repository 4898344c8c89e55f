//! The state folder: one user's, and one command at a time changes it.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use nix::{
    errno::Errno,
    fcntl::{Flock, FlockArg},
    unistd::{Uid, User},
};

const LOCK: &str = "lock";

/// The right to change the state folder; ends when it is dropped, or with the process.
#[derive(Debug)]
pub(super) struct Alone {
    _lock: Flock<File>,
}

/// For `up`: makes the folder if there is none. An error where another command is at work in it.
pub(super) fn make(dir: &Path) -> Result<Alone> {
    require_ours(dir)?;
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    lock(dir)
}

/// For `down` and `reset`: `None` where there is no folder. An error where another command is at work in it.
pub(super) fn enter(dir: &Path) -> Result<Option<Alone>> {
    require_ours(dir)?;
    if dir.is_dir() {
        lock(dir).map(Some)
    } else {
        Ok(None)
    }
}

/// An error that says whose the folder is where it is another user's: files of two users in one folder serve neither.
pub(super) fn require_ours(dir: &Path) -> Result<()> {
    let Ok(folder) = fs::metadata(dir) else {
        return Ok(());
    };
    if folder.uid() == Uid::effective().as_raw() {
        return Ok(());
    }
    let owner = User::from_uid(Uid::from_raw(folder.uid())).ok().flatten();
    let owner = owner.map_or_else(|| folder.uid().to_string(), |user| user.name);
    bail!(
        "{} was made by {owner}, who started QuickSync here: go on as {owner} (`sudo -u {owner} make down`, say), or remove all \
         data with `sudo -u {owner} make reset` and start anew as yourself",
        dir.display()
    );
}

fn lock(dir: &Path) -> Result<Alone> {
    let path = dir.join(LOCK);
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(lock) => Ok(Alone { _lock: lock }),
        Err((_, Errno::EWOULDBLOCK)) => bail!(
            "another make up, down or reset is at work in {}: wait until it has ended, then repeat",
            dir.display()
        ),
        Err((_, errno)) => bail!("cannot lock {}: {errno}", path.display()),
    }
}

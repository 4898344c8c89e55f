//! A folder in place of a server: one file for each mail, for development. Nobody but its owner can read it, as the links in it
//! open accounts.

use std::{io, path::PathBuf};

use tokio::{
    fs::{self, DirBuilder, OpenOptions},
    io::AsyncWriteExt,
};
use uuid::Uuid;

const MODE_FOLDER: u32 = 0o700;
const MODE_FILE: u32 = 0o600;

/// Writes files.
#[derive(Debug)]
pub(super) struct Spool {
    dir: PathBuf,
}

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write into {}, which is mail.spool_dir", dir.display())]
pub(super) struct CannotWrite {
    dir: PathBuf,
    #[source]
    source: io::Error,
}

impl Spool {
    /// In this folder, which is made when it is needed.
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Writes `ID.eml`: whole or not at all, and once for one id. Ids sort by time, so the newest mail comes last.
    pub(super) async fn write(&self, id: Uuid, message: &[u8]) -> Result<(), CannotWrite> {
        self.try_write(id, message)
            .await
            .map_err(|source| CannotWrite {
                dir: self.dir.clone(),
                source,
            })
    }

    async fn try_write(&self, id: Uuid, message: &[u8]) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(MODE_FOLDER)
            .create(&self.dir)
            .await?;
        let partial = self.dir.join(format!(".{id}.partial"));
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(MODE_FILE)
            .open(&partial)
            .await?;
        file.write_all(message).await?;
        file.sync_all().await?;
        drop(file);
        fs::rename(partial, self.dir.join(format!("{id}.eml"))).await
    }
}

//! What the user service has mailed: files in its spool.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};

use crate::eventually::eventually;

const ENDING: &str = "eml";

/// The folder that all replicas of user write mails to.
#[derive(Clone, Debug)]
pub struct Mails {
    dir: PathBuf,
}

impl Mails {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where they lie.
    pub fn dir(&self) -> &std::path::Path {
        &self.dir
    }

    /// All mails to an address, oldest first.
    pub fn to(&self, address: &str) -> Result<Vec<String>> {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            // Made with the first mail.
            return Ok(Vec::new());
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == ENDING) {
                paths.push(path);
            }
        }
        // Their names sort by time.
        paths.sort();
        let mut mails = Vec::new();
        for path in paths {
            let mail = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let is_for = |line: &str| line.starts_with("To: ") && line.contains(address);
            if mail.lines().any(is_for) {
                mails.push(decoded(&mail));
            }
        }
        Ok(mails)
    }

    /// The link to `page` in the newest mail to an address that has one.
    pub fn newest_link(&self, address: &str, page: &str) -> Result<Option<String>> {
        let mails = self.to(address)?;
        Ok(mails.iter().rev().find_map(|mail| link_in(mail, page)))
    }

    /// Waits for a mail to an address that has a link to `page` (`verify-email`), and gives the link of the newest one.
    pub async fn link(&self, address: &str, page: &str) -> Result<String> {
        self.link_but(address, page, None).await
    }

    /// As [`Mails::link`], another one than `before`.
    pub async fn link_but(
        &self,
        address: &str,
        page: &str,
        before: Option<&str>,
    ) -> Result<String> {
        eventually(
            &format!("a mail to {address} has a link to {page}"),
            async || {
                let link = self.newest_link(address, page).ok()??;
                (before != Some(link.as_str())).then_some(link)
            },
        )
        .await
    }
}

/// The first link to a page that has a token.
fn link_in(mail: &str, page: &str) -> Option<String> {
    let mark = format!("/{page}#token=");
    let mut words = mail.split_whitespace();
    let link = words.find(|word| word.starts_with("http") && word.contains(&mark))?;
    Some(link.to_owned())
}

/// The token of a link.
pub fn token_of(link: &str) -> &str {
    link.rsplit_once("#token=").map_or(link, |(_, token)| token)
}

/// Without what quoted-printable has added (RFC 2045, section 6.7), as far as links are concerned.
fn decoded(mail: &str) -> String {
    if mail.contains("quoted-printable") {
        mail.replace("=\r\n", "")
            .replace("=\n", "")
            .replace("=3D", "=")
    } else {
        mail.to_owned()
    }
}

//! Everything that is wrong with a configuration.

use std::{collections::BTreeMap, fmt};

/// Collects what is wrong, each with its key.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<(String, String)>,
    prefix: String,
}

impl Problems {
    /// Notes a problem with `key`, relative to the section: `problems.add("listen", "must not be ...")`.
    pub fn add(&mut self, key: &str, problem: impl Into<String>) {
        self.found
            .push((format!("{}{key}", self.prefix), problem.into()));
    }

    /// Notes a problem unless `holds`.
    pub fn check(&mut self, holds: bool, key: &str, problem: &str) {
        if !holds {
            self.add(key, problem);
        }
    }

    /// Checks a section under its key: what `check` notes as `listen` becomes `grpc.listen`.
    pub fn section(&mut self, key: &str, check: impl FnOnce(&mut Self)) {
        let length = self.prefix.len();
        self.prefix.push_str(key);
        self.prefix.push('.');
        check(self);
        self.prefix.truncate(length);
    }

    /// Takes over what a crate that does not know runtime found: `problems.extend("grpc", self.grpc.problems())`.
    pub fn extend<K: AsRef<str>>(
        &mut self,
        key: &str,
        found: impl IntoIterator<Item = (K, String)>,
    ) {
        self.section(key, |problems| {
            for (key, problem) in found {
                problems.add(key.as_ref(), problem);
            }
        });
    }

    /// True when nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Ok when nothing is wrong; else all of it, each with the source of its value.
    pub(super) fn finish(self, source_of: impl Fn(&str) -> String) -> Result<(), Invalid> {
        if self.found.is_empty() {
            return Ok(());
        }
        // Sorted and without repetition: the same configuration gives the same text.
        let lines: BTreeMap<String, String> = self
            .found
            .into_iter()
            .map(|(key, problem)| {
                let line = format!("{key} ({}): {problem}", source_of(&key));
                (key, line)
            })
            .collect();
        Err(Invalid {
            lines: lines.into_values().collect(),
        })
    }
}

/// A configuration that cannot be used: one line for each problem, `key (source): what is wrong`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// The problems, sorted by key.
    pub lines: Vec<String>,
}

impl Invalid {
    pub(super) fn one(line: impl Into<String>) -> Self {
        Self {
            lines: vec![line.into()],
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is wrong:")?;
        self.lines
            .iter()
            .try_for_each(|line| write!(f, "\n  {line}"))
    }
}

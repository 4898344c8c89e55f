//! Checking the fields of a request: everything that is wrong is told at once, with the path of each field.
//!
//! ```
//! # use mesh::validate::{Text, Violations};
//! # fn handler(conversation_id: &str, text: &str, page_size: i32) -> Result<(), tonic::Status> {
//! let mut violations = Violations::new();
//! let conversation_id = violations.uuid("conversation_id", conversation_id);
//! violations.text("text", text, 1..=8_000, Text::Body);
//! let page_size = violations.page_size("page_size", page_size, 50, 200);
//! violations.finish()?;
//! # let _ = (conversation_id, page_size);
//! # Ok(())
//! # }
//! ```

use std::{collections::HashSet, ops::RangeInclusive};

use tonic::{Code, Status};
use tonic_types::FieldViolation;
use uuid::Uuid;

use crate::status::{Report, reason};

/// A request with a thousand wrong ids is not answered with a thousand violations.
const VIOLATIONS_MAX: usize = 20;
/// The length of `67e55044-10b1-426f-9247-bb680e5fe0c8`, the one spelling of a UUID that is taken.
const UUID_LENGTH: usize = 36;

/// What is wrong with the fields of a request. Each check returns its value, which means something only once
/// [`Violations::finish`] was Ok.
#[derive(Debug, Default)]
#[must_use = "nothing is refused before finish()"]
pub struct Violations {
    found: Vec<FieldViolation>,
}

/// Which control characters (Unicode category Cc) a text may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// None: names, titles, queries.
    Line,
    /// Line feed, carriage return and tab: messages.
    Body,
}

impl Violations {
    /// Nothing is wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes what is wrong with a field: `violations.add("member_user_ids[3]", "must not be the caller")`.
    pub fn add(&mut self, field: impl Into<String>, problem: impl Into<String>) {
        if self.found.len() < VIOLATIONS_MAX {
            self.found.push(FieldViolation::new(field, problem));
        }
    }

    /// Notes a problem unless `holds`.
    pub fn check(&mut self, holds: bool, field: &str, problem: &str) {
        if !holds {
            self.add(field, problem);
        }
    }

    /// A UUID in its usual spelling (36 characters, either case); nil where it is none.
    pub fn uuid(&mut self, field: &str, text: &str) -> Uuid {
        self.parse_uuid(|| field.to_owned(), text)
    }

    /// As [`Violations::uuid`], but empty is None.
    pub fn optional_uuid(&mut self, field: &str, text: &str) -> Option<Uuid> {
        if text.is_empty() {
            None
        } else {
            Some(self.uuid(field, text))
        }
    }

    /// As many UUIDs as `count` allows, each once.
    pub fn uuids(
        &mut self,
        field: &str,
        texts: &[String],
        count: RangeInclusive<usize>,
    ) -> Vec<Uuid> {
        if !count.contains(&texts.len()) {
            self.add(
                field,
                format!(
                    "must have {} to {} ids, not {}",
                    count.start(),
                    count.end(),
                    texts.len()
                ),
            );
            return Vec::new();
        }
        let mut seen = HashSet::with_capacity(texts.len());
        let mut ids = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            let before = self.found.len();
            let id = self.parse_uuid(|| format!("{field}[{index}]"), text);
            if self.found.len() == before && !seen.insert(id) {
                self.add(format!("{field}[{index}]"), "must not be there twice");
            }
            ids.push(id);
        }
        ids
    }

    /// A text with a length in Unicode scalar values and without control characters, but for those of [`Text::Body`].
    pub fn text(&mut self, field: &str, text: &str, length: RangeInclusive<usize>, kind: Text) {
        // Bytes are an upper bound of characters: most texts need no counting.
        let in_range = |count: usize| length.contains(&count);
        let characters = if text.len() <= *length.end() && text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
        if !in_range(characters) {
            self.add(
                field,
                format!(
                    "must have {} to {} characters, not {characters}",
                    length.start(),
                    length.end()
                ),
            );
        } else if let Some(bad) = text.chars().find(|&character| is_refused(character, kind)) {
            self.add(
                field,
                format!(
                    "must not have the control character U+{:04X}",
                    u32::from(bad)
                ),
            );
        }
    }

    /// The number of items on a page: 0 means `default`; negative or above `max` is wrong.
    pub fn page_size(&mut self, field: &str, page_size: i32, default: u32, max: u32) -> i64 {
        match u32::try_from(page_size) {
            Ok(0) => i64::from(default),
            Ok(size) if size <= max => i64::from(size),
            _ => {
                self.add(field, format!("must be 1 to {max}, or 0 for {default}"));
                i64::from(default)
            }
        }
    }

    /// A value of an enum that is known and not its UNSPECIFIED (0). None where it is wrong.
    pub fn specified<E: TryFrom<i32>>(&mut self, field: &str, value: i32) -> Option<E> {
        let known = if value == 0 {
            None
        } else {
            E::try_from(value).ok()
        };
        if known.is_none() {
            self.add(
                field,
                if value == 0 {
                    "must be set"
                } else {
                    "must be a known value"
                },
            );
        }
        known
    }

    /// True when nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Ok when nothing is wrong; else `INVALID_ARGUMENT` with a `BadRequest` that names each field.
    pub fn finish(self) -> Result<(), Status> {
        let Some(first) = self.found.first() else {
            return Ok(());
        };
        let message = format!("{}: {}", first.field, first.description);
        Err(
            Report::new(Code::InvalidArgument, reason::INVALID_FIELDS, message)
                .violations(self.found)
                .into(),
        )
    }

    fn parse_uuid(&mut self, field: impl FnOnce() -> String, text: &str) -> Uuid {
        let id = if text.len() == UUID_LENGTH {
            Uuid::try_parse(text).ok()
        } else {
            None
        };
        id.unwrap_or_else(|| {
            self.add(
                field(),
                "must be a UUID such as 67e55044-10b1-426f-9247-bb680e5fe0c8",
            );
            Uuid::nil()
        })
    }
}

/// Category Cc is what `char::is_control` tests.
fn is_refused(character: char, kind: Text) -> bool {
    character.is_control() && !(kind == Text::Body && matches!(character, '\n' | '\r' | '\t'))
}

#[cfg(test)]
mod tests;

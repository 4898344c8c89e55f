//! A value that must not be seen in a log, a dump or an error.

use std::{cell::Cell, fmt};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// What is shown in place of a secret.
pub const MASK: &str = "********";

thread_local! {
    /// True while the defaults are turned into a layer, which must keep the value; see [`revealed`].
    static REVEALED: Cell<bool> = const { Cell::new(false) };
}

/// A password, key or URL with a password in it. Shown as [`MASK`] by `Debug`, `Display` and `Serialize`; an empty one
/// (the usual default, meaning "not set") is shown as empty.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `value`.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself. Do not log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// True when it is not set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn shown(&self) -> &str {
        if self.0.is_empty() { "" } else { MASK }
    }
}

/// Runs `serialize` with secrets written as they are, for a copy that stays inside the process.
pub(super) fn revealed<T>(serialize: impl FnOnce() -> T) -> T {
    let before = REVEALED.replace(true);
    let result = serialize();
    REVEALED.set(before);
    result
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if REVEALED.get() {
            &self.0
        } else {
            self.shown()
        })
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = String::deserialize(deserializer)?;
        if value == MASK {
            return Err(de::Error::custom(
                "is the mask that --dump-config shows, not the secret itself",
            ));
        }
        Ok(Self(value))
    }
}

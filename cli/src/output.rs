//! What is printed: text for people or one JSON object a line for programs. Answers go to stdout, everything about how the
//! command fares to stderr.

use std::{
    io::{ErrorKind, Write, stderr, stdout},
    process::ExitCode,
};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use prost_types::Timestamp as ProtoTimestamp;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::failure::Failure;

/// Where text and JSON go.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// One answer, in the form that was asked for.
    pub(crate) fn print(
        &self,
        text: impl FnOnce() -> String,
        json: impl FnOnce() -> Value,
    ) -> Result<(), Failure> {
        let line = if self.json {
            json().to_string()
        } else {
            text()
        };
        writeln!(stdout(), "{line}").map_err(Failure::from)
    }

    /// One answer for programs; people are told in another way.
    pub(crate) fn print_json(&self, json: impl FnOnce() -> Value) -> Result<(), Failure> {
        if self.json {
            self.print(String::new, json)
        } else {
            Ok(())
        }
    }

    /// One answer for people; programs are told in another way.
    pub(crate) fn print_text(&self, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json {
            Ok(())
        } else {
            self.print(text, || Value::Null)
        }
    }

    /// How the command fares, for people.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(stderr(), "{text}");
        }
    }

    /// An address that somebody must open before the command can go on. On stderr, because it is no answer.
    pub(crate) fn invite(&self, text: &str, url: &str) {
        let line = if self.json {
            serde_json::json!({ "open": url }).to_string()
        } else {
            format!("{text}\n{url}")
        };
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(stderr(), "{line}");
    }

    /// Why the command did not work. A reader who went away (`| head`) is no failure.
    pub(crate) fn failure(&self, failure: &Failure) -> ExitCode {
        if is_closed_pipe(failure) {
            return ExitCode::SUCCESS;
        }
        let text = if self.json {
            failure.json().to_string()
        } else {
            failure.to_string()
        };
        // A closed stderr leaves nobody to tell.
        let _ = writeln!(stderr(), "{text}");
        ExitCode::from(failure.exit_code())
    }
}

fn is_closed_pipe(failure: &Failure) -> bool {
    let Failure::Local(error) = failure else {
        return false;
    };
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// A time for programs, in UTC.
pub(crate) fn rfc3339(time: Option<ProtoTimestamp>) -> Value {
    let time = time.and_then(|time| {
        let seconds = OffsetDateTime::from_unix_timestamp(time.seconds).ok()?;
        Some(seconds + time::Duration::nanoseconds(time.nanos.into()))
    });
    time.and_then(|time| time.format(&Rfc3339).ok())
        .map_or(Value::Null, Value::String)
}

/// A time for people, where they are: of today the hour, of this year the day, else the date.
pub(crate) fn when(time: Option<ProtoTimestamp>, now: OffsetDateTime) -> String {
    when_in(&TimeZone::system(), time, now)
}

fn when_in(zone: &TimeZone, time: Option<ProtoTimestamp>, now: OffsetDateTime) -> String {
    let local = |seconds| -> Option<Zoned> {
        Some(Timestamp::from_second(seconds).ok()?.to_zoned(zone.clone()))
    };
    let (Some(time), Some(now)) = (
        time.and_then(|time| local(time.seconds)),
        local(now.unix_timestamp()),
    ) else {
        return String::new();
    };
    let format = if time.date() == now.date() {
        "%H:%M"
    } else if time.year() == now.year() {
        "%b %-d %H:%M"
    } else {
        "%Y-%m-%d %H:%M"
    };
    time.strftime(format).to_string()
}

/// Text of somebody else for a terminal: what could steer it is left out, later lines are indented.
pub(crate) fn plain(text: &str) -> String {
    let kept = text
        .chars()
        .filter(|&c| matches!(c, '\n' | '\t') || !c.is_control());
    kept.collect::<String>().replace('\n', "\n      ")
}

/// The beginning of a text, on one line.
pub(crate) fn excerpt(text: &str, chars_max: usize) -> String {
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if line.chars().count() <= chars_max {
        return line;
    }
    line.chars()
        .take(chars_max.saturating_sub(1))
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests;

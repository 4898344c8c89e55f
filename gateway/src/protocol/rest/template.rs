//! The paths of `google.api.http`: how one is written, and what its variables stand for in the path of a request.
//!
//! ```text
//! /v1/users:search                          two literals and a verb
//! /v1/conversations/{conversation_id}       a variable of one segment
//! /v1/{name=shelves/*/books/*}              one of four segments
//! /v1/files/{path=**}                       one of any number
//! ```

mod escapes;
#[cfg(any(test, fuzzing))]
mod expand;
mod reading;

use std::fmt;

pub(crate) use self::escapes::Undecodable;
use self::{
    escapes::{decode, decode_but_slashes},
    reading::Reading,
};

/// A path with variables.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    text: Box<str>,
    segments: Vec<Segment>,
    variables: Vec<Variable>,
    verb: Option<Box<str>>,
}

/// What one segment of a path must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Segment {
    /// This very text.
    Literal(Box<str>),
    /// Anything that is not empty.
    One,
    /// Any number of segments; always the last.
    Rest,
}

/// A field of the request that stands in the path.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// From the request down to the field.
    pub(crate) names: Vec<Box<str>>,
    /// Its first segment.
    from: usize,
    /// How many it has; of those with `**` at least.
    len: usize,
    /// One segment, and not by way of `**`: then an encoded slash is decoded too.
    is_single: bool,
}

/// What is wrong with the text of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    #[error("a path begins with a slash")]
    NoSlash,
    #[error("between two slashes a literal, `*`, `**` or `{{field}}` is needed")]
    NoSegment,
    #[error("a brace is not closed")]
    Unclosed,
    #[error("a variable has no name, or one that no field has")]
    Name,
    #[error("a variable is within another one")]
    Nested,
    #[error("`**` must be the last segment")]
    RestNotLast,
    #[error("after the colon a verb is needed, and nothing after that")]
    Verb,
}

impl Template {
    /// Reads `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, Flaw> {
        let read = Reading::all_of(text)?;
        let last = read.segments.len() - 1;
        if read.segments[..last].contains(&Segment::Rest) {
            return Err(Flaw::RestNotLast);
        }
        Ok(Self {
            text: text.into(),
            segments: read.segments,
            variables: read.variables,
            verb: read.verb,
        })
    }

    /// What a path must be, segment by segment.
    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The custom verb behind the last segment.
    pub(crate) fn verb(&self) -> Option<&str> {
        self.verb.as_deref()
    }

    /// Fields that stand in the path, in its order.
    pub(crate) fn variables(&self) -> &[Variable] {
        &self.variables
    }

    /// What the variables stand for in a path of these `segments`, which fit.
    pub(crate) fn values(&self, segments: &[&str]) -> Result<Vec<String>, Undecodable> {
        let value = |variable: &Variable| {
            let all = &segments[variable.from..];
            // Only `**` takes more than it says, and it is the last.
            let own = if self.ends_with_rest(variable) {
                all
            } else {
                &all[..variable.len]
            };
            let decoded = own.iter().map(|segment| {
                if variable.is_single {
                    decode(segment)
                } else {
                    decode_but_slashes(segment)
                }
            });
            let decoded = decoded.collect::<Result<Vec<_>, _>>()?;
            Ok(decoded.join("/"))
        };
        self.variables.iter().map(value).collect()
    }

    /// The same path as `OpenAPI` writes it, which knows one segment at a time: each has a name of its own.
    pub(crate) fn by_segments(&self) -> String {
        let mut text = String::new();
        for (at, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Literal(literal) => text.extend(["/", literal]),
                Segment::One | Segment::Rest => text.extend(["/{", &self.wildcard(at).0, "}"]),
            }
        }
        if let Some(verb) = &self.verb {
            text.extend([":", verb]);
        }
        text
    }

    /// The names in [`Self::by_segments`], each with the number of the variable that it belongs to.
    pub(crate) fn wildcards(&self) -> Vec<(String, Option<usize>)> {
        let wild = |at: &usize| !matches!(self.segments[*at], Segment::Literal(_));
        let places = (0..self.segments.len()).filter(wild);
        places.map(|at| self.wildcard(at)).collect()
    }

    fn wildcard(&self, at: usize) -> (String, Option<usize>) {
        let is_around =
            |variable: &Variable| (variable.from..variable.from + variable.len).contains(&at);
        let Some(number) = self.variables.iter().position(is_around) else {
            return (format!("segment_{}", at + 1), None);
        };
        let variable = &self.variables[number];
        let own = &self.segments[variable.from..variable.from + variable.len];
        let wild = |segments: &[Segment]| {
            let wild = segments
                .iter()
                .filter(|segment| !matches!(segment, Segment::Literal(_)));
            wild.count()
        };
        let name = if wild(own) > 1 {
            format!(
                "{}_{}",
                variable.name(),
                wild(&own[..at - variable.from]) + 1
            )
        } else {
            variable.name()
        };
        (name, Some(number))
    }

    fn ends_with_rest(&self, variable: &Variable) -> bool {
        let end = variable.from + variable.len;
        end == self.segments.len() && self.segments.last() == Some(&Segment::Rest)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl Variable {
    /// Its names with dots between them.
    pub(crate) fn name(&self) -> String {
        self.names.join(".")
    }
}

#[cfg(test)]
pub(super) mod tests;

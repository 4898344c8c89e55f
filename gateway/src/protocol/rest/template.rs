//! The paths of `google.api.http`: how one is written, and what its variables stand for in the path of a request.
//!
//! ```text
//! /v1/users:search                          two literals and a verb
//! /v1/conversations/{conversation_id}       a variable of one segment
//! /v1/{name=shelves/*/books/*}              one of four segments
//! /v1/files/{path=**}                       one of any number
//! ```

use std::{borrow::Cow, fmt};

use percent_encoding::percent_decode_str;

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

/// A path whose escapes cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

impl Template {
    /// Reads `text`.
    pub(crate) fn parse(text: &str) -> Result<Self, Flaw> {
        let mut reading = Reading {
            rest: text.strip_prefix('/').ok_or(Flaw::NoSlash)?,
            segments: Vec::new(),
            variables: Vec::new(),
        };
        reading.segments(false)?;
        let verb = match reading.rest.strip_prefix(':') {
            Some(verb) if is_literal(verb) => Some(verb.into()),
            None if reading.rest.is_empty() => None,
            _ => return Err(Flaw::Verb),
        };
        let last = reading.segments.len() - 1;
        let is_rest_inside = reading.segments[..last].contains(&Segment::Rest);
        if is_rest_inside {
            return Err(Flaw::RestNotLast);
        }
        Ok(Self {
            text: text.into(),
            segments: reading.segments,
            variables: reading.variables,
            verb,
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

struct Reading<'a> {
    rest: &'a str,
    segments: Vec<Segment>,
    variables: Vec<Variable>,
}

impl Reading<'_> {
    fn segments(&mut self, is_in_variable: bool) -> Result<(), Flaw> {
        loop {
            match self.rest.strip_prefix('{') {
                Some(_) if is_in_variable => return Err(Flaw::Nested),
                Some(rest) => {
                    self.rest = rest;
                    self.variable()?;
                }
                None => self.segment()?,
            }
            match self.rest.strip_prefix('/') {
                Some(rest) => self.rest = rest,
                None => return Ok(()),
            }
        }
    }

    fn segment(&mut self) -> Result<(), Flaw> {
        let text = self.take_until(&['/', ':', '{', '}', '=']);
        let segment = match text {
            "*" => Segment::One,
            "**" => Segment::Rest,
            literal if is_literal(literal) => Segment::Literal(literal.into()),
            _ => return Err(Flaw::NoSegment),
        };
        self.segments.push(segment);
        Ok(())
    }

    /// Behind the brace that opens it.
    fn variable(&mut self) -> Result<(), Flaw> {
        let text = self.take_until(&['/', ':', '{', '}', '=']);
        let names: Vec<Box<str>> = text.split('.').map(Into::into).collect();
        if !names.iter().all(|name| is_name(name)) {
            return Err(Flaw::Name);
        }
        let from = self.segments.len();
        match self.rest.strip_prefix('=') {
            Some(rest) => {
                self.rest = rest;
                self.segments(true)?;
            }
            None => self.segments.push(Segment::One),
        }
        self.rest = self.rest.strip_prefix('}').ok_or(Flaw::Unclosed)?;
        self.variables.push(Variable {
            names,
            from,
            len: self.segments.len() - from,
            is_single: self.segments[from..] == [Segment::One],
        });
        Ok(())
    }

    fn take_until(&mut self, ends: &[char]) -> &str {
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// What may stand in a path as it is (RFC 3986, `pchar` without escapes), but for what the grammar needs itself.
fn is_literal(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()+,;@".contains(&byte);
    !text.is_empty() && text.bytes().all(is_plain)
}

fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.bytes().all(is_plain) && text.starts_with(|first: char| !first.is_ascii_digit())
}

fn decode(segment: &str) -> Result<Cow<'_, str>, Undecodable> {
    if !is_escaped_well(segment) {
        return Err(Undecodable);
    }
    percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| Undecodable)
}

/// An encoded slash cannot be told from one between two segments any more, so it stays as it is.
fn decode_but_slashes(segment: &str) -> Result<Cow<'_, str>, Undecodable> {
    let mut decoded = String::new();
    let mut rest = segment;
    while let Some(at) = rest.find("%2F").or_else(|| rest.find("%2f")) {
        let at = rest.find("%2f").map_or(at, |other| at.min(other));
        decoded += &decode(&rest[..at])?;
        decoded += &rest[at..at + 3];
        rest = &rest[at + 3..];
    }
    if decoded.is_empty() {
        return decode(rest);
    }
    decoded += &decode(rest)?;
    Ok(decoded.into())
}

/// True where two hexadecimal digits follow each `%`.
fn is_escaped_well(segment: &str) -> bool {
    let mut pieces = segment.split('%');
    pieces.next();
    pieces.all(|piece| {
        let digits = piece.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

#[cfg(test)]
pub(super) mod tests;

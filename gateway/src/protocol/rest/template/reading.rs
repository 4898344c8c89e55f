//! How the text of a template is read: by descent, a character at a time.

use super::{Flaw, Segment, Variable};

/// A template, of which `rest` is still to be read.
pub(super) struct Reading<'a> {
    rest: &'a str,
    pub(super) segments: Vec<Segment>,
    pub(super) variables: Vec<Variable>,
    pub(super) verb: Option<Box<str>>,
}

impl<'a> Reading<'a> {
    /// What `text` says. There is at least one segment.
    pub(super) fn all_of(text: &'a str) -> Result<Self, Flaw> {
        let mut reading = Self {
            rest: text.strip_prefix('/').ok_or(Flaw::NoSlash)?,
            segments: Vec::new(),
            variables: Vec::new(),
            verb: None,
        };
        reading.segments(false)?;
        reading.verb = match reading.rest.strip_prefix(':') {
            Some(verb) if is_literal(verb) => Some(verb.into()),
            None if reading.rest.is_empty() => None,
            _ => return Err(Flaw::Verb),
        };
        Ok(reading)
    }

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

    fn take_until(&mut self, ends: &[char]) -> &'a str {
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

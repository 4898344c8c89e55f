//! The way back, which only clients go: a path from what its variables stand for.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Segment, Template, Variable};

/// All but the unreserved characters of RFC 3986, section 2.3.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// In the place of a segment that no variable has.
const ANY: &str = "any";

impl Template {
    /// A path whose variables stand for `values`, which are those of some path.
    pub(in crate::protocol::rest) fn expand(&self, values: &[String]) -> String {
        let mut path = Vec::new();
        let mut at = 0;
        while let Some(segment) = self.segments.get(at) {
            let number = self.variables.iter().position(|it| it.from == at);
            if let Some(number) = number {
                let variable = &self.variables[number];
                self.expand_variable(variable, &values[number], &mut path);
                at += variable.len;
                continue;
            }
            match segment {
                Segment::Literal(text) => path.push(text.to_string()),
                Segment::One => path.push(ANY.to_owned()),
                Segment::Rest => {}
            }
            at += 1;
        }
        let verb = self.verb().map(|verb| format!(":{verb}"));
        format!("/{}{}", path.join("/"), verb.unwrap_or_default())
    }

    fn expand_variable(&self, variable: &Variable, value: &str, path: &mut Vec<String>) {
        if variable.is_single {
            path.push(encode(value));
            return;
        }
        let own = &self.segments[variable.from..variable.from + variable.len];
        if value.is_empty() && *own == [Segment::Rest] {
            return;
        }
        for (at, piece) in value.split('/').enumerate() {
            path.push(match own.get(at) {
                Some(Segment::Literal(text)) => text.to_string(),
                _ => encode_but_slashes(piece),
            });
        }
    }
}

fn encode(value: &str) -> String {
    utf8_percent_encode(value, ESCAPED).to_string()
}

/// A slash that was encoded is so in the value too.
fn encode_but_slashes(piece: &str) -> String {
    encode(piece)
        .replace("%252F", "%2F")
        .replace("%252f", "%2f")
}

//! All templates in a tree, one level for each segment: what a path leads to is found without trying them one by one.
//!
//! Where several fit, a literal goes before `*`, and `*` before `**`; what stands further left decides. Two that cannot be told
//! apart that way do not come in.

use std::collections::BTreeMap;

use http::Method;

use super::template::{Segment, Template, Undecodable};

/// From verb of HTTP and path to a `T`.
#[derive(Clone, Debug)]
pub(crate) struct Tree<T> {
    root: Node<T>,
}

#[derive(Clone, Debug)]
struct Node<T> {
    literals: BTreeMap<Box<str>, Node<T>>,
    one: Option<Box<Node<T>>>,
    /// Of templates that end here.
    ends: Vec<End<T>>,
    /// Of templates that take all that follows.
    rests: Vec<End<T>>,
}

#[derive(Clone, Debug)]
struct End<T> {
    method: Method,
    template: Template,
    value: T,
}

/// Where a request leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<T> {
    /// To this, with what the variables of its template stand for.
    Value(T, Result<Vec<String>, Undecodable>),
    /// Nowhere, but it would with one of these verbs.
    Others(Vec<Method>),
    /// Nowhere.
    Nothing,
}

/// What is asked for.
struct Asked<'a> {
    method: &'a Method,
    verb: Option<&'a str>,
    others: Vec<Method>,
}

impl<T> Default for Tree<T> {
    fn default() -> Self {
        Self {
            root: Node::default(),
        }
    }
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self {
            literals: BTreeMap::new(),
            one: None,
            ends: Vec::new(),
            rests: Vec::new(),
        }
    }
}

impl<T: Clone> Tree<T> {
    /// Adds `value`; the one that is in its place already is the error.
    pub(crate) fn insert(
        &mut self,
        method: Method,
        template: Template,
        value: T,
    ) -> Result<(), (Template, T)> {
        let mut node = &mut self.root;
        let mut is_rest = false;
        for segment in template.segments() {
            match segment {
                Segment::Literal(text) => node = node.literals.entry(text.clone()).or_default(),
                Segment::One => node = node.one.get_or_insert_default(),
                Segment::Rest => is_rest = true,
            }
        }
        let ends = if is_rest {
            &mut node.rests
        } else {
            &mut node.ends
        };
        let same = ends
            .iter()
            .find(|end| end.method == method && end.template.verb() == template.verb());
        if let Some(End {
            template, value, ..
        }) = same
        {
            return Err((template.clone(), value.clone()));
        }
        ends.push(End {
            method,
            template,
            value,
        });
        Ok(())
    }

    /// True where some template begins as `path` does.
    pub(crate) fn reaches(&self, path: &str) -> bool {
        let path = path.strip_prefix('/').unwrap_or(path);
        let first = path.split(['/', ':']).next().unwrap_or_default();
        self.root.literals.contains_key(first)
    }

    /// Where `method` of `path` leads.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<T> {
        let Some(path) = path.strip_prefix('/') else {
            return Found::Nothing;
        };
        let mut asked = Asked {
            method,
            verb: None,
            others: Vec::new(),
        };
        // A colon may begin a verb, or be part of a value.
        let last = path.rfind('/').map_or(0, |slash| slash + 1);
        if let Some(colon) = path[last..].rfind(':') {
            let segments: Vec<&str> = path[..last + colon].split('/').collect();
            asked.verb = Some(&path[last + colon + 1..]);
            if let Some(end) = self.root.search(&segments, &mut asked) {
                return end.found(&segments);
            }
        }
        let segments: Vec<&str> = path.split('/').collect();
        asked.verb = None;
        match self.root.search(&segments, &mut asked) {
            Some(end) => end.found(&segments),
            None if asked.others.is_empty() => Found::Nothing,
            None => Found::Others(asked.others),
        }
    }
}

impl<T> Node<T> {
    /// At most as deep as the deepest template, whatever is asked for.
    fn search(&self, segments: &[&str], asked: &mut Asked<'_>) -> Option<&End<T>> {
        let found = match segments.split_first() {
            None => asked.pick(&self.ends),
            Some((first, rest)) => {
                let literal = self.literals.get(*first);
                let one = self.one.as_deref().filter(|_| !first.is_empty());
                literal
                    .and_then(|node| node.search(rest, asked))
                    .or_else(|| one.and_then(|node| node.search(rest, asked)))
            }
        };
        found.or_else(|| asked.pick(&self.rests))
    }
}

impl Asked<'_> {
    fn pick<'t, T>(&mut self, ends: &'t [End<T>]) -> Option<&'t End<T>> {
        let mut same_path = ends.iter().filter(|end| end.template.verb() == self.verb);
        let found = same_path.clone().find(|end| end.method == *self.method);
        if found.is_none() {
            let others = same_path.by_ref().map(|end| end.method.clone());
            self.others.extend(others);
        }
        found
    }
}

impl<T: Clone> End<T> {
    fn found(&self, segments: &[&str]) -> Found<T> {
        Found::Value(self.value.clone(), self.template.values(segments))
    }
}

#[cfg(test)]
mod tests;

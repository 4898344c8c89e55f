//! The comments of protos, as far as the descriptors have them.

use std::collections::HashMap;

use prost_reflect::FileDescriptor;

/// Of all files that were asked for.
#[derive(Debug, Default)]
pub(super) struct Comments {
    files: HashMap<String, HashMap<Vec<i32>, String>>,
}

impl Comments {
    /// What stands above the declaration at `path` of `file`, a paragraph to a line; empty where nothing does.
    pub(super) fn of(&mut self, file: &FileDescriptor, path: &[i32]) -> String {
        let comments = self
            .files
            .entry(file.name().to_owned())
            .or_insert_with(|| all_of(file));
        comments.get(path).cloned().unwrap_or_default()
    }
}

fn all_of(file: &FileDescriptor) -> HashMap<Vec<i32>, String> {
    let Some(info) = &file.file_descriptor_proto().source_code_info else {
        return HashMap::new();
    };
    let locations = info.location.iter();
    locations
        .filter_map(|location| {
            let text = unwrapped(location.leading_comments.as_deref()?);
            Some((location.path.clone(), text))
        })
        .collect()
}

/// `text` without the ends of lines within paragraphs.
fn unwrapped(text: &str) -> String {
    let mut paragraphs = vec![String::new()];
    for line in text.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(paragraph) if line.is_empty() && !paragraph.is_empty() => {
                paragraphs.push(String::new());
            }
            Some(paragraph) => {
                if !paragraph.is_empty() {
                    paragraph.push(' ');
                }
                paragraph.push_str(line);
            }
            None => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

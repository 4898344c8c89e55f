//! The field mask of an update that has none: what the body names is what is to be changed, to nothing where it says `null`.

use bytes::Bytes;
use prost_reflect::{Cardinality, FieldDescriptor, MessageDescriptor};
use serde_json::{Map, Value};

use super::request::damaged;
use crate::error::Error;

/// Paths of the fields that `body`, the JSON of the message in `field`, names.
pub(super) fn paths_in(body: &Bytes, field: &FieldDescriptor) -> Result<Vec<String>, Error> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let json: Value = serde_json::from_slice(body).map_err(|error| damaged(&error))?;
    let mut paths = Vec::new();
    if let (Value::Object(fields), Some(message)) = (&json, field.kind().as_message()) {
        collect(fields, message, "", &mut paths);
    }
    Ok(paths)
}

/// Goes down as long as there is a message of several fields; all else is changed as a whole.
fn collect(
    fields: &Map<String, Value>,
    message: &MessageDescriptor,
    prefix: &str,
    paths: &mut Vec<String>,
) {
    for (name, value) in fields {
        let field = message
            .get_field_by_json_name(name)
            .or_else(|| message.get_field_by_name(name));
        // Whoever is newer than this gateway cannot be understood any further.
        let Some(field) = field else { continue };
        let path = format!("{prefix}{}", field.name());
        match (value, below(&field)) {
            (Value::Object(fields), Some(message)) if !fields.is_empty() => {
                collect(fields, &message, &format!("{path}."), paths);
            }
            _ => paths.push(path),
        }
    }
}

/// The message in `field`, where it is one of fields and not one of protobuf's own, like a time.
fn below(field: &FieldDescriptor) -> Option<MessageDescriptor> {
    let message = field.kind().as_message().cloned()?;
    let is_single = field.cardinality() != Cardinality::Repeated;
    (is_single && message.package_name() != "google.protobuf").then_some(message)
}

#[cfg(test)]
mod tests;

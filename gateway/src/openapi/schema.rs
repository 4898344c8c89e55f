//! Messages and enums as JSON Schema, in the form that canonical JSON of protobuf gives them.

use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::comments::Comments;

/// The types that were referred to.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    messages: BTreeMap<String, MessageDescriptor>,
    enums: BTreeMap<String, EnumDescriptor>,
}

impl Schemas {
    /// `kind` by its name.
    pub(super) fn message(&mut self, kind: &MessageDescriptor) -> Value {
        if let Some(schema) = well_known(kind) {
            return schema;
        }
        let name = kind.full_name().to_owned();
        let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
        self.messages.entry(name).or_insert_with(|| kind.clone());
        reference
    }

    /// What `field` holds.
    pub(super) fn field(&mut self, field: &FieldDescriptor) -> Value {
        let kind = field.kind();
        if let (true, Kind::Message(entry)) = (field.is_map(), &kind) {
            let values = self.field(&entry.map_entry_value_field());
            return json!({ "type": "object", "additionalProperties": values });
        }
        let one = self.kind(&kind);
        if field.is_list() {
            return json!({ "type": "array", "items": one });
        }
        one
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Double | Kind::Float => json!({ "type": "number" }),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => {
                json!({ "type": "integer", "format": "int32" })
            }
            Kind::Uint32 | Kind::Fixed32 => {
                json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX })
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({ "type": "string", "format": "int64", "pattern": "^-?[0-9]+$" })
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({ "type": "string", "format": "uint64", "pattern": "^[0-9]+$" })
            }
            Kind::Bool => json!({ "type": "boolean" }),
            Kind::String => json!({ "type": "string" }),
            Kind::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
            Kind::Message(kind) => self.message(kind),
            Kind::Enum(kind) => {
                let name = kind.full_name().to_owned();
                let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
                self.enums.entry(name).or_insert_with(|| kind.clone());
                reference
            }
        }
    }

    /// An object with those fields of `kind` that `is_in` says.
    pub(super) fn object(
        &mut self,
        kind: &MessageDescriptor,
        comments: &mut Comments,
        is_in: impl Fn(&FieldDescriptor) -> bool,
    ) -> Value {
        let mut properties = Map::new();
        for field in kind.fields().filter(|field| is_in(field)) {
            let mut schema = self.field(&field);
            let about = about(&field, comments);
            if let (Value::Object(schema), false) = (&mut schema, about.is_empty()) {
                schema.insert("description".to_owned(), json!(about));
            }
            properties.insert(field.json_name().to_owned(), schema);
        }
        let about = comments.of(&kind.parent_file(), kind.path());
        let mut object = json!({ "type": "object", "properties": properties });
        if !about.is_empty() {
            object["description"] = json!(about);
        }
        object
    }

    /// All types that were referred to, and those that they refer to.
    pub(super) fn all(mut self, comments: &mut Comments) -> Map<String, Value> {
        let mut done = BTreeSet::new();
        let mut all = Map::new();
        loop {
            let next = self.messages.iter().find(|(name, _)| !done.contains(*name));
            let Some((name, kind)) = next.map(|(name, kind)| (name.clone(), kind.clone())) else {
                break;
            };
            let schema = self.object(&kind, comments, |_| true);
            all.insert(name.clone(), schema);
            done.insert(name);
        }
        for (name, kind) in &self.enums {
            all.insert(name.clone(), enumeration(kind, comments));
        }
        all.insert("google.rpc.Status".to_owned(), status());
        all
    }
}

/// The comment of `field`, and that it excludes others.
pub(super) fn about(field: &FieldDescriptor, comments: &mut Comments) -> String {
    let file = field.parent_message().parent_file();
    let mut about = comments.of(&file, field.path());
    let choice = field
        .containing_oneof()
        .filter(|choice| !choice.is_synthetic());
    if let Some(choice) = choice {
        let others: Vec<String> = choice
            .fields()
            .filter(|other| other != field)
            .map(|other| format!("`{}`", other.json_name()))
            .collect();
        if !others.is_empty() {
            let note = format!("Excludes {}.", others.join(", "));
            about = if about.is_empty() {
                note
            } else {
                format!("{about} {note}")
            };
        }
    }
    about
}

fn enumeration(kind: &EnumDescriptor, comments: &mut Comments) -> Value {
    let file = kind.parent_file();
    let mut about = comments.of(&file, kind.path());
    let mut names = Vec::new();
    for value in kind.values() {
        names.push(value.name().to_owned());
        let says = comments.of(&file, value.path());
        if !says.is_empty() {
            about.extend(["\n\n`", value.name(), "`: ", &says]);
        }
    }
    json!({ "type": "string", "enum": names, "description": about.trim() })
}

/// Types of protobuf's own whose JSON is no object of their fields.
fn well_known(kind: &MessageDescriptor) -> Option<Value> {
    let schema = match kind.full_name().strip_prefix("google.protobuf.")? {
        "Timestamp" => json!({ "type": "string", "format": "date-time" }),
        "Duration" => json!({ "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$" }),
        "FieldMask" => {
            json!({ "type": "string", "description": "Names of fields with commas between them." })
        }
        "Struct" | "Empty" => json!({ "type": "object" }),
        "ListValue" => json!({ "type": "array" }),
        "Value" => json!({}),
        "Any" => json!({
            "type": "object",
            "properties": { "@type": { "type": "string" } },
            "additionalProperties": true,
        }),
        "BoolValue" => json!({ "type": ["boolean", "null"] }),
        "StringValue" | "Int64Value" | "UInt64Value" => json!({ "type": ["string", "null"] }),
        "BytesValue" => json!({ "type": ["string", "null"], "contentEncoding": "base64" }),
        "Int32Value" | "UInt32Value" => json!({ "type": ["integer", "null"] }),
        "DoubleValue" | "FloatValue" => json!({ "type": ["number", "null"] }),
        _ => return None,
    };
    Some(schema)
}

fn status() -> Value {
    json!({
        "type": "object",
        "description": "Why a call failed.",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "integer", "description": "A `google.rpc.Code`." },
            "message": { "type": "string", "description": "For people; it may change." },
            "details": {
                "type": "array",
                "description": "For programs: `google.rpc.ErrorInfo` says the reason, `google.rpc.BadRequest` each field that is wrong, `google.rpc.RetryInfo` when to come back.",
                "items": {
                    "type": "object",
                    "properties": { "@type": { "type": "string" } },
                    "additionalProperties": true,
                },
            },
        },
    })
}

//! What path and query say, put into the fields that they name.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost_reflect::{
    DeserializeOptions, DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    Value,
};
use serde::de::{IntoDeserializer as _, value::Error as ValueError};

use super::binding::{Binding, Content};
use crate::error::Error;

const ANY_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&STANDARD, ANY_PADDING);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, ANY_PADDING);

/// Puts `values`, one for each variable of the path of `binding`, into `request`, whatever was there.
pub(super) fn put_path(
    binding: &Binding,
    values: &[String],
    request: &mut DynamicMessage,
) -> Result<(), Error> {
    let variables = binding.template.variables().iter();
    for ((variable, fields), value) in variables.zip(&binding.variables).zip(values) {
        let name = variable.name();
        put(request, fields, value, true).map_err(|problem| Error::parameter(&name, problem))?;
    }
    Ok(())
}

/// Puts what `query` says into `request`.
pub(super) fn put_query(
    binding: &Binding,
    query: &str,
    request: &mut DynamicMessage,
) -> Result<(), Error> {
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let wrong = |problem| Error::parameter(&name, problem);
        let fields = fields_of(binding, &name).map_err(wrong)?;
        put(request, &fields, &value, false).map_err(wrong)?;
    }
    Ok(())
}

/// The fields that `name` leads through, each by its name in the proto or in JSON.
fn fields_of(binding: &Binding, name: &str) -> Result<Vec<FieldDescriptor>, &'static str> {
    if binding.body == Content::Request {
        return Err("goes into the body: this method has no query");
    }
    let mut message = Some(binding.rpc.input());
    let mut fields: Vec<FieldDescriptor> = Vec::new();
    for name in name.split('.') {
        let within = message.take().ok_or("is in a field that has no fields")?;
        let field = field_in(&within, name).ok_or("is no parameter of this method")?;
        if field.is_list() || field.is_map() {
            message = None;
        } else {
            message = field.kind().as_message().cloned();
        }
        fields.push(field);
    }
    let is_elsewhere = match &binding.body {
        Content::Field(body) => fields.first() == Some(body),
        _ => binding.variables.contains(&fields),
    };
    if is_elsewhere {
        return Err("stands in the path or in the body already");
    }
    Ok(fields)
}

fn field_in(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message
        .get_field_by_name(name)
        .or_else(|| message.get_field_by_json_name(name))
}

/// Puts `text` where `fields` lead. What is there stays unless `may_replace`.
fn put(
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    text: &str,
    may_replace: bool,
) -> Result<(), &'static str> {
    let Some((field, way)) = fields.split_last() else {
        return Ok(());
    };
    let mut holder = message;
    for step in way {
        if !may_replace && is_chosen_otherwise(holder, step) {
            return Err("excludes another one that is given");
        }
        let Value::Message(next) = holder.get_field_mut(step) else {
            return Err("is in a field that has no fields");
        };
        holder = next;
    }
    if field.is_map() {
        return Err("is a map, which no query can say");
    }
    let value = value_of(&field.kind(), text)?;
    if field.is_list() {
        if let Value::List(values) = holder.get_field_mut(field) {
            values.push(value);
        }
        return Ok(());
    }
    if !may_replace && holder.has_field(field) {
        return Err("is given twice");
    }
    if !may_replace && is_chosen_otherwise(holder, field) {
        return Err("excludes another one that is given");
    }
    holder.set_field(field, value);
    Ok(())
}

/// True where another field of the same oneof is there.
fn is_chosen_otherwise(holder: &DynamicMessage, field: &FieldDescriptor) -> bool {
    field.containing_oneof().is_some_and(|oneof| {
        let mut fields = oneof.fields();
        fields.any(|other| other != *field && holder.has_field(&other))
    })
}

/// `text` as a value of `kind`.
fn value_of(kind: &Kind, text: &str) -> Result<Value, &'static str> {
    const NUMBER: &str = "must be a number in the range of its type";
    let value = match kind {
        Kind::String => Some(Value::String(text.to_owned())),
        Kind::Bytes => bytes_of(text).map(|bytes| Value::Bytes(bytes.into())),
        Kind::Bool => text.parse().ok().map(Value::Bool),
        Kind::Enum(kind) => number_of(kind, text).map(Value::EnumNumber),
        Kind::Message(kind) => return message_of(kind, text).map(Value::Message),
        Kind::Double => text.parse().ok().map(Value::F64),
        Kind::Float => text.parse().ok().map(Value::F32),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => text.parse().ok().map(Value::I32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => text.parse().ok().map(Value::I64),
        Kind::Uint32 | Kind::Fixed32 => text.parse().ok().map(Value::U32),
        Kind::Uint64 | Kind::Fixed64 => text.parse().ok().map(Value::U64),
    };
    value.ok_or(match kind {
        Kind::Bytes => "must be in base64",
        Kind::Bool => "must be true or false",
        Kind::Enum(_) => "must be the name or the number of one of its values",
        _ => NUMBER,
    })
}

/// Either alphabet, padded or not. In a query a plus that was not escaped has become a space.
pub(super) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let text = text.replace(' ', "+");
    let decoded = BASE64.decode(&text);
    decoded.or_else(|_| BASE64_URL.decode(&text)).ok()
}

fn number_of(kind: &EnumDescriptor, text: &str) -> Option<i32> {
    match kind.get_value_by_name(text) {
        Some(value) => Some(value.number()),
        None => text.parse().ok(),
    }
}

/// Of messages, those that are one text or number in JSON.
fn message_of(kind: &MessageDescriptor, text: &str) -> Result<DynamicMessage, &'static str> {
    if let Some(value) = wrapped_in(kind) {
        let value = value_of(&value.kind(), text)?;
        let mut message = DynamicMessage::new(kind.clone());
        message.set_field_by_number(1, value);
        return Ok(message);
    }
    match kind.full_name() {
        "google.protobuf.Timestamp" | "google.protobuf.Duration" | "google.protobuf.FieldMask" => {
            let text = text.into_deserializer();
            let message = DynamicMessage::deserialize_with_options::<
                serde::de::value::StrDeserializer<'_, ValueError>,
            >(kind.clone(), text, &DeserializeOptions::new());
            message.map_err(|_| "must be as JSON has it: 2030-03-17T17:46:40Z, 1.5s, a.b,c")
        }
        _ => Err("is a message: name one of its fields, after a dot"),
    }
}

/// The only field of `google.protobuf.Int32Value` and its like.
fn wrapped_in(kind: &MessageDescriptor) -> Option<FieldDescriptor> {
    let name = kind.full_name().strip_prefix("google.protobuf.")?;
    name.ends_with("Value").then_some(())?;
    if name == "ListValue" || name == "Value" {
        return None;
    }
    kind.get_field(1)
}

#[cfg(test)]
mod tests;

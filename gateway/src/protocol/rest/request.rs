//! The message of a request: what its body, its path and its query say together.

use bytes::Bytes;
use prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, FieldDescriptor, Value};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IntoDeserializer as _, MapAccess, value::MapAccessDeserializer},
};

use super::{
    binding::{Binding, Content},
    parameters,
};
use crate::error::Error;

/// Where a request says something.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// What the variables of the path stand for.
    pub(super) path: Vec<String>,
    /// Behind the question mark.
    pub(super) query: String,
    /// From where a stream is to go on, in base64 where it is bytes.
    pub(super) resume: Option<String>,
}

impl Parts {
    /// The protobuf of all that, and of `body`.
    pub(super) fn message(&self, binding: &Binding, body: &Bytes) -> Result<Bytes, Error> {
        let mut request = match &binding.body {
            Content::Nothing => DynamicMessage::new(binding.rpc.input()),
            Content::Request => whole(binding, body)?,
            Content::Field(field) => part(binding, field, body)?,
        };
        parameters::put_path(binding, &self.path, &mut request)?;
        parameters::put_query(binding, &self.query, &mut request)?;
        if let (Some((field, _)), Some(token)) = (&binding.resume, &self.resume)
            && !request.has_field(field)
        {
            let token = token_of(field, token).ok_or_else(|| {
                Error::parameter("last-event-id", "is not the id of an event of this stream")
            })?;
            request.set_field(field, token);
        }
        if let (Some(mask), Content::Field(field)) = (&binding.mask, &binding.body)
            && !request.has_field(mask)
        {
            let paths = super::mask::paths_in(body, field)?;
            let Value::Message(mask) = request.get_field_mut(mask) else {
                return Err(Error::UpstreamProtocol);
            };
            let paths = paths.into_iter().map(Value::String).collect();
            mask.set_field_by_number(1, Value::List(paths));
        }
        Ok(request.encode_to_vec().into())
    }
}

fn token_of(field: &FieldDescriptor, text: &str) -> Option<Value> {
    if field.kind() == prost_reflect::Kind::String {
        return Some(Value::String(text.to_owned()));
    }
    let bytes = parameters::bytes_of(text)?;
    Some(Value::Bytes(bytes.into()))
}

/// Nothing at all is as good as an object without fields: `curl -X POST` sends it.
fn text_of(body: &Bytes) -> &[u8] {
    if body.is_empty() { b"{}" } else { body }
}

fn whole(binding: &Binding, body: &Bytes) -> Result<DynamicMessage, Error> {
    let mut json = serde_json::Deserializer::from_slice(text_of(body));
    let request = read(binding, &mut json).map_err(|error| damaged(&error))?;
    json.end().map_err(|error| damaged(&error))?;
    Ok(request)
}

/// The request whose `field` is `body`, which is no object of its own where the field is a list or a number.
fn part(binding: &Binding, field: &FieldDescriptor, body: &Bytes) -> Result<DynamicMessage, Error> {
    if body.is_empty() {
        return Ok(DynamicMessage::new(binding.rpc.input()));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let entry = Entry {
        key: Some(field.json_name()),
        json: &mut json,
    };
    let request = read(binding, MapAccessDeserializer::new(entry));
    let request = request.map_err(|error| damaged(&error))?;
    json.end().map_err(|error| damaged(&error))?;
    Ok(request)
}

/// Fields that are not known are passed over, as in all JSON here: a client may be newer.
fn read<'de, D: Deserializer<'de>>(binding: &Binding, json: D) -> Result<DynamicMessage, D::Error> {
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    DynamicMessage::deserialize_with_options(binding.rpc.input(), json, &options)
}

pub(super) fn damaged(error: &serde_json::Error) -> Error {
    Error::JsonDamaged(error.to_string())
}

/// An object with one field, whose value is all that is read.
struct Entry<'a, D> {
    key: Option<&'a str>,
    json: D,
}

impl<'de, R> MapAccess<'de> for Entry<'_, &mut serde_json::Deserializer<R>>
where
    R: serde_json::de::Read<'de>,
{
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, serde_json::Error> {
        let key = self
            .key
            .take()
            .map(|key| seed.deserialize(key.into_deserializer()));
        key.transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, serde_json::Error> {
        seed.deserialize(&mut *self.json)
    }
}

#[cfg(test)]
mod tests;

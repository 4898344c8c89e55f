//! Which fields of a method's messages hold a refresh token, as the option `quicksync.options.v1.credential` says, and
//! putting it there and taking it away. No method is known here by name.
//!
//! Messages of these few methods are the only ones that the gateway decodes. Fields that this build does not know stay.

use prost::{DecodeError, Message as _};
use prost_reflect::{
    DescriptorPool, DynamicMessage, ExtensionDescriptor, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, Value,
};
use quicksync::options::v1::Credential;
use time::OffsetDateTime;

/// Full name of the option that such a field carries.
const CREDENTIAL_OPTION: &str = "quicksync.options.v1.credential";
/// A field of this name beside it says when the token ends.
const EXPIRY_SUFFIX: &str = "_expires_at";

/// Where refresh tokens are in the messages of one method.
#[derive(Debug)]
pub(crate) struct Credentials {
    request: Option<Place>,
    answer: Option<Place>,
}

/// Where a message has its refresh token.
#[derive(Debug)]
struct Place {
    message: MessageDescriptor,
    /// From field to field, the last one is the token.
    path: Vec<FieldDescriptor>,
}

/// A token that was in an answer.
pub(crate) struct Token {
    /// The secret itself.
    pub(crate) value: String,
    /// When it ends; `None` where the answer does not say.
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// The option stands where the gateway cannot serve it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialsError {
    /// The option's own file is not among the descriptors.
    #[error("the descriptor set does not define {CREDENTIAL_OPTION}")]
    NoOption,
    /// Tokens in streams.
    #[error("{method} is a stream and has a refresh token: only single messages may")]
    Stream {
        /// Full name of the method.
        method: String,
    },
    /// More than one, or a number that is not known beforehand.
    #[error("{message} may have more than one refresh token: there is one cookie")]
    Several {
        /// Full name of the message.
        message: String,
    },
    /// Not a text.
    #[error("{field} is a refresh token and no string")]
    NoString {
        /// Full name of the field.
        field: String,
    },
}

/// The option in the descriptors.
pub(crate) fn option_in(pool: &DescriptorPool) -> Result<ExtensionDescriptor, CredentialsError> {
    pool.get_extension_by_name(CREDENTIAL_OPTION)
        .ok_or(CredentialsError::NoOption)
}

impl Credentials {
    /// Those of `method`; `None` where it has none.
    pub(crate) fn of(
        method: &MethodDescriptor,
        option: &ExtensionDescriptor,
    ) -> Result<Option<Self>, CredentialsError> {
        let request = Place::find(&method.input(), option)?;
        let answer = Place::find(&method.output(), option)?;
        if request.is_none() && answer.is_none() {
            return Ok(None);
        }
        if method.is_client_streaming() || method.is_server_streaming() {
            let method = method.full_name().to_owned();
            return Err(CredentialsError::Stream { method });
        }
        Ok(Some(Self { request, answer }))
    }

    /// True where the method takes a token.
    pub(crate) const fn is_in_request(&self) -> bool {
        self.request.is_some()
    }

    /// True where the method gives a token.
    pub(crate) const fn is_in_answer(&self) -> bool {
        self.answer.is_some()
    }

    /// The request `message` with `token` in its place, whatever was there. Without a `token` it stays as it is; `None`
    /// where it has none of its own either.
    pub(crate) fn fill(
        &self,
        message: &[u8],
        token: Option<String>,
    ) -> Result<Option<Vec<u8>>, DecodeError> {
        let Some(place) = &self.request else {
            return Ok(Some(message.to_vec()));
        };
        let mut decoded = DynamicMessage::decode(place.message.clone(), message)?;
        let Some(token) = token else {
            return Ok(place.take(&mut decoded).map(|_| message.to_vec()));
        };
        place.put(&mut decoded, token);
        Ok(Some(decoded.encode_to_vec()))
    }

    /// The answer `message` without its token, and the token.
    pub(crate) fn take(&self, message: &[u8]) -> Result<(Vec<u8>, Option<Token>), DecodeError> {
        let Some(place) = &self.answer else {
            return Ok((message.to_vec(), None));
        };
        let mut decoded = DynamicMessage::decode(place.message.clone(), message)?;
        let token = place.take(&mut decoded);
        Ok((decoded.encode_to_vec(), token))
    }
}

impl Place {
    fn find(
        message: &MessageDescriptor,
        option: &ExtensionDescriptor,
    ) -> Result<Option<Self>, CredentialsError> {
        let mut paths = Vec::new();
        search(message, option, &mut Vec::new(), &mut paths)?;
        if paths.len() > 1 {
            return Err(several(message));
        }
        let found = paths.pop().map(|path| Self {
            message: message.clone(),
            path,
        });
        Ok(found)
    }

    /// The message that has the token, made where there is none.
    fn put(&self, message: &mut DynamicMessage, token: String) {
        let Some((field, way)) = self.path.split_last() else {
            return;
        };
        let mut holder = message;
        for step in way {
            let Value::Message(next) = holder.get_field_mut(step) else {
                return;
            };
            holder = next;
        }
        holder.set_field(field, Value::String(token));
    }

    /// `None` where it is absent or empty.
    fn take(&self, message: &mut DynamicMessage) -> Option<Token> {
        let (field, way) = self.path.split_last()?;
        let mut holder = message;
        for step in way {
            if !holder.has_field(step) {
                return None;
            }
            let Value::Message(next) = holder.get_field_mut(step) else {
                return None;
            };
            holder = next;
        }
        let value = match holder.take_field(field)? {
            Value::String(value) if !value.is_empty() => value,
            _ => return None,
        };
        let expires_at = expiry_beside(holder, field);
        Some(Token { value, expires_at })
    }
}

/// Collects the paths from `message` to all its tokens.
fn search(
    message: &MessageDescriptor,
    option: &ExtensionDescriptor,
    way: &mut Vec<FieldDescriptor>,
    paths: &mut Vec<Vec<FieldDescriptor>>,
) -> Result<(), CredentialsError> {
    for field in message.fields() {
        let is_token = is_refresh_token(&field, option);
        if is_token && field.kind() != Kind::String {
            let field = field.full_name().to_owned();
            return Err(CredentialsError::NoString { field });
        }
        let below = match field.kind() {
            Kind::Message(below) => {
                Some(below).filter(|below| holds(below, option, &mut Vec::new()))
            }
            _ => None,
        };
        if !is_token && below.is_none() {
            continue;
        }
        let is_around_itself = way.iter().any(|step| step.parent_message() == message);
        if field.is_list() || field.is_map() || is_around_itself {
            return Err(several(message));
        }
        way.push(field);
        match below {
            Some(below) => search(&below, option, way, paths)?,
            None => paths.push(way.clone()),
        }
        way.pop();
    }
    Ok(())
}

/// True where a token is somewhere in `message`.
fn holds(
    message: &MessageDescriptor,
    option: &ExtensionDescriptor,
    seen: &mut Vec<MessageDescriptor>,
) -> bool {
    if seen.contains(message) {
        return false;
    }
    seen.push(message.clone());
    message.fields().any(|field| {
        is_refresh_token(&field, option)
            || matches!(field.kind(), Kind::Message(below) if holds(&below, option, seen))
    })
}

fn is_refresh_token(field: &FieldDescriptor, option: &ExtensionDescriptor) -> bool {
    let options = field.options();
    let number = options.get_extension(option).as_enum_number();
    number == Some(Credential::RefreshToken as i32)
}

fn several(message: &MessageDescriptor) -> CredentialsError {
    let message = message.full_name().to_owned();
    CredentialsError::Several { message }
}

/// What the field `<name>_expires_at` beside `field` says.
fn expiry_beside(holder: &DynamicMessage, field: &FieldDescriptor) -> Option<OffsetDateTime> {
    let expiry = holder.get_field_by_name(&format!("{}{EXPIRY_SUFFIX}", field.name()))?;
    let seconds = expiry
        .as_message()?
        .get_field_by_name("seconds")?
        .as_i64()?;
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .filter(|_| seconds > 0)
}

#[cfg(test)]
mod tests;

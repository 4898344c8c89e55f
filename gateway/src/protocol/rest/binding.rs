//! One way to a method by plain HTTP, as an annotation `google.api.http` says it, checked against the method's messages.

use http::Method;
use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use quicksync::google::api::{HttpRule, http_rule::Pattern};

use super::template::{Flaw, Template, Variable};

/// Full name of the annotation.
const HTTP_OPTION: &str = "google.api.http";
/// All fields that the path does not name.
const WHOLE_BODY: &str = "*";
/// The field that says which fields of the body are meant, in the style of Google's AIP 134.
const MASK_FIELD: &str = "update_mask";
const MASK_TYPE: &str = "google.protobuf.FieldMask";
/// A field of this name in request and answers of a stream says from where it goes on.
const RESUME_FIELD: &str = "resume_token";

/// One way to a method.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    /// Verb of HTTP.
    pub(crate) verb: Method,
    /// Its path.
    pub(crate) template: Template,
    /// The method.
    pub(crate) rpc: MethodDescriptor,
    /// For each variable of the path, the fields from the request down to it.
    pub(crate) variables: Vec<Vec<FieldDescriptor>>,
    /// What the body is.
    pub(crate) body: Content,
    /// The field of the response that the answer is; `None` for all of it.
    pub(crate) answer: Option<FieldDescriptor>,
    /// The field that is made of what the body names, where it is not given.
    pub(crate) mask: Option<FieldDescriptor>,
    /// The fields of request and answer that say from where a stream goes on.
    pub(crate) resume: Option<(FieldDescriptor, FieldDescriptor)>,
}

/// What the body of a request is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing: all that the path does not name comes from the query.
    Nothing,
    /// The request but for what the path names.
    Request,
    /// One field of the request.
    Field(FieldDescriptor),
}

/// An annotation that cannot be served.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BindingError {
    #[error("google.api.http of {method}: {path:?}: {flaw}")]
    Template {
        method: String,
        path: String,
        flaw: Flaw,
    },
    #[error("google.api.http of {method} names no verb and path")]
    NoPattern { method: String },
    #[error("google.api.http of {method}: {verb:?} is no verb of HTTP that a path can be for")]
    Verb { method: String, verb: String },
    #[error("google.api.http of {method} has ways within other ways")]
    Nested { method: String },
    #[error(
        "google.api.http of {method}: {field}, a variable of the path, must be a field of the request, single and no message"
    )]
    Variable { method: String, field: String },
    #[error("google.api.http of {method}: {key} names {field}, and {message} has no such field")]
    NoField {
        method: String,
        key: &'static str,
        field: String,
        message: String,
    },
    #[error(
        "{method} takes a stream, which google.api.http has no way for: take the annotation off"
    )]
    Stream { method: String },
}

impl Binding {
    /// All ways to `rpc`; none where it has no annotation.
    pub(crate) fn all_of(rpc: &MethodDescriptor) -> Result<Vec<Self>, BindingError> {
        let Some(rule) = rule_of(rpc) else {
            return Ok(Vec::new());
        };
        let method = || rpc.full_name().to_owned();
        if rpc.is_client_streaming() {
            return Err(BindingError::Stream { method: method() });
        }
        let more = &rule.additional_bindings;
        if more.iter().any(|rule| !rule.additional_bindings.is_empty()) {
            return Err(BindingError::Nested { method: method() });
        }
        let rules = [&rule].into_iter().chain(more);
        rules.map(|rule| Self::of(rpc, rule)).collect()
    }

    /// The way that `rule` says.
    pub(super) fn of(rpc: &MethodDescriptor, rule: &HttpRule) -> Result<Self, BindingError> {
        let (verb, path) = pattern_of(rpc, rule)?;
        let template = Template::parse(path).map_err(|flaw| BindingError::Template {
            method: rpc.full_name().to_owned(),
            path: path.to_owned(),
            flaw,
        })?;
        let variables = template.variables().iter();
        let variables = variables.map(|variable| fields_of(rpc, variable));
        let (input, output) = (rpc.input(), rpc.output());
        let body = match rule.body.as_str() {
            "" => Content::Nothing,
            WHOLE_BODY => Content::Request,
            name => Content::Field(field_of(rpc, "body", name, &input)?),
        };
        let answer = match rule.response_body.as_str() {
            "" => None,
            name => Some(field_of(rpc, "response_body", name, &output)?),
        };
        Ok(Self {
            variables: variables.collect::<Result<_, _>>()?,
            mask: mask_of(&verb, &body, &input),
            resume: resume_of(rpc),
            verb,
            template,
            rpc: rpc.clone(),
            body,
            answer,
        })
    }
}

fn rule_of(rpc: &MethodDescriptor) -> Option<HttpRule> {
    let option = rpc.parent_pool().get_extension_by_name(HTTP_OPTION)?;
    let options = rpc.options();
    if !options.has_extension(&option) {
        return None;
    }
    let rule = options.get_extension(&option);
    rule.as_message()?.transcode_to().ok()
}

fn pattern_of<'a>(
    rpc: &MethodDescriptor,
    rule: &'a HttpRule,
) -> Result<(Method, &'a str), BindingError> {
    let method = rpc.full_name().to_owned();
    Ok(match &rule.pattern {
        Some(Pattern::Get(path)) => (Method::GET, path),
        Some(Pattern::Put(path)) => (Method::PUT, path),
        Some(Pattern::Post(path)) => (Method::POST, path),
        Some(Pattern::Delete(path)) => (Method::DELETE, path),
        Some(Pattern::Patch(path)) => (Method::PATCH, path),
        Some(Pattern::Custom(custom)) => {
            let verb = custom.kind.clone();
            // Anything goes (`*`), or what CORS and HTTP answer themselves: no path can be told from another by these.
            let parsed = Method::try_from(custom.kind.as_str())
                .ok()
                .filter(|verb| ![Method::OPTIONS, Method::CONNECT].contains(verb))
                .filter(|_| verb != WHOLE_BODY);
            let parsed = parsed.ok_or(BindingError::Verb { method, verb })?;
            (parsed, &custom.path)
        }
        None => return Err(BindingError::NoPattern { method }),
    })
}

/// The fields from the request down to what `variable` names.
fn fields_of(
    rpc: &MethodDescriptor,
    variable: &Variable,
) -> Result<Vec<FieldDescriptor>, BindingError> {
    let wrong = || BindingError::Variable {
        method: rpc.full_name().to_owned(),
        field: variable.name(),
    };
    let mut message = Some(rpc.input());
    let mut fields = Vec::new();
    for name in &variable.names {
        let within = message.take().ok_or_else(wrong)?;
        let field = within.get_field_by_name(name).ok_or_else(wrong)?;
        if field.cardinality() == Cardinality::Repeated {
            return Err(wrong());
        }
        message = field.kind().as_message().cloned();
        fields.push(field);
    }
    match message {
        None => Ok(fields),
        Some(_) => Err(wrong()),
    }
}

fn field_of(
    rpc: &MethodDescriptor,
    key: &'static str,
    name: &str,
    message: &MessageDescriptor,
) -> Result<FieldDescriptor, BindingError> {
    message
        .get_field_by_name(name)
        .ok_or_else(|| BindingError::NoField {
            method: rpc.full_name().to_owned(),
            key,
            field: name.to_owned(),
            message: message.full_name().to_owned(),
        })
}

fn mask_of(verb: &Method, body: &Content, input: &MessageDescriptor) -> Option<FieldDescriptor> {
    let is_of_message = matches!(body, Content::Field(field) if is_message(field));
    if *verb != Method::PATCH || !is_of_message {
        return None;
    }
    let mask = input.get_field_by_name(MASK_FIELD)?;
    let is_mask = matches!(mask.kind(), Kind::Message(kind) if kind.full_name() == MASK_TYPE)
        && !mask.is_list();
    is_mask.then_some(mask)
}

fn is_message(field: &FieldDescriptor) -> bool {
    field.kind().as_message().is_some() && field.cardinality() != Cardinality::Repeated
}

fn resume_of(rpc: &MethodDescriptor) -> Option<(FieldDescriptor, FieldDescriptor)> {
    if !rpc.is_server_streaming() {
        return None;
    }
    let asked = rpc.input().get_field_by_name(RESUME_FIELD)?;
    let told = rpc.output().get_field_by_name(RESUME_FIELD)?;
    let is_token = |field: &FieldDescriptor| {
        matches!(field.kind(), Kind::String | Kind::Bytes) && !field.is_list()
    };
    (asked.kind() == told.kind() && is_token(&asked) && is_token(&told)).then_some((asked, told))
}

//! The layers and how they are laid over each other.

use std::{env, ffi::OsString, fs, path::PathBuf};

use figment::{
    Figment,
    error::Kind,
    providers::{Format, Serialized, Toml},
    value::{Dict, Value},
};
use serde::Serialize;

use super::{Invalid, Problems, Section, secret::revealed};

/// What each environment variable that is read begins with.
pub const ENVIRONMENT_PREFIX: &str = "QUICKSYNC_";
/// Variables of the command line tools. A person who has set them for these starts a service in the same terminal.
const TOOL_VARIABLES: [&str; 5] = [
    "QUICKSYNC_FIRST_PORT",
    "QUICKSYNC_GATEWAY",
    "QUICKSYNC_GATEWAY_PORT",
    "QUICKSYNC_PROFILE",
    "QUICKSYNC_STATE_DIR",
];
/// Between the parts of a key in the name of an environment variable.
const ENVIRONMENT_SEPARATOR: &str = "__";

/// Where the values come from, weakest first.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file that must exist.
    pub file: Option<PathBuf>,
    /// Names with [`ENVIRONMENT_PREFIX`] and values; others are passed over, as are those of the command line tools.
    pub environment: Vec<(String, String)>,
    /// `key=value`, as given to `--set`.
    pub set: Vec<String>,
}

impl Sources {
    /// The environment of this process, with a file and `--set` values.
    pub fn of_process(file: Option<PathBuf>, set: Vec<String>) -> Self {
        // What is not UTF-8 is kept, with marks in it: better a refusal that shows it than silence.
        let text = |value: OsString| value.to_string_lossy().into_owned();
        let environment = env::vars_os()
            .map(|(name, value)| (text(name), text(value)))
            .filter(|(name, _)| name.starts_with(ENVIRONMENT_PREFIX))
            .collect();
        Self {
            file,
            environment,
            set,
        }
    }
}

/// Lays the layers over each other, reads the result and validates it. Nothing is read from elsewhere.
pub fn load<C: Section>(sources: &Sources) -> Result<C, Invalid> {
    let layers = Layers::read::<C>(sources)?;
    let config: C = layers.extract()?;
    let mut problems = Problems::default();
    problems.section("process", |problems| config.process().validate(problems));
    config.validate(&mut problems);
    problems.finish(|key| layers.source_of(key))?;
    Ok(config)
}

/// One source with what it sets.
struct Layer {
    source: String,
    values: Dict,
}

/// Strongest last.
struct Layers(Vec<Layer>);

impl Layers {
    fn read<C: Section>(sources: &Sources) -> Result<Self, Invalid> {
        let defaults = dict(&C::default())?;
        let mut layers = vec![Layer {
            source: "default".to_owned(),
            values: defaults.clone(),
        }];
        if let Some(path) = &sources.file {
            let source = path.display().to_string();
            let text = fs::read_to_string(path).map_err(|error| {
                Invalid::one(format!("--config {source}: cannot be read: {error}"))
            })?;
            let values = Toml::from_str::<Dict>(&text).map_err(|error| {
                Invalid::one(format!("--config {source}: {}", error.message().trim()))
            })?;
            layers.push(Layer { source, values });
        }
        let mut lines = Vec::new();
        for single in singles(sources, &defaults) {
            match single {
                Ok(layer) => layers.push(layer),
                Err(invalid) => lines.extend(invalid.lines),
            }
        }
        if !lines.is_empty() {
            return Err(Invalid { lines });
        }
        Ok(Self(layers))
    }

    fn extract<C: Section>(&self) -> Result<C, Invalid> {
        let mut figment = Figment::new();
        for layer in &self.0 {
            figment = figment.merge(Serialized::defaults(&layer.values));
        }
        figment.extract().map_err(|errors| Invalid {
            lines: errors
                .into_iter()
                .map(|error| self.explain(&error))
                .collect(),
        })
    }

    /// One line that names the key and the layer that set it.
    fn explain(&self, error: &figment::Error) -> String {
        let mut path = error.path.clone();
        let problem = match &error.kind {
            Kind::UnknownField(field, known) => {
                push_once(&mut path, field);
                format!("no such key; there are: {}", known.join(", "))
            }
            Kind::MissingField(field) => {
                push_once(&mut path, field);
                "must be set".to_owned()
            }
            kind => kind.to_string(),
        };
        let key = path.join(".");
        format!("{key} ({}): {problem}", self.source_of(&key))
    }

    /// The strongest layer that sets `key` or something around it.
    fn source_of(&self, key: &str) -> String {
        let mut key = key;
        loop {
            if let Some(layer) = self
                .0
                .iter()
                .rev()
                .find(|layer| find(&layer.values, key).is_some())
            {
                return layer.source.clone();
            }
            match key.rsplit_once('.') {
                Some((around, _)) => key = around,
                None => return "not set".to_owned(),
            }
        }
    }
}

/// Some errors have the field in their path already, others only what is around it.
fn push_once(path: &mut Vec<String>, field: &str) {
    if path.last().is_none_or(|last| last != field) {
        path.push(field.to_owned());
    }
}

/// The layers of one key each: the environment, then `--set`.
fn singles<'a>(
    sources: &'a Sources,
    defaults: &'a Dict,
) -> impl Iterator<Item = Result<Layer, Invalid>> + 'a {
    let environment = sources.environment.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix(ENVIRONMENT_PREFIX)?;
        if TOOL_VARIABLES.contains(&name.as_str()) {
            return None;
        }
        let key = key.to_ascii_lowercase().replace(ENVIRONMENT_SEPARATOR, ".");
        Some(single(name.clone(), &key, value, defaults))
    });
    let set = sources.set.iter().map(|assignment| {
        let (key, value) = assignment.split_once('=').ok_or_else(|| {
            let form = "must be written KEY=VALUE, such as grpc.listen=127.0.0.1:50051";
            Invalid::one(format!("--set {assignment}: {form}"))
        })?;
        single(format!("--set {key}"), key, value, defaults)
    });
    environment.chain(set)
}

/// A section as values, secrets included.
fn dict(section: &impl Serialize) -> Result<Dict, Invalid> {
    let value = revealed(|| Value::serialize(section).map_err(Box::new))
        .map_err(|error| Invalid::one(format!("the defaults: {error}")))?;
    value
        .into_dict()
        .ok_or_else(|| Invalid::one("the defaults: not a section"))
}

/// A layer that sets one key from text.
fn single(source: String, key: &str, text: &str, defaults: &Dict) -> Result<Layer, Invalid> {
    if key.split('.').any(str::is_empty) {
        return Err(Invalid::one(format!("{key} ({source}): not a key")));
    }
    let value = read_as(find(defaults, key), text)
        .map_err(|problem| Invalid::one(format!("{key} ({source}): {problem}")))?;
    let value = figment::util::nest(key, value);
    let values = value
        .into_dict()
        .ok_or_else(|| Invalid::one(format!("{key} ({source}): not a key")))?;
    Ok(Layer { source, values })
}

/// Reads text as what the default is; where there is none, by its look.
fn read_as(default: Option<&Value>, text: &str) -> Result<Value, String> {
    match default {
        Some(Value::String(..) | Value::Char(..)) => Ok(Value::from(text)),
        Some(Value::Bool(..)) => text
            .parse()
            .map(|value: bool| value.into())
            .map_err(|_| expected("true or false", text)),
        Some(Value::Num(..)) => number(text).ok_or_else(|| expected("a number", text)),
        Some(Value::Array(..)) => Ok(list(text)),
        Some(Value::Dict(..)) => Err("is a section; name a key in it".to_owned()),
        Some(Value::Empty(..)) | None => Ok(by_look(text)),
    }
}

fn expected(what: &str, text: &str) -> String {
    format!("must be {what}, not {text:?}")
}

fn number(text: &str) -> Option<Value> {
    text.parse::<i64>()
        .map(Value::from)
        .or_else(|_| text.parse::<u64>().map(Value::from))
        .or_else(|_| text.parse::<f64>().map(Value::from))
        .ok()
}

/// `["a", "b"]` as in TOML, or `a,b`; empty for no text.
fn list(text: &str) -> Value {
    if text.trim_start().starts_with('[') {
        return by_look(text);
    }
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect::<Vec<String>>()
        .into()
}

fn by_look(text: &str) -> Value {
    let value: Result<Value, _> = text.parse();
    value.unwrap_or_else(|_| Value::from(text))
}

fn find<'a>(values: &'a Dict, key: &str) -> Option<&'a Value> {
    let (first, rest) = key
        .split_once('.')
        .map_or((key, None), |(first, rest)| (first, Some(rest)));
    let value = values.get(first)?;
    match rest {
        Some(rest) => find(value.as_dict()?, rest),
        None => Some(value),
    }
}

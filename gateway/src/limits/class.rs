//! Which limit a method counts for.

use prost_reflect::{
    DescriptorPool, ExtensionDescriptor, MethodDescriptor,
    prost_types::{MethodOptions, method_options::IdempotencyLevel},
};
use quicksync::options::v1::RateClass;
use serde::{Deserialize, Serialize};

/// Full name of the option that a method may carry.
const RATE_CLASS_OPTION: &str = "quicksync.options.v1.rate_class";

/// What one call takes, as `quicksync.options.v1.RateClass` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Reads something.
    Read,
    /// Changes something.
    Write,
    /// Costs far more than others do.
    Expensive,
    /// Opens a stream.
    Stream,
}

/// The class of methods that do not say theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmarkedClass {
    /// Streams are `stream`, methods without side effects `read`, all others `write`.
    #[default]
    ByShape,
    /// All of them are `read`.
    Read,
    /// All of them are `write`.
    Write,
    /// All of them are `expensive`.
    Expensive,
    /// All of them are `stream`.
    Stream,
}

/// The option in the descriptors; `None` where they do not know it.
pub(crate) fn option_in(pool: &DescriptorPool) -> Option<ExtensionDescriptor> {
    pool.get_extension_by_name(RATE_CLASS_OPTION)
}

impl UnmarkedClass {
    fn of(self, method: &MethodDescriptor) -> Class {
        match self {
            Self::ByShape => Class::by_shape(method),
            Self::Read => Class::Read,
            Self::Write => Class::Write,
            Self::Expensive => Class::Expensive,
            Self::Stream => Class::Stream,
        }
    }
}

impl Class {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Expensive, Self::Stream];

    /// The class of `method`.
    pub(crate) fn of(
        method: &MethodDescriptor,
        option: Option<&ExtensionDescriptor>,
        unmarked: UnmarkedClass,
    ) -> Self {
        let number = option
            .filter(|option| method.options().has_extension(option))
            .and_then(|option| method.options().get_extension(option).as_enum_number());
        let marked = number.and_then(|number| RateClass::try_from(number).ok());
        match marked {
            Some(RateClass::Read) => Self::Read,
            Some(RateClass::Write) => Self::Write,
            Some(RateClass::Expensive) => Self::Expensive,
            Some(RateClass::Stream) => Self::Stream,
            Some(RateClass::Unspecified) | None => unmarked.of(method),
        }
    }

    fn by_shape(method: &MethodDescriptor) -> Self {
        let proto = method.method_descriptor_proto();
        let level = proto.options.as_ref().map(MethodOptions::idempotency_level);
        match level {
            _ if method.is_client_streaming() || method.is_server_streaming() => Self::Stream,
            Some(IdempotencyLevel::NoSideEffects) => Self::Read,
            _ => Self::Write,
        }
    }

    /// Its name in metrics and in Redis.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Expensive => "expensive",
            Self::Stream => "stream",
        }
    }
}

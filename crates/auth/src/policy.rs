//! Who may call which method, as the option `quicksync.options.v1.access` of each says.

use std::{collections::HashMap, sync::Arc};

use prost_reflect::{DescriptorPool, DynamicMessage, ExtensionDescriptor, MethodDescriptor, Value};
use quicksync::options::v1::AccessLevel;

/// Full name of the option that each method carries.
const ACCESS_OPTION: &str = "quicksync.options.v1.access";

/// What a caller must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nobody may call: the method does not say who may.
    Denied,
    /// Anybody may.
    Public,
    /// People with a valid access token may.
    User,
    /// The named services may, and nobody from outside of the mesh.
    Service(Vec<String>),
}

/// The descriptors do not say what they should.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The bytes are no file descriptor set.
    #[error("the descriptor set cannot be read")]
    Descriptors(#[source] prost_reflect::DescriptorError),
    /// The option's own file is not among them.
    #[error("the descriptor set does not define {ACCESS_OPTION}")]
    NoAccessOption,
}

/// Path of a method (`/package.Service/Method`) to who may call it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Policy {
    methods: Arc<HashMap<String, Access>>,
}

impl Policy {
    /// Reads an encoded `google.protobuf.FileDescriptorSet`.
    pub fn from_descriptors(file_descriptor_set: &[u8]) -> Result<Self, PolicyError> {
        let pool = DescriptorPool::decode(file_descriptor_set).map_err(PolicyError::Descriptors)?;
        if pool.get_extension_by_name(ACCESS_OPTION).is_none() {
            return Err(PolicyError::NoAccessOption);
        }
        Ok(Self::from_pool(&pool, &Access::Denied))
    }

    /// The same from descriptors of somebody who may not know the option: methods that do not carry it are `unmarked`.
    pub fn from_pool(pool: &DescriptorPool, unmarked: &Access) -> Self {
        let option = pool.get_extension_by_name(ACCESS_OPTION);
        let access = |method: &MethodDescriptor| {
            let marked = option.as_ref().and_then(|option| access_of(method, option));
            marked.unwrap_or_else(|| unmarked.clone())
        };
        let methods = pool
            .services()
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| (path_of(&method), access(&method)))
            .collect();
        Self {
            methods: Arc::new(methods),
        }
    }

    /// Who may call the method at `path` (`/package.Service/Method`); `None` where there is no such method.
    pub fn access(&self, path: &str) -> Option<&Access> {
        self.methods.get(path)
    }

    /// All methods that are known, in no particular order.
    pub fn methods(&self) -> impl Iterator<Item = (&str, &Access)> {
        self.methods
            .iter()
            .map(|(path, access)| (path.as_str(), access))
    }
}

fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

/// `None` where the method does not carry the option.
fn access_of(method: &MethodDescriptor, option: &ExtensionDescriptor) -> Option<Access> {
    let options = method.options();
    if !options.has_extension(option) {
        return None;
    }
    let value = options.get_extension(option);
    let Some(access) = value.as_message() else {
        return Some(Access::Denied);
    };
    Some(match level_of(access) {
        AccessLevel::Unspecified => Access::Denied,
        AccessLevel::Public => Access::Public,
        AccessLevel::User => Access::User,
        AccessLevel::Service => Access::Service(services_of(access)),
    })
}

fn level_of(access: &DynamicMessage) -> AccessLevel {
    access
        .get_field_by_name("level")
        .and_then(|level| level.as_enum_number())
        .and_then(|number| AccessLevel::try_from(number).ok())
        .unwrap_or(AccessLevel::Unspecified)
}

fn services_of(access: &DynamicMessage) -> Vec<String> {
    let services = access.get_field_by_name("services");
    let names = services
        .as_deref()
        .and_then(Value::as_list)
        .unwrap_or_default();
    names
        .iter()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests;

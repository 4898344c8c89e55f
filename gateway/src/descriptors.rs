//! What the methods of upstreams look like and who may call them: as this build knows it, or, for services of other teams, as
//! a file says that the configuration names ([`Origin::File`]), or the server itself ([`reflection`]). Both are read again
//! without a restart ([`sources`]).

mod reflection;
mod sources;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use auth::{Access, Policy};
use prost_reflect::{DescriptorError, DescriptorPool, ExtensionDescriptor, MethodDescriptor};

pub(crate) use self::sources::Sources;
use crate::{
    config::UnmarkedAccess,
    credentials::{self, Credentials, CredentialsError},
    limits::{self, Class, UnmarkedClass},
    routes::Upstream,
};

/// The descriptors of one source. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Descriptors {
    pool: DescriptorPool,
    policy: Policy,
    /// Marks fields with refresh tokens. Only our own protos may do that: whoever has such a field is given the cookies of
    /// all browsers.
    credential: Option<ExtensionDescriptor>,
    rate_class: Option<ExtensionDescriptor>,
    unmarked_rate_class: UnmarkedClass,
}

/// Where descriptors are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This build.
    Build,
    /// A file.
    File(PathBuf),
    /// The server, which is asked for them.
    Reflection,
}

/// What holds for methods that do not say it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unmarked {
    /// Who may call them.
    pub(crate) access: UnmarkedAccess,
    /// Which limit they count for.
    pub(crate) rate_class: UnmarkedClass,
}

/// The descriptors cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Those of this build are broken.
    #[error("the descriptors of this build cannot be read")]
    Build(#[source] Box<DescriptorError>),
    /// An option of ours is not among those of this build.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The file is not there, or is somebody else's.
    #[error("upstreams.{upstream}.descriptors: {} cannot be read", path.display())]
    File {
        /// Name of the upstream.
        upstream: String,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error(
        "upstreams.{upstream}.descriptors: {} is no FileDescriptorSet with all its imports, as `buf build -o FILE` and \
         `protoc --include_imports --descriptor_set_out=FILE` write it",
        path.display()
    )]
    NoDescriptors {
        /// Name of the upstream.
        upstream: String,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<DescriptorError>,
    },
    /// The server does not say.
    #[error("upstreams.{upstream}.reflection")]
    Reflection {
        /// Name of the upstream.
        upstream: String,
        /// Why.
        source: reflection::Error,
    },
    /// What the server says makes no sense.
    #[error("upstreams.{upstream}.reflection: the server's descriptors do not fit together")]
    Reflected {
        /// Name of the upstream.
        upstream: String,
        /// What is wrong with them.
        source: Box<DescriptorError>,
    },
}

impl Descriptors {
    /// Those of this build.
    pub(crate) fn of_build() -> Result<Self, Error> {
        let pool = DescriptorPool::decode(quicksync::FILE_DESCRIPTOR_SET)
            .map_err(|source| Error::Build(Box::new(source)))?;
        Ok(Self {
            policy: Policy::from_pool(&pool, &Access::Denied),
            credential: Some(credentials::option_in(&pool)?),
            rate_class: limits::option_in(&pool),
            unmarked_rate_class: UnmarkedClass::ByShape,
            pool,
        })
    }

    /// Those in the file at `path`, of the upstream of this name.
    pub(crate) fn of_file(upstream: &str, path: &Path, unmarked: Unmarked) -> Result<Self, Error> {
        let bytes = read_file(upstream, path)?;
        Self::decode(upstream, &Origin::File(path.to_owned()), &bytes, unmarked)
    }

    /// Those in `bytes`, which came from `origin`.
    fn decode(
        upstream: &str,
        origin: &Origin,
        bytes: &[u8],
        unmarked: Unmarked,
    ) -> Result<Self, Error> {
        let pool = DescriptorPool::decode(bytes).map_err(|source| {
            let (upstream, source) = (upstream.to_owned(), Box::new(source));
            match origin {
                Origin::Build => Error::Build(source),
                Origin::File(path) => Error::NoDescriptors {
                    upstream,
                    path: path.clone(),
                    source,
                },
                Origin::Reflection => Error::Reflected { upstream, source },
            }
        })?;
        let access = match unmarked.access {
            UnmarkedAccess::Nobody => Access::Denied,
            UnmarkedAccess::User => Access::User,
            UnmarkedAccess::Public => Access::Public,
        };
        Ok(Self {
            policy: Policy::from_pool(&pool, &access),
            credential: None,
            rate_class: limits::option_in(&pool),
            unmarked_rate_class: unmarked.rate_class,
            pool,
        })
    }

    /// True where there is a service of this full name.
    pub(crate) fn knows(&self, service: &str) -> bool {
        self.pool.get_service_by_name(service).is_some()
    }

    /// The methods of `service` that can be called from outside, each with its rule.
    pub(crate) fn methods(
        &self,
        service: &str,
    ) -> impl Iterator<Item = (MethodDescriptor, &Access)> {
        let service = self.pool.get_service_by_name(service);
        let methods = service.into_iter().flat_map(|service| {
            // The iterator borrows from the service.
            service.methods().collect::<Vec<_>>()
        });
        methods.filter_map(|method| {
            let access = self.policy.access(&path_of(&method))?;
            matches!(access, Access::Public | Access::User).then_some((method, access))
        })
    }

    /// Which limit a call of `method` counts for.
    pub(crate) fn rate_class(&self, method: &MethodDescriptor) -> Class {
        Class::of(method, self.rate_class.as_ref(), self.unmarked_rate_class)
    }

    /// Where the messages of `method` have refresh tokens.
    pub(crate) fn credentials(
        &self,
        method: &MethodDescriptor,
    ) -> Result<Option<Credentials>, CredentialsError> {
        match &self.credential {
            Some(option) => Credentials::of(method, option),
            None => Ok(None),
        }
    }
}

impl Origin {
    /// What is there now for the upstream of this name.
    async fn read(&self, name: &str, upstream: &Upstream) -> Result<Vec<u8>, Error> {
        match self {
            Self::Build => Ok(quicksync::FILE_DESCRIPTOR_SET.to_vec()),
            // Some kilobytes, some times a minute.
            Self::File(path) => read_file(name, path),
            Self::Reflection => {
                let fetched = reflection::fetch(upstream.channel.clone(), &upstream.services);
                fetched.await.map_err(|source| Error::Reflection {
                    upstream: name.to_owned(),
                    source,
                })
            }
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build => f.write_str("this build"),
            Self::File(path) => path.display().fmt(f),
            Self::Reflection => f.write_str("its server"),
        }
    }
}

fn read_file(upstream: &str, path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::File {
        upstream: upstream.to_owned(),
        path: path.to_owned(),
        source,
    })
}

/// Types of error details that every service may use (`google.rpc`).
pub(crate) fn of_details() -> Result<DescriptorPool, Error> {
    // It has the well-known types, which they import.
    let mut pool = DescriptorPool::global();
    pool.decode_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
        .map_err(|source| Error::Build(Box::new(source)))?;
    Ok(pool)
}

/// `/package.Service/Method`
pub(crate) fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

#[cfg(test)]
mod tests;

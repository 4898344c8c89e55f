//! Which methods can be called from outside, and where each goes. Built once from the descriptors and the configuration.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use auth::{Access, Policy};
use mesh::client::Channel;
use prost_reflect::{DescriptorPool, MethodDescriptor, ServiceDescriptor};

use crate::{
    credentials::{self, Credentials, CredentialsError},
    metrics::{Meter, Metrics, Observation},
    protocol::{PROTOCOLS, Protocol},
};

/// One method that can be called from outside.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Full name of the gRPC service.
    pub(crate) service: Arc<str>,
    /// Name of the method.
    pub(crate) method: Arc<str>,
    meters: [Arc<Meter>; PROTOCOLS],
    /// Where its messages have refresh tokens.
    pub(crate) credentials: Option<Arc<Credentials>>,
    /// True where the answer is a stream.
    pub(crate) is_stream: bool,
    /// Where the call goes; `None` for what stands in for all unknown methods.
    pub(crate) upstream: Option<Channel>,
}

impl Route {
    /// One that goes nowhere.
    fn new(service: &Arc<str>, method: &str, metrics: &Metrics) -> Self {
        let method = Arc::from(method);
        Self {
            service: Arc::clone(service),
            meters: metrics.method(service, &method),
            method,
            credentials: None,
            is_stream: false,
            upstream: None,
        }
    }

    /// A call of this method begins.
    pub(crate) fn begin(&self, protocol: Protocol) -> Observation {
        self.meters[protocol as usize].begin()
    }
}

/// Path (`/package.Service/Method`) to route. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    methods: Arc<HashMap<Box<str>, Route>>,
    unknown: Arc<Route>,
}

/// The configuration and the descriptors do not fit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoutesError {
    /// The bytes are no file descriptor set.
    #[error("the descriptor set cannot be read")]
    Descriptors(#[from] prost_reflect::DescriptorError),
    /// The credentials of a method cannot be kept for browsers.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// A configured service is not in the descriptors.
    #[error("upstreams.{upstream}.services names {service}, which this build does not know")]
    UnknownService {
        /// Name of the upstream.
        upstream: String,
        /// Name of the service.
        service: String,
    },
}

/// A name of an upstream, the services it serves, and the way to it.
pub(crate) type Upstreams = BTreeMap<String, (Vec<String>, Channel)>;

impl Routes {
    /// Routes for each method of the services of `upstreams` that `policy` lets people or everybody call.
    pub(crate) fn new(
        file_descriptor_set: &[u8],
        policy: &Policy,
        upstreams: &Upstreams,
        metrics: &Metrics,
    ) -> Result<Self, RoutesError> {
        let pool = DescriptorPool::decode(file_descriptor_set)?;
        let credential = credentials::option_in(&pool)?;
        let mut methods = HashMap::new();
        for (upstream, (services, channel)) in upstreams {
            for name in services {
                let service =
                    pool.get_service_by_name(name)
                        .ok_or_else(|| RoutesError::UnknownService {
                            upstream: upstream.clone(),
                            service: name.clone(),
                        })?;
                let service_name = Arc::from(service.full_name());
                for (path, method) in methods_of(&service, policy) {
                    let route = Route {
                        credentials: Credentials::of(&method, &credential)?.map(Arc::new),
                        is_stream: method.is_server_streaming(),
                        upstream: Some(channel.clone()),
                        ..Route::new(&service_name, method.name(), metrics)
                    };
                    methods.insert(path, route);
                }
            }
        }
        let nothing: Arc<str> = Arc::from("unknown");
        let unknown = Route::new(&nothing, "unknown", metrics);
        Ok(Self {
            methods: Arc::new(methods),
            unknown: Arc::new(unknown),
        })
    }

    /// The route of `path`. A method that is unknown, or is not for the outside, gets the one without an upstream, so that
    /// no client can make metrics grow by inventing names.
    pub(crate) fn find(&self, path: &str) -> &Route {
        self.methods.get(path).unwrap_or(&self.unknown)
    }
}

/// Path and method of each that can be called from outside.
fn methods_of(
    service: &ServiceDescriptor,
    policy: &Policy,
) -> impl Iterator<Item = (Box<str>, MethodDescriptor)> {
    service
        .methods()
        .map(|method| (path_of(&method).into_boxed_str(), method))
        .filter(|(path, _)| matches!(policy.access(path), Some(Access::Public | Access::User)))
}

fn path_of(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

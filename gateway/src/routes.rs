//! Which methods can be called from outside, and where each goes: built from the configuration and the descriptors, and built
//! anew where these change ([`CurrentRoutes`]).

mod current;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use auth::Access;
use http::{HeaderMap, Response};
use mesh::client::Channel;
use prost_reflect::{
    MethodDescriptor,
    prost_types::{MethodOptions, method_options::IdempotencyLevel},
};
use tonic::body::Body;

pub(crate) use self::current::CurrentRoutes;
use crate::{
    credentials::{Credentials, CredentialsError},
    descriptors::{Descriptors, Origin, path_of},
    limits::Class,
    metrics::{Meter, Metrics, Observation},
    openapi::{Api, Documents},
    protocol::{
        PROTOCOLS, Protocol, plain,
        rest::{Resources, ResourcesError},
    },
};

/// Why there is no upstream.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Absence {
    /// There is no such method.
    Unknown,
    /// The service is configured, and nobody has described its methods yet.
    Awaited,
}

/// One method that can be called from outside.
#[derive(Clone, Debug)]
pub(crate) struct Route {
    /// Full name of the gRPC service.
    pub(crate) service: Arc<str>,
    /// Name of the method.
    pub(crate) method: Arc<str>,
    /// Who may call it.
    pub(crate) access: Access,
    /// Which limit a call counts for.
    pub(crate) rate_class: Class,
    meters: [Arc<Meter>; PROTOCOLS],
    /// Where its messages have refresh tokens.
    pub(crate) credentials: Option<Arc<Credentials>>,
    /// What it takes and gives; `None` for what stands in for all unknown methods.
    pub(crate) rpc: Option<MethodDescriptor>,
    /// True where a call changes nothing, and may be made by GET.
    pub(crate) is_safe: bool,
    /// True where the request is a stream.
    pub(crate) takes_stream: bool,
    /// True where the answer is a stream.
    pub(crate) gives_stream: bool,
    /// Where the method is described.
    origin: Origin,
    /// Where the call goes; `None` for what stands in for all unknown methods.
    pub(crate) upstream: Option<Channel>,
    /// Why a call goes nowhere, where it does.
    pub(crate) absence: Absence,
}

impl Route {
    /// One that goes nowhere.
    fn new(service: &Arc<str>, method: &str, metrics: &Metrics) -> Self {
        let method = Arc::from(method);
        Self {
            service: Arc::clone(service),
            meters: metrics.method(service, &method),
            method,
            access: Access::Denied,
            rate_class: Class::Read,
            credentials: None,
            rpc: None,
            origin: Origin::Build,
            is_safe: false,
            takes_stream: false,
            gives_stream: false,
            upstream: None,
            absence: Absence::Unknown,
        }
    }

    /// True where there is no such method.
    pub(crate) const fn is_unknown(&self) -> bool {
        self.upstream.is_none() && matches!(self.absence, Absence::Unknown)
    }

    /// What to open the messages of a request with `headers` by, where they are compressed and the service takes none that
    /// are: QuickSync's own do not, so that only one place has to bound what comes out.
    pub(crate) fn rpc_to_open(&self, headers: &HeaderMap) -> Option<&MethodDescriptor> {
        self.rpc
            .as_ref()
            .filter(|_| self.origin == Origin::Build && plain::can_open(headers))
    }

    /// A call of this method begins.
    pub(crate) fn begin(&self, protocol: Protocol) -> Observation {
        let is_stream = self.takes_stream || self.gives_stream;
        self.meters[protocol as usize].begin(is_stream)
    }
}

/// Path (`/package.Service/Method`) to route. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Routes {
    methods: Arc<HashMap<Box<str>, Arc<Route>>>,
    /// Services that nobody has described yet.
    awaited_services: Arc<HashSet<String>>,
    awaited: Arc<Route>,
    unknown: Arc<Route>,
    resources: Arc<Resources>,
    documents: Arc<Documents>,
}

/// The configuration and the descriptors do not fit.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoutesError {
    /// The credentials of a method cannot be kept for browsers.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The paths of annotated methods do not fit.
    #[error(transparent)]
    Resources(#[from] ResourcesError),
    /// A configured service is not among those of this build.
    #[error(
        "upstreams.{upstream}.services names {service}, which this build does not know: for a service of another team, \
         upstreams.{upstream}.descriptors must name a file with its descriptors, or upstreams.{upstream}.reflection be true"
    )]
    NotInBuild {
        /// Name of the upstream.
        upstream: String,
        /// Name of the service.
        service: String,
    },
    /// A configured service is not where it is said to be described.
    #[error("upstreams.{upstream}.services names {service}, which {origin} does not define")]
    NotDefined {
        /// Name of the upstream.
        upstream: String,
        /// Name of the service.
        service: String,
        /// Where its upstream is described.
        origin: Origin,
    },
    /// A configured service of another team would be there for nobody.
    #[error(
        "upstreams.{upstream}.unmarked_access: nobody could call {service}, as none of its methods says who may: set this to \
         \"user\" or \"public\", or mark methods with the option quicksync.options.v1.access"
    )]
    ForNobody {
        /// Name of the upstream.
        upstream: String,
        /// Name of the service.
        service: String,
    },
}

/// Where services are.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// Full names of those that it serves to the outside.
    pub(crate) services: Vec<String>,
    /// What their methods look like; `None` until their server has said it.
    pub(crate) descriptors: Option<Descriptors>,
    /// Where that is from.
    pub(crate) origin: Origin,
    /// The way to it.
    pub(crate) channel: Channel,
}

/// By a name of the operator's choice.
pub(crate) type Upstreams = BTreeMap<String, Upstream>;

impl Routes {
    /// Routes for each method of the services of `upstreams` that people or everybody may call.
    pub(crate) fn new(upstreams: &Upstreams, metrics: &Metrics) -> Result<Self, RoutesError> {
        let mut methods = HashMap::new();
        let mut awaited_services = HashSet::new();
        let mut resources = Resources::default();
        for (name, upstream) in upstreams {
            let Some(descriptors) = &upstream.descriptors else {
                awaited_services.extend(upstream.services.iter().cloned());
                continue;
            };
            for service in &upstream.services {
                upstream.check(descriptors, name, service)?;
                let service_name = Arc::from(service.as_str());
                for (method, access) in descriptors.methods(service) {
                    let credentials = descriptors.credentials(&method)?;
                    resources.add(&method)?;
                    let route = Route {
                        access: access.clone(),
                        rate_class: descriptors.rate_class(&method),
                        credentials: credentials.map(Arc::new),
                        is_safe: is_safe(&method),
                        takes_stream: method.is_client_streaming(),
                        gives_stream: method.is_server_streaming(),
                        upstream: Some(upstream.channel.clone()),
                        rpc: Some(method.clone()),
                        origin: upstream.origin.clone(),
                        ..Route::new(&service_name, method.name(), metrics)
                    };
                    methods.insert(path_of(&method).into_boxed_str(), Arc::new(route));
                }
            }
        }
        let nothing: Arc<str> = Arc::from("unknown");
        let unknown = Route::new(&nothing, "unknown", metrics);
        let awaited = Route {
            absence: Absence::Awaited,
            ..unknown.clone()
        };
        Ok(Self {
            methods: Arc::new(methods),
            awaited_services: Arc::new(awaited_services),
            awaited: Arc::new(awaited),
            unknown: Arc::new(unknown),
            resources: Arc::new(resources),
            documents: Arc::default(),
        })
    }

    /// The paths of methods that are called by plain HTTP.
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// `/openapi.json` about these paths, for a request with `headers`.
    pub(crate) fn document(&self, headers: &HeaderMap) -> Response<Body> {
        self.describe(|documents, api| documents.json(api, headers))
    }

    /// The same as a page.
    pub(crate) fn page(&self, headers: &HeaderMap) -> Response<Body> {
        self.describe(|documents, api| documents.page(api, headers))
    }

    fn describe(
        &self,
        answer: impl FnOnce(&Documents, &Api<'_>) -> Response<Body>,
    ) -> Response<Body> {
        let access = |path: &str| self.find(path).access.clone();
        let api = Api {
            resources: &self.resources,
            access: &access,
        };
        answer(&self.documents, &api)
    }

    /// The route of `path`. A method that is unknown, or is not for the outside, gets the one without an upstream, so that
    /// no client can make metrics grow by inventing names.
    pub(crate) fn find(&self, path: &str) -> &Arc<Route> {
        match self.methods.get(path) {
            Some(route) => route,
            None if self.awaits(path) => &self.awaited,
            None => &self.unknown,
        }
    }

    fn awaits(&self, path: &str) -> bool {
        let service = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        service.is_some_and(|(service, _)| self.awaited_services.contains(service))
    }
}

/// True for a call of one message to one message that its proto declares to have no side effects.
fn is_safe(method: &MethodDescriptor) -> bool {
    let proto = method.method_descriptor_proto();
    let level = proto.options.as_ref().map(MethodOptions::idempotency_level);
    level == Some(IdempotencyLevel::NoSideEffects)
        && !method.is_client_streaming()
        && !method.is_server_streaming()
}

impl Upstream {
    /// Refuses a `service` that could not be served.
    fn check(
        &self,
        descriptors: &Descriptors,
        name: &str,
        service: &str,
    ) -> Result<(), RoutesError> {
        let (upstream, service) = (name.to_owned(), service.to_owned());
        let is_of_build = self.origin == Origin::Build;
        match descriptors.knows(&service) {
            false if is_of_build => Err(RoutesError::NotInBuild { upstream, service }),
            false => Err(RoutesError::NotDefined {
                upstream,
                service,
                origin: self.origin.clone(),
            }),
            true if !is_of_build && descriptors.methods(&service).next().is_none() => {
                Err(RoutesError::ForNobody { upstream, service })
            }
            true => Ok(()),
        }
    }
}

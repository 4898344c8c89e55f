//! From a configuration to a bound port, and from there to the end of the drain.

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use prost::Message;
use prost_types::FileDescriptorSet;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{body::Body, server::NamedService};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::Service;

use super::{Authorize, Config, connection, routes::Routes, stack::Stack};
use crate::{Metrics, metrics::Paths};

/// Collects services; [`Builder::bind`] opens the port.
///
/// ```no_run
/// # use std::{sync::Arc, time::Duration};
/// # async fn demo(authorizer: Arc<dyn mesh::server::Authorize>, draining: tokio_util::sync::CancellationToken,
/// #     descriptors: &'static [u8]) -> Result<(), Box<dyn std::error::Error>> {
/// # let service = tonic_health::server::health_reporter().1;
/// let bound = mesh::server::Builder::new(&mesh::server::Config::default(), &mesh::Metrics::detached())
///     .authorizer(authorizer)
///     .descriptors(descriptors)
///     .add(service)
///     .bind()
///     .await?;
/// println!("{}", bound.local_addr());
/// bound.serve(draining, Duration::from_secs(20)).await;
/// # Ok(())
/// # }
/// ```
pub struct Builder {
    config: Config,
    metrics: Metrics,
    authorizer: Option<Arc<dyn Authorize>>,
    descriptors: Vec<&'static [u8]>,
    routes: Routes,
}

/// A port that is bound but not served yet.
pub struct Bound {
    config: Config,
    metrics: Metrics,
    listener: TcpListener,
    local_addr: SocketAddr,
    health: HealthReporter,
    stack: Stack,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The port is taken or not ours to take.
    #[error("cannot listen on {listen} (grpc.listen)")]
    Listen {
        /// The address that was asked for.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The descriptor set that was built into this program cannot be read.
    #[error("the descriptor set cannot be read")]
    Descriptors(#[from] prost::DecodeError),
    /// Reflection refuses the descriptor set.
    #[error("the descriptor set cannot be reflected")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every call came to its end.
    Complete,
    /// The grace was over.
    CutOff {
        /// How many connections were cut with calls in them.
        connections: usize,
    },
}

impl Builder {
    /// A server without services. Health and reflection are added by itself.
    pub fn new(config: &Config, metrics: &Metrics) -> Self {
        Self {
            config: config.clone(),
            metrics: metrics.clone(),
            authorizer: None,
            descriptors: vec![tonic_health::pb::FILE_DESCRIPTOR_SET],
            routes: Routes::default(),
        }
    }

    /// Who decides about each call. Without one every call is let through.
    #[must_use]
    pub fn authorizer(mut self, authorizer: Arc<dyn Authorize>) -> Self {
        self.authorizer = Some(authorizer);
        self
    }

    /// An encoded `FileDescriptorSet` with the services that are added: reflection shows it, and metrics know methods from it
    /// (calls to a service without descriptors are counted under `other`). May be repeated.
    #[must_use]
    pub fn descriptors(mut self, file_descriptor_set: &'static [u8]) -> Self {
        self.descriptors.push(file_descriptor_set);
        self
    }

    /// A generated server: `.add(ChatServiceServer::new(chat))`. Do not set a message size on it: the stack holds
    /// `message_bytes_max` for all.
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "adds a service; nothing is summed up"
    )]
    pub fn add<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.routes.add(service, false);
        self
    }

    /// Opens the port. Connections wait until [`Bound::serve`].
    pub async fn bind(mut self) -> Result<Bound, BindError> {
        let (health, service) = tonic_health::server::health_reporter();
        for name in self.routes.names() {
            health
                .set_service_status(name, ServingStatus::Serving)
                .await;
        }
        self.routes.add(service, true);
        let reflection = self.descriptors.iter().fold(
            tonic_reflection::server::Builder::configure(),
            |builder, set| builder.register_encoded_file_descriptor_set(set),
        );
        self.routes.add(reflection.build_v1()?, true);

        let paths = self.paths()?;
        let listen = self.config.listen;
        let failed = |source| BindError::Listen { listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let local_addr = listener.local_addr().map_err(failed)?;
        let paths = Paths::fixed(self.metrics.server(), paths.iter().map(String::as_str));
        let stack = Stack::new(
            self.routes,
            paths,
            self.authorizer,
            self.config.message_bytes_max,
        );
        Ok(Bound {
            config: self.config,
            metrics: self.metrics,
            listener,
            local_addr,
            health,
            stack,
        })
    }

    /// The paths of all methods of the services that were added.
    fn paths(&self) -> Result<Vec<String>, prost::DecodeError> {
        let mut paths = Vec::new();
        for set in &self.descriptors {
            for file in FileDescriptorSet::decode(*set)?.file {
                for service in &file.service {
                    let name = if file.package().is_empty() {
                        service.name().to_owned()
                    } else {
                        format!("{}.{}", file.package(), service.name())
                    };
                    if self.routes.serves(&name) {
                        paths.extend(
                            service
                                .method
                                .iter()
                                .map(|method| format!("/{name}/{}", method.name())),
                        );
                    }
                }
            }
        }
        Ok(paths)
    }
}

impl Bound {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Says what grpc.health.v1 answers; until told otherwise every service is serving.
    pub fn health(&self) -> HealthReporter {
        self.health.clone()
    }

    /// Serves until `draining` is cancelled; then accepts nothing new, says so to every client (GOAWAY) and to health
    /// checks, and waits for the calls that were begun. What is left after `grace` is cut off. Dropping the future cuts off
    /// everything at once.
    pub async fn serve(self, draining: CancellationToken, grace: Duration) -> Drained {
        let health = self.health;
        let names: Vec<&str> = self.stack.service_names().collect();
        let stack = Arc::new(self.stack.with_draining(draining.clone()));
        let server =
            connection::Server::new(&self.config, self.metrics.connections().clone(), stack);
        server.accept_until(&self.listener, &draining).await;
        drop(self.listener);
        for name in names {
            health
                .set_service_status(name, ServingStatus::NotServing)
                .await;
        }
        server.finish(grace).await
    }
}

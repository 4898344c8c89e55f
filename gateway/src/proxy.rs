//! A gRPC call from the edge to the upstream and back, whatever its client spoke.
//!
//! Messages are neither decoded nor gathered: bytes go on as they come, and nothing is read that the other side has no room
//! for. The exception are calls of browsers that carry a refresh token ([`visit`]).

mod answer;
mod frames;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod headers;
mod request_body;
mod response_body;
mod visit;

use std::{pin::pin, sync::Arc, time::Duration};

use auth::Authorizer;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, header::RETRY_AFTER, request};
use http_body::Body;
use mesh::client::Channel;
use prost_reflect::DescriptorPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Status, codegen::StdError};
use tower::ServiceExt;

use self::{
    answer::{answer, refusal, worded},
    request_body::{Bounds, Fault, RequestBody},
    response_body::Ends,
    visit::Visit,
};
pub(crate) use self::{
    frames::frame,
    response_body::{ResponseBody, trailers_of},
    visit::Keeper,
};
use crate::{
    access_log::Record,
    error::{self, Error},
    ids,
    limits::Limits,
    protocol::{
        Protocol, plain,
        rest::{Binding, Found},
    },
    routes::{Absence, CurrentRoutes, Route},
};

/// Forwards calls. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Proxy(Arc<Parts>);

/// What a [`Proxy`] is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Which methods there are.
    pub(crate) routes: Arc<CurrentRoutes>,
    /// Who may call them.
    pub(crate) authorizer: Arc<Authorizer>,
    /// How many calls they may make; `None` for any number.
    pub(crate) limits: Option<Arc<Limits>>,
    /// Keeps the refresh tokens of browsers.
    pub(crate) keeper: Keeper,
    /// The largest message in a request.
    pub(crate) message_bytes_max: u32,
    /// The longest that the only message of a request may take.
    pub(crate) body_read_timeout: Duration,
    /// What errors of any service may have for details.
    pub(crate) detail_types: DescriptorPool,
    /// Errors of the gateway itself tell their reason to programs too.
    pub(crate) errors_have_details: bool,
    /// Cancelled near the end of a drain: what has not ended by then is ended with `UNAVAILABLE`.
    pub(crate) cut: CancellationToken,
}

/// A call whose answer has begun.
struct Exchange {
    response: Response<tonic::body::Body>,
    ends: Ends,
    visit: Option<Visit>,
}

impl Proxy {
    /// From its parts.
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// Makes the call of `request`. Errors are answers too. Dropping the future, or the body of the answer, cancels the call
    /// upstream.
    pub(crate) async fn forward<B>(
        &self,
        protocol: Protocol,
        request: Request<B>,
    ) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes, Error: Into<StdError>> + Send + Unpin + 'static,
    {
        let route = self.0.routes.find(request.uri().path());
        let mut observation = route.begin(protocol);
        let mut response = match self.exchange(&route, request).await {
            Ok(Exchange {
                response,
                ends,
                visit,
            }) => {
                let response = answer(protocol, response, ends, observation);
                match visit {
                    Some(visit) => visit
                        .lift(response)
                        .await
                        .unwrap_or_else(|status| self.refuse(protocol, status)),
                    None => response,
                }
            }
            Err(status) => {
                observation.set_code(status.code());
                self.refuse(protocol, status)
            }
        };
        if route.gives_stream {
            // Proxies between browser and gateway must not gather the events of a stream.
            response
                .headers_mut()
                .insert(headers::X_ACCEL_BUFFERING, headers::NO);
        }
        response
    }

    /// The route of `path`.
    pub(crate) fn route(&self, path: &str) -> Arc<Route> {
        self.0.routes.find(path)
    }

    /// `/openapi.json`, for a request with `headers`.
    pub(crate) fn document(&self, headers: &HeaderMap) -> Response<tonic::body::Body> {
        self.0.routes.now().document(headers)
    }

    /// The page about all paths, for a request with `headers`.
    pub(crate) fn page(&self, headers: &HeaderMap) -> Response<tonic::body::Body> {
        self.0.routes.now().page(headers)
    }

    /// True where `path` begins as those of methods that are called by plain HTTP.
    pub(crate) fn has_resources_below(&self, path: &str) -> bool {
        self.0.routes.reach(path)
    }

    /// Which method `verb` of `path` stands for.
    pub(crate) fn resource(&self, verb: &Method, path: &str) -> Found<Arc<Binding>> {
        self.0.routes.resource(verb, path)
    }

    /// True where `path` is that of a method that can be called from outside.
    pub(crate) fn knows(&self, path: &str) -> bool {
        self.route(path).upstream.is_some()
    }

    /// The largest message in a request.
    pub(crate) fn message_bytes_max(&self) -> u32 {
        self.0.message_bytes_max
    }

    /// Types that details of errors may have, whatever the service.
    pub(crate) fn detail_types(&self) -> &DescriptorPool {
        &self.0.detail_types
    }

    /// What `error` is to a client.
    pub(crate) fn status(&self, error: Error) -> Status {
        worded(error.into(), self.0.errors_have_details)
    }

    fn refuse(&self, protocol: Protocol, status: Status) -> Response<ResponseBody> {
        let retry_after = error::retry_after(&status);
        let has_details = self.0.errors_have_details;
        let mut response = refusal(protocol, &worded(status, has_details));
        if let Some(retry_after) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, retry_after);
        }
        response
    }

    /// Up to the head of the upstream's answer.
    async fn exchange<B>(&self, route: &Route, request: Request<B>) -> Result<Exchange, Status>
    where
        B: Body<Data = Bytes, Error: Into<StdError>> + Send + Unpin + 'static,
    {
        let visit = self
            .0
            .keeper
            .visit(route.credentials.as_ref(), request.headers())?;
        let ends = Ends {
            cut: self.0.cut.clone(),
            fault: Fault::default(),
            deadline: mesh::context::current().and_then(|context| context.deadline),
            errors_have_details: self.0.errors_have_details,
        };
        let response = {
            let call = pin!(self.call(route, request, &ends, visit.as_ref()));
            self.0.cut.run_until_cancelled(call).await
        };
        Ok(Exchange {
            response: response.ok_or(Error::Draining)??,
            ends,
            visit,
        })
    }

    /// Lets a call go on, and says where to. What comes from an address is counted first: to look at a token costs more.
    async fn admit(&self, route: &Route, head: &request::Parts) -> Result<Channel, Status> {
        let Parts {
            limits, authorizer, ..
        } = &*self.0;
        if let Some(limits) = limits {
            limits.admit_address(&head.headers, route.rate_class)?;
        }
        let upstream = route.upstream.clone().ok_or(match route.absence {
            Absence::Unknown => Error::UnknownMethod,
            Absence::Awaited => Error::UpstreamUnreachable,
        })?;
        let caller = authorizer
            .admit_to(&route.access, head.uri.path(), &head.headers)
            .await?;
        let Some(caller) = caller else {
            return Ok(upstream);
        };
        if let Some(record) = Record::current() {
            record.is_by(caller);
        }
        if let Some(limits) = limits {
            limits.admit_user(&caller, route.rate_class)?;
        }
        Ok(upstream)
    }

    async fn call<B>(
        &self,
        route: &Route,
        request: Request<B>,
        ends: &Ends,
        visit: Option<&Visit>,
    ) -> Result<Response<tonic::body::Body>, Status>
    where
        B: Body<Data = Bytes, Error: Into<StdError>> + Send + Unpin + 'static,
    {
        let (mut head, body) = request.into_parts();
        let upstream = self.admit(route, &head).await?;
        if let Some(rpc) = route.rpc_to_open(&head.headers) {
            let bytes_max = self.0.message_bytes_max;
            let body = plain::request(&mut head.headers, body, rpc, bytes_max);
            let request = Request::from_parts(head, body);
            return self.send(upstream, route, request, ends, visit).await;
        }
        let request = Request::from_parts(head, body);
        self.send(upstream, route, request, ends, visit).await
    }

    async fn send<B>(
        &self,
        upstream: Channel,
        route: &Route,
        request: Request<B>,
        ends: &Ends,
        visit: Option<&Visit>,
    ) -> Result<Response<tonic::body::Body>, Status>
    where
        B: Body<Data = Bytes, Error: Into<StdError>> + Send + Unpin + 'static,
    {
        let (mut head, body) = request.into_parts();
        headers::for_upstream(&mut head);
        let request_id = head.headers.get(ids::REQUEST_ID).cloned();
        let bounds = Bounds {
            message_bytes_max: self.0.message_bytes_max,
            is_single: !route.takes_stream,
            timeout: self.0.body_read_timeout,
        };
        let body = RequestBody::new(body, bounds, ends.fault.clone());
        let body = match visit {
            Some(visit) => {
                head.headers.remove(visit::GRPC_ACCEPT_ENCODING);
                visit.fill(body).await?
            }
            None => tonic::body::Body::new(body),
        };
        let request = Request::from_parts(head, body);
        let asked = Instant::now();
        let answered = upstream.oneshot(request).await;
        if let Some(record) = Record::current() {
            record.upstream_took(asked.elapsed());
        }
        answered.map_err(|status| {
            let error = ends.why(&status);
            if error.is_of_upstream() {
                let Route {
                    service, method, ..
                } = route;
                let reason = status.message();
                tracing::warn!(%service, %method, ?request_id, reason, "a call failed on its way");
            }
            error.into()
        })
    }
}

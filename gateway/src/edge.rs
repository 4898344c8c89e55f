//! The first that sees a request: gives it its ids, tells calls from everything else, and lets web pages of allowed origins
//! call (CORS).

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use auth::Verifier;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version,
    header::{
        CONNECTION, CONTENT_ENCODING, HOST, RETRY_AFTER, STRICT_TRANSPORT_SECURITY,
        WWW_AUTHENTICATE,
    },
    request,
};
use mesh::trace::TraceContext;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body};
use tower::{Layer, Service};
use tower_http::cors::{AllowCredentials, AllowHeaders, AllowOrigin, Cors, CorsLayer};

use crate::{
    access_log::{Line, Log, LoggedBody},
    client_address::{self, Proxies},
    client_body::ClientBody,
    ids,
    origins::Origins,
    pages,
    protocol::{Protocol, connect, grpc, grpc_web, rest},
    proxy::Proxy,
    sign_in::{self, SignIn},
    web_app::WebApp,
};

/// How long a browser may remember a preflight: the most that any of them does.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_hours(2);
/// Browsers that were here over TLS once come over nothing else (RFC 6797).
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const CONNECT_CONTENT_ENCODING: HeaderName = HeaderName::from_static("connect-content-encoding");
/// What a page may read of an answer.
const EXPOSED_HEADERS: [HeaderName; 8] = [
    CONTENT_ENCODING,
    WWW_AUTHENTICATE,
    CONNECT_CONTENT_ENCODING,
    Status::GRPC_STATUS,
    Status::GRPC_MESSAGE,
    Status::GRPC_STATUS_DETAILS,
    RETRY_AFTER,
    ids::REQUEST_ID,
];

/// What serves each request of a connection.
pub(crate) type Door = Cors<Edge>;

/// Puts CORS before `edge`.
pub(crate) fn door(edge: Edge, origins: Origins) -> Door {
    cors_layer(origins).layer(edge)
}

fn cors_layer(origins: Origins) -> CorsLayer {
    let trusted = origins.clone();
    CorsLayer::new()
        // The origin itself and never `*`, so that answers to trusted pages may have cookies.
        .allow_origin(AllowOrigin::predicate(move |origin, head| {
            origins.allow(origin) || is_same_origin(origin, head)
        }))
        .allow_credentials(AllowCredentials::predicate(move |origin, _| {
            trusted.trust(origin)
        }))
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        // Metadata is the application's own affair; the origin is what is checked.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(EXPOSED_HEADERS)
        .max_age(PREFLIGHT_MAX_AGE)
}

/// When a call must be over; `None` where the client set no deadline, and none is added then. One that cannot be read is
/// refused by the channel.
fn deadline_of(headers: &HeaderMap) -> Option<Instant> {
    let timeout = mesh::deadline::read(headers).ok().flatten()?;
    Instant::now().checked_add(timeout)
}

/// True for pages that came from the very host that they call.
fn is_same_origin(origin: &HeaderValue, head: &request::Parts) -> bool {
    let host = head
        .uri
        .authority()
        .map(|authority| authority.as_str().as_bytes())
        .or_else(|| head.headers.get(HOST).map(HeaderValue::as_bytes));
    let origin = Uri::try_from(origin.as_bytes()).ok();
    let origin = origin.as_ref().and_then(Uri::authority);
    origin.is_some_and(|origin| Some(origin.as_str().as_bytes()) == host)
}

/// Tells calls from everything else. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Edge(Arc<Parts>);

/// What an [`Edge`] is made of.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Makes calls.
    pub(crate) proxy: Proxy,
    /// Leads browsers to providers and back.
    pub(crate) sign_in: SignIn,
    /// The web app, where there is one.
    pub(crate) web_app: Option<WebApp>,
    /// Knows the keys of access tokens.
    pub(crate) verifier: Arc<Verifier>,
    /// Writes calls down.
    pub(crate) log: Log,
    /// Say from where their connections come.
    pub(crate) trusted_proxies: Proxies,
    /// Header fields of one request.
    pub(crate) headers_max: usize,
    /// Bytes of all of them.
    pub(crate) header_bytes_max: usize,
    /// Clients come over TLS that ends here.
    pub(crate) has_tls: bool,
    /// Cancelled when the process begins to stop.
    pub(crate) draining: CancellationToken,
}

impl Edge {
    /// From its parts.
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    async fn answer(self, mut request: Request<ClientBody>) -> Response<Body> {
        if !self.allows(request.headers()) {
            return pages::headers_too_large();
        }
        client_address::stamp(&mut request, &self.0.trusted_proxies);
        let is_http1 = request.version() < Version::HTTP_2;
        let protocol = self.protocol_of(&request);
        if protocol == Some(Protocol::Connect) {
            connect::adopt_timeout(request.headers_mut());
        }
        let trace = TraceContext::from_headers(request.headers());
        let request_id = ids::complete(request.headers_mut(), &trace);
        let frame = mesh::Context {
            deadline: deadline_of(request.headers()),
            trace,
        };
        let line = protocol.map(|protocol| {
            let line = self.0.log.begin(protocol, request.headers(), &request_id);
            request.body_mut().count_for(line.record());
            line
        });
        let answer = mesh::context::scope(frame, self.dispatch(protocol, request));
        let mut response = logged(line, answer).await;
        if is_http1 && self.0.draining.is_cancelled() {
            // HTTP/2 has a frame for that.
            response.headers_mut().insert(CONNECTION, CLOSE);
        }
        response.headers_mut().insert(ids::REQUEST_ID, request_id);
        if self.0.has_tls {
            let headers = response.headers_mut();
            headers.insert(STRICT_TRANSPORT_SECURITY, FOR_A_YEAR);
        }
        response
    }

    /// hyper bounds heads only by its buffer for HTTP/1.1, and does not count fields for HTTP/2.
    fn allows(&self, headers: &HeaderMap) -> bool {
        let bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        headers.len() <= self.0.headers_max && bytes <= self.0.header_bytes_max
    }

    /// What a call is made in; `None` for everything that is no call.
    fn protocol_of(&self, request: &Request<ClientBody>) -> Option<Protocol> {
        let path = request.uri().path();
        match *request.method() {
            _ if path.starts_with(sign_in::PREFIX) => None,
            _ if self.0.proxy.has_resources_below(path) => Some(Protocol::Rest),
            Method::POST => Protocol::of(request.headers()),
            Method::GET if self.0.proxy.route(path).is_safe => Some(Protocol::Connect),
            _ => None,
        }
    }

    async fn dispatch(
        &self,
        protocol: Option<Protocol>,
        request: Request<ClientBody>,
    ) -> Response<Body> {
        let proxy = &self.0.proxy;
        match protocol {
            Some(Protocol::Grpc) => grpc::call(proxy, request).await,
            Some(Protocol::Connect) => connect::call(proxy, request).await,
            Some(Protocol::Rest) => rest::call(proxy, request).await,
            Some(protocol) => grpc_web::call(proxy, protocol, request).await,
            None => self.page(&request.into_parts().0).await,
        }
    }

    /// The answer to what is no call.
    async fn page(&self, head: &request::Parts) -> Response<Body> {
        let is_read = matches!(head.method, Method::GET | Method::HEAD);
        match head.uri.path() {
            path if path.starts_with(sign_in::PREFIX) => self.0.sign_in.answer(head).await,
            "/healthz" if is_read && self.0.draining.is_cancelled() => pages::draining(),
            "/healthz" if is_read => pages::healthy(),
            "/.well-known/jwks.json" if is_read => pages::keys(self.0.verifier.jwks_json()),
            "/openapi.json" if is_read => self.0.proxy.document(&head.headers),
            "/api" if is_read => self.0.proxy.page(&head.headers),
            path if self.0.proxy.knows(path) && head.method == Method::POST => {
                pages::unsupported_media_type()
            }
            path if self.0.proxy.knows(path) => pages::method_not_allowed(),
            _ if !is_read => pages::not_found(),
            path => match &self.0.web_app {
                Some(web_app) => web_app.answer(head).await,
                None => pages::instead_of_web_app(path),
            },
        }
    }
}

/// The answer of a call, which is written down by its `line` at its end.
async fn logged(
    line: Option<Line>,
    answer: impl Future<Output = Response<Body>>,
) -> Response<Body> {
    let Some(line) = line else {
        return answer.await;
    };
    let response = line.record().scope(answer).await;
    line.answered(response.status());
    response.map(|body| Body::new(LoggedBody::new(body, line)))
}

impl Service<Request<ClientBody>> for Edge {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ClientBody>) -> Self::Future {
        let edge = self.clone();
        Box::pin(async move { Ok(edge.answer(request).await) })
    }
}

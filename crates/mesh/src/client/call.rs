//! What happens to each call on its way out.

use std::{error::Error, io, iter, sync::Arc};

use http::{
    HeaderValue, Request, Response, Uri,
    header::USER_AGENT,
    uri::{PathAndQuery, Scheme},
};
use hyper::body::Incoming;
use tokio::time::Instant;
use tonic::{Code, Status, body::Body};

use super::{
    body::ResponseBody, connect::ConnectError, copy::Copy, endpoint::Endpoint, pick::Pick,
};
use crate::{
    context::Context,
    deadline,
    metrics::{Meter, Paths},
    status,
    trace::{TRACEPARENT, TraceContext},
};

/// Unless the caller says who it is.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("mesh/", env!("CARGO_PKG_VERSION")));
/// A connection that closes at the moment when a call takes it does not carry it out; a new one to the same endpoint is
/// tried once before the next endpoint is.
const TRIES_PER_ENDPOINT: usize = 2;

/// The layers of one channel.
#[derive(Debug)]
pub(super) struct Upstream {
    name: Arc<str>,
    pick: Pick,
    paths: Paths,
}

/// How one attempt at one endpoint went wrong.
enum Attempt {
    /// It never left, or the server says that it did not take it; the call is given back for the next endpoint.
    NotTaken(Box<Request<Body>>, String),
    /// It left; nobody knows how far it came.
    Lost(Status),
}

impl Upstream {
    pub(super) fn new(name: Arc<str>, pick: Pick, paths: Paths) -> Self {
        Self { name, pick, paths }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// One call, from the caller's request to the upstream's response headers.
    pub(super) async fn call(
        &self,
        mut request: Request<Body>,
        context: Option<Context>,
    ) -> Result<Response<Body>, Status> {
        let meter = Meter::start(self.paths.get(request.uri().path()));
        let answer = admit(&mut request, context.as_ref());
        let deadline = match answer {
            Ok(deadline) => deadline,
            Err(status) => return refuse(meter, status),
        };
        // The deadline stands outside of picking and connecting: waiting for a connection is waiting.
        match deadline::hold(deadline, self.send(request, deadline)).await {
            Ok(Ok(response)) => Ok(ResponseBody::wrap(response, deadline, meter, &self.name)),
            Ok(Err(status)) => refuse(meter, status),
            Err(_) => refuse(meter, deadline::exceeded()),
        }
    }

    /// To the first endpoint that takes it. This is the seat of retries: they would stand around it, with a budget, for
    /// methods whose idempotency allows them.
    async fn send(
        &self,
        request: Request<Body>,
        deadline: Option<Instant>,
    ) -> Result<Response<Incoming>, Status> {
        let mut request = Box::new(request);
        let mut last = String::new();
        for endpoint in self.pick.order() {
            match attempt(endpoint, request, deadline).await {
                Ok(response) => return Ok(response),
                Err(Attempt::Lost(status)) => return Err(status),
                Err(Attempt::NotTaken(back, why)) => (request, last) = (back, why),
            }
        }
        let message = format!(
            "{}: none of {} endpoints can be reached; the last: {last}",
            self.name,
            self.pick.len()
        );
        Err(status::error(
            Code::Unavailable,
            status::reason::UPSTREAM_UNREACHABLE,
            message,
        ))
    }
}

/// Writes trace and agent, and finds the deadline.
fn admit(
    request: &mut Request<Body>,
    context: Option<&Context>,
) -> Result<Option<Instant>, Status> {
    let headers = request.headers_mut();
    match context {
        Some(context) => context.trace.child().write(headers),
        // Outside of a call: what the caller wrote by itself stays.
        None if !headers.contains_key(TRACEPARENT) => TraceContext::root().write(headers),
        None => {}
    }
    headers.entry(USER_AGENT).or_insert(AGENT);
    let own = deadline::read(headers)?.map(|timeout| Instant::now() + timeout);
    let inherited = context.and_then(|context| context.deadline);
    // Option's order puts None first, so the earlier of two is not simply their minimum.
    let deadline = own.into_iter().chain(inherited).min();
    match deadline {
        Some(deadline) if deadline <= Instant::now() => Err(deadline::exceeded()),
        deadline => Ok(deadline),
    }
}

fn refuse<T>(mut meter: Meter, status: Status) -> Result<T, Status> {
    meter.ended(status.code());
    Err(status)
}

async fn attempt(
    endpoint: &Arc<Endpoint>,
    mut request: Box<Request<Body>>,
    deadline: Option<Instant>,
) -> Result<Response<Incoming>, Attempt> {
    let mut why = String::new();
    for _ in 0..TRIES_PER_ENDPOINT {
        let mut sender = match endpoint.sender().await {
            Ok(sender) => sender,
            Err(error) => return Err(Attempt::NotTaken(request, ConnectError::to_string(&error))),
        };
        address(&mut request, endpoint);
        // What is left now, after connecting, is what the upstream gets.
        if let Some(deadline) = deadline {
            deadline::write(
                request.headers_mut(),
                deadline.saturating_duration_since(Instant::now()),
            );
        }
        let (sent, copy) = Copy::of(*request);
        let mut failed = match sender.try_send_request(sent).await {
            Ok(response) => return Ok(response),
            Err(failed) => failed,
        };
        // The copy is for what has left hyper's queue.
        let unsent = failed.take_message();
        let error = failed.into_error();
        let back = unsent.or_else(|| is_not_taken(&error).then(|| copy.into_request())?);
        let Some(back) = back else {
            let whom = endpoint.address.authority.as_str();
            return Err(Attempt::Lost(lost(error, whom, deadline)));
        };
        (request, why) = (Box::new(back), status::chain(&error));
    }
    Err(Attempt::NotTaken(request, why))
}

/// Generated clients give a path; HTTP/2 wants to know the host too.
fn address(request: &mut Request<Body>, endpoint: &Endpoint) {
    let path = request
        .uri()
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    let uri = Uri::builder()
        .scheme(Scheme::HTTP)
        .authority(endpoint.address.authority.clone())
        .path_and_query(path);
    *request.uri_mut() = uri
        .build()
        .expect("scheme, authority and path are each valid");
}

/// What a broken connection or a reset stream means to the caller, who waits until `deadline`.
pub(super) fn lost(error: hyper::Error, whom: &str, deadline: Option<Instant>) -> Status {
    // grpc-go resets the streams of calls whose deadline passes, and says no more.
    if deadline::has_passed(deadline) && is_cancelled_there(&error) {
        return deadline::exceeded();
    }
    let broke =
        error.is_canceled() || error.is_closed() || error.is_timeout() || is_broken_off(&error);
    let message = format!(
        "the connection to {whom} was lost: {}",
        status::chain(&error)
    );
    let known = Status::from_error(Box::new(error));
    if broke || known.code() == Code::Unknown {
        return status::error(Code::Unavailable, status::reason::CONNECTION_LOST, message);
    }
    known
}

/// Whether the connection, or the server by leaving it, ended the call.
fn is_broken_off(error: &hyper::Error) -> bool {
    causes(error).any(<dyn Error>::is::<io::Error>)
        || causes_of_stream(error).any(|cause| {
            cause.is_io() || cause.is_remote() && (cause.is_go_away() || is_refused(cause))
        })
}

/// Whether the server did not carry the call out, and says so: one that drains names the last stream that it takes, and h2
/// tells the calls behind it (RFC 9113, section 6.8); a stream that is refused was not begun (section 8.7).
fn is_not_taken(error: &hyper::Error) -> bool {
    causes_of_stream(error).any(|cause| {
        let leaves = cause.is_go_away() && cause.reason() == Some(h2::Reason::NO_ERROR);
        cause.is_remote() && (leaves || is_refused(cause))
    })
}

/// Whether the server has given the call up.
fn is_cancelled_there(error: &hyper::Error) -> bool {
    causes_of_stream(error)
        .any(|cause| cause.is_remote() && cause.reason() == Some(h2::Reason::CANCEL))
}

fn causes(error: &hyper::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    iter::successors(error.source(), |&cause| cause.source())
}

fn causes_of_stream(error: &hyper::Error) -> impl Iterator<Item = &h2::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref())
}

fn is_refused(error: &h2::Error) -> bool {
    error.reason() == Some(h2::Reason::REFUSED_STREAM)
}

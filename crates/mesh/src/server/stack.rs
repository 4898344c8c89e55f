//! What happens to each call on its way to the service, outside in.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use http::{Request, Response};
use hyper::body::Incoming;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, body::Body};
use tracing::Instrument;

use super::{
    Authorize, Call,
    body::{Limited, ResponseBody},
    decoding::blame_caller,
    routes::Routes,
};
use crate::{
    context::{self, Context},
    deadline,
    metrics::{Meter, Paths},
    status,
    trace::TraceContext,
};

/// The layers of one server.
pub(super) struct Stack {
    routes: Routes,
    paths: Paths,
    authorizer: Option<Arc<dyn Authorize>>,
    message_bytes_max: usize,
    draining: CancellationToken,
}

impl Stack {
    pub(super) fn new(
        routes: Routes,
        paths: Paths,
        authorizer: Option<Arc<dyn Authorize>>,
        message_bytes_max: usize,
    ) -> Self {
        Self {
            routes,
            paths,
            authorizer,
            message_bytes_max,
            draining: CancellationToken::new(),
        }
    }

    pub(super) fn with_draining(self, draining: CancellationToken) -> Self {
        Self { draining, ..self }
    }

    pub(super) fn service_names(&self) -> impl Iterator<Item = &'static str> {
        self.routes.names()
    }

    /// One call, whatever happens in it.
    pub(super) async fn call(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Response<ResponseBody> {
        // Metrics stand outside of everything that can refuse a call, so that refusals are counted.
        let meter = Meter::start(self.paths.get(request.uri().path()));
        // The trace stands before whatever may log or call somebody else, so that both carry it.
        let trace = TraceContext::from_headers(request.headers());
        let (timeout, unreadable) = match deadline::read(request.headers()) {
            Ok(timeout) => (timeout, None),
            Err(status) => (None, Some(status)),
        };
        let context = Context {
            deadline: None,
            trace,
        };
        let context = timeout.into_iter().fold(context, Context::with_timeout);
        let deadline = context.deadline;

        let path = request.uri().path();
        let span = tracing::debug_span!("call", path, trace_id = context.trace.trace_id_hex());
        // One expression, because each name on the way would keep room for the whole call. The deadline stands outside of
        // authorization, which may wait for keys from somewhere else. Panics are caught outermost but for the metrics:
        // whatever breaks, the caller hears INTERNAL, not a broken stream.
        let admitted = AssertUnwindSafe(deadline::hold(
            deadline,
            context::scope(
                context.clone(),
                self.admit(request, unreadable).instrument(span),
            ),
        ))
        .catch_unwind()
        .await;
        let admitted = admitted.unwrap_or_else(|_| Ok(Err(panicked(&context))));
        let (response, is_builtin) = match admitted.unwrap_or_else(|_| Err(deadline::exceeded())) {
            Ok(answered) => answered,
            Err(status) => (status.into_http(), false),
        };
        // The streams of health and reflection never end by themselves and nobody else ends them.
        let cut = is_builtin.then(|| self.draining.clone());
        ResponseBody::wrap(response, context, meter, cut)
    }

    /// From the authorization to the service's response headers.
    async fn admit(
        &self,
        mut request: Request<Incoming>,
        unreadable: Option<Status>,
    ) -> Result<(Response<Body>, bool), Status> {
        if let Some(status) = unreadable {
            return Err(status);
        }
        let Some((route, is_builtin)) = self.routes.find(request.uri().path()) else {
            let message = format!("no such service here: {}", request.uri().path());
            return Err(status::error(
                Code::Unimplemented,
                status::reason::UNKNOWN_METHOD,
                message,
            ));
        };
        // Authorization stands before anything is read of the message: who may not call shall cost little. The seat of
        // shedding is right after it, so that a call that would be refused anyway never takes a place.
        if let (Some(authorizer), false) = (&self.authorizer, is_builtin) {
            let mut extensions = std::mem::take(request.extensions_mut());
            let call = Call::new(request.uri().path(), request.headers(), &mut extensions);
            authorizer.authorize(call).await?;
            *request.extensions_mut() = extensions;
        }
        // The size of messages stands innermost: it is found out while the service reads.
        let request = request.map(|body| Body::new(Limited::new(body, self.message_bytes_max)));
        let response = blame_caller(route.call(request).await);
        Ok((response, is_builtin))
    }
}

/// The panic hook has logged where it happened; this tells for which call.
pub(super) fn panicked(context: &Context) -> Status {
    let request_id = context.request_id();
    tracing::error!(request_id, "a handler panicked");
    status::internal_with(request_id)
}

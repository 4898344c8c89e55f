//! Bodies and headers on their way through the proxy, for promises that others make of them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, header::TE};
use http_body::Body;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::{Status, codegen::StdError};

use super::{
    headers,
    request_body::{Bounds, Fault, RequestBody},
    response_body::{Ends, ResponseBody},
};
use crate::{metrics::Metrics, protocol::Protocol};

/// `body` as it goes on to the upstream of a stream.
pub(crate) fn request<B>(
    body: B,
    message_bytes_max: u32,
) -> impl Body<Data = Bytes, Error = Status> + Unpin
where
    B: Body<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    let bounds = Bounds {
        message_bytes_max,
        is_single: false,
        timeout: Duration::MAX,
    };
    RequestBody::new(body, bounds, Fault::default())
}

/// `body` as it goes on to a client that waits for ever.
pub(crate) fn answer(protocol: Protocol, body: tonic::body::Body) -> ResponseBody {
    answer_until(None, protocol, body)
}

/// `body` as it goes on to a client that waits until `deadline`.
pub(super) fn answer_until(
    deadline: Option<Instant>,
    protocol: Protocol,
    body: tonic::body::Body,
) -> ResponseBody {
    let name: Arc<str> = Arc::from("test");
    let metrics = Metrics::new(&runtime::Metrics::new("test"));
    let meters = metrics.method(&name, &name);
    let ends = Ends {
        cut: CancellationToken::new(),
        fault: Fault::default(),
        deadline,
        errors_have_details: true,
    };
    ResponseBody::new(protocol, body, ends, meters[0].begin(false))
}

/// A request with `headers`, and an answer that has nothing else.
pub(crate) fn headers(headers: &HeaderMap) {
    let (mut head, ()) = Request::new(()).into_parts();
    head.headers.clone_from(headers);
    headers::for_upstream(&mut head);
    assert_eq!(head.headers.get_all(TE).iter().count(), 1);
    let mut again = head.headers.clone();
    std::mem::swap(&mut again, &mut head.headers);
    headers::for_upstream(&mut head);
    assert_eq!(head.headers, again, "once is enough");

    let mut left = headers.clone();
    let trailers = headers::take_trailers(&mut left);
    assert_eq!(
        left.len() + trailers.len(),
        headers.len(),
        "nothing is lost"
    );
}

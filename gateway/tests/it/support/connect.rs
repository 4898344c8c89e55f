//! Connect by hand.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::Value;

use super::{
    soon,
    web::{Call, call, send},
};

pub const END_OF_STREAM: u8 = 2;

/// A whole answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A call of `path` by POST.
pub fn post(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Call {
    call(path, &())
        .header("content-type", content_type)
        .body(body)
}

/// One message in JSON, in an envelope.
pub fn envelope(json: &str) -> Vec<u8> {
    super::web::frame(json.as_bytes())
}

impl Call {
    /// Sends it over HTTP/1.1 and reads what comes.
    pub async fn reply(self, address: SocketAddr) -> Reply {
        soon(Reply::read(self.send(address).await)).await
    }

    /// The same over HTTP/2.
    pub async fn reply_by_http2(self, address: SocketAddr) -> Reply {
        let response = send(address, Version::HTTP_2, self.into_request());
        soon(async { Reply::read(response.await).await }).await
    }
}

/// Asks by GET.
pub async fn get(address: SocketAddr, path_and_query: &str, headers: &[(&str, &str)]) -> Reply {
    ask(address, "GET", path_and_query, headers).await
}

/// Asks by any verb, without a body.
pub async fn ask(
    address: SocketAddr,
    verb: &str,
    path_and_query: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let mut request = Request::builder()
        .method(verb)
        .uri(path_and_query)
        .header("host", "gateway.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::new())).unwrap();
    soon(async { Reply::read(send(address, Version::HTTP_11, request).await).await }).await
}

impl Reply {
    async fn read(response: Response<Incoming>) -> Self {
        let (head, body) = response.into_parts();
        Self {
            status: head.status,
            headers: head.headers,
            body: body.collect().await.unwrap().to_bytes(),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// JSON of each line.
    pub fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.body).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text}");
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Flags and JSON of each envelope.
    pub fn envelopes(&self) -> Vec<(u8, Value)> {
        let mut rest = &*self.body;
        let mut envelopes = Vec::new();
        while let Some((head, after)) = rest.split_first_chunk::<5>() {
            let [flags, length @ ..] = *head;
            let (json, after) = after.split_at(u32::from_be_bytes(length) as usize);
            envelopes.push((flags, serde_json::from_slice(json).unwrap()));
            rest = after;
        }
        assert!(rest.is_empty(), "something is left");
        envelopes
    }
}

//! grpc-web by hand: every byte is made and looked at here, so that no client library forgives an error.

use std::{collections::BTreeMap, net::SocketAddr};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, client::conn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;

use super::soon;

pub const GET_ME: &str = "/quicksync.user.v1.UserService/GetMe";
pub const SEARCH_USERS: &str = "/quicksync.user.v1.UserService/SearchUsers";
pub const GET_JWKS: &str = "/quicksync.user.v1.AuthService/GetJwks";
pub const LOGIN: &str = "/quicksync.user.v1.AuthService/Login";
pub const REFRESH: &str = "/quicksync.user.v1.AuthService/Refresh";
pub const LOGOUT: &str = "/quicksync.user.v1.AuthService/Logout";
pub const SUBSCRIBE: &str = "/quicksync.notification.v1.NotificationService/Subscribe";

const TRAILERS_FLAG: u8 = 0x80;

/// A whole answer of grpc-web.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub messages: Vec<Vec<u8>>,
    pub trailers: BTreeMap<String, String>,
}

impl Answer {
    /// `grpc-status`.
    pub fn code(&self) -> tonic::Code {
        tonic::Code::from_bytes(self.trailers["grpc-status"].as_bytes())
    }

    /// `reason` of its `ErrorInfo`.
    pub fn reason(&self) -> String {
        let status = tonic::Status::from_header_map(&self.trailers_as_headers()).unwrap();
        mesh::status::reason_of(&status).unwrap()
    }

    /// As gRPC has them.
    pub fn trailers_as_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.trailers {
            let name: http::HeaderName = name.parse().unwrap();
            headers.insert(name, value.parse().unwrap());
        }
        headers
    }

    /// The only message.
    pub fn message<M: Message + Default>(&self) -> M {
        assert_eq!(self.messages.len(), 1);
        M::decode(self.messages[0].as_slice()).unwrap()
    }
}

/// A request under way: change it before it is sent.
pub struct Call {
    pub request: http::request::Builder,
    body: Vec<u8>,
}

/// A call of `path`.
pub fn call(path: &str, message: &impl Message) -> Call {
    Call {
        request: Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("host", "gateway.test")
            .header("content-type", "application/grpc-web+proto"),
        body: frame(&message.encode_to_vec()),
    }
}

impl Call {
    /// With one more header, or another value of it.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let name: http::HeaderName = name.parse().unwrap();
        let headers = self.request.headers_mut().unwrap();
        headers.insert(name, value.as_ref().parse().unwrap());
        self
    }

    /// By another verb than POST.
    pub fn by(mut self, verb: &str) -> Self {
        self.request = self.request.method(verb);
        self
    }

    /// With another body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The same call in base64.
    pub fn in_text(self) -> Self {
        let body = STANDARD.encode(&self.body);
        self.header("content-type", "application/grpc-web-text+proto")
            .body(body)
    }

    /// Sends it over HTTP/1.1; the body is read by the caller.
    pub async fn send(self, address: SocketAddr) -> Response<Incoming> {
        soon(send(address, Version::HTTP_11, self.into_request())).await
    }

    /// Sends it over HTTP/1.1 and reads the whole answer.
    pub async fn answer(self, address: SocketAddr) -> Answer {
        soon(read(self.send(address).await)).await
    }

    /// The same over HTTP/2.
    pub async fn answer_by_http2(self, address: SocketAddr) -> Answer {
        let response = send(address, Version::HTTP_2, self.into_request());
        soon(async { read(response.await).await }).await
    }

    /// As hyper wants it.
    pub fn into_request(self) -> Request<Full<Bytes>> {
        self.request.body(Full::new(self.body.into())).unwrap()
    }
}

/// Sends `request` on a connection of its own.
pub async fn send(
    address: SocketAddr,
    version: Version,
    mut request: Request<Full<Bytes>>,
) -> Response<Incoming> {
    let io = TokioIo::new(TcpStream::connect(address).await.unwrap());
    if version == Version::HTTP_2 {
        let (mut sender, connection) = conn::http2::handshake(TokioExecutor::new(), io)
            .await
            .unwrap();
        tokio::spawn(connection);
        let path = request.uri().to_string();
        *request.uri_mut() = format!("http://gateway.test{path}").parse().unwrap();
        request.headers_mut().remove("host");
        sender.send_request(request).await.unwrap()
    } else {
        let (mut sender, connection) = conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        sender.send_request(request).await.unwrap()
    }
}

/// Reads an answer to its end.
pub async fn read(response: Response<Incoming>) -> Answer {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let is_text = head.headers["content-type"] == "application/grpc-web-text+proto";
    let body = if is_text {
        decode_text(&body)
    } else {
        body.to_vec()
    };
    let (messages, trailers) = split(&body);
    Answer {
        status: head.status,
        headers: head.headers,
        messages,
        trailers,
    }
}

/// One message in gRPC's frame.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    frame
}

/// Messages and trailers of a body. Anything that is not exactly that is an error.
fn split(mut body: &[u8]) -> (Vec<Vec<u8>>, BTreeMap<String, String>) {
    let mut messages = Vec::new();
    while let Some((head, rest)) = body.split_at_checked(5) {
        let length = u32::from_be_bytes(head[1..].try_into().unwrap()) as usize;
        let (content, rest) = rest.split_at(length);
        if head[0] == TRAILERS_FLAG {
            assert!(rest.is_empty(), "trailers come last");
            return (messages, trailers(content));
        }
        assert_eq!(head[0], 0, "messages are not compressed");
        messages.push(content.to_vec());
        body = rest;
    }
    panic!(
        "no trailers at the end of the body; {} bytes are left",
        body.len()
    );
}

fn trailers(block: &[u8]) -> BTreeMap<String, String> {
    let block = std::str::from_utf8(block).unwrap();
    block
        .split_terminator("\r\n")
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

/// Each frame may have been padded by itself.
fn decode_text(text: &[u8]) -> Vec<u8> {
    text.chunks(4)
        .flat_map(|quad| STANDARD.decode(quad).unwrap())
        .collect()
}

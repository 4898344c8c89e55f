//! Requests to providers: no redirects, an end to time and to size, and plain text to this machine only.

use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use openidconnect::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    url::{Host, Url},
};

/// Key sets and tokens have a few thousand bytes.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Idle connections that are kept of one provider.
const IDLE_MAX: usize = 2;

type Body = Full<Bytes>;

/// Asks providers. Each request ends within the timeout, whatever the other side does. Clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    plain: Client<HttpConnector, Body>,
    secure: Option<Client<HttpsConnector<HttpConnector>, Body>>,
    timeout: Duration,
    issuer_is_local: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(
        "{0} may not be asked: only https, and plain http where the issuer itself is on this machine"
    )]
    Forbidden(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("the answer has more than {ANSWER_BYTES_MAX} bytes")]
    TooLarge,
    #[error("the answer is {0}")]
    Status(StatusCode),
    #[error("the connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Http {
    /// The certificates of the system are read where some provider needs them.
    pub(crate) fn new(timeout: Duration, needs_tls: bool) -> std::io::Result<Self> {
        let mut plain = HttpConnector::new();
        plain.set_connect_timeout(Some(timeout));
        let mut client = Client::builder(TokioExecutor::new());
        client
            .pool_timer(TokioTimer::new())
            .pool_max_idle_per_host(IDLE_MAX);
        let secure = if needs_tls {
            let connector = HttpsConnectorBuilder::new()
                .with_native_roots()?
                .https_only()
                .enable_http1()
                .build();
            Some(client.build(connector))
        } else {
            None
        };
        Ok(Self {
            plain: client.build(plain),
            secure,
            timeout,
            issuer_is_local: false,
        })
    }

    /// For the endpoints of this issuer.
    #[must_use]
    pub(crate) fn for_issuer(mut self, issuer: &Url) -> Self {
        self.issuer_is_local = is_local(issuer);
        self
    }

    /// Whether something of the issuer may be at `url`.
    pub(crate) fn permits(&self, url: &Url) -> bool {
        is_permitted(url, self.issuer_is_local)
    }

    /// One request and its whole answer. Dropping the future ends the request.
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Error> {
        let address = request.uri().to_string();
        let permitted = Url::parse(&address).is_ok_and(|url| self.permits(&url));
        if !permitted {
            return Err(Error::Forbidden(address));
        }
        let request = request.map(|body| Full::new(Bytes::from(body)));
        tokio::time::timeout(self.timeout, self.exchange(request))
            .await
            .unwrap_or(Err(Error::Timeout(self.timeout)))
    }

    async fn exchange(&self, request: Request<Body>) -> Result<HttpResponse, Error> {
        let answer = match (&self.secure, request.uri().scheme_str()) {
            (Some(secure), Some("https")) => secure.request(request).await,
            _ => self.plain.request(request).await,
        };
        let answer = answer.map_err(|error| Error::Connection(error.into()))?;
        let (parts, body) = answer.into_parts();
        // A redirect would lead somewhere that nobody has checked; and what a server in trouble says means nothing.
        if parts.status.is_redirection()
            || parts.status.is_server_error()
            || parts.status == StatusCode::TOO_MANY_REQUESTS
        {
            return Err(Error::Status(parts.status));
        }
        let body = Limited::new(body, ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|error| {
                if error.is::<LengthLimitError>() {
                    Error::TooLarge
                } else {
                    Error::Connection(error)
                }
            })?;
        Ok(Response::from_parts(parts, body.to_bytes().to_vec()))
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Error;
    type Future = BoxFuture<'c, Result<HttpResponse, Error>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

/// Whether `url` is on this machine.
pub(crate) fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Whether something of a provider may be at `url`. An issuer elsewhere must not lead us to services of this machine.
pub(crate) fn is_permitted(url: &Url, issuer_is_local: bool) -> bool {
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    plain
        && match url.scheme() {
            "https" => issuer_is_local || !is_local(url),
            "http" => issuer_is_local && is_local(url),
            _ => false,
        }
}

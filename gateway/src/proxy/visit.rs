//! A call of a browser whose messages have a refresh token: the token goes from the cookie into the request and from the
//! answer into the cookie, so that no page ever holds it.
//!
//! ```text
//! request  --no trusted origin--> PERMISSION_DENIED
//!    |-------neither cookie nor token--> UNAUTHENTICATED
//!    +-------token of the cookie put in--> upstream
//! upstream --OK with a token-----------> set-cookie, token taken out
//!    |-------OK, and the method only takes a token--> cookie cleared
//!    +-------anything else--> as it is
//! ```
//!
//! An error leaves the cookie alone: another tab may have got a fresh one meanwhile.
//!
//! The origin is checked for calls that only give a token (`Login`) too: otherwise a page of somebody else could sign a
//! person in to an account of its own. Messages of these calls are gathered, within limits, and must not be compressed.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::SET_COOKIE};
use http_body_util::{BodyExt as _, Full, Limited};
use runtime::Clock;
use tonic::{Code, Status, body::Body, codegen::StdError};

use super::{RequestBody, ResponseBody, frames::frame, response_body::code_of};
use crate::{
    cookies::{Cookies, Kind},
    credentials::{Credentials, Token},
    error::Error,
    origins::{Origins, is_of_browser},
};

/// The largest request and answer that is gathered: ten times what the longest of them need.
pub(super) const MESSAGE_BYTES_MAX: u32 = 64 * 1024;
/// Flags and length before a message.
const FRAME_HEADER_BYTES: usize = 5;
const FRAME_BYTES_MAX: usize = MESSAGE_BYTES_MAX as usize + FRAME_HEADER_BYTES;

/// Which compressed answers a client takes: none where the gateway has to look into them.
pub(super) const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Keeps the refresh tokens of browsers.
#[derive(Clone, Debug)]
pub(crate) struct Keeper {
    /// How the cookie looks.
    pub(crate) cookies: Cookies,
    /// Whose pages may have one.
    pub(crate) origins: Origins,
    /// Tells how long a token has to live.
    pub(crate) clock: Clock,
}

/// One call.
pub(super) struct Visit {
    credentials: Arc<Credentials>,
    keeper: Keeper,
    /// From the cookie.
    token: Option<String>,
}

impl Keeper {
    /// The visit that a request with `headers` is, to a method with `credentials`; `None` for programs, which hold their
    /// tokens themselves.
    pub(super) fn visit(
        &self,
        credentials: Option<&Arc<Credentials>>,
        headers: &HeaderMap,
    ) -> Result<Option<Visit>, Error> {
        let Some(credentials) = credentials.filter(|_| is_of_browser(headers)) else {
            return Ok(None);
        };
        self.origins.check(headers)?;
        Ok(Some(Visit {
            credentials: Arc::clone(credentials),
            token: self.cookies.read(Kind::Refresh, headers),
            keeper: self.clone(),
        }))
    }
}

impl Visit {
    /// The body of the request, the token that the browser sent in its place.
    pub(super) async fn fill<B>(&self, body: RequestBody<B>) -> Result<Body, Error>
    where
        B: http_body::Body<Data = Bytes, Error: Into<StdError>> + Send + Unpin + 'static,
    {
        if !self.credentials.is_in_request() {
            return Ok(Body::new(body));
        }
        let fault = body.fault();
        let gathered = gather(body).await;
        let (gathered, _) = gathered.map_err(|_| fault.get().unwrap_or(Error::BodyDamaged))?;
        let message = message_of(&gathered).map_err(|flaw| match flaw {
            Flaw::Compressed => Error::CompressionNotSupported,
            Flaw::Damaged => Error::BodyDamaged,
        })?;
        let filled = self
            .credentials
            .fill(message, self.token.clone())
            .map_err(|_| Error::BodyDamaged)?;
        let filled = filled.ok_or(Error::RefreshTokenMissing)?;
        Ok(Body::new(Full::new(frame(0, &filled))))
    }

    /// The answer, its token in the cookie.
    pub(super) async fn lift(
        self,
        response: Response<ResponseBody>,
    ) -> Result<Response<ResponseBody>, Status> {
        let (mut head, body) = response.into_parts();
        let (gathered, trailers) = gather(body).await?;
        let Some(trailers) = trailers else {
            return Ok(Response::from_parts(head, ResponseBody::empty()));
        };
        if gathered.is_empty() {
            return Ok(Response::from_parts(head, ResponseBody::trailers(trailers)));
        }
        let message = message_of(&gathered).map_err(|_| Error::UpstreamProtocol)?;
        let (message, token) = self
            .credentials
            .take(message)
            .map_err(|_| Error::UpstreamProtocol)?;
        if code_of(&trailers) == Some(Code::Ok)
            && let Some(cookie) = self.cookie(token)?
        {
            head.headers.append(SET_COOKIE, cookie);
        }
        let body = ResponseBody::whole(frame(0, &message), trailers);
        Ok(Response::from_parts(head, body))
    }

    /// `set-cookie` of an answer that is OK.
    fn cookie(&self, token: Option<Token>) -> Result<Option<HeaderValue>, Error> {
        let Keeper { cookies, clock, .. } = &self.keeper;
        match token {
            Some(token) => {
                let max_age = token.expires_at.map(|end| end - clock.now());
                let cookie = cookies.set(Kind::Refresh, &token.value, max_age);
                cookie.map(Some).ok_or(Error::UpstreamProtocol)
            }
            None if self.credentials.is_in_answer() => Ok(None),
            None => Ok(Some(cookies.clear(Kind::Refresh))),
        }
    }
}

/// Why a body is not one message.
enum Flaw {
    Compressed,
    Damaged,
}

/// All of `body`, up to the largest message.
async fn gather<B>(body: B) -> Result<(Bytes, Option<HeaderMap>), Status>
where
    B: http_body::Body<Data = Bytes, Error = Status>,
{
    let gathered = Limited::new(body, FRAME_BYTES_MAX).collect().await;
    let gathered = gathered.map_err(|error| match error.downcast::<Status>() {
        Ok(status) => *status,
        Err(_) => Error::UpstreamProtocol.into(),
    })?;
    let trailers = gathered.trailers().cloned();
    Ok((gathered.to_bytes(), trailers))
}

/// What is in the one frame of `body`.
fn message_of(body: &[u8]) -> Result<&[u8], Flaw> {
    let (header, message) = body
        .split_first_chunk::<FRAME_HEADER_BYTES>()
        .ok_or(Flaw::Damaged)?;
    let [flags, a, b, c, d] = *header;
    if u32::from_be_bytes([a, b, c, d]) as usize != message.len() {
        return Err(Flaw::Damaged);
    }
    match flags {
        0 => Ok(message),
        1 => Err(Flaw::Compressed),
        _ => Err(Flaw::Damaged),
    }
}

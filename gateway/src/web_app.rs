//! The web app: the files of one folder, as its build left them there. They are read when they are asked for, so that a new
//! build shows without a restart.
//!
//! ```text
//! /assets/app-B1x3.js   named after its content: kept for ever, comes compressed where the build did that
//! /favicon.svg          a name that stays: the browser asks each time, and is told by an ETag that it has the newest
//! /c/8f1e               no file but a place in the app: index.html
//! /assets/gone.js       404; so is every name with a dot that is no file, which all paths of calls are
//! ```

use std::convert::Infallible;

use anyhow::ensure;
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode,
    header::{
        ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LAST_MODIFIED,
        REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    },
    request,
};
use http_body_util::{BodyExt as _, Empty, Full, Limited};
use tonic::body::Body;
use tower::Service as _;
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody as FileBody};

use crate::{config::Web, pages};

/// Where the build puts files that are named after their content.
const ASSETS: &str = "/assets/";
const INDEX: &str = "/index.html";
/// Other files are read whole; one that is larger belongs among the assets.
const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// Of the digest, as much as nobody hits by chance.
const ETAG_BYTES: usize = 12;

const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NOT_AT_ALL: HeaderValue = HeaderValue::from_static("no-store");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
const BY_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
/// A smuggled text stays a text: scripts and styles are files of this folder only, and nothing makes HTML of a string.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; \
     connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
);
/// What the app never needs, for whoever should get into it.
const PERMISSIONS: HeaderValue = HeaderValue::from_static(
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
);
const SAFETY: [(HeaderName, HeaderValue); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    // Addresses of conversations are nobody else's affair.
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// The files of one folder. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct WebApp {
    files: ServeDir,
}

impl WebApp {
    /// What `config` names; `None` where it names nothing.
    ///
    /// # Errors
    ///
    /// Where the folder holds no app.
    pub(crate) fn open(config: &Web) -> anyhow::Result<Option<Self>> {
        let dir = &config.dir;
        if dir.as_os_str().is_empty() {
            return Ok(None);
        }
        ensure!(
            dir.join("index.html").is_file(),
            "web.dir: there is no index.html in {}: build the web app, or leave the key empty to serve none",
            dir.display()
        );
        let files = ServeDir::new(dir)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        Ok(Some(Self { files }))
    }

    /// The answer to GET and HEAD.
    pub(crate) async fn answer(&self, head: &request::Parts) -> Response<Body> {
        let path = head.uri.path();
        let mut response = if path.starts_with(ASSETS) {
            self.asset(head).await
        } else if path.contains('.') {
            self.document(path, &head.headers)
                .await
                .unwrap_or_else(pages::not_found)
        } else {
            self.document(INDEX, &head.headers)
                .await
                .unwrap_or_else(pages::web_app_missing)
        };
        response.headers_mut().extend(SAFETY);
        response
    }

    async fn asset(&self, head: &request::Parts) -> Response<Body> {
        let response = self
            .read(Request::from_parts(head.clone(), Empty::new()))
            .await;
        if response.status() == StatusCode::NOT_FOUND {
            return pages::not_found();
        }
        // Shared caches keep errors too, where they are told to.
        let caching = match response.status() {
            StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED => FOREVER,
            _ => NOT_AT_ALL,
        };
        let mut response = response.map(Body::new);
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, caching);
        headers.append(VARY, BY_ENCODING);
        response
    }

    /// A file that may change under its name. Its time says little: builds that can be repeated give all files the same, and
    /// one page is as long as the next where only the names of its assets differ. So its content is what is compared.
    async fn document(&self, path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
        let mut request = Request::builder().uri(path);
        if let Some(encodings) = headers.get(ACCEPT_ENCODING) {
            request = request.header(ACCEPT_ENCODING, encodings);
        }
        let (mut head, body) = self
            .read(request.body(Empty::new()).ok()?)
            .await
            .into_parts();
        if head.status != StatusCode::OK {
            return None;
        }
        let content = match Limited::new(body, DOCUMENT_BYTES_MAX).collect().await {
            Ok(content) => content.to_bytes(),
            Err(error) => {
                tracing::error!(path, error, "a file of the web app cannot be read");
                return None;
            }
        };
        let etag = etag_of(&content);
        let is_known = headers
            .typed_get::<IfNoneMatch>()
            .is_some_and(|known| !known.precondition_passes(&etag));
        head.headers.typed_insert(etag);
        head.headers.remove(LAST_MODIFIED);
        head.headers.insert(CACHE_CONTROL, ASK_EACH_TIME);
        head.headers.append(VARY, BY_ENCODING);
        if is_known {
            head.status = StatusCode::NOT_MODIFIED;
            head.headers.remove(CONTENT_TYPE);
            return Some(Response::from_parts(head, Body::empty()));
        }
        Some(Response::from_parts(head, Body::new(Full::new(content))))
    }

    async fn read(&self, request: Request<Empty<Bytes>>) -> Response<FileBody> {
        match self.files.clone().call(request).await {
            Ok(response) => response,
            Err::<_, Infallible>(never) => match never {},
        }
    }
}

/// An entity tag that changes with `content`.
pub(crate) fn etag_of(content: &[u8]) -> ETag {
    use std::fmt::Write as _;
    let digest = digest(&SHA256, content);
    let hex = digest.as_ref()[..ETAG_BYTES]
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
    format!("\"{hex}\"")
        .parse()
        .expect("hexadecimal digits between quotes are an entity tag")
}

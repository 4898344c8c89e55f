//! A browser, as far as signing in needs one: it keeps cookies by their rules, follows redirects, submits forms, and calls the
//! gateway by grpc-web as the page of an origin.
//!
//! It runs no scripts and shows nothing. Where browsers differ, it is the strictest of them: a redirect over another site makes a
//! navigation a foreign one, and nothing marked Secure is kept from plain HTTP.

mod cookies;

use std::{sync::Mutex, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use prost::{
    Message,
    bytes::{Buf as _, BufMut as _, Bytes, BytesMut},
};
use tokio::time::timeout;
use tonic::{
    Status,
    codegen::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header},
};

pub use cookies::{Cookie, SameSite};
use cookies::{Jar, Way};

/// Real browsers stop at 20.
const REDIRECTS_MAX: usize = 10;
/// Longer than anything at the gateway may take.
const TIMEOUT: Duration = Duration::from_secs(30);
const USER_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const FORM: &str = "application/x-www-form-urlencoded";
const GRPC_WEB: &str = "application/grpc-web+proto";
/// Of a frame of grpc-web: flags and length.
const FRAME_HEAD_BYTES: usize = 5;
const TRAILERS_FLAG: u8 = 0x80;

/// A browser with its cookies. Clean when it is new.
#[derive(Debug)]
pub struct Browser {
    http: Client<HttpConnector, Full<Bytes>>,
    jar: Mutex<Jar>,
}

/// What is shown after all redirects.
#[derive(Clone, Debug)]
pub struct Page {
    /// Where it is.
    pub url: Uri,
    /// HTTP status.
    pub status: u16,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// Its text.
    pub body: String,
    /// Where each redirect led, the last one to `url`.
    pub redirects: Vec<Uri>,
}

/// An answer of grpc-web with what lies around it.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The message.
    pub message: T,
    /// Headers of the answer, as scripts of the page would see them, and `set-cookie`, which they would not.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

/// A navigation under way.
struct Visit {
    method: Method,
    url: Uri,
    body: Bytes,
    way: Way,
    redirects: Vec<Uri>,
}

impl Visit {
    fn new(from: Option<&Uri>, method: Method, url: Uri, body: Bytes) -> Self {
        Self {
            way: Way::navigation(from, &url),
            method,
            url,
            body,
            redirects: Vec::new(),
        }
    }
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            http: Client::builder(TokioExecutor::new()).build_http(),
            jar: Mutex::default(),
        }
    }
}

impl Browser {
    /// Types an address.
    pub async fn open(&self, url: &str) -> Result<Page> {
        self.navigate(None, Method::GET, url.parse()?, Bytes::new())
            .await
    }

    /// Follows a link that is on `page`.
    pub async fn follow(&self, page: &Page, url: &str) -> Result<Page> {
        let target = resolve(&page.url, url)?;
        self.navigate(Some(&page.url), Method::GET, target, Bytes::new())
            .await
    }

    /// Follows the link of `page` that has this label.
    pub async fn press(&self, page: &Page, label: &str) -> Result<Page> {
        let end = format!("\">{label}</a>");
        let (before, _) = page
            .body
            .split_once(&end)
            .with_context(|| format!("{} has no link {label:?}: {}", page.url, page.body))?;
        let (_, address) = before.rsplit_once("href=\"").context("a link leads on")?;
        self.follow(page, &address.replace("&amp;", "&")).await
    }

    /// Submits the form of `page` that has no address of its own, with one field.
    pub async fn submit(&self, page: &Page, name: &str, value: &str) -> Result<Page> {
        let form = form(page, name, value)?;
        self.navigate(Some(&page.url), Method::POST, page.url.clone(), form)
            .await
    }

    /// As [`Browser::submit`], but stops before the first redirect to an address that contains `mark`, and gives that address.
    pub async fn submit_up_to(
        &self,
        page: &Page,
        name: &str,
        value: &str,
        mark: &str,
    ) -> Result<Uri> {
        let form = form(page, name, value)?;
        let mut visit = Visit::new(Some(&page.url), Method::POST, page.url.clone(), form);
        while self.step(&mut visit).await?.is_none() {
            if visit.url.to_string().contains(mark) {
                return Ok(visit.url);
            }
        }
        bail!("no redirect led to {mark}: {:?}", visit.redirects)
    }

    /// A cookie that would be sent to `url` by its own pages.
    pub fn cookie(&self, url: &str, name: &str) -> Option<Cookie> {
        let url: Uri = url.parse().ok()?;
        self.jar().find(url.host()?, name).cloned()
    }

    /// A call by a script of a page of `origin`, to the gateway of the same origin.
    pub async fn call<T: Message + Default>(
        &self,
        origin: &str,
        path: &str,
        message: &impl Message,
        access_token: Option<&str>,
    ) -> Result<Answer<T>, Status> {
        self.call_from(origin, origin, path, message, access_token)
            .await
    }

    /// As [`Browser::call`], by a page of another origin. CORS is not looked at: a script that may not read the answer has sent the
    /// request all the same.
    pub async fn call_from<T: Message + Default>(
        &self,
        origin: &str,
        gateway: &str,
        path: &str,
        message: &impl Message,
        access_token: Option<&str>,
    ) -> Result<Answer<T>, Status> {
        let broken = |error: anyhow::Error| Status::unavailable(format!("{error:#}"));
        let url = format!("{gateway}{path}")
            .parse()
            .map_err(|_| broken(anyhow::anyhow!("no URL")))?;
        let mut headers = vec![
            (header::CONTENT_TYPE, GRPC_WEB.to_owned()),
            (header::ORIGIN, origin.to_owned()),
            (HeaderName::from_static("x-grpc-web"), "1".to_owned()),
        ];
        if let Some(token) = access_token {
            headers.push((header::AUTHORIZATION, format!("Bearer {token}")));
        }
        let way = Way::script(
            &origin
                .parse()
                .map_err(|_| broken(anyhow::anyhow!("no origin")))?,
            &url,
        );
        let response = self
            .send(Method::POST, &url, way, &headers, frame(message))
            .await
            .map_err(broken)?;
        let (parts, body) = response.into_parts();
        let (message, trailers) = unframe(body.clone())?;
        if let Some(status) = [&trailers, &parts.headers]
            .into_iter()
            .find_map(Status::from_header_map)
            && status.code() != tonic::Code::Ok
        {
            return Err(status);
        }
        let message = message.ok_or_else(|| Status::data_loss("the answer has no message"))?;
        Ok(Answer {
            message: T::decode(message).map_err(|error| Status::data_loss(error.to_string()))?,
            headers: parts.headers,
            body,
        })
    }

    async fn navigate(
        &self,
        from: Option<&Uri>,
        method: Method,
        url: Uri,
        body: Bytes,
    ) -> Result<Page> {
        let mut visit = Visit::new(from, method, url, body);
        loop {
            if let Some(page) = self.step(&mut visit).await? {
                return Ok(page);
            }
        }
    }

    /// One request of a navigation; gives the page where it is the last one.
    async fn step(&self, visit: &mut Visit) -> Result<Option<Page>> {
        let headers: &[_] = if visit.body.is_empty() {
            &[]
        } else {
            &[(header::CONTENT_TYPE, FORM.to_owned())]
        };
        let (method, url) = (visit.method.clone(), visit.url.clone());
        let response = self
            .send(method, &url, visit.way, headers, visit.body.clone())
            .await
            .with_context(|| format!("{} {url}", visit.method))?;
        let location = response.headers().get(header::LOCATION);
        let Some(location) = location.filter(|_| response.status().is_redirection()) else {
            let (parts, body) = response.into_parts();
            return Ok(Some(Page {
                url,
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
                redirects: visit.redirects.clone(),
            }));
        };
        ensure!(
            visit.redirects.len() < REDIRECTS_MAX,
            "more than {REDIRECTS_MAX} redirects: {:?}",
            visit.redirects
        );
        let next = resolve(&url, location.to_str()?)?;
        visit.way = visit.way.redirected(&url, &next);
        // What all browsers do, but for 307 and 308.
        if !matches!(response.status().as_u16(), 307 | 308) {
            visit.method = Method::GET;
            visit.body = Bytes::new();
        }
        visit.redirects.push(next.clone());
        visit.url = next;
        Ok(None)
    }

    async fn send(
        &self,
        method: Method,
        url: &Uri,
        way: Way,
        headers: &[(HeaderName, String)],
        body: Bytes,
    ) -> Result<Response<Bytes>> {
        let host = url.host().context("a URL has a host")?.to_owned();
        let cookies = self.jar().header(&host, url.path(), way, &method);
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::USER_AGENT, USER_AGENT)
            .header("sec-fetch-site", way.site())
            .body(Full::new(body))?;
        for (name, value) in headers {
            request
                .headers_mut()
                .insert(name, HeaderValue::from_str(value)?);
        }
        if !cookies.is_empty() {
            let cookies = HeaderValue::from_str(&cookies)?;
            request.headers_mut().insert(header::COOKIE, cookies);
        }
        let exchange = async {
            let (parts, body) = self.http.request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            anyhow::Ok(Response::from_parts(parts, body))
        };
        let response = timeout(TIMEOUT, exchange)
            .await
            .context("no answer in time")??;
        for set in response.headers().get_all(header::SET_COOKIE) {
            self.jar().set(&host, set.to_str()?)?;
        }
        Ok(response)
    }

    fn jar(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.jar.lock().expect("nobody panics with it")
    }
}

/// `location` as seen from `base`: absolute, or a path.
fn resolve(base: &Uri, location: &str) -> Result<Uri> {
    if location.contains("://") {
        return Ok(location.parse()?);
    }
    ensure!(location.starts_with('/'), "{location:?} is no path");
    let (scheme, authority) = (base.scheme_str(), base.authority());
    let authority = authority.context("a URL has a host")?;
    Ok(format!("{}://{authority}{location}", scheme.unwrap_or("http")).parse()?)
}

/// What a form of `page` sends that has no address of its own.
fn form(page: &Page, name: &str, value: &str) -> Result<Bytes> {
    ensure!(
        page.body.contains("<form method=\"post\">"),
        "{} has no such form: {}",
        page.url,
        page.body
    );
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair(name, value)
        .finish();
    Ok(form.into())
}

fn frame(message: &impl Message) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_u8(0);
    bytes.put_u32(u32::try_from(message.encoded_len()).expect("messages of tests are small"));
    bytes.put_slice(&message.encode_to_vec());
    bytes.freeze()
}

/// The message, and the trailers, which are a frame of their own.
fn unframe(mut body: Bytes) -> Result<(Option<Bytes>, HeaderMap), Status> {
    let (mut message, mut trailers) = (None, HeaderMap::new());
    while body.len() >= FRAME_HEAD_BYTES {
        let is_trailers = body.get_u8() & TRAILERS_FLAG != 0;
        let length = usize::try_from(body.get_u32()).unwrap_or(usize::MAX);
        if length > body.len() {
            return Err(Status::data_loss("the answer ends within a frame"));
        }
        let frame = body.split_to(length);
        if is_trailers {
            trailers = trailers_of(&String::from_utf8_lossy(&frame));
        } else {
            message = Some(frame);
        }
    }
    Ok((message, trailers))
}

fn trailers_of(text: &str) -> HeaderMap {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    let pairs = lines.filter_map(|(name, value)| {
        let name = name
            .trim()
            .to_ascii_lowercase()
            .parse::<HeaderName>()
            .ok()?;
        Some((name, HeaderValue::from_str(value.trim()).ok()?))
    });
    pairs.collect()
}

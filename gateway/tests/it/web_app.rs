use std::{fs, path::Path, time::SystemTime};

use bytes::Bytes;
use gateway::{App, Config};
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use quicksync::user::v1::GetMeRequest;
use runtime::{App as _, Context};
use tempfile::TempDir;

use crate::support::{
    gateway::Gateway,
    soon,
    web::{GET_ME, LOGIN, call, send},
};

const INDEX: &str = "<!doctype html><script type=module src=/assets/app-B1x3.js></script>";
const REBUILT: &str = "<!doctype html><script type=module src=/assets/app-C7z9.js></script>";
const SCRIPT: &str = "console.log('the whole script')";

/// A built app, in a folder of a folder that holds a secret.
struct Built {
    house: TempDir,
}

impl Built {
    fn new() -> Self {
        let built = Self {
            house: tempfile::tempdir().unwrap(),
        };
        fs::create_dir_all(built.dir().join("assets")).unwrap();
        fs::write(built.house.path().join("secret.txt"), "secret").unwrap();
        built.write("index.html", INDEX);
        built.write("favicon.svg", "<svg/>");
        built.write("assets/app-B1x3.js", SCRIPT);
        built.write("assets/app-B1x3.js.br", "(brotli)");
        built.write("assets/app-B1x3.js.gz", "(gzip)");
        built
    }

    fn dir(&self) -> std::path::PathBuf {
        self.house.path().join("dist")
    }

    /// As builds do that can be repeated: all files of one time.
    fn write(&self, name: &str, content: &str) {
        let path = self.dir().join(name);
        fs::write(&path, content).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    }

    async fn serve(&self) -> Gateway {
        let dir = self.dir();
        Gateway::start_with(|config| config.web.dir = dir).await
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

async fn ask(gateway: &Gateway, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "gateway.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::new())).unwrap();
    let response = soon(send(gateway.address, Version::HTTP_11, request)).await;
    let (head, body) = response.into_parts();
    Answer {
        status: head.status,
        headers: head.headers,
        body: soon(body.collect()).await.unwrap().to_bytes(),
    }
}

async fn get(gateway: &Gateway, path: &str) -> Answer {
    ask(gateway, Method::GET, path, &[]).await
}

#[tokio::test]
async fn every_place_in_the_app_begins_with_its_first_page() {
    let built = Built::new();
    let gateway = built.serve().await;
    for path in [
        "/",
        "/index.html",
        "/login",
        "/c/8f1e4a52-3c1b-4d6e-9a57-0d3f2b6c7e81",
        "/settings/sessions?from=mail",
        "/verify-email",
        "/reset-password",
        "/assets",
    ] {
        let answer = get(&gateway, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.text(), INDEX, "{path}");
        assert_eq!(answer.headers["content-type"], "text/html", "{path}");
        assert_eq!(answer.headers["cache-control"], "no-cache", "{path}");
        assert!(answer.headers.contains_key("x-request-id"), "{path}");
    }
    let head = ask(&gateway, Method::HEAD, "/", &[]).await;
    assert_eq!(head.status, StatusCode::OK);
    assert_eq!(head.headers["content-length"], INDEX.len().to_string());
    assert!(head.body.is_empty());
}

#[tokio::test]
async fn a_page_that_a_browser_has_is_not_sent_again_until_a_build_changes_it() {
    let built = Built::new();
    let gateway = built.serve().await;
    let first = get(&gateway, "/").await;
    let etag = first.headers["etag"].to_str().unwrap();
    assert!(!first.headers.contains_key("last-modified"));

    for known in [etag, &format!("\"other\", W/{etag}"), "*"] {
        let again = ask(&gateway, Method::GET, "/login", &[("if-none-match", known)]).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{known}");
        assert!(again.body.is_empty());
        assert_eq!(again.headers["etag"], etag);
        assert_eq!(again.headers["cache-control"], "no-cache");
    }

    // Neither its length nor its time tells the new page from the old one.
    assert_eq!(INDEX.len(), REBUILT.len());
    built.write("index.html", REBUILT);
    let rebuilt = ask(&gateway, Method::GET, "/", &[("if-none-match", etag)]).await;
    assert_eq!(rebuilt.status, StatusCode::OK);
    assert_eq!(rebuilt.text(), REBUILT);
    assert_ne!(rebuilt.headers["etag"], etag);
}

#[tokio::test]
async fn what_is_named_after_its_content_is_kept_for_ever_and_comes_compressed() {
    let built = Built::new();
    let gateway = built.serve().await;
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "(brotli)"),
        ("gzip", Some("gzip"), "(gzip)"),
        ("br;q=0, gzip;q=0.5", Some("gzip"), "(gzip)"),
        ("identity", None, SCRIPT),
    ] {
        let headers = [("accept-encoding", accepted)];
        let answer = ask(&gateway, Method::GET, "/assets/app-B1x3.js", &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{accepted}");
        let got = answer.headers.get("content-encoding");
        assert_eq!(got.map(|it| it.to_str().unwrap()), encoding, "{accepted}");
        assert_eq!(answer.text(), body, "{accepted}");
        assert_eq!(answer.headers["content-type"], "text/javascript");
        assert_eq!(
            answer.headers["cache-control"],
            "public, max-age=31536000, immutable"
        );
        let mut vary = answer.headers.get_all("vary").iter();
        assert!(vary.any(|value| value == "accept-encoding"), "{accepted}");
    }
}

#[tokio::test]
async fn what_cannot_be_answered_is_kept_by_no_cache() {
    let built = Built::new();
    let gateway = built.serve().await;
    let beyond = [("range", "bytes=100000-")];
    let answer = ask(&gateway, Method::GET, "/assets/app-B1x3.js", &beyond).await;
    assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let within = [("range", "bytes=0-6"), ("accept-encoding", "identity")];
    let answer = ask(&gateway, Method::GET, "/assets/app-B1x3.js", &within).await;
    assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.text(), &SCRIPT[..7]);
    assert_ne!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn what_is_not_there_is_not_the_first_page() {
    let built = Built::new();
    let gateway = built.serve().await;
    for path in [
        "/assets/app-A0a0.js",
        "/assets/",
        "/robots.txt",
        "/.well-known/other",
    ] {
        let answer = get(&gateway, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
        assert!(!answer.headers.contains_key("cache-control"), "{path}");
    }
}

#[tokio::test]
async fn paths_of_calls_are_never_pages() {
    let built = Built::new();
    let gateway = built.serve().await;
    for (method, path, expected) in [
        (Method::GET, LOGIN, StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, GET_ME, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (
            Method::GET,
            "/quicksync.user.v1.UserService/NoSuchMethod",
            StatusCode::NOT_FOUND,
        ),
        (Method::GET, "/no.such.Service/GetMe", StatusCode::NOT_FOUND),
        (Method::POST, "/", StatusCode::NOT_FOUND),
        (Method::DELETE, "/login", StatusCode::NOT_FOUND),
    ] {
        let answer = ask(&gateway, method.clone(), path, &[]).await;
        assert_eq!(answer.status, expected, "{method} {path}");
        assert!(!answer.text().contains("<!doctype"), "{method} {path}");
    }
    let health = get(&gateway, "/healthz").await;
    assert_eq!(health.text(), "ok\n");
    let keys = get(&gateway, "/.well-known/jwks.json").await;
    assert_eq!(keys.headers["content-type"], "application/jwk-set+json");

    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), tonic::Code::Ok);
    assert!(!answer.headers.contains_key("content-security-policy"));
}

#[tokio::test]
async fn a_page_runs_and_loads_nothing_but_what_the_gateway_serves() {
    let built = Built::new();
    let gateway = built.serve().await;
    for path in [
        "/",
        "/c/some-place",
        "/favicon.svg",
        "/assets/app-B1x3.js",
        "/robots.txt",
    ] {
        let headers = get(&gateway, path).await.headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        let directives: Vec<&str> = policy.split("; ").map(str::trim).collect();
        for directive in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(directives.contains(&directive), "{path}: {policy}");
        }
        for word in ["unsafe", "http:", "https:", "*", "blob:", "data:"] {
            assert!(!policy.contains(word), "{path}: {policy}");
        }
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(headers["cross-origin-opener-policy"], "same-origin");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_can_be_read() {
    let built = Built::new();
    let gateway = built.serve().await;
    let absolute = built.house.path().join("secret.txt");
    let absolute = format!("/{}", absolute.display());
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/assets/%00.js",
        &absolute,
    ] {
        let answer = get(&gateway, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.text().contains("secret"), "{path}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_asset_and_too_large_to_be_compared_is_not_served() {
    let built = Built::new();
    let gateway = built.serve().await;
    built.write("large.bin", &"x".repeat(1024 * 1024));
    assert_eq!(get(&gateway, "/large.bin").await.status, StatusCode::OK);
    built.write("large.bin", &"x".repeat(1024 * 1024 + 1));
    let answer = get(&gateway, "/large.bin").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn while_a_build_replaces_the_files_the_answer_is_to_come_back() {
    let built = Built::new();
    let gateway = built.serve().await;
    fs::remove_file(built.dir().join("index.html")).unwrap();
    let answer = get(&gateway, "/").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "1");
    built.write("index.html", REBUILT);
    assert_eq!(get(&gateway, "/").await.text(), REBUILT);
}

async fn problem_with(dir: &Path) -> String {
    let mut config = Config::default();
    config.public.listen = ([127, 0, 0, 1], 0).into();
    config.web.dir = dir.to_owned();
    let error = App::build(config, Context::for_tests()).await.unwrap_err();
    format!("{error:#}")
}

#[tokio::test]
async fn a_folder_without_an_app_is_told_at_the_start() {
    let empty = tempfile::tempdir().unwrap();
    for dir in [empty.path(), Path::new("/no/such/folder")] {
        let problem = problem_with(dir).await;
        assert!(problem.starts_with("web.dir: "), "{problem}");
        assert!(problem.contains(dir.to_str().unwrap()), "{problem}");
    }
}

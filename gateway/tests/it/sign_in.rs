//! `/auth/{provider}/start` and `/auth/{provider}/callback`: redirects, cookies and pages that help.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use quicksync::user::v1::{SignInFailure, SignInIntent, StartSignInRequest};

use crate::support::{
    federation::{AUTHORIZATION_URL, BINDING, Step},
    gateway::Gateway,
    soon,
    upstream::REFRESH_TOKEN,
    web::send,
};

const OWN: &str = "https://chat.example.org";
const REFRESH: &str = "__Host-quicksync-refresh";
const BOUND: &str = "__Host-quicksync-sign-in";
const CLEARED: &str =
    "__Host-quicksync-sign-in=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0";
const LOOPBACK: &str = "http%3A%2F%2F127.0.0.1%3A4711%2Fx";

struct Landed {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Landed {
    fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.html);
        self.headers["location"].to_str().unwrap()
    }

    fn cookies(&self) -> Vec<&str> {
        let values = self.headers.get_all("set-cookie").iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }

    /// What every answer of these routes holds.
    fn assert_private(&self) {
        assert_eq!(self.headers["cache-control"], "no-store");
        assert_eq!(self.headers["referrer-policy"], "no-referrer");
        if self.status != StatusCode::SEE_OTHER {
            let policy = self.headers["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
            assert!(policy.contains("frame-ancestors 'none'"));
            assert!(!self.html.contains("<script"));
        }
        for secret in [REFRESH_TOKEN, BINDING, "secret details"] {
            assert!(!self.html.contains(secret), "{}", self.html);
        }
    }
}

async fn gateway() -> Gateway {
    Gateway::start_with(|config| OWN.clone_into(&mut config.public.origin)).await
}

async fn ask(gateway: &Gateway, method: Method, path: &str, headers: &[(&str, &str)]) -> Landed {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "chat.example.org");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::new())).unwrap();
    let response = soon(send(gateway.address, Version::HTTP_11, request)).await;
    let (head, body) = response.into_parts();
    let html = body.collect().await.unwrap().to_bytes();
    let landed = Landed {
        status: head.status,
        headers: head.headers,
        html: String::from_utf8(html.to_vec()).unwrap(),
    };
    landed.assert_private();
    landed
}

async fn get(gateway: &Gateway, path: &str, headers: &[(&str, &str)]) -> Landed {
    ask(gateway, Method::GET, path, headers).await
}

fn started(gateway: &Gateway) -> StartSignInRequest {
    match gateway.upstream.seen.only_step() {
        Step::Start(message, _) => message,
        Step::Finish(..) => panic!("nothing was to be finished"),
    }
}

#[tokio::test]
async fn a_sign_in_begins_with_a_redirect_and_a_cookie_that_binds_the_browser() {
    let gateway = gateway().await;
    let path = format!("/auth/google/start?return_to={LOOPBACK}&code_challenge=abc");
    let headers = [
        ("sec-fetch-site", "same-origin"),
        ("user-agent", "Mozilla/5.0 (X11; Linux)"),
        ("x-quicksync-client-address", "10.0.0.1"),
        ("cookie", "__Host-quicksync-refresh=kept"),
    ];
    let landed = get(&gateway, &path, &headers).await;
    assert_eq!(landed.location(), AUTHORIZATION_URL);
    let cookie = format!("{BOUND}={BINDING}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=600");
    assert_eq!(landed.cookies(), [cookie]);

    let Step::Start(message, metadata) = gateway.upstream.seen.only_step() else {
        panic!("it begins");
    };
    assert_eq!(message.provider_id, "google");
    assert_eq!(message.intent(), SignInIntent::SignIn);
    assert_eq!(message.return_to, "http://127.0.0.1:4711/x");
    assert_eq!(message.code_challenge, "abc");
    assert_eq!(message.refresh_token, "", "only for linking");
    assert_eq!(
        metadata.get("x-quicksync-client-address").unwrap(),
        "127.0.0.1"
    );
    assert_eq!(
        metadata.get("user-agent").unwrap(),
        "Mozilla/5.0 (X11; Linux)"
    );
    assert!(metadata.get("cookie").is_none());
}

#[tokio::test]
async fn on_this_machine_the_binding_is_without_secure_and_prefix() {
    let gateway = Gateway::start().await;
    let landed = get(&gateway, "/auth/google/start", &[]).await;
    let cookie =
        format!("quicksync-sign-in={BINDING}; HttpOnly; SameSite=Lax; Path=/; Max-Age=600");
    assert_eq!(landed.cookies(), [cookie]);
}

#[tokio::test]
async fn the_session_comes_along_for_linking_from_a_page_of_this_origin_only() {
    let gateway = gateway().await;
    let path = "/auth/google/start?intent=link&return_to=%2Fsettings";
    let cookie = ("cookie", "__Host-quicksync-refresh=kept");
    let landed = get(&gateway, path, &[cookie, ("sec-fetch-site", "same-origin")]).await;
    assert_eq!(landed.location(), AUTHORIZATION_URL);
    let message = started(&gateway);
    assert_eq!(message.intent(), SignInIntent::Link);
    assert_eq!(message.refresh_token, "kept");

    for site in [
        &[("sec-fetch-site", "none")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site")],
        &[
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "cross-site"),
        ],
        &[],
    ] {
        let headers: Vec<_> = [cookie].iter().chain(site).copied().collect();
        let landed = get(&gateway, path, &headers).await;
        assert_eq!(landed.status, StatusCode::OK, "{site:?}");
        assert!(landed.cookies().is_empty());
        // The page's own button is what leads on.
        let button =
            "<a href=\"/auth/google/start?intent=link&amp;return_to=%2Fsettings\">Link it</a>";
        assert!(landed.html.contains(button), "{}", landed.html);
    }
    let none = get(&gateway, path, &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(none.status, StatusCode::FORBIDDEN, "nobody is signed in");
    assert!(gateway.upstream.seen.steps.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_program_gets_a_session_only_when_the_person_says_so() {
    let gateway = gateway().await;
    for query in [
        format!("return_to={LOOPBACK}&code_challenge=abc"),
        format!("return_to={LOOPBACK}"),
        "return_to=http%3A%2F%2F127.1%3A4711%2Fx&code_challenge=abc".to_owned(),
        format!("intent=sign_in&return_to={LOOPBACK}&code_challenge=abc"),
    ] {
        let path = format!("/auth/google/start?{query}");
        for headers in [
            &[][..],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site")],
        ] {
            let landed = get(&gateway, &path, headers).await;
            assert_eq!(landed.status, StatusCode::OK, "{headers:?}");
            assert!(landed.cookies().is_empty());
            assert!(landed.html.contains("A program on this computer"));
            let button = format!("<a href=\"{}\">Go on</a>", path.replace('&', "&amp;"));
            assert!(landed.html.contains(&button), "{}", landed.html);
        }
        assert!(gateway.upstream.seen.steps.lock().unwrap().is_empty());
        let landed = get(&gateway, &path, &[("sec-fetch-site", "same-origin")]).await;
        assert_eq!(landed.location(), AUTHORIZATION_URL);
        gateway.upstream.seen.only_step();
    }
}

#[tokio::test]
async fn what_comes_from_nowhere_leaves_a_sign_in_that_is_under_way() {
    let gateway = gateway().await;
    for path in [
        "/auth/google/callback?state=SIGN_IN_FAILURE_EXPIRED&code=%2F",
        "/auth/unknown/callback?state=guess&code=%2F",
        "/auth/away/callback?state=guess&code=%2F",
    ] {
        let bound = format!("{BOUND}={BINDING}");
        let landed = get(&gateway, path, &[("cookie", &bound)]).await;
        assert!(landed.cookies().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn who_wanted_to_link_begins_to_link_again() {
    let gateway = gateway().await;
    let path = "/auth/google/callback?state=SIGN_IN_FAILURE_DENIED&code=%2Frooms&iss=";
    let landed = get(&gateway, &format!("{path}link"), &[]).await;
    let again = "<a href=\"/auth/google/start?intent=link&amp;return_to=%2Frooms\">Try again</a>";
    assert!(landed.html.contains(again), "{}", landed.html);
    // A new account would be made of it.
    let unknown = get(&gateway, &format!("{path}nobody-knows"), &[]).await;
    assert!(!unknown.html.contains("Try again"), "{}", unknown.html);
    let broken = get(&gateway, "/auth/away/callback?state=guess", &[]).await;
    assert!(!broken.html.contains("Try again"), "{}", broken.html);
}

#[tokio::test]
async fn a_browser_comes_back_signed_in() {
    let gateway = gateway().await;
    let path = "/auth/google/callback?state=tokens&code=%2Frooms%3Fa%3Db&iss=https%3A%2F%2Fidp.example&scope=openid";
    let bound = format!("theme=dark; {BOUND}={BINDING}");
    let landed = get(&gateway, path, &[("cookie", &bound)]).await;
    assert_eq!(landed.location(), "/rooms?a=b");
    let cookies = landed.cookies();
    assert_eq!(cookies.len(), 2);
    let kept =
        format!("{REFRESH}={REFRESH_TOKEN}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=");
    assert!(cookies[0].starts_with(&kept), "{cookies:?}");
    assert_eq!(cookies[1], CLEARED);

    let Step::Finish(message, metadata) = gateway.upstream.seen.only_step() else {
        panic!("it ends");
    };
    let address = metadata.get("x-quicksync-client-address");
    assert_eq!(address.unwrap(), "127.0.0.1");
    assert_eq!(message.state, "tokens");
    assert_eq!(message.issuer, "https://idp.example");
    assert_eq!(message.browser_binding, BINDING);
}

#[tokio::test]
async fn another_browsers_callback_comes_without_the_binding() {
    let gateway = gateway().await;
    for cookie in ["theme=dark".to_owned(), format!("{BOUND}=a; {BOUND}=b")] {
        let path = "/auth/google/callback?state=SIGN_IN_FAILURE_EXPIRED&code=%2F";
        let landed = get(&gateway, path, &[("cookie", &cookie)]).await;
        assert_eq!(landed.status, StatusCode::BAD_REQUEST);
        let Step::Finish(message, _) = gateway.upstream.seen.only_step() else {
            panic!("it ends");
        };
        assert_eq!(message.browser_binding, "");
    }
}

#[tokio::test]
async fn programs_and_linkers_are_led_back() {
    let gateway = gateway().await;
    let at = |state: &str, code: &str| format!("/auth/google/callback?state={state}&code={code}");
    let landed = get(&gateway, &at("code", LOOPBACK), &[]).await;
    assert_eq!(landed.location(), "http://127.0.0.1:4711/x?code=one%26time");
    assert_eq!(
        landed.cookies(),
        [CLEARED],
        "the browser itself is not signed in"
    );

    let landed = get(&gateway, &at("linked", "%2Fsettings"), &[]).await;
    assert_eq!(landed.location(), "/settings");
    assert_eq!(landed.cookies(), [CLEARED]);

    let landed = get(
        &gateway,
        &at("SIGN_IN_FAILURE_LINK_REQUIRED", LOOPBACK),
        &[],
    )
    .await;
    assert_eq!(
        landed.location(),
        "http://127.0.0.1:4711/x?error=link_required"
    );
    assert_eq!(landed.cookies(), [CLEARED]);
}

#[tokio::test]
async fn every_failure_lands_on_a_page_that_says_what_to_do() {
    let gateway = gateway().await;
    for (failure, status, words, may_try_again) in [
        (SignInFailure::Expired, 400, "ten minutes", true),
        (SignInFailure::Denied, 403, "said no", true),
        (
            SignInFailure::ProviderUnavailable,
            503,
            "Try again later",
            true,
        ),
        (
            SignInFailure::ProviderInvalid,
            403,
            "does not prove who you are",
            true,
        ),
        (
            SignInFailure::LinkRequired,
            409,
            "then link the provider",
            false,
        ),
        (
            SignInFailure::LinkedElsewhere,
            409,
            "Unlink it there",
            false,
        ),
        (
            SignInFailure::SignedOut,
            403,
            "sign in to your own first",
            false,
        ),
        (SignInFailure::TooManyIdentities, 409, "Unlink one", false),
        (
            SignInFailure::Unspecified,
            503,
            "try again in a moment",
            true,
        ),
    ] {
        let path = format!(
            "/auth/google/callback?state={}&code=%2Frooms",
            failure.as_str_name()
        );
        let landed = get(&gateway, &path, &[]).await;
        assert_eq!(landed.status, status, "{failure:?}");
        assert!(landed.html.contains(words), "{failure:?}: {}", landed.html);
        assert!(landed.html.contains("<a href=\"/rooms\">Back</a>"));
        let again = "<a href=\"/auth/google/start?return_to=%2Frooms\">Try again</a>";
        assert_eq!(landed.html.contains(again), may_try_again, "{failure:?}");
        let is_over = failure != SignInFailure::Expired;
        assert_eq!(landed.cookies() == [CLEARED], is_over, "{failure:?}");
        assert_eq!(landed.headers.contains_key("retry-after"), status == 503);
    }
}

#[tokio::test]
async fn what_the_user_service_refuses_is_never_a_500() {
    let gateway = gateway().await;
    for (provider, status) in [
        ("unknown", 404),
        ("bad", 400),
        ("signed-out", 403),
        ("stale", 403),
        ("silent", 503),
        ("away", 503),
        ("often", 429),
        ("broken", 503),
        ("old", 503),
    ] {
        for step in ["start?return_to=%2Frooms", "callback?state=tokens&code=%2F"] {
            let landed = get(&gateway, &format!("/auth/{provider}/{step}"), &[]).await;
            assert_eq!(landed.status, status, "{provider} {step}");
            assert_eq!(
                landed.headers.contains_key("retry-after"),
                status == 503 || status == 429
            );
            assert!(
                !landed
                    .cookies()
                    .iter()
                    .any(|cookie| cookie.contains(REFRESH))
            );
        }
    }
    let landed = get(&gateway, "/auth/silent/start?return_to=%2Frooms", &[]).await;
    assert!(landed.html.contains("The provider does not answer"));
    assert!(
        landed
            .html
            .contains("<a href=\"/auth/silent/start?return_to=%2Frooms\">Try again</a>")
    );
}

#[tokio::test]
async fn without_the_user_service_there_is_a_page_that_says_so() {
    let gateway = Gateway::start_with(|config| {
        config.auth.user.endpoints = vec!["http://127.0.0.1:1".to_owned()];
    })
    .await;
    for step in ["start", "callback?state=tokens"] {
        let landed = get(&gateway, &format!("/auth/google/{step}"), &[]).await;
        assert_eq!(landed.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(landed.headers.contains_key("retry-after"));
        assert!(landed.html.contains("Nothing has changed"));
    }
}

#[tokio::test]
async fn answers_that_lead_nowhere_good_are_not_followed() {
    let gateway = gateway().await;
    for path in [
        "/auth/odd/start",
        "/auth/google/callback?state=nothing&code=%2F",
        "/auth/google/callback?state=odd+tokens&code=%2F",
        "/auth/google/callback?state=tokens&code=%2F%2Fevil.example",
        "/auth/google/callback?state=tokens&code=javascript%3Aalert(1)",
        "/auth/google/callback?state=linked&code=%2F%0d%0aset-cookie%3A+a%3Db",
    ] {
        let landed = get(&gateway, path, &[]).await;
        assert_eq!(landed.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(!landed.headers.contains_key("location"));
        assert!(
            !landed
                .cookies()
                .iter()
                .any(|cookie| cookie.contains(REFRESH))
        );
    }
}

#[tokio::test]
async fn what_a_stranger_wrote_is_shown_as_text_or_not_at_all() {
    let gateway = gateway().await;
    let evil = "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [
        format!("/auth/silent/start?return_to=%2F{evil}&code_challenge={evil}"),
        format!("/auth/google/start?intent=link&return_to={evil}"),
        format!("/auth/google/start?intent={evil}"),
        format!("/auth/google/callback?state=SIGN_IN_FAILURE_DENIED&code=%2F{evil}&error={evil}"),
        format!("/auth/{evil}/start"),
        format!("/auth/google/{evil}"),
    ] {
        let landed = get(&gateway, &path, &[]).await;
        for tag in ["\"><script", "<script", "</script", "\">alert"] {
            assert!(!landed.html.contains(tag), "{}", landed.html);
        }
    }
}

#[tokio::test]
async fn requests_that_are_none_are_told_so() {
    let gateway = gateway().await;
    for (method, path, status) in [
        (Method::GET, "/auth/", 404),
        (Method::GET, "/auth/google", 404),
        (Method::GET, "/auth/Google/start", 404),
        (Method::GET, "/auth/google/start?intent=steal", 400),
        (Method::GET, "/auth/google/callback?state=a&state=b", 400),
        (Method::HEAD, "/auth/google/callback?state=tokens", 405),
        (Method::POST, "/auth/google/callback?state=tokens", 405),
    ] {
        let landed = ask(&gateway, method.clone(), path, &[]).await;
        assert_eq!(landed.status, status, "{method} {path}");
        assert!(landed.cookies().is_empty());
    }
    assert!(gateway.upstream.seen.steps.lock().unwrap().is_empty());
}

#[tokio::test]
async fn mailed_links_say_what_to_do_with_them() {
    let gateway = gateway().await;
    for (path, command) in [
        ("/verify-email?token=abc", "quicksync-cli verify-email LINK"),
        (
            "/reset-password?token=abc",
            "quicksync-cli reset-password LINK",
        ),
    ] {
        let request = Request::get(path).header("host", "chat.example.org");
        let request = request.body(Full::new(Bytes::new())).unwrap();
        let response = soon(send(gateway.address, Version::HTTP_11, request)).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        let text = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(text.to_vec()).unwrap();
        assert!(text.contains(command), "{text}");
        assert!(!text.contains("abc"));
    }
}

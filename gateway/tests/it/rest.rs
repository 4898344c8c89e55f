//! Single messages by verb and path.

use serde_json::json;

use crate::support::{
    connect::{Reply, ask, get, post},
    eventually,
    gateway::Gateway,
    upstream::REFRESH_TOKEN,
    web::Call,
};

const JSON: &str = "application/json";

async fn search(gateway: &Gateway, query: &str) -> Reply {
    let path = format!("/v1/users:search?{query}");
    get_as_ada(gateway, &path).await
}

async fn get_as_ada(gateway: &Gateway, path: &str) -> Reply {
    let bearer = gateway.bearer();
    get(gateway.address, path, &[("authorization", &bearer)]).await
}

fn sign_in(login: &str) -> Call {
    let body = json!({ "login": login }).to_string();
    post("/v1/sessions", JSON, body)
}

/// `reason` of the `ErrorInfo` of an error.
fn reason(reply: &Reply) -> String {
    let error = reply.json();
    let detail = &error["details"][0];
    assert_eq!(detail["@type"], "type.googleapis.com/google.rpc.ErrorInfo");
    assert_eq!(detail["domain"], "quicksync");
    detail["reason"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_query_is_a_request_and_json_the_answer() {
    let gateway = Gateway::start().await;
    let found = search(&gateway, "query=a+b%2Bc&pageSize=3").await;
    assert_eq!(found.status, 200);
    assert_eq!(found.headers["content-type"], JSON);
    assert_eq!(found.headers["cache-control"], "no-store");
    assert_eq!(found.headers["x-content-type-options"], "nosniff");
    assert_eq!(found.json(), json!({ "nextPageToken": "a b+c" }));
    let metrics = gateway.metrics();
    assert!(metrics.contains(r#"method="SearchUsers",protocol="rest",code="OK"} 1"#));

    let signed_in = sign_in("ada").reply_by_http2(gateway.address).await;
    assert_eq!(signed_in.json()["tokens"]["refreshToken"], REFRESH_TOKEN);
    assert_eq!(
        signed_in.json()["tokens"]["refreshTokenExpiresAt"],
        "2096-10-02T07:06:40Z"
    );
}

#[tokio::test]
async fn metadata_passes_and_what_is_the_browsers_does_not() {
    let gateway = Gateway::start().await;
    let bearer = gateway.bearer();
    let headers = [
        ("authorization", bearer.as_str()),
        ("x-mine", "7"),
        ("accept", "text/html"),
        ("accept-language", "de"),
        ("cookie", "theme=dark"),
        ("last-event-id", "x"),
    ];
    let me = get(gateway.address, "/v1/me", &headers).await;
    assert_eq!(me.headers["x-answer"], "42");
    let seen = me.json()["email"].as_str().unwrap().to_owned();
    assert!(seen.contains("x-mine=7\n"), "{seen}");
    for name in ["accept", "accept-language", "cookie", "last-event-id"] {
        assert!(!seen.contains(&format!("\n{name}=")), "{name}: {seen}");
    }
}

#[tokio::test]
async fn an_error_is_a_status_in_json_and_in_http() {
    let gateway = Gateway::start().await;
    let failed = search(&gateway, "query=fail").await;
    assert_eq!(failed.status, 400);
    assert_eq!(failed.headers["content-type"], JSON);
    assert_eq!(failed.headers["trailer-x-why"], "because");
    let expected = json!({ "code": 9, "message": "not now: ä\n%" });
    assert_eq!(failed.json(), expected);

    let stranger = get(gateway.address, "/v1/me", &[]).await;
    assert_eq!(stranger.status, 401);
    assert_eq!(
        stranger.headers["www-authenticate"],
        "Bearer realm=\"quicksync\""
    );
    assert_eq!(reason(&stranger), "ACCESS_TOKEN_MISSING");
    let expired = format!("Bearer {}", gateway.expired_token());
    let expired = get(gateway.address, "/v1/me", &[("authorization", &expired)]).await;
    assert_eq!(
        expired.headers["www-authenticate"],
        "Bearer realm=\"quicksync\", error=\"invalid_token\""
    );

    let missing = get_as_ada(&gateway, "/v1/providers").await;
    assert_eq!(missing.status, 501);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_json_too() {
    let gateway = Gateway::start().await;
    let nowhere = get(gateway.address, "/v1/no/such/path", &[]).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(nowhere.json()["code"], 5);
    assert_eq!(reason(&nowhere), "UNKNOWN_METHOD");
    for (verb, path, allowed) in [
        ("DELETE", "/v1/me", "GET, PATCH, OPTIONS"),
        ("GET", "/v1/sessions", "POST, OPTIONS"),
        ("HEAD", "/v1/me", "GET, PATCH, OPTIONS"),
    ] {
        let other = ask(gateway.address, verb, path, &[]).await;
        assert_eq!(other.status, 405, "{verb} {path}");
        assert_eq!(other.headers["allow"], allowed);
    }
    let form = post(
        "/v1/sessions",
        "application/x-www-form-urlencoded",
        "login=ada",
    );
    let form = form.reply(gateway.address).await;
    assert_eq!(form.status, 415);
    assert_eq!(form.json()["code"], 3);
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn what_cannot_be_understood_is_the_clients_fault() {
    let gateway = Gateway::start().await;
    let typo = search(&gateway, "query=a&page_sise=3").await;
    assert_eq!(typo.status, 400);
    assert_eq!(reason(&typo), "INVALID_FIELDS");
    let violation = &typo.json()["details"][1]["fieldViolations"][0];
    assert_eq!(violation["field"], "page_sise");
    assert_eq!(violation["description"], "is no parameter of this method");

    for path in [
        "/v1/conversations/%ff",
        "/v1/conversations/%",
        "/v1/conversations/%zz/messages",
    ] {
        let bearer = gateway.bearer();
        let damaged = get(gateway.address, path, &[("authorization", &bearer)]).await;
        assert_eq!(damaged.status, 400, "{path}");
        assert_eq!(reason(&damaged), "BODY_DAMAGED");
    }
    for body in ["{", "[]", r#"{"login":1}"#, "{} {}"] {
        let damaged = post("/v1/sessions", JSON, body)
            .reply(gateway.address)
            .await;
        assert_eq!(damaged.status, 400, "{body}");
        assert_eq!(reason(&damaged), "BODY_DAMAGED");
    }
    let large = sign_in(&"x".repeat(2 << 20)).reply(gateway.address).await;
    assert_eq!(large.status, 429);
    assert_eq!(reason(&large), "MESSAGE_TOO_LARGE");
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn strangers_do_not_make_the_gateway_read_anything() {
    let gateway = Gateway::start().await;
    let refused = get(gateway.address, "/v1/users:search?no_such=1", &[]).await;
    assert_eq!(refused.status, 401);
    let refused = post("/v1/conversations", JSON, "{")
        .reply(gateway.address)
        .await;
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn a_deadline_ends_a_call_and_cancels_the_upstream() {
    let gateway = Gateway::start().await;
    let bearer = gateway.bearer();
    let headers = [("authorization", bearer.as_str()), ("grpc-timeout", "50m")];
    let late = get(gateway.address, "/v1/users:search?query=hang", &headers).await;
    assert_eq!(late.status, 504);
    assert_eq!(late.json()["code"], 4);
    eventually("it is cancelled", || gateway.upstream.seen.cancelled() == 1).await;
}

#[tokio::test]
async fn a_page_signs_in_without_seeing_the_refresh_token() {
    let gateway = Gateway::start().await;
    let own = "http://localhost:8080";
    let signed_in = sign_in("ada").header("origin", own);
    let signed_in = signed_in.reply(gateway.address).await;
    assert_eq!(signed_in.json()["tokens"]["accessToken"], "access");
    assert!(!String::from_utf8_lossy(&signed_in.body).contains(REFRESH_TOKEN));
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let (pair, _) = cookie.split_once(';').unwrap();
    assert_eq!(pair, format!("quicksync-refresh={REFRESH_TOKEN}"));

    let refresh = || post("/v1/sessions:refresh", JSON, "{}").header("cookie", pair);
    let refreshed = refresh().header("origin", own).reply(gateway.address).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(gateway.upstream.seen.refresh_tokens(), [REFRESH_TOKEN]);
    for origin in ["https://evil.example", "null"] {
        let refused = refresh()
            .header("origin", origin)
            .reply(gateway.address)
            .await;
        assert_eq!(refused.status, 403, "{origin}");
        assert_eq!(reason(&refused), "ORIGIN_NOT_ALLOWED");
    }
}

#[tokio::test]
async fn pages_may_use_all_verbs() {
    let gateway = Gateway::start().await;
    for verb in ["GET", "PUT", "PATCH", "DELETE"] {
        let headers = [
            ("origin", "http://localhost:8080"),
            ("access-control-request-method", verb),
            ("access-control-request-headers", "authorization"),
        ];
        let preflight = ask(gateway.address, "OPTIONS", "/v1/me", &headers).await;
        assert_eq!(preflight.status, 200);
        let allowed = &preflight.headers["access-control-allow-methods"];
        assert!(allowed.to_str().unwrap().contains(verb), "{allowed:?}");
    }
}

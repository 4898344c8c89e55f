//! Refresh tokens of browsers: held in a cookie, out of every page's reach, and only for pages of trusted origins.

use http::HeaderMap;
use proptest::prelude::*;
use prost::Message;
use quicksync::user::v1::{
    GetJwksRequest, LoginRequest, LoginResponse, LogoutRequest, RefreshRequest, RefreshResponse,
    SearchUsersRequest, auth_service_client::AuthServiceClient,
};
use tonic::{Code, metadata::MetadataValue};

use crate::support::{
    gateway::Gateway,
    upstream::{REFRESH_TOKEN, REFRESH_TOKEN_END_S},
    web::{Answer, Call, GET_JWKS, LOGIN, LOGOUT, REFRESH, SEARCH_USERS, call, frame},
};

const OWN: &str = "https://chat.example.org";
const LISTED: &str = "https://app.example.org";
const EVIL: &str = "https://evil.example";
const NAME: &str = "__Host-quicksync-refresh";

async fn gateway() -> Gateway {
    Gateway::start_with(|config| {
        OWN.clone_into(&mut config.public.origin);
        config.cors.origins = vec![LISTED.to_owned(), "*".to_owned()];
    })
    .await
}

fn login(login: &str) -> Call {
    let message = LoginRequest {
        login: login.to_owned(),
        password: "correct".to_owned(),
    };
    call(LOGIN, &message).header("origin", OWN)
}

fn refresh(refresh_token: &str) -> Call {
    let refresh_token = refresh_token.to_owned();
    call(REFRESH, &RefreshRequest { refresh_token }).header("origin", OWN)
}

fn cookies_of(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all("set-cookie").iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

/// Name and value, the attributes but the last, and the seconds of `Max-Age`.
fn only_cookie(answer: &Answer) -> (String, String, i64) {
    let cookies = cookies_of(&answer.headers);
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    let (pair, attributes) = cookies[0].split_once("; ").unwrap();
    let (attributes, max_age) = attributes.split_once("; Max-Age=").unwrap();
    (
        pair.to_owned(),
        attributes.to_owned(),
        max_age.parse().unwrap(),
    )
}

#[tokio::test]
async fn a_page_signs_in_without_seeing_the_refresh_token() {
    let gateway = gateway().await;
    for answer in [
        login("ada").answer(gateway.address).await,
        login("ada").answer_by_http2(gateway.address).await,
        login("ada")
            .in_text()
            .header("accept", "application/grpc-web-text")
            .answer(gateway.address)
            .await,
    ] {
        assert_eq!(answer.code(), Code::Ok);
        let tokens = answer.message::<LoginResponse>().tokens.unwrap();
        assert_eq!(tokens.access_token, "access");
        assert_eq!(tokens.refresh_token, "");
        let (pair, attributes, max_age) = only_cookie(&answer);
        assert_eq!(pair, format!("{NAME}={REFRESH_TOKEN}"));
        assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/");
        let left = REFRESH_TOKEN_END_S - gateway.context.clock.now().unix_timestamp();
        assert!((left - 60..left + 60).contains(&max_age), "{max_age}");
        assert_eq!(answer.headers["access-control-allow-credentials"], "true");
    }
}

#[tokio::test]
async fn on_this_machine_the_cookie_is_without_secure_and_prefix() {
    let gateway = Gateway::start().await;
    let answer = login("ada")
        .header("origin", "http://localhost:8080")
        .answer(gateway.address)
        .await;
    let (pair, attributes, _) = only_cookie(&answer);
    assert_eq!(pair, format!("quicksync-refresh={REFRESH_TOKEN}"));
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/");
}

#[tokio::test]
async fn the_cookie_is_refreshed_and_wins_over_what_a_page_sends() {
    let gateway = gateway().await;
    for sent in ["", "from-the-page"] {
        for answer in [
            refresh(sent)
                .header("cookie", format!("theme=dark; {NAME}=kept"))
                .answer(gateway.address)
                .await,
            refresh(sent)
                .header("cookie", format!("{NAME}=kept"))
                .in_text()
                .answer_by_http2(gateway.address)
                .await,
        ] {
            assert_eq!(answer.code(), Code::Ok);
            let tokens = answer.message::<RefreshResponse>().tokens.unwrap();
            assert_eq!(tokens.refresh_token, "");
            assert_eq!(only_cookie(&answer).0, format!("{NAME}=kept2"));
        }
    }
    assert_eq!(gateway.upstream.seen.refresh_tokens(), ["kept"; 4]);
}

#[tokio::test]
async fn signing_out_takes_the_token_along_and_clears_the_cookie() {
    let gateway = gateway().await;
    let answer = call(LOGOUT, &LogoutRequest::default())
        .header("origin", LISTED)
        .header("cookie", format!("{NAME}=kept"))
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), Code::Ok);
    let (pair, attributes, max_age) = only_cookie(&answer);
    assert_eq!((pair, max_age), (format!("{NAME}="), 0));
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/");
    assert_eq!(gateway.upstream.seen.refresh_tokens(), ["kept"]);
}

#[tokio::test]
async fn pages_of_other_origins_neither_use_nor_get_the_cookie() {
    let gateway = gateway().await;
    for origin in [
        EVIL,
        "null",
        "http://chat.example.org",
        "https://chat.example.org.evil.example",
        "http://gateway.test",
        "*",
        "",
    ] {
        for asked in [
            refresh("").header("cookie", format!("{NAME}=kept")),
            login("ada"),
            call(LOGOUT, &LogoutRequest::default()).header("cookie", format!("{NAME}=kept")),
        ] {
            let answer = asked.header("origin", origin).answer(gateway.address).await;
            assert_eq!(answer.code(), Code::PermissionDenied, "{origin}");
            assert_eq!(answer.reason(), "ORIGIN_NOT_ALLOWED", "{origin}");
            assert!(cookies_of(&answer.headers).is_empty());
            let credentials = answer.headers.get("access-control-allow-credentials");
            assert_eq!(credentials, None, "{origin}");
        }
        let answer = call(GET_JWKS, &GetJwksRequest {})
            .header("origin", origin)
            .answer(gateway.address)
            .await;
        assert_eq!(answer.code(), Code::Ok, "other calls are for any page");
    }
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn a_browser_that_names_no_origin_is_not_trusted() {
    let gateway = gateway().await;
    for site in ["same-origin", "cross-site"] {
        let answer = call(REFRESH, &RefreshRequest::default())
            .header("sec-fetch-site", site)
            .header("cookie", format!("{NAME}=kept"))
            .answer(gateway.address)
            .await;
        assert_eq!(answer.reason(), "ORIGIN_NOT_ALLOWED", "{site}");
    }
}

#[tokio::test]
async fn a_browser_without_a_cookie_that_can_be_told_has_no_token() {
    let gateway = gateway().await;
    for cookie in [
        String::new(),
        "theme=dark".to_owned(),
        // Tossed by another host of the same site: its prefix is missing, or there is a second one.
        "quicksync-refresh=tossed".to_owned(),
        format!("{NAME}=tossed; {NAME}=kept"),
        format!("{NAME}={}", "a".repeat(5000)),
        format!("{NAME}=\"a b\""),
    ] {
        let answer = refresh("")
            .header("cookie", &cookie)
            .answer(gateway.address)
            .await;
        assert_eq!(answer.code(), Code::Unauthenticated, "{cookie}");
        assert_eq!(answer.reason(), "REFRESH_TOKEN_MISSING", "{cookie}");
        assert!(cookies_of(&answer.headers).is_empty());
    }
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn errors_pass_unharmed_and_leave_the_cookie_alone() {
    let gateway = gateway().await;
    let kept = format!("{NAME}=fail");
    for asked in [refresh("").header("cookie", kept), login("fail")] {
        let answer = asked.answer(gateway.address).await;
        assert_eq!(answer.code(), Code::FailedPrecondition);
        assert_eq!(answer.trailers["x-why"], "because");
        assert!(cookies_of(&answer.headers).is_empty());
    }
}

#[tokio::test]
async fn no_service_sets_cookies_and_no_odd_token_becomes_one() {
    let gateway = gateway().await;
    let answer = login("no token").answer(gateway.address).await;
    assert_eq!(answer.code(), Code::Ok);
    assert!(cookies_of(&answer.headers).is_empty());

    let answer = login("no end").answer(gateway.address).await;
    let session = format!("{NAME}={REFRESH_TOKEN}; HttpOnly; SameSite=Strict; Secure; Path=/");
    assert_eq!(cookies_of(&answer.headers), [session]);

    let answer = login("bad token").answer(gateway.address).await;
    assert_eq!(answer.reason(), "UPSTREAM_PROTOCOL");
    assert!(cookies_of(&answer.headers).is_empty());
}

#[tokio::test]
async fn requests_that_cannot_be_looked_into_are_refused() {
    let gateway = gateway().await;
    let message = RefreshRequest::default().encode_to_vec();
    let mut compressed = frame(&message);
    compressed[0] = 1;
    let mut strange = frame(&message);
    strange[0] = 2;
    let twice = [frame(&message), frame(&message)].concat();
    for (body, reason) in [
        (compressed, "COMPRESSION_NOT_SUPPORTED"),
        (strange, "BODY_DAMAGED"),
        (twice, "NOT_ONE_MESSAGE"),
        (vec![0, 0, 0, 0, 9, 1], "BODY_DAMAGED"),
        (frame(&[0xff]), "BODY_DAMAGED"),
        (Vec::new(), "NOT_ONE_MESSAGE"),
        (frame(&vec![0; 70_000]), "BODY_DAMAGED"),
        (frame(&vec![0; 2 << 20]), "MESSAGE_TOO_LARGE"),
    ] {
        let bytes = body.len();
        let answer = refresh("")
            .header("cookie", format!("{NAME}=kept"))
            .body(body)
            .answer(gateway.address)
            .await;
        assert_eq!(answer.reason(), reason, "{bytes} bytes");
    }
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn programs_hold_their_tokens_themselves() {
    let gateway = gateway().await;
    let message = RefreshRequest {
        refresh_token: "own".to_owned(),
    };
    let answer = call(REFRESH, &message)
        .header("cookie", format!("{NAME}=ignored"))
        .answer(gateway.address)
        .await;
    let tokens = answer.message::<RefreshResponse>().tokens.unwrap();
    assert_eq!(tokens.refresh_token, "own2");
    assert!(cookies_of(&answer.headers).is_empty());
    assert_eq!(gateway.upstream.seen.refresh_tokens(), ["own"]);
}

#[tokio::test]
async fn plain_grpc_is_a_browsers_where_it_says_so() {
    let gateway = gateway().await;
    let address = format!("http://{}", gateway.address);
    let mut auth = AuthServiceClient::connect(address).await.unwrap();
    let mut request = tonic::Request::new(RefreshRequest::default());
    let cookie: MetadataValue<_> = format!("{NAME}=kept").parse().unwrap();
    request.metadata_mut().insert("cookie", cookie);
    let refused = auth.refresh(RefreshRequest::default()).await;
    assert!(
        refused.is_ok(),
        "a program's empty token is the service's affair"
    );

    request
        .metadata_mut()
        .insert("origin", OWN.parse().unwrap());
    let answer = auth.refresh(request).await.unwrap();
    let cookie = answer.metadata().get("set-cookie").unwrap();
    assert!(
        cookie
            .to_str()
            .unwrap()
            .starts_with(&format!("{NAME}=kept2;"))
    );
    assert_eq!(answer.into_inner().tokens.unwrap().refresh_token, "");

    let mut evil = tonic::Request::new(RefreshRequest::default());
    evil.metadata_mut().insert("origin", EVIL.parse().unwrap());
    let refused = auth.refresh(evil).await.unwrap_err();
    assert_eq!(
        mesh::status::reason_of(&refused).unwrap(),
        "ORIGIN_NOT_ALLOWED"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The upstream gives back what it got: in `next_page_token`, or in the token with a `2` at its end.
    #[test]
    fn calls_without_credentials_or_of_programs_pass_byte_for_byte(text in "[^\\p{C}]{1,200}", has_origin: bool) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let gateway = gateway().await;
            let search = SearchUsersRequest { query: format!("={text}"), ..SearchUsersRequest::default() };
            let mut body = search.encode_to_vec();
            // A field that nobody knows.
            body.extend([0xa2, 0x06, 1, b'x']);
            let mut asked = call(SEARCH_USERS, &search)
                .header("authorization", gateway.bearer())
                .header("cookie", format!("{NAME}=kept"))
                .body(frame(&body));
            if has_origin {
                asked = asked.header("origin", EVIL);
            }
            let answer = asked.answer(gateway.address).await;
            let expected = quicksync::user::v1::SearchUsersResponse {
                next_page_token: format!("={text}"),
                ..Default::default()
            };
            assert_eq!(answer.messages, [expected.encode_to_vec()]);

            let own = RefreshRequest { refresh_token: text.clone() };
            let answer = call(REFRESH, &own)
                .header("cookie", format!("{NAME}=kept"))
                .answer(gateway.address)
                .await;
            let tokens = answer.message::<RefreshResponse>().tokens.unwrap();
            assert_eq!(tokens.refresh_token, format!("{text}2"));
            assert!(cookies_of(&answer.headers).is_empty());
        });
    }
}

//! Providers that are away, slow, broken or lying: a clear failure in bounded time, never an internal error, and nobody gets in.

use std::time::Instant;

use aws_lc_rs::hmac;
use http::StatusCode;
use quicksync::user::v1::{
    FinishSignInRequest, SignInFailure, StartSignInResponse, finish_sign_in_response::Outcome,
};
use runtime::Clock;
use serde_json::{Value, json};
use tonic::Code;

use crate::{
    federation_fixture::{Callback, assert_failed, sign_in},
    fixture::{Fixture, assert_refused},
    lying_provider::{Answer, Key, Liar, PATIENCE, SECRET, id_token, token},
};

/// A user service that knows the liar only, and has little patience.
async fn start(liar: &Liar) -> Fixture {
    let clock = Clock::fixed(Clock::system().now());
    let config = liar.config();
    Fixture::at(clock, |settings| {
        settings.providers = vec![config];
        settings.provider_calls.request_timeout_ms = 300;
        settings.provider_calls.timeout_ms = 1_000;
        settings.provider_calls.refetch_pause_ms = 1;
    })
    .await
}

/// Begins a sign-in and finishes it after the liar was told what to answer to the code.
async fn finish(user: &Fixture, liar: &Liar, answer: impl FnOnce(Value) -> Answer) -> Outcome {
    let begun = user.begin(sign_in("liar")).await.unwrap();
    let claims = liar.claims(&begun.authorization_url);
    liar.says_of_the_code(answer(claims));
    let callback = Callback(FinishSignInRequest {
        code: "code".to_owned(),
        issuer: liar.issuer.clone(),
        ..callback_of(begun)
    });
    let started = Instant::now();
    let outcome = user.finish(&callback).await.unwrap().outcome.unwrap();
    assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    outcome
}

/// What comes back of a sign-in, but for what the provider says.
fn callback_of(begun: StartSignInResponse) -> FinishSignInRequest {
    let state = openidconnect::url::Url::parse(&begun.authorization_url)
        .unwrap()
        .query_pairs()
        .find_map(|(name, value)| (name == "state").then(|| value.into_owned()))
        .unwrap();
    FinishSignInRequest {
        provider_id: "liar".to_owned(),
        state,
        code: String::new(),
        error: String::new(),
        issuer: String::new(),
        browser_binding: begun.browser_binding,
    }
}

/// Claims that differ in one field.
fn with(mut claims: Value, field: &str, value: impl Into<Value>) -> Value {
    claims[field] = value.into();
    claims
}

#[tokio::test]
async fn a_token_of_each_listed_algorithm_is_taken() {
    for key in [Key::es256(), Key::ed_dsa(), Key::rs256(), Key::ps256()] {
        let liar = Liar::start(key).await;
        let user = start(&liar).await;
        let outcome = finish(&user, &liar, |claims| liar.sign(&claims)).await;
        assert!(matches!(outcome, Outcome::Tokens(_)), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_token_with_wrong_claims_is_not_taken() {
    let liar = Liar::start(Key::es256()).await;
    let user = start(&liar).await;
    let now = user.clock.now().unix_timestamp();
    for (field, value) in [
        ("iss", json!("https://accounts.example.org")),
        ("aud", json!("somebody else")),
        ("aud", json!(["quicksync", "somebody else"])),
        ("azp", json!("somebody else")),
        ("nonce", json!("another")),
        ("nonce", json!(null)),
        ("exp", json!(now - 1)),
        ("iat", json!(now + 600)),
        ("iat", json!(now - 3_600)),
        ("sub", json!("")),
        ("sub", json!("x".repeat(256))),
        ("sub", json!(null)),
    ] {
        let outcome = finish(&user, &liar, |claims| {
            liar.sign(&with(claims, field, value.clone()))
        })
        .await;
        println!("{field}: {value}");
        assert_failed(&outcome, SignInFailure::ProviderInvalid);
    }
    let honest = finish(&user, &liar, |claims| liar.sign(&claims)).await;
    assert!(matches!(honest, Outcome::Tokens(_)), "{honest:?}");
}

#[tokio::test]
async fn a_token_with_a_wrong_signature_is_not_taken() {
    let liar = Liar::start(Key::es256()).await;
    let user = start(&liar).await;
    let forged = finish(&user, &liar, |claims| liar.forge(&claims, &Key::es256())).await;
    assert_failed(&forged, SignInFailure::ProviderInvalid);

    for alg in ["none", "None", "NONE"] {
        let header = json!({"alg": alg});
        let unsigned = finish(&user, &liar, |claims| {
            id_token(&token(&header, &claims, |_| Vec::new()))
        })
        .await;
        assert_failed(&unsigned, SignInFailure::ProviderInvalid);
    }

    // What the client knows too must not make a token.
    let header = json!({"alg": "HS256"});
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let shared = finish(&user, &liar, |claims| {
        id_token(&token(&header, &claims, |message| {
            hmac::sign(&key, message).as_ref().to_vec()
        }))
    })
    .await;
    assert_failed(&shared, SignInFailure::ProviderInvalid);

    let mut header = liar.header();
    header["kid"] = "nobody has this".into();
    let unknown = finish(&user, &liar, |claims| {
        id_token(&token(&header, &claims, |_| vec![0; 64]))
    })
    .await;
    assert_failed(&unknown, SignInFailure::ProviderInvalid);
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_gives_a_clear_failure_in_time() {
    let liar = Liar::start(Key::es256()).await;
    let user = start(&liar).await;
    let unavailable = SignInFailure::ProviderUnavailable;
    let invalid = SignInFailure::ProviderInvalid;
    for (answer, expected) in [
        (Answer::Silence, unavailable),
        (Answer::Stuck, unavailable),
        (
            Answer::Status(StatusCode::INTERNAL_SERVER_ERROR),
            unavailable,
        ),
        (Answer::Status(StatusCode::TOO_MANY_REQUESTS), unavailable),
        (
            Answer::Redirect(format!("{}/keys", liar.issuer)),
            unavailable,
        ),
        (Answer::Huge, invalid),
        (Answer::Text("<html>it works!</html>"), invalid),
        (Answer::Text(""), invalid),
        (
            Answer::Json(json!({"access_token": "x", "token_type": "Bearer"})),
            invalid,
        ),
        (id_token("not.a.token"), invalid),
    ] {
        let outcome = finish(&user, &liar, |_| answer).await;
        assert_failed(&outcome, expected);
    }
}

#[tokio::test]
async fn an_error_of_the_token_endpoint_is_told_as_what_it_means() {
    let liar = Liar::start(Key::es256()).await;
    let user = start(&liar).await;
    for (error, expected) in [
        ("invalid_grant", SignInFailure::Expired),
        ("server_error", SignInFailure::ProviderUnavailable),
        (
            "temporarily_unavailable",
            SignInFailure::ProviderUnavailable,
        ),
        ("invalid_client", SignInFailure::ProviderInvalid),
        ("unauthorized_client", SignInFailure::ProviderInvalid),
        ("unsupported_grant_type", SignInFailure::ProviderInvalid),
        ("invalid_request", SignInFailure::ProviderInvalid),
        ("anything", SignInFailure::ProviderInvalid),
    ] {
        println!("{error}");
        let outcome = finish(&user, &liar, |_| Answer::Error(error)).await;
        assert_failed(&outcome, expected);
    }
}

#[tokio::test]
async fn a_provider_that_says_nothing_good_of_itself_cannot_be_begun_with() {
    let liar = Liar::start(Key::es256()).await;
    let other = |field: &str, value: &str| Answer::Json(with(liar.itself(), field, value));
    for answer in [
        Answer::Silence,
        Answer::Stuck,
        Answer::Huge,
        Answer::Status(StatusCode::NOT_FOUND),
        Answer::Status(StatusCode::BAD_GATEWAY),
        Answer::Redirect("http://127.0.0.1:1/".to_owned()),
        Answer::Text("<html>it works!</html>"),
        Answer::Json(json!({})),
        other("issuer", "https://accounts.example.org"),
        other("authorization_endpoint", "javascript:alert(1)"),
        other("jwks_uri", "http://192.0.2.1/keys"),
        other("jwks_uri", "file:///etc/passwd"),
    ] {
        liar.says_of_itself(answer);
        let user = start(&liar).await;
        let started = Instant::now();
        let begun = user.begin(sign_in("liar")).await;
        assert_refused(begun, Code::Unavailable, "PROVIDER_UNAVAILABLE");
        assert!(started.elapsed() < PATIENCE, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn keys_that_cannot_be_had_give_a_clear_failure() {
    let liar = Liar::start(Key::es256()).await;
    for answer in [Answer::Huge, Answer::Text("{"), Answer::Silence] {
        liar.says_of_its_keys(answer);
        let user = start(&liar).await;
        let begun = user.begin(sign_in("liar")).await;
        assert_refused(begun, Code::Unavailable, "PROVIDER_UNAVAILABLE");
    }
}

#[tokio::test]
async fn a_secret_is_not_sent_over_a_network_in_plain_text() {
    let liar = Liar::start(Key::es256()).await;
    let elsewhere = with(liar.itself(), "token_endpoint", "http://192.0.2.1/token");
    liar.says_of_itself(Answer::Json(elsewhere));
    let user = start(&liar).await;
    let outcome = finish(&user, &liar, |claims| liar.sign(&claims)).await;
    assert_failed(&outcome, SignInFailure::ProviderInvalid);
}

#[tokio::test]
async fn a_provider_that_is_away_cannot_be_begun_with() {
    let liar = Liar::start(Key::es256()).await;
    let mut config = liar.config();
    config.issuer = "http://127.0.0.1:1".to_owned();
    let user = Fixture::with(|settings| settings.providers = vec![config]).await;
    let begun = user.begin(sign_in("liar")).await;
    assert_refused(begun, Code::Unavailable, "PROVIDER_UNAVAILABLE");
}

#[tokio::test]
async fn an_error_of_the_provider_is_told_as_what_it_means() {
    let liar = Liar::start(Key::es256()).await;
    let user = start(&liar).await;
    let long = "x".repeat(900);
    for (error, expected) in [
        ("access_denied", SignInFailure::Denied),
        ("login_required", SignInFailure::Denied),
        ("consent_required", SignInFailure::Denied),
        ("interaction_required", SignInFailure::Denied),
        ("server_error", SignInFailure::ProviderUnavailable),
        (
            "temporarily_unavailable",
            SignInFailure::ProviderUnavailable,
        ),
        ("invalid_scope", SignInFailure::ProviderInvalid),
        ("unauthorized_client", SignInFailure::ProviderInvalid),
        ("invalid_request", SignInFailure::ProviderInvalid),
        ("\u{1b}[31m\nanything", SignInFailure::ProviderInvalid),
        (&long, SignInFailure::ProviderInvalid),
    ] {
        let begun = user.begin(sign_in("liar")).await.unwrap();
        let callback = FinishSignInRequest {
            error: error.to_owned(),
            ..callback_of(begun)
        };
        let answer = user.finish(&Callback(callback)).await.unwrap();
        assert_failed(&answer.outcome.unwrap(), expected);
    }
}

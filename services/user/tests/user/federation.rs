//! Sign-in with a real provider: there and back, once, in one browser, with this provider.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::url::Url;
use quicksync::user::v1::{
    ListProvidersRequest, RedeemSignInRequest, SignInFailure, SignInIntent, StartSignInRequest,
    finish_sign_in_response::Outcome,
};
use store::redis::{Redis, client};
use tonic::Code;

use crate::{
    federation_fixture::{
        OTHER, Real, TRUSTED, assert_failed, other, sign_in, start, start_with, trusted,
    },
    fixture::{assert_refused, assert_violations},
};

/// 43 characters, as clients make them.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mBJ92K27uhbUJU1p1r_wW1gFWFOEjXk";

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// A wish to sign in, of a native client.
pub fn native() -> StartSignInRequest {
    StartSignInRequest {
        return_to: "http://127.0.0.1:49152/done".to_owned(),
        code_challenge: challenge(VERIFIER),
        ..sign_in(TRUSTED)
    }
}

#[tokio::test]
async fn providers_are_listed_in_the_order_of_the_configuration() {
    let mut user = start().await;
    let answer = user.auth.list_providers(ListProvidersRequest {}).await;
    let listed: Vec<_> = answer
        .unwrap()
        .into_inner()
        .providers
        .into_iter()
        .map(|provider| (provider.provider_id, provider.display_name))
        .collect();
    let expected = [(TRUSTED, "The trusted one"), (OTHER, "The other one")];
    assert_eq!(
        listed,
        expected.map(|(id, name)| (id.to_owned(), name.to_owned()))
    );
}

#[tokio::test]
async fn a_browser_is_sent_with_pkce_state_and_nonce() {
    let user = start().await;
    let begun = user.begin(sign_in(TRUSTED)).await.unwrap();
    let url = Url::parse(&begun.authorization_url).unwrap();
    let query: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
    assert_eq!(query["response_type"], "code");
    assert_eq!(query["scope"], "openid email profile");
    assert_eq!(query["code_challenge_method"], "S256");
    assert_eq!(
        query["redirect_uri"],
        "http://localhost:8080/auth/trusted/callback"
    );
    let secrets = ["state", "nonce", "code_challenge"].map(|name| query[name].clone());
    for secret in secrets.iter().chain([&begun.browser_binding]) {
        assert_eq!(secret.len(), 43, "256 bits: {secret}");
    }
    assert!(!begun.authorization_url.contains(&begun.browser_binding));
}

#[tokio::test]
async fn somebody_new_gets_an_account_and_comes_back_to_it() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let tokens = user.signed_in(TRUSTED, &ada).await;
    let me = user.me(&tokens).await;
    let person = me.user.unwrap();
    assert_eq!(person.username, "ada.lovelace");
    assert_eq!(person.display_name, "Ada Lovelace");
    assert_eq!(me.email, "ada@example.org");
    assert!(!me.has_password);

    let again = user.signed_in(TRUSTED, &ada).await;
    assert_eq!(user.user_id(&again).await, person.user_id);
    let namesake = trusted().await.add("other@example.org", true).await;
    let tokens = user.signed_in(TRUSTED, &namesake).await;
    let person = user.me(&tokens).await.user.unwrap();
    assert_eq!(person.username, "ada.lovelace2");
}

#[tokio::test]
async fn two_who_come_at_once_as_the_same_new_person_get_one_account() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let mut callbacks = Vec::new();
    for _ in 0..4 {
        callbacks.push(user.go(sign_in(TRUSTED), Some(&ada)).await);
    }
    let finished = futures::future::join_all(callbacks.iter().map(|back| user.finish(back))).await;
    let mut people = Vec::new();
    for answer in finished {
        match answer.unwrap().outcome.unwrap() {
            Outcome::Tokens(tokens) => people.push(user.user_id(&tokens).await),
            other => panic!("not signed in: {other:?}"),
        }
    }
    people.dedup();
    assert_eq!(people.len(), 1);
}

#[tokio::test]
async fn a_sign_in_can_be_finished_once() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let mut request = sign_in(TRUSTED);
    request.return_to = "/settings".to_owned();
    let callback = user.go(request, Some(&ada)).await;
    let answer = user.finish(&callback).await.unwrap();
    assert_eq!(answer.return_to, "/settings");
    let replay = user.finish(&callback).await.unwrap();
    assert_failed(&replay.outcome.unwrap(), SignInFailure::Expired);
    assert_eq!(replay.return_to, "/");
}

#[tokio::test]
async fn another_browser_cannot_finish_a_sign_in() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let elsewhere = user.begin(sign_in(TRUSTED)).await.unwrap();
    for binding in [String::new(), elsewhere.browser_binding] {
        let mut callback = user.go(sign_in(TRUSTED), Some(&ada)).await;
        callback.0.browser_binding = binding;
        let answer = user.finish(&callback).await.unwrap();
        assert_failed(&answer.outcome.unwrap(), SignInFailure::Expired);
    }
}

#[tokio::test]
async fn a_sign_in_is_forgotten_after_ten_minutes() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let callback = user.go(sign_in(TRUSTED), Some(&ada)).await;
    let redis = Redis::new(&user.config.redis).unwrap();
    let command = |name: &str, key: &str| {
        let mut command = client::cmd(name);
        command.arg(key);
        command
    };
    let keys: Vec<String> = redis
        .query(&command("KEYS", &redis.key("sign-in:*")))
        .await
        .unwrap();
    assert_eq!(keys.len(), 1);
    assert!(
        !keys[0].contains(&callback.0.state),
        "a hash, not the state"
    );
    let left: i64 = redis.query(&command("TTL", &keys[0])).await.unwrap();
    assert!((590..=600).contains(&left), "{left}");
    let mut expire = command("PEXPIRE", &keys[0]);
    let _: i64 = redis.query(expire.arg(0)).await.unwrap();
    let answer = user.finish(&callback).await.unwrap();
    assert_failed(&answer.outcome.unwrap(), SignInFailure::Expired);
}

#[tokio::test]
async fn an_answer_of_another_provider_is_not_taken() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let mut moved = user.go(sign_in(TRUSTED), Some(&ada)).await;
    OTHER.clone_into(&mut moved.0.provider_id);
    let mut renamed = user.go(sign_in(TRUSTED), Some(&ada)).await;
    renamed.0.issuer = other().await.part.issuer();
    let mut stripped = user.go(sign_in(TRUSTED), Some(&ada)).await;
    stripped.0.issuer.clear();
    for callback in [moved, renamed, stripped] {
        let answer = user.finish(&callback).await.unwrap();
        assert_failed(&answer.outcome.unwrap(), SignInFailure::ProviderInvalid);
    }
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_not_taken() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let eve = trusted().await.add("eve@example.org", true).await;
    let mut callback = user.go(sign_in(TRUSTED), Some(&ada)).await;
    callback.0.code = user.go(sign_in(TRUSTED), Some(&eve)).await.0.code;
    let answer = user.finish(&callback).await.unwrap();
    assert_failed(&answer.outcome.unwrap(), SignInFailure::Expired);
}

#[tokio::test]
async fn who_says_no_at_the_provider_is_not_signed_in() {
    let user = start().await;
    let callback = user.go(sign_in(TRUSTED), None).await;
    assert_eq!(callback.0.error, "access_denied");
    let answer = user.finish(&callback).await.unwrap();
    assert_failed(&answer.outcome.unwrap(), SignInFailure::Denied);
}

#[tokio::test]
async fn a_native_client_redeems_its_code_once_and_with_its_verifier() {
    let mut user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let mut codes = Vec::new();
    for _ in 0..2 {
        let callback = user.go(native(), Some(&ada)).await;
        let answer = user.finish(&callback).await.unwrap();
        assert_eq!(answer.return_to, "http://127.0.0.1:49152/done");
        match answer.outcome.unwrap() {
            Outcome::Code(code) => codes.push(code),
            other => panic!("no code: {other:?}"),
        }
    }
    let redeem = |code: &str, code_verifier: &str| RedeemSignInRequest {
        code: code.to_owned(),
        code_verifier: code_verifier.to_owned(),
    };
    let wrong = redeem(&codes[0], &VERIFIER.replace('d', "e"));
    let stolen = user.auth.redeem_sign_in(wrong).await;
    assert_refused(stolen, Code::Unauthenticated, "SIGN_IN_CODE_INVALID");
    let late = user.auth.redeem_sign_in(redeem(&codes[0], VERIFIER)).await;
    assert_refused(late, Code::Unauthenticated, "SIGN_IN_CODE_INVALID");

    let redeemed = user.auth.redeem_sign_in(redeem(&codes[1], VERIFIER)).await;
    let answer = redeemed.unwrap().into_inner();
    let tokens = answer.tokens.unwrap();
    assert_eq!(user.user_id(&tokens).await, answer.user.unwrap().user_id);
    let twice = user.auth.redeem_sign_in(redeem(&codes[1], VERIFIER)).await;
    assert_refused(twice, Code::Unauthenticated, "SIGN_IN_CODE_INVALID");
}

#[tokio::test]
async fn start_names_each_bad_field() {
    let user = start().await;
    let unknown = user.begin(sign_in("nobody")).await;
    assert_refused(unknown, Code::NotFound, "PROVIDER_NOT_FOUND");
    let page = |return_to: &str| StartSignInRequest {
        return_to: return_to.to_owned(),
        ..sign_in(TRUSTED)
    };
    let with_challenge = |code_challenge: String, request: StartSignInRequest| StartSignInRequest {
        code_challenge,
        ..request
    };
    let linked_natively = StartSignInRequest {
        intent: SignInIntent::Link.into(),
        ..native()
    };
    for (request, field) in [
        (sign_in(""), "provider_id"),
        (page("https://evil.example/"), "return_to"),
        (page("//evil.example/"), "return_to"),
        (with_challenge(String::new(), native()), "code_challenge"),
        (with_challenge("x".repeat(42), native()), "code_challenge"),
        (with_challenge("=".repeat(43), native()), "code_challenge"),
        (with_challenge(challenge("x"), page("/")), "code_challenge"),
        (linked_natively, "return_to"),
    ] {
        assert_violations(user.begin(request).await, &[field]);
    }
}

#[tokio::test]
async fn without_redis_a_sign_in_says_that_it_cannot_begin_or_end() {
    let user = start().await;
    let ada = trusted().await.add("ada@example.org", true).await;
    let callback = user.go(sign_in(TRUSTED), Some(&ada)).await;
    let alone = user
        .again(|config| config.redis.url = "redis://127.0.0.1:1/0".into())
        .await;
    let begun = alone.begin(sign_in(TRUSTED)).await;
    assert_refused(begun, Code::Unavailable, "CACHE_UNAVAILABLE");
    let finished = alone.finish(&callback).await;
    assert_refused(finished, Code::Unavailable, "CACHE_UNAVAILABLE");
    // Nothing was spent by that.
    let answer = user.finish(&callback).await.unwrap();
    assert!(matches!(answer.outcome, Some(Outcome::Tokens(_))));
}

#[tokio::test]
async fn a_provider_may_go_away_and_come_back_with_other_keys() {
    let own = Real::start(TRUSTED).await;
    let ada = own.add("ada@example.org", true).await;
    let user = start_with(|config| {
        config.providers = vec![own.config(TRUSTED, true)];
        config.provider_calls.refetch_pause_ms = 1;
    })
    .await;
    let tokens = user.signed_in(TRUSTED, &ada).await;
    let callback = user.go(sign_in(TRUSTED), Some(&ada)).await;
    own.part.stop().await.unwrap();
    // What it said of itself is known: browsers are sent as before.
    user.begin(sign_in(TRUSTED)).await.unwrap();
    let answer = user.finish(&callback).await.unwrap();
    assert_failed(&answer.outcome.unwrap(), SignInFailure::ProviderUnavailable);

    own.part.start().await.unwrap();
    let again = user.signed_in(TRUSTED, &ada).await;
    assert_eq!(user.user_id(&again).await, user.user_id(&tokens).await);
}

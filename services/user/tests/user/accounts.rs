//! Making accounts, signing in, and one's own profile.

use quicksync::user::v1::{
    GetJwksRequest, GetMeRequest, LoginRequest, RegisterRequest, UpdateProfileRequest,
};
use runtime::App as _;
use tonic::{Code, Request};

use crate::fixture::{Fixture, NOW, PASSWORD, assert_refused, registration};

fn login(login: &str, password: &str) -> LoginRequest {
    LoginRequest {
        login: login.to_owned(),
        password: password.to_owned(),
    }
}

#[tokio::test]
async fn a_new_account_is_signed_in() {
    let mut user = Fixture::start().await;
    let request = RegisterRequest {
        display_name: "Ada Lovelace".to_owned(),
        ..registration("Ada")
    };
    let ada = user.register_as(request).await.unwrap();
    assert_eq!(
        (ada.user.username.as_str(), ada.user.display_name.as_str()),
        ("Ada", "Ada Lovelace")
    );
    assert_eq!(ada.user.created_at.unwrap().seconds, NOW.unix_timestamp());
    assert_eq!(
        ada.tokens.access_token_expires_at.unwrap().seconds,
        NOW.unix_timestamp() + 600
    );

    let me = user
        .users
        .get_me(ada.request(GetMeRequest {}))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(me.user.unwrap(), ada.user);
    assert_eq!(
        (me.email.as_str(), me.pending_email.as_str()),
        ("", "Ada@example.org")
    );
    assert!(me.has_password);
}

#[tokio::test]
async fn a_username_is_taken_without_regard_to_case() {
    let user = Fixture::start().await;
    user.register("Ada").await;
    let same_name = RegisterRequest {
        email: "other@example.org".to_owned(),
        ..registration("aDA")
    };
    assert_refused(
        user.register_as(same_name).await.map(|a| a.user),
        Code::AlreadyExists,
        "USERNAME_TAKEN",
    );
    user.register("bob").await;
}

#[tokio::test]
async fn of_many_who_want_one_name_at_once_one_gets_it() {
    let user = Fixture::start().await;
    let calls = (0..8).map(|number| {
        let request = RegisterRequest {
            email: format!("{number}@example.org"),
            ..registration("ada")
        };
        user.register_as(request)
    });
    let outcomes = futures::future::join_all(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
}

#[tokio::test]
async fn one_signs_in_by_username_in_any_case() {
    let mut user = Fixture::start().await;
    let ada = user.register("Ada").await;
    for name in ["Ada", "ada"] {
        let answer = user
            .auth
            .login(login(name, PASSWORD))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(answer.user.unwrap(), ada.user);
        assert_ne!(
            answer.tokens.unwrap().refresh_token,
            ada.tokens.refresh_token
        );
    }
}

#[tokio::test]
async fn a_claimed_address_signs_nobody_in() {
    let mut user = Fixture::start().await;
    user.register("ada").await;
    assert_refused(
        user.auth.login(login("ada@example.org", PASSWORD)).await,
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );
}

#[tokio::test]
async fn an_unknown_account_and_a_wrong_password_look_alike() {
    let mut user = Fixture::start().await;
    user.register("ada").await;
    let unknown = user.auth.login(login("bob", PASSWORD)).await.unwrap_err();
    let wrong = user
        .auth
        .login(login("ada", "wrong horse battery"))
        .await
        .unwrap_err();
    assert_eq!(unknown.message(), wrong.message());
    assert_eq!(unknown.details(), wrong.details());
    assert_refused::<()>(Err(unknown), Code::Unauthenticated, "BAD_CREDENTIALS");
}

#[tokio::test]
async fn it_does_not_matter_how_a_keyboard_composes_a_password() {
    let mut user = Fixture::start().await;
    let request = RegisterRequest {
        password: "caf\u{e9} caf\u{e9}".to_owned(),
        ..registration("ada")
    };
    user.register_as(request).await.unwrap();
    user.auth
        .login(login("ada", "cafe\u{301} cafe\u{301}"))
        .await
        .unwrap();
}

#[tokio::test]
async fn stronger_parameters_reach_old_accounts_when_they_sign_in() {
    let user = Fixture::start().await;
    user.register("ada").await;
    let mut stronger = user.again(|config| config.passwords.passes = 3).await;
    for _ in 0..2 {
        stronger.auth.login(login("ada", PASSWORD)).await.unwrap();
    }
    let mut weaker = user.again(|_| {}).await;
    weaker.auth.login(login("ada", PASSWORD)).await.unwrap();
}

#[tokio::test]
async fn a_profile_can_be_changed_and_absent_fields_stay() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    let rename = UpdateProfileRequest {
        display_name: Some("Ada L.".to_owned()),
    };
    let renamed = user
        .users
        .update_profile(ada.request(rename))
        .await
        .unwrap()
        .into_inner()
        .user
        .unwrap();
    assert_eq!(renamed.display_name, "Ada L.");
    let nothing = UpdateProfileRequest { display_name: None };
    let same = user
        .users
        .update_profile(ada.request(nothing))
        .await
        .unwrap()
        .into_inner()
        .user
        .unwrap();
    assert_eq!(same, renamed);
}

#[tokio::test]
async fn only_people_with_a_good_token_get_in() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    let outcome = user.users.get_me(GetMeRequest {}).await;
    assert_refused(outcome, Code::Unauthenticated, "ACCESS_TOKEN_MISSING");
    let stranger = auth::testing::Issuer::new().person(&user.clock);
    let outcome = user.users.get_me(stranger.request(GetMeRequest {})).await;
    assert_refused(outcome, Code::Unauthenticated, "ACCESS_TOKEN_INVALID");
    user.advance(606);
    let outcome = user.users.get_me(ada.request(GetMeRequest {})).await;
    assert_refused(outcome, Code::Unauthenticated, "ACCESS_TOKEN_EXPIRED");
}

#[tokio::test]
async fn the_keys_verify_the_tokens() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    let jwks = user
        .auth
        .get_jwks(Request::new(GetJwksRequest {}))
        .await
        .unwrap()
        .into_inner()
        .jwks_json;
    let keys = auth::KeySource::Static(auth::KeySet::from_jwks_json(&jwks).unwrap());
    let verifier = auth::Verifier::new(&auth::Config::default(), keys, user.clock.clone());
    let caller = verifier.verify(&ada.tokens.access_token).await.unwrap();
    assert_eq!(caller.user_id.to_string(), ada.user.user_id);
}

#[tokio::test]
async fn without_an_encryption_key_it_says_how_to_make_one() {
    let error = user::App::build(user::Config::default(), runtime::Context::for_tests())
        .await
        .err()
        .unwrap();
    let text = format!("{error:#}");
    assert!(
        text.contains("keys.encryption_keys_file") && text.contains("openssl rand -base64 32"),
        "{text}"
    );
}

#[tokio::test]
async fn a_database_that_is_away_is_unavailable() {
    let user = Fixture::start().await;
    let mut lost = user
        .again(|config| config.postgres.url = "postgres://nobody@127.0.0.1:1/none".into())
        .await;
    assert_refused(
        lost.auth.login(login("ada", PASSWORD)).await,
        Code::Unavailable,
        "DATABASE_UNAVAILABLE",
    );
}

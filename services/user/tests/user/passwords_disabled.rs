//! Where there are no passwords, providers are the only way in, with as many factors as they ask for.

use auth::testing::signed_in;
use quicksync::user::v1::{
    ChangeEmailRequest, ChangePasswordRequest, DeleteAccountRequest, ListProvidersRequest,
    LoginRequest, RequestPasswordResetRequest, ResetPasswordRequest, Tokens, UnlinkIdentityRequest,
    finish_sign_in_response::Outcome,
};
use runtime::config::{Problems, Section as _};
use tonic::Code;
use user::Config;

use crate::{
    federation_fixture::{OTHER, TRUSTED, link, other, start, trusted},
    fixture::{Fixture, PASSWORD, assert_refused, registration},
};

const EMAIL: &str = "ada@example.org";

/// The same accounts, served without passwords.
async fn without_passwords(user: &Fixture) -> Fixture {
    user.again(|config| config.passwords.enabled = false).await
}

async fn says_passwords(user: &Fixture) -> bool {
    let answer = user
        .auth
        .clone()
        .list_providers(ListProvidersRequest {})
        .await;
    answer.unwrap().into_inner().passwords_enabled
}

#[tokio::test]
async fn without_passwords_no_password_opens_or_makes_an_account() {
    let user = start().await;
    let ada = user.register("ada").await;
    let user = without_passwords(&user).await;
    let mut auth = user.auth.clone();
    let disabled = "PASSWORDS_DISABLED";

    let login = LoginRequest {
        login: "ada".to_owned(),
        password: PASSWORD.to_owned(),
    };
    assert_refused(auth.login(login).await, Code::FailedPrecondition, disabled);
    let register = auth.register(registration("bob")).await;
    assert_refused(register, Code::FailedPrecondition, disabled);
    let ask = RequestPasswordResetRequest {
        email: EMAIL.to_owned(),
    };
    let ask = auth.request_password_reset(ask).await;
    assert_refused(ask, Code::FailedPrecondition, disabled);
    let reset = ResetPasswordRequest {
        token: "token".to_owned(),
        new_password: PASSWORD.to_owned(),
    };
    let reset = auth.reset_password(reset).await;
    assert_refused(reset, Code::FailedPrecondition, disabled);
    let change = ChangePasswordRequest {
        old_password: PASSWORD.to_owned(),
        new_password: "another battery staple".to_owned(),
    };
    let change = signed_in(&ada.tokens.access_token, change);
    let change = user.account.clone().change_password(change).await;
    assert_refused(change, Code::FailedPrecondition, disabled);
}

#[tokio::test]
async fn clients_are_told_whether_there_are_passwords() {
    let user = start().await;
    assert!(says_passwords(&user).await);
    assert!(!says_passwords(&without_passwords(&user).await).await);
}

#[tokio::test]
async fn without_passwords_one_signs_in_with_a_provider() {
    let user = without_passwords(&start().await).await;
    let ada = trusted().await.add(EMAIL, true).await;
    let tokens = user.signed_in(TRUSTED, &ada).await;
    assert_eq!(user.identities(&tokens).await.len(), 1);
}

#[tokio::test]
async fn a_password_that_opens_nothing_is_no_other_way_in() {
    let user = start().await;
    let ada = user.register("ada").await;
    let there = other().await.add(EMAIL, true).await;
    let outcome = user.outcome(link(OTHER, &ada.tokens), &there).await;
    assert!(matches!(outcome, Outcome::Linked(_)), "{outcome:?}");
    let identity = user.identities(&ada.tokens).await.remove(0);
    let unlink = async |user: &Fixture| {
        let request = UnlinkIdentityRequest {
            identity_id: identity.identity_id.clone(),
        };
        let request = signed_in(&ada.tokens.access_token, request);
        user.account.clone().unlink_identity(request).await
    };

    let refused = unlink(&without_passwords(&user).await).await;
    assert_refused(refused, Code::FailedPrecondition, "LAST_WAY_IN");
    unlink(&user).await.unwrap();
}

#[tokio::test]
async fn without_passwords_a_fresh_sign_in_proves_the_owner_and_no_password_does() {
    let with_passwords = start().await;
    let ada = with_passwords.register("ada").await;
    let user = without_passwords(&with_passwords).await;
    assert!(!user.me(&ada.tokens).await.has_password);
    let claim = async |tokens: &Tokens, password: &str| {
        let request = ChangeEmailRequest {
            email: "lovelace@example.org".to_owned(),
            password: password.to_owned(),
        };
        let request = signed_in(&tokens.access_token, request);
        user.account.clone().change_email(request).await.map(drop)
    };
    let delete = async |tokens: &Tokens, password: &str| {
        let request = DeleteAccountRequest {
            password: password.to_owned(),
        };
        let request = signed_in(&tokens.access_token, request);
        user.account.clone().delete_account(request).await.map(drop)
    };

    for password in [PASSWORD, "not the password"] {
        for outcome in [
            claim(&ada.tokens, password).await,
            delete(&ada.tokens, password).await,
        ] {
            assert_refused(outcome, Code::FailedPrecondition, "PASSWORDS_DISABLED");
        }
    }
    claim(&ada.tokens, "").await.unwrap();
    user.advance(600);
    for outcome in [claim(&ada.tokens, "").await, delete(&ada.tokens, "").await] {
        assert_refused(outcome, Code::FailedPrecondition, "SIGN_IN_NOT_FRESH");
    }
    let fresh = with_passwords.login("ada").await;
    delete(&fresh, "").await.unwrap();
}

#[test]
fn a_service_that_nobody_could_sign_in_to_does_not_start() {
    let mut config = Config::default();
    config.passwords.enabled = false;
    let mut problems = Problems::default();
    config.validate(&mut problems);
    let problems = format!("{problems:?}");
    assert!(problems.contains("passwords.enabled"), "{problems}");
}

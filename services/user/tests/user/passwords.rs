//! New passwords: by the old one, by a mailed link, and what they must be.

use quicksync::user::v1::{
    ChangePasswordRequest, GetMeRequest, LoginRequest, RefreshRequest, RegisterRequest,
    RequestPasswordResetRequest, ResetPasswordRequest,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::{
    fixture::{Account, Fixture, PASSWORD, assert_refused, assert_violations, registration},
    mailbox::{PASSWORD_CHANGED, RESET, eventually},
};

const ADA: &str = "ada@example.org";
pub const NEW: &str = "seven-green-bicycles";
const OTHER: &str = "nine-purple-tricycles";

pub async fn change(user: &Fixture, account: &Account, old: &str, new: &str) -> Result<(), Status> {
    let request = ChangePasswordRequest {
        old_password: old.to_owned(),
        new_password: new.to_owned(),
    };
    let mut client = user.account.clone();
    client
        .change_password(account.request(request))
        .await
        .map(drop)
}

pub async fn ask_for_reset(user: &Fixture, email: &str) -> Result<(), Status> {
    let request = RequestPasswordResetRequest {
        email: email.to_owned(),
    };
    user.auth
        .clone()
        .request_password_reset(request)
        .await
        .map(drop)
}

pub async fn reset(user: &Fixture, token: &str, new: &str) -> Result<(), Status> {
    let request = ResetPasswordRequest {
        token: token.to_owned(),
        new_password: new.to_owned(),
    };
    user.auth.clone().reset_password(request).await.map(drop)
}

pub async fn login(user: &Fixture, password: &str) -> Result<Account, Status> {
    let request = LoginRequest {
        login: "ada".to_owned(),
        password: password.to_owned(),
    };
    let answer = user.auth.clone().login(request).await?.into_inner();
    Ok(Account {
        user: answer.user.unwrap(),
        tokens: answer.tokens.unwrap(),
    })
}

pub async fn refresh(user: &Fixture, account: &Account) -> Result<(), Status> {
    let request = RefreshRequest {
        refresh_token: account.tokens.refresh_token.clone(),
    };
    user.auth.clone().refresh(request).await.map(drop)
}

#[track_caller]
fn assert_wrong(outcome: Result<(), Status>) {
    assert_refused(outcome, Code::PermissionDenied, "BAD_CREDENTIALS");
}

#[track_caller]
fn assert_link_invalid(outcome: Result<(), Status>) {
    assert_refused(outcome, Code::FailedPrecondition, "LINK_INVALID");
}

#[tokio::test]
async fn a_change_takes_the_old_password_and_ends_all_other_sessions() {
    let user = Fixture::start().await;
    let ada = user.register_proven("ada").await;
    let other = login(&user, PASSWORD).await.unwrap();
    assert_wrong(change(&user, &ada, "wrong horse battery", NEW).await);
    assert_wrong(change(&user, &ada, "", NEW).await);
    refresh(&user, &other).await.unwrap();
    let other = login(&user, PASSWORD).await.unwrap();

    change(&user, &ada, PASSWORD, NEW).await.unwrap();
    assert_refused(
        refresh(&user, &other).await,
        Code::Unauthenticated,
        "REFRESH_TOKEN_INVALID",
    );
    refresh(&user, &ada).await.unwrap();
    assert_refused(
        login(&user, PASSWORD).await.map(|account| account.user),
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );
    login(&user, NEW).await.unwrap();
    user.mail(ADA, PASSWORD_CHANGED).await;
}

#[tokio::test]
async fn of_many_changes_from_one_password_at_once_one_wins() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    let passwords: Vec<_> = (0..6).map(|n| format!("{n}-{NEW}-{n}")).collect();
    let changes = passwords
        .iter()
        .map(|new| change(&user, &ada, PASSWORD, new));
    let outcomes = futures::future::join_all(changes).await;
    let won: Vec<_> = outcomes
        .iter()
        .zip(&passwords)
        .filter(|(outcome, _)| outcome.is_ok())
        .collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    login(&user, won[0].1).await.unwrap();
}

#[tokio::test]
async fn an_account_without_a_password_gets_its_first_by_a_fresh_sign_in() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    // As if it had been made by a provider.
    user.execute("UPDATE users SET password_hash = NULL").await;
    let me = user
        .users
        .get_me(ada.request(GetMeRequest {}))
        .await
        .unwrap();
    assert!(!me.into_inner().has_password);
    assert_wrong(change(&user, &ada, PASSWORD, NEW).await);

    user.advance(600);
    assert_refused(
        change(&user, &ada, "", NEW).await,
        Code::FailedPrecondition,
        "SIGN_IN_NOT_FRESH",
    );
    user.execute("UPDATE sessions SET created_at = created_at + interval '1 second'")
        .await;
    change(&user, &ada, "", NEW).await.unwrap();
    login(&user, NEW).await.unwrap();
    assert_wrong(change(&user, &ada, "", OTHER).await);
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_all_sessions() {
    let user = Fixture::start().await;
    let ada = user.register_proven("ada").await;
    ask_for_reset(&user, "ADA@example.org").await.unwrap();
    let mail = user.mail(ADA, RESET).await;
    assert!(
        mail.0
            .contains("http://localhost:8080/reset-password#token="),
        "{mail:?}"
    );

    reset(&user, &mail.token(), NEW).await.unwrap();
    assert_refused(
        refresh(&user, &ada).await,
        Code::Unauthenticated,
        "REFRESH_TOKEN_INVALID",
    );
    login(&user, NEW).await.unwrap();
    assert_refused(
        login(&user, PASSWORD).await.map(|account| account.user),
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );
    assert_link_invalid(reset(&user, &mail.token(), OTHER).await);
    user.mail(ADA, PASSWORD_CHANGED).await;
}

#[tokio::test]
async fn of_many_who_use_a_link_at_once_one_wins() {
    let user = Fixture::start().await;
    user.register_proven("ada").await;
    ask_for_reset(&user, ADA).await.unwrap();
    let token = user.mail(ADA, RESET).await.token();
    let passwords: Vec<_> = (0..6).map(|n| format!("{n}-{NEW}-{n}")).collect();
    let resets = passwords.iter().map(|new| reset(&user, &token, new));
    let outcomes = futures::future::join_all(resets).await;
    let won: Vec<_> = outcomes
        .iter()
        .zip(&passwords)
        .filter(|(outcome, _)| outcome.is_ok())
        .collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    login(&user, won[0].1).await.unwrap();
}

#[tokio::test]
async fn a_link_ends_after_an_hour_and_when_another_is_asked_for_or_the_password_changes() {
    let user = Fixture::start().await;
    let ada = user.register_proven("ada").await;
    ask_for_reset(&user, ADA).await.unwrap();
    let first = user.nth_mail(1, ADA, RESET).await.token();
    user.advance(1);
    ask_for_reset(&user, ADA).await.unwrap();
    let second = user.nth_mail(2, ADA, RESET).await.token();
    assert_link_invalid(reset(&user, &first, NEW).await);
    user.advance(3_600);
    assert_link_invalid(reset(&user, &second, NEW).await);

    ask_for_reset(&user, ADA).await.unwrap();
    let third = user.nth_mail(3, ADA, RESET).await.token();
    let ada = login(&user, PASSWORD).await.map_or(ada, |fresh| fresh);
    change(&user, &ada, PASSWORD, OTHER).await.unwrap();
    assert_link_invalid(reset(&user, &third, NEW).await);
}

#[tokio::test]
async fn a_reset_is_answered_alike_for_everybody_and_mailed_to_proven_addresses_only() {
    let user = Fixture::start().await;
    user.register("bob").await;
    user.register_proven("ada").await;
    for email in ["bob@example.org", "nobody@example.org", ADA] {
        ask_for_reset(&user, email).await.unwrap();
    }
    // They are worked off in turn.
    user.mail(ADA, RESET).await;
    for email in ["bob@example.org", "nobody@example.org"] {
        assert!(
            !user.mails().iter().any(|mail| mail.is(email, RESET)),
            "{email}"
        );
    }
    assert_violations(ask_for_reset(&user, "nobody").await, &["email"]);
}

#[tokio::test]
async fn a_request_waits_for_a_database_that_is_away_and_no_longer_than_the_process() {
    let user = Fixture::start().await;
    let lost = user
        .again(|config| config.postgres.url = "postgres://nobody@127.0.0.1:1/none".into())
        .await;
    ask_for_reset(&lost, ADA).await.unwrap();
    lost.drain().await;
}

#[tokio::test]
async fn a_guessable_password_is_refused_everywhere_with_advice_and_costs_no_link() {
    let user = Fixture::start().await;
    let ada = user.register_proven("ada").await;
    ask_for_reset(&user, ADA).await.unwrap();
    let token = user.mail(ADA, RESET).await.token();
    let countess = RegisterRequest {
        display_name: "Wilhelmina Slater".to_owned(),
        email: "w.featherstone@example.org".to_owned(),
        ..registration("wilma")
    };
    for password in [
        "password123",
        "Qwertyuiop",
        "wilhelmina-slater",
        "Featherstone1",
    ] {
        let request = RegisterRequest {
            password: password.to_owned(),
            ..countess.clone()
        };
        let status = user
            .register_as(request)
            .await
            .map(|account| account.user)
            .unwrap_err();
        let advice = status
            .get_details_bad_request()
            .unwrap()
            .field_violations
            .remove(0);
        assert_eq!(advice.field, "password");
        assert!(
            advice.description.starts_with("is too easy to guess."),
            "{advice:?}"
        );
        assert!(advice.description.len() > 40, "{advice:?}");
    }
    for password in ["password123", "ada@example.org1", "short", &"x".repeat(129)] {
        assert_violations(
            change(&user, &ada, PASSWORD, password).await,
            &["new_password"],
        );
        assert_violations(reset(&user, &token, password).await, &["new_password"]);
    }
    reset(&user, &token, NEW).await.unwrap();
}

#[tokio::test]
async fn links_and_mails_that_have_ended_are_deleted() {
    let user = Fixture::with(|config| config.tokens.housekeeping_interval_s = 1).await;
    user.register_proven("ada").await;
    user.register("bob").await;
    user.execute(
        "INSERT INTO mails (id, sealed, created_at, expires_at, next_attempt_at)
         VALUES (gen_random_uuid(), 'x', '2025-01-01', '2025-01-02', '2025-01-01')",
    )
    .await;
    assert_eq!(user.count("email_tokens").await, 1);
    user.advance(86_401);
    eventually("links and mails are deleted", async || {
        let left = user.count("email_tokens").await + user.count("mails").await;
        (left == 0).then_some(())
    })
    .await;
}

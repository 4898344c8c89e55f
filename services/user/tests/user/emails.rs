//! Addresses: claimed, proven, changed.

use quicksync::user::v1::{
    ChangeEmailRequest, GetMeRequest, GetMeResponse, LoginRequest, RegisterRequest,
    RequestPasswordResetRequest, ResetPasswordRequest, SendVerificationEmailRequest,
    VerifyEmailRequest,
};
use tonic::{Code, Status};

use crate::{
    fixture::{Account, Fixture, PASSWORD, assert_refused, assert_violations, registration},
    mailbox::{ALREADY, EMAIL_CHANGED, RESET, VERIFY},
};

const ADA: &str = "ada@example.org";
const NEW: &str = "lovelace@example.org";

pub async fn verify(user: &Fixture, token: &str) -> Result<String, Status> {
    let request = VerifyEmailRequest {
        token: token.to_owned(),
    };
    let answer = user.auth.clone().verify_email(request).await?;
    Ok(answer.into_inner().email)
}

#[track_caller]
fn assert_link_invalid<T: std::fmt::Debug>(outcome: Result<T, Status>) {
    assert_refused(outcome, Code::FailedPrecondition, "LINK_INVALID");
}

async fn login(user: &Fixture, name: &str) -> Result<String, Status> {
    let request = LoginRequest {
        login: name.to_owned(),
        password: PASSWORD.to_owned(),
    };
    let answer = user.auth.clone().login(request).await?;
    Ok(answer.into_inner().user.unwrap().user_id)
}

pub async fn me(user: &Fixture, account: &Account) -> GetMeResponse {
    let request = account.request(GetMeRequest {});
    user.users
        .clone()
        .get_me(request)
        .await
        .unwrap()
        .into_inner()
}

pub async fn change_email(
    user: &Fixture,
    account: &Account,
    email: &str,
    password: &str,
) -> Result<(), Status> {
    let request = ChangeEmailRequest {
        email: email.to_owned(),
        password: password.to_owned(),
    };
    let mut client = user.account.clone();
    client
        .change_email(account.request(request))
        .await
        .map(drop)
}

pub async fn ask_again(user: &Fixture, account: &Account) -> Result<(), Status> {
    let request = account.request(SendVerificationEmailRequest {});
    let mut client = user.account.clone();
    client.send_verification_email(request).await.map(drop)
}

#[tokio::test]
async fn the_mailed_link_proves_the_address_once() {
    let user = Fixture::start().await;
    let ada = user.register("Ada").await;
    let mail = user.mail("Ada@example.org", VERIFY).await;
    assert!(mail.0.contains("http://localhost:8080/verify-email#token="));
    assert!(mail.0.contains("@Ada"), "{mail:?}");

    assert_eq!(
        verify(&user, &mail.token()).await.unwrap(),
        "Ada@example.org"
    );
    let seen = me(&user, &ada).await;
    assert_eq!(
        (seen.email.as_str(), seen.pending_email.as_str()),
        ("Ada@example.org", "")
    );
    for name in ["Ada@example.org", "ADA@EXAMPLE.ORG", "ada"] {
        assert_eq!(login(&user, name).await.unwrap(), ada.user.user_id);
    }
    assert_link_invalid(verify(&user, &mail.token()).await);
    assert_refused(
        ask_again(&user, &ada).await,
        Code::FailedPrecondition,
        "NO_PENDING_EMAIL",
    );
}

#[tokio::test]
async fn a_link_ends_after_a_day() {
    let user = Fixture::start().await;
    for (name, age_s, good) in [("ada", 86_399, true), ("bob", 86_400, false)] {
        user.register(name).await;
        let mail = user.mail(&format!("{name}@example.org"), VERIFY).await;
        user.advance(age_s);
        let outcome = verify(&user, &mail.token()).await;
        assert_eq!(outcome.is_ok(), good, "{outcome:?}");
    }
}

#[tokio::test]
async fn of_many_who_open_a_link_at_once_one_wins() {
    let user = Fixture::start().await;
    user.register("ada").await;
    let token = user.mail(ADA, VERIFY).await.token();
    let calls = (0..8).map(|_| verify(&user, &token));
    let outcomes = futures::future::join_all(calls).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_link_invalid(outcome);
    }
}

#[tokio::test]
async fn what_is_no_token_opens_nothing() {
    let mut user = Fixture::start().await;
    user.register("ada").await;
    let token = user.mail(ADA, VERIFY).await.token();
    assert_link_invalid(verify(&user, "nonsense").await);
    for bad in [String::new(), "x".repeat(129), "a\0b".to_owned()] {
        assert_violations(verify(&user, &bad).await, &["token"]);
    }
    // A link is good for its own purpose only.
    let reset = ResetPasswordRequest {
        token: token.clone(),
        new_password: "seven-green-bicycles".to_owned(),
    };
    assert_link_invalid(user.auth.reset_password(reset).await);
    verify(&user, &token).await.unwrap();
}

#[tokio::test]
async fn whoever_claims_an_address_first_the_one_who_proves_it_has_it() {
    let user = Fixture::start().await;
    let as_claimant = |username| RegisterRequest {
        email: ADA.to_owned(),
        ..registration(username)
    };
    let mallory = user.register_as(as_claimant("mallory")).await.unwrap();
    let for_mallory = user.nth_mail(1, ADA, VERIFY).await;
    user.advance(1);
    let ada = user.register_as(as_claimant("ada")).await.unwrap();
    let for_ada = user.nth_mail(2, ADA, VERIFY).await;
    assert!(for_mallory.0.contains("@mallory") && for_ada.0.contains("@ada"));

    verify(&user, &for_ada.token()).await.unwrap();
    assert_link_invalid(verify(&user, &for_mallory.token()).await);
    assert_eq!(login(&user, ADA).await.unwrap(), ada.user.user_id);
    let seen = me(&user, &mallory).await;
    assert_eq!(
        (seen.email.as_str(), seen.pending_email.as_str()),
        ("", ADA)
    );
}

#[tokio::test]
async fn of_two_who_prove_one_address_at_once_one_has_it() {
    let user = Fixture::start().await;
    let mut tokens = Vec::new();
    for (count, username) in (1..).zip(["ada", "adam", "ada.l"]) {
        let request = RegisterRequest {
            email: ADA.to_owned(),
            ..registration(username)
        };
        user.register_as(request).await.unwrap();
        tokens.push(user.nth_mail(count, ADA, VERIFY).await.token());
        user.advance(1);
    }
    let outcomes = futures::future::join_all(tokens.iter().map(|token| verify(&user, token))).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for outcome in outcomes.into_iter().filter(Result::is_err) {
        assert_link_invalid(outcome);
    }
}

#[tokio::test]
async fn a_proven_address_is_claimed_with_the_same_answer_and_its_owner_is_told() {
    let user = Fixture::start().await;
    user.register_proven("Ada").await;
    let request = RegisterRequest {
        email: "aDA@example.org".to_owned(),
        ..registration("mallory")
    };
    let mallory = user.register_as(request).await.unwrap();
    assert_eq!(me(&user, &mallory).await.pending_email, "aDA@example.org");
    // To the spelling that was proven, with the owner's name, and without a link that would do anything.
    let mail = user.nth_mail(1, "Ada@example.org", ALREADY).await;
    assert!(
        mail.0.contains("@Ada") && !mail.0.contains("#token="),
        "{mail:?}"
    );

    user.advance(1);
    ask_again(&user, &mallory).await.unwrap();
    user.nth_mail(2, "Ada@example.org", ALREADY).await;
    user.advance(1);
    change_email(&user, &mallory, "Ada@example.org", PASSWORD)
        .await
        .unwrap();
    user.nth_mail(3, "Ada@example.org", ALREADY).await;
    assert!(
        !user
            .mails()
            .iter()
            .any(|mail| mail.is("aDA@example.org", VERIFY))
    );
}

#[tokio::test]
async fn another_link_makes_the_one_before_void() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    let first = user.nth_mail(1, ADA, VERIFY).await.token();
    user.advance(1);
    ask_again(&user, &ada).await.unwrap();
    let second = user.nth_mail(2, ADA, VERIFY).await.token();
    assert_link_invalid(verify(&user, &first).await);
    verify(&user, &second).await.unwrap();
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_proven_and_the_old_one_is_told() {
    let mut user = Fixture::start().await;
    let ada = user.register_proven("ada").await;
    assert_refused(
        change_email(&user, &ada, NEW, "wrong horse battery").await,
        Code::PermissionDenied,
        "BAD_CREDENTIALS",
    );
    assert_refused(
        change_email(&user, &ada, NEW, "").await,
        Code::PermissionDenied,
        "BAD_CREDENTIALS",
    );
    assert_violations(change_email(&user, &ada, "nobody", "").await, &["email"]);
    change_email(&user, &ada, NEW, PASSWORD).await.unwrap();
    let seen = me(&user, &ada).await;
    assert_eq!(
        (seen.email.as_str(), seen.pending_email.as_str()),
        (ADA, NEW)
    );
    login(&user, ADA).await.unwrap();
    assert_refused(
        login(&user, NEW).await,
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );

    // A link that went to the old mailbox must not open the account after the change.
    let request = RequestPasswordResetRequest {
        email: ADA.to_owned(),
    };
    user.auth.request_password_reset(request).await.unwrap();
    let reset = user.mail(ADA, RESET).await.token();
    verify(&user, &user.mail(NEW, VERIFY).await.token())
        .await
        .unwrap();
    let request = ResetPasswordRequest {
        token: reset,
        new_password: "seven-green-bicycles".to_owned(),
    };
    assert_link_invalid(user.auth.reset_password(request).await);

    login(&user, NEW).await.unwrap();
    assert_refused(
        login(&user, ADA).await,
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );
    user.mail(ADA, EMAIL_CHANGED).await;
}

#[tokio::test]
async fn a_link_to_an_address_that_is_claimed_no_longer_is_void() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    let mistyped = user.mail(ADA, VERIFY).await.token();
    change_email(&user, &ada, NEW, PASSWORD).await.unwrap();
    assert_link_invalid(verify(&user, &mistyped).await);
    verify(&user, &user.mail(NEW, VERIFY).await.token())
        .await
        .unwrap();
}

//! Quotas as callers meet them: what is refused, what never is, and that neither tells whether there is an account.

use std::time::Duration;

use quicksync::user::v1::{
    ChangePasswordRequest, LoginRequest, RegisterRequest, RequestPasswordResetRequest,
    ResetPasswordRequest, SendVerificationEmailRequest, VerifyEmailRequest,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use user::{Config, Quota};

use crate::{
    emails::{ask_again, change_email, verify},
    fixture::{Fixture, PASSWORD, assert_refused, assert_violations, from, reason, registration},
    mailbox::{ALREADY, RESET, VERIFY, eventually},
    passwords::{NEW, ask_for_reset},
};

const OWNER: &str = "203.0.113.7";
const ATTACKER: &str = "198.51.100.1";

async fn login(user: &Fixture, address: &str, login: &str, password: &str) -> Result<(), Status> {
    let request = LoginRequest {
        login: login.to_owned(),
        password: password.to_owned(),
    };
    let answer = user.auth.clone().login(from(address, request)).await;
    answer.map(drop)
}

/// Tries wrong passwords until one is not looked at; says how many were, and the refusal.
async fn attack(user: &Fixture, address: &str, account: &str) -> (u32, Status) {
    for tries in 0.. {
        let status = login(user, address, account, "not the password")
            .await
            .unwrap_err();
        if reason(&status) == "TOO_MANY_ATTEMPTS" {
            return (tries, status);
        }
        assert_eq!(reason(&status), "BAD_CREDENTIALS");
    }
    unreachable!("the loop ends by returning")
}

fn retry_after(status: &Status) -> Duration {
    status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay)
        .expect("a refusal says when to come back")
}

#[tokio::test]
async fn an_attacker_is_slowed_down_and_the_owner_gets_in() {
    let user = Fixture::start().await;
    user.register("ada").await;
    let (tries, refused) = attack(&user, ATTACKER, "ada").await;
    assert_eq!((tries, refused.code()), (10, Code::ResourceExhausted));
    assert_eq!(retry_after(&refused), Duration::from_mins(1));
    // Not even with the right password: otherwise the refusals could be told from wrong guesses.
    assert_refused(
        login(&user, ATTACKER, "ada", PASSWORD).await,
        Code::ResourceExhausted,
        "TOO_MANY_ATTEMPTS",
    );
    login(&user, OWNER, "ada", PASSWORD).await.unwrap();

    user.advance(60);
    login(&user, ATTACKER, "ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn the_owner_gets_in_during_an_attack_from_200_addresses() {
    let user = Fixture::start().await;
    user.register("ada").await;
    let mut looked_at = 0;
    for number in 0..200 {
        looked_at += attack(&user, &format!("198.51.100.{number}"), "ada")
            .await
            .0;
        if number % 20 == 0 {
            let fresh = format!("203.0.113.{number}");
            login(&user, &fresh, "ada", PASSWORD).await.unwrap();
        }
    }
    // 10 of each address until the account is under attack, then 3.
    assert!((600..800).contains(&looked_at), "{looked_at}");
    assert_refused(
        login(&user, OWNER, "ada", "mistyped").await,
        Code::Unauthenticated,
        "BAD_CREDENTIALS",
    );
    login(&user, OWNER, "ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn an_unknown_account_is_refused_as_a_known_one_is() {
    let user = Fixture::start().await;
    user.register("ada").await;
    let (tries, known) = attack(&user, ATTACKER, "ada").await;
    let (unknown_tries, unknown) = attack(&user, "198.51.100.2", "nobody").await;
    assert_eq!(tries, unknown_tries);
    assert_eq!(
        (known.code(), known.message(), known.details()),
        (unknown.code(), unknown.message(), unknown.details())
    );
}

#[tokio::test]
async fn an_office_behind_one_address_signs_in_without_waiting() {
    let user = Fixture::start().await;
    for name in ["ada", "grace", "joan"] {
        user.register(name).await;
    }
    for _ in 0..40 {
        for name in ["ada", "grace", "joan"] {
            login(&user, OWNER, name, PASSWORD).await.unwrap();
        }
    }
}

#[tokio::test]
async fn replicas_share_quotas_and_each_goes_on_alone_without_redis() {
    let one = Fixture::start().await;
    let other = one.again(|_| {}).await;
    one.register("ada").await;
    attack(&one, ATTACKER, "ada").await;
    assert_eq!(attack(&other, ATTACKER, "ada").await.0, 0);

    let alone = one
        .again(|config| config.redis.url = "redis://127.0.0.1:1".into())
        .await;
    assert_eq!(attack(&alone, ATTACKER, "ada").await.0, 10);
    login(&alone, OWNER, "ada", PASSWORD).await.unwrap();
}

fn few_registrations(config: &mut Config) {
    config.throttling.registrations_per_address = Quota {
        tries_max: 3,
        period_s: 3_600,
    };
}

#[tokio::test]
async fn many_registrations_from_one_address_are_slowed_down() {
    let user = Fixture::with(few_registrations).await;
    let register = async |address: &str, name: &str| {
        let request = from(address, registration(name));
        user.auth.clone().register(request).await.map(drop)
    };
    for name in ["ada", "grace", "joan"] {
        register(ATTACKER, name).await.unwrap();
    }
    let refused = register(ATTACKER, "mary").await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_ATTEMPTS");
    assert_eq!(retry_after(&refused), Duration::from_mins(20));
    register(OWNER, "mary").await.unwrap();
    user.advance(20 * 60);
    register(ATTACKER, "hedy").await.unwrap();
}

#[tokio::test]
async fn a_password_is_good_for_years() {
    let user = Fixture::start().await;
    user.register("ada").await;
    user.advance(10 * 365 * 24 * 60 * 60);
    login(&user, OWNER, "ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn guessing_links_is_slowed_down() {
    let user = Fixture::start().await;
    let guess = async |address: &str| {
        let request = VerifyEmailRequest {
            token: "a guess".to_owned(),
        };
        let answer = user.auth.clone().verify_email(from(address, request)).await;
        reason(&answer.unwrap_err())
    };
    for _ in 0..30 {
        assert_eq!(guess(ATTACKER).await, "LINK_INVALID");
    }
    assert_eq!(guess(ATTACKER).await, "TOO_MANY_ATTEMPTS");
    assert_eq!(guess(OWNER).await, "LINK_INVALID");
}

#[tokio::test]
async fn whoever_holds_an_access_token_cannot_try_passwords_without_end() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    let change = async || {
        let request = ChangePasswordRequest {
            old_password: "a guess".to_owned(),
            new_password: "long and winding road 7".to_owned(),
        };
        let mut request = from(ATTACKER, request);
        let bearer = format!("Bearer {}", ada.tokens.access_token);
        request
            .metadata_mut()
            .insert("authorization", bearer.parse().unwrap());
        let answer = user.account.clone().change_password(request).await;
        reason(&answer.unwrap_err())
    };
    for _ in 0..10 {
        assert_eq!(change().await, "BAD_CREDENTIALS");
    }
    assert_eq!(change().await, "TOO_MANY_ATTEMPTS");
    login(&user, OWNER, "ada", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn one_good_link_does_not_have_passwords_judged_without_end() {
    let user = Fixture::with(|config| {
        config.throttling.wrong_tokens_per_address = Quota {
            tries_max: 3,
            period_s: 3_600,
        };
    })
    .await;
    user.register_proven("ada").await;
    ask_for_reset(&user, "ada@example.org").await.unwrap();
    let token = user.mail("ada@example.org", RESET).await.token();
    let reset = async |address: &str, new: &str| {
        let request = ResetPasswordRequest {
            token: token.clone(),
            new_password: new.to_owned(),
        };
        let request = from(address, request);
        user.auth.clone().reset_password(request).await.map(drop)
    };
    for _ in 0..3 {
        assert_violations(reset(ATTACKER, "password123").await, &["new_password"]);
    }
    let refused = reset(ATTACKER, "password123").await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_ATTEMPTS");
    assert_eq!(retry_after(&refused), Duration::from_mins(20));
    reset(OWNER, NEW).await.unwrap();
}

#[tokio::test]
async fn resets_for_one_address_are_slowed_down_alike_whether_or_not_it_has_an_account() {
    let user = Fixture::start().await;
    user.register_proven("ada").await;
    let mut refusals = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        let ask = async |address: &str| {
            let request = RequestPasswordResetRequest {
                email: email.to_owned(),
            };
            let request = from(address, request);
            user.auth.clone().request_password_reset(request).await
        };
        // From everywhere: what is kept from filling up is the mailbox.
        for number in 0..5 {
            ask(&format!("198.51.100.{number}")).await.unwrap();
        }
        refusals.push(ask(OWNER).await.unwrap_err());
    }
    let [known, unknown] = [&refusals[0], &refusals[1]];
    assert_eq!(known.code(), Code::ResourceExhausted);
    assert_eq!(reason(known), "TOO_MANY_ATTEMPTS");
    assert_eq!(retry_after(known), Duration::from_mins(12));
    assert_eq!(
        (known.code(), known.message(), known.details()),
        (unknown.code(), unknown.message(), unknown.details())
    );
}

#[tokio::test]
async fn asking_for_links_is_slowed_down() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    for _ in 0..5 {
        ask_again(&user, &ada).await.unwrap();
    }
    let refused = ask_again(&user, &ada).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(reason(&refused), "TOO_MANY_ATTEMPTS");
    assert_eq!(retry_after(&refused), Duration::from_mins(12));
    user.advance(12 * 60);
    let ada = user.login("ada").await;
    let request = auth::testing::signed_in(&ada.access_token, SendVerificationEmailRequest {});
    let mut account = user.account.clone();
    account.send_verification_email(request).await.unwrap();
}

#[tokio::test]
async fn what_fails_takes_no_room_in_a_mailbox() {
    let user = Fixture::with(|config| {
        config.throttling.mails_per_recipient = Quota {
            tries_max: 1,
            period_s: 3_600,
        };
    })
    .await;
    user.register("ada").await;
    let register = async |username: &str| {
        let request = RegisterRequest {
            email: "grace@example.org".to_owned(),
            ..registration(username)
        };
        user.register_as(request).await.map(drop)
    };
    for _ in 0..3 {
        let taken = register("ada").await;
        assert_refused(taken, Code::AlreadyExists, "USERNAME_TAKEN");
    }
    register("grace").await.unwrap();
    user.mail("grace@example.org", VERIFY).await;
}

#[tokio::test]
async fn many_accounts_together_fill_nobodys_mailbox() {
    const VICTIM: &str = "victim@example.org";
    let user = Fixture::with(|config| {
        config.throttling.mails_per_recipient = Quota {
            tries_max: 2,
            period_s: 3_600,
        };
    })
    .await;
    let claim = async |name: &str, email: &str| {
        user.advance(1);
        let request = RegisterRequest {
            email: email.to_owned(),
            ..registration(name)
        };
        user.register_as(request).await.unwrap()
    };
    let first = claim("mallory", VICTIM).await;
    let second = claim("trudy", VICTIM).await;
    let link = user.nth_mail(2, VICTIM, VERIFY).await.token();
    // The answers are the same, and no mail is sent, however the address is written.
    claim("eve", "Victim@Example.org").await;
    ask_again(&user, &second).await.unwrap();
    change_email(&user, &first, "VICTIM@example.org", PASSWORD)
        .await
        .unwrap();
    user.register("bob").await;
    user.mail("bob@example.org", VERIFY).await;
    eventually("the outbox is empty", async || {
        (user.count("mails").await == 0).then_some(())
    })
    .await;
    assert_eq!(user.mails().len(), 3, "{:?}", user.mails());

    // The link that was mailed before is still good, and with time there is room again.
    verify(&user, &link).await.unwrap();
    user.advance(30 * 60);
    claim("oscar", "Victim@example.org").await;
    user.mail(VICTIM, ALREADY).await;
}

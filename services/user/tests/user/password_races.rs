//! Sign-ins at the very moment in which the password changes, or is hashed anew.

use futures::future::join_all;
use tonic::Code;
use user::Quota;

use crate::{
    emails::change_email,
    fixture::{Account, Fixture, PASSWORD, assert_refused},
    mailbox::RESET,
    passwords::{NEW, ask_for_reset, change, login, refresh, reset},
};

const ADA: &str = "ada@example.org";
const ROUNDS: usize = 10;
const SIGN_INS: usize = 4;

/// The sessions that began, of some that were asked for at once.
async fn sign_in(user: &Fixture, password: &str) -> Vec<Account> {
    let outcomes = join_all((0..SIGN_INS).map(|_| login(user, password))).await;
    outcomes.into_iter().filter_map(Result::ok).collect()
}

async fn assert_ended(user: &Fixture, sessions: &[Account]) {
    for session in sessions {
        assert_refused(
            refresh(user, session).await,
            Code::Unauthenticated,
            "REFRESH_TOKEN_INVALID",
        );
    }
}

#[tokio::test]
async fn no_session_that_began_with_the_old_password_outlives_its_change() {
    let user = Fixture::start().await;
    let owner = user.register("ada").await;
    let (mut old, mut new, mut begun) = (PASSWORD, NEW, 0);
    for _ in 0..ROUNDS {
        let (sessions, changed) =
            tokio::join!(sign_in(&user, old), change(&user, &owner, old, new));
        changed.unwrap();
        assert_ended(&user, &sessions).await;
        begun += sessions.len();
        std::mem::swap(&mut old, &mut new);
    }
    assert!(begun > 0, "no sign-in met a change");
    refresh(&user, &owner).await.unwrap();
}

#[tokio::test]
async fn no_session_that_began_with_the_old_password_outlives_a_reset() {
    let many = Quota {
        tries_max: 100,
        period_s: 3_600,
    };
    let user = Fixture::with(|config| config.throttling.resets_per_account = many).await;
    user.register_proven("ada").await;
    let (mut old, mut new, mut begun) = (PASSWORD, NEW, 0);
    for round in 1..=ROUNDS {
        user.advance(1);
        ask_for_reset(&user, ADA).await.unwrap();
        let token = user.nth_mail(round, ADA, RESET).await.token();
        let (sessions, done) = tokio::join!(sign_in(&user, old), reset(&user, &token, new));
        done.unwrap();
        assert_ended(&user, &sessions).await;
        begun += sessions.len();
        std::mem::swap(&mut old, &mut new);
    }
    assert!(begun > 0, "no sign-in met a reset");
    login(&user, old).await.unwrap();
}

#[tokio::test]
async fn nobody_who_knows_the_password_is_refused_because_another_had_it_hashed_anew() {
    let weaker = Fixture::start().await;
    let stronger = weaker.again(|config| config.passwords.passes = 2).await;
    let ada = weaker.register("ada").await;
    // Each finds the hash of the other one outdated.
    for user in [&stronger, &weaker, &stronger, &weaker] {
        let (sessions, claimed) = tokio::join!(
            sign_in(user, PASSWORD),
            change_email(user, &ada, "lovelace@example.org", PASSWORD)
        );
        claimed.unwrap();
        assert_eq!(sessions.len(), SIGN_INS);
        for session in &sessions {
            refresh(user, session).await.unwrap();
        }
    }
}

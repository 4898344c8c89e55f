//! Refresh tokens: rotation, lost answers, late requests, theft, lifetimes, signing out.

use quicksync::user::v1::{GetMeRequest, LogoutRequest, RefreshRequest, Tokens};
use tonic::{Code, Status};

use crate::fixture::{Fixture, assert_refused};

/// `tokens.late_request_s` unless a test says otherwise.
const LATE_S: u64 = 10;
/// Live tokens that a session may have.
const LIVE_MAX: usize = 32;

async fn refresh(user: &Fixture, refresh_token: &str) -> Result<Tokens, Status> {
    let request = RefreshRequest {
        refresh_token: refresh_token.to_owned(),
    };
    user.auth
        .clone()
        .refresh(request)
        .await
        .map(|answer| answer.into_inner().tokens.unwrap())
}

#[track_caller]
fn assert_invalid(outcome: Result<Tokens, Status>) {
    assert_refused(outcome, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_for_the_same_session() {
    let mut user = Fixture::start().await;
    let mut ada = user.register("ada").await;
    for _ in 0..3 {
        user.advance(500);
        let tokens = refresh(&user, &ada.tokens.refresh_token).await.unwrap();
        assert_ne!(tokens.refresh_token, ada.tokens.refresh_token);
        assert_ne!(tokens.access_token, ada.tokens.access_token);
        ada.tokens = tokens;
        user.users
            .get_me(ada.request(GetMeRequest {}))
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let lost = refresh(&user, &first).await.unwrap().refresh_token;
    let lost_too = refresh(&user, &first).await.unwrap().refresh_token;
    let arrived = refresh(&user, &first).await.unwrap().refresh_token;
    assert!(lost != arrived && lost_too != arrived);
    refresh(&user, &arrived).await.unwrap();
}

#[tokio::test]
async fn any_answer_to_one_token_is_good_until_one_of_them_is_used() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let older = refresh(&user, &first).await.unwrap().refresh_token;
    user.advance(LATE_S);
    let newer = refresh(&user, &first).await.unwrap().refresh_token;
    let next = refresh(&user, &older).await.unwrap().refresh_token;
    user.advance(LATE_S);
    assert_invalid(refresh(&user, &newer).await);
    assert_invalid(refresh(&user, &next).await);
}

#[tokio::test]
async fn of_two_tabs_that_asked_at_once_either_answer_may_be_left_in_the_cookie() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let one = refresh(&user, &first).await.unwrap().refresh_token;
    user.advance(LATE_S - 1);
    let other = refresh(&user, &first).await.unwrap().refresh_token;
    // Used, but its answer is lost, and the cookie has the other one.
    refresh(&user, &one).await.unwrap();
    user.advance(600);
    let next = refresh(&user, &other).await.unwrap().refresh_token;
    user.advance(600);
    refresh(&user, &next).await.unwrap();
}

#[tokio::test]
async fn a_request_that_arrives_late_ends_nothing() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    let third = refresh(&user, &second).await.unwrap().refresh_token;
    user.advance(LATE_S - 1);
    refresh(&user, &first).await.unwrap();
    refresh(&user, &third).await.unwrap();
}

#[tokio::test]
async fn a_stolen_token_ends_the_session_for_both() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    let third = refresh(&user, &second).await.unwrap().refresh_token;
    user.advance(LATE_S);
    assert_invalid(refresh(&user, &first).await);
    assert_invalid(refresh(&user, &third).await);
    assert_invalid(refresh(&user, &second).await);
}

#[tokio::test]
async fn without_tolerance_a_token_that_comes_late_ends_the_session_at_once() {
    let user = Fixture::with(|config| config.tokens.late_request_s = 0).await;
    let first = user.register("ada").await.tokens.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    let third = refresh(&user, &second).await.unwrap().refresh_token;
    assert_invalid(refresh(&user, &first).await);
    assert_invalid(refresh(&user, &third).await);
}

#[tokio::test]
async fn the_owner_of_a_token_that_a_thief_superseded_ends_the_session() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let owners = refresh(&user, &first).await.unwrap().refresh_token;
    user.advance(LATE_S);
    let thiefs = refresh(&user, &first).await.unwrap().refresh_token;
    let thiefs = refresh(&user, &thiefs).await.unwrap().refresh_token;
    user.advance(LATE_S);
    assert_invalid(refresh(&user, &owners).await);
    assert_invalid(refresh(&user, &thiefs).await);
}

#[tokio::test]
async fn theft_in_one_session_leaves_the_others_alone() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let other = user.login("ada").await.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    refresh(&user, &second).await.unwrap();
    user.advance(LATE_S);
    assert_invalid(refresh(&user, &first).await);
    refresh(&user, &other).await.unwrap();
}

#[tokio::test]
async fn of_many_refreshes_at_once_each_answer_is_good() {
    for chosen in [0, 7] {
        let user = Fixture::start().await;
        let first = user.register("ada").await.tokens.refresh_token;
        let outcomes = futures::future::join_all((0..8).map(|_| refresh(&user, &first))).await;
        let answers: Vec<_> = outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap().refresh_token)
            .collect();
        let mut distinct = answers.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 8);
        user.advance(LATE_S);
        refresh(&user, &answers[chosen]).await.unwrap();
    }
}

#[tokio::test]
async fn more_at_once_than_there_may_be_are_asked_to_wait() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let mut answers = Vec::new();
    for _ in 0..LIVE_MAX {
        answers.push(refresh(&user, &first).await.unwrap().refresh_token);
    }
    let outcome = refresh(&user, &first).await;
    assert_refused(outcome, Code::ResourceExhausted, "TOO_MANY_REFRESHES");
    // An answer of a minute ago has arrived or never will.
    user.advance(60);
    answers.push(refresh(&user, &first).await.unwrap().refresh_token);
    refresh(&user, &answers[1]).await.unwrap();
}

#[tokio::test]
async fn a_stolen_token_holds_nobody_up_while_redis_does_not_answer() {
    const LONG_MS: u64 = 60_000;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let user = Fixture::with(|config| {
        config.postgres.pool_max = 1;
        let redis = &mut config.auth.revocations.redis;
        redis.url = format!("redis://{}", silent.local_addr().unwrap())
            .as_str()
            .into();
        redis.connect_timeout_ms = LONG_MS;
        redis.command_timeout_ms = LONG_MS;
    })
    .await;
    let first = user.register("ada").await.tokens.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    let third = refresh(&user, &second).await.unwrap().refresh_token;
    user.advance(3_600);
    let stolen = refresh(&user, &first);
    let others = async {
        // Refused at last: the session has ended, and its end waits to be announced.
        while let Ok(tokens) = refresh(&user, &third).await {
            drop(tokens);
        }
        user.register("bob").await
    };
    tokio::select! {
        biased;
        outcome = stolen => panic!("Redis has not answered: {outcome:?}"),
        bob = others => drop(bob),
    }
}

#[tokio::test]
async fn refresh_and_logout_take_no_notice_of_an_expired_access_token() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await;
    user.advance(3_600);
    let request = ada.request(RefreshRequest {
        refresh_token: ada.tokens.refresh_token.clone(),
    });
    let answer = user.auth.refresh(request).await.unwrap().into_inner();
    let request = ada.request(LogoutRequest {
        refresh_token: answer.tokens.unwrap().refresh_token,
    });
    user.auth.logout(request).await.unwrap();
    let outcome = user.users.get_me(ada.request(GetMeRequest {})).await;
    assert_refused(outcome, Code::Unauthenticated, "ACCESS_TOKEN_EXPIRED");
}

#[tokio::test]
async fn idle_and_absolute_lifetimes_end_a_session() {
    let user = Fixture::with(|config| {
        config.tokens.refresh_token_idle_lifetime_s = 100;
        config.tokens.session_lifetime_s = 250;
    })
    .await;
    let idle = user.register("idle").await.tokens.refresh_token;
    let mut busy = user.register("busy").await.tokens;
    for _ in 0..2 {
        user.advance(99);
        busy = refresh(&user, &busy.refresh_token).await.unwrap();
    }
    let left = busy.refresh_token_expires_at.unwrap().seconds - user.clock.now().unix_timestamp();
    assert_eq!(left, 52, "the session's own end is nearer");
    assert_invalid(refresh(&user, &idle).await);
    user.advance(52);
    assert_invalid(refresh(&user, &busy.refresh_token).await);
}

#[tokio::test]
async fn signing_out_ends_the_session_and_can_be_repeated() {
    let mut user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    for refresh_token in [&second, &second, &first, &"unknown".to_owned()] {
        user.auth
            .logout(LogoutRequest {
                refresh_token: refresh_token.clone(),
            })
            .await
            .unwrap();
    }
    assert_invalid(refresh(&user, &second).await);
    assert_invalid(refresh(&user, &first).await);
}

#[tokio::test]
async fn a_session_lasts_14_days_unused_and_90_days_in_all() {
    const DAY_S: u64 = 24 * 60 * 60;
    let user = Fixture::start().await;
    let idle = user.register("idle").await.tokens.refresh_token;
    let mut busy = user.register("busy").await.tokens;
    user.advance(14 * DAY_S - 1);
    busy = refresh(&user, &busy.refresh_token).await.unwrap();
    user.advance(1);
    assert_invalid(refresh(&user, &idle).await);
    for _ in 0..7 {
        user.advance(10 * DAY_S);
        busy = refresh(&user, &busy.refresh_token).await.unwrap();
    }
    user.advance(6 * DAY_S - 1);
    busy = refresh(&user, &busy.refresh_token).await.unwrap();
    user.advance(1);
    assert_invalid(refresh(&user, &busy.refresh_token).await);
}

#[tokio::test]
async fn an_unknown_token_is_refused() {
    let user = Fixture::start().await;
    assert_invalid(refresh(&user, "unknown").await);
}

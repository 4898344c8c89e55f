//! Refresh tokens: rotation, lost answers, theft, lifetimes, signing out.

use quicksync::user::v1::{GetMeRequest, LoginRequest, LogoutRequest, RefreshRequest, Tokens};
use tonic::{Code, Status};

use crate::fixture::{Fixture, PASSWORD, assert_refused};

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
async fn a_stolen_token_ends_the_session_for_both() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    let third = refresh(&user, &second).await.unwrap().refresh_token;
    assert_invalid(refresh(&user, &first).await);
    assert_invalid(refresh(&user, &third).await);
    assert_invalid(refresh(&user, &second).await);
}

#[tokio::test]
async fn the_owner_of_a_token_that_a_thief_replaced_ends_the_session() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let owners = refresh(&user, &first).await.unwrap().refresh_token;
    let thiefs = refresh(&user, &first).await.unwrap().refresh_token;
    assert_invalid(refresh(&user, &owners).await);
    assert_invalid(refresh(&user, &thiefs).await);
}

#[tokio::test]
async fn theft_in_one_session_leaves_the_others_alone() {
    let mut user = Fixture::start().await;
    let first = user.register("ada").await.tokens.refresh_token;
    let login = LoginRequest {
        login: "ada".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let other = user
        .auth
        .login(login)
        .await
        .unwrap()
        .into_inner()
        .tokens
        .unwrap()
        .refresh_token;
    let second = refresh(&user, &first).await.unwrap().refresh_token;
    refresh(&user, &second).await.unwrap();
    assert_invalid(refresh(&user, &first).await);
    refresh(&user, &other).await.unwrap();
}

#[tokio::test]
async fn of_many_refreshes_at_once_the_last_answer_is_good() {
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
async fn an_unknown_token_is_refused() {
    let user = Fixture::start().await;
    assert_invalid(refresh(&user, "unknown").await);
}

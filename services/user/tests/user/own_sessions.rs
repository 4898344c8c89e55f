//! Where one is signed in, and ending that.

use auth::testing::signed_in;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use quicksync::user::v1::{
    GetMeRequest, ListSessionsRequest, LoginRequest, LogoutRequest, RefreshRequest,
    RevokeOtherSessionsRequest, RevokeSessionRequest, Session, SignInMethod, Tokens,
};
use tonic::{Code, Request, Status};

use crate::fixture::{Fixture, NOW, PASSWORD, assert_refused, assert_violations};

const DAY_S: i64 = 24 * 60 * 60;
pub const HOUR_MS: u64 = 60 * 60 * 1_000;
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

async fn list(user: &Fixture, tokens: &Tokens) -> Vec<Session> {
    let request = signed_in(&tokens.access_token, ListSessionsRequest {});
    let answer = user.sessions.clone().list_sessions(request).await.unwrap();
    answer.into_inner().sessions
}

async fn revoke(user: &Fixture, tokens: &Tokens, session_id: &str) -> Result<(), Status> {
    let request = RevokeSessionRequest {
        session_id: session_id.to_owned(),
    };
    let request = signed_in(&tokens.access_token, request);
    user.sessions
        .clone()
        .revoke_session(request)
        .await
        .map(drop)
}

async fn refresh(user: &Fixture, tokens: &Tokens) -> Result<Tokens, Status> {
    let request = RefreshRequest {
        refresh_token: tokens.refresh_token.clone(),
    };
    let answer = user.auth.clone().refresh(request).await?;
    Ok(answer.into_inner().tokens.unwrap())
}

fn from<T>(message: T, user_agent: &str, address: &str) -> Request<T> {
    let mut request = Request::new(message);
    let headers = request.metadata_mut();
    headers.insert("user-agent", user_agent.parse().unwrap());
    headers.insert("x-quicksync-client-address", address.parse().unwrap());
    request
}

fn current(sessions: &[Session]) -> &Session {
    let mut current = sessions.iter().filter(|session| session.is_current);
    let found = current.next().unwrap();
    assert!(current.next().is_none());
    found
}

#[tokio::test]
async fn a_session_says_where_when_and_how_somebody_signed_in() {
    let mut user = Fixture::start().await;
    user.register("ada").await;
    user.advance(60);
    let login = LoginRequest {
        login: "ada".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let answer = user.auth.login(from(login, FIREFOX, "203.0.113.7")).await;
    let tokens = answer.unwrap().into_inner().tokens.unwrap();

    let sessions = list(&user, &tokens).await;
    assert_eq!(sessions.len(), 2);
    let session = current(&sessions);
    assert_eq!(session, &sessions[0], "the one used last is first");
    assert_eq!(session.device, "Firefox on Linux");
    assert_eq!(session.address, "203.0.113.7");
    assert_eq!(session.method(), SignInMethod::Password);
    assert_eq!(session.provider_id, "");
    let began = NOW.unix_timestamp() + 60;
    assert_eq!(session.created_at.unwrap().seconds, began);
    assert_eq!(session.last_seen_at.unwrap().seconds, began);
    assert_eq!(session.expires_at.unwrap().seconds, began + 14 * DAY_S);
    assert_eq!(sessions[1].address, "");
}

#[tokio::test]
async fn a_refresh_is_seen_and_moves_the_address_and_the_end() {
    let user = Fixture::start().await;
    let mut ada = user.register("ada").await.tokens;
    let other = user.login("ada").await;
    let shown = |tokens: &Tokens| RefreshRequest {
        refresh_token: tokens.refresh_token.clone(),
    };
    for day in 1..=8 {
        user.clock.advance(std::time::Duration::from_hours(24 * 10));
        let request = from(shown(&ada), FIREFOX, &format!("2001:db8::{day}"));
        let answer = user.auth.clone().refresh(request).await.unwrap();
        ada = answer.into_inner().tokens.unwrap();
        let sessions = list(&user, &ada).await;
        let seen = NOW.unix_timestamp() + day * 10 * DAY_S;
        let session = current(&sessions);
        assert_eq!(session.last_seen_at.unwrap().seconds, seen);
        assert_eq!(session.address, format!("2001:db8::{day}"));
        assert_eq!(session.created_at.unwrap().seconds, NOW.unix_timestamp());
        let end = (seen + 14 * DAY_S).min(NOW.unix_timestamp() + 90 * DAY_S);
        assert_eq!(session.expires_at.unwrap().seconds, end);
        assert_eq!(
            ada.refresh_token_expires_at.unwrap().seconds,
            end,
            "a session ends with its refresh token"
        );
        let idle_is_there = sessions.len() == 2;
        assert_eq!(idle_is_there, day == 1, "unused for 14 days, it is gone");
    }
    assert!(refresh(&user, &other).await.is_err());
    user.auth.clone().refresh(shown(&ada)).await.unwrap();
    let session_without_address = &list(&user, &ada).await[0];
    assert_eq!(session_without_address.address, "2001:db8::8");
}

#[tokio::test]
async fn ending_a_session_ends_its_tokens_everywhere_and_no_other() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await.tokens;
    let phone = user.login("ada").await;
    let replica = user.again(|_| {}).await;
    let phone_id = current(&list(&user, &phone).await).session_id.clone();

    revoke(&user, &ada, &phone_id).await.unwrap();
    let outcome = refresh(&user, &phone).await;
    assert_refused(outcome, Code::Unauthenticated, "REFRESH_TOKEN_INVALID");
    for process in [&user, &replica] {
        process.until_revoked(&phone).await;
    }
    assert_eq!(list(&user, &ada).await.len(), 1);
    refresh(&user, &ada).await.unwrap();
    revoke(&user, &ada, &phone_id).await.unwrap();
}

#[tokio::test]
async fn only_the_sessions_of_the_caller_can_be_ended() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await.tokens;
    let bob = user.register("bob").await.tokens;
    let bobs = current(&list(&user, &bob).await).session_id.clone();
    for session_id in [bobs.as_str(), "67e55044-10b1-426f-9247-bb680e5fe0c8"] {
        let outcome = revoke(&user, &ada, session_id).await;
        assert_refused(outcome, Code::NotFound, "SESSION_NOT_FOUND");
    }
    assert_violations(revoke(&user, &ada, "phone").await, &["session_id"]);
    refresh(&user, &bob).await.unwrap();
}

#[tokio::test]
async fn ending_all_others_leaves_the_one_that_asks() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await.tokens;
    let bob = user.register("bob").await.tokens;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(user.login("ada").await);
    }
    for expected in [3, 0] {
        let request = signed_in(&ada.access_token, RevokeOtherSessionsRequest {});
        let answer = user.sessions.revoke_other_sessions(request).await.unwrap();
        assert_eq!(answer.into_inner().revoked, expected);
    }
    for other in &others {
        assert!(refresh(&user, other).await.is_err());
        user.until_revoked(other).await;
    }
    refresh(&user, &bob).await.unwrap();
    assert_eq!(list(&user, &ada).await.len(), 1);
    refresh(&user, &ada).await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_the_access_token_too() {
    let mut user = Fixture::start().await;
    let ada = user.register("ada").await.tokens;
    let request = LogoutRequest {
        refresh_token: ada.refresh_token.clone(),
    };
    user.auth.logout(request).await.unwrap();
    user.until_revoked(&ada).await;
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_access_tokens_too() {
    let user = Fixture::start().await;
    let first = user.register("ada").await.tokens;
    let second = refresh(&user, &first).await.unwrap();
    let third = refresh(&user, &second).await.unwrap();
    user.advance(10);
    assert!(refresh(&user, &first).await.is_err());
    for tokens in [&first, &second, &third] {
        user.until_revoked(tokens).await;
    }
}

#[tokio::test]
async fn past_a_hundred_sessions_the_one_used_longest_ago_ends() {
    // Its end is announced by the sign-in, not by the repetition.
    let user = Fixture::with(|config| config.tokens.revocation_interval_ms = HOUR_MS).await;
    let oldest = user.register("ada").await.tokens;
    user.advance(1);
    let second = user.login("ada").await;
    for _ in 2..100 {
        user.advance(1);
        user.login("ada").await;
    }
    user.advance(1);
    let oldest = refresh(&user, &oldest).await.unwrap();
    assert_eq!(list(&user, &oldest).await.len(), 100);
    user.advance(1);
    user.login("ada").await;
    assert_eq!(list(&user, &oldest).await.len(), 100);
    assert!(refresh(&user, &second).await.is_err());
    user.until_revoked(&second).await;
    refresh(&user, &oldest).await.unwrap();
}

#[tokio::test]
async fn what_was_ended_while_redis_forgot_is_told_again() {
    let user = Fixture::with(|config| config.tokens.revocation_interval_ms = 50).await;
    let ada = user.register("ada").await.tokens;
    let phone = user.login("ada").await;
    let phone_id = current(&list(&user, &phone).await).session_id.clone();
    // It ends the session and tells nobody.
    let silent = user
        .again(|config| config.auth.revocations.is_enabled = false)
        .await;
    revoke(&silent, &ada, &phone_id).await.unwrap();
    user.until_revoked(&phone).await;
    silent
        .users
        .clone()
        .get_me(signed_in(&phone.access_token, GetMeRequest {}))
        .await
        .unwrap();
}

#[tokio::test]
async fn without_redis_everything_works_and_access_tokens_last_until_they_expire() {
    let mut user = Fixture::with(|config| {
        config.auth.revocations.redis.url = "redis://127.0.0.1:9/".into();
    })
    .await;
    let ada = user.register("ada").await.tokens;
    let phone = user.login("ada").await;
    let phone_id = current(&list(&user, &phone).await).session_id.clone();
    revoke(&user, &ada, &phone_id).await.unwrap();
    assert!(refresh(&user, &phone).await.is_err());
    let me = || signed_in(&phone.access_token, GetMeRequest {});
    user.users.get_me(me()).await.unwrap();
    user.advance(11 * 60);
    let outcome = user.users.get_me(me()).await;
    assert_refused(outcome, Code::Unauthenticated, "ACCESS_TOKEN_EXPIRED");
    assert_eq!(
        list(&user, &refresh(&user, &ada).await.unwrap())
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn the_statement_for_operators_ends_somebodys_sessions() {
    let user = Fixture::with(|config| config.tokens.revocation_interval_ms = 50).await;
    let (ada, bob) = (user.register("ada").await, user.register("bob").await);
    let operations = include_str!("../../../../docs/OPERATIONS.md");
    let (_, part) = operations.split_once("## Ending sessions").unwrap();
    let (_, sql) = part.split_once("```sql\n").unwrap();
    let (sql, _) = sql.split_once("```").unwrap();
    let url = user.config.postgres.url.expose();
    let mut database = AsyncPgConnection::establish(url).await.unwrap();
    database.batch_execute(sql).await.unwrap();

    user.until_revoked(&ada.tokens).await;
    assert_refused(
        refresh(&user, &ada.tokens).await,
        Code::Unauthenticated,
        "REFRESH_TOKEN_INVALID",
    );
    refresh(&user, &bob.tokens).await.unwrap();
}

//! What people can read of what happened around their accounts.

use quicksync::user::v1::{
    ChangeEmailRequest, ChangePasswordRequest, ListSecurityEventsRequest,
    ListSecurityEventsResponse, LoginRequest, LogoutRequest, RefreshRequest,
    RequestPasswordResetRequest, ResetPasswordRequest, RevokeOtherSessionsRequest,
    RevokeSessionRequest, SecurityEvent, SecurityEventKind as Kind, Tokens, VerifyEmailRequest,
};
use tonic::{Request, Status};

use crate::{
    fixture::{Fixture, NOW, PASSWORD, assert_violations, from, registration},
    mailbox::{RESET, VERIFY},
};

const ADDRESS: &str = "203.0.113.7";
const YEAR_S: u64 = 365 * 24 * 60 * 60;

async fn page(
    user: &Fixture,
    tokens: &Tokens,
    page_size: i32,
    page_token: &str,
) -> Result<ListSecurityEventsResponse, Status> {
    let request = auth::testing::signed_in(
        &tokens.access_token,
        ListSecurityEventsRequest {
            page_size,
            page_token: page_token.to_owned(),
        },
    );
    let answer = user.sessions.clone().list_security_events(request).await;
    answer.map(tonic::Response::into_inner)
}

async fn events(user: &Fixture, tokens: &Tokens) -> Vec<SecurityEvent> {
    page(user, tokens, 0, "").await.unwrap().events
}

/// The newest ones, waited for where they are written after the answer.
async fn until_kinds(user: &Fixture, tokens: &Tokens, newest: &[Kind]) -> Vec<SecurityEvent> {
    user.eventually(async || {
        let events = events(user, tokens).await;
        let kinds: Vec<Kind> = events.iter().map(SecurityEvent::kind).collect();
        kinds.starts_with(newest).then_some(events)
    })
    .await
}

fn login(password: &str) -> LoginRequest {
    LoginRequest {
        login: "ada".to_owned(),
        password: password.to_owned(),
    }
}

async fn sign_in(user: &Fixture) -> Tokens {
    let answer = user
        .auth
        .clone()
        .login(from(ADDRESS, login(PASSWORD)))
        .await;
    answer.unwrap().into_inner().tokens.unwrap()
}

#[tokio::test]
async fn signing_in_and_out_is_written_down_with_address_and_device() {
    let user = Fixture::start().await;
    user.register("ada").await;
    user.advance(1);
    let tokens = sign_in(&user).await;
    user.advance(1);
    let wrong = user.auth.clone().login(from(ADDRESS, login("wrong"))).await;
    wrong.unwrap_err();
    user.advance(1);
    let ends = sign_in(&user).await;
    user.advance(1);
    let request = LogoutRequest {
        refresh_token: ends.refresh_token,
    };
    user.auth
        .clone()
        .logout(from(ADDRESS, request.clone()))
        .await
        .unwrap();
    // Again: nothing happens, and nothing is written down.
    user.auth
        .clone()
        .logout(from(ADDRESS, request))
        .await
        .unwrap();

    let kinds = [
        Kind::SignedOut,
        Kind::SignedIn,
        Kind::SignInFailed,
        Kind::SignedIn,
    ];
    let events = until_kinds(&user, &tokens, &kinds).await;
    assert_eq!(events[0].session_id, events[1].session_id);
    assert_ne!(events[1].session_id, events[3].session_id);
    assert_eq!(events[2].session_id, "");
    // These two are of one moment, in which the clock of this test stands still.
    let first: Vec<Kind> = events[4..].iter().map(SecurityEvent::kind).collect();
    assert_eq!(first.len(), 2);
    assert!(first.contains(&Kind::Registered) && first.contains(&Kind::SignedIn));
    for (event, age) in events[..4].iter().zip([0, 1, 2, 3]) {
        assert_eq!(event.address, ADDRESS);
        assert!(!event.device.is_empty());
        assert_eq!(event.provider_id, "");
        let at = event.occurred_at.unwrap().seconds;
        assert_eq!(at, NOW.unix_timestamp() + 4 - age);
    }
}

#[tokio::test]
async fn a_stolen_refresh_token_is_written_down_with_who_showed_it() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    let refresh = async |address: &str, token: &str| {
        let request = RefreshRequest {
            refresh_token: token.to_owned(),
        };
        let answer = user.auth.clone().refresh(from(address, request)).await;
        answer.map(|answer| answer.into_inner().tokens.unwrap())
    };
    let first = &ada.tokens.refresh_token;
    let second = refresh(ADDRESS, first).await.unwrap();
    let third = refresh(ADDRESS, &second.refresh_token).await.unwrap();
    refresh(ADDRESS, &third.refresh_token).await.unwrap();
    user.advance(3_600);
    refresh("198.51.100.1", first).await.unwrap_err();

    let tokens = sign_in(&user).await;
    let events = events(&user, &tokens).await;
    let reused = events
        .iter()
        .find(|event| event.kind() == Kind::RefreshTokenReused)
        .expect("the reuse is written down");
    assert_eq!(reused.address, "198.51.100.1");
    let of_session = events
        .iter()
        .filter(|event| event.session_id == reused.session_id);
    let kinds: Vec<Kind> = of_session.map(SecurityEvent::kind).collect();
    assert_eq!(kinds, [Kind::RefreshTokenReused, Kind::SignedIn]);
}

#[tokio::test]
async fn sessions_that_are_ended_from_another_are_written_down() {
    let user = Fixture::start().await;
    user.register("ada").await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        user.advance(1);
        sessions.push(sign_in(&user).await);
    }
    let own = sessions.pop().unwrap();
    let listed = events(&user, &own).await;
    let one = listed[1].session_id.clone();
    user.advance(1);
    let request = RevokeSessionRequest {
        session_id: one.clone(),
    };
    let request = auth::testing::signed_in(&own.access_token, request);
    user.sessions.clone().revoke_session(request).await.unwrap();
    user.advance(1);
    let request = auth::testing::signed_in(&own.access_token, RevokeOtherSessionsRequest {});
    user.sessions
        .clone()
        .revoke_other_sessions(request)
        .await
        .unwrap();

    let events = events(&user, &own).await;
    let revoked: Vec<_> = events
        .iter()
        .filter(|event| event.kind() == Kind::SessionRevoked)
        .map(|event| event.session_id.clone())
        .collect();
    // The one by itself, and then the other one that signed in and the one of the registration.
    assert_eq!(revoked.len(), 3);
    assert_eq!(revoked[2], one);
}

#[tokio::test]
async fn pages_show_every_event_once() {
    let user = Fixture::start().await;
    let ada = user.register("ada").await;
    for _ in 0..7 {
        sign_in(&user).await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = page(&user, &ada.tokens, 2, &token).await.unwrap();
        assert!(page.events.len() <= 2);
        seen.extend(page.events.into_iter().map(|event| event.event_id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let all = events(&user, &ada.tokens).await;
    let all: Vec<_> = all.into_iter().map(|event| event.event_id).collect();
    assert_eq!(seen, all);
    assert_eq!(all.len(), 9);
}

#[tokio::test]
async fn nobody_sees_the_events_of_another() {
    let user = Fixture::start().await;
    let (ada, bob) = (user.register("ada").await, user.register("bob").await);
    sign_in(&user).await;
    assert_eq!(events(&user, &bob.tokens).await.len(), 2);

    let token = page(&user, &ada.tokens, 1, "")
        .await
        .unwrap()
        .next_page_token;
    assert_violations(page(&user, &bob.tokens, 1, &token).await, &["page_token"]);
    assert_violations(
        page(&user, &ada.tokens, 101, "x").await,
        &["page_size", "page_token"],
    );
    let request = Request::new(ListSecurityEventsRequest::default());
    user.sessions
        .clone()
        .list_security_events(request)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn events_are_kept_for_a_year() {
    let user = Fixture::with(|config| config.tokens.housekeeping_interval_s = 1).await;
    let registered = user.register_as(registration("ada")).await.unwrap();
    assert_eq!(events(&user, &registered.tokens).await.len(), 2);
    user.advance(YEAR_S - 60);
    let tokens = sign_in(&user).await;
    assert_eq!(events(&user, &tokens).await.len(), 3);
    user.advance(120);
    user.eventually(async || (events(&user, &tokens).await.len() == 1).then_some(()))
        .await;
}

#[tokio::test]
async fn what_happens_to_the_password_and_the_address_is_written_down() {
    const ADA: &str = "ada@example.org";
    const NEW: &str = "seven-green-bicycles";
    let mut user = Fixture::start().await;
    user.register("ada").await;
    user.advance(1);
    let request = VerifyEmailRequest {
        token: user.mail(ADA, VERIFY).await.token(),
    };
    user.auth
        .verify_email(from(ADDRESS, request))
        .await
        .unwrap();
    user.advance(1);
    let own = sign_in(&user).await;
    user.advance(1);
    let request = ChangePasswordRequest {
        old_password: PASSWORD.to_owned(),
        new_password: NEW.to_owned(),
    };
    let request = signed_in_from(&own, request);
    user.account.change_password(request).await.unwrap();
    user.advance(1);
    let request = ChangeEmailRequest {
        email: "lovelace@example.org".to_owned(),
        password: NEW.to_owned(),
    };
    let request = signed_in_from(&own, request);
    user.account.change_email(request).await.unwrap();
    user.advance(1);
    let request = RequestPasswordResetRequest {
        email: ADA.to_owned(),
    };
    let request = from(ADDRESS, request);
    user.auth.request_password_reset(request).await.unwrap();
    let token = user.mail(ADA, RESET).await.token();
    user.advance(1);
    let request = ResetPasswordRequest {
        token,
        new_password: PASSWORD.to_owned(),
    };
    let request = from(ADDRESS, request);
    user.auth.reset_password(request).await.unwrap();
    user.advance(1);

    let again = sign_in(&user).await;
    let events = events(&user, &again).await;
    let kinds: Vec<Kind> = events[..7].iter().map(SecurityEvent::kind).collect();
    let expected = [
        Kind::SignedIn,
        Kind::PasswordReset,
        Kind::PasswordResetRequested,
        Kind::EmailChangeRequested,
        Kind::PasswordChanged,
        Kind::SignedIn,
        Kind::EmailVerified,
    ];
    assert_eq!(kinds, expected);
    // What a signed-in person did names the session; a link names none.
    let session = &events[5].session_id;
    let sessions: Vec<_> = events[1..7].iter().map(|event| &event.session_id).collect();
    let none = &String::new();
    assert_eq!(sessions, [none, none, session, session, session, none]);
    for event in &events[..7] {
        assert_eq!(event.address, ADDRESS, "{event:?}");
        assert!(!event.device.is_empty());
    }
}

fn signed_in_from<T>(tokens: &Tokens, message: T) -> Request<T> {
    let mut request = from(ADDRESS, message);
    let bearer = format!("Bearer {}", tokens.access_token);
    request
        .metadata_mut()
        .insert("authorization", bearer.parse().unwrap());
    request
}

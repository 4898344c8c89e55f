//! Access tokens that outlive their session: while its end is not heard of they still read, and change nothing of the account.

use auth::testing::signed_in;
use diesel_async::SimpleAsyncConnection as _;
use quicksync::user::v1::{
    ChangeEmailRequest, ChangePasswordRequest, DeleteAccountRequest, GetMeRequest,
    ListSessionsRequest, LogoutRequest, RefreshRequest, RevokeOtherSessionsRequest,
    RevokeSessionRequest, Session, Tokens, UnlinkIdentityRequest,
};
use tonic::{Code, Status};

use crate::{
    fixture::{Account, Fixture, PASSWORD, assert_refused},
    passwords::NEW,
};

/// A service that never hears of the end of a session, as without Redis.
async fn deaf() -> Fixture {
    Fixture::with(|config| config.auth.revocations.is_enabled = false).await
}

async fn sessions(user: &Fixture, tokens: &Tokens) -> Vec<Session> {
    let request = signed_in(&tokens.access_token, ListSessionsRequest {});
    let answer = user.sessions.clone().list_sessions(request).await;
    answer.unwrap().into_inner().sessions
}

async fn current(user: &Fixture, tokens: &Tokens) -> String {
    let mut sessions = sessions(user, tokens).await;
    sessions.retain(|session| session.is_current);
    sessions.remove(0).session_id
}

async fn revoke(user: &Fixture, tokens: &Tokens, session_id: &str) -> Result<(), Status> {
    let request = RevokeSessionRequest {
        session_id: session_id.to_owned(),
    };
    let request = signed_in(&tokens.access_token, request);
    let answer = user.sessions.clone().revoke_session(request).await;
    answer.map(drop)
}

async fn revoke_others(user: &Fixture, tokens: &Tokens) -> Result<(), Status> {
    let request = signed_in(&tokens.access_token, RevokeOtherSessionsRequest {});
    let answer = user.sessions.clone().revoke_other_sessions(request).await;
    answer.map(drop)
}

async fn change_password(user: &Fixture, tokens: &Tokens, old: &str) -> Result<(), Status> {
    let request = ChangePasswordRequest {
        old_password: old.to_owned(),
        new_password: NEW.to_owned(),
    };
    let request = signed_in(&tokens.access_token, request);
    let answer = user.account.clone().change_password(request).await;
    answer.map(drop)
}

async fn change_email(user: &Fixture, tokens: &Tokens, password: &str) -> Result<(), Status> {
    let request = ChangeEmailRequest {
        email: "mallory@example.org".to_owned(),
        password: password.to_owned(),
    };
    let request = signed_in(&tokens.access_token, request);
    let answer = user.account.clone().change_email(request).await;
    answer.map(drop)
}

async fn delete(user: &Fixture, tokens: &Tokens, password: &str) -> Result<(), Status> {
    let request = DeleteAccountRequest {
        password: password.to_owned(),
    };
    let request = signed_in(&tokens.access_token, request);
    let answer = user.account.clone().delete_account(request).await;
    answer.map(drop)
}

async fn unlink(user: &Fixture, tokens: &Tokens, identity_id: &str) -> Result<(), Status> {
    let request = UnlinkIdentityRequest {
        identity_id: identity_id.to_owned(),
    };
    let request = signed_in(&tokens.access_token, request);
    let answer = user.account.clone().unlink_identity(request).await;
    answer.map(drop)
}

/// Links something to the only account; says its id.
async fn linked(user: &Fixture, tokens: &Tokens) -> String {
    user.execute(
        "INSERT INTO identities
           SELECT gen_random_uuid(), id, 'google', 'https://accounts.example', 'subject', NULL, now(), now() FROM users",
    )
    .await;
    user.identities(tokens).await.remove(0).identity_id
}

#[track_caller]
fn assert_ended(outcome: Result<(), Status>) {
    assert_refused(outcome, Code::Unauthenticated, "SESSION_REVOKED");
}

/// That nothing was done to the account by another session than the owner's.
async fn assert_untouched(user: &Fixture, owner: &Account) {
    let me = user.me(&owner.tokens).await;
    assert_eq!(me.pending_email, "ada@example.org");
    assert_eq!(user.identities(&owner.tokens).await.len(), 1);
    assert_eq!(sessions(user, &owner.tokens).await.len(), 1);
    let request = RefreshRequest {
        refresh_token: owner.tokens.refresh_token.clone(),
    };
    user.auth.clone().refresh(request).await.unwrap();
}

#[tokio::test]
async fn a_session_that_its_owner_ended_changes_nothing_of_the_account() {
    let user = deaf().await;
    let owner = user.register("ada").await;
    let thief = user.login("ada").await;
    let identity = linked(&user, &owner.tokens).await;
    let owners = current(&user, &owner.tokens).await;
    let thiefs = current(&user, &thief).await;
    revoke(&user, &owner.tokens, &thiefs).await.unwrap();

    // It is still let in, and its sign-in is as fresh as any.
    user.users
        .clone()
        .get_me(signed_in(&thief.access_token, GetMeRequest {}))
        .await
        .unwrap();
    for password in ["", PASSWORD] {
        assert_ended(delete(&user, &thief, password).await);
    }
    assert_ended(change_password(&user, &thief, PASSWORD).await);
    assert_ended(change_email(&user, &thief, PASSWORD).await);
    assert_ended(unlink(&user, &thief, &identity).await);
    assert_ended(revoke_others(&user, &thief).await);
    assert_ended(revoke(&user, &thief, &owners).await);
    user.login("ada").await;
    revoke_others(&user, &owner.tokens).await.unwrap();
    // What ends a session may be repeated by it.
    revoke(&user, &thief, &thiefs).await.unwrap();

    user.execute("UPDATE users SET password_hash = NULL").await;
    assert_ended(change_password(&user, &thief, "").await);
    assert_ended(change_email(&user, &thief, "").await);
    assert_untouched(&user, &owner).await;
}

#[tokio::test]
async fn a_session_that_time_has_ended_changes_nothing_of_the_account() {
    let user = Fixture::with(|config| config.tokens.session_lifetime_s = 60).await;
    user.register("ada").await;
    let old = user.login("ada").await;
    user.advance(61);
    let tokens = user.login("ada").await;
    for password in ["", PASSWORD] {
        assert_ended(delete(&user, &old, password).await);
    }
    assert_ended(change_password(&user, &old, PASSWORD).await);
    change_password(&user, &tokens, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_call_that_waits_while_its_session_ends_changes_nothing_of_the_account() {
    let user = deaf().await;
    let owner = user.register("ada").await;
    let thief = user.login("ada").await;
    let identity = linked(&user, &owner.tokens).await;
    let mut other = user.database().await;
    let hold = "BEGIN; SELECT FROM users FOR NO KEY UPDATE";
    other.batch_execute(hold).await.unwrap();

    let calls = async {
        tokio::join!(
            delete(&user, &thief, PASSWORD),
            unlink(&user, &thief, &identity),
            revoke_others(&user, &thief),
        )
    };
    let ended = async {
        let waiting = "SELECT count(*) AS n FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        user.eventually(async || (user.number(waiting).await == 3).then_some(()))
            .await;
        let logout = LogoutRequest {
            refresh_token: thief.refresh_token.clone(),
        };
        user.auth.clone().logout(logout).await.unwrap();
        other.batch_execute("COMMIT").await.unwrap();
    };
    let ((deleted, unlinked, revoked), ()) = tokio::join!(calls, ended);
    for outcome in [deleted, unlinked, revoked] {
        assert_ended(outcome);
    }
    assert_untouched(&user, &owner).await;
}

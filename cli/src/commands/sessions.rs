//! sessions, revoke.

use quicksync::user::v1::{
    ListSessionsRequest, RevokeOtherSessionsRequest, RevokeSessionRequest, Session, SignInMethod,
};
use serde_json::{Value, json};

use super::Context;
use crate::{
    arguments::Revoke,
    connection::Gateway,
    failure::Failure,
    output::{plain, rfc3339, when},
};

pub(super) async fn list(context: &Context<'_>) -> Result<(), Failure> {
    for session in load(context).await? {
        context
            .output
            .print(|| line(context, &session), || json(&session))?;
    }
    Ok(())
}

pub(super) async fn revoke(context: &Context<'_>, arguments: Revoke) -> Result<(), Failure> {
    match arguments.session {
        Some(session_id) => revoke_one(context, session_id).await,
        None => revoke_others(context).await,
    }
}

async fn revoke_one(context: &Context<'_>, session_id: String) -> Result<(), Failure> {
    // Asked first: afterwards this session may not ask any more.
    let sessions = load(context).await?;
    let known = sessions
        .into_iter()
        .find(|session| session.session_id == session_id);
    let message = RevokeSessionRequest {
        session_id: session_id.clone(),
    };
    let send = async |gateway: &Gateway, request| gateway.sessions().revoke_session(request).await;
    context.session.call(message, send).await?;
    if known.as_ref().is_some_and(|session| session.is_current) {
        context.session.forget().await?;
    }
    let device = known.map_or_else(
        || "the session".to_owned(),
        |session| plain(&session.device),
    );
    context.output.print(
        || format!("ended {device}"),
        || json!({ "session_id": session_id }),
    )
}

async fn revoke_others(context: &Context<'_>) -> Result<(), Failure> {
    let send =
        async |gateway: &Gateway, request| gateway.sessions().revoke_other_sessions(request).await;
    let answer = context
        .session
        .call(RevokeOtherSessionsRequest {}, send)
        .await?;
    let revoked = answer.revoked;
    context.output.print(
        || match revoked {
            1 => "ended 1 other session".to_owned(),
            _ => format!("ended {revoked} other sessions"),
        },
        || json!({ "revoked": revoked }),
    )
}

async fn load(context: &Context<'_>) -> Result<Vec<Session>, Failure> {
    let send = async |gateway: &Gateway, request| gateway.sessions().list_sessions(request).await;
    let answer = context.session.call(ListSessionsRequest {}, send).await?;
    Ok(answer.sessions)
}

/// `ID  Firefox on Linux  192.0.2.7  password  signed in Mar 5 09:00  last seen 10:05  this session`
fn line(context: &Context<'_>, session: &Session) -> String {
    let now = context.session.clock.now();
    let mut cells = vec![
        session.session_id.clone(),
        plain(&session.device),
        session.address.clone(),
        method(session),
        format!("signed in {}", when(session.created_at, now)),
        format!("last seen {}", when(session.last_seen_at, now)),
    ];
    if session.is_current {
        cells.push("this session".to_owned());
    }
    cells.retain(|cell| !cell.is_empty());
    cells.join("  ")
}

fn method(session: &Session) -> String {
    match session.method() {
        SignInMethod::Unspecified => String::new(),
        SignInMethod::Password => "password".to_owned(),
        SignInMethod::Provider => format!("provider {}", session.provider_id),
    }
}

fn json(session: &Session) -> Value {
    let method = session.method().as_str_name();
    let method = method.trim_start_matches("SIGN_IN_METHOD_");
    json!({
        "session_id": session.session_id,
        "device": session.device,
        "address": session.address,
        "created_at": rfc3339(session.created_at),
        "last_seen_at": rfc3339(session.last_seen_at),
        "expires_at": rfc3339(session.expires_at),
        "method": method.to_lowercase(),
        "provider_id": session.provider_id,
        "is_current": session.is_current,
    })
}

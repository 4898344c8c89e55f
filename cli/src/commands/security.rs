//! security: what happened around the account.

use quicksync::user::v1::{ListSecurityEventsRequest, SecurityEvent, SecurityEventKind as Kind};
use serde_json::{Value, json};

use super::Context;
use crate::{
    connection::Gateway,
    failure::Failure,
    output::{plain, rfc3339, when},
};

/// Events that one call may ask for.
const PAGE_SIZE_MAX: usize = 100;

/// Newest first, as the service tells them.
pub(super) async fn list(context: &Context<'_>, limit: usize) -> Result<(), Failure> {
    let mut shown = 0;
    let mut page_token = String::new();
    while shown < limit {
        let page_size = i32::try_from((limit - shown).min(PAGE_SIZE_MAX)).unwrap_or(i32::MAX);
        let message = ListSecurityEventsRequest {
            page_size,
            page_token,
        };
        let send = async |gateway: &Gateway, request| {
            gateway.sessions().list_security_events(request).await
        };
        let page = context.session.call(message, send).await?;
        for event in &page.events {
            context
                .output
                .print(|| line(context, event), || json(event))?;
        }
        shown += page.events.len();
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(());
        }
    }
    context.output.note("there are more: use --limit");
    Ok(())
}

/// `10:05  signed in  Firefox on Linux  192.0.2.7`
fn line(context: &Context<'_>, event: &SecurityEvent) -> String {
    let time = when(event.occurred_at, context.session.clock.now());
    let mut cells = vec![
        time,
        what(event.kind()).to_owned(),
        plain(&event.provider_id),
        plain(&event.device),
        event.address.clone(),
    ];
    cells.retain(|cell| !cell.is_empty());
    cells.join("  ")
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Unspecified => "something that this build does not know",
        Kind::Registered => "account made",
        Kind::SignedIn => "signed in",
        Kind::SignInFailed => "wrong password",
        Kind::SignedOut => "signed out",
        Kind::RefreshTokenReused => "a spent token was shown again: the session was ended",
        Kind::SessionRevoked => "session ended from another one",
        Kind::PasswordChanged => "password changed",
        Kind::PasswordResetRequested => "new password asked for by mail",
        Kind::PasswordReset => "password set by mailed link",
        Kind::EmailVerified => "e-mail address proven",
        Kind::EmailChangeRequested => "another e-mail address claimed",
        Kind::IdentityLinked => "linked",
        Kind::IdentityUnlinked => "unlinked",
    }
}

fn json(event: &SecurityEvent) -> Value {
    let kind = event.kind().as_str_name();
    json!({
        "event_id": event.event_id,
        "kind": kind.trim_start_matches("SECURITY_EVENT_KIND_").to_lowercase(),
        "occurred_at": rfc3339(event.occurred_at),
        "session_id": event.session_id,
        "address": event.address,
        "device": event.device,
        "provider_id": event.provider_id,
    })
}

//! `ListSecurityEvents`.

use auth::Caller;
use mesh::Violations;
use quicksync::user::v1::{
    ListSecurityEventsRequest, ListSecurityEventsResponse, SecurityEvent as Event,
    SecurityEventKind,
};
use store::page::{self, Token};
use time::OffsetDateTime;
use tonic::Status;
use uuid::Uuid;

use super::{Rpc, timestamp};
use crate::{
    audit::Kind,
    db::security_events::{Page, SecurityEvent},
    error::Error,
};

const PAGE_SIZE_DEFAULT: u32 = 50;
const PAGE_SIZE_MAX: u32 = 100;
const NANOS_PER_MICRO: i128 = 1_000;

impl Rpc {
    pub(super) async fn security_events(
        &self,
        caller: Caller,
        request: &ListSecurityEventsRequest,
    ) -> Result<ListSecurityEventsResponse, Status> {
        let mut violations = Violations::new();
        let page_size = violations.page_size(
            "page_size",
            request.page_size,
            PAGE_SIZE_DEFAULT,
            PAGE_SIZE_MAX,
        );
        let query = page::Query::new("ListSecurityEvents", &[caller.user_id.as_bytes()]);
        let after = after(&mut violations, &request.page_token, query);
        violations.finish()?;

        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let page = Page {
            user_id: caller.user_id,
            after,
            // One more than the page has room for tells whether there is another page.
            limit: page_size + 1,
        };
        let events = SecurityEvent::page(&mut connection, page)
            .await
            .map_err(Error::from)?;
        let page_size = usize::try_from(page_size).unwrap_or(usize::MAX);
        Ok(answer(events, page_size, query))
    }
}

fn after(
    violations: &mut Violations,
    token: &str,
    query: page::Query,
) -> Option<(OffsetDateTime, Uuid)> {
    if token.is_empty() {
        return None;
    }
    let read = || -> Result<_, page::Invalid> {
        let mut fields = Token::decode(token, query)?;
        let (micros, id) = (fields.int()?, fields.uuid()?);
        fields.finish()?;
        let nanos = i128::from(micros) * NANOS_PER_MICRO;
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| page::Invalid)?;
        Ok((at, id))
    };
    read()
        .map_err(|error| violations.add("page_token", error.to_string()))
        .ok()
}

fn answer(
    mut events: Vec<SecurityEvent>,
    page_size: usize,
    query: page::Query,
) -> ListSecurityEventsResponse {
    let has_more = events.len() > page_size;
    events.truncate(page_size);
    let next = events.last().filter(|_| has_more);
    ListSecurityEventsResponse {
        next_page_token: next.map(|last| token(last, query)).unwrap_or_default(),
        events: events.into_iter().filter_map(event).collect(),
    }
}

fn token(last: &SecurityEvent, query: page::Query) -> String {
    // PostgreSQL keeps microseconds, and has no room for a time whose microseconds do not fit.
    let micros = last.occurred_at.unix_timestamp_nanos() / NANOS_PER_MICRO;
    Token::new(query)
        .int(i64::try_from(micros).unwrap_or(i64::MAX))
        .uuid(last.id)
        .encode()
}

/// `None` for a kind that only a newer build knows.
fn event(event: SecurityEvent) -> Option<Event> {
    let kind = wire(Kind::from_text(&event.kind)?);
    Some(Event {
        event_id: event.id.to_string(),
        kind: kind.into(),
        occurred_at: Some(timestamp(event.occurred_at)),
        session_id: event
            .session_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
        address: event.address.unwrap_or_default(),
        device: event.device.unwrap_or_default(),
        provider_id: event.provider_id.unwrap_or_default(),
    })
}

fn wire(kind: Kind) -> SecurityEventKind {
    match kind {
        Kind::Registered => SecurityEventKind::Registered,
        Kind::SignedIn => SecurityEventKind::SignedIn,
        Kind::SignInFailed => SecurityEventKind::SignInFailed,
        Kind::SignedOut => SecurityEventKind::SignedOut,
        Kind::RefreshTokenReused => SecurityEventKind::RefreshTokenReused,
        Kind::SessionRevoked => SecurityEventKind::SessionRevoked,
        Kind::PasswordChanged => SecurityEventKind::PasswordChanged,
        Kind::PasswordResetRequested => SecurityEventKind::PasswordResetRequested,
        Kind::PasswordReset => SecurityEventKind::PasswordReset,
        Kind::EmailVerified => SecurityEventKind::EmailVerified,
        Kind::EmailChangeRequested => SecurityEventKind::EmailChangeRequested,
        Kind::IdentityLinked => SecurityEventKind::IdentityLinked,
        Kind::IdentityUnlinked => SecurityEventKind::IdentityUnlinked,
    }
}

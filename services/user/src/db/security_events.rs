//! What happened around accounts, newest first.

use diesel::{dsl::auto_type, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::security_events;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The account was made.
    Registered,
    /// Somebody signed in.
    SignedIn,
    /// Somebody tried a wrong password.
    SignInFailed,
    /// A session was ended by its own client.
    SignedOut,
    /// A spent refresh token was shown again.
    RefreshTokenReused,
    /// A session was ended from another one.
    SessionRevoked,
    /// The password was changed by somebody who knew the old one.
    PasswordChanged,
    /// A mail to set a new password was asked for.
    PasswordResetRequested,
    /// The password was set by a mailed link.
    PasswordReset,
    /// An address was proven.
    EmailVerified,
    /// Another address was claimed.
    EmailChangeRequested,
    /// A provider's account was linked.
    IdentityLinked,
    /// A provider's account was unlinked.
    IdentityUnlinked,
}

/// An event to be written down.
#[derive(Debug, Insertable)]
#[diesel(table_name = security_events)]
pub(crate) struct NewEvent {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) kind: &'static str,
    pub(crate) occurred_at: OffsetDateTime,
    pub(crate) session_id: Option<Uuid>,
    pub(crate) address: Option<String>,
    pub(crate) device: String,
    pub(crate) provider_id: Option<String>,
}

/// An event that was.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = security_events, check_for_backend(diesel::pg::Pg))]
pub(crate) struct SecurityEvent {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) occurred_at: OffsetDateTime,
    pub(crate) session_id: Option<Uuid>,
    pub(crate) address: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) provider_id: Option<String>,
}

/// One page, from the newest on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// Whose.
    pub(crate) user_id: Uuid,
    /// Those that come after this one in the order of pages; `None` for the first page.
    pub(crate) after: Option<(OffsetDateTime, Uuid)>,
    /// Events at most.
    pub(crate) limit: i64,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 13] = [
        Self::Registered,
        Self::SignedIn,
        Self::SignInFailed,
        Self::SignedOut,
        Self::RefreshTokenReused,
        Self::SessionRevoked,
        Self::PasswordChanged,
        Self::PasswordResetRequested,
        Self::PasswordReset,
        Self::EmailVerified,
        Self::EmailChangeRequested,
        Self::IdentityLinked,
        Self::IdentityUnlinked,
    ];

    /// As it stands in the table and in the log.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::SessionRevoked => "session_revoked",
            Self::PasswordChanged => "password_changed",
            Self::PasswordResetRequested => "password_reset_requested",
            Self::PasswordReset => "password_reset",
            Self::EmailVerified => "email_verified",
            Self::EmailChangeRequested => "email_change_requested",
            Self::IdentityLinked => "identity_linked",
            Self::IdentityUnlinked => "identity_unlinked",
        }
    }

    /// From the table; `None` where a newer build wrote it.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.text() == text)
    }
}

impl NewEvent {
    /// Writes these down.
    pub(crate) async fn insert(
        connection: &mut AsyncPgConnection,
        events: &[Self],
    ) -> QueryResult<()> {
        diesel::insert_into(security_events::table)
            .values(events)
            .execute(connection)
            .await
            .map(drop)
    }
}

impl SecurityEvent {
    /// One page.
    pub(crate) async fn page(
        connection: &mut AsyncPgConnection,
        page: Page,
    ) -> QueryResult<Vec<Self>> {
        let Some((before, id)) = page.after else {
            return first_page(page.user_id, page.limit).load(connection).await;
        };
        next_page(page.user_id, before, id, page.limit)
            .load(connection)
            .await
    }
}

/// Deletes up to `limit` events from before `before`. Says how many.
pub(crate) async fn forget(
    connection: &mut AsyncPgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let old = security_events::table
        .filter(security_events::occurred_at.lt(before))
        .order(security_events::occurred_at)
        .limit(limit)
        .select(security_events::id);
    let ids: Vec<Uuid> = old.load(connection).await?;
    diesel::delete(security_events::table.filter(security_events::id.eq_any(ids)))
        .execute(connection)
        .await
}

#[auto_type(no_type_alias)]
fn first_page(user_id: Uuid, limit: i64) -> _ {
    let selection: diesel::dsl::AsSelect<SecurityEvent, diesel::pg::Pg> =
        SecurityEvent::as_select();
    security_events::table
        .filter(security_events::user_id.eq(user_id))
        .order((
            security_events::occurred_at.desc(),
            security_events::id.desc(),
        ))
        .limit(limit)
        .select(selection)
}

/// `occurred_at <= before` is what the index begins at; the rest leaves out those of that very moment that were shown.
#[auto_type(no_type_alias)]
fn next_page(user_id: Uuid, before: OffsetDateTime, id: Uuid, limit: i64) -> _ {
    let selection: diesel::dsl::AsSelect<SecurityEvent, diesel::pg::Pg> =
        SecurityEvent::as_select();
    security_events::table
        .filter(security_events::user_id.eq(user_id))
        .filter(security_events::occurred_at.le(before))
        .filter(
            security_events::occurred_at
                .lt(before)
                .or(security_events::id.lt(id)),
        )
        .order((
            security_events::occurred_at.desc(),
            security_events::id.desc(),
        ))
        .limit(limit)
        .select(selection)
}

#[cfg(test)]
mod tests;

//! `ListNotifications` and `MarkNotificationsRead`.

use auth::Caller;
use mesh::Violations;
use prost_types::Timestamp;
use quicksync::notification::v1::{
    ListNotificationsRequest, ListNotificationsResponse, MarkNotificationsReadRequest,
    MarkNotificationsReadResponse, Notification,
};
use store::page;
use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Rpc;
use crate::{
    db::notifications::{self, Row},
    error::Error,
};

const PAGE_SIZE_DEFAULT: u32 = 50;
const PAGE_SIZE_MAX: u32 = 100;
const IDS_MAX: usize = 200;
const NANOS_PER_MICRO: i128 = 1_000;

pub(super) async fn list(
    rpc: &Rpc,
    request: &Request<ListNotificationsRequest>,
) -> Result<Response<ListNotificationsResponse>, Status> {
    let caller = Caller::of(request)?;
    let message = request.get_ref();
    let query = page::Query::new("ListNotifications", &[caller.user_id.as_bytes()]);
    let mut violations = Violations::new();
    let size = violations.page_size(
        "page_size",
        message.page_size,
        PAGE_SIZE_DEFAULT,
        PAGE_SIZE_MAX,
    );
    let after = if message.page_token.is_empty() {
        Ok(None)
    } else {
        after(&message.page_token, query).map(Some)
    };
    violations.check(
        after.is_ok(),
        "page_token",
        "must be next_page_token of the same caller, unchanged",
    );
    violations.finish()?;

    let is_first = message.page_token.is_empty();
    let patience = mesh::context::half_patience(rpc.list_wait_max);
    let (may_lack_newest, mut rows, unread_count) = async {
        // What is newer stands at the top: later pages have nothing to wait for.
        let may_lack_newest = is_first && !rpc.watch.follow(rpc.heads.heads(), patience).await?;
        let mut connection = rpc.pool.get().await?;
        // One more than asked for tells whether there is another page.
        let rows = notifications::list(
            &mut connection,
            caller.user_id,
            after.unwrap_or(None),
            size + 1,
        )
        .await?;
        Ok::<_, Error>((
            may_lack_newest,
            rows,
            notifications::count_unread(&mut connection, caller.user_id).await?,
        ))
    }
    .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let has_more = rows.len() > size;
    rows.truncate(size);
    let next_page_token = rows
        .last()
        .filter(|_| has_more)
        .map_or_else(String::new, |last| token(last, query));
    let notifications = rows.into_iter().map(notification).collect();
    Ok(Response::new(ListNotificationsResponse {
        notifications,
        next_page_token,
        unread_count,
        may_lack_newest,
    }))
}

pub(super) async fn mark_read(
    rpc: &Rpc,
    request: &Request<MarkNotificationsReadRequest>,
) -> Result<Response<MarkNotificationsReadResponse>, Status> {
    let caller = Caller::of(request)?;
    let mut violations = Violations::new();
    let ids = violations.uuids(
        "notification_ids",
        &request.get_ref().notification_ids,
        1..=IDS_MAX,
    );
    violations.finish()?;

    let unread_count = async {
        let mut connection = rpc.pool.get().await?;
        notifications::mark_read(&mut connection, caller.user_id, &ids).await?;
        Ok::<_, Error>(notifications::count_unread(&mut connection, caller.user_id).await?)
    }
    .await?;
    Ok(Response::new(MarkNotificationsReadResponse {
        unread_count,
    }))
}

/// PostgreSQL keeps microseconds.
fn token(last: &Row, query: page::Query) -> String {
    let micros = last.occurred_at.unix_timestamp_nanos() / NANOS_PER_MICRO;
    let micros = i64::try_from(micros).unwrap_or(i64::MAX);
    page::Token::new(query)
        .int(micros)
        .uuid(last.notification_id)
        .encode()
}

fn after(token: &str, query: page::Query) -> Result<(OffsetDateTime, Uuid), page::Invalid> {
    let mut fields = page::Token::decode(token, query)?;
    let (micros, id) = (fields.int()?, fields.uuid()?);
    fields.finish()?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * NANOS_PER_MICRO);
    Ok((at.map_err(|_| page::Invalid)?, id))
}

fn notification(row: Row) -> Notification {
    let at = row.occurred_at;
    Notification {
        notification_id: row.notification_id.to_string(),
        kind: row.kind.into(),
        conversation_id: row.conversation_id.to_string(),
        actor_user_id: row.actor_user_id.to_string(),
        preview: row.preview,
        message_count: row.message_count,
        sequence: row.sequence,
        occurred_at: Some(Timestamp {
            seconds: at.unix_timestamp(),
            nanos: i32::try_from(at.nanosecond()).unwrap_or(0),
        }),
        read: row.read,
    }
}

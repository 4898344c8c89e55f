//! `ListConversations`: the chat list.

use std::collections::HashMap;

use auth::Caller;
use mesh::Violations;
use quicksync::{
    chat::v1::{Conversation, Member},
    messaging::v1::{ConversationSummary, ListConversationsRequest, ListConversationsResponse},
};
use store::page::{Invalid, Query, Token};
use time::{OffsetDateTime, macros::datetime};
use tonic::Request;
use uuid::Uuid;

use super::{Messaging, wire};
use crate::{
    Error,
    db::{self, conversations::Listed},
    domain::record::Message,
};

const PAGE_SIZE_DEFAULT: u32 = 50;
const PAGE_SIZE_MAX: u32 = 100;
const NANOS_PER_MICRO: i128 = 1_000;
/// Before everything in the list.
const TOP: (OffsetDateTime, Uuid) = (datetime!(9999-12-31 23:59:59 UTC), Uuid::max());

pub(super) async fn list_conversations(
    service: &Messaging,
    request: &Request<ListConversationsRequest>,
) -> Result<ListConversationsResponse, Error> {
    let caller = Caller::of(request)?;
    let mut violations = Violations::new();
    let size = violations.page_size(
        "page_size",
        request.get_ref().page_size,
        PAGE_SIZE_DEFAULT,
        PAGE_SIZE_MAX,
    );
    let query = Query::new("messaging.ListConversations", &[caller.user_id.as_bytes()]);
    let after = read(&request.get_ref().page_token, query).unwrap_or_else(|Invalid| {
        violations.add(
            "page_token",
            "must be a token of an earlier answer to the same caller",
        );
        TOP
    });
    violations.finish()?;

    // What is newer stands at the top: later pages have nothing to wait for.
    let is_first = request.get_ref().page_token.is_empty();
    let may_lack_newest = is_first && !service.follow_log().await?;
    let mut conn = service.pool.get().await?;
    let mut listed = db::conversations::list(&mut conn, caller.user_id, after, size + 1).await?;
    let page_rows = usize::try_from(size).expect("a page is small");
    let has_more = listed.len() > page_rows;
    listed.truncate(page_rows);
    let next_page_token = match listed.last() {
        Some(last) if has_more => token(last, query),
        _ => String::new(),
    };
    let mut details = Details::read(&mut conn, caller.user_id, &listed).await?;
    let conversations = listed.into_iter().map(|row| details.summary(row)).collect();
    Ok(ListConversationsResponse {
        conversations,
        next_page_token,
        may_lack_newest,
    })
}

fn token(last: &Listed, query: Query) -> String {
    let micros = last.last_activity_at.unix_timestamp_nanos() / NANOS_PER_MICRO;
    let micros = i64::try_from(micros).expect("a year of four digits in microseconds fits");
    Token::new(query)
        .int(micros)
        .uuid(last.conversation_id)
        .encode()
}

fn read(token: &str, query: Query) -> Result<(OffsetDateTime, Uuid), Invalid> {
    if token.is_empty() {
        return Ok(TOP);
    }
    let mut fields = Token::decode(token, query)?;
    let (micros, conversation_id) = (fields.int()?, fields.uuid()?);
    fields.finish()?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * NANOS_PER_MICRO)
        .map_err(|_| Invalid)?;
    Ok((at, conversation_id))
}

/// What a page of the list needs besides its rows, each read at once for all of them.
struct Details {
    last_messages: HashMap<Uuid, Message>,
    unread: HashMap<Uuid, i32>,
    members: HashMap<Uuid, Vec<Member>>,
}

impl Details {
    async fn read(
        conn: &mut store::postgres::Connection,
        user_id: Uuid,
        listed: &[Listed],
    ) -> Result<Self, Error> {
        if listed.is_empty() {
            return Ok(Self {
                last_messages: HashMap::new(),
                unread: HashMap::new(),
                members: HashMap::new(),
            });
        }
        let ids: Vec<Uuid> = listed.iter().map(|row| row.conversation_id).collect();
        let last_sequences: Vec<i64> = listed.iter().map(|row| row.last_sequence).collect();
        let read_sequences: Vec<i64> = listed
            .iter()
            .map(|row| row.last_read_sequence.max(row.visible_from_sequence - 1))
            .collect();
        let last_messages = db::messages::at(conn, &ids, &last_sequences).await?;
        let unread = db::messages::unread(conn, user_id, &ids, &read_sequences).await?;
        let mut members: HashMap<Uuid, Vec<Member>> = HashMap::new();
        for row in db::stays::first_members(conn, &ids).await? {
            let member = Member {
                user_id: row.user_id.to_string(),
                role: row.role,
            };
            members.entry(row.conversation_id).or_default().push(member);
        }
        Ok(Self {
            last_messages: last_messages
                .into_iter()
                .map(|message| (message.conversation_id, message))
                .collect(),
            unread: unread
                .into_iter()
                .map(|row| (row.conversation_id, row.count))
                .collect(),
            members,
        })
    }

    fn summary(&mut self, row: Listed) -> ConversationSummary {
        ConversationSummary {
            last_message: self
                .last_messages
                .remove(&row.conversation_id)
                .map(wire::message),
            unread_count: self.unread.get(&row.conversation_id).copied().unwrap_or(0),
            last_read_sequence: row.last_read_sequence,
            last_activity_at: Some(wire::timestamp(row.last_activity_at)),
            conversation: Some(Conversation {
                conversation_id: row.conversation_id.to_string(),
                kind: row.kind,
                title: row.title,
                members: self
                    .members
                    .remove(&row.conversation_id)
                    .unwrap_or_default(),
                member_count: row.member_count,
                hides_history_from_new_members: row.hides_history,
                created_at: Some(wire::timestamp(row.created_at)),
                revision: row.revision,
            }),
        }
    }
}

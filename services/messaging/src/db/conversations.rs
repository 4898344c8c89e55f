//! Conversations as the log tells them, and the chat list.

use std::collections::HashMap;

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Bool, Integer, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::projection::{Known, Moved, NewConversation};

/// A row of somebody's chat list, without message, members and count.
#[derive(Debug, diesel::QueryableByName)]
pub struct Listed {
    /// Which.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// `ConversationKind`.
    #[diesel(sql_type = Integer)]
    pub kind: i32,
    /// Empty for a direct one.
    #[diesel(sql_type = Text)]
    pub title: String,
    /// Those who join later cannot read what was said before.
    #[diesel(sql_type = Bool)]
    pub hides_history: bool,
    /// When it began.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: OffsetDateTime,
    /// Of title and members.
    #[diesel(sql_type = BigInt)]
    pub revision: i64,
    /// How many are in it.
    #[diesel(sql_type = Integer)]
    pub member_count: i32,
    /// The reader may read from here on.
    #[diesel(sql_type = BigInt)]
    pub visible_from_sequence: i64,
    /// The newest message that the reader may read; 0 where there is none.
    #[diesel(sql_type = BigInt)]
    pub last_sequence: i64,
    /// Time of that message, or of the creation.
    #[diesel(sql_type = Timestamptz)]
    pub last_activity_at: OffsetDateTime,
    /// The reader's marker, which begins where they joined.
    #[diesel(sql_type = BigInt)]
    pub last_read_sequence: i64,
}

#[derive(diesel::QueryableByName)]
struct KnownRow {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
    #[diesel(sql_type = Bool)]
    hides_history: bool,
}

/// The conversations of a person that come after (activity, id) in the list, newest activity first.
pub fn list_query(user_id: Uuid, after: (OffsetDateTime, Uuid), limit: i64) -> Statement<'static> {
    Statement::new(
        "SELECT conversation.conversation_id, kind, title, hides_history, created_at, revision, member_count, visible_from_sequence,
                seen.last_sequence, seen.last_activity_at, greatest(marker.last_read_sequence, stay.joined_sequence) AS last_read_sequence
         FROM stays AS stay
         JOIN conversations AS conversation ON conversation.conversation_id = stay.conversation_id
         CROSS JOIN LATERAL (
             SELECT CASE WHEN is_visible THEN conversation.last_sequence ELSE 0 END AS last_sequence,
                    CASE WHEN is_visible THEN conversation.last_message_at ELSE conversation.created_at END AS last_activity_at
             FROM (SELECT conversation.last_sequence >= greatest(stay.visible_from_sequence, 1) AS is_visible) AS newest
         ) AS seen
         LEFT JOIN read_markers AS marker
             ON marker.user_id = stay.user_id AND marker.conversation_id = stay.conversation_id
         WHERE stay.user_id = $1 AND stay.left_sequence = 0
             AND (seen.last_activity_at, conversation.conversation_id) < ($2, $3)
         ORDER BY seen.last_activity_at DESC, conversation.conversation_id DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(user_id)
    .bind::<Timestamptz, _>(after.0)
    .bind::<SqlUuid, _>(after.1)
    .bind::<BigInt, _>(limit)
}

/// Runs [`list_query`].
pub async fn list(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    after: (OffsetDateTime, Uuid),
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    list_query(user_id, after, limit).load(conn).await
}

/// What is stored of conversations.
pub fn known_query(conversation_ids: &[Uuid]) -> Statement<'_> {
    Statement::new("SELECT conversation_id, revision, hides_history FROM conversations WHERE conversation_id = ANY($1)")
        .bind::<Array<SqlUuid>, _>(conversation_ids)
}

/// Runs [`known_query`].
pub async fn known(
    conn: &mut AsyncPgConnection,
    conversation_ids: &[Uuid],
) -> QueryResult<HashMap<Uuid, Known>> {
    let rows: Vec<KnownRow> = known_query(conversation_ids).load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                row.conversation_id,
                Known {
                    revision: row.revision,
                    hides_history: row.hides_history,
                },
            )
        })
        .collect())
}

/// Inserts conversations with revision 0 and no members; [`advance`] follows.
pub async fn create(
    conn: &mut AsyncPgConnection,
    created: &[NewConversation],
) -> QueryResult<usize> {
    Statement::new(
        "INSERT INTO conversations (conversation_id, kind, title, hides_history, created_at, revision, member_count)
         SELECT *, 0, 0 FROM unnest($1::uuid[], $2::int4[], $3::text[], $4::bool[], $5::timestamptz[])
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(created.iter().map(|row| row.conversation_id).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(created.iter().map(|row| row.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(created.iter().map(|row| row.title.as_str()).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(created.iter().map(|row| row.hides_history).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(created.iter().map(|row| row.created_at).collect::<Vec<_>>())
    .execute(conn)
    .await
}

/// Moves revisions and counts of members.
pub async fn advance(conn: &mut AsyncPgConnection, moved: &[Moved]) -> QueryResult<usize> {
    Statement::new(
        "UPDATE conversations SET revision = moved.revision, member_count = member_count + moved.member_delta
         FROM unnest($1::uuid[], $2::int8[], $3::int4[]) AS moved(conversation_id, revision, member_delta)
         WHERE conversations.conversation_id = moved.conversation_id",
    )
    .bind::<Array<SqlUuid>, _>(moved.iter().map(|row| row.conversation_id).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(moved.iter().map(|row| row.revision).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(moved.iter().map(|row| row.member_delta).collect::<Vec<_>>())
    .execute(conn)
    .await
}

//! Messages: inserted by batches, read by pages.

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{batch::MessageColumns, record::Message};

/// A stored message.
#[derive(Debug, diesel::QueryableByName)]
pub struct Row {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    sender_user_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    client_message_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    sent_at: OffsetDateTime,
    #[diesel(sql_type = Text)]
    text: String,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let Row {
            conversation_id,
            sequence,
            message_id,
            sender_user_id,
            client_message_id,
            sent_at,
            text,
        } = row;
        Self {
            conversation_id,
            sequence,
            message_id,
            sender_user_id,
            client_message_id,
            sent_at,
            text,
        }
    }
}

/// Where a message stands.
#[derive(Debug, diesel::QueryableByName)]
pub struct Place {
    /// Which message.
    #[diesel(sql_type = SqlUuid)]
    pub message_id: Uuid,
    /// Its place in the conversation.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
}

/// How much somebody has not read.
#[derive(Debug, diesel::QueryableByName)]
pub struct Unread {
    /// Where.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// Up to 100.
    #[diesel(sql_type = Integer)]
    pub count: i32,
}

#[derive(diesel::QueryableByName)]
struct Inserted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Inserts messages and moves their conversations' pointers to the newest; answers how many were new. A message that is there
/// already stays as it is, and so does the pointer.
pub fn insert_query(columns: &MessageColumns) -> Statement<'_> {
    Statement::new(
        "WITH inserted AS (
             INSERT INTO messages (conversation_id, sequence, message_id, sender_user_id, client_message_id, sent_at, text)
             SELECT * FROM unnest($1::uuid[], $2::int8[], $3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[])
             ON CONFLICT DO NOTHING
             RETURNING conversation_id, sequence, sent_at
         ), newest AS (
             SELECT DISTINCT ON (conversation_id) conversation_id, sequence, sent_at
             FROM inserted ORDER BY conversation_id, sequence DESC
         ), pointed AS (
             UPDATE conversations SET last_sequence = newest.sequence, last_message_at = newest.sent_at
             FROM newest
             WHERE conversations.conversation_id = newest.conversation_id AND conversations.last_sequence < newest.sequence
         )
         SELECT count(*) AS count FROM inserted",
    )
    .bind::<Array<SqlUuid>, _>(&columns.conversation_ids)
    .bind::<Array<BigInt>, _>(&columns.sequences)
    .bind::<Array<SqlUuid>, _>(&columns.message_ids)
    .bind::<Array<SqlUuid>, _>(&columns.sender_user_ids)
    .bind::<Array<SqlUuid>, _>(&columns.client_message_ids)
    .bind::<Array<Timestamptz>, _>(&columns.sent_ats)
    .bind::<Array<Text>, _>(&columns.texts)
}

/// Runs [`insert_query`].
pub async fn insert(conn: &mut AsyncPgConnection, columns: &MessageColumns) -> QueryResult<i64> {
    let inserted: Inserted = insert_query(columns).get_result(conn).await?;
    Ok(inserted.count)
}

/// Messages from `from` on and before `before`, newest first, at most `limit`.
pub fn older_query(
    conversation_id: Uuid,
    from: i64,
    before: i64,
    limit: i64,
) -> Statement<'static> {
    Statement::new(
        "SELECT conversation_id, sequence, message_id, sender_user_id, client_message_id, sent_at, text
         FROM messages WHERE conversation_id = $1 AND sequence >= $2 AND sequence < $3
         ORDER BY sequence DESC LIMIT $4",
    )
    .bind::<SqlUuid, _>(conversation_id)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(before)
    .bind::<BigInt, _>(limit)
}

/// Runs [`older_query`]; oldest first.
pub async fn older(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    from: i64,
    before: i64,
    limit: i64,
) -> QueryResult<Vec<Message>> {
    let rows: Vec<Row> = older_query(conversation_id, from, before, limit)
        .load(conn)
        .await?;
    Ok(rows.into_iter().rev().map(Message::from).collect())
}

/// Messages from `from` on, oldest first, at most `limit`.
pub fn newer_query(conversation_id: Uuid, from: i64, limit: i64) -> Statement<'static> {
    Statement::new(
        "SELECT conversation_id, sequence, message_id, sender_user_id, client_message_id, sent_at, text
         FROM messages WHERE conversation_id = $1 AND sequence >= $2
         ORDER BY sequence LIMIT $3",
    )
    .bind::<SqlUuid, _>(conversation_id)
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(limit)
}

/// Runs [`newer_query`].
pub async fn newer(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    from: i64,
    limit: i64,
) -> QueryResult<Vec<Message>> {
    let rows: Vec<Row> = newer_query(conversation_id, from, limit).load(conn).await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Where those of `message_ids` stand that are stored.
pub fn places_query(conversation_id: Uuid, message_ids: &[Uuid]) -> Statement<'_> {
    Statement::new("SELECT message_id, sequence FROM messages WHERE conversation_id = $1 AND message_id = ANY($2)")
        .bind::<SqlUuid, _>(conversation_id)
        .bind::<Array<SqlUuid>, _>(message_ids)
}

/// Runs [`places_query`].
pub async fn places(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    message_ids: &[Uuid],
) -> QueryResult<Vec<Place>> {
    places_query(conversation_id, message_ids).load(conn).await
}

/// The messages at these places, in no particular order.
pub fn at_query<'a>(conversation_ids: &'a [Uuid], sequences: &'a [i64]) -> Statement<'a> {
    Statement::new(
        "SELECT message.conversation_id, message.sequence, message_id, sender_user_id, client_message_id, sent_at, text
         FROM unnest($1::uuid[], $2::int8[]) AS wanted(conversation_id, sequence)
         JOIN messages AS message USING (conversation_id, sequence)",
    )
    .bind::<Array<SqlUuid>, _>(conversation_ids)
    .bind::<Array<BigInt>, _>(sequences)
}

/// Runs [`at_query`].
pub async fn at(
    conn: &mut AsyncPgConnection,
    conversation_ids: &[Uuid],
    sequences: &[i64],
) -> QueryResult<Vec<Message>> {
    let rows: Vec<Row> = at_query(conversation_ids, sequences).load(conn).await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// How many messages of others each conversation has past a sequence, counted up to 100 among its newest 1,000: somebody who has
/// said more than that since has seen what stands before.
pub fn unread_query<'a>(
    user_id: Uuid,
    conversation_ids: &'a [Uuid],
    read_sequences: &'a [i64],
) -> Statement<'a> {
    Statement::new(
        "SELECT asked.conversation_id, unread.count
         FROM unnest($1::uuid[], $2::int8[]) AS asked(conversation_id, read_sequence)
         CROSS JOIN LATERAL (
             SELECT count(*)::int4 AS count FROM (
                 SELECT FROM (
                     SELECT sender_user_id FROM messages
                     WHERE messages.conversation_id = asked.conversation_id AND messages.sequence > asked.read_sequence
                     ORDER BY sequence DESC LIMIT 1000
                 ) AS newest
                 WHERE newest.sender_user_id <> $3 LIMIT 100
             ) AS counted
         ) AS unread",
    )
    .bind::<Array<SqlUuid>, _>(conversation_ids)
    .bind::<Array<BigInt>, _>(read_sequences)
    .bind::<SqlUuid, _>(user_id)
}

/// Runs [`unread_query`].
pub async fn unread(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    conversation_ids: &[Uuid],
    read_sequences: &[i64],
) -> QueryResult<Vec<Unread>> {
    unread_query(user_id, conversation_ids, read_sequences)
        .load(conn)
        .await
}

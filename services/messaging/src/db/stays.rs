//! Who is in which conversation, and from where on they may read.

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Integer, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use uuid::Uuid;

use crate::domain::projection::{Ended, NewStay, RoleChange};

/// What one person may read of one conversation, and how far its partition is stored.
#[derive(Debug, diesel::QueryableByName)]
pub struct Access {
    /// They may read from here on; `None` where no stay of theirs lasts, as far as is stored.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub visible_from_sequence: Option<i64>,
    /// Their read marker, which begins where they joined.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub last_read_sequence: Option<i64>,
    /// Everything before this offset of the partition is stored; `None` where nothing ever was.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub next_offset: Option<i64>,
}

/// A member of a conversation.
#[derive(Debug, diesel::QueryableByName)]
pub struct MemberRow {
    /// Where.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// Who.
    #[diesel(sql_type = SqlUuid)]
    pub user_id: Uuid,
    /// `MemberRole`.
    #[diesel(sql_type = Integer)]
    pub role: i32,
}

/// What `user_id` may read of `conversation_id`; always one row. The position is read no later than the messages that are read
/// after it, so all messages before it are there.
pub fn access_query(
    conversation_id: Uuid,
    user_id: Uuid,
    topic: &str,
    partition: i32,
) -> Statement<'_> {
    Statement::new(
        r#"SELECT
             (SELECT visible_from_sequence FROM stays
              WHERE conversation_id = $1 AND user_id = $2 AND left_sequence = 0 LIMIT 1) AS visible_from_sequence,
             greatest(
               (SELECT last_read_sequence FROM read_markers WHERE user_id = $2 AND conversation_id = $1),
               (SELECT joined_sequence FROM stays
                WHERE conversation_id = $1 AND user_id = $2 AND left_sequence = 0 LIMIT 1)) AS last_read_sequence,
             (SELECT next_offset FROM consumer_progress WHERE topic = $3 AND "partition" = $4) AS next_offset"#,
    )
    .bind::<SqlUuid, _>(conversation_id)
    .bind::<SqlUuid, _>(user_id)
    .bind::<Text, _>(topic)
    .bind::<Integer, _>(partition)
}

/// Runs [`access_query`].
pub async fn access(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    user_id: Uuid,
    topic: &str,
    partition: i32,
) -> QueryResult<Access> {
    access_query(conversation_id, user_id, topic, partition)
        .get_result(conn)
        .await
}

/// The 10 longest-standing members of each conversation, in order within each.
pub fn first_members_query(conversation_ids: &[Uuid]) -> Statement<'_> {
    Statement::new(
        "SELECT asked.conversation_id, member.user_id, member.role
         FROM unnest($1::uuid[]) AS asked(conversation_id)
         CROSS JOIN LATERAL (
             SELECT user_id, role, joined_revision, member_rank FROM stays
             WHERE stays.conversation_id = asked.conversation_id AND left_sequence = 0
             ORDER BY joined_revision, member_rank LIMIT 10
         ) AS member
         ORDER BY asked.conversation_id, member.joined_revision, member.member_rank",
    )
    .bind::<Array<SqlUuid>, _>(conversation_ids)
}

/// Runs [`first_members_query`].
pub async fn first_members(
    conn: &mut AsyncPgConnection,
    conversation_ids: &[Uuid],
) -> QueryResult<Vec<MemberRow>> {
    first_members_query(conversation_ids).load(conn).await
}

/// Ends lasting stays.
pub async fn end(conn: &mut AsyncPgConnection, ended: &[Ended]) -> QueryResult<usize> {
    let column = |pick: fn(&Ended) -> Uuid| ended.iter().map(pick).collect::<Vec<_>>();
    let number = |pick: fn(&Ended) -> i64| ended.iter().map(pick).collect::<Vec<_>>();
    Statement::new(
        "UPDATE stays SET left_revision = ended.left_revision, left_sequence = ended.left_sequence
         FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[]) AS ended(conversation_id, user_id, left_revision, left_sequence)
         WHERE stays.conversation_id = ended.conversation_id AND stays.user_id = ended.user_id AND stays.left_sequence = 0",
    )
    .bind::<Array<SqlUuid>, _>(column(|row| row.conversation_id))
    .bind::<Array<SqlUuid>, _>(column(|row| row.user_id))
    .bind::<Array<BigInt>, _>(number(|row| row.left_revision))
    .bind::<Array<BigInt>, _>(number(|row| row.left_sequence))
    .execute(conn)
    .await
}

/// Changes roles in lasting stays.
pub async fn change_roles(
    conn: &mut AsyncPgConnection,
    changes: &[RoleChange],
) -> QueryResult<usize> {
    Statement::new(
        "UPDATE stays SET role = changed.role
         FROM unnest($1::uuid[], $2::uuid[], $3::int4[]) AS changed(conversation_id, user_id, role)
         WHERE stays.conversation_id = changed.conversation_id AND stays.user_id = changed.user_id AND stays.left_sequence = 0",
    )
    .bind::<Array<SqlUuid>, _>(changes.iter().map(|row| row.conversation_id).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(changes.iter().map(|row| row.user_id).collect::<Vec<_>>())
    .bind::<Array<Integer>, _>(changes.iter().map(|row| row.role).collect::<Vec<_>>())
    .execute(conn)
    .await
}

/// Begins stays. One that is there already stays as it is.
pub async fn open(conn: &mut AsyncPgConnection, opened: &[NewStay]) -> QueryResult<usize> {
    let column = |pick: fn(&NewStay) -> Uuid| opened.iter().map(pick).collect::<Vec<_>>();
    let number = |pick: fn(&NewStay) -> i64| opened.iter().map(pick).collect::<Vec<_>>();
    let small = |pick: fn(&NewStay) -> i32| opened.iter().map(pick).collect::<Vec<_>>();
    Statement::new(
        "INSERT INTO stays (conversation_id, user_id, joined_revision, joined_sequence, left_revision, left_sequence,
                            visible_from_sequence, role, member_rank)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int8[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int4[], $9::int4[])
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(column(|row| row.conversation_id))
    .bind::<Array<SqlUuid>, _>(column(|row| row.user_id))
    .bind::<Array<BigInt>, _>(number(|row| row.joined_revision))
    .bind::<Array<BigInt>, _>(number(|row| row.joined_sequence))
    .bind::<Array<BigInt>, _>(number(|row| row.left_revision))
    .bind::<Array<BigInt>, _>(number(|row| row.left_sequence))
    .bind::<Array<BigInt>, _>(number(|row| row.visible_from_sequence))
    .bind::<Array<Integer>, _>(small(|row| row.role))
    .bind::<Array<Integer>, _>(small(|row| row.member_rank))
    .execute(conn)
    .await
}

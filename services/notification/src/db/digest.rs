//! Stores a folded batch. The order of statements matters: membership first, then what is decided by it.

use std::collections::BTreeMap;

use diesel::{
    QueryResult,
    sql_types::{
        Array, BigInt, Bool, Integer, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
    },
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use uuid::Uuid;

use crate::domain::digest::{Digest, Join, Leave, Newest, Notice, Segment};

/// Folds messages into entries. Each segment lies inside or outside of a stay as a whole; a sender
/// is notified of what others wrote.
const FOLD_MESSAGES: &str = "
    WITH segments AS (
        SELECT * FROM unnest($1::integer[], $2::uuid[], $3::bigint[], $4::integer[],
                             $5::uuid[], $6::bigint[], $7::text[], $8::timestamptz[],
                             $9::uuid[], $10::bigint[], $11::text[], $12::timestamptz[])
            AS s (id, conversation_id, first_sequence, message_count,
                  actor, sequence, preview, occurred_at,
                  other_actor, other_sequence, other_preview, other_occurred_at)
    ), own AS (
        SELECT * FROM unnest($13::integer[], $14::uuid[], $15::integer[]) AS o (segment, user_id, message_count)
    ), shares AS (
        SELECT stays.user_id, s.conversation_id,
               s.message_count - coalesce(own.message_count, 0) AS message_count,
               CASE WHEN s.actor = stays.user_id THEN s.other_actor ELSE s.actor END AS actor,
               CASE WHEN s.actor = stays.user_id THEN s.other_sequence ELSE s.sequence END AS sequence,
               CASE WHEN s.actor = stays.user_id THEN s.other_preview ELSE s.preview END AS preview,
               CASE WHEN s.actor = stays.user_id THEN s.other_occurred_at ELSE s.occurred_at END AS occurred_at
        FROM segments AS s
        JOIN stays ON stays.conversation_id = s.conversation_id
            AND stays.joined_sequence <= s.first_sequence
            AND (stays.left_sequence = 0 OR stays.left_sequence > s.sequence)
        LEFT JOIN own ON own.segment = s.id AND own.user_id = stays.user_id
        WHERE s.message_count > coalesce(own.message_count, 0)
            AND NOT EXISTS (SELECT 1 FROM mutes
                            WHERE mutes.user_id = stays.user_id AND mutes.conversation_id = s.conversation_id)
    ), folded AS (
        SELECT DISTINCT ON (user_id, conversation_id)
               user_id, conversation_id, actor, sequence, preview, occurred_at,
               sum(message_count) OVER (PARTITION BY user_id, conversation_id) AS message_count
        FROM shares ORDER BY user_id, conversation_id, sequence DESC
    )
    INSERT INTO notifications AS stored
        (user_id, conversation_id, kind, actor_user_id, preview, message_count, sequence, occurred_at)
    SELECT user_id, conversation_id, 1, actor, preview, message_count, sequence, occurred_at FROM folded
    ON CONFLICT (user_id, conversation_id, kind) DO UPDATE SET
        actor_user_id = excluded.actor_user_id, preview = excluded.preview, sequence = excluded.sequence,
        occurred_at = excluded.occurred_at, message_count = stored.message_count + excluded.message_count, read = false";

/// Applies read markers: what is past a marker stays unread, counted no further than the entry counts.
const APPLY_MARKERS: &str = "
    UPDATE notifications AS n
    SET (message_count, read) = (
        SELECT count(*)::integer, count(*) = 0 FROM (
            SELECT FROM recent_messages AS r
            WHERE r.conversation_id = m.conversation_id AND r.sequence > m.upto AND r.sender_user_id <> m.user_id
            LIMIT n.message_count
        ) AS past
    )
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS m (user_id, conversation_id, upto)
    WHERE n.user_id = m.user_id AND n.conversation_id = m.conversation_id AND n.kind = 1 AND NOT n.read";

/// Stores all of it.
pub async fn store(connection: &mut AsyncPgConnection, digest: &Digest) -> QueryResult<()> {
    conversations(connection, digest).await?;
    // An open stay stands in the way of the next one of the same person.
    leaves(connection, &digest.leaves).await?;
    joins(connection, &digest.joins).await?;
    messages(connection, &digest.segments).await?;
    markers(connection, digest).await?;
    notices(connection, digest).await
}

async fn conversations(connection: &mut AsyncPgConnection, digest: &Digest) -> QueryResult<()> {
    if digest.conversations.is_empty() {
        return Ok(());
    }
    let rows = &digest.conversations;
    Statement::new(
        "INSERT INTO conversations (conversation_id, revision, kind)
         SELECT id, revision, CASE WHEN is_group THEN 2 ELSE 1 END
         FROM unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS c (id, revision, is_group)
         ON CONFLICT (conversation_id) DO UPDATE SET revision = excluded.revision",
    )
    .bind::<Array<SqlUuid>, _>(rows.keys().copied().collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.values().map(|row| row.0).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(rows.values().map(|row| row.1).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn joins(connection: &mut AsyncPgConnection, joins: &[Join]) -> QueryResult<()> {
    if joins.is_empty() {
        return Ok(());
    }
    Statement::new(
        "INSERT INTO stays (conversation_id, user_id, joined_revision, joined_sequence, left_revision, left_sequence)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
         ON CONFLICT DO NOTHING",
    )
    .bind::<Array<SqlUuid>, _>(joins.iter().map(|join| join.conversation).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(joins.iter().map(|join| join.user).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(joins.iter().map(|join| join.joined.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(joins.iter().map(|join| join.joined.1).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(joins.iter().map(|join| join.left.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(joins.iter().map(|join| join.left.1).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

async fn leaves(connection: &mut AsyncPgConnection, leaves: &[Leave]) -> QueryResult<()> {
    if leaves.is_empty() {
        return Ok(());
    }
    Statement::new(
        "UPDATE stays SET left_revision = l.revision, left_sequence = l.sequence
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS l (conversation_id, user_id, revision, sequence)
         WHERE stays.conversation_id = l.conversation_id AND stays.user_id = l.user_id AND stays.left_sequence = 0",
    )
    .bind::<Array<SqlUuid>, _>(leaves.iter().map(|leave| leave.conversation).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(leaves.iter().map(|leave| leave.user).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(leaves.iter().map(|leave| leave.left.0).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(leaves.iter().map(|leave| leave.left.1).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// What stores messages.
pub fn messages_query(segments: &[Segment]) -> Statement<'_> {
    let ids = || segments.iter().zip(0_i32..);
    let own = || {
        ids().flat_map(|(segment, id)| {
            segment
                .senders
                .iter()
                .map(move |(&user, &count)| (id, user, count))
        })
    };
    let other = || segments.iter().map(|segment| segment.runner_up.as_ref());
    Statement::new(FOLD_MESSAGES)
        .bind::<Array<Integer>, _>(ids().map(|(_, id)| id).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(
            segments
                .iter()
                .map(|segment| segment.conversation)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(
            segments
                .iter()
                .map(|segment| segment.first_sequence)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Integer>, _>(
            segments
                .iter()
                .map(|segment| segment.senders.values().sum())
                .collect::<Vec<i32>>(),
        )
        .bind::<Array<SqlUuid>, _>(
            segments
                .iter()
                .map(|segment| segment.newest.actor)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<BigInt>, _>(
            segments
                .iter()
                .map(|segment| segment.newest.sequence)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Text>, _>(
            segments
                .iter()
                .map(|segment| &*segment.newest.preview)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Timestamptz>, _>(
            segments
                .iter()
                .map(|segment| segment.newest.occurred_at)
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<SqlUuid>>, _>(
            other()
                .map(|other| other.map(|newest| newest.actor))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<BigInt>>, _>(
            other()
                .map(|other| other.map(|newest| newest.sequence))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Text>>, _>(
            other()
                .map(|other| other.map(|newest| &*newest.preview))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Nullable<Timestamptz>>, _>(
            other()
                .map(|other| other.map(|newest| newest.occurred_at))
                .collect::<Vec<_>>(),
        )
        .bind::<Array<Integer>, _>(own().map(|(id, ..)| id).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(own().map(|(_, user, _)| user).collect::<Vec<_>>())
        .bind::<Array<Integer>, _>(own().map(|(.., count)| count).collect::<Vec<_>>())
}

async fn messages(connection: &mut AsyncPgConnection, segments: &[Segment]) -> QueryResult<()> {
    if segments.is_empty() {
        return Ok(());
    }
    messages_query(segments).execute(connection).await?;
    Ok(())
}

/// What stores read markers: `(user, conversation)` and the sequence up to which is read.
pub fn markers_query<'a>(markers: &BTreeMap<(Uuid, Uuid), i64>) -> Statement<'a> {
    Statement::new(APPLY_MARKERS)
        .bind::<Array<SqlUuid>, _>(markers.keys().map(|key| key.0).collect::<Vec<_>>())
        .bind::<Array<SqlUuid>, _>(markers.keys().map(|key| key.1).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(markers.values().copied().collect::<Vec<_>>())
}

async fn markers(connection: &mut AsyncPgConnection, digest: &Digest) -> QueryResult<()> {
    if digest.markers.is_empty() {
        return Ok(());
    }
    markers_query(&digest.markers).execute(connection).await?;
    Ok(())
}

async fn notices(connection: &mut AsyncPgConnection, digest: &Digest) -> QueryResult<()> {
    if digest.notices.is_empty() {
        return Ok(());
    }
    let (keys, newest): (Vec<&(Uuid, Uuid, Notice)>, Vec<&Newest>) = digest.notices.iter().unzip();
    Statement::new(
        "INSERT INTO notifications AS stored (user_id, conversation_id, kind, actor_user_id, sequence, occurred_at)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::uuid[], $5::bigint[], $6::timestamptz[])
             AS n (user_id, conversation_id, kind, actor_user_id, sequence, occurred_at)
         WHERE NOT EXISTS (SELECT 1 FROM mutes
                           WHERE mutes.user_id = n.user_id AND mutes.conversation_id = n.conversation_id)
         ON CONFLICT (user_id, conversation_id, kind) DO UPDATE SET
             actor_user_id = excluded.actor_user_id, sequence = excluded.sequence, occurred_at = excluded.occurred_at, read = false",
    )
    .bind::<Array<SqlUuid>, _>(keys.iter().map(|key| key.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(keys.iter().map(|key| key.1).collect::<Vec<_>>())
    .bind::<Array<SmallInt>, _>(keys.iter().map(|key| key.2 as i16).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(newest.iter().map(|newest| newest.actor).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(newest.iter().map(|newest| newest.sequence).collect::<Vec<_>>())
    .bind::<Array<Timestamptz>, _>(newest.iter().map(|newest| newest.occurred_at).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

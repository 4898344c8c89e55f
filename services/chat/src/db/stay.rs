//! Stays: who was in which conversation from when to when. See `Membership` in `membership_service.proto`.

use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, Insertable, OptionalExtension as _,
    QueryDsl as _, QueryResult, Queryable, QueryableByName, Selectable, SelectableHelper as _,
    dsl::exists,
    sql_types::{BigInt, Bool, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use store::postgres::Statement;
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::{conversations, stays};

#[derive(Insertable)]
#[diesel(table_name = stays)]
struct New {
    conversation_id: Uuid,
    user_id: Uuid,
    joined_revision: i64,
    joined_ordinal: i16,
}

/// A stay that is on the log.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = stays, check_for_backend(diesel::pg::Pg))]
#[expect(
    missing_docs,
    reason = "columns are explained where they are made, in migrations/"
)]
pub struct Published {
    pub conversation_id: Uuid,
    pub user_id: Uuid,
    pub joined_revision: i64,
    pub joined_sequence: Option<i64>,
    pub left_revision: Option<i64>,
    pub left_sequence: Option<i64>,
    #[diesel(sql_type = Bool)]
    #[diesel(select_expression = conversations::hides_history_from_new_members)]
    pub hides_history_from_new_members: bool,
}

impl Published {
    /// The first sequence that this person may read of history.
    pub fn visible_from_sequence(&self) -> i64 {
        if self.hides_history_from_new_members {
            self.joined_sequence.unwrap_or(0)
        } else {
            0
        }
    }

    /// True while no change that ends it has been made, published or not.
    pub fn is_open(&self) -> bool {
        self.left_revision.is_none()
    }
}

/// Begins a stay for each of `user_ids`, in this order, with the change `revision`.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    revision: i64,
    user_ids: &[Uuid],
) -> QueryResult<usize> {
    let rows: Vec<New> = (0..)
        .zip(user_ids)
        .map(|(joined_ordinal, &user_id)| New {
            conversation_id,
            user_id,
            joined_revision: revision,
            joined_ordinal,
        })
        .collect();
    diesel::insert_into(stays::table)
        .values(rows)
        .execute(conn)
        .await
}

/// Ends the open stay of `user_id` with the change `revision`.
pub async fn end(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    revision: i64,
    user_id: Uuid,
) -> QueryResult<usize> {
    diesel::update(stays::table)
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(stays::user_id.eq(user_id))
        .filter(stays::left_revision.is_null())
        .set(stays::left_revision.eq(revision))
        .execute(conn)
        .await
}

/// The change `revision` is on the log at `sequence`: writes that into the stays that it began and ended.
pub async fn publish(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    revision: i64,
    sequence: i64,
    now: OffsetDateTime,
) -> QueryResult<()> {
    diesel::update(stays::table)
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(stays::joined_revision.eq(revision))
        .set(stays::joined_sequence.eq(sequence))
        .execute(conn)
        .await?;
    diesel::update(stays::table)
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(stays::left_revision.eq(revision))
        // It is so in any case; said, it lets `stays_ending` find the row among all who were ever here.
        .filter(stays::left_sequence.is_null())
        .set((stays::left_sequence.eq(sequence), stays::left_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Who is in the conversation in its open state, longest-standing first.
pub async fn open_members(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
) -> QueryResult<Vec<Uuid>> {
    stays::table
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(stays::left_revision.is_null())
        .order((stays::joined_revision, stays::joined_ordinal))
        .select(stays::user_id)
        .load(conn)
        .await
}

/// The present stay of one person, as the log has it.
pub async fn present(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    user_id: Uuid,
) -> QueryResult<Option<Published>> {
    stays::table
        .inner_join(conversations::table)
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(stays::user_id.eq(user_id))
        .filter(
            stays::joined_sequence
                .is_not_null()
                .and(stays::left_sequence.is_null()),
        )
        .select(Published::as_select())
        .first(conn)
        .await
        .optional()
}

/// The present stays of a conversation as the log has them, longest-standing first, at most `limit`.
pub async fn present_members(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    limit: i64,
) -> QueryResult<Vec<Published>> {
    stays::table
        .inner_join(conversations::table)
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(
            stays::joined_sequence
                .is_not_null()
                .and(stays::left_sequence.is_null()),
        )
        .order((stays::joined_revision, stays::joined_ordinal))
        .limit(limit)
        .select(Published::as_select())
        .load(conn)
        .await
}

/// The conversation is asked row by row: PostgreSQL would read all of them to join a page of 100.
const OF_USER: &str = "
select s.conversation_id, s.user_id, s.joined_revision, s.joined_sequence, s.left_revision, s.left_sequence,
       (select c.hides_history_from_new_members from conversations c
         where c.conversation_id = s.conversation_id) as hides_history_from_new_members
  from stays s
 where s.user_id = $1
   and s.joined_sequence is not null
   and (s.left_sequence is null or s.left_at > $2)
   and (s.conversation_id, s.joined_revision) > ($3, $4)
 order by s.conversation_id, s.joined_revision
 limit $5";

/// One page of the stays of a person on the log: those that last and those that ended after `left_after`, in the order of
/// (conversation, joined revision), past `after`.
pub async fn of_user(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    left_after: OffsetDateTime,
    after: Option<(Uuid, i64)>,
    limit: i64,
) -> QueryResult<Vec<Published>> {
    let (conversation_id, joined_revision) = after.unwrap_or((Uuid::nil(), 0));
    Statement::new(OF_USER)
        .bind::<SqlUuid, _>(user_id)
        .bind::<Timestamptz, _>(left_after)
        .bind::<SqlUuid, _>(conversation_id)
        .bind::<BigInt, _>(joined_revision)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await
}

/// True where somebody has been added by a change whose sequence is not known here yet.
pub async fn is_joining(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    user_id: Uuid,
) -> QueryResult<bool> {
    let joining = stays::table
        .filter(stays::conversation_id.eq(conversation_id))
        .filter(stays::user_id.eq(user_id))
        .filter(
            stays::left_revision
                .is_null()
                .and(stays::joined_sequence.is_null()),
        );
    diesel::select(exists(joining)).get_result(conn).await
}

/// Conversations in which a change to this person's stay waits in the outbox; at most `limit`.
pub async fn unpublished_of_user(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    stays::table
        .filter(stays::user_id.eq(user_id))
        .filter(
            stays::joined_sequence.is_null().or(stays::left_revision
                .is_not_null()
                .and(stays::left_sequence.is_null())),
        )
        .select(stays::conversation_id)
        .distinct()
        .limit(limit)
        .load(conn)
        .await
}

//! Conversations: the row that is locked for each change, and the published view that callers are shown.

use diesel::{
    ExpressionMethods as _, Insertable, OptionalExtension as _, QueryDsl as _, QueryResult,
    Queryable, QueryableByName, Selectable, SelectableHelper as _,
    sql_types::{Array, BigInt, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use store::postgres::Statement;
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::conversations;

/// A conversation without its members.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = conversations, check_for_backend(diesel::pg::Pg))]
#[expect(
    missing_docs,
    reason = "columns are explained where they are made, in migrations/"
)]
pub struct Row {
    pub conversation_id: Uuid,
    pub kind: i16,
    pub title: String,
    pub hides_history_from_new_members: bool,
    pub created_by_user_id: Uuid,
    pub created_at: OffsetDateTime,
    pub owner_user_id: Option<Uuid>,
    pub revision: i64,
    pub published_revision: i64,
    pub published_owner_user_id: Option<Uuid>,
}

impl Row {
    /// Inserts it. False where the id is taken; then another transaction that inserted it has committed.
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> QueryResult<bool> {
        let inserted = diesel::insert_into(conversations::table)
            .values(self)
            .on_conflict_do_nothing()
            .execute(conn)
            .await?;
        Ok(inserted == 1)
    }

    /// The row, if there is one.
    pub async fn find(
        conn: &mut AsyncPgConnection,
        conversation_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        conversations::table
            .find(conversation_id)
            .select(Self::as_select())
            .first(conn)
            .await
            .optional()
    }

    /// The row, locked until the transaction ends. Waits for whoever holds it.
    pub async fn lock(
        conn: &mut AsyncPgConnection,
        conversation_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        conversations::table
            .find(conversation_id)
            .select(Self::as_select())
            .for_update()
            .first(conn)
            .await
            .optional()
    }

    /// The row, locked until the transaction ends; none where another transaction holds it.
    pub async fn lock_if_free(
        conn: &mut AsyncPgConnection,
        conversation_id: Uuid,
    ) -> QueryResult<Option<Self>> {
        conversations::table
            .find(conversation_id)
            .select(Self::as_select())
            .for_update()
            .skip_locked()
            .first(conn)
            .await
            .optional()
    }
}

/// Moves the open state on to `revision`.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    revision: i64,
    owner_user_id: Option<Uuid>,
) -> QueryResult<usize> {
    diesel::update(conversations::table.find(conversation_id))
        .set((
            conversations::revision.eq(revision),
            conversations::owner_user_id.eq(owner_user_id),
        ))
        .execute(conn)
        .await
}

/// Moves the published state on to `revision`; a new owner, where the change made one.
pub async fn publish(
    conn: &mut AsyncPgConnection,
    conversation_id: Uuid,
    revision: i64,
    owner_user_id: Option<Uuid>,
) -> QueryResult<usize> {
    diesel::update(conversations::table.find(conversation_id))
        .set((
            conversations::published_revision.eq(revision),
            conversations::published_owner_user_id.eq(owner_user_id),
        ))
        .execute(conn)
        .await
}

/// The published state of a conversation as one of its members sees it.
#[derive(Clone, Debug, QueryableByName)]
#[diesel(check_for_backend(diesel::pg::Pg))]
#[expect(
    missing_docs,
    reason = "columns are explained where they are made, in migrations/"
)]
pub struct Published {
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    #[diesel(sql_type = Text)]
    pub title: String,
    #[diesel(sql_type = Bool)]
    pub hides_history_from_new_members: bool,
    #[diesel(sql_type = Timestamptz)]
    pub created_at: OffsetDateTime,
    #[diesel(sql_type = BigInt)]
    pub published_revision: i64,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    pub published_owner_user_id: Option<Uuid>,
    #[diesel(sql_type = BigInt)]
    pub member_count: i64,
    /// Longest-standing first, cut at the limit asked for.
    #[diesel(sql_type = Array<SqlUuid>)]
    pub member_user_ids: Vec<Uuid>,
}

/// One statement, so that title, revision and members are of one moment.
const PUBLISHED_TO_MEMBER: &str = "
select c.conversation_id, c.kind, c.title, c.hides_history_from_new_members, c.created_at,
       c.published_revision, c.published_owner_user_id,
       (select count(*) from stays s
         where s.conversation_id = c.conversation_id
           and s.joined_sequence is not null and s.left_sequence is null) as member_count,
       array(select s.user_id from stays s
              where s.conversation_id = c.conversation_id
                and s.joined_sequence is not null and s.left_sequence is null
              order by s.joined_revision, s.joined_ordinal
              limit $1) as member_user_ids
  from conversations c
 where c.conversation_id = $2
   and exists (select from stays me
                where me.conversation_id = c.conversation_id and me.user_id = $3
                  and me.joined_sequence is not null and me.left_sequence is null)";

impl Published {
    /// What the log says, with at most `members_max` members; none where `user_id` is not a member.
    pub async fn to_member(
        conn: &mut AsyncPgConnection,
        conversation_id: Uuid,
        user_id: Uuid,
        members_max: i64,
    ) -> QueryResult<Option<Self>> {
        Statement::new(PUBLISHED_TO_MEMBER)
            .bind::<BigInt, _>(members_max)
            .bind::<SqlUuid, _>(conversation_id)
            .bind::<SqlUuid, _>(user_id)
            .get_result(conn)
            .await
            .optional()
    }
}

//! The projection of who is where.

use std::collections::BTreeMap;

use diesel::{
    OptionalExtension, QueryResult, QueryableByName,
    sql_types::{Array, BigInt, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use uuid::Uuid;

const IS_MEMBER: &str = "SELECT joined_revision AS revision, conversation_id FROM stays WHERE conversation_id = $1 AND user_id = $2 AND left_sequence = 0";

#[derive(QueryableByName)]
struct Revision {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
    #[diesel(sql_type = BigInt)]
    revision: i64,
}

/// What [`is_member`] asks.
pub fn is_member_query<'a>(conversation: Uuid, user: Uuid) -> Statement<'a> {
    Statement::new(IS_MEMBER)
        .bind::<SqlUuid, _>(conversation)
        .bind::<SqlUuid, _>(user)
}

/// Whether a person is in a conversation, as far as this projection has come.
pub async fn is_member(
    connection: &mut AsyncPgConnection,
    conversation: Uuid,
    user: Uuid,
) -> QueryResult<bool> {
    let stay: Option<Revision> = is_member_query(conversation, user)
        .get_result(connection)
        .await
        .optional()?;
    Ok(stay.is_some())
}

/// The stored revisions of conversations; those that are not known are left out.
pub async fn revisions(
    connection: &mut AsyncPgConnection,
    conversations: Vec<Uuid>,
) -> QueryResult<BTreeMap<Uuid, i64>> {
    if conversations.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<Revision> = Statement::new(
        "SELECT conversation_id, revision FROM conversations WHERE conversation_id = ANY($1)",
    )
    .bind::<Array<SqlUuid>, _>(conversations)
    .load(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.conversation_id, row.revision))
        .collect())
}

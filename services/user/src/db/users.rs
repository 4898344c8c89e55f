//! Accounts, and the terms that a search finds them by.

use diesel::{dsl::auto_type, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::{search_terms, users};

/// An account as its owner and others see it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(crate) struct User {
    pub(crate) id: Uuid,
    pub(crate) email: Option<String>,
    pub(crate) pending_email: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) username_folded: Option<String>,
    pub(crate) display_name: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) deleted_at: Option<OffsetDateTime>,
    #[diesel(select_expression = users::password_hash.is_not_null())]
    pub(crate) has_password: bool,
}

/// An account with what proves its owner.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Credentials {
    #[diesel(embed)]
    pub(crate) user: User,
    pub(crate) password_hash: Option<String>,
}

/// An account to be made.
#[derive(Debug, Insertable)]
#[diesel(table_name = users)]
pub(crate) struct NewUser<'a> {
    pub(crate) id: Uuid,
    /// Proven; with its folded form or not at all.
    pub(crate) email: Option<&'a str>,
    pub(crate) email_folded: Option<&'a str>,
    /// Claimed: any number of accounts may have the same.
    pub(crate) pending_email: Option<&'a str>,
    pub(crate) username: &'a str,
    pub(crate) username_folded: &'a str,
    pub(crate) display_name: &'a str,
    pub(crate) password_hash: Option<&'a str>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = search_terms)]
struct NewTerm<'a> {
    user_id: Uuid,
    term: &'a str,
}

/// What one page of a search asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search<'a> {
    /// Whom to leave out.
    pub(crate) caller: Uuid,
    /// Terms from here on.
    pub(crate) prefix: &'a str,
    /// Terms below this.
    pub(crate) past_prefix: &'a str,
    /// Usernames past this, folded; empty for the first page.
    pub(crate) after_username: &'a str,
    /// People at most.
    pub(crate) limit: i64,
}

impl User {
    /// Makes an account; a taken username, or an address that another account has proven, is a unique violation of
    /// `users_by_username` or `users_by_email`.
    pub(crate) async fn insert(
        connection: &mut AsyncPgConnection,
        new: &NewUser<'_>,
    ) -> QueryResult<Self> {
        diesel::insert_into(users::table)
            .values(new)
            .returning(Self::as_returning())
            .get_result(connection)
            .await
    }

    /// The account with this id; `None` where it is deleted.
    pub(crate) async fn by_id(
        connection: &mut AsyncPgConnection,
        id: Uuid,
    ) -> QueryResult<Option<Self>> {
        users::table
            .find(id)
            .filter(users::deleted_at.is_null())
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// Those of these ids that exist, deleted ones too, in no particular order.
    pub(crate) async fn by_ids(
        connection: &mut AsyncPgConnection,
        ids: &[Uuid],
    ) -> QueryResult<Vec<Self>> {
        users::table
            .filter(users::id.eq_any(ids))
            .select(Self::as_select())
            .load(connection)
            .await
    }

    /// Changes the display name and locks the row; `None` where the account is gone.
    pub(crate) async fn set_display_name(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        display_name: &str,
        now: OffsetDateTime,
    ) -> QueryResult<Option<Self>> {
        diesel::update(users::table.find(id).filter(users::deleted_at.is_null()))
            .set((
                users::display_name.eq(display_name),
                users::updated_at.eq(now),
            ))
            .returning(Self::as_returning())
            .get_result(connection)
            .await
            .optional()
    }

    /// One page of a search, by folded username.
    pub(crate) async fn search(
        connection: &mut AsyncPgConnection,
        search: Search<'_>,
    ) -> QueryResult<Vec<Self>> {
        search_query(search).load(connection).await
    }

    /// Makes `terms` all that a search finds this account by.
    pub(crate) async fn set_search_terms(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        terms: &[String],
    ) -> QueryResult<()> {
        let old = search_terms::table
            .filter(search_terms::user_id.eq(id))
            .filter(search_terms::term.ne_all(terms));
        diesel::delete(old).execute(connection).await?;
        let new: Vec<_> = terms
            .iter()
            .map(|term| NewTerm { user_id: id, term })
            .collect();
        diesel::insert_into(search_terms::table)
            .values(new)
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
        Ok(())
    }
}

impl Credentials {
    /// By folded address.
    pub(crate) async fn by_email(
        connection: &mut AsyncPgConnection,
        email_folded: &str,
    ) -> QueryResult<Option<Self>> {
        let account = users::table.filter(users::email_folded.eq(email_folded));
        account
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// By folded username.
    pub(crate) async fn by_username(
        connection: &mut AsyncPgConnection,
        username_folded: &str,
    ) -> QueryResult<Option<Self>> {
        let account = users::table.filter(users::username_folded.eq(username_folded));
        account
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// The hash that the account has now; `None` where it has none or is gone.
    pub(crate) async fn password_hash_now(
        &self,
        connection: &mut AsyncPgConnection,
    ) -> QueryResult<Option<String>> {
        let hash: Option<Option<String>> = users::table
            .find(self.user.id)
            .select(users::password_hash)
            .first(connection)
            .await
            .optional()?;
        Ok(hash.flatten())
    }

    /// Replaces a hash by one of the same password with newer parameters, unless the password was changed meanwhile.
    pub(crate) async fn rehash(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        old_hash: &str,
        new_hash: &str,
    ) -> QueryResult<()> {
        let unchanged = users::table
            .find(id)
            .filter(users::password_hash.eq(old_hash));
        diesel::update(unchanged)
            .set(users::password_hash.eq(new_hash))
            .execute(connection)
            .await?;
        Ok(())
    }
}

#[auto_type(no_type_alias)]
fn search_query<'a>(search: Search<'a>) -> _ {
    let prefix: &'a str = search.prefix;
    let past_prefix: &'a str = search.past_prefix;
    let after_username: &'a str = search.after_username;
    let caller: Uuid = search.caller;
    let limit: i64 = search.limit;
    let selection: diesel::dsl::AsSelect<User, diesel::pg::Pg> = User::as_select();
    users::table
        .filter(
            users::id.eq_any(
                search_terms::table
                    .filter(search_terms::term.ge(prefix))
                    .filter(search_terms::term.lt(past_prefix))
                    .select(search_terms::user_id),
            ),
        )
        .filter(users::id.ne(caller))
        .filter(users::username_folded.gt(after_username))
        .order(users::username_folded)
        .limit(limit)
        .select(selection)
}

#[cfg(test)]
mod tests;

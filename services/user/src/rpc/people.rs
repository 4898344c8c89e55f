//! `GetUsers` and `SearchUsers`.

use auth::Caller;
use mesh::validate::{Text, Violations};
use quicksync::user::v1::{
    GetUsersRequest, GetUsersResponse, SearchUsersRequest, SearchUsersResponse,
};
use store::page::{self, Token};
use tonic::Status;
use uuid::Uuid;

use super::{Rpc, person};
use crate::{
    db::users::{Search, User},
    domain::fold,
    error::Error,
};

const USER_IDS_MAX: usize = 200;
const QUERY_CHARS_MAX: usize = 64;
const PAGE_SIZE_DEFAULT: u32 = 20;
const PAGE_SIZE_MAX: u32 = 50;

impl Rpc {
    pub(super) async fn people_by_id(
        &self,
        request: &GetUsersRequest,
    ) -> Result<GetUsersResponse, Status> {
        let mut violations = Violations::new();
        let ids = user_ids(&mut violations, &request.user_ids);
        violations.finish()?;

        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let users = User::by_ids(&mut connection, &ids)
            .await
            .map_err(Error::from)?;
        Ok(GetUsersResponse {
            users: users.into_iter().map(person).collect(),
        })
    }

    pub(super) async fn search(
        &self,
        caller: Caller,
        request: &SearchUsersRequest,
    ) -> Result<SearchUsersResponse, Status> {
        let mut violations = Violations::new();
        violations.text("query", &request.query, 1..=QUERY_CHARS_MAX, Text::Line);
        let prefix = fold::search_prefix(&request.query);
        if prefix.is_empty() && !request.query.is_empty() {
            violations.add("query", "must not be blank");
        }
        let page_size = violations.page_size(
            "page_size",
            request.page_size,
            PAGE_SIZE_DEFAULT,
            PAGE_SIZE_MAX,
        );
        let query = page::Query::new("SearchUsers", &[prefix.as_bytes()]);
        let after_username = after_username(&mut violations, &request.page_token, query);
        violations.finish()?;

        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let search = Search {
            caller: caller.user_id,
            prefix: &prefix,
            past_prefix: &fold::past_prefix(&prefix),
            after_username: &after_username,
            // One more than the page has room for tells whether there is another page.
            limit: page_size + 1,
        };
        let users = User::search(&mut connection, search)
            .await
            .map_err(Error::from)?;
        Ok(page(
            users,
            usize::try_from(page_size).unwrap_or(usize::MAX),
            query,
        ))
    }
}

/// An id may be there twice: it costs nothing, and callers collect them from many places.
fn user_ids(violations: &mut Violations, texts: &[String]) -> Vec<Uuid> {
    if texts.is_empty() || texts.len() > USER_IDS_MAX {
        violations.add(
            "user_ids",
            format!("must have 1 to {USER_IDS_MAX} ids, not {}", texts.len()),
        );
        return Vec::new();
    }
    texts
        .iter()
        .enumerate()
        .map(|(index, text)| violations.uuid(&format!("user_ids[{index}]"), text))
        .collect()
}

fn after_username(violations: &mut Violations, token: &str, query: page::Query) -> String {
    if token.is_empty() {
        return String::new();
    }
    let read = || -> Result<String, page::Invalid> {
        let mut fields = Token::decode(token, query)?;
        let username = fields.text()?;
        fields.finish()?;
        Ok(username)
    };
    read().unwrap_or_else(|error| {
        violations.add("page_token", error.to_string());
        String::new()
    })
}

fn page(mut users: Vec<User>, page_size: usize, query: page::Query) -> SearchUsersResponse {
    let has_more = users.len() > page_size;
    users.truncate(page_size);
    let next = users.last().filter(|_| has_more);
    let next_page_token = next
        .and_then(|last| last.username_folded.as_deref())
        .map(|username| Token::new(query).text(username).encode())
        .unwrap_or_default();
    SearchUsersResponse {
        users: users.into_iter().map(person).collect(),
        next_page_token,
    }
}

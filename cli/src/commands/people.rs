//! users.

use quicksync::user::v1::{SearchUsersRequest, User};
use serde_json::{Value, json};

use super::Context;
use crate::{connection::Gateway, directory::full_name, failure::Failure};

/// People that one call may ask for.
const PAGE_SIZE_MAX: usize = 50;

pub(super) async fn search(
    context: &Context<'_>,
    query: &str,
    limit: usize,
) -> Result<(), Failure> {
    let query = query.trim_start_matches('@');
    let mut shown = 0;
    let mut page_token = String::new();
    loop {
        let page_size = i32::try_from((limit - shown).min(PAGE_SIZE_MAX)).unwrap_or(i32::MAX);
        let message = SearchUsersRequest {
            query: query.to_owned(),
            page_size,
            page_token,
        };
        let send = async |gateway: &Gateway, request| gateway.users().search_users(request).await;
        let page = context.session.call(message, send).await?;
        for user in &page.users {
            context.output.print(|| full_name(user), || person(user))?;
        }
        shown += page.users.len();
        page_token = page.next_page_token;
        if page_token.is_empty() || shown >= limit {
            break;
        }
    }
    if shown == 0 {
        context.output.note(&format!(
            "nobody's username, and no word of anybody's name, starts with {query:?}"
        ));
    } else if !page_token.is_empty() {
        context
            .output
            .note("there are more: use --limit, or write more of the name");
    }
    Ok(())
}

fn person(user: &User) -> Value {
    json!({ "user_id": user.user_id, "username": user.username, "display_name": user.display_name })
}

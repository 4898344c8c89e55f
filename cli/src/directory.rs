//! Names of people: asked for once each, because people read names and not ids.

use std::{collections::HashMap, sync::Mutex};

use quicksync::user::v1::{GetUsersRequest, SearchUsersRequest, User};

use crate::{failure::Failure, session::Session};

/// Ids that one call may ask for.
const IDS_PER_CALL: usize = 200;
/// Shown for somebody who cannot be found.
const SOMEBODY: &str = "somebody";

/// The people seen so far.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    people: Mutex<HashMap<String, User>>,
}

impl Directory {
    /// Makes sure that the names of `ids` are known, as far as they can be.
    pub(crate) async fn learn(
        &self,
        session: &Session,
        ids: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<(), Failure> {
        let mut unknown: Vec<String> = {
            let people = self.people();
            ids.into_iter()
                .map(Into::into)
                .filter(|id| !id.is_empty() && !people.contains_key(id))
                .collect()
        };
        unknown.sort_unstable();
        unknown.dedup();
        for ids in unknown.chunks(IDS_PER_CALL) {
            let message = GetUsersRequest {
                user_ids: ids.to_vec(),
            };
            let found = session
                .call(message, async |gateway, request| {
                    gateway.users().get_users(request).await
                })
                .await?;
            self.people().extend(
                found
                    .users
                    .into_iter()
                    .map(|user| (user.user_id.clone(), user)),
            );
        }
        Ok(())
    }

    /// The display name.
    pub(crate) fn name(&self, user_id: &str) -> String {
        self.people()
            .get(user_id)
            .map_or_else(|| SOMEBODY.to_owned(), |user| user.display_name.clone())
    }

    /// The username.
    pub(crate) fn username(&self, user_id: &str) -> String {
        self.people()
            .get(user_id)
            .map_or_else(|| SOMEBODY.to_owned(), |user| user.username.clone())
    }

    /// `Ada Lovelace (@ada)`, or `@ada` where both names are the same.
    pub(crate) fn full_name(&self, user_id: &str) -> String {
        self.people()
            .get(user_id)
            .map_or_else(|| SOMEBODY.to_owned(), full_name)
    }

    /// The person with this username (an `@` before it is fine).
    pub(crate) async fn by_username(
        &self,
        session: &Session,
        username: &str,
    ) -> Result<User, Failure> {
        let wanted = username.trim_start_matches('@');
        let unknown = || {
            Failure::usage(format!(
                "there is nobody called @{wanted}: look with `quicksync-cli users {wanted}`"
            ))
        };
        if wanted.is_empty() {
            return Err(Failure::usage("a username is missing after the \"@\""));
        }
        // By username, so the one whose name is the whole query comes before those whose name only starts with it; people
        // found by their display name may stand before both.
        let mut page_token = String::new();
        loop {
            let message = SearchUsersRequest {
                query: wanted.to_owned(),
                page_size: 50,
                page_token,
            };
            let page = session
                .call(message, async |gateway, request| {
                    gateway.users().search_users(request).await
                })
                .await?;
            if let Some(user) = page
                .users
                .into_iter()
                .find(|user| user.username.eq_ignore_ascii_case(wanted))
            {
                self.people().insert(user.user_id.clone(), user.clone());
                return Ok(user);
            }
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Err(unknown());
            }
        }
    }

    fn people(&self) -> std::sync::MutexGuard<'_, HashMap<String, User>> {
        self.people.lock().expect("nobody panics with it")
    }
}

/// `Ada Lovelace (@ada)`, or `@ada` where both names are the same.
pub(crate) fn full_name(user: &User) -> String {
    if user.display_name == user.username {
        format!("@{}", user.username)
    } else {
        format!("{} (@{})", user.display_name, user.username)
    }
}

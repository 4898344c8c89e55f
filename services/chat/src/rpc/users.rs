//! Asks the user service whether people exist and have not deleted their account, with the caller's own token.

use std::collections::HashSet;

use futures::future::try_join_all;
use mesh::{Channel, Violations};
use quicksync::user::v1::{GetUsersRequest, user_service_client::UserServiceClient};
use tonic::{Code, Request};
use uuid::Uuid;

use crate::error::Error;

/// Ids that `GetUsers` takes at once.
const IDS_PER_CALL_MAX: usize = 200;

/// The user service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Users {
    client: UserServiceClient<Channel>,
}

impl Users {
    /// Over this channel.
    pub fn new(channel: Channel) -> Self {
        Self {
            client: UserServiceClient::new(channel),
        }
    }

    /// Refuses ids that nobody has any longer or ever had, as violations of `field`.
    pub async fn require<T>(
        &self,
        incoming: &Request<T>,
        field: &str,
        user_ids: &[Uuid],
    ) -> Result<(), Error> {
        let calls = user_ids
            .chunks(IDS_PER_CALL_MAX)
            .map(|ids| self.existing(incoming, ids));
        let known: HashSet<String> = try_join_all(calls).await?.into_iter().flatten().collect();
        let mut violations = Violations::new();
        for (index, user_id) in user_ids.iter().enumerate() {
            if !known.contains(&user_id.to_string()) {
                violations.add(format!("{field}[{index}]"), "must be the id of a person");
            }
        }
        Ok(violations.finish()?)
    }

    /// Those of `ids` that somebody has.
    async fn existing<T>(&self, incoming: &Request<T>, ids: &[Uuid]) -> Result<Vec<String>, Error> {
        let request = GetUsersRequest {
            user_ids: ids.iter().map(Uuid::to_string).collect(),
        };
        let answer = self
            .client
            .clone()
            .get_users(auth::forward(incoming, Request::new(request)))
            .await;
        let users = answer.map_err(|status| match status.code() {
            // The caller's own doing: their token ended meanwhile, or their time is up.
            Code::Unauthenticated | Code::DeadlineExceeded => Error::from(status),
            _ => Error::UsersUnavailable(Box::new(status)),
        })?;
        Ok(users
            .into_inner()
            .users
            .into_iter()
            .filter(|user| !user.is_deleted)
            .map(|user| user.user_id)
            .collect())
    }
}

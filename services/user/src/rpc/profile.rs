//! `GetMe` and `UpdateProfile`.

use auth::Caller;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::Violations;
use quicksync::user::v1::{GetMeResponse, UpdateProfileRequest, UpdateProfileResponse};
use tonic::Status;

use super::{Rpc, person};
use crate::{
    db::users::User,
    domain::{account, fold},
    error::Error,
};

impl Rpc {
    pub(super) async fn me(&self, caller: Caller) -> Result<GetMeResponse, Status> {
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let me = User::by_id(&mut connection, caller.user_id)
            .await
            .map_err(Error::from)?
            .ok_or(Error::AccountGone)?;
        Ok(GetMeResponse {
            email: me.email.clone().unwrap_or_default(),
            pending_email: me.pending_email.clone().unwrap_or_default(),
            has_password: self.passwords_enabled && me.has_password,
            user: Some(person(me)),
        })
    }

    pub(super) async fn change_profile(
        &self,
        caller: Caller,
        request: UpdateProfileRequest,
    ) -> Result<UpdateProfileResponse, Status> {
        let mut violations = Violations::new();
        if let Some(display_name) = &request.display_name {
            account::check_display_name(&mut violations, display_name);
        }
        violations.finish()?;

        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let user = match &request.display_name {
            None => User::by_id(&mut connection, caller.user_id)
                .await
                .map_err(Error::from)?
                .ok_or(Error::AccountGone)?,
            Some(display_name) => {
                connection
                    .transaction(async |connection| {
                        self.rename(connection, caller, display_name).await
                    })
                    .await?
            }
        };
        Ok(UpdateProfileResponse {
            user: Some(person(user)),
        })
    }

    /// The name, and with it what a search finds them by. The changed row is locked, so that of two changes at once the
    /// later one decides both.
    async fn rename(
        &self,
        connection: &mut AsyncPgConnection,
        caller: Caller,
        display_name: &str,
    ) -> Result<User, Error> {
        let user =
            User::set_display_name(connection, caller.user_id, display_name, self.clock.now())
                .await?
                .ok_or(Error::AccountGone)?;
        let terms = fold::search_terms(user.username.as_deref().unwrap_or_default(), display_name);
        User::set_search_terms(connection, user.id, &terms).await?;
        Ok(user)
    }
}

//! `DeleteAccount`.

use auth::{Caller, Client};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::Violations;
use quicksync::user::v1::{DeleteAccountRequest, DeleteAccountResponse};
use tonic::Status;

use super::{
    Rpc,
    account::{FreshSignIn, optional_password},
};
use crate::{
    db::{accounts::Account, email_tokens, sessions::RevokedReason},
    error::Error,
    sessions::Ended,
};

impl Rpc {
    pub(super) async fn erase_account(
        &self,
        caller: Caller,
        request: &DeleteAccountRequest,
        client: &Client,
    ) -> Result<DeleteAccountResponse, Status> {
        let mut violations = Violations::new();
        let password = optional_password(&mut violations, "password", &request.password);
        violations.finish()?;

        let proven = self
            .prove_owner(caller, password, FreshSignIn::InItsPlace, client)
            .await?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let ended = connection
            .transaction(async |connection| {
                let account = self.hold_unchanged(connection, caller, &proven).await?;
                self.erase(connection, &account).await
            })
            .await?;
        drop(connection);
        self.sessions.announce(ended).await;
        Ok(DeleteAccountResponse {})
    }

    /// The row stays, so that what the person wrote has an author. Mails on their way to the person are not looked for: they
    /// lie sealed for a day at most, and the links in them are void.
    async fn erase(
        &self,
        connection: &mut AsyncPgConnection,
        account: &Account,
    ) -> Result<Ended, Error> {
        let ended = self
            .sessions
            .revoke_all(connection, account.id, RevokedReason::AccountDeleted)
            .await?;
        email_tokens::void(connection, account.id, None).await?;
        Account::erase(connection, account.id, self.clock.now()).await?;
        tracing::info!(target: "security", kind = "account_deleted", user_id = %account.id, "security event");
        Ok(ended)
    }
}

//! Login, Refresh and Logout.

use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::{Violations, validate::Text};
use quicksync::user::v1::{
    LoginRequest, LoginResponse, LogoutRequest, LogoutResponse, RefreshRequest, RefreshResponse,
};
use tonic::Status;

use super::{Rpc, person};
use crate::{
    db::users::Credentials,
    domain::{
        fold::{fold, fold_email},
        password::Password,
    },
    error::Error,
    hashing::Verdict,
};

const LOGIN_CHARS_MAX: usize = 254;
const REFRESH_TOKEN_CHARS_MAX: usize = 128;

impl Rpc {
    pub(super) async fn sign_in(&self, request: LoginRequest) -> Result<LoginResponse, Status> {
        let mut violations = Violations::new();
        violations.text("login", &request.login, 1..=LOGIN_CHARS_MAX, Text::Line);
        let password = Password::claim(&mut violations, &request.password);
        violations.finish()?;

        // No connection is held while the hash is computed: a burst of sign-ins must not starve the pool.
        let credentials = self.credentials(&request.login).await?;
        let stored = credentials
            .as_ref()
            .and_then(|credentials| credentials.password_hash.clone());
        let verdict = self
            .hasher
            .verify(password, stored)
            .await
            .map_err(Error::from)?;
        let credentials = credentials
            .filter(|_| verdict != Verdict::Wrong)
            .ok_or(Error::BadCredentials)?;

        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let tokens = connection
            .transaction(async |connection| {
                self.rehash(connection, &credentials, &verdict).await?;
                self.sessions.begin(connection, credentials.user.id).await
            })
            .await?;
        Ok(LoginResponse {
            user: Some(person(credentials.user)),
            tokens: Some(tokens),
        })
    }

    pub(super) async fn renew(&self, request: &RefreshRequest) -> Result<RefreshResponse, Status> {
        check_refresh_token(&request.refresh_token)?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let tokens = self
            .sessions
            .refresh(&mut connection, &request.refresh_token)
            .await?;
        Ok(RefreshResponse {
            tokens: Some(tokens),
        })
    }

    pub(super) async fn sign_out(&self, request: &LogoutRequest) -> Result<LogoutResponse, Status> {
        check_refresh_token(&request.refresh_token)?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        self.sessions
            .end(&mut connection, &request.refresh_token)
            .await?;
        Ok(LogoutResponse {})
    }

    /// By address or username: a username never has an "@".
    async fn credentials(&self, login: &str) -> Result<Option<Credentials>, Error> {
        let mut connection = self.pool.get().await?;
        Ok(if login.contains('@') {
            Credentials::by_email(&mut connection, &fold_email(login)).await?
        } else {
            Credentials::by_username(&mut connection, &fold(login)).await?
        })
    }

    async fn rehash(
        &self,
        connection: &mut AsyncPgConnection,
        credentials: &Credentials,
        verdict: &Verdict,
    ) -> Result<(), Error> {
        if let Verdict::Outdated { new_hash } = verdict {
            Credentials::rehash(
                connection,
                credentials.user.id,
                credentials.password_hash.as_deref().unwrap_or_default(),
                new_hash,
            )
            .await?;
        }
        Ok(())
    }
}

fn check_refresh_token(token: &str) -> Result<(), Status> {
    let mut violations = Violations::new();
    violations.text(
        "refresh_token",
        token,
        1..=REFRESH_TOKEN_CHARS_MAX,
        Text::Line,
    );
    violations.finish()
}

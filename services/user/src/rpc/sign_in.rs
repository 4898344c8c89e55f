//! Login, Refresh and Logout.

use auth::Client;
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
    hashing::{Verdict, are_of_one_password},
    sessions::{Method, Refreshed, SignIn},
    throttle::Account,
};

const LOGIN_CHARS_MAX: usize = 254;
const REFRESH_TOKEN_CHARS_MAX: usize = 128;

/// What somebody signs in with, folded. A username never has an "@".
enum Login {
    Email(String),
    Username(String),
}

impl Login {
    fn of(text: &str) -> Self {
        if text.contains('@') {
            Self::Email(fold_email(text))
        } else {
            Self::Username(fold(text))
        }
    }

    fn folded(&self) -> &str {
        match self {
            Self::Email(folded) | Self::Username(folded) => folded,
        }
    }
}

impl Rpc {
    pub(super) async fn sign_in(
        &self,
        request: LoginRequest,
        client: &Client,
    ) -> Result<LoginResponse, Status> {
        self.require_passwords()?;
        let mut violations = Violations::new();
        violations.text("login", &request.login, 1..=LOGIN_CHARS_MAX, Text::Line);
        let password = Password::claim(&mut violations, "password", &request.password);
        violations.finish()?;

        let login = Login::of(&request.login);
        let attempt = self
            .throttle
            .password(Account::Named(login.folded()), client)
            .await
            .map_err(Error::from)?;
        let outcome = self.proven(&login, password, client).await;
        // A database or a pool that cannot be asked says nothing about the password.
        if !matches!(outcome, Err(Error::BadCredentials)) {
            attempt.succeeded().await;
        }
        let (credentials, verdict) = outcome?;

        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let begun = connection
            .transaction(async |connection| {
                let sign_in = SignIn {
                    client,
                    method: Method::Password,
                };
                let begun = self
                    .sessions
                    .begin(connection, credentials.user.id, sign_in)
                    .await?;
                // The account is held now. Who changed the password meanwhile has ended all sessions but not this one.
                let now = credentials.password_hash_now(connection).await?;
                if !are_of_one_password(now.as_deref(), credentials.password_hash.as_deref()) {
                    return Err(Error::BadCredentials);
                }
                self.rehash(connection, &credentials, &verdict).await?;
                Ok(begun)
            })
            .await?;
        drop(connection);
        let tokens = self.sessions.hand_out(begun).await;
        Ok(LoginResponse {
            user: Some(person(credentials.user)),
            tokens: Some(tokens),
        })
    }

    pub(super) async fn renew(
        &self,
        request: &RefreshRequest,
        client: &Client,
    ) -> Result<RefreshResponse, Status> {
        check_refresh_token(&request.refresh_token)?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let refreshed = self
            .sessions
            .refresh(&mut connection, &request.refresh_token, client)
            .await?;
        drop(connection);
        match refreshed {
            Refreshed::Tokens(tokens) => Ok(RefreshResponse {
                tokens: Some(tokens),
            }),
            Refreshed::Revoked(ended) => {
                self.sessions.announce(ended).await;
                Err(Error::RefreshTokenInvalid.into())
            }
        }
    }

    pub(super) async fn sign_out(
        &self,
        request: &LogoutRequest,
        client: &Client,
    ) -> Result<LogoutResponse, Status> {
        check_refresh_token(&request.refresh_token)?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let ended = self
            .sessions
            .end(&mut connection, &request.refresh_token, client)
            .await?;
        drop(connection);
        self.sessions.announce(ended).await;
        Ok(LogoutResponse {})
    }

    /// The account that `login` and `password` belong to.
    async fn proven(
        &self,
        login: &Login,
        password: Password,
        client: &Client,
    ) -> Result<(Credentials, Verdict), Error> {
        // No connection is held while the hash is computed: a burst of sign-ins must not starve the pool.
        let credentials = self.credentials(login).await?;
        let stored = credentials
            .as_ref()
            .and_then(|credentials| credentials.password_hash.clone());
        let verdict = self.hasher.verify(password, stored).await?;
        if verdict == Verdict::Wrong {
            let user_id = credentials.as_ref().map(|credentials| credentials.user.id);
            self.audit.wrong_password(user_id, None, client);
        }
        credentials
            .filter(|_| verdict != Verdict::Wrong)
            .map(|credentials| (credentials, verdict))
            .ok_or(Error::BadCredentials)
    }

    async fn credentials(&self, login: &Login) -> Result<Option<Credentials>, Error> {
        let mut connection = self.pool.get().await?;
        Ok(match login {
            Login::Email(folded) => Credentials::by_email(&mut connection, folded).await?,
            Login::Username(folded) => Credentials::by_username(&mut connection, folded).await?,
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

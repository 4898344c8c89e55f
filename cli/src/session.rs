//! Calls of somebody who is signed in: with a fresh access token, and once more where that may help.

use std::sync::Mutex;

use quicksync::user::v1 as pb;
use runtime::{Clock, Random};
use tonic::{Request, Response, Status};

use crate::{
    arguments::{Arguments, GATEWAY_DEFAULT},
    backoff::Backoff,
    connection::{Gateway, request},
    failure::{self, Failure},
    profile::{Lock, Profile, SignIn, Tokens},
};

/// An access token that ends sooner is refreshed before it is used.
const FRESHNESS_MARGIN: time::Duration = time::Duration::seconds(30);
/// How often a call is made that fails for a passing reason.
const ATTEMPTS_MAX: u32 = 4;

/// A profile, its gateway and the handles that commands need.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) gateway: Gateway,
    pub(crate) profile: Profile,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    /// What the file held when it was last looked at.
    sign_in: Mutex<Option<SignIn>>,
}

impl Session {
    /// As the command line says: the gateway that it names, else the one that the profile signed in at.
    pub(crate) fn open(arguments: &Arguments) -> Result<Self, Failure> {
        let profile = Profile::of(arguments)?;
        let sign_in = profile.load()?;
        let known = sign_in.as_ref().map(|sign_in| sign_in.gateway.as_str());
        let url = arguments
            .gateway
            .as_deref()
            .or(known)
            .unwrap_or(GATEWAY_DEFAULT);
        let gateway = Gateway::new(url)?;
        Ok(Self {
            gateway,
            profile,
            clock: Clock::system(),
            random: Random::system(),
            sign_in: Mutex::new(sign_in),
        })
    }

    /// Who is signed in here; an error that says how to sign in where nobody is.
    pub(crate) fn me(&self) -> Result<SignIn, Failure> {
        let sign_in = self.sign_in.lock().expect("nobody panics with it").clone();
        let Some(sign_in) = sign_in else {
            return Err(self.nobody("nobody is signed in"));
        };
        if sign_in.gateway != self.gateway.url() {
            // Tokens are secrets: they go to the gateway that gave them and to no other.
            return Err(self.nobody(&format!(
                "this profile is signed in at {}, not at {}",
                sign_in.gateway,
                self.gateway.url()
            )));
        }
        Ok(sign_in)
    }

    /// Keeps a new sign-in in place of the one before.
    pub(crate) async fn keep(
        &self,
        user: Option<pb::User>,
        tokens: Option<pb::Tokens>,
    ) -> Result<SignIn, Failure> {
        let (user, tokens) = (user.unwrap_or_default(), tokens.unwrap_or_default());
        let sign_in = SignIn {
            gateway: self.gateway.url().to_owned(),
            user_id: user.user_id,
            username: user.username,
            display_name: user.display_name,
            tokens: tokens.into(),
        };
        let lock = self.profile.lock().await?;
        self.replace(&lock, sign_in.clone())?;
        Ok(sign_in)
    }

    /// Ends the sign-in, here and at the gateway. Gives who it was.
    pub(crate) async fn end(&self) -> Result<SignIn, Failure> {
        let _lock = self.profile.lock().await?;
        // Another command may have refreshed the tokens meanwhile: the newest one names the session.
        let sign_in = match self.profile.load()? {
            Some(sign_in) if sign_in.gateway == self.gateway.url() => sign_in,
            _ => self.me()?,
        };
        let message = pb::LogoutRequest {
            refresh_token: sign_in.tokens.refresh_token.clone(),
        };
        self.gateway
            .auth()
            .logout(request(message))
            .await
            .map_err(|status| self.failed(status))?;
        self.profile.forget()?;
        Ok(sign_in)
    }

    /// Forgets the sign-in here, where the gateway knows already that it is over.
    pub(crate) async fn forget(&self) -> Result<(), Failure> {
        let _lock = self.profile.lock().await?;
        self.profile.forget()
    }

    /// Makes a call that may be repeated: with a fresh token, again after a passing failure, and again with a refreshed
    /// token where the old one is refused.
    pub(crate) async fn call<T: Clone, R>(
        &self,
        message: T,
        send: impl AsyncFn(&Gateway, Request<T>) -> Result<Response<R>, Status>,
    ) -> Result<R, Failure> {
        let mut backoff = Backoff::new(self.random.clone());
        let mut attempt = 1;
        loop {
            match self.call_once(message.clone(), &send).await {
                Err(Failure::Status(status, _))
                    if failure::is_passing(&status) && attempt < ATTEMPTS_MAX =>
                {
                    tokio::time::sleep(backoff.next()).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Makes a call once: for those that must not be repeated. A call that was refused for its token never began.
    pub(crate) async fn call_once<T: Clone, R>(
        &self,
        message: T,
        send: impl AsyncFn(&Gateway, Request<T>) -> Result<Response<R>, Status>,
    ) -> Result<R, Failure> {
        let token = self.access_token(None).await?;
        let outcome = send(&self.gateway, signed(request(message.clone()), &token)?).await;
        let outcome = match outcome {
            Err(status) if is_token_refused(&status) => {
                let token = self.access_token(Some(&token)).await?;
                send(&self.gateway, signed(request(message), &token)?).await
            }
            outcome => outcome,
        };
        outcome
            .map(Response::into_inner)
            .map_err(|status| self.failed(status))
    }

    /// A fresh access token, and another one than `refused`.
    pub(crate) async fn access_token(&self, refused: Option<&str>) -> Result<String, Failure> {
        let sign_in = self.me()?;
        if self.is_usable(&sign_in, refused) {
            return Ok(sign_in.tokens.access_token);
        }
        let lock = self.profile.lock().await?;
        // Another command may have refreshed them while this one waited; a refresh token works only once.
        let Some(newest) = self.profile.load()? else {
            return Err(self.nobody("this profile was signed out meanwhile"));
        };
        let newest = if newest.gateway == self.gateway.url() {
            newest
        } else {
            sign_in
        };
        let newest = if self.is_usable(&newest, refused) {
            newest
        } else {
            self.refresh(newest).await?
        };
        let token = newest.tokens.access_token.clone();
        self.replace(&lock, newest)?;
        Ok(token)
    }

    /// The failure that a status means here.
    pub(crate) fn failed(&self, status: Status) -> Failure {
        match failure::reason(&status).as_str() {
            "REFRESH_TOKEN_INVALID" => self.nobody("the sign-in has ended"),
            "SESSION_REVOKED" => self.nobody("this session was ended from another one"),
            "SIGN_IN_NOT_FRESH" => self.nobody("this needs a sign-in of the last minutes"),
            _ => Failure::status(status, self.gateway.url()),
        }
    }

    async fn refresh(&self, sign_in: SignIn) -> Result<SignIn, Failure> {
        let message = pb::RefreshRequest {
            refresh_token: sign_in.tokens.refresh_token.clone(),
        };
        let answer = self
            .gateway
            .auth()
            .refresh(request(message))
            .await
            .map_err(|status| self.failed(status))?;
        let tokens = answer.into_inner().tokens.unwrap_or_default();
        Ok(SignIn {
            tokens: tokens.into(),
            ..sign_in
        })
    }

    fn is_usable(&self, sign_in: &SignIn, refused: Option<&str>) -> bool {
        let is_other = refused.is_none_or(|refused| refused != sign_in.tokens.access_token);
        is_other && sign_in.tokens.are_fresh(self.clock.now(), FRESHNESS_MARGIN)
    }

    fn replace(&self, _: &Lock, sign_in: SignIn) -> Result<(), Failure> {
        self.profile.store(&sign_in)?;
        *self.sign_in.lock().expect("nobody panics with it") = Some(sign_in);
        Ok(())
    }

    fn nobody(&self, why: &str) -> Failure {
        let profile = match self.profile.name() {
            "default" => String::new(),
            name => format!("--profile {name} "),
        };
        Failure::SignIn(format!(
            "{why}: use `quicksync-cli {profile}login NAME`, or `register` to make an account"
        ))
    }
}

impl From<pb::Tokens> for Tokens {
    fn from(tokens: pb::Tokens) -> Self {
        Self {
            access_token: tokens.access_token,
            access_token_expires_at: tokens
                .access_token_expires_at
                .map_or(0, |time| time.seconds),
            refresh_token: tokens.refresh_token,
        }
    }
}

/// True where another access token may be let in.
pub(crate) fn is_token_refused(status: &Status) -> bool {
    matches!(
        failure::reason(status).as_str(),
        "ACCESS_TOKEN_EXPIRED" | "ACCESS_TOKEN_INVALID"
    )
}

/// A request that carries `access_token`.
pub(crate) fn signed<T>(
    mut request: Request<T>,
    access_token: &str,
) -> Result<Request<T>, Failure> {
    let bearer = format!("Bearer {access_token}").parse();
    let bearer = bearer
        .map_err(|_| Failure::SignIn("the stored sign-in is damaged: log in again".to_owned()))?;
    request.metadata_mut().insert("authorization", bearer);
    Ok(request)
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn")
            .field("gateway", &self.gateway)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

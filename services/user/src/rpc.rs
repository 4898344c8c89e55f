//! The RPCs, one file per tight group: check the fields, apply the rules, ask the database, answer.

mod account;
mod deletion;
mod emails;
mod federation;
mod identities;
mod passwords;
mod people;
mod profile;
mod register;
mod security_events;
mod sessions;
mod sign_in;

use std::sync::Arc;

use auth::{Caller, Client};
use prost_types::Timestamp;
use quicksync::user::v1::{
    GetJwksRequest, GetJwksResponse, GetMeRequest, GetMeResponse, GetUsersRequest,
    GetUsersResponse, ListProvidersRequest, ListProvidersResponse, LoginRequest, LoginResponse,
    LogoutRequest, LogoutResponse, RedeemSignInRequest, RedeemSignInResponse, RefreshRequest,
    RefreshResponse, RegisterRequest, RegisterResponse, RequestPasswordResetRequest,
    RequestPasswordResetResponse, ResetPasswordRequest, ResetPasswordResponse, SearchUsersRequest,
    SearchUsersResponse, UpdateProfileRequest, UpdateProfileResponse, User, VerifyEmailRequest,
    VerifyEmailResponse, auth_service_server::AuthService, user_service_server::UserService,
};
use runtime::{Clock, Random};
use store::postgres::Pool;
use time::OffsetDateTime;
use tonic::{Request, Response, Status};

use crate::{
    audit::Audit, db::users, federation::Federation, hashing::Hasher, mail::Mailer, resets::Resets,
    sessions::Sessions, throttle::Throttle,
};

/// What the RPCs share; all gRPC services are this one struct. The generated traits are implemented
/// here and only unwrap requests; the files beside this one do the work.
#[derive(Debug)]
pub(crate) struct Rpc {
    pub(crate) pool: Pool,
    pub(crate) hasher: Hasher,
    pub(crate) sessions: Sessions,
    pub(crate) federation: Arc<Federation>,
    pub(crate) throttle: Throttle,
    pub(crate) audit: Audit,
    pub(crate) mailer: Mailer,
    pub(crate) resets: Resets,
    /// Whether there are passwords.
    pub(crate) passwords_enabled: bool,
    /// How long a sign-in is fresh.
    pub(crate) fresh_sign_in_s: u32,
    pub(crate) clock: Clock,
    pub(crate) random: Random,
}

/// An account as others see it.
fn person(user: users::User) -> User {
    User {
        user_id: user.id.to_string(),
        username: user.username.unwrap_or_default(),
        display_name: user.display_name.unwrap_or_default(),
        created_at: Some(timestamp(user.created_at)),
        is_deleted: user.deleted_at.is_some(),
    }
}

/// A time for the wire.
pub(crate) fn timestamp(time: OffsetDateTime) -> Timestamp {
    let nanos = i32::try_from(time.nanosecond()).expect("a second has fewer than 2^31 nanoseconds");
    Timestamp {
        seconds: time.unix_timestamp(),
        nanos,
    }
}

#[tonic::async_trait]
impl AuthService for Rpc {
    async fn register(
        &self,
        request: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        let client = Client::of(&request);
        self.create_account(request.into_inner(), &client)
            .await
            .map(Response::new)
    }

    async fn login(
        &self,
        request: Request<LoginRequest>,
    ) -> Result<Response<LoginResponse>, Status> {
        let client = Client::of(&request);
        self.sign_in(request.into_inner(), &client)
            .await
            .map(Response::new)
    }

    async fn refresh(
        &self,
        request: Request<RefreshRequest>,
    ) -> Result<Response<RefreshResponse>, Status> {
        let client = Client::of(&request);
        self.renew(&request.into_inner(), &client)
            .await
            .map(Response::new)
    }

    async fn logout(
        &self,
        request: Request<LogoutRequest>,
    ) -> Result<Response<LogoutResponse>, Status> {
        let client = Client::of(&request);
        self.sign_out(&request.into_inner(), &client)
            .await
            .map(Response::new)
    }

    async fn verify_email(
        &self,
        request: Request<VerifyEmailRequest>,
    ) -> Result<Response<VerifyEmailResponse>, Status> {
        let client = Client::of(&request);
        self.prove_email(request.get_ref(), &client)
            .await
            .map(Response::new)
    }

    async fn request_password_reset(
        &self,
        request: Request<RequestPasswordResetRequest>,
    ) -> Result<Response<RequestPasswordResetResponse>, Status> {
        let client = Client::of(&request);
        self.ask_for_reset(request.into_inner(), client)
            .await
            .map(Response::new)
    }

    async fn reset_password(
        &self,
        request: Request<ResetPasswordRequest>,
    ) -> Result<Response<ResetPasswordResponse>, Status> {
        let client = Client::of(&request);
        self.reset_password(request.get_ref(), &client)
            .await
            .map(Response::new)
    }

    async fn list_providers(
        &self,
        _: Request<ListProvidersRequest>,
    ) -> Result<Response<ListProvidersResponse>, Status> {
        Ok(Response::new(self.providers()))
    }

    async fn redeem_sign_in(
        &self,
        request: Request<RedeemSignInRequest>,
    ) -> Result<Response<RedeemSignInResponse>, Status> {
        let client = Client::of(&request);
        self.redeem_code(&client, request.get_ref())
            .await
            .map(Response::new)
    }

    async fn get_jwks(
        &self,
        _: Request<GetJwksRequest>,
    ) -> Result<Response<GetJwksResponse>, Status> {
        Ok(Response::new(GetJwksResponse {
            jwks_json: self.sessions.jwks_json()?,
        }))
    }
}

#[tonic::async_trait]
impl UserService for Rpc {
    async fn get_me(
        &self,
        request: Request<GetMeRequest>,
    ) -> Result<Response<GetMeResponse>, Status> {
        self.me(Caller::of(&request)?).await.map(Response::new)
    }

    async fn update_profile(
        &self,
        request: Request<UpdateProfileRequest>,
    ) -> Result<Response<UpdateProfileResponse>, Status> {
        let caller = Caller::of(&request)?;
        self.change_profile(caller, request.into_inner())
            .await
            .map(Response::new)
    }

    async fn get_users(
        &self,
        request: Request<GetUsersRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        self.people_by_id(&request.into_inner())
            .await
            .map(Response::new)
    }

    async fn search_users(
        &self,
        request: Request<SearchUsersRequest>,
    ) -> Result<Response<SearchUsersResponse>, Status> {
        let caller = Caller::of(&request)?;
        self.search(caller, &request.into_inner())
            .await
            .map(Response::new)
    }
}

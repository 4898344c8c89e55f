//! An upstream that does as it is told by what is sent to it.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures::{Stream, StreamExt, stream};
use quicksync::{
    notification::v1::{
        GetPreferencesRequest, GetPreferencesResponse, ListNotificationsRequest,
        ListNotificationsResponse, MarkNotificationsReadRequest, MarkNotificationsReadResponse,
        SetConversationMutedRequest, SetConversationMutedResponse, SubscribeRequest,
        SubscribeResponse,
        notification_service_server::{NotificationService, NotificationServiceServer},
    },
    user::v1::{
        GetJwksRequest, GetJwksResponse, GetMeRequest, GetMeResponse, GetUsersRequest,
        GetUsersResponse, ListProvidersRequest, ListProvidersResponse, LoginRequest, LoginResponse,
        LogoutRequest, LogoutResponse, RedeemSignInRequest, RedeemSignInResponse, RefreshRequest,
        RefreshResponse, RegisterRequest, RegisterResponse, RequestPasswordResetRequest,
        RequestPasswordResetResponse, ResetPasswordRequest, ResetPasswordResponse,
        SearchUsersRequest, SearchUsersResponse, Tokens, UpdateProfileRequest,
        UpdateProfileResponse, VerifyEmailRequest, VerifyEmailResponse,
        auth_service_server::{AuthService, AuthServiceServer},
        federation_service_server::FederationServiceServer,
        user_service_server::{UserService, UserServiceServer},
    },
};
use tonic::{Code, Request, Response, Status, metadata::MetadataMap, transport::Server};

use super::{
    federation::{Federation, Step},
    serving::Serving,
};

/// Details of the error that `fail` gives: no valid message, so that nobody can have decoded them on the way.
pub const DETAILS: &[u8] = b"\x00\xff\x80details\x01";
/// What whoever signs in gets.
pub const REFRESH_TOKEN: &str = "c2VjcmV0";
/// When it ends.
pub const REFRESH_TOKEN_END_S: i64 = 4_000_000_000;
/// Bytes of each event of the stream `flood`.
pub const FLOOD_EVENT_BYTES: usize = 16 * 1024;

/// Stops when dropped.
pub struct Upstream {
    pub seen: Arc<Seen>,
    serving: Serving,
}

/// What the upstream has noticed.
#[derive(Debug, Default)]
pub struct Seen {
    pub calls: AtomicUsize,
    pub cancelled: AtomicUsize,
    pub produced: AtomicUsize,
    /// Of requests that have one, the refresh tokens as they arrived.
    pub refresh_tokens: Mutex<Vec<String>>,
    /// Steps of sign-ins with providers.
    pub steps: Mutex<Vec<Step>>,
}

impl Upstream {
    pub async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let service = Service(Arc::clone(&seen));
        let federation = Federation(Arc::clone(&seen));
        let router = Server::builder()
            .add_service(UserServiceServer::new(service.clone()))
            .add_service(AuthServiceServer::new(service.clone()))
            .add_service(FederationServiceServer::new(federation))
            .add_service(
                NotificationServiceServer::new(service).max_decoding_message_size(64 << 20),
            );
        Self {
            seen,
            serving: Serving::start(router).await,
        }
    }

    pub fn endpoint(&self) -> String {
        self.serving.endpoint()
    }
}

impl Seen {
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub fn cancelled(&self) -> usize {
        self.cancelled.load(Ordering::SeqCst)
    }

    pub fn note(&self, step: Step) {
        self.steps.lock().unwrap().push(step);
    }

    /// The step that was made since the last look, of which there must be one.
    pub fn only_step(&self) -> Step {
        let mut steps = std::mem::take(&mut *self.steps.lock().unwrap());
        assert_eq!(steps.len(), 1, "{steps:?}");
        steps.remove(0)
    }

    pub fn refresh_tokens(&self) -> Vec<String> {
        self.refresh_tokens.lock().unwrap().clone()
    }

    pub fn produced(&self) -> usize {
        self.produced.load(Ordering::SeqCst)
    }
}

#[derive(Clone)]
struct Service(Arc<Seen>);

/// Counts a call that is dropped before it has ended.
struct Unfinished(Arc<Seen>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.0.cancelled.fetch_add(1, Ordering::SeqCst);
    }
}

/// All metadata as text: one `name=value` a line.
fn text_of(metadata: &MetadataMap) -> String {
    let mut text = String::new();
    for (name, value) in &metadata.clone().into_headers() {
        let value = String::from_utf8_lossy(value.as_bytes());
        text.extend([name.as_str(), "=", &value, "\n"]);
    }
    text
}

fn failure() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-why", "because".parse().unwrap());
    Status::with_details_and_metadata(
        Code::FailedPrecondition,
        "not now: ä\n%",
        DETAILS.into(),
        metadata,
    )
}

#[tonic::async_trait]
impl UserService for Service {
    /// Gives the metadata that arrived, in the field `email`, and some of its own.
    async fn get_me(
        &self,
        request: Request<GetMeRequest>,
    ) -> Result<Response<GetMeResponse>, Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let email = text_of(request.metadata());
        let mut response = Response::new(GetMeResponse {
            email,
            ..Default::default()
        });
        response
            .metadata_mut()
            .insert("x-answer", "42".parse().unwrap());
        Ok(response)
    }

    async fn update_profile(
        &self,
        _: Request<UpdateProfileRequest>,
    ) -> Result<Response<UpdateProfileResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn get_users(
        &self,
        _: Request<GetUsersRequest>,
    ) -> Result<Response<GetUsersResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    /// Does what `query` says.
    async fn search_users(
        &self,
        request: Request<SearchUsersRequest>,
    ) -> Result<Response<SearchUsersResponse>, Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        match request.get_ref().query.as_str() {
            "fail" => Err(failure()),
            "hang" => {
                let _unfinished = Unfinished(Arc::clone(&self.0));
                std::future::pending().await
            }
            next_page_token => Ok(Response::new(SearchUsersResponse {
                users: Vec::new(),
                next_page_token: next_page_token.to_owned(),
            })),
        }
    }
}

#[tonic::async_trait]
impl AuthService for Service {
    async fn verify_email(
        &self,
        _: Request<VerifyEmailRequest>,
    ) -> Result<Response<VerifyEmailResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn request_password_reset(
        &self,
        _: Request<RequestPasswordResetRequest>,
    ) -> Result<Response<RequestPasswordResetResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn reset_password(
        &self,
        _: Request<ResetPasswordRequest>,
    ) -> Result<Response<ResetPasswordResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn list_providers(
        &self,
        _: Request<ListProvidersRequest>,
    ) -> Result<Response<ListProvidersResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn redeem_sign_in(
        &self,
        _: Request<RedeemSignInRequest>,
    ) -> Result<Response<RedeemSignInResponse>, Status> {
        let tokens = Some(tokens(REFRESH_TOKEN));
        Ok(Response::new(RedeemSignInResponse { user: None, tokens }))
    }

    async fn register(
        &self,
        _: Request<RegisterRequest>,
    ) -> Result<Response<RegisterResponse>, Status> {
        let tokens = Some(tokens(REFRESH_TOKEN));
        Ok(Response::new(RegisterResponse { user: None, tokens }))
    }

    /// Does what `login` says.
    async fn login(
        &self,
        request: Request<LoginRequest>,
    ) -> Result<Response<LoginResponse>, Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let mut tokens = tokens(REFRESH_TOKEN);
        match request.get_ref().login.as_str() {
            "fail" => return Err(failure()),
            "no token" => tokens.refresh_token.clear(),
            "no end" => tokens.refresh_token_expires_at = None,
            "bad token" => "a; Domain=evil.example".clone_into(&mut tokens.refresh_token),
            _ => {}
        }
        let mut response = Response::new(LoginResponse {
            user: None,
            tokens: Some(tokens),
        });
        let cookie = "quicksync-refresh=planted".parse().unwrap();
        response.metadata_mut().insert("set-cookie", cookie);
        Ok(response)
    }

    /// The next token is the one that came with a `2` at its end.
    async fn refresh(
        &self,
        request: Request<RefreshRequest>,
    ) -> Result<Response<RefreshResponse>, Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let spent = request.into_inner().refresh_token;
        self.0.refresh_tokens.lock().unwrap().push(spent.clone());
        if spent == "fail" {
            return Err(failure());
        }
        let tokens = Some(tokens(&format!("{spent}2")));
        Ok(Response::new(RefreshResponse { tokens }))
    }

    async fn logout(
        &self,
        request: Request<LogoutRequest>,
    ) -> Result<Response<LogoutResponse>, Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let ended = request.into_inner().refresh_token;
        self.0.refresh_tokens.lock().unwrap().push(ended);
        Ok(Response::new(LogoutResponse {}))
    }

    async fn get_jwks(
        &self,
        _: Request<GetJwksRequest>,
    ) -> Result<Response<GetJwksResponse>, Status> {
        let jwks_json = "{}".to_owned();
        Ok(Response::new(GetJwksResponse { jwks_json }))
    }
}

/// What whoever signs in gets.
pub fn tokens(refresh_token: &str) -> Tokens {
    Tokens {
        access_token: "access".to_owned(),
        access_token_expires_at: None,
        refresh_token: refresh_token.to_owned(),
        refresh_token_expires_at: Some(prost_types::Timestamp {
            seconds: REFRESH_TOKEN_END_S,
            nanos: 0,
        }),
    }
}

type Events = Pin<Box<dyn Stream<Item = Result<SubscribeResponse, Status>> + Send>>;

/// Keeps a guard as long as the stream.
struct Guarded<S>(
    S,
    #[expect(dead_code, reason = "dropped with the stream")] Unfinished,
);

impl<S: Stream + Unpin> Stream for Guarded<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.0.poll_next_unpin(context)
    }
}

fn event(number: usize, bytes: usize) -> SubscribeResponse {
    let mut resume_token = number.to_be_bytes().to_vec();
    resume_token.resize(bytes.max(resume_token.len()), 0);
    SubscribeResponse {
        resume_token,
        event: None,
    }
}

#[tonic::async_trait]
impl NotificationService for Service {
    type SubscribeStream = Events;

    /// Does what the token says.
    async fn subscribe(
        &self,
        request: Request<SubscribeRequest>,
    ) -> Result<Response<Events>, Status> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let seen = Arc::clone(&self.0);
        let unfinished = Unfinished(Arc::clone(&seen));
        let events: Events = match request.get_ref().resume_token.as_slice() {
            b"three" => Box::pin(stream::iter((0..3).map(|number| Ok(event(number, 0))))),
            b"fail" => Box::pin(stream::iter([Ok(event(0, 0)), Err(failure())])),
            b"ticks" => Box::pin(
                stream::unfold(0, async |number| {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Some((Ok(event(number, 0)), number + 1))
                })
                .boxed(),
            ),
            b"flood" => Box::pin(Guarded(
                stream::iter(0..).map(move |number| {
                    seen.produced.fetch_add(1, Ordering::SeqCst);
                    Ok(event(number, FLOOD_EVENT_BYTES))
                }),
                unfinished,
            )),
            _ => {
                let first = stream::iter([Ok(event(0, 0))]);
                Box::pin(Guarded(first.chain(stream::pending()), unfinished))
            }
        };
        Ok(Response::new(events))
    }

    async fn list_notifications(
        &self,
        _: Request<ListNotificationsRequest>,
    ) -> Result<Response<ListNotificationsResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn mark_notifications_read(
        &self,
        _: Request<MarkNotificationsReadRequest>,
    ) -> Result<Response<MarkNotificationsReadResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn get_preferences(
        &self,
        _: Request<GetPreferencesRequest>,
    ) -> Result<Response<GetPreferencesResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }

    async fn set_conversation_muted(
        &self,
        _: Request<SetConversationMutedRequest>,
    ) -> Result<Response<SetConversationMutedResponse>, Status> {
        Err(Status::unimplemented("not here"))
    }
}

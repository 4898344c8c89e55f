//! The gateway, and the generated clients of all that is behind it.

use std::time::Duration;

use quicksync::{
    chat::v1::chat_service_client::ChatServiceClient,
    messaging::v1::messaging_service_client::MessagingServiceClient,
    notification::v1::notification_service_client::NotificationServiceClient,
    user::v1::{
        account_service_client::AccountServiceClient, auth_service_client::AuthServiceClient,
        session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
    },
};
use tonic::{
    Request,
    transport::{Channel, Endpoint},
};

use crate::failure::Failure;

/// How long the gateway may take to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a call may take, said to every hop behind the gateway.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// A dead link is noticed by pings while a stream is silent.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The gateway. Connects when it is first used, and again after a failure.
#[derive(Clone, Debug)]
pub(crate) struct Gateway {
    url: String,
    channel: Channel,
}

impl Gateway {
    /// At `url`, such as `http://127.0.0.1:8080`.
    pub(crate) fn new(url: &str) -> Result<Self, Failure> {
        let url = url.trim_end_matches('/');
        if !url.starts_with("http://") {
            return Err(Failure::usage(format!(
                "the gateway {url:?} is no URL that this build can use: it must start with http://"
            )));
        }
        let endpoint = Endpoint::from_shared(url.to_owned())
            .map_err(|_| {
                Failure::usage(format!(
                    "the gateway {url:?} is no URL: write http://HOST:PORT"
                ))
            })?
            .user_agent(user_agent())
            .map_err(|error| Failure::Local(error.into()))?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .tcp_nodelay(true);
        Ok(Self {
            url: url.to_owned(),
            channel: endpoint.connect_lazy(),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn auth(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(self.channel.clone())
    }

    pub(crate) fn sessions(&self) -> SessionServiceClient<Channel> {
        SessionServiceClient::new(self.channel.clone())
    }

    pub(crate) fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.channel.clone())
    }

    pub(crate) fn users(&self) -> UserServiceClient<Channel> {
        UserServiceClient::new(self.channel.clone())
    }

    pub(crate) fn chat(&self) -> ChatServiceClient<Channel> {
        ChatServiceClient::new(self.channel.clone())
    }

    pub(crate) fn messaging(&self) -> MessagingServiceClient<Channel> {
        MessagingServiceClient::new(self.channel.clone())
    }

    pub(crate) fn notifications(&self) -> NotificationServiceClient<Channel> {
        NotificationServiceClient::new(self.channel.clone())
    }
}

/// By which the owner of a session knows it again in a list.
fn user_agent() -> String {
    let system = match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "macOS",
        other => other,
    };
    format!("quicksync-cli/{} ({system})", env!("CARGO_PKG_VERSION"))
}

/// A request that ends after a while.
pub(crate) fn request<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(CALL_TIMEOUT);
    request
}

//! A gateway of this process.

use std::net::SocketAddr;

use auth::testing::{Issuer, Person};
use gateway::{App, Config};
use runtime::{App as _, Context};
use tokio::task::JoinHandle;

use super::upstream::Upstream;

/// A running gateway with one upstream that serves everything.
pub struct Gateway {
    pub address: SocketAddr,
    pub context: Context,
    pub upstream: Upstream,
    pub ada: Person,
    issuer: Issuer,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Gateway {
    /// With the default limits.
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// With a configuration that `adjust` has changed.
    pub async fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        let upstream = Upstream::start().await;
        let context = Context::for_tests();
        let issuer = Issuer::new();
        let mut config = Config::default();
        config.public.listen = ([127, 0, 0, 1], 0).into();
        // All tests call from one address, and Redis is not running for all of them.
        config.limits.is_enabled = false;
        issuer.configure(&mut config.auth);
        config.auth.user.endpoints = vec![upstream.endpoint()];
        for service in config.upstreams.values_mut() {
            service.client.endpoints = vec![upstream.endpoint()];
        }
        adjust(&mut config);
        let app = App::build(config, context.clone()).await.unwrap();
        Self {
            address: app.local_addr().unwrap(),
            ada: issuer.person(&context.clock),
            context,
            upstream,
            issuer,
            running: tokio::spawn(app.run()),
        }
    }

    /// `authorization` of a person.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.ada.access_token)
    }

    /// A token of the same person that ended a minute ago.
    pub fn expired_token(&self) -> String {
        let past = self.context.clock.now() - std::time::Duration::from_mins(1);
        self.issuer
            .token(self.ada.user_id, self.ada.session_id, past)
    }

    /// The metrics in text.
    pub fn metrics(&self) -> String {
        self.context.metrics.encode()
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(self) {
        self.context.lifecycle.drain();
        super::soon(self.running).await.unwrap().unwrap();
    }
}

//! The door of a service: lets a call in, or says why not, and tells the RPC who calls.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::{HeaderMap, header::AUTHORIZATION};
use mesh::server::{Authorize, Call};
use runtime::Context;
use tonic::Status;

use crate::{
    Access, Caller, Config, Error, KeySet, KeySource, KeysError, Policy, PolicyError, Verifier,
    revocations::{self, Follower},
};

/// Authentication scheme of access tokens (RFC 6750 section 2.1), matched without regard to case.
const SCHEME: &str = "Bearer ";

/// Policy and verifier as the server stack of `mesh` wants them.
///
/// Methods for services let everybody in for now: that the peer is one of the named services is for its mTLS identity to
/// prove, which has its seat here. The gateway does not route them.
#[derive(Debug)]
pub struct Authorizer {
    policy: Policy,
    verifier: Arc<Verifier>,
}

/// The door cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The descriptors of this build are broken.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The configured keys cannot be used.
    #[error("auth.static_jwks_json cannot be used")]
    StaticKeys(#[source] KeysError),
    /// Revocations cannot be followed as configured.
    #[error(transparent)]
    Revocations(#[from] revocations::ConfigError),
    /// The user service cannot be called as configured.
    #[error("auth.user cannot be used")]
    User(#[from] mesh::client::ConfigError),
}

impl Authorizer {
    /// From its parts.
    pub fn new(policy: Policy, verifier: Arc<Verifier>) -> Self {
        Self { policy, verifier }
    }

    /// From the configuration of a process, with tasks that keep the keys fresh and follow revocations until the
    /// process drains.
    pub fn start(
        config: &Config,
        file_descriptor_set: &[u8],
        context: &Context,
        metrics: &mesh::Metrics,
    ) -> Result<Arc<Self>, StartError> {
        let source = if config.static_jwks_json.is_empty() {
            KeySource::User(mesh::Channel::new("user", &config.user, metrics)?)
        } else {
            KeySource::Static(
                KeySet::from_jwks_json(&config.static_jwks_json).map_err(StartError::StaticKeys)?,
            )
        };
        Self::start_with(source, config, file_descriptor_set, context)
    }

    /// The same with keys from elsewhere.
    pub fn start_with(
        source: KeySource,
        config: &Config,
        file_descriptor_set: &[u8],
        context: &Context,
    ) -> Result<Arc<Self>, StartError> {
        let policy = Policy::from_descriptors(file_descriptor_set)?;
        let verifier = Arc::new(Verifier::new(config, source, context.clock.clone()));
        let fresh = Arc::clone(&verifier);
        let stop = context.lifecycle.draining();
        let guard = context.readiness.guard("keys of access tokens");
        context.lifecycle.spawn("access-token-keys", async move {
            fresh.keep_fresh(stop, guard).await;
            Ok(())
        });
        if config.revocations.is_enabled {
            let known = Arc::clone(verifier.revocations());
            let follower = Follower::new(&config.revocations, known, context)?;
            let stop = context.lifecycle.draining();
            let guard = context.readiness.guard("sessions that have ended");
            context.lifecycle.spawn("revocations", async move {
                follower.run(stop, guard).await;
                Ok(())
            });
        }
        Ok(Arc::new(Self::new(policy, verifier)))
    }

    /// The rules that it goes by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The verifier that it asks.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Lets a call of `path` (`/package.Service/Method`) in: `Some` caller for a method for people, `None` for any other.
    pub async fn admit(&self, path: &str, headers: &HeaderMap) -> Result<Option<Caller>, Error> {
        let access = self.policy.access(path).ok_or(Error::UnknownMethod)?;
        self.admit_to(access, path, headers).await
    }

    /// The same for a method whose rule is `access`, whatever the policy says; `path` is for the log.
    pub async fn admit_to(
        &self,
        access: &Access,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Caller>, Error> {
        match access {
            Access::Denied => Err(Error::Denied),
            Access::Public | Access::Service(_) => Ok(None),
            Access::User => {
                let caller = self.verifier.verify(bearer_token(headers)?).await;
                if let Err(Error::KeysUnavailable(source)) = &caller {
                    tracing::warn!(error = %source, path, "a call was refused because keys cannot be fetched");
                }
                caller.map(Some)
            }
        }
    }
}

impl Authorize for Authorizer {
    fn authorize<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<(), Status>> {
        Box::pin(async move {
            if let Some(caller) = self.admit(call.path, call.headers).await? {
                call.extensions.insert(caller);
            }
            Ok(())
        })
    }
}

fn bearer_token(headers: &HeaderMap) -> Result<&str, Error> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next().ok_or(Error::Missing)?;
    if values.next().is_some() {
        return Err(Error::Invalid("more than one authorization header"));
    }
    let text = value.to_str().map_err(|_| Error::Invalid("not ASCII"))?;
    match text.split_at_checked(SCHEME.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => Ok(token.trim()),
        _ => Err(Error::Missing),
    }
}

#[cfg(test)]
mod tests;

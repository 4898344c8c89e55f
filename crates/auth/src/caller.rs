//! The person behind a request.

use http::header::AUTHORIZATION;
use time::OffsetDateTime;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::Error;

/// The person who calls, as their access token says. The [`Authorizer`](crate::Authorizer) puts it into the extensions of
/// each request to a method for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `sub` of the token.
    pub user_id: Uuid,
    /// `sid` of the token: the sign-in that it descends from.
    pub session_id: Uuid,
    /// `exp` of the token. A stream must not outlive it by more than it is willing to trust a revoked session.
    pub expires_at: OffsetDateTime,
}

impl Caller {
    /// The caller of `request`; UNAUTHENTICATED where nobody has signed in, which only happens behind a server that was
    /// built without an authorizer.
    pub fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        request
            .extensions()
            .get::<Self>()
            .copied()
            .ok_or_else(|| Error::Missing.into())
    }
}

/// Makes `outgoing` a call on behalf of the person who made `incoming`: the callee verifies the same token again.
pub fn forward<A, B>(incoming: &Request<A>, mut outgoing: Request<B>) -> Request<B> {
    if let Some(authorization) = incoming.metadata().get(AUTHORIZATION.as_str()) {
        outgoing
            .metadata_mut()
            .insert(AUTHORIZATION.as_str(), authorization.clone());
    }
    outgoing
}

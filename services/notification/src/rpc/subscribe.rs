//! Subscribe.

use std::sync::Arc;

use auth::Caller;
use mesh::Violations;
use quicksync::notification::v1::{ResetReason, SubscribeRequest};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::{
    domain::{hub::Start, token::Token},
    error::Error,
    live::subscription::Subscription,
};

/// The live feed is attached under the hub's lock, with the window as the buffer of all that came before: whatever happens
/// while chat is asked is not missed.
pub(super) async fn subscribe(
    rpc: &Rpc,
    request: Request<SubscribeRequest>,
) -> Result<Response<Subscription>, Status> {
    let caller = Caller::of(&request)?;
    let token = request.into_inner().resume_token;
    let decoded = decode(rpc, &token)?;
    let seat = rpc
        .live
        .seats
        .take(caller.user_id)
        .ok_or(Error::TooManyStreams)?;
    let now = rpc.live.positions().await.ok_or(Error::Starting)?;
    let start = start(token, decoded, now);
    if let Start::Token { positions, .. } = &start
        && !rpc.live.reach(positions).await
    {
        return Err(Error::Behind.into());
    }
    let snapshot = rpc.chat.memberships(caller.user_id).await?;
    let registered = rpc.live.subscribe(caller.user_id, snapshot, start);
    Ok(Response::new(Subscription::new(
        Arc::clone(&rpc.live),
        registered,
        seat,
    )))
}

/// None where the client has no token yet.
fn decode(rpc: &Rpc, token: &[u8]) -> Result<Option<Token>, Status> {
    if token.is_empty() {
        return Ok(None);
    }
    let mut violations = Violations::new();
    let decoded = rpc.live.codec.decode(token);
    violations.check(
        decoded.is_ok(),
        "resume_token",
        "must be a token of this service, unchanged",
    );
    violations.finish()?;
    Ok(decoded.ok())
}

fn start(token: Vec<u8>, decoded: Option<Token>, now: Vec<i64>) -> Start {
    match decoded {
        None => Start::Now(now),
        Some(Token::Positions(positions)) if positions.len() == now.len() => Start::Token {
            token: token.into(),
            positions,
        },
        // The number of partitions never changes within an epoch.
        Some(_) => Start::Reset {
            token: token.into(),
            reason: ResetReason::OtherEpoch,
        },
    }
}

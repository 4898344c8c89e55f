//! Subscribe.

use std::sync::Arc;

use auth::Caller;
use mesh::Violations;
use quicksync::notification::v1::{ResetReason, SubscribeRequest};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::{
    domain::{
        hub::{Key, Start},
        token::Token,
    },
    error::Error,
    live::{Reach, mailbox::Mailbox, subscription::Subscription},
};

/// Times that a call may find the log begun anew while chat was asked. Each waits for the window, at most `catch_up_timeout_ms`.
const OPENINGS_MAX: usize = 3;

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
    for _ in 0..OPENINGS_MAX {
        if let Some(registered) = open(rpc, &caller, &token, decoded.clone()).await? {
            let live = Arc::clone(&rpc.live);
            return Ok(Response::new(Subscription::new(
                live,
                caller.session_id,
                registered,
                seat,
            )));
        }
    }
    Err(Error::Starting.into())
}

/// None where the log was begun anew meanwhile: what was seen of it, and of chat before that, is of no use then.
async fn open(
    rpc: &Rpc,
    caller: &Caller,
    token: &[u8],
    decoded: Option<Token>,
) -> Result<Option<(Key, Arc<Mailbox>)>, Error> {
    let now = rpc.live.positions().await.ok_or(Error::Starting)?;
    let mut start = start(token.to_vec(), decoded, now);
    if let Start::Token { token, positions } = &start {
        match rpc.live.reach(positions).await {
            Reach::Reached => {}
            Reach::Behind => return Err(Error::Behind),
            Reach::Lost => {
                start = Start::Reset {
                    token: token.clone(),
                    reason: ResetReason::OtherEpoch,
                }
            }
        }
    }
    let snapshot = rpc.chat.memberships(caller.user_id).await?;
    Ok(rpc.live.subscribe(caller, snapshot, start))
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

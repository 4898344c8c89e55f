//! `GetPreferences` and `SetConversationMuted`.

use auth::Caller;
use mesh::Violations;
use quicksync::notification::v1::{
    GetPreferencesRequest, GetPreferencesResponse, SetConversationMutedRequest,
    SetConversationMutedResponse,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Rpc;
use crate::{
    db::{mutes, stays},
    error::Error,
};

pub(super) async fn get(
    rpc: &Rpc,
    request: &Request<GetPreferencesRequest>,
) -> Result<Response<GetPreferencesResponse>, Status> {
    let caller = Caller::of(request)?;
    let muted = async {
        let mut connection = rpc.pool.get().await?;
        Ok::<_, Error>(mutes::list(&mut connection, caller.user_id).await?)
    }
    .await?;
    let muted_conversation_ids = muted.iter().map(Uuid::to_string).collect();
    Ok(Response::new(GetPreferencesResponse {
        muted_conversation_ids,
    }))
}

pub(super) async fn set_muted(
    rpc: &Rpc,
    request: &Request<SetConversationMutedRequest>,
) -> Result<Response<SetConversationMutedResponse>, Status> {
    let caller = Caller::of(request)?;
    let mut violations = Violations::new();
    let conversation = violations.uuid("conversation_id", &request.get_ref().conversation_id);
    violations.finish()?;
    store(rpc, caller.user_id, conversation, request.get_ref().muted).await?;
    Ok(Response::new(SetConversationMutedResponse {}))
}

async fn store(rpc: &Rpc, user: Uuid, conversation: Uuid, muted: bool) -> Result<(), Error> {
    let is_known_member = stays::is_member(&mut *rpc.pool.get().await?, conversation, user).await?;
    // The projection may not have come to a conversation that was made just now. No connection is held while chat is asked.
    if !is_known_member && !rpc.chat.is_member(conversation, user).await? {
        return Err(Error::ConversationNotFound);
    }
    let mut connection = rpc.pool.get().await?;
    if !muted {
        mutes::remove(&mut connection, user, conversation).await?;
    } else if !mutes::add(&mut connection, user, conversation).await? {
        return Err(Error::TooManyMuted);
    }
    Ok(())
}

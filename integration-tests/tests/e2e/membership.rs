//! Members who come and go while others talk.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod churn;
mod leaving;

use integration_tests::client::Person;
use quicksync::chat::v1::{AddMembersRequest, Conversation, RemoveMemberRequest};
use tonic::Status;

/// Adds somebody; gives the conversation after that.
pub async fn add(
    owner: &Person,
    conversation_id: &str,
    person: &Person,
) -> Result<Conversation, Status> {
    let request = AddMembersRequest {
        conversation_id: conversation_id.to_owned(),
        user_ids: vec![person.user.user_id.clone()],
    };
    let response = owner.chat().add_members(request).await?.into_inner();
    Ok(response.conversation.unwrap())
}

/// Removes somebody; gives the conversation after that.
pub async fn remove(
    owner: &Person,
    conversation_id: &str,
    person: &Person,
) -> Result<Conversation, Status> {
    let request = RemoveMemberRequest {
        conversation_id: conversation_id.to_owned(),
        user_id: person.user.user_id.clone(),
    };
    let response = owner.chat().remove_member(request).await?.into_inner();
    Ok(response.conversation.unwrap())
}

//! The services behind the fake gateway. They answer what the protos promise and keep nothing else.

use std::{pin::Pin, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use quicksync::{
    chat::v1 as chat,
    chat::v1::chat_service_server::ChatService,
    messaging::v1 as messaging,
    messaging::v1::messaging_service_server::MessagingService,
    notification::v1 as notification,
    notification::v1::notification_service_server::NotificationService,
    user::v1 as user,
    user::v1::{auth_service_server::AuthService, user_service_server::UserService},
};
use runtime::Random;
use sha2::{Digest as _, Sha256};
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Request, Response, Status, async_trait};

use crate::gateway::World;

pub type Answer<T> = Result<Response<T>, Status>;

#[expect(clippy::unnecessary_wraps, reason = "it is what each method returns")]
pub fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

/// The token of every link that works.
fn good_link(token: &str) -> Result<(), Status> {
    if token == "good-token" {
        return Ok(());
    }
    let code = Code::FailedPrecondition;
    Err(mesh::status::error(code, "LINK_INVALID", "not valid"))
}

#[async_trait]
impl AuthService for World {
    async fn register(
        &self,
        request: Request<user::RegisterRequest>,
    ) -> Answer<user::RegisterResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        if state
            .users
            .iter()
            .any(|user| user.username == request.username)
        {
            return Err(mesh::status::error(
                Code::AlreadyExists,
                "USERNAME_TAKEN",
                "taken",
            ));
        }
        let new = user::User {
            user_id: Random::system().uuid_v4().to_string(),
            username: request.username,
            display_name: request.display_name,
            created_at: None,
            is_deleted: false,
        };
        state.users.push(new.clone());
        let tokens = state.issue(&new.user_id);
        answer(user::RegisterResponse {
            user: Some(new),
            tokens: Some(tokens),
        })
    }

    async fn login(&self, request: Request<user::LoginRequest>) -> Answer<user::LoginResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let known = state
            .users
            .iter()
            .find(|user| user.username == request.login)
            .cloned();
        let Some(known) = known.filter(|_| request.password == "correct horse") else {
            return Err(mesh::status::error(
                Code::Unauthenticated,
                "BAD_CREDENTIALS",
                "wrong",
            ));
        };
        let tokens = state.issue(&known.user_id);
        answer(user::LoginResponse {
            user: Some(known),
            tokens: Some(tokens),
        })
    }

    async fn refresh(
        &self,
        request: Request<user::RefreshRequest>,
    ) -> Answer<user::RefreshResponse> {
        let mut state = self.state();
        let Some(user_id) = state.refresh.remove(&request.get_ref().refresh_token) else {
            return Err(mesh::status::error(
                Code::Unauthenticated,
                "REFRESH_TOKEN_INVALID",
                "not valid",
            ));
        };
        state.refreshes += 1;
        let tokens = state.issue(&user_id);
        answer(user::RefreshResponse {
            tokens: Some(tokens),
        })
    }

    async fn logout(&self, request: Request<user::LogoutRequest>) -> Answer<user::LogoutResponse> {
        self.state()
            .refresh
            .remove(&request.get_ref().refresh_token);
        answer(user::LogoutResponse {})
    }

    async fn verify_email(
        &self,
        request: Request<user::VerifyEmailRequest>,
    ) -> Answer<user::VerifyEmailResponse> {
        good_link(&request.get_ref().token)?;
        answer(user::VerifyEmailResponse {
            email: "ada@example.org".to_owned(),
        })
    }

    async fn request_password_reset(
        &self,
        request: Request<user::RequestPasswordResetRequest>,
    ) -> Answer<user::RequestPasswordResetResponse> {
        let email = request.into_inner().email;
        self.change(format!("RequestPasswordReset {email}"));
        answer(user::RequestPasswordResetResponse {})
    }

    async fn reset_password(
        &self,
        request: Request<user::ResetPasswordRequest>,
    ) -> Answer<user::ResetPasswordResponse> {
        let request = request.into_inner();
        good_link(&request.token)?;
        self.change(format!("ResetPassword {}", request.new_password));
        answer(user::ResetPasswordResponse {})
    }

    async fn list_providers(
        &self,
        _: Request<user::ListProvidersRequest>,
    ) -> Answer<user::ListProvidersResponse> {
        let demo = user::Provider {
            provider_id: "demo".to_owned(),
            display_name: "Demo provider".to_owned(),
        };
        answer(user::ListProvidersResponse {
            providers: vec![demo],
            passwords_enabled: true,
        })
    }

    async fn redeem_sign_in(
        &self,
        request: Request<user::RedeemSignInRequest>,
    ) -> Answer<user::RedeemSignInResponse> {
        let request = request.into_inner();
        let mut state = self.state();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&request.code_verifier));
        if request.code != "good-code" || challenge != state.challenge {
            return Err(mesh::status::error(
                Code::Unauthenticated,
                "SIGN_IN_CODE_INVALID",
                "not valid",
            ));
        }
        let ada = state.user("ada");
        let tokens = state.issue(&ada.user_id);
        answer(user::RedeemSignInResponse {
            user: Some(ada),
            tokens: Some(tokens),
        })
    }

    async fn get_jwks(&self, _: Request<user::GetJwksRequest>) -> Answer<user::GetJwksResponse> {
        Err(Status::unimplemented("not needed"))
    }
}

#[async_trait]
impl UserService for World {
    async fn get_me(&self, request: Request<user::GetMeRequest>) -> Answer<user::GetMeResponse> {
        let caller = self.caller(&request)?;
        let state = self.state();
        let me = state.users.iter().find(|user| user.user_id == caller);
        answer(user::GetMeResponse {
            user: me.cloned(),
            email: "me@example.org".to_owned(),
            pending_email: "new@example.org".to_owned(),
            has_password: !state.has_no_password,
        })
    }

    async fn update_profile(
        &self,
        _: Request<user::UpdateProfileRequest>,
    ) -> Answer<user::UpdateProfileResponse> {
        Err(Status::unimplemented("not needed"))
    }

    async fn get_users(
        &self,
        request: Request<user::GetUsersRequest>,
    ) -> Answer<user::GetUsersResponse> {
        self.caller(&request)?;
        let ids = &request.get_ref().user_ids;
        let users = self
            .state()
            .users
            .iter()
            .filter(|user| ids.contains(&user.user_id))
            .cloned()
            .collect();
        answer(user::GetUsersResponse { users })
    }

    async fn search_users(
        &self,
        request: Request<user::SearchUsersRequest>,
    ) -> Answer<user::SearchUsersResponse> {
        let caller = self.caller(&request)?;
        let query = &request.get_ref().query;
        let fits = |user: &&user::User| user.user_id != caller && user.username.starts_with(query);
        let users = self.state().users.iter().filter(fits).cloned().collect();
        answer(user::SearchUsersResponse {
            users,
            next_page_token: String::new(),
        })
    }
}

impl World {
    fn conversation(
        &self,
        id: &str,
        change: impl FnOnce(&mut chat::Conversation),
    ) -> Result<chat::Conversation, Status> {
        let mut state = self.state();
        let found = state
            .conversations
            .iter_mut()
            .find(|conversation| conversation.conversation_id == id);
        let found = found.ok_or_else(|| {
            mesh::status::error(Code::NotFound, "CONVERSATION_NOT_FOUND", "not found")
        })?;
        change(found);
        found.member_count = i32::try_from(found.members.len()).unwrap();
        Ok(found.clone())
    }
}

#[async_trait]
impl ChatService for World {
    async fn create_conversation(
        &self,
        request: Request<chat::CreateConversationRequest>,
    ) -> Answer<chat::CreateConversationResponse> {
        let caller = self.caller(&request)?;
        let request = request.into_inner();
        let mut state = self.state();
        let members: Vec<_> = [caller]
            .into_iter()
            .chain(request.member_user_ids.clone())
            .collect();
        let is_same = |found: &&chat::Conversation| {
            found.kind() == chat::ConversationKind::Direct
                && found
                    .members
                    .iter()
                    .all(|member| members.contains(&member.user_id))
        };
        let found = state.conversations.iter().find(is_same).cloned();
        let found = found.filter(|_| request.kind() == chat::ConversationKind::Direct);
        let conversation =
            found.unwrap_or_else(|| state.begin(request.kind(), &request.title, &members));
        answer(chat::CreateConversationResponse {
            conversation: Some(conversation),
        })
    }

    async fn get_conversation(
        &self,
        request: Request<chat::GetConversationRequest>,
    ) -> Answer<chat::GetConversationResponse> {
        self.caller(&request)?;
        let conversation = self.conversation(&request.get_ref().conversation_id, |_| {})?;
        answer(chat::GetConversationResponse {
            conversation: Some(conversation),
        })
    }

    async fn add_members(
        &self,
        request: Request<chat::AddMembersRequest>,
    ) -> Answer<chat::AddMembersResponse> {
        self.caller(&request)?;
        let request = request.into_inner();
        let role = chat::MemberRole::Member.into();
        let conversation = self.conversation(&request.conversation_id, |conversation| {
            conversation.members.extend(
                request
                    .user_ids
                    .into_iter()
                    .map(|user_id| chat::Member { user_id, role }),
            );
        })?;
        answer(chat::AddMembersResponse {
            conversation: Some(conversation),
        })
    }

    async fn remove_member(
        &self,
        request: Request<chat::RemoveMemberRequest>,
    ) -> Answer<chat::RemoveMemberResponse> {
        self.caller(&request)?;
        let request = request.into_inner();
        let conversation = self.conversation(&request.conversation_id, |conversation| {
            conversation
                .members
                .retain(|member| member.user_id != request.user_id);
        })?;
        answer(chat::RemoveMemberResponse {
            conversation: Some(conversation),
        })
    }

    async fn leave_conversation(
        &self,
        request: Request<chat::LeaveConversationRequest>,
    ) -> Answer<chat::LeaveConversationResponse> {
        let caller = self.caller(&request)?;
        self.conversation(&request.get_ref().conversation_id, |conversation| {
            conversation
                .members
                .retain(|member| member.user_id != caller);
        })?;
        answer(chat::LeaveConversationResponse {})
    }

    async fn send_message(
        &self,
        request: Request<chat::SendMessageRequest>,
    ) -> Answer<chat::SendMessageResponse> {
        let caller = self.caller(&request)?;
        let request = request.into_inner();
        let mut state = self.state();
        let message = state.say(
            &request.conversation_id,
            &caller,
            &request.client_message_id,
            &request.text,
        );
        if state.lost_answers > 0 {
            state.lost_answers -= 1;
            return Err(mesh::status::error(
                Code::Unavailable,
                "CONNECTION_LOST",
                "lost",
            ));
        }
        answer(chat::SendMessageResponse {
            message_id: message.message_id,
            sequence: message.sequence,
        })
    }

    async fn send_typing(
        &self,
        _: Request<chat::SendTypingRequest>,
    ) -> Answer<chat::SendTypingResponse> {
        Err(Status::unimplemented("not needed"))
    }

    async fn list_recent_messages(
        &self,
        _: Request<chat::ListRecentMessagesRequest>,
    ) -> Answer<chat::ListRecentMessagesResponse> {
        Err(Status::unimplemented("not needed"))
    }
}

#[async_trait]
impl MessagingService for World {
    async fn list_conversations(
        &self,
        request: Request<messaging::ListConversationsRequest>,
    ) -> Answer<messaging::ListConversationsResponse> {
        let caller = self.caller(&request)?;
        let state = self.state();
        let is_mine = |found: &&chat::Conversation| {
            found.members.iter().any(|member| member.user_id == caller)
        };
        let summary = |conversation: &chat::Conversation| {
            let is_here =
                |message: &&chat::Message| message.conversation_id == conversation.conversation_id;
            let last_message = state.messages.iter().rfind(is_here).cloned();
            messaging::ConversationSummary {
                conversation: Some(conversation.clone()),
                last_activity_at: last_message.as_ref().and_then(|message| message.sent_at),
                unread_count: i32::from(
                    last_message
                        .as_ref()
                        .is_some_and(|last| last.sequence > state.read_up_to),
                ),
                last_message,
                last_read_sequence: state.read_up_to,
            }
        };
        let conversations = state
            .conversations
            .iter()
            .filter(is_mine)
            .map(summary)
            .collect();
        answer(messaging::ListConversationsResponse {
            conversations,
            next_page_token: String::new(),
            may_lack_newest: false,
        })
    }

    async fn list_messages(
        &self,
        request: Request<messaging::ListMessagesRequest>,
    ) -> Answer<messaging::ListMessagesResponse> {
        use messaging::list_messages_request::Position;
        self.caller(&request)?;
        let request = request.into_inner();
        let page_size = usize::try_from(request.page_size).unwrap();
        let state = self.state();
        let here = state
            .messages
            .iter()
            .filter(|message| message.conversation_id == request.conversation_id);
        let before = match &request.position {
            Some(Position::AfterSequence(after)) => {
                let messages = here
                    .filter(|message| message.sequence > *after)
                    .take(page_size)
                    .cloned()
                    .collect();
                return answer(messaging::ListMessagesResponse {
                    messages,
                    ..Default::default()
                });
            }
            Some(Position::BeforeSequence(before)) => *before,
            Some(Position::PageToken(token)) => token.parse().unwrap(),
            None => i64::MAX,
        };
        let fitting: Vec<_> = here
            .filter(|message| message.sequence < before)
            .cloned()
            .collect();
        let messages = fitting[fitting.len().saturating_sub(page_size)..].to_vec();
        let has_older = messages.len() < fitting.len();
        let oldest = messages.first().filter(|_| has_older);
        let older_page_token = oldest
            .map(|oldest| oldest.sequence.to_string())
            .unwrap_or_default();
        answer(messaging::ListMessagesResponse {
            messages,
            older_page_token,
            ..Default::default()
        })
    }

    async fn mark_read(
        &self,
        request: Request<messaging::MarkReadRequest>,
    ) -> Answer<messaging::MarkReadResponse> {
        self.caller(&request)?;
        self.state().read_up_to = request.get_ref().sequence;
        answer(messaging::MarkReadResponse {
            last_read_sequence: request.get_ref().sequence,
        })
    }
}

#[async_trait]
impl NotificationService for World {
    type SubscribeStream =
        Pin<Box<dyn Stream<Item = Result<notification::SubscribeResponse, Status>> + Send>>;

    async fn subscribe(
        &self,
        request: Request<notification::SubscribeRequest>,
    ) -> Answer<Self::SubscribeStream> {
        self.caller(&request)?;
        let mut state = self.state();
        state.resumed_from.push(request.into_inner().resume_token);
        let script = state.streams.pop_front().unwrap_or_default();
        let said = tokio_stream::iter(script);
        let breaking = Arc::clone(&self.breaking);
        let stream: Self::SubscribeStream = if state.streams.is_empty() {
            let broken = async move {
                breaking.notified().await;
                Err(Status::unavailable("broken"))
            };
            Box::pin(said.chain(futures::stream::once(broken)))
        } else {
            Box::pin(said)
        };
        answer(stream)
    }

    async fn list_notifications(
        &self,
        _: Request<notification::ListNotificationsRequest>,
    ) -> Answer<notification::ListNotificationsResponse> {
        Err(Status::unimplemented("not needed"))
    }

    async fn mark_notifications_read(
        &self,
        _: Request<notification::MarkNotificationsReadRequest>,
    ) -> Answer<notification::MarkNotificationsReadResponse> {
        Err(Status::unimplemented("not needed"))
    }

    async fn get_preferences(
        &self,
        _: Request<notification::GetPreferencesRequest>,
    ) -> Answer<notification::GetPreferencesResponse> {
        Err(Status::unimplemented("not needed"))
    }

    async fn set_conversation_muted(
        &self,
        _: Request<notification::SetConversationMutedRequest>,
    ) -> Answer<notification::SetConversationMutedResponse> {
        Err(Status::unimplemented("not needed"))
    }
}

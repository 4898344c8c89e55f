//! All methods as the descriptors tell them, and a good request of each: what tests start from that must not forget a method.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::sync::LazyLock;

use auth::{Access, Policy};
use integration_tests::{
    client::{PASSWORD, new_id, unique_username},
    mesh::Service,
};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use quicksync::{
    FILE_DESCRIPTOR_SET,
    chat::v1::{
        AddMembersRequest, ConversationKind, CreateConversationRequest, GetConversationRequest,
        LeaveConversationRequest, ListRecentMessagesRequest, RemoveMemberRequest,
        SendMessageRequest, SendTypingRequest,
    },
    messaging::v1::{ListConversationsRequest, ListMessagesRequest, MarkReadRequest},
    notification::v1::{
        GetPreferencesRequest, ListNotificationsRequest, MarkNotificationsReadRequest,
        SetConversationMutedRequest, SubscribeRequest,
    },
    user::v1::{
        GetJwksRequest, GetMeRequest, GetUsersRequest, ListProvidersRequest, LoginRequest,
        LogoutRequest, RedeemSignInRequest, RefreshRequest, RegisterRequest,
        RequestPasswordResetRequest, ResetPasswordRequest, SearchUsersRequest,
        UpdateProfileRequest, VerifyEmailRequest,
    },
};

mod own_account;

/// A method of a service.
#[derive(Clone, Debug)]
pub struct Method {
    /// `/package.Service/Method`.
    pub path: String,
    /// Who may call it.
    pub access: Access,
    /// What it takes.
    pub request: MessageDescriptor,
    /// What it answers.
    pub response: MessageDescriptor,
}

/// What good requests are about.
#[derive(Clone, Debug)]
pub struct Subject {
    /// A conversation.
    pub conversation_id: String,
    /// Somebody.
    pub user_id: String,
    /// What finds them.
    pub query: String,
    /// A sequence that the log has reached.
    pub sequence: i64,
}

static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
    let policy = Policy::from_descriptors(FILE_DESCRIPTOR_SET).unwrap();
    let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
    let services: Vec<_> = pool.services().collect();
    let methods = services.iter().flat_map(|service| {
        service.methods().map(|method| {
            (
                format!("/{}/{}", service.full_name(), method.name()),
                method,
            )
        })
    });
    methods
        .map(|(path, method)| Method {
            access: policy.access(&path).unwrap().clone(),
            path,
            request: method.input(),
            response: method.output(),
        })
        .collect()
});

/// All that there are.
pub fn all() -> &'static [Method] {
    &METHODS
}

/// Those that people or everybody may call.
pub fn for_people() -> impl Iterator<Item = &'static Method> {
    all()
        .iter()
        .filter(|method| matches!(method.access, Access::Public | Access::User))
}

impl Method {
    /// Whether its request has a field of that name.
    pub fn takes(&self, field: &str) -> bool {
        self.request.get_field_by_name(field).is_some()
    }

    /// The service that has it.
    pub fn service(&self) -> Service {
        let package = self.path.split('.').nth(1);
        Service::ALL
            .into_iter()
            .find(|service| Some(service.name()) == package)
            .expect("packages are named after services")
    }

    /// A request that is carried out, by somebody who may.
    pub fn good_request(&self, subject: &Subject) -> DynamicMessage {
        let bytes = good_request(&self.path, subject);
        DynamicMessage::decode(self.request.clone(), bytes.as_slice()).unwrap()
    }
}

fn good_request(path: &str, subject: &Subject) -> Vec<u8> {
    let (service, method) = path[1..].split_once('/').unwrap();
    match service {
        "quicksync.user.v1.AuthService" => of_auth(method, subject),
        "quicksync.user.v1.AccountService" => own_account::of_account(method),
        "quicksync.user.v1.SessionService" => own_account::of_session(method),
        "quicksync.user.v1.UserService" => of_user(method, subject),
        "quicksync.chat.v1.ChatService" => of_chat(method, subject),
        "quicksync.messaging.v1.MessagingService" => of_messaging(method, subject),
        "quicksync.notification.v1.NotificationService" => of_notification(method, subject),
        _ => None,
    }
    .unwrap_or_else(|| panic!("{path} is new: give it a good request here"))
}

fn of_auth(method: &str, _: &Subject) -> Option<Vec<u8>> {
    let username = unique_username("somebody");
    Some(match method {
        "Register" => RegisterRequest {
            email: format!("{username}@example.org"),
            username,
            display_name: "Somebody".to_owned(),
            password: PASSWORD.to_owned(),
        }
        .encode_to_vec(),
        "Login" => LoginRequest {
            login: username,
            password: PASSWORD.to_owned(),
        }
        .encode_to_vec(),
        "Refresh" => RefreshRequest {
            refresh_token: "of nobody".to_owned(),
        }
        .encode_to_vec(),
        "Logout" => LogoutRequest {
            refresh_token: "of nobody".to_owned(),
        }
        .encode_to_vec(),
        "VerifyEmail" => VerifyEmailRequest {
            token: "of nobody".to_owned(),
        }
        .encode_to_vec(),
        "RequestPasswordReset" => RequestPasswordResetRequest {
            email: format!("{username}@example.org"),
        }
        .encode_to_vec(),
        "ResetPassword" => ResetPasswordRequest {
            token: "of nobody".to_owned(),
            new_password: PASSWORD.to_owned(),
        }
        .encode_to_vec(),
        "ListProviders" => ListProvidersRequest {}.encode_to_vec(),
        "RedeemSignIn" => RedeemSignInRequest {
            code: "of nobody".to_owned(),
            code_verifier: "v".repeat(43),
        }
        .encode_to_vec(),
        "GetJwks" => GetJwksRequest {}.encode_to_vec(),
        _ => return None,
    })
}

fn of_user(method: &str, subject: &Subject) -> Option<Vec<u8>> {
    Some(match method {
        "GetMe" => GetMeRequest {}.encode_to_vec(),
        "UpdateProfile" => UpdateProfileRequest { display_name: None }.encode_to_vec(),
        "GetUsers" => GetUsersRequest {
            user_ids: vec![subject.user_id.clone()],
        }
        .encode_to_vec(),
        "SearchUsers" => SearchUsersRequest {
            query: subject.query.clone(),
            ..Default::default()
        }
        .encode_to_vec(),
        _ => return None,
    })
}

fn of_chat(method: &str, subject: &Subject) -> Option<Vec<u8>> {
    let conversation_id = subject.conversation_id.clone();
    Some(match method {
        "CreateConversation" => CreateConversationRequest {
            kind: ConversationKind::Group.into(),
            title: "A group".to_owned(),
            member_user_ids: vec![subject.user_id.clone()],
            client_conversation_id: new_id().to_string(),
            ..Default::default()
        }
        .encode_to_vec(),
        "GetConversation" => GetConversationRequest { conversation_id }.encode_to_vec(),
        "AddMembers" => AddMembersRequest {
            conversation_id,
            user_ids: vec![subject.user_id.clone()],
        }
        .encode_to_vec(),
        "RemoveMember" => RemoveMemberRequest {
            conversation_id,
            user_id: subject.user_id.clone(),
        }
        .encode_to_vec(),
        "LeaveConversation" => LeaveConversationRequest { conversation_id }.encode_to_vec(),
        "SendMessage" => SendMessageRequest {
            conversation_id,
            client_message_id: new_id().to_string(),
            text: "hello".to_owned(),
        }
        .encode_to_vec(),
        "SendTyping" => SendTypingRequest { conversation_id }.encode_to_vec(),
        "ListRecentMessages" => ListRecentMessagesRequest {
            conversation_id,
            page_size: 0,
        }
        .encode_to_vec(),
        _ => return None,
    })
}

fn of_messaging(method: &str, subject: &Subject) -> Option<Vec<u8>> {
    let conversation_id = subject.conversation_id.clone();
    Some(match method {
        "ListConversations" => ListConversationsRequest::default().encode_to_vec(),
        "ListMessages" => ListMessagesRequest {
            conversation_id,
            ..Default::default()
        }
        .encode_to_vec(),
        "MarkRead" => MarkReadRequest {
            conversation_id,
            sequence: subject.sequence,
        }
        .encode_to_vec(),
        _ => return None,
    })
}

fn of_notification(method: &str, subject: &Subject) -> Option<Vec<u8>> {
    Some(match method {
        "Subscribe" => SubscribeRequest::default().encode_to_vec(),
        "ListNotifications" => ListNotificationsRequest::default().encode_to_vec(),
        "MarkNotificationsRead" => MarkNotificationsReadRequest {
            notification_ids: vec![new_id().to_string()],
        }
        .encode_to_vec(),
        "GetPreferences" => GetPreferencesRequest {}.encode_to_vec(),
        "SetConversationMuted" => SetConversationMutedRequest {
            conversation_id: subject.conversation_id.clone(),
            muted: true,
        }
        .encode_to_vec(),
        _ => return None,
    })
}

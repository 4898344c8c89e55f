//! Good requests about one's own account.

use integration_tests::client::{PASSWORD, new_id, unique_username};
use prost::Message;
use quicksync::user::v1::{
    ChangeEmailRequest, ChangePasswordRequest, DeleteAccountRequest, ListIdentitiesRequest,
    ListSecurityEventsRequest, ListSessionsRequest, RevokeOtherSessionsRequest,
    RevokeSessionRequest, SendVerificationEmailRequest, UnlinkIdentityRequest,
};

pub(super) fn of_account(method: &str) -> Option<Vec<u8>> {
    Some(match method {
        "ChangePassword" => ChangePasswordRequest {
            old_password: PASSWORD.to_owned(),
            new_password: PASSWORD.chars().rev().collect(),
        }
        .encode_to_vec(),
        "ChangeEmail" => ChangeEmailRequest {
            email: format!("{}@example.org", unique_username("other")),
            password: PASSWORD.to_owned(),
        }
        .encode_to_vec(),
        "SendVerificationEmail" => SendVerificationEmailRequest {}.encode_to_vec(),
        "ListIdentities" => ListIdentitiesRequest {}.encode_to_vec(),
        "UnlinkIdentity" => UnlinkIdentityRequest {
            identity_id: new_id().to_string(),
        }
        .encode_to_vec(),
        "DeleteAccount" => DeleteAccountRequest {
            password: PASSWORD.to_owned(),
        }
        .encode_to_vec(),
        _ => return None,
    })
}

pub(super) fn of_session(method: &str) -> Option<Vec<u8>> {
    Some(match method {
        "ListSessions" => ListSessionsRequest {}.encode_to_vec(),
        "RevokeSession" => RevokeSessionRequest {
            session_id: new_id().to_string(),
        }
        .encode_to_vec(),
        "RevokeOtherSessions" => RevokeOtherSessionsRequest {}.encode_to_vec(),
        "ListSecurityEvents" => ListSecurityEventsRequest::default().encode_to_vec(),
        _ => return None,
    })
}

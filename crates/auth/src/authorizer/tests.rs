//! The door as a whole, without a server around it.

use http::HeaderValue;
use tonic::Code;
use uuid::Uuid;

use super::*;
use crate::testing::Issuer;

const FOR_PEOPLE: &str = "/quicksync.user.v1.UserService/GetMe";
const FOR_ANYBODY: &str = "/quicksync.user.v1.AuthService/Login";

fn door(issuer: &Issuer) -> (Authorizer, Context) {
    let context = Context::for_tests();
    let policy = Policy::from_descriptors(quicksync::FILE_DESCRIPTOR_SET).unwrap();
    let verifier = Verifier::new(
        &Config::default(),
        issuer.key_source(),
        context.clock.clone(),
    );
    (Authorizer::new(policy, Arc::new(verifier)), context)
}

fn headers(values: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(AUTHORIZATION, HeaderValue::from_str(value).unwrap());
    }
    headers
}

#[tokio::test]
async fn a_person_is_let_in_and_known() {
    let issuer = Issuer::new();
    let (door, context) = door(&issuer);
    let ada = issuer.person(&context.clock);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let headers = headers(&[&format!("{scheme} {}", ada.access_token)]);
        let caller = door.admit(FOR_PEOPLE, &headers).await.unwrap().unwrap();
        assert_eq!(
            (caller.user_id, caller.session_id),
            (ada.user_id, ada.session_id)
        );
    }
}

#[tokio::test]
async fn a_public_method_looks_at_no_token() {
    let (door, _) = door(&Issuer::new());
    assert_eq!(
        door.admit(FOR_ANYBODY, &headers(&["Bearer nonsense"]))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn without_a_token_there_is_a_reason_that_says_so() {
    let (door, _) = door(&Issuer::new());
    for values in [&[][..], &["Basic YTpi"], &["Bearer"], &["x"]] {
        let error = door.admit(FOR_PEOPLE, &headers(values)).await.unwrap_err();
        assert!(matches!(error, Error::Missing), "{values:?}: {error:?}");
        assert_eq!(Status::from(error).code(), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn two_tokens_are_none() {
    let issuer = Issuer::new();
    let (door, context) = door(&issuer);
    let bearer = format!("Bearer {}", issuer.person(&context.clock).access_token);
    let error = door
        .admit(FOR_PEOPLE, &headers(&[&bearer, &bearer]))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Invalid(_)));
}

#[tokio::test]
async fn an_unknown_method_is_unimplemented() {
    let (door, _) = door(&Issuer::new());
    let error = door
        .admit("/quicksync.user.v1.UserService/Nothing", &HeaderMap::new())
        .await
        .unwrap_err();
    assert_eq!(Status::from(error).code(), Code::Unimplemented);
}

#[tokio::test]
async fn an_expired_token_says_so() {
    let issuer = Issuer::new();
    let (door, context) = door(&issuer);
    let past = context.clock.now() - time::Duration::minutes(1);
    let token = issuer.token(Uuid::from_u128(1), Uuid::from_u128(2), past);
    let error = door
        .admit(FOR_PEOPLE, &headers(&[&format!("Bearer {token}")]))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Expired));
}

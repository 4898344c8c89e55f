use quicksync::{
    notification::v1::{SubscribeRequest, notification_service_client::NotificationServiceClient},
    user::v1::{
        GetJwksRequest, GetMeRequest, SearchUsersRequest, auth_service_client::AuthServiceClient,
        user_service_client::UserServiceClient,
    },
};
use tonic::{Code, transport::Channel};

use crate::support::{eventually, gateway::Gateway, soon, upstream::DETAILS};

async fn channel(gateway: &Gateway) -> Channel {
    let address = format!("http://{}", gateway.address);
    Channel::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap()
}

fn search(query: &str) -> SearchUsersRequest {
    SearchUsersRequest {
        query: query.to_owned(),
        ..SearchUsersRequest::default()
    }
}

#[tokio::test]
async fn plain_grpc_works_with_its_errors_unharmed() {
    let gateway = Gateway::start().await;
    let channel = channel(&gateway).await;
    AuthServiceClient::new(channel.clone())
        .get_jwks(GetJwksRequest {})
        .await
        .unwrap();

    let mut users = UserServiceClient::new(channel);
    let answer = users
        .search_users(gateway.ada.request(search("echo")))
        .await
        .unwrap();
    assert_eq!(answer.into_inner().next_page_token, "echo");

    let failed = users
        .search_users(gateway.ada.request(search("fail")))
        .await
        .unwrap_err();
    assert_eq!(failed.code(), Code::FailedPrecondition);
    assert_eq!(failed.message(), "not now: ä\n%");
    assert_eq!(failed.details(), DETAILS);
    assert_eq!(failed.metadata().get("x-why").unwrap(), "because");
}

#[tokio::test]
async fn errors_of_the_gateway_are_proper_ones() {
    let gateway = Gateway::start().await;
    let mut users = UserServiceClient::new(channel(&gateway).await);
    let refused = users.get_me(GetMeRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(
        mesh::status::reason_of(&refused).unwrap(),
        "ACCESS_TOKEN_MISSING"
    );

    let large = users
        .search_users(gateway.ada.request(search(&"x".repeat(2 << 20))))
        .await;
    assert_eq!(large.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_stream_ends_with_its_error_and_is_cancelled_by_its_client() {
    let gateway = Gateway::start().await;
    let mut notifications = NotificationServiceClient::new(channel(&gateway).await);
    let mut open = async |token: &str| {
        let request = SubscribeRequest {
            resume_token: token.into(),
        };
        notifications
            .subscribe(gateway.ada.request(request))
            .await
            .unwrap()
            .into_inner()
    };
    let mut failing = open("fail").await;
    assert!(soon(failing.message()).await.unwrap().is_some());
    let failed = soon(failing.message()).await.unwrap_err();
    assert_eq!(failed.details(), DETAILS);

    let before = gateway.upstream.seen.cancelled();
    let mut silent = open("silent").await;
    assert!(soon(silent.message()).await.unwrap().is_some());
    drop(silent);
    eventually("the upstream is cancelled", || {
        gateway.upstream.seen.cancelled() > before
    })
    .await;
}

use quicksync::{
    notification::v1::{SubscribeRequest, notification_service_client::NotificationServiceClient},
    user::v1::{SearchUsersRequest, user_service_client::UserServiceClient},
};
use tokio::net::TcpStream;
use tonic::{Code, transport::Channel};

use crate::support::{
    eventually,
    gateway::Gateway,
    soon,
    web::{SUBSCRIBE, call, read},
};

#[tokio::test]
async fn what_was_begun_goes_on_and_ends_with_a_status() {
    let gateway = Gateway::start_with(|config| config.process.drain.grace_ms = 1_000).await;
    let silent = SubscribeRequest {
        resume_token: b"silent".to_vec(),
    };
    let by_web = call(SUBSCRIBE, &silent)
        .header("authorization", gateway.bearer())
        .send(gateway.address)
        .await;
    let address = format!("http://{}", gateway.address);
    let channel = Channel::from_shared(address)
        .unwrap()
        .connect()
        .await
        .unwrap();
    let mut notifications = NotificationServiceClient::new(channel.clone());
    let mut by_grpc = notifications
        .subscribe(gateway.ada.request(silent))
        .await
        .unwrap()
        .into_inner();
    soon(by_grpc.message()).await.unwrap();
    let hang = SearchUsersRequest {
        query: "hang".to_owned(),
        ..SearchUsersRequest::default()
    };
    let hanging = gateway.ada.request(hang);
    let unary =
        tokio::spawn(async move { UserServiceClient::new(channel).search_users(hanging).await });
    eventually("all calls have arrived", || {
        gateway.upstream.seen.calls() == 3
    })
    .await;

    let public = gateway.address;
    gateway.stop().await;
    assert!(
        TcpStream::connect(public).await.is_err(),
        "nothing new is accepted"
    );

    let web = soon(read(by_web)).await;
    assert_eq!(web.code(), Code::Unavailable);
    assert_eq!(web.reason(), "SHUTTING_DOWN");
    let grpc = soon(by_grpc.message()).await.unwrap_err();
    assert_eq!(grpc.code(), Code::Unavailable);
    let unary = soon(unary).await.unwrap().unwrap_err();
    assert_eq!(unary.code(), Code::Unavailable);
}

#[tokio::test]
async fn an_idle_gateway_stops_at_once() {
    let gateway = Gateway::start().await;
    let _idle = TcpStream::connect(gateway.address).await.unwrap();
    gateway.stop().await;
}

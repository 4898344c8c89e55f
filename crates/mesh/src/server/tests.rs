use std::{sync::Arc, time::Duration};

use futures::{FutureExt, future::BoxFuture};
use http::HeaderMap;
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::{Authorize, BindError, Builder, Call, Config, Drained};
use crate::{
    Metrics, status,
    testing::{Echo, GRACE, PATIENCE, Running, SAY, channel, say, say_with, watch},
};

/// Long enough to get a call through, short enough to wait for.
const DEADLINE: Duration = Duration::from_millis(200);

#[tokio::test]
async fn a_unary_call_that_takes_too_long_is_deadline_exceeded() {
    let server = Running::start(Echo::default()).await;
    let error = say_with(&server.channel(), "hang", HeaderMap::new(), Some(DEADLINE))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert_eq!(
        status::reason_of(&error).as_deref(),
        Some("DEADLINE_EXCEEDED")
    );
}

/// The client here is tonic's own, which lets go of a stream's deadline once its headers are out.
#[tokio::test]
async fn the_server_ends_a_stream_at_its_deadline() {
    let server = Running::start(Echo::default()).await;
    for what in ["hang", "flood"] {
        let endpoint =
            tonic::transport::Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
        let mut grpc = tonic::client::Grpc::new(endpoint.connect().await.unwrap());
        grpc.ready().await.unwrap();
        let mut request = tonic::Request::new(what.to_owned());
        request.set_timeout(DEADLINE);
        let path = http::uri::PathAndQuery::from_static("/test.v1.Echo/Watch");
        let codec = tonic_prost::ProstCodec::<String, String>::default();
        let mut stream = grpc
            .server_streaming(request, path, codec)
            .await
            .unwrap()
            .into_inner();
        let read_all = async {
            loop {
                if let Err(error) = stream.message().await {
                    return error;
                }
            }
        };
        let error = timeout(PATIENCE, read_all).await.unwrap();
        assert_eq!(error.code(), Code::DeadlineExceeded, "{what}: {error:?}");
    }
}

#[tokio::test]
async fn a_timeout_that_cannot_be_read_is_refused() {
    let server = Running::start(Echo::default()).await;
    let uri = format!("http://{}", server.address);
    let mut grpc = tonic::client::Grpc::new(
        tonic::transport::Endpoint::from_shared(uri)
            .unwrap()
            .connect_lazy(),
    );
    grpc.ready().await.unwrap();
    let mut request = tonic::Request::new("hello".to_owned());
    request
        .metadata_mut()
        .insert("grpc-timeout", "soon".parse().unwrap());
    let path = http::uri::PathAndQuery::from_static(SAY);
    let answer = grpc
        .unary(
            request,
            path,
            tonic_prost::ProstCodec::<String, String>::default(),
        )
        .await;
    assert_eq!(answer.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_panic_is_internal_and_the_server_goes_on() {
    let server = Running::start(Echo::default()).await;
    let channel = server.channel();
    let error = say(&channel, "panic").await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(
        error.message().starts_with("internal error; request id "),
        "{error:?}"
    );

    let mut stream = watch(&channel, "panic", None).await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    assert_eq!(stream.message().await.unwrap_err().code(), Code::Internal);
    assert_eq!(say(&channel, "hello").await.unwrap(), "hello");
}

#[tokio::test]
async fn a_stream_ends_with_the_status_of_its_service() {
    let server = Running::start(Echo::default()).await;
    let mut stream = watch(&server.channel(), "error", None).await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    assert_eq!(stream.message().await.unwrap_err().code(), Code::Aborted);
    let mut stream = watch(&server.channel(), "first", None).await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    assert_eq!(stream.message().await.unwrap(), None);
}

#[tokio::test]
async fn a_drain_lets_calls_finish_and_takes_no_new_ones() {
    let echo = Echo::default();
    let server = Running::start(echo.clone()).await;
    let channel = server.channel();
    let waiting = tokio::spawn({
        let channel = channel.clone();
        async move { say(&channel, "wait").await }
    });
    echo.entered.notified().await;
    server.draining.cancel();
    // The port is let go at once; a call over the old connection is not taken either, once GOAWAY has arrived.
    let refused = async {
        while let Ok(said) = say(&channel, "hello").await {
            assert_eq!(said, "hello");
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
    let error = say(&channel, "hello").await.unwrap_err();
    assert_eq!(
        status::reason_of(&error).as_deref(),
        Some("UPSTREAM_UNREACHABLE"),
        "{error:?}"
    );
    echo.release.notify_one();
    assert_eq!(waiting.await.unwrap().unwrap(), "waited");
    assert_eq!(
        timeout(PATIENCE, server.task).await.unwrap().unwrap(),
        Drained::Complete
    );
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_a_drain() {
    let server = Running::start(Echo::default()).await;
    let channel = server.channel();
    say(&channel, "hello").await.unwrap();
    assert_eq!(
        timeout(PATIENCE, server.stop()).await.unwrap(),
        Drained::Complete
    );
}

#[tokio::test]
async fn what_outlives_the_grace_is_cut_off() {
    let echo = Echo::default();
    let server = Running::start_with(echo.clone(), Config::default(), None, DEADLINE).await;
    let mut stream = watch(&server.channel(), "hang", None).await.unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    let started = Instant::now();
    assert_eq!(server.stop().await, Drained::CutOff { connections: 1 });
    assert!(started.elapsed() < GRACE);
    let error = stream.message().await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert_eq!(
        status::reason_of(&error).as_deref(),
        Some("CONNECTION_LOST")
    );
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused() {
    let config = Config {
        message_bytes_max: 1000,
        ..Config::default()
    };
    let server = Running::start_with(Echo::default(), config, None, GRACE).await;
    let channel = server.channel();
    // Tag and length take the rest of the thousand.
    let fits = "x".repeat(997);
    assert_eq!(say(&channel, &fits).await.unwrap(), fits);
    let error = say(&channel, &"x".repeat(998)).await.unwrap_err();
    assert_eq!(error.code(), Code::ResourceExhausted);
    assert_eq!(
        error.message(),
        "the message has 1001 bytes; at most 1000 are taken"
    );
}

#[tokio::test]
async fn an_unknown_service_is_unimplemented() {
    let server = Running::start(Echo::default()).await;
    let mut grpc = tonic::client::Grpc::new(server.channel());
    let path = http::uri::PathAndQuery::from_static("/nobody.v1.Nothing/Do");
    let codec = tonic_prost::ProstCodec::<String, String>::default();
    let error = grpc
        .unary(tonic::Request::new(String::new()), path, codec)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}

/// Lets in who says a name.
struct Doorman;

impl Authorize for Doorman {
    fn authorize<'a>(&'a self, call: Call<'a>) -> BoxFuture<'a, Result<(), Status>> {
        async move {
            assert_eq!(call.path, SAY);
            let name = call
                .headers
                .get("name")
                .ok_or_else(|| Status::unauthenticated("who?"))?;
            call.extensions.insert(name.to_str().unwrap().to_owned());
            Ok(())
        }
        .boxed()
    }
}

#[tokio::test]
async fn an_authorizer_refuses_or_tells_the_handler_who_calls() {
    let server = Running::start_with(
        Echo::default(),
        Config::default(),
        Some(Arc::new(Doorman)),
        GRACE,
    )
    .await;
    let channel = server.channel();
    assert_eq!(
        say(&channel, "caller").await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let headers = HeaderMap::from_iter([("name".parse().unwrap(), "ada".parse().unwrap())]);
    assert_eq!(
        say_with(&channel, "caller", headers, None).await.unwrap(),
        "ada"
    );
    // Health shows nothing of anybody and asks nobody.
    HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn health_follows_the_drain_and_its_watch_ends() {
    let echo = Echo::default();
    let server = Running::start(echo.clone()).await;
    let mut health = HealthClient::new(server.channel());
    let request = || HealthCheckRequest {
        service: "test.v1.Echo".into(),
    };
    let serving = health.check(request()).await.unwrap().into_inner();
    assert_eq!(serving.status(), ServingStatus::Serving);
    let mut watched = health.watch(request()).await.unwrap().into_inner();
    assert_eq!(
        watched.message().await.unwrap().unwrap().status(),
        ServingStatus::Serving
    );
    // The watch alone must not hold up the drain.
    assert_eq!(
        timeout(PATIENCE, server.stop()).await.unwrap(),
        Drained::Complete
    );
    let error = loop {
        match watched.message().await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(status::reason_of(&error).as_deref(), Some("SHUTTING_DOWN"));
}

#[tokio::test]
async fn reflection_lists_what_the_descriptors_have() {
    use tonic_reflection::pb::v1::{
        ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
        server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    };
    let server = Running::start(Echo::default()).await;
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = ServerReflectionClient::new(server.channel());
    let mut answers = client
        .server_reflection_info(futures::stream::iter([ask]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response;
    let Some(MessageResponse::ListServicesResponse(list)) = answer else {
        panic!("{answer:?}")
    };
    assert!(
        list.service
            .iter()
            .any(|service| service.name == "grpc.health.v1.Health"),
        "{list:?}"
    );
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_its_key() {
    let server = Running::start(Echo::default()).await;
    let config = Config {
        listen: server.address,
        ..Config::default()
    };
    let bound = Builder::new(&config, &Metrics::detached()).bind().await;
    let Err(error @ BindError::Listen { .. }) = bound else {
        panic!("bound a port that is taken")
    };
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {} (grpc.listen)", server.address)
    );
}

#[tokio::test]
async fn many_calls_share_a_connection() {
    let server = Running::start(Echo::default()).await;
    let channel = channel([server.address]);
    let calls = (0..200).map(|number| {
        let channel = channel.clone();
        async move { (number, say(&channel, &number.to_string()).await.unwrap()) }
    });
    for (number, said) in futures::future::join_all(calls).await {
        assert_eq!(said, number.to_string());
    }
    assert_eq!(server.metrics.connections().get(), 1);
}

#[test]
fn a_wrong_configuration_names_its_keys() {
    assert!(Config::default().problems().is_empty());
    let config = Config {
        message_bytes_max: 5 << 20,
        connections_max: 0,
        streams_per_connection_max: 0,
        ..Config::default()
    };
    let keys: Vec<_> = config.problems().into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "message_bytes_max",
            "connections_max",
            "streams_per_connection_max"
        ]
    );
}

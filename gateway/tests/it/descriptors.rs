//! Services of other teams whose descriptors come and change while the gateway runs.

use tokio::net::TcpListener;
use tonic::{Code, transport::Server};

use crate::{
    other_teams::{gateway, gateway_with, place},
    support::{
        connect::{get, post},
        eventually,
        gateway::Gateway,
        serving::Serving,
        soon,
        weather::{
            Forecast, Forecaster, GET_FORECAST, GUESS_FORECAST, WATCH_FORECAST, Weather,
            reflection_of,
        },
        web::{Answer, call},
    },
};

async fn guess(gateway: &Gateway) -> Answer {
    call(GUESS_FORECAST, &place("Oslo"))
        .answer(gateway.address)
        .await
}

fn failures(gateway: &Gateway) -> u64 {
    let metrics = gateway.metrics();
    let failures = metrics.lines().find_map(|line| {
        line.strip_prefix(r#"test_descriptor_failures_total{upstream="weather"} "#)
    });
    failures.map_or(0, |count| count.parse().unwrap())
}

/// Waits until the forecast of the next version can be had.
async fn until_guessed(gateway: &Gateway) {
    let guessed = async { while guess(gateway).await.code() != Code::Ok {} };
    soon(guessed).await;
}

#[tokio::test]
async fn a_method_that_is_new_in_the_file_can_be_called_without_a_restart() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    assert_eq!(guess(&gateway).await.code(), Code::Unimplemented);
    let path = "/weather/v1/places/Oslo/guess";
    assert_eq!(get(gateway.address, path, &[]).await.status, 404);
    weather.hand_over(&weather.next_descriptors());
    until_guessed(&gateway).await;
    let by_rest = get(gateway.address, path, &[]).await;
    assert_eq!(by_rest.json()["place"], "places/Oslo");
    let described = get(gateway.address, "/openapi.json", &[]).await;
    let path = "/weather/v1/places/{name}/guess";
    assert!(described.json()["paths"][path].is_object());
    let taken = r#"test_descriptors_taken_total{upstream="weather"} 1"#;
    assert!(gateway.metrics().contains(taken), "{}", gateway.metrics());
}

#[tokio::test]
async fn a_file_that_is_broken_changes_nothing_and_is_told() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    // No descriptors at all, and none of the service that is configured.
    for broken in [&b"not yet whole"[..], b""] {
        let before = failures(&gateway);
        weather.hand_over(broken);
        eventually("it is told", || failures(&gateway) > before).await;
        let forecast = call(GET_FORECAST, &place("Oslo"));
        let forecast = forecast.answer(gateway.address).await;
        assert_eq!(forecast.message::<Forecast>().place, "Oslo");
    }
    weather.hand_over(&weather.next_descriptors());
    until_guessed(&gateway).await;
}

#[tokio::test]
async fn a_stream_that_is_open_outlives_a_change() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    let opened = call(WATCH_FORECAST, &place("Oslo"))
        .send(gateway.address)
        .await;
    weather.hand_over(&weather.next_descriptors());
    until_guessed(&gateway).await;
    let stream = soon(crate::support::web::read(opened)).await;
    assert_eq!((stream.messages.len(), stream.code()), (2, Code::Ok));
}

#[tokio::test]
async fn a_server_that_tells_of_itself_needs_no_file() {
    let weather = Weather::start().await;
    let reflected = Weather::reflected(&weather.endpoint(), "unmarked_access = 'public'");
    let gateway = gateway_with(&reflected).await;
    let known = async {
        loop {
            let forecast = call(GET_FORECAST, &place("Oslo"));
            let forecast = forecast.answer(gateway.address).await;
            match forecast.code() {
                Code::Ok => return forecast,
                // Not before the server was asked.
                code => assert_eq!(code, Code::Unavailable),
            }
        }
    };
    assert_eq!(soon(known).await.message::<Forecast>().place, "Oslo");
    let name = r#"{"name":"Oslo"}"#;
    let by_connect = post(GET_FORECAST, "application/json", name)
        .reply(gateway.address)
        .await;
    assert_eq!(by_connect.json()["celsius"], -3);
    assert_eq!(guess(&gateway).await.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_keeps_nobody_else_waiting_and_is_found_when_it_comes() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = format!("http://{address}");
    let gateway = gateway_with(&Weather::reflected(&endpoint, "unmarked_access = 'public'")).await;
    eventually("it is asked in vain", || failures(&gateway) > 0).await;
    let early = call(GET_FORECAST, &place("Oslo"))
        .answer(gateway.address)
        .await;
    assert_eq!(early.code(), Code::Unavailable);
    assert_eq!(early.reason(), "UPSTREAM_UNREACHABLE");
    let by_connect = post(GET_FORECAST, "application/json", "{}")
        .reply(gateway.address)
        .await;
    assert_eq!(by_connect.status, 503);

    let model = Weather::start().await;
    let router = Server::builder()
        .add_service(Forecaster)
        .add_service(reflection_of(&model.next_descriptors()));
    let _late = Serving::start_at(address, router).await;
    until_guessed(&gateway).await;
}

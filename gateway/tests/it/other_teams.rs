//! A service that this build does not know, added by configuration alone.

use std::fs;

use gateway::{App, Config};
use runtime::{
    App as _, Context,
    config::{Sources, load},
};
use serde_json::json;
use tonic::{Code, transport::Channel};
use tonic_prost::ProstCodec;

use crate::support::{
    connect::{END_OF_STREAM, envelope, get, post},
    gateway::Gateway,
    soon,
    weather::{Forecast, GET_FORECAST, Place, WATCH_FORECAST, Weather},
    web::call,
};

/// The configuration that a file with `text` makes.
fn configured(text: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gateway.toml");
    fs::write(&path, text).unwrap();
    let sources = Sources {
        file: Some(path),
        ..Sources::default()
    };
    load(&sources).unwrap()
}

/// A gateway to whose configuration the weather was added with `more` lines.
pub async fn gateway(weather: &Weather, more: &str) -> Gateway {
    gateway_with(&weather.configuration(more)).await
}

/// A gateway to whose configuration `text` was added, which names services of other teams.
pub async fn gateway_with(text: &str) -> Gateway {
    gateway_adjusted(text, |_| {}).await
}

/// The same, and `adjust` has the last word.
pub async fn gateway_adjusted(text: &str, adjust: impl FnOnce(&mut Config)) -> Gateway {
    let configured = configured(text);
    Gateway::start_with(|config| {
        config.descriptors.reload_interval_ms = 20;
        for (name, upstream) in configured.upstreams {
            config.upstreams.entry(name).or_insert(upstream);
        }
        adjust(config);
    })
    .await
}

pub fn place(name: &str) -> Place {
    Place {
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn it_is_reachable_by_grpc_web() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    let forecast = call(GET_FORECAST, &place("Reykjavik"))
        .answer(gateway.address)
        .await;
    assert_eq!(forecast.message::<Forecast>().place, "Reykjavik");
    let stream = call(WATCH_FORECAST, &place("Oslo"))
        .answer_by_http2(gateway.address)
        .await;
    assert_eq!((stream.messages.len(), stream.code()), (2, Code::Ok));
    let nowhere = call(GET_FORECAST, &place("nowhere"))
        .answer(gateway.address)
        .await;
    assert_eq!(nowhere.code(), Code::NotFound);
    assert!(
        gateway
            .metrics()
            .contains(r#"service="acme.weather.v1.WeatherService",method="GetForecast""#)
    );
}

#[tokio::test]
async fn it_is_reachable_by_grpc() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'user'").await;
    let address = format!("http://{}", gateway.address);
    let channel = Channel::from_shared(address).unwrap();
    let mut client = tonic::client::Grpc::new(channel.connect().await.unwrap());
    client.ready().await.unwrap();
    let codec = ProstCodec::<Place, Forecast>::default();
    let request = gateway.ada.request(place("Reykjavik"));
    let answer = client.unary(request, GET_FORECAST.parse().unwrap(), codec);
    let forecast = soon(answer).await.unwrap().into_inner();
    assert_eq!(forecast.place, "Reykjavik");
}

#[tokio::test]
async fn it_is_reachable_by_connect() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    let forecast = json!({
        "place": "Oslo",
        "celsius": -3,
        "seenBy": "9007199254740993",
        "time": "2030-03-17T17:46:40Z",
        "sky": "SKY_CLEAR",
    });
    let name = r#"{"name":"Oslo"}"#;
    let reply = post(GET_FORECAST, "application/json", name)
        .reply(gateway.address)
        .await;
    assert_eq!(reply.json(), forecast);
    let query = format!("{GET_FORECAST}?encoding=json&message=%7B%22name%22%3A%22Oslo%22%7D");
    assert_eq!(get(gateway.address, &query, &[]).await.json(), forecast);
    let stream = post(WATCH_FORECAST, "application/connect+json", envelope(name))
        .reply(gateway.address)
        .await;
    let expected = [
        (0, forecast.clone()),
        (0, forecast),
        (END_OF_STREAM, json!({})),
    ];
    assert_eq!(stream.envelopes(), expected);
}

#[tokio::test]
async fn it_is_reachable_by_rest_where_it_is_annotated() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    let forecast = json!({
        "place": "places/Oslo",
        "celsius": -3,
        "seenBy": "9007199254740993",
        "time": "2030-03-17T17:46:40Z",
        "sky": "SKY_CLEAR",
    });
    let path = "/weather/v1/places/Oslo/forecast";
    assert_eq!(get(gateway.address, path, &[]).await.json(), forecast);
    let path = "/weather/v1/places/Oslo/warnings";
    assert_eq!(get(gateway.address, path, &[]).await.json(), json!([]));
    let path = "/weather/v1/places/Oslo/forecast:watch";
    let lines = get(gateway.address, path, &[]).await.lines();
    let line = json!({ "result": forecast });
    assert_eq!(lines, [line.clone(), line]);
}

#[tokio::test]
async fn an_update_says_what_it_is_of() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'public'").await;
    for (query, body, changed) in [
        (
            "",
            r#"{"owner":"Ada","heightM":null}"#,
            json!(["height_m", "owner"]),
        ),
        (
            "?update_mask=owner",
            r#"{"owner":"Ada","heightM":3}"#,
            json!(["owner"]),
        ),
    ] {
        let path = format!("/weather/v1/stations/7{query}");
        let update = post(&path, "application/json", body).by("PATCH");
        let reply = update.reply(gateway.address).await.json();
        assert_eq!(reply["station"]["name"], "stations/7");
        assert_eq!(reply["station"]["owner"], "Ada");
        assert_eq!(reply["changed"], changed);
    }
}

#[tokio::test]
async fn two_teams_cannot_take_the_same_path() {
    let weather = Weather::start().await;
    let more = "unmarked_access = 'public'";
    let mut config = configured(&weather.configuration(more));
    config.public.listen = ([127, 0, 0, 1], 0).into();
    let mut twice = config.upstreams["weather"].clone();
    twice.services = vec!["acme.weather.v1.WeatherService".to_owned()];
    config.upstreams.insert("climate".to_owned(), twice);
    let error = App::build(config, Context::for_tests()).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("google.api.http: GET /weather/v1/{name=places/*}/forecast of acme.weather.v1.WeatherService.GetForecast"),
        "{text}"
    );
}

#[tokio::test]
async fn its_methods_are_for_whom_the_configuration_says() {
    let weather = Weather::start().await;
    let gateway = gateway(&weather, "unmarked_access = 'user'").await;
    let ask = || call(GET_FORECAST, &place("Reykjavik"));
    let stranger = ask().answer(gateway.address).await;
    assert_eq!(stranger.reason(), "ACCESS_TOKEN_MISSING");
    let ada = ask().header("authorization", gateway.bearer());
    assert_eq!(ada.answer(gateway.address).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_configuration_that_cannot_be_served_names_its_key() {
    let weather = Weather::start().await;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = |services: &str, descriptors: &str| {
        format!(
            "[upstreams.weather]
            services = ['{services}']
            descriptors = '{descriptors}'
            client.endpoints = ['http://127.0.0.1:1']"
        )
    };
    let unreadable = folder.path().display().to_string();
    let more = "unmarked_access = 'user'";
    for (text, expected) in [
        (
            weather.configuration(""),
            "upstreams.weather.unmarked_access: nobody could call acme.weather.v1.WeatherService",
        ),
        (
            weather
                .configuration(more)
                .replace("WeatherService", "ClimateService"),
            "upstreams.weather.services names acme.weather.v1.ClimateService, which",
        ),
        (
            elsewhere("acme.weather.v1.WeatherService", ""),
            "upstreams.weather.services names acme.weather.v1.WeatherService, which this build does not know",
        ),
        (
            elsewhere("acme.weather.v1.WeatherService", &unreadable),
            "upstreams.weather.descriptors: ",
        ),
    ] {
        let mut config = configured(&text);
        config.public.listen = ([127, 0, 0, 1], 0).into();
        let error = App::build(config, Context::for_tests()).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

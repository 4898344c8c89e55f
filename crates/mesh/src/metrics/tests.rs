use prometheus_client::{encoding::text::encode, registry::Registry};
use tonic::Code;

use super::{Meter, Metrics, Paths};
use crate::{
    Channel, client,
    testing::{Echo, Running, say},
};

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

#[test]
fn a_call_is_counted_by_its_code() {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let paths = Paths::fixed(metrics.server(), ["/test.v1.Echo/Say"]);
    Meter::start(paths.get("/test.v1.Echo/Say")).ended(Code::Ok);
    let mut twice = Meter::start(paths.get("/test.v1.Echo/Say"));
    twice.ended(Code::NotFound);
    twice.ended(Code::Ok);
    drop(twice);
    drop(Meter::start(paths.get("/test.v1.Echo/Say")));
    let open = Meter::start(paths.get("/somebody/Else"));
    let text = text(&registry);
    for line in [
        r#"mesh_server_calls_total{service="test.v1.Echo",method="Say",code="OK"} 1"#,
        r#"mesh_server_calls_total{service="test.v1.Echo",method="Say",code="NOT_FOUND"} 1"#,
        r#"mesh_server_calls_total{service="test.v1.Echo",method="Say",code="CANCELLED"} 1"#,
        r#"mesh_server_call_seconds_count{service="test.v1.Echo",method="Say"} 3"#,
        r#"mesh_server_calls_in_flight{service="test.v1.Echo",method="Say"} 0"#,
        r#"mesh_server_calls_in_flight{service="other",method="other"} 1"#,
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    drop(open);
}

#[test]
fn paths_that_anybody_can_make_up_are_bounded() {
    let metrics = Metrics::detached();
    let paths = Paths::learned(metrics.client(), "chat".into());
    for number in 0..2000 {
        paths.get(&format!("/made.Up/Method{number}"));
    }
    assert!(std::sync::Arc::ptr_eq(
        &paths.get("/one/More"),
        &paths.get("/yet/Another")
    ));
}

#[tokio::test]
async fn a_channel_counts_by_upstream() {
    let server = Running::start(Echo::default()).await;
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let config = client::Config::of([format!("http://{}", server.address)]);
    let channel = Channel::new("echo", &config, &metrics).unwrap();
    say(&channel, "hello").await.unwrap();
    say(&channel, "panic").await.unwrap_err();
    let text = text(&registry);
    for code in ["OK", "INTERNAL"] {
        let line = format!(
            r#"mesh_client_calls_total{{upstream="echo",service="test.v1.Echo",method="Say",code="{code}"}} 1"#
        );
        assert!(text.contains(&line), "{line} is missing in\n{text}");
    }
}

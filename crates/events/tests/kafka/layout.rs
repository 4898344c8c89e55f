//! A service must not start on a log that is not what its configuration says.

use std::collections::HashMap;

use events::{Config, LayoutError, Topic, check_layout, ensure_topics, wait_for_layout};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, ResourceSpecifier},
    client::DefaultClientContext,
};

use crate::support::{PATIENCE, SPEC, config, log};

#[tokio::test]
async fn a_log_as_configured_is_accepted_and_made_only_once() {
    let (config, _) = log(3).await;
    check_layout(&config).await.unwrap();
    ensure_topics(&config, SPEC).await.unwrap();
}

#[tokio::test]
async fn another_number_of_partitions_is_refused() {
    let (mut config, topic) = log(3).await;
    config.conversations.partitions = 4;
    let error = check_layout(&config).await.unwrap_err();
    assert!(matches!(
        error,
        LayoutError::Partitions {
            actual: 3,
            configured: 4,
            ..
        }
    ));
    assert!(error.to_string().contains(topic.kafka_name()));
    let waited = tokio::time::timeout(PATIENCE, wait_for_layout(&config));
    let error = waited.await.expect("no waiting mends it").unwrap_err();
    assert!(matches!(error, LayoutError::Partitions { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_topic_is_told_by_name() {
    let config = config(&parts::shared().await.kafka_brokers(), 3);
    let error = check_layout(&config).await.unwrap_err();
    assert!(
        matches!(error, LayoutError::Missing { partitions: 3, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_topic_that_is_not_made_yet_is_waited_for() {
    let config = config(&parts::shared().await.kafka_brokers(), 3);
    let waiting = wait_for_layout(&config);
    let making = async {
        assert!(check_layout(&config).await.is_err());
        ensure_topics(&config, SPEC).await.unwrap();
    };
    let both = async { tokio::join!(waiting, making).0 };
    tokio::time::timeout(PATIENCE, both).await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_typed_is_forgotten_within_minutes_and_what_is_said_is_kept_for_days() {
    let (config, conversations) = log(1).await;
    let typing = settings(&config, &Topic::new(&config.typing)).await;
    assert_eq!(typing["cleanup.policy"], "delete");
    assert_eq!(typing["retention.ms"], "300000");
    // Only segments that are closed are deleted.
    assert_eq!(typing["segment.ms"], "300000");
    let conversations = settings(&config, &conversations).await;
    assert_eq!(conversations["cleanup.policy"], "delete");
    assert_eq!(
        conversations["retention.ms"],
        SPEC.retention.as_millis().to_string()
    );
}

/// What the broker says of a topic.
async fn settings(config: &Config, topic: &Topic) -> HashMap<String, String> {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", &config.brokers)
        .create()
        .unwrap();
    let resource = ResourceSpecifier::Topic(topic.kafka_name());
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let described = admin.describe_configs([&resource], &options).await.unwrap();
    let entries = described.into_iter().next().unwrap().unwrap().entries;
    let known = |entry: rdkafka::admin::ConfigEntry| Some((entry.name, entry.value?));
    entries.into_iter().filter_map(known).collect()
}

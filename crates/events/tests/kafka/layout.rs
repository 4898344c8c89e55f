//! A service must not start on a log that is not what its configuration says.

use events::{LayoutError, check_layout, ensure_topics, wait_for_layout};

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

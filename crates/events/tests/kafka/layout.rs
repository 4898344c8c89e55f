//! A service must not start on a log that is not what its configuration says.

use events::{LayoutError, check_layout, ensure_topics};

use crate::support::{SPEC, config, log};

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

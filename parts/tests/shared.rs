//! The instance that all tests share.

#[tokio::test]
async fn many_askers_get_one_instance() {
    let asked = futures::future::join_all((0..4).map(|_| parts::shared())).await;
    let brokers: std::collections::BTreeSet<String> =
        asked.iter().map(|shared| shared.kafka_brokers()).collect();
    assert_eq!(brokers.len(), 1);

    let name = parts::unique("parts");
    let url = asked[0].create_database(&name).await.unwrap();
    assert!(url.ends_with(&name), "{url}");
}

//! One private instance, started, killed and stopped for real.

use parts::{Durability, Lifetime, Parts, Settings};

async fn has_table(url: &str) -> bool {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
        .query_one("SELECT to_regclass('kept') IS NOT NULL", &[])
        .await
        .expect("PostgreSQL answers")
        .get(0)
}

async fn make_table(url: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .expect("PostgreSQL answers");
    tokio::spawn(connection);
    client
        .batch_execute("CREATE TABLE kept ()")
        .await
        .expect("PostgreSQL answers");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_survives_kill_and_stop() {
    let dir = tempfile::Builder::new()
        .prefix("quicksync-parts-")
        .tempdir()
        .unwrap();
    // PostgreSQL runs as another user where we are root, and must get through.
    std::fs::set_permissions(
        dir.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Honest,
    };
    let parts = Parts::start(&settings).await.unwrap();
    assert!(
        parts.status().iter().all(|part| part.pid.is_some()),
        "{:?}",
        parts.status()
    );

    let url = parts.postgres().create_database("kept_1").await.unwrap();
    assert_eq!(
        parts.postgres().create_database("kept_1").await.unwrap(),
        url,
        "twice gives the same"
    );
    make_table(&url).await;

    parts.postgres().kill().await.unwrap();
    parts.redis().kill().await.unwrap();
    parts.kafka().kill().await.unwrap();
    assert!(
        parts.status().iter().all(|part| part.pid.is_none()),
        "{:?}",
        parts.status()
    );

    let same = Parts::start(&settings).await.unwrap();
    assert_eq!(
        same.kafka().brokers(),
        parts.kafka().brokers(),
        "addresses stay"
    );
    assert!(has_table(&url).await, "data stays");

    parts.stop().await.unwrap();
    assert!(
        same.status().iter().all(|part| part.pid.is_none()),
        "{:?}",
        same.status()
    );
    Parts::wipe(dir.path()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_is_named_in_one_line() {
    let dir = tempfile::Builder::new()
        .prefix("quicksync-parts-")
        .tempdir()
        .unwrap();
    std::fs::set_permissions(
        dir.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Fast,
    };
    let parts = Parts::open(&settings).await.unwrap();
    let _stranger = std::net::TcpListener::bind(("127.0.0.1", parts.redis().port())).unwrap();

    let error = parts.redis().start().await.unwrap_err().to_string();

    assert!(
        error.contains(&format!("port {} ", parts.redis().port())),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
}

use std::time::Duration;

use runtime::Secret;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);

async fn link() -> Link {
    let url = Secret::new(parts::shared().await.redis_url());
    let config = Config {
        url,
        retry_ms: 10,
        ..Config::default()
    };
    Link::new(&config).unwrap()
}

async fn until_back(link: &Link) {
    let back = async {
        while link.lease().await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, back).await.unwrap();
}

/// As a panic would end it.
fn kill_who_connects(link: &Link) {
    link.shared.knocking.lock().as_ref().unwrap().abort();
}

#[tokio::test]
async fn the_end_of_the_task_that_connects_is_not_the_end_of_redis() {
    let link = link().await;
    until_back(&link).await;
    let lost = RedisError::from((ErrorKind::Io, "as asked"));
    link.lose(0, &lost);
    assert!(!link.is_available());
    kill_who_connects(&link);
    until_back(&link).await;
    assert!(link.is_available());
}

#[tokio::test]
async fn nor_is_it_at_the_first_connect() {
    let link = link().await;
    link.connect_when_nobody_does();
    kill_who_connects(&link);
    until_back(&link).await;
}

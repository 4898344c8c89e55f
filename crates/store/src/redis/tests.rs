use std::time::Instant;

use client::{Script, cmd, pipe};
use parts::{Durability, Lifetime, Parts, Settings};

use super::*;

async fn shared() -> Config {
    Config {
        url: Secret::new(parts::shared().await.redis_url()),
        prefix: format!("{}:", parts::unique("store")),
        ..Config::default()
    }
}

#[tokio::test]
async fn keys_have_the_prefix_and_commands_their_answers() {
    let config = shared().await;
    let redis = Redis::new(&config).unwrap();
    let key = redis.key("a");
    assert_eq!(key, format!("{}a", config.prefix));
    redis
        .query::<()>(cmd("SET").arg(&key).arg(7))
        .await
        .unwrap();
    assert_eq!(redis.query::<i64>(cmd("GET").arg(&key)).await.unwrap(), 7);
    let both: (i64, i64) = redis
        .pipeline(pipe().incr(&key, 1).incr(&key, 1))
        .await
        .unwrap();
    assert_eq!(both, (8, 9));
}

#[tokio::test]
async fn a_script_that_redis_forgot_is_sent_again() {
    let redis = Redis::new(&shared().await).unwrap();
    let key = redis.key("counter");
    let script = Script::new("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    let mut call = script.prepare_invoke();
    call.key(&key).arg(5);
    assert_eq!(redis.script::<i64>(&call).await.unwrap(), 5);
    redis.query::<()>(cmd("SCRIPT").arg("FLUSH")).await.unwrap();
    assert_eq!(redis.script::<i64>(&call).await.unwrap(), 10);
}

#[tokio::test]
async fn a_wrong_command_is_told_apart_from_a_redis_that_is_away() {
    let redis = Redis::new(&shared().await).unwrap();
    let key = redis.key("text");
    redis
        .query::<()>(cmd("SET").arg(&key).arg("x"))
        .await
        .unwrap();
    let error = redis.query::<i64>(cmd("INCR").arg(&key)).await.unwrap_err();
    assert!(matches!(error, Error::Command(_)), "{error:?}");
    let error = redis.query::<i64>(cmd("GET").arg(&key)).await.unwrap_err();
    assert!(matches!(error, Error::Command(_)), "{error:?}");
    assert!(redis.is_available());
}

#[tokio::test]
async fn concurrent_callers_of_a_batcher_each_get_their_own_answer() {
    let config = shared().await;
    let redis = Redis::new(&config).unwrap();
    let batcher = Batcher::new(&config).unwrap();
    let text = redis.key("text");
    redis
        .query::<()>(cmd("SET").arg(&text).arg("x"))
        .await
        .unwrap();
    let calls = (0..1_000_i64).map(|number| {
        let (batcher, key, text) = (
            batcher.clone(),
            redis.key(&number.to_string()),
            text.clone(),
        );
        async move {
            if number % 10 == 0 {
                return batcher.query::<i64>(cmd("INCR").arg(text)).await.is_err();
            }
            batcher
                .query::<i64>(cmd("INCRBY").arg(key).arg(number))
                .await
                .unwrap()
                == number
        }
    });
    assert!(
        futures::future::join_all(calls)
            .await
            .into_iter()
            .all(|right| right)
    );
}

#[tokio::test]
async fn more_commands_than_allowed_fail_at_once() {
    let config = Config {
        in_flight_max: 3,
        ..shared().await
    };
    let redis = Redis::new(&config).unwrap();
    let calls = (0..10).map(|_| async { redis.query::<String>(&cmd("PING")).await });
    let results = futures::future::join_all(calls).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert!(
        results
            .iter()
            .filter_map(|result| result.as_ref().err())
            .all(Error::is_unavailable)
    );
    redis.query::<String>(&cmd("PING")).await.unwrap();
}

#[tokio::test]
async fn a_redis_that_is_nowhere_is_told_fast() {
    let config = Config {
        url: Secret::new("redis://127.0.0.1:9/"),
        ..Config::default()
    };
    let redis = Redis::new(&config).unwrap();
    let started = Instant::now();
    for _ in 0..100 {
        assert!(
            redis
                .query::<()>(&cmd("PING"))
                .await
                .unwrap_err()
                .is_unavailable()
        );
    }
    assert!(
        started.elapsed() < Duration::from_millis(config.connect_timeout_ms + 500),
        "{:?}",
        started.elapsed()
    );
    assert!(!redis.is_available());
}

/// A Redis of the test's own, which it may kill.
async fn own() -> (tempfile::TempDir, Parts, Config) {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Fast,
    };
    let parts = Parts::open(&settings).await.unwrap();
    parts.redis().start().await.unwrap();
    let url = Secret::new(parts.redis().url());
    let config = Config {
        url,
        retry_ms: 50,
        command_timeout_ms: 300,
        ..Config::default()
    };
    (dir, parts, config)
}

async fn until_back(batcher: &Batcher) {
    let back = async {
        while batcher.query::<String>(&cmd("PING")).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_killed_redis_fails_every_caller_and_is_found_again() {
    let (_dir, parts, config) = own().await;
    let redis = parts.redis();
    let batcher = Batcher::new(&config).unwrap();
    batcher.query::<String>(&cmd("PING")).await.unwrap();
    // Waits in Redis while it is killed.
    let blocked = (0..20).map(|_| {
        let batcher = batcher.clone();
        tokio::spawn(async move {
            batcher
                .query::<()>(cmd("BLPOP").arg("nothing").arg(60))
                .await
        })
    });
    let blocked: Vec<_> = blocked.collect();
    tokio::task::yield_now().await;
    redis.kill().await.unwrap();
    for call in blocked {
        assert!(call.await.unwrap().unwrap_err().is_unavailable());
    }
    let started = Instant::now();
    for _ in 0..1_000 {
        assert!(
            batcher
                .query::<()>(&cmd("PING"))
                .await
                .unwrap_err()
                .is_unavailable()
        );
    }
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    redis.start().await.unwrap();
    until_back(&batcher).await;
    redis.stop().await.unwrap();
}

#[tokio::test]
async fn a_redis_that_does_not_answer_delays_only_those_who_are_there() {
    let (_dir, parts, config) = own().await;
    let batcher = Batcher::new(&config).unwrap();
    batcher.query::<String>(&cmd("PING")).await.unwrap();
    let pause = cmd("CLIENT").arg("PAUSE").arg(1_500).arg("ALL").clone();
    batcher.query::<()>(&pause).await.unwrap();
    let started = Instant::now();
    assert!(
        batcher
            .query::<()>(cmd("GET").arg("x"))
            .await
            .unwrap_err()
            .is_unavailable()
    );
    assert!(started.elapsed() >= Duration::from_millis(config.command_timeout_ms));
    let started = Instant::now();
    for _ in 0..100 {
        assert!(
            batcher
                .query::<()>(cmd("GET").arg("x"))
                .await
                .unwrap_err()
                .is_unavailable()
        );
    }
    assert!(
        started.elapsed() < Duration::from_millis(200),
        "{:?}",
        started.elapsed()
    );
    until_back(&batcher).await;
    parts.redis().stop().await.unwrap();
}

#[tokio::test]
async fn a_redis_that_hangs_is_away_though_every_caller_gives_up_early() {
    let (_dir, parts, config) = own().await;
    let batcher = Batcher::new(&config).unwrap();
    batcher.query::<String>(&cmd("PING")).await.unwrap();
    let pause = cmd("CLIENT").arg("PAUSE").arg(60_000).arg("ALL").clone();
    batcher.query::<()>(&pause).await.unwrap();
    let patience = Duration::from_millis(config.command_timeout_ms / 10);
    let told = async {
        loop {
            let cut =
                tokio::time::timeout(patience, batcher.query::<()>(cmd("GET").arg("x"))).await;
            if let Ok(answer) = cut {
                return answer.unwrap_err();
            }
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(10), told).await;
    assert!(told.unwrap().is_unavailable());
    parts.redis().kill().await.unwrap();
}

#[tokio::test]
async fn a_redis_that_answers_is_not_lost_by_callers_who_give_up() {
    let redis = Redis::new(&shared().await).unwrap();
    redis.query::<String>(&cmd("PING")).await.unwrap();
    let ping = cmd("PING");
    for _ in 0..100 {
        let mut call = std::pin::pin!(redis.query::<String>(&ping));
        assert!(futures::poll!(&mut call).is_pending());
    }
    redis.query::<String>(&cmd("PING")).await.unwrap();
    assert!(redis.is_available());
}

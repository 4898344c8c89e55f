mod statements;

use std::time::{Duration, Instant};

use diesel::{
    result::{DatabaseErrorKind, Error as QueryError},
    sql_query,
    sql_types::Integer,
};
use diesel_async::RunQueryDsl;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use parts::{Durability, Lifetime, Parts, Settings};

use super::*;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("tests/migrations");

async fn database() -> Config {
    let url = parts::shared()
        .await
        .create_database(&parts::unique("store"))
        .await
        .unwrap();
    Config {
        url: Secret::new(url),
        pool_max: 2,
        acquire_timeout_ms: 300,
        ..Config::default()
    }
}

async fn run(pool: &Pool, sql: &str) -> Result<usize, Error> {
    let mut connection = pool.get().await?;
    Ok(sql_query(sql).execute(&mut connection).await?)
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = Integer)]
    number: i32,
}

async fn number(pool: &Pool, sql: &str) -> i32 {
    let mut connection = pool.get().await.unwrap();
    sql_query(sql)
        .get_result::<Number>(&mut connection)
        .await
        .unwrap()
        .number
}

#[tokio::test]
async fn several_migrators_at_once_migrate_once() {
    let config = database().await;
    let all = futures::future::join_all((0..4).map(|_| migrate(&config.url, MIGRATIONS))).await;
    let mut done: Vec<usize> = all.into_iter().map(|done| done.unwrap().len()).collect();
    done.sort_unstable();
    assert_eq!(done, [0, 0, 0, 2]);
    assert!(migrate(&config.url, MIGRATIONS).await.unwrap().is_empty());
    let pool = Pool::new(&config, "test");
    run(
        &pool,
        "INSERT INTO things (id, name, size) VALUES (1, 'one', 1)",
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn errors_are_sorted_by_what_can_be_done() {
    let config = database().await;
    migrate(&config.url, MIGRATIONS).await.unwrap();
    let pool = Pool::new(&config, "test");
    let insert = "INSERT INTO things (id, name, size) VALUES (1, 'one', 1)";
    run(&pool, insert).await.unwrap();
    let again = run(&pool, insert).await.unwrap_err();
    assert!(matches!(again, Error::UniqueViolation { constraint } if constraint == "things_pkey"));
    for bug in [
        "INSERT INTO things (id, name, size) VALUES (2, NULL, 1)",
        "INSERT INTO things (id, name, size) VALUES (2, 'two', 0)",
        "SELECT nothing",
        "SELECT 1 / 0",
        "SELECT 'x'::integer",
        "SELECT 99999999999::integer",
        "INSERT INTO things (id, name, size) VALUES (2, E'\\xff', 1)",
    ] {
        assert!(
            matches!(run(&pool, bug).await, Err(Error::Query(_))),
            "{bug}"
        );
    }
}

#[tokio::test]
async fn values_at_fault_are_told_from_a_database_at_fault() {
    let config = database().await;
    migrate(&config.url, MIGRATIONS).await.unwrap();
    let pool = Pool::new(&config, "test");
    let judge = async |sql: &str| match run(&pool, sql).await {
        Err(Error::Query(error)) => is_violation(&error),
        other => panic!("{sql}: {other:?}"),
    };
    for values in [
        "INSERT INTO things (id, name, size) VALUES (2, NULL, 1)",
        "INSERT INTO things (id, name, size) VALUES (2, 'two', 0)",
        "SELECT 'x'::integer",
        "SELECT 99999999999::integer",
        "INSERT INTO things (id, name, size) VALUES (2, E'\\xff', 1)",
    ] {
        assert!(judge(values).await, "{values}");
    }
    for database in [
        "SELECT nothing",
        "INSERT INTO nothing VALUES (1)",
        "SELECT * FROM pg_authid WHERE no_such_function(1)",
    ] {
        assert!(!judge(database).await, "{database}");
    }
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended_by_the_database() {
    let config = Config {
        statement_timeout_ms: 100,
        ..database().await
    };
    let pool = Pool::new(&config, "test");
    let started = Instant::now();
    let slow = run(&pool, "SELECT pg_sleep(60)").await;
    assert!(matches!(slow, Err(Error::Unavailable(_))), "{slow:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_deadlock_is_worth_another_try() {
    let config = database().await;
    migrate(&config.url, MIGRATIONS).await.unwrap();
    let pool = Pool::new(&config, "test");
    run(
        &pool,
        "INSERT INTO things SELECT id, 'x', 1 FROM generate_series(1, 2) AS id",
    )
    .await
    .unwrap();
    let barrier = tokio::sync::Barrier::new(2);
    let update = async |first: i32, second: i32| {
        let mut connection = pool.get().await?;
        sql_query("BEGIN").execute(&mut connection).await?;
        let lock = |id: i32| {
            sql_query("UPDATE things SET size = size + 1 WHERE id = $1").bind::<Integer, _>(id)
        };
        lock(first).execute(&mut connection).await?;
        barrier.wait().await;
        let second = lock(second).execute(&mut connection).await;
        sql_query("ROLLBACK").execute(&mut connection).await?;
        second.map_err(Error::from)
    };
    let (one, two) = tokio::join!(update(1, 2), update(2, 1));
    let failed = one.and(two).unwrap_err();
    assert!(matches!(failed, Error::Unavailable(_)), "{failed:?}");
}

#[tokio::test]
async fn nobody_waits_long_for_a_connection() {
    let pool = Pool::new(&database().await, "test");
    let _held = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let started = Instant::now();
    assert!(matches!(pool.get().await, Err(Error::Unavailable(_))));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_connection_with_an_open_transaction_is_thrown_away() {
    use diesel_async::{AsyncPgConnection, TransactionManager};
    type Manager = <AsyncPgConnection as diesel_async::AsyncConnection>::TransactionManager;

    let pool = Pool::new(
        &Config {
            pool_max: 1,
            ..database().await
        },
        "test",
    );
    let backend = "SELECT pg_backend_pid() AS number";
    let before = number(&pool, backend).await;
    assert_eq!(
        number(&pool, backend).await,
        before,
        "a sound one is used again"
    );
    let mut connection = pool.get().await.unwrap();
    Manager::begin_transaction(&mut *connection).await.unwrap();
    drop(connection);
    assert_ne!(number(&pool, backend).await, before);
}

#[tokio::test]
async fn a_database_that_is_away_is_told_at_once_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Fast,
    };
    let parts = Parts::open(&settings).await.unwrap();
    let postgres = parts.postgres();
    postgres.start().await.unwrap();
    let pool = Pool::new(
        &Config {
            url: Secret::new(postgres.url("postgres")),
            ..Config::default()
        },
        "test",
    );
    let mut held = pool.get().await.unwrap();
    number(&pool, "SELECT 1 AS number").await;
    postgres.stop().await.unwrap();
    let started = Instant::now();
    let broken = sql_query("SELECT 1").execute(&mut held).await.unwrap_err();
    assert!(is_unavailable(&broken), "{broken:?}");
    drop(held);
    for _ in 0..3 {
        let away = run(&pool, "SELECT 1").await;
        assert!(matches!(away, Err(Error::Unavailable(_))), "{away:?}");
    }
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    postgres.start().await.unwrap();
    run(&pool, "SELECT 1").await.unwrap();
    postgres.stop().await.unwrap();
}

#[test]
fn errors_of_diesel_itself_are_sorted_too() {
    let of = |kind| QueryError::DatabaseError(kind, Box::new(String::new()));
    assert!(is_unavailable(&of(DatabaseErrorKind::ClosedConnection)));
    assert!(is_unavailable(&of(DatabaseErrorKind::SerializationFailure)));
    assert!(is_unavailable(&QueryError::BrokenTransactionManager));
    assert!(!is_unavailable(&QueryError::NotFound));
    assert!(!is_unavailable(&of(DatabaseErrorKind::ForeignKeyViolation)));
    assert_eq!(
        unique_violation(&of(DatabaseErrorKind::UniqueViolation)),
        Some("")
    );
}

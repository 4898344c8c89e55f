//! Hashes with small parameters, so that the tests are quick.

use std::sync::atomic::{AtomicUsize, Ordering};

use mesh::validate::Violations;

use super::*;

const RIGHT: &str = "correct horse battery";

fn config() -> Passwords {
    Passwords {
        enabled: true,
        memory_kib: 64,
        passes: 1,
        lanes: 1,
        concurrency_max: 1,
        waiting_max: 1,
        niceness: 0,
    }
}

fn hasher(config: &Passwords) -> Hasher {
    Hasher::new(config, &Random::system()).unwrap()
}

fn password(text: &str) -> Password {
    Password::claim(&mut Violations::new(), "password", text)
}

async fn hash(hasher: &Hasher) -> String {
    let judged = hasher.hash_chosen(password(RIGHT), Hints::default()).await;
    judged.unwrap().unwrap()
}

#[tokio::test]
async fn the_right_password_is_right_and_others_are_wrong() {
    let hasher = hasher(&config());
    let stored = hash(&hasher).await;
    assert!(
        stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"),
        "{stored}"
    );
    assert_eq!(
        hasher
            .verify(password(RIGHT), Some(stored.clone()))
            .await
            .unwrap(),
        Verdict::Right
    );
    assert_eq!(
        hasher
            .verify(password("wrong horse"), Some(stored))
            .await
            .unwrap(),
        Verdict::Wrong
    );
}

#[tokio::test]
async fn the_same_password_has_another_hash_each_time() {
    let hasher = hasher(&config());
    let one = hash(&hasher).await;
    assert_ne!(one, hash(&hasher).await);
}

#[tokio::test]
async fn an_unknown_account_is_wrong_after_the_same_work() {
    assert_eq!(
        hasher(&config())
            .verify(password(RIGHT), None)
            .await
            .unwrap(),
        Verdict::Wrong
    );
}

#[tokio::test]
async fn a_hash_with_older_parameters_is_made_anew() {
    let weaker = hasher(&config());
    let stored = hash(&weaker).await;
    let stronger = hasher(&Passwords {
        passes: 2,
        ..config()
    });
    let Verdict::Outdated { new_hash } = stronger
        .verify(password(RIGHT), Some(stored.clone()))
        .await
        .unwrap()
    else {
        panic!("the parameters have changed")
    };
    assert!(are_of_one_password(Some(&stored), Some(&new_hash)));
    let chosen_again = hash(&weaker).await;
    assert!(!are_of_one_password(Some(&stored), Some(&chosen_again)));
    assert!(!are_of_one_password(Some(&stored), None));
    assert!(are_of_one_password(None, None));
    assert_eq!(
        stronger
            .verify(password(RIGHT), Some(new_hash))
            .await
            .unwrap(),
        Verdict::Right
    );
}

#[tokio::test]
async fn a_broken_hash_is_an_error_and_not_a_wrong_password() {
    let verdict = hasher(&config())
        .verify(password(RIGHT), Some("nonsense".to_owned()))
        .await;
    assert!(matches!(verdict, Err(Error::Argon2(_))), "{verdict:?}");
}

#[tokio::test]
async fn too_many_at_once_are_turned_away() {
    let hasher = hasher(&config());
    let all = Arc::clone(hasher.pool.admitted())
        .acquire_many_owned(2)
        .await
        .unwrap();
    assert!(matches!(
        hasher.verify(password(RIGHT), None).await,
        Err(Error::Busy)
    ));
    drop(all);
    assert!(hasher.verify(password(RIGHT), None).await.is_ok());
}

#[tokio::test]
async fn what_is_easily_guessed_is_not_hashed() {
    let judged = hasher(&config())
        .hash_chosen(password("password123"), Hints::default())
        .await;
    assert!(judged.unwrap().is_err());
}

#[tokio::test]
async fn of_200_at_once_no_more_run_than_there_are_threads() {
    let pool = Pool::start(3, 100, 0).unwrap();
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let jobs = (0..200).map(|_| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        pool.run(move || {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
        })
    });
    let outcomes = futures::future::join_all(jobs).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!((103..=200).contains(&done), "{done}");
    assert!(most.load(Ordering::SeqCst) <= 3);
}

#[tokio::test]
async fn whoever_leaves_the_queue_costs_nothing() {
    let pool = Pool::start(1, 2, 0).unwrap();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let runs = tokio::spawn({
        let pool = pool.clone();
        async move { pool.run(move || held.recv()).await }
    });
    while pool.admitted().available_permits() > 2 {
        tokio::task::yield_now().await;
    }
    let ran = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&ran);
    let waits = pool.run(move || counted.fetch_add(1, Ordering::SeqCst));
    let left = tokio::time::timeout(std::time::Duration::ZERO, waits).await;
    assert!(left.is_err(), "it ran before its turn");
    release.send(()).unwrap();
    runs.await.unwrap().unwrap().unwrap();
    pool.run(|| ()).await.unwrap();
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_panic_is_an_answer_and_the_thread_goes_on() {
    let pool = Pool::start(1, 1, 0).unwrap();
    let panicked = pool.run(|| std::panic::panic_any("as asked")).await;
    assert_eq!(panicked, Err(Refused::Lost));
    assert_eq!(pool.run(|| 1).await, Ok(1));
}

//! Hashes with small parameters, so that the tests are quick.

use mesh::validate::Violations;

use super::*;

fn config() -> Passwords {
    Passwords {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
        concurrency_max: 1,
        waiting_max: 1,
    }
}

fn hasher(config: &Passwords) -> Hasher {
    Hasher::new(config, &Random::system()).unwrap()
}

fn password(text: &str) -> Password {
    Password::claim(&mut Violations::new(), text)
}

#[tokio::test]
async fn the_right_password_is_right_and_others_are_wrong() {
    let hasher = hasher(&config());
    let stored = hasher.hash(password("correct horse")).await.unwrap();
    assert!(
        stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"),
        "{stored}"
    );
    assert_eq!(
        hasher
            .verify(password("correct horse"), Some(stored.clone()))
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
    let one = hasher.hash(password("correct horse")).await.unwrap();
    assert_ne!(one, hasher.hash(password("correct horse")).await.unwrap());
}

#[tokio::test]
async fn an_unknown_account_is_wrong_after_the_same_work() {
    assert_eq!(
        hasher(&config())
            .verify(password("correct horse"), None)
            .await
            .unwrap(),
        Verdict::Wrong
    );
}

#[tokio::test]
async fn a_hash_with_older_parameters_is_made_anew() {
    let stored = hasher(&config())
        .hash(password("correct horse"))
        .await
        .unwrap();
    let stronger = hasher(&Passwords {
        passes: 2,
        ..config()
    });
    let Verdict::Outdated { new_hash } = stronger
        .verify(password("correct horse"), Some(stored))
        .await
        .unwrap()
    else {
        panic!("the parameters have changed")
    };
    assert_eq!(
        stronger
            .verify(password("correct horse"), Some(new_hash))
            .await
            .unwrap(),
        Verdict::Right
    );
}

#[tokio::test]
async fn a_broken_hash_is_an_error_and_not_a_wrong_password() {
    let verdict = hasher(&config())
        .verify(password("correct horse"), Some("nonsense".to_owned()))
        .await;
    assert!(matches!(verdict, Err(Error::Argon2(_))), "{verdict:?}");
}

#[tokio::test]
async fn too_many_at_once_are_turned_away() {
    let hasher = hasher(&config());
    let held = acquire(&hasher.running).await;
    let waiting = Arc::clone(&hasher.admitted)
        .acquire_many_owned(2)
        .await
        .unwrap();
    assert!(matches!(
        hasher.hash(password("correct horse")).await,
        Err(Error::Busy)
    ));
    drop((held, waiting));
    assert!(hasher.hash(password("correct horse")).await.is_ok());
}

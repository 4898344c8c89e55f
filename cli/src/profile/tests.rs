//! Files in a folder of their own.

use super::*;

fn profile(directory: &Path) -> Profile {
    Profile {
        name: "ada".to_owned(),
        directory: directory.join("quicksync"),
    }
}

fn sign_in(refresh_token: &str) -> SignIn {
    SignIn {
        gateway: "http://gateway".to_owned(),
        user_id: "u".to_owned(),
        username: "ada".to_owned(),
        display_name: "Ada".to_owned(),
        tokens: Tokens {
            access_token: "a".to_owned(),
            access_token_expires_at: 1_000,
            refresh_token: refresh_token.to_owned(),
        },
    }
}

#[tokio::test]
async fn what_was_stored_is_loaded_until_it_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile(folder.path());
    assert!(profile.load().unwrap().is_none());
    let _lock = profile.lock().await.unwrap();
    profile.store(&sign_in("one")).unwrap();
    profile.store(&sign_in("two")).unwrap();
    assert_eq!(profile.load().unwrap().unwrap().tokens.refresh_token, "two");
    profile.forget().unwrap();
    profile.forget().unwrap();
    assert!(profile.load().unwrap().is_none());
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile(folder.path());
    let _lock = profile.lock().await.unwrap();
    profile.store(&sign_in("one")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&profile.file()), 0o600);
    assert_eq!(mode(&profile.directory), 0o700);
}

#[tokio::test]
async fn one_holds_the_lock_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile(folder.path());
    let held = profile.lock().await.unwrap();
    let second = tokio::spawn({
        let profile = profile.clone();
        async move { profile.lock().await.map(drop) }
    });
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    drop(held);
    second.await.unwrap().unwrap();
}

#[test]
fn a_damaged_file_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let profile = profile(folder.path());
    fs::create_dir_all(&profile.directory).unwrap();
    fs::write(profile.file(), "{").unwrap();
    let failure = profile.load().err().unwrap();
    assert!(
        failure.to_string().contains("delete it and log in again"),
        "{failure}"
    );
}

#[test]
fn tokens_are_fresh_until_a_margin_before_their_end() {
    let tokens = sign_in("one").tokens;
    let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    assert!(tokens.are_fresh(at(969), time::Duration::seconds(30)));
    assert!(!tokens.are_fresh(at(970), time::Duration::seconds(30)));
}

//! Signing in and out, and tokens that refresh by themselves.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::program::Machine;

const PASSWORD: &str = "correct horse\n";

#[tokio::test]
async fn one_registers_signs_out_and_signs_in_again() {
    let machine = Machine::with_ada_and_bob().await;
    assert!(
        machine
            .run(&["--profile", "ada", "whoami"])
            .await
            .text()
            .starts_with("Ada Lovelace (@ada) <")
    );
    assert!(
        machine
            .run(&["--profile", "ada", "logout"])
            .await
            .text()
            .contains("Signed out")
    );
    let nobody = machine.run(&["--profile", "ada", "whoami"]).await;
    assert_eq!(nobody.code, 3);
    assert!(
        nobody.stderr.contains("quicksync-cli --profile ada login"),
        "{}",
        nobody.stderr
    );
    let login = ["--profile", "ada", "login", "@ada", "--password-stdin"];
    assert!(
        machine
            .run_with(&login, PASSWORD)
            .await
            .text()
            .contains("Signed in as Ada Lovelace (@ada)")
    );
    assert!(
        machine
            .run(&["--profile", "bob", "whoami"])
            .await
            .text()
            .starts_with("@bob <")
    );
}

#[tokio::test]
async fn the_sign_in_is_for_its_owner_alone() {
    let machine = Machine::with_ada_and_bob().await;
    let file = machine.state().join("quicksync/ada.json");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert!(fs::read_to_string(file).unwrap().contains("refresh-1"));
}

#[tokio::test]
async fn failures_are_told_in_words_and_as_json() {
    let machine = Machine::with_ada_and_bob().await;
    let register = ["register", "ada", "--email", "a@b", "--password-stdin"];
    let taken = machine.run_with(&register, PASSWORD).await;
    assert_eq!(
        (taken.code, taken.stderr.as_str()),
        (1, "somebody has this username: choose another\n")
    );
    let login = ["--json", "login", "ada", "--password-stdin"];
    let wrong = machine.run_with(&login, "wrong horse\n").await;
    assert_eq!((wrong.code, wrong.stdout.as_str()), (3, ""));
    let error: serde_json::Value = serde_json::from_str(&wrong.stderr).unwrap();
    assert_eq!(error["error"]["reason"], "BAD_CREDENTIALS");
    let away = machine
        .run_with(
            &[
                "--gateway",
                "http://127.0.0.1:1",
                "login",
                "ada",
                "--password-stdin",
            ],
            PASSWORD,
        )
        .await;
    assert!(
        away.stderr
            .contains("cannot reach the gateway at http://127.0.0.1:1"),
        "{}",
        away.stderr
    );
}

#[tokio::test]
async fn tokens_go_to_no_other_gateway() {
    let machine = Machine::with_ada_and_bob().await;
    let other = machine
        .run(&[
            "--profile",
            "ada",
            "--gateway",
            "http://127.0.0.1:1",
            "whoami",
        ])
        .await;
    assert_eq!(other.code, 3);
    assert!(
        other.stderr.contains("is signed in at http://127.0.0.1:"),
        "{}",
        other.stderr
    );
}

#[tokio::test]
async fn a_refused_access_token_is_refreshed_once_by_all_who_run() {
    let machine = Machine::with_ada_and_bob().await;
    machine.gateway.state().access.clear();
    let whoami = ["--profile", "ada", "whoami"];
    let (one, two, three) = tokio::join!(
        machine.run(&whoami),
        machine.run(&whoami),
        machine.run(&whoami)
    );
    for outcome in [one, two, three] {
        assert!(outcome.text().contains("@ada"));
    }
    assert_eq!(machine.gateway.state().refreshes, 1);
}

#[tokio::test]
async fn an_old_access_token_is_refreshed_before_it_is_used() {
    let machine = Machine::with_ada_and_bob().await;
    let file = machine.state().join("quicksync/ada.json");
    let mut stored: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    stored["tokens"]["access_token_expires_at"] = 1.into();
    fs::write(&file, stored.to_string()).unwrap();
    machine.run(&["--profile", "ada", "whoami"]).await.text();
    assert_eq!(machine.gateway.state().refreshes, 1);
    machine.run(&["--profile", "ada", "whoami"]).await.text();
    assert_eq!(machine.gateway.state().refreshes, 1, "the new one was kept");
}

#[tokio::test]
async fn a_sign_in_that_has_ended_says_so() {
    let machine = Machine::with_ada_and_bob().await;
    {
        let mut state = machine.gateway.state();
        state.access.clear();
        state.refresh.clear();
    }
    let ended = machine.run(&["--profile", "ada", "chat", "list"]).await;
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("login"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_bad_profile_or_gateway_is_told_before_anything_is_asked() {
    let machine = Machine::new().await;
    for arguments in [
        ["--profile", "../x", "whoami"],
        ["--gateway", "ftp://x", "whoami"],
    ] {
        assert_eq!(machine.run(&arguments).await.code, 2, "{arguments:?}");
    }
}

//! Passwords, addresses and the end of an account.

use crate::program::{Machine, Outcome};

async fn ada(machine: &Machine, arguments: &[&str], stdin: &str) -> Outcome {
    let profile: &[&str] = &["--profile", "ada"];
    machine
        .run_with(&[profile, arguments].concat(), stdin)
        .await
}

fn changes(machine: &Machine) -> Vec<String> {
    machine.gateway.state().changes.clone()
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one() {
    let machine = Machine::with_ada_and_bob().await;
    let change = ["password", "--password-stdin"];
    let wrong = ada(&machine, &change, "wrong\nnew horse 42\n").await;
    assert_eq!(
        (wrong.code, wrong.stderr.as_str()),
        (1, "the password is wrong\n")
    );
    let done = ada(&machine, &change, "correct horse\nnew horse 42\n").await;
    assert!(done.text().contains("all other sessions are ended"));
    assert_eq!(changes(&machine), ["ChangePassword new horse 42"]);
}

#[tokio::test]
async fn an_account_without_a_password_gets_its_first() {
    let machine = Machine::with_ada_and_bob().await;
    machine.gateway.state().has_no_password = true;
    let change = ["password", "--password-stdin"];
    ada(&machine, &change, "new horse 42\n").await.text();
    assert_eq!(changes(&machine), ["ChangePassword new horse 42"]);
}

#[tokio::test]
async fn without_a_terminal_it_says_how_to_give_the_password() {
    let machine = Machine::with_ada_and_bob().await;
    let asked = ada(&machine, &["delete-account"], "ada\n").await;
    assert_eq!(asked.code, 2);
    assert!(
        asked.stderr.contains("--confirm USERNAME"),
        "{}",
        asked.stderr
    );
}

#[tokio::test]
async fn a_link_or_its_token_proves_an_address() {
    let machine = Machine::with_ada_and_bob().await;
    for link in [
        "good-token",
        "http://localhost:8080/verify-email?token=good-token",
        "http://localhost:8080/verify-email#token=good-token",
        "http://localhost:8080/verify-email?token=good-token&lang=en",
    ] {
        let proven = machine.run(&["verify-email", link]).await;
        assert_eq!(
            proven.text(),
            "ada@example.org is proven: you can sign in with it\n",
            "{link}"
        );
    }
    let used = machine.run(&["verify-email", "used"]).await;
    assert_eq!(used.code, 1);
    assert!(used.stderr.contains("ask for another"), "{}", used.stderr);
    ada(&machine, &["verify-email", "--again"], "").await.text();
    assert_eq!(changes(&machine), ["SendVerificationEmail"]);
}

#[tokio::test]
async fn another_address_takes_the_password_and_waits_for_its_link() {
    let machine = Machine::with_ada_and_bob().await;
    let email = ["email", "new@example.org", "--password-stdin"];
    let asked = ada(&machine, &email, "correct horse\n").await;
    assert!(asked.text().contains("verify-email LINK"));
    assert_eq!(changes(&machine), ["ChangeEmail new@example.org"]);
    let me = ada(&machine, &["whoami"], "").await;
    assert!(
        me.text().starts_with(
            "Ada Lovelace (@ada) <me@example.org> <new@example.org, not proven yet> at "
        ),
        "{}",
        me.stdout
    );
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_a_mailed_link() {
    let machine = Machine::new().await;
    let asked = machine.run(&["reset-password", "ada@example.org"]).await;
    assert!(asked.text().contains("reset-password --link LINK"));
    let link = "http://localhost:8080/reset-password#token=good-token";
    let set = ["reset-password", "--link", link, "--password-stdin"];
    machine.run_with(&set, "new horse 42\n").await.text();
    assert_eq!(
        changes(&machine),
        [
            "RequestPasswordReset ada@example.org",
            "ResetPassword new horse 42"
        ]
    );
}

#[tokio::test]
async fn an_account_is_erased_only_where_its_name_is_typed() {
    let machine = Machine::with_ada_and_bob().await;
    let other = ["delete-account", "--confirm", "bob", "--password-stdin"];
    let refused = ada(&machine, &other, "correct horse\n").await;
    assert_eq!(refused.code, 2);
    assert!(changes(&machine).is_empty(), "{}", refused.stderr);

    let own = ["delete-account", "--confirm", "ada", "--password-stdin"];
    let erased = ada(&machine, &own, "correct horse\n").await;
    assert_eq!(erased.text(), "the account @ada is erased\n");
    assert_eq!(changes(&machine), ["DeleteAccount"]);
    assert_eq!(ada(&machine, &["whoami"], "").await.code, 3);
}

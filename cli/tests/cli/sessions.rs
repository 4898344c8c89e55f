//! Where one is signed in, what happened around the account, and other accounts that open it.

use quicksync::user::v1::{Identity, SecurityEvent, SecurityEventKind, Session, SignInMethod};
use tonic::{Code, Status};

use crate::program::Machine;

const AS_ADA: [&str; 2] = ["--profile", "ada"];

/// Ada with two sessions, of which the first one asks.
async fn with_sessions() -> Machine {
    let machine = Machine::with_ada_and_bob().await;
    let session = |id: &str, device: &str, method: SignInMethod, is_current| Session {
        session_id: id.to_owned(),
        device: device.to_owned(),
        address: "192.0.2.7".to_owned(),
        method: method.into(),
        provider_id: match method {
            SignInMethod::Provider => "demo".to_owned(),
            _ => String::new(),
        },
        is_current,
        ..Session::default()
    };
    machine.gateway.state().sessions = vec![
        session(
            "s-1",
            "quicksync-cli on Linux",
            SignInMethod::Password,
            true,
        ),
        session(
            "s-2",
            "Firefox\u{1b}[2J on Linux",
            SignInMethod::Provider,
            false,
        ),
    ];
    machine
}

async fn ada(machine: &Machine, arguments: &[&str]) -> crate::program::Outcome {
    machine.run(&[&AS_ADA, arguments].concat()).await
}

#[tokio::test]
async fn sessions_are_listed_and_the_one_that_asks_is_marked() {
    let machine = with_sessions().await;
    let shown = ada(&machine, &["sessions"]).await;
    let lines: Vec<_> = shown.text().lines().collect();
    assert!(
        lines[0].starts_with("s-1  quicksync-cli on Linux  192.0.2.7  password  ")
            && lines[0].ends_with("this session"),
        "{lines:?}"
    );
    assert!(
        lines[1].starts_with("s-2  Firefox[2J on Linux  192.0.2.7  provider demo  "),
        "{lines:?}"
    );
    let sessions = ada(&machine, &["--json", "sessions"]).await.json();
    assert_eq!(
        (&sessions[0]["is_current"], &sessions[1]["method"]),
        (&true.into(), &"provider".into())
    );
    let agent = machine.gateway.state().user_agent.clone();
    assert!(
        agent.starts_with("quicksync-cli/") && agent.contains('('),
        "{agent}"
    );
}

#[tokio::test]
async fn a_session_is_ended_by_its_id() {
    let machine = with_sessions().await;
    let ended = ada(&machine, &["revoke", "s-2"]).await;
    assert_eq!(ended.text(), "ended Firefox[2J on Linux\n");
    let again = ada(&machine, &["revoke", "s-2"]).await;
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("quicksync-cli sessions"),
        "{}",
        again.stderr
    );
    assert_eq!(ada(&machine, &["revoke"]).await.code, 2);
}

#[tokio::test]
async fn ending_the_own_session_signs_the_profile_out() {
    let machine = with_sessions().await;
    ada(&machine, &["revoke", "s-1"]).await.text();
    assert_eq!(ada(&machine, &["whoami"]).await.code, 3);
}

#[tokio::test]
async fn all_others_are_ended_at_once() {
    let machine = with_sessions().await;
    let ended = ada(&machine, &["revoke", "--others"]).await;
    assert_eq!(ended.text(), "ended 1 other session\n");
    assert_eq!(machine.gateway.state().sessions.len(), 1);
}

#[tokio::test]
async fn a_session_that_was_ended_elsewhere_says_so() {
    let machine = with_sessions().await;
    machine.gateway.state().refused = Some(mesh::status::error(
        Code::Unauthenticated,
        "SESSION_REVOKED",
        "revoked",
    ));
    let outcome = ada(&machine, &["sessions"]).await;
    assert_eq!(outcome.code, 3);
    assert!(
        outcome.stderr.contains("ended from another one")
            && outcome.stderr.contains("quicksync-cli --profile ada login"),
        "{}",
        outcome.stderr
    );
}

#[tokio::test]
async fn security_events_come_page_by_page() {
    let machine = with_sessions().await;
    let event = |number: i64| SecurityEvent {
        event_id: number.to_string(),
        kind: SecurityEventKind::SignInFailed.into(),
        address: "192.0.2.7".to_owned(),
        device: "Firefox on Linux".to_owned(),
        ..SecurityEvent::default()
    };
    machine.gateway.state().events = (0..150).map(event).collect();
    let events = ada(&machine, &["--json", "security", "--limit", "120"]).await;
    let events = events.json();
    assert_eq!(
        (events.len(), &events[119]["event_id"]),
        (120, &"119".into())
    );
    assert_eq!(events[0]["kind"], "sign_in_failed");
    let some = ada(&machine, &["security", "--limit", "1"]).await;
    assert_eq!(
        (some.text(), some.stderr.as_str()),
        (
            "wrong password  Firefox on Linux  192.0.2.7\n",
            "there are more: use --limit\n"
        )
    );
}

#[tokio::test]
async fn identities_are_listed_and_unlinked_but_not_the_last_way_in() {
    let machine = with_sessions().await;
    assert_eq!(
        ada(&machine, &["providers"]).await.text(),
        "demo  Demo provider\n"
    );
    let none = ada(&machine, &["identities"]).await;
    assert!(none.stderr.contains("intent=link"), "{}", none.stderr);
    machine.gateway.state().identities = vec![Identity {
        identity_id: "i-1".to_owned(),
        provider_id: "demo".to_owned(),
        email: "ada@example.com".to_owned(),
        ..Identity::default()
    }];
    let shown = ada(&machine, &["identities"]).await;
    assert!(shown.text().starts_with("i-1  demo  ada@example.com  "));
    machine.gateway.state().has_no_password = true;
    let kept = ada(&machine, &["unlink", "i-1"]).await;
    assert!(
        kept.stderr.contains("quicksync-cli password"),
        "{}",
        kept.stderr
    );
    machine.gateway.state().has_no_password = false;
    assert_eq!(ada(&machine, &["unlink", "i-1"]).await.text(), "unlinked\n");
    assert!(machine.gateway.state().identities.is_empty());
}

#[tokio::test]
async fn too_many_tries_say_how_long_to_wait() {
    let machine = with_sessions().await;
    let status: Status =
        mesh::status::Report::new(Code::ResourceExhausted, "TOO_MANY_ATTEMPTS", "too many")
            .retry_after(std::time::Duration::from_secs(30))
            .into();
    machine.gateway.state().refused = Some(status);
    let outcome = ada(&machine, &["verify-email", "--again"]).await;
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.stderr,
        "too many tries: wait 30 seconds, then try again\n"
    );
}

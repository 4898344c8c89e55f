//! Sign-in with a provider from the terminal: the program itself, and a browser that comes back to it.

use std::process::Stdio;

use integration_tests::{
    client::browser::{Browser, Page},
    eventually::PATIENCE,
    mesh::{self, Mesh, programs},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use super::people::{account_at, chooser};

struct Terminal<'a> {
    mesh: &'a Mesh,
    state: TempDir,
}

impl<'a> Terminal<'a> {
    async fn new(mesh: &'a Mesh) -> Self {
        programs::build().await.unwrap();
        Self {
            mesh,
            state: tempfile::tempdir().unwrap(),
        }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = Command::new(programs::dir().unwrap().join("quicksync-cli"));
        command
            .arg("--json")
            .args(arguments)
            .env("QUICKSYNC_GATEWAY", self.mesh.gateway_url())
            .env("XDG_STATE_HOME", self.state.path());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command.spawn().unwrap()
    }

    /// What a command that must work prints.
    async fn run(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.start(arguments).wait_with_output().await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        let lines = String::from_utf8(output.stdout).unwrap();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// Where the program asks its person to go.
async fn invitation(login: &mut Child) -> String {
    let mut lines = BufReader::new(login.stderr.take().unwrap()).lines();
    let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
    let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
    line["open"].as_str().unwrap().to_owned()
}

/// The provider's page. Before that the person says that the program is theirs.
async fn led_out(mesh: &Mesh, browser: &Browser, url: &str) -> Page {
    let asked = browser.open(url).await.unwrap();
    let question = "A program on this computer wants to sign in as you";
    assert!(asked.body.contains(question), "{}", asked.body);
    chooser(mesh, browser.press(&asked, "Go on").await.unwrap())
}

const LOGIN: [&str; 3] = ["login", "--provider", mesh::provider::ID];

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_signs_in_over_a_loopback_address() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Hedy", true).await;
    let terminal = Terminal::new(mesh).await;
    let mut login = terminal.start(&LOGIN);
    let url = invitation(&mut login).await;

    let browser = Browser::default();
    let page = led_out(mesh, &browser, &url).await;
    let end = browser.submit(&page, "account", &account.id).await.unwrap();

    assert_eq!(end.url.host(), Some("127.0.0.1"));
    assert!(end.body.contains("close this window"), "{}", end.body);
    let code = end.url.query().unwrap();
    assert!(code.starts_with("code="), "{code}");
    let status = timeout(PATIENCE, login.wait()).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    let me = terminal.run(&["whoami"]).await;
    assert_eq!(
        (&me[0]["email"], &me[0]["has_password"]),
        (&account.email.as_str().into(), &false.into())
    );
    let sessions = terminal.run(&["sessions"]).await;
    assert_eq!(sessions.len(), 1);
    let session = &sessions[0];
    assert_eq!(
        (
            &session["method"],
            &session["provider_id"],
            &session["is_current"]
        ),
        (&"provider".into(), &mesh::provider::ID.into(), &true.into())
    );
    let device = session["device"].as_str().unwrap();
    assert!(device.starts_with("quicksync-cli"), "{device}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminal_shows_sessions_and_ends_them() {
    let mesh = mesh::shared().await;
    let account = account_at(mesh, "Radia", true).await;
    let terminals = [Terminal::new(mesh).await, Terminal::new(mesh).await];
    for terminal in &terminals {
        let mut login = terminal.start(&LOGIN);
        let url = invitation(&mut login).await;
        let browser = Browser::default();
        let page = led_out(mesh, &browser, &url).await;
        browser.submit(&page, "account", &account.id).await.unwrap();
        let status = timeout(PATIENCE, login.wait()).await.unwrap().unwrap();
        assert!(status.success(), "{status}");
    }
    let [here, there] = &terminals;
    assert_eq!(here.run(&["sessions"]).await.len(), 2);
    let ended = here.run(&["revoke", "--others"]).await;
    assert_eq!(ended[0]["revoked"], 1);
    assert_eq!(here.run(&["sessions"]).await.len(), 1);
    let refused = integration_tests::eventually::eventually("it is signed out there", async || {
        let output = there.start(&["whoami"]).wait_with_output().await.ok()?;
        (!output.status.success()).then_some(output)
    });
    assert_eq!(refused.await.unwrap().status.code(), Some(3));
    let events = here.run(&["security"]).await;
    let kinds: Vec<_> = events
        .iter()
        .filter_map(|event| event["kind"].as_str())
        .collect();
    assert!(
        kinds.contains(&"session_revoked") && kinds.contains(&"signed_in"),
        "{kinds:?}"
    );
}

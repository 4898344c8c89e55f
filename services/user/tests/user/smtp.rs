//! A real SMTP server: `smtp-server` of npm under Node.

use std::{path::PathBuf, process::Stdio, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::OnceCell,
    time::timeout,
};
use user::{Config, MailTls, MailTransport};

const PATIENCE: Duration = Duration::from_mins(1);
const SILENCE: Duration = Duration::from_millis(500);

/// What the server is told to be.
#[derive(Clone, Default, Serialize)]
pub struct Settings {
    pub port: u16,
    pub tls: &'static str,
    pub key: Option<String>,
    pub cert: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
}

/// A mail that the server took.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub secure: bool,
    pub user: String,
    pub data: String,
}

#[derive(Deserialize)]
struct Listening {
    listening: u16,
}

/// Runs until it is dropped.
pub struct Server {
    pub port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _stdin: ChildStdin,
    _child: Child,
}

impl Server {
    pub async fn start(settings: Settings) -> Self {
        let folder = packages().await;
        let mut child = Command::new("node")
            .arg(folder.join("server.js"))
            .arg(serde_json::to_string(&settings).unwrap())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node is one of the prerequisites: scripts/prerequisites.sh");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("it says its port");
        let Listening { listening: port } = serde_json::from_str(&first).unwrap();
        Self {
            port,
            lines,
            _stdin: child.stdin.take().unwrap(),
            _child: child,
        }
    }

    /// One without TLS and names.
    pub async fn plain() -> Self {
        Self::start(Settings {
            tls: "none",
            ..Settings::default()
        })
        .await
    }

    /// Waits for the next mail.
    pub async fn next(&mut self) -> Taken {
        let line = timeout(PATIENCE, self.lines.next_line()).await;
        let line = line.expect("no mail came").unwrap().expect("it goes on");
        serde_json::from_str(&line).unwrap()
    }

    /// Asserts that no mail comes for a while.
    pub async fn nothing(&mut self) {
        if let Ok(line) = timeout(SILENCE, self.lines.next_line()).await {
            panic!("a mail came: {line:?}");
        }
    }
}

/// Makes `config` send to the server at this port, without TLS.
pub fn send_to(config: &mut Config, port: u16) {
    config.mail.transport = MailTransport::Smtp;
    "127.0.0.1".clone_into(&mut config.mail.smtp.host);
    config.mail.smtp.port = port;
    config.mail.smtp.tls = MailTls::None;
}

/// A port that nobody listens on.
pub async fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

/// The folder of the server, its packages installed.
async fn packages() -> PathBuf {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    INSTALLED
        .get_or_init(async || {
            let script = root.join("../../scripts/npm-packages.sh");
            let mut install = Command::new(script);
            install.arg("services/user/tests/smtp-server");
            let output = install.stdin(Stdio::null()).output().await.unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{errors}");
        })
        .await;
    root.join("tests/smtp-server")
}

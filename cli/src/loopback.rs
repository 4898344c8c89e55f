//! A page on this machine that the browser comes back to with the code of a sign-in.
//!
//! It listens on 127.0.0.1 alone, answers one secret path, and is gone with the first answer. Whoever does not know the path gets
//! 404; a connection that says nothing holds up nobody.

use std::{net::Ipv4Addr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use runtime::Random;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

use crate::failure::Failure;

/// Head of a request at most; a browser sends about one KiB, and more with cookies of other pages of this host.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long one connection may take.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
/// Browsers open some ahead of need.
const CONNECTIONS_MAX: usize = 16;
const PATH_BYTES: usize = 16;

/// What the browser brought.
type Outcome = Result<String, Failure>;

/// Listens for one sign-in.
#[derive(Debug)]
pub(crate) struct Loopback {
    listener: TcpListener,
    port: u16,
    path: String,
}

impl Loopback {
    /// On a free port, under a path that nobody can guess.
    pub(crate) async fn open(random: &Random) -> Result<Self, Failure> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        Ok(Self {
            port: listener.local_addr()?.port(),
            listener,
            path: format!("/{}", URL_SAFE_NO_PAD.encode(random.bytes::<PATH_BYTES>())),
        })
    }

    /// Where the browser is to come back to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}{}", Ipv4Addr::LOCALHOST, self.port, self.path)
    }

    /// The code that the browser brings; a failure where it brings an error, or nothing in time.
    pub(crate) async fn code(self, patience: Duration) -> Outcome {
        timeout(patience, self.outcome()).await.unwrap_or_else(|_| {
            Err(Failure::SignIn(format!(
                "nobody signed in within {} seconds: nothing was changed",
                patience.as_secs()
            )))
        })
    }

    async fn outcome(&self) -> Outcome {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                    let (stream, _) = accepted?;
                    let path = self.path.clone();
                    connections.spawn(async move {
                        // Whatever goes wrong with one connection, the browser may come back with another.
                        timeout(CONNECTION_TIMEOUT, serve(stream, &path)).await.ok()?.ok()?
                    });
                }
                Some(served) = connections.join_next() => {
                    if let Ok(Some(outcome)) = served {
                        return outcome;
                    }
                }
            }
        }
    }
}

/// Answers one request; gives what it brought where it was the one that is waited for.
async fn serve(mut stream: TcpStream, path: &str) -> std::io::Result<Option<Outcome>> {
    let head = read_head(&mut stream).await?;
    let outcome = outcome_of(&head, path);
    let page = match &outcome {
        None => page("404 Not Found", "There is nothing here."),
        Some(Ok(_)) => page(
            "200 OK",
            "You can close this window: your terminal goes on with the sign-in.",
        ),
        Some(Err(_)) => page(
            "200 OK",
            "You are not signed in: your terminal says why. You can close this window.",
        ),
    };
    stream.write_all(page.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(outcome)
}

async fn read_head(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|end| end == b"\r\n\r\n") {
        if bytes.len() > HEAD_BYTES_MAX || stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What `GET path?code=...` or `GET path?error=...` brought; `None` for every other request.
fn outcome_of(head: &str, path: &str) -> Option<Outcome> {
    let target = head.strip_prefix("GET ")?.split(' ').next()?;
    let query = target.strip_prefix(path)?.strip_prefix('?')?;
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let value = |name: &str| {
        let found = pairs.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.to_string())
    };
    if let Some(code) = value("code") {
        return Some(Ok(code));
    }
    let error = value("error")?;
    Some(Err(Failure::SignIn(format!(
        "the sign-in did not succeed: {}",
        crate::output::excerpt(&error.replace('_', " "), 200)
    ))))
}

fn page(status: &str, text: &str) -> String {
    let body = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>QuickSync</title><p>{text}</p></html>"
    );
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests;

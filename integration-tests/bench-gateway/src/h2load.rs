//! h2load, the load generator of nghttp2: makes a number of calls and tells how long each took.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use tokio::process::Command;

use crate::{call::Call, cores};

/// How the calls come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Over HTTP/1.1; else over HTTP/2 by prior knowledge.
    pub(crate) is_http1: bool,
    /// Connections.
    pub(crate) connections: usize,
    /// Calls at a time on each of them.
    pub(crate) at_a_time: usize,
    /// All in all.
    pub(crate) calls: usize,
}

/// What h2load saw.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Bytes of all answers, without heads.
    pub(crate) data_bytes: u64,
    /// Of each call, from its first byte to the end of its answer, in microseconds, in order.
    pub(crate) latencies_us: Vec<u64>,
}

/// Makes the calls; an error where one of them has no 200.
pub(crate) async fn run(
    port: u16,
    call: Call,
    load: Load,
    token: &str,
    folder: &Path,
) -> Result<Seen> {
    let (body, log) = (folder.join("body"), folder.join("latencies"));
    fs::write(&body, call.body())?;
    // It only adds to a file that is there.
    fs::write(&log, "")?;
    let mut command: Command = cores::command(cores::LOAD, "h2load").into();
    command
        .arg(format!("--clients={}", load.connections))
        .arg(format!("--max-concurrent-streams={}", load.at_a_time))
        .arg(format!("--requests={}", load.calls))
        .arg(format!("--data={}", body.display()))
        .arg(format!("--log-file={}", log.display()))
        .arg(format!("--header=authorization: Bearer {token}"));
    for (name, value) in call.headers() {
        command.arg(format!("--header={name}: {value}"));
    }
    if load.is_http1 {
        command.arg("--h1");
    }
    command.arg(format!("http://127.0.0.1:{port}{}", call.path()));
    let output = command
        .output()
        .await
        .context("h2load does not start: it is in Debian's package nghttp2-client")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "h2load failed on {call:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let good = number_before(&said, " 2xx")?;
    ensure!(
        good == load.calls as u64,
        "of {} calls {good} have a 200:\n{said}",
        load.calls
    );
    Ok(Seen {
        data_bytes: data_bytes(&said)?,
        latencies_us: latencies(&fs::read_to_string(&log)?)?,
    })
}

/// The number that stands right before `what`.
fn number_before(said: &str, what: &str) -> Result<u64> {
    let (before, _) = said
        .split_once(what)
        .with_context(|| format!("h2load says nothing of {what}"))?;
    let digits = before
        .rsplit(|letter: char| !letter.is_ascii_digit())
        .next();
    digits
        .and_then(|digits| digits.parse().ok())
        .with_context(|| format!("h2load gives no number of {what}"))
}

/// From `traffic: 5.1MB (5300000) total, 1.0MB (1000000) headers (space savings 0.00%), 4.1MB (4300000) data`.
fn data_bytes(said: &str) -> Result<u64> {
    number_before(said, ") data")
}

/// The third column; the second is the status.
fn latencies(log: &str) -> Result<Vec<u64>> {
    let mut latencies = log
        .lines()
        .map(|line| {
            let column = line.split('\t').nth(2).context("no third column")?;
            column.parse().context("no number of microseconds")
        })
        .collect::<Result<Vec<u64>>>()?;
    latencies.sort_unstable();
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "status codes: 1000 2xx, 0 3xx, 0 4xx, 0 5xx\n\
        traffic: 5.1MB (5300000) total, 1.0MB (1000000) headers (space savings 0.00%), 4.1MB (4300000) data\n";

    #[test]
    fn the_report_of_h2load_is_understood() {
        assert_eq!(number_before(SAID, " 2xx").unwrap(), 1000);
        assert_eq!(data_bytes(SAID).unwrap(), 4_300_000);
    }

    #[test]
    fn its_log_is_understood_and_ordered() {
        let log = "1790000000000000\t200\t900\n1790000000000001\t200\t80\n";
        assert_eq!(latencies(log).unwrap(), [80, 900]);
    }
}

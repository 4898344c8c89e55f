//! The connection URL, and the limits that travel in it.

use std::fmt::Write;

use super::Config;

/// A dead peer is noticed after about idle + interval * retries seconds.
const KEEPALIVE_IDLE_S: u32 = 10;
const KEEPALIVE_INTERVAL_S: u32 = 5;
const KEEPALIVE_RETRIES: u32 = 3;

pub(super) fn is_url(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// The URL with timeouts and keepalive added; what the operator wrote there stays and comes first.
pub(super) fn with_limits(config: &Config, application_name: &str) -> String {
    let statement_timeout_ms = config.statement_timeout_ms;
    let mut url = config.url.expose().to_owned();
    let connect_timeout_s = config.connect_timeout_ms.div_ceil(1_000);
    // Data that nobody acknowledges: a statement's own time and some for the way.
    let unacknowledged_ms = statement_timeout_ms + 5_000;
    for (name, value) in [
        ("application_name", application_name.to_owned()),
        ("connect_timeout", connect_timeout_s.to_string()),
        ("keepalives", "1".to_owned()),
        ("keepalives_idle", KEEPALIVE_IDLE_S.to_string()),
        ("keepalives_interval", KEEPALIVE_INTERVAL_S.to_string()),
        ("keepalives_retries", KEEPALIVE_RETRIES.to_string()),
        (
            "tcp_user_timeout",
            unacknowledged_ms.div_ceil(1_000).to_string(),
        ),
        (
            "options",
            format!("-c%20statement_timeout%3D{statement_timeout_ms}"),
        ),
    ] {
        let set = ["?", "&"]
            .iter()
            .any(|before| url.contains(&format!("{before}{name}=")));
        if set {
            continue;
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        write!(url, "{separator}{name}={value}").expect("a String takes everything");
    }
    url
}

#[cfg(test)]
mod tests;

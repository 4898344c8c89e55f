//! The gateway's section of the configuration.

mod upstream;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf};

use ipnet::IpNet;
use runtime::config::{Problems, Process, Section};
use serde::{Deserialize, Serialize};

pub use self::upstream::{DescriptorReload, UnmarkedAccess, Upstream};
use crate::{access_log::AccessLog, limits::RateLimits, origins};

/// The smallest buffer that hyper allows for a connection of HTTP/1.1.
const HTTP1_BUFFER_BYTES_MIN: usize = 8 * 1024;

/// Everything that can be set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Admin port, logs, drain.
    pub process: Process,
    /// The public port and its limits.
    pub public: Public,
    /// How many calls people and addresses may make.
    pub limits: RateLimits,
    /// Which calls are written down.
    pub access_log: AccessLog,
    /// Which web pages may call.
    pub cors: Cors,
    /// The web app, for people with a browser.
    pub web: Web,
    /// How access tokens are checked.
    pub auth: auth::Config,
    /// How descriptors of other teams are kept fresh.
    pub descriptors: DescriptorReload,
    /// Where calls go, by a name of the operator's choice.
    pub upstreams: BTreeMap<String, Upstream>,
}

/// The public port and its limits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Public {
    /// Address of the one public port: HTTP/1.1 and HTTP/2, over TLS by ALPN, without by prior knowledge.
    pub listen: SocketAddr,
    /// TLS at this port.
    pub tls: Tls,
    /// The origin that browsers know the gateway by: `https://chat.example.org`. Over `http://` only on this machine; cookies
    /// then are without `Secure` and the prefix `__Host-`.
    pub origin: String,
    /// Networks of the proxies before the gateway, like `10.0.0.0/8` and `::1/128`: what they say in `x-forwarded-for` is
    /// believed. Without them all people behind a proxy have its address, and share its limits.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks of the proxies whose connections begin with a header of the PROXY protocol, version 1 or 2. One that has none is
    /// closed. From all others such a header is no HTTP.
    pub proxy_protocol_from: Vec<IpNet>,
    /// Connections at the same time; one more is closed at once.
    pub connections_max: usize,
    /// Calls at the same time on one connection of HTTP/2.
    pub streams_per_connection_max: u32,
    /// The longest time that a client may take to send the head of a request; as long may a connection of HTTP/1.1 lie
    /// idle between two requests, and a new connection be silent.
    pub header_read_timeout_ms: u64,
    /// The longest time that a client may take to send a request of one message. Streams may last.
    pub body_read_timeout_ms: u64,
    /// Header fields of one request. Beyond: 431.
    pub headers_max: usize,
    /// Bytes of all header fields of one request. Beyond: 431.
    pub header_bytes_max: u32,
    /// The largest message in a request. Beyond: `RESOURCE_EXHAUSTED`.
    pub message_bytes_max: u32,
    /// What is kept for one connection of HTTP/1.1, or one stream of HTTP/2, whose client reads slowly. When it is full
    /// the upstream is not read either.
    pub send_buffer_bytes_max: usize,
    /// The longest time that a client may take no byte at all of what waits for it; then its connection is closed.
    pub write_stall_timeout_ms: u64,
    /// Errors of the gateway itself say their reason in a `google.rpc.ErrorInfo`, as all errors of QuickSync do. Without it
    /// they have a code and a text: for clients of other teams that take any detail for one of their own service.
    pub errors_have_details: bool,
    /// How long connections are still taken after the process was asked to stop, while `/healthz` is 503 already, so that
    /// balancers have time to look elsewhere. Part of `process.drain.grace_ms`.
    pub drain_lead_ms: u64,
    /// Between two pings on a connection of HTTP/2; one that is not answered in the same time closes the connection.
    pub keep_alive_interval_ms: u64,
}

/// TLS at the public port.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tls {
    /// PEM file with the certificate and those above it. Empty, as `key_file` then is: no TLS.
    pub certificate_file: PathBuf,
    /// PEM file with the key of the certificate.
    pub key_file: PathBuf,
    /// How often both are looked at. A new pair is shown from the next connection on.
    pub reload_interval_ms: u64,
}

/// Which web pages may call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cors {
    /// Origins like `https://chat.example.org`, or `*` for all. Pages of `public.origin` need no entry. Those listed by name
    /// may call with cookies, which is to sign in; `*` lets nobody do that.
    pub origins: Vec<String>,
}

/// The web app.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Folder with the built app: `index.html`, and `assets/` for files whose names change with their content. Empty: `/` says
    /// in a line what this is, and there is no app.
    pub dir: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        let upstreams = [
            (
                "chat",
                "http://127.0.0.1:50052",
                &["quicksync.chat.v1.ChatService"][..],
            ),
            (
                "messaging",
                "http://127.0.0.1:50053",
                &["quicksync.messaging.v1.MessagingService"],
            ),
            (
                "notification",
                "http://127.0.0.1:50054",
                &["quicksync.notification.v1.NotificationService"],
            ),
            (
                "user",
                "http://127.0.0.1:50051",
                &[
                    "quicksync.user.v1.AccountService",
                    "quicksync.user.v1.AuthService",
                    "quicksync.user.v1.SessionService",
                    "quicksync.user.v1.UserService",
                ],
            ),
        ];
        Self {
            process: Process::default(),
            public: Public::default(),
            limits: RateLimits::default(),
            access_log: AccessLog::default(),
            cors: Cors::default(),
            web: Web::default(),
            auth: auth::Config::default(),
            descriptors: DescriptorReload::default(),
            upstreams: upstreams
                .map(|(name, endpoint, services)| {
                    (name.to_owned(), Upstream::new(endpoint, services))
                })
                .into(),
        }
    }
}

impl Default for Public {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls: Tls::default(),
            origin: "http://localhost:8080".to_owned(),
            trusted_proxies: Vec::new(),
            proxy_protocol_from: Vec::new(),
            connections_max: 20_000,
            streams_per_connection_max: 200,
            header_read_timeout_ms: 30_000,
            body_read_timeout_ms: 60_000,
            headers_max: 64,
            header_bytes_max: 16 * 1024,
            message_bytes_max: 1024 * 1024,
            send_buffer_bytes_max: 64 * 1024,
            write_stall_timeout_ms: 30_000,
            errors_have_details: true,
            drain_lead_ms: 0,
            keep_alive_interval_ms: 30_000,
        }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self {
            certificate_file: PathBuf::new(),
            key_file: PathBuf::new(),
            reload_interval_ms: 10_000,
        }
    }
}

impl Tls {
    /// True where connections are to be made over TLS.
    pub fn is_enabled(&self) -> bool {
        !self.certificate_file.as_os_str().is_empty()
    }

    fn validate(&self, problems: &mut Problems) {
        let has_key = !self.key_file.as_os_str().is_empty();
        problems.check(
            self.is_enabled() || !has_key,
            "certificate_file",
            "must be set where key_file is",
        );
        problems.check(
            !self.is_enabled() || has_key,
            "key_file",
            "must be set where certificate_file is",
        );
        let has_interval = self.reload_interval_ms > 0;
        problems.check(has_interval, "reload_interval_ms", "must be at least 1");
    }
}

impl Section for Config {
    fn validate(&self, problems: &mut Problems) {
        problems.section("public", |problems| {
            self.public.validate(problems);
            problems.check(
                self.public.drain_lead_ms < self.process.drain.grace_ms,
                "drain_lead_ms",
                "must be less than process.drain.grace_ms",
            );
        });
        problems.section("limits", |problems| self.limits.validate(problems));
        problems.section("access_log", |problems| self.access_log.validate(problems));
        problems.section("cors", |problems| self.cors.validate(problems));
        problems.section("auth", |problems| self.auth.validate(problems));
        problems.section("descriptors", |problems| {
            self.descriptors.validate(problems);
        });
        problems.section("upstreams", |problems| {
            upstream::validate(&self.upstreams, problems);
        });
    }

    fn process(&self) -> &Process {
        &self.process
    }
}

impl Public {
    fn validate(&self, problems: &mut Problems) {
        problems.section("tls", |problems| self.tls.validate(problems));
        let problem = origins::problem_of_public(&self.origin);
        problems.check(problem.is_none(), "origin", problem.unwrap_or_default());
        let positive = [
            ("connections_max", self.connections_max > 0),
            (
                "streams_per_connection_max",
                self.streams_per_connection_max > 0,
            ),
            ("header_read_timeout_ms", self.header_read_timeout_ms > 0),
            ("body_read_timeout_ms", self.body_read_timeout_ms > 0),
            ("headers_max", self.headers_max > 0),
            ("message_bytes_max", self.message_bytes_max > 0),
            ("write_stall_timeout_ms", self.write_stall_timeout_ms > 0),
            ("keep_alive_interval_ms", self.keep_alive_interval_ms > 0),
        ];
        for (key, holds) in positive {
            problems.check(holds, key, "must be at least 1");
        }
        for (key, bytes) in [
            ("header_bytes_max", self.header_bytes_max as usize),
            ("send_buffer_bytes_max", self.send_buffer_bytes_max),
        ] {
            problems.check(
                bytes >= HTTP1_BUFFER_BYTES_MIN,
                key,
                "must be at least 8192",
            );
        }
    }
}

impl Cors {
    fn validate(&self, problems: &mut Problems) {
        for origin in &self.origins {
            problems.check(
                origin == "*" || origins::is_origin(origin),
                "origins",
                &format!("{origin:?} is neither `*` nor an origin like `https://chat.example.org`"),
            );
        }
    }
}

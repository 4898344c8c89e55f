//! The access log: one line for each call when it ends, with the target `access`. Streams have theirs at their end.
//!
//! It says who called what, from where, and how that ended; never what was in it: no token, no query, no header but the user
//! agent. docs/LOGGING.md lists the fields.
//!
//! [`Record`] is made at the edge, for every call, since the metrics count the same bytes; deeper layers find it where they
//! are polled ([`Record::current`]) and note what only they know. [`Line`] is dropped with the last that is left of the call:
//! the future of its answer, or the answer's body.

mod body;

use std::{
    net::IpAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Duration,
};

use auth::{CLIENT_ADDRESS, Caller};
use http::{HeaderMap, HeaderValue, StatusCode, header::USER_AGENT};
use runtime::config::Problems;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tonic::Code;

pub(crate) use self::body::LoggedBody;
use crate::{metrics::Meter, protocol::Protocol};

/// Where the lines can be told from all others.
const TARGET: &str = "access";
/// Of a user agent, what is written: browsers need half of it.
const USER_AGENT_BYTES_MAX: usize = 256;

tokio::task_local! {
    static CURRENT: Arc<Record>;
}

/// Which calls are written down.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccessLog {
    /// All, some or none.
    pub mode: Mode,
    /// With `sampled`, one call in so many.
    pub sampled_one_in: u32,
}

/// All, some or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// None.
    #[default]
    Off,
    /// One in `sampled_one_in`, and every call that failed by a fault of the server.
    Sampled,
    /// All.
    All,
}

/// Decides which calls are written down.
#[derive(Debug)]
pub(crate) struct Log {
    config: AccessLog,
    calls: AtomicU64,
}

/// What becomes known of one call.
#[derive(Debug)]
pub(crate) struct Record {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    meter: OnceLock<Arc<Meter>>,
    caller: OnceLock<Caller>,
    upstream: OnceLock<Duration>,
    code: OnceLock<Code>,
    status: AtomicU16,
}

/// Written when it is dropped.
#[derive(Debug)]
pub(crate) struct Line {
    record: Arc<Record>,
    /// `None` where nothing is to be written.
    head: Option<Head>,
}

/// What is known when the call begins.
#[derive(Debug)]
struct Head {
    started: Instant,
    protocol: Protocol,
    // Copies: a header value of HTTP/1.1 would hold all that was read with it for as long as a stream lasts.
    request_id: Box<str>,
    address: Option<IpAddr>,
    user_agent: Option<Box<str>>,
    /// Only a failure is written.
    is_passed_over: bool,
}

impl Default for AccessLog {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            sampled_one_in: 100,
        }
    }
}

impl AccessLog {
    /// Notes what is wrong with this section.
    pub(crate) fn validate(self, problems: &mut Problems) {
        let has_share = self.sampled_one_in > 0;
        problems.check(has_share, "sampled_one_in", "must be at least 1");
    }
}

impl Log {
    /// As configured.
    pub(crate) const fn new(config: AccessLog) -> Self {
        Self {
            config,
            calls: AtomicU64::new(0),
        }
    }

    /// A call begins whose request has `headers`.
    pub(crate) fn begin(
        &self,
        protocol: Protocol,
        headers: &HeaderMap,
        request_id: &HeaderValue,
    ) -> Line {
        let head = || Head {
            started: Instant::now(),
            protocol,
            request_id: text(request_id).unwrap_or_default().into(),
            address: headers
                .get(CLIENT_ADDRESS)
                .and_then(text)
                .and_then(|address| address.parse().ok()),
            user_agent: headers
                .get(USER_AGENT)
                .and_then(text)
                .map(|agent| shortened(agent).into()),
            is_passed_over: self.passes_over(),
        };
        Line {
            record: Arc::default(),
            head: (self.config.mode != Mode::Off).then(head),
        }
    }

    fn passes_over(&self) -> bool {
        let one_in = u64::from(self.config.sampled_one_in);
        self.config.mode == Mode::Sampled
            && !self
                .calls
                .fetch_add(1, Ordering::Relaxed)
                .is_multiple_of(one_in)
    }
}

impl Default for Record {
    fn default() -> Self {
        Self {
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            meter: OnceLock::new(),
            caller: OnceLock::new(),
            upstream: OnceLock::new(),
            code: OnceLock::new(),
            status: AtomicU16::new(0),
        }
    }
}

impl Record {
    /// That of the call that this code works for.
    pub(crate) fn current() -> Option<Arc<Self>> {
        CURRENT.try_with(Arc::clone).ok()
    }

    /// Runs `work` for the call of this record.
    pub(crate) fn scope<F: Future>(self: Arc<Self>, work: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, work)
    }

    /// The call is one of the method of `meter`. Bytes are counted there from now on.
    pub(crate) fn is_of(&self, meter: &Arc<Meter>) {
        let _ = self.meter.set(Arc::clone(meter));
    }

    /// It is made by somebody.
    pub(crate) fn is_by(&self, caller: Caller) {
        let _ = self.caller.set(caller);
    }

    /// The head of the upstream's answer took so long.
    pub(crate) fn upstream_took(&self, time: Duration) {
        let _ = self.upstream.set(time);
    }

    /// It has ended with `code`.
    pub(crate) fn ended(&self, code: Code) {
        let _ = self.code.set(code);
    }

    /// So much of the request has arrived.
    pub(crate) fn count_in(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
        if let Some(meter) = self.meter.get() {
            meter.count_in(bytes as u64);
        }
    }

    fn count_out(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
        if let Some(meter) = self.meter.get() {
            meter.count_out(bytes as u64);
        }
    }
}

impl Line {
    /// The record of the same call.
    pub(crate) fn record(&self) -> Arc<Record> {
        Arc::clone(&self.record)
    }

    /// The client is answered with `status`.
    pub(crate) fn answered(&self, status: StatusCode) {
        self.record.status.store(status.as_u16(), Ordering::Relaxed);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(head) = &self.head {
            write(head, &self.record);
        }
    }
}

/// True for what is not the client's doing.
const fn is_fault(code: Option<Code>) -> bool {
    matches!(
        code,
        Some(
            Code::Unknown
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::Unavailable
                | Code::DataLoss
        )
    )
}

fn write(head: &Head, record: &Record) {
    let code = record.code.get().copied();
    if head.is_passed_over && !is_fault(code) {
        return;
    }
    let microseconds = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    let status = record.status.load(Ordering::Relaxed);
    tracing::info!(
        target: TARGET,
        request_id = &*head.request_id,
        user_id = record.caller.get().map(|caller| tracing::field::display(caller.user_id)),
        address = head.address.map(tracing::field::display),
        protocol = head.protocol.label(),
        service = record.meter.get().map(|meter| meter.service()),
        method = record.meter.get().map(|meter| meter.method()),
        code = code.map(mesh::metrics::code_name),
        // A client that went away before there was an answer has none.
        http_status = (status > 0).then_some(status),
        bytes_in = record.bytes_in.load(Ordering::Relaxed),
        bytes_out = record.bytes_out.load(Ordering::Relaxed),
        duration_us = microseconds(head.started.elapsed()),
        upstream_us = record.upstream.get().copied().map(microseconds),
        user_agent = head.user_agent.as_deref(),
        "call"
    );
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

/// Header values that are text are ASCII.
fn shortened(text: &str) -> &str {
    &text[..text.len().min(USER_AGENT_BYTES_MAX)]
}

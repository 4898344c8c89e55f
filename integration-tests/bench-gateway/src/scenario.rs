//! What is measured, and how.

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result, ensure};

use crate::{
    call::{Call, Format, Method},
    h2load::{self, Load},
    proof,
    proxies::Proxy,
};

/// Calls at once while CPU is measured.
const AT_ONCE: usize = 32;
const HTTP2_CONNECTIONS: usize = 4;
/// Of the calls whose CPU is measured come first, and do not count.
const WARM_UP_PART: usize = 10;
/// One after the other, for the latency.
const LATENCY_CALLS_PART: usize = 10;

/// One kind of call, over one version of HTTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    /// In the report.
    pub(crate) name: &'static str,
    pub(crate) call: Call,
    pub(crate) is_http1: bool,
    /// Envoy has a filter for it.
    pub(crate) is_for_envoy: bool,
}

const fn scenario(
    name: &'static str,
    format: Format,
    method: Method,
    is_http1: bool,
    is_for_envoy: bool,
) -> Scenario {
    Scenario {
        name,
        call: Call { format, method },
        is_http1,
        is_for_envoy,
    }
}

/// All of them.
pub(crate) const ALL: [Scenario; 7] = [
    scenario(
        "grpc-web, HTTP/1.1",
        Format::GrpcWeb,
        Method::Echo,
        true,
        true,
    ),
    scenario(
        "grpc-web, HTTP/2",
        Format::GrpcWeb,
        Method::Echo,
        false,
        true,
    ),
    scenario("gRPC, HTTP/2", Format::Grpc, Method::Echo, false, true),
    scenario(
        "grpc-web stream of 100, HTTP/1.1",
        Format::GrpcWeb,
        Method::Repeat,
        true,
        true,
    ),
    scenario(
        "grpc-web stream of 100, HTTP/2",
        Format::GrpcWeb,
        Method::Repeat,
        false,
        true,
    ),
    scenario(
        "Connect proto, HTTP/1.1",
        Format::ConnectProto,
        Method::Echo,
        true,
        false,
    ),
    scenario(
        "Connect JSON, HTTP/1.1",
        Format::ConnectJson,
        Method::Echo,
        true,
        false,
    ),
];

/// One measurement of one proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// CPU time of the proxy for one call, in microseconds.
    pub(crate) cpu_us: f64,
    /// Median of calls that were made one after the other, in microseconds.
    pub(crate) p50_us: f64,
}

impl Scenario {
    /// Of all calls, how many are made for one figure: streams have more to do.
    pub(crate) fn calls(&self, unary_calls: usize) -> usize {
        match self.call.method {
            Method::Echo => unary_calls,
            Method::Repeat | Method::Hold => unary_calls / 20,
        }
    }

    /// Measures `proxy` once.
    pub(crate) async fn measure(
        &self,
        proxy: &Proxy,
        unary_calls: usize,
        token: &str,
        folder: &Path,
    ) -> Result<Figures> {
        let Self { call, is_http1, .. } = *self;
        let calls = self.calls(unary_calls);
        let crowd = Load {
            is_http1,
            connections: if is_http1 { AT_ONCE } else { HTTP2_CONNECTIONS },
            at_a_time: if is_http1 {
                1
            } else {
                AT_ONCE / HTTP2_CONNECTIONS
            },
            calls,
        };
        let warm_up = Load {
            calls: calls / WARM_UP_PART,
            ..crowd
        };
        proof::require(proxy.port, call, is_http1, token)
            .await
            .with_context(|| format!("{}, {}", proxy.name, self.name))?;
        let few = h2load::run(proxy.port, call, warm_up, token, folder).await?;
        let before = proxy.cpu()?;
        let many = h2load::run(proxy.port, call, crowd, token, folder).await?;
        let used = proxy.cpu()?.saturating_sub(before);
        // All answers are alike, so ten times the calls give ten times the bytes, whatever a proxy adds to each.
        let expected = few.data_bytes * (calls / warm_up.calls) as u64;
        ensure!(
            many.data_bytes == expected,
            "{}, {}: {} bytes of answers are not {expected}",
            proxy.name,
            self.name,
            many.data_bytes
        );
        Ok(Figures {
            cpu_us: per_call(used, calls),
            p50_us: p50_alone(proxy.port, self, calls, token, folder).await?,
        })
    }
}

/// Median latency of calls that come one after the other.
pub(crate) async fn p50_alone(
    port: u16,
    scenario: &Scenario,
    calls: usize,
    token: &str,
    folder: &Path,
) -> Result<f64> {
    let load = Load {
        is_http1: scenario.is_http1,
        connections: 1,
        at_a_time: 1,
        calls: calls / LATENCY_CALLS_PART,
    };
    let seen = h2load::run(port, scenario.call, load, token, folder).await?;
    let middle = seen.latencies_us.get(seen.latencies_us.len() / 2);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    middle.map(|us| *us as f64).context("no call was made")
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn per_call(used: Duration, calls: usize) -> f64 {
    used.as_secs_f64() * 1e6 / calls as f64
}

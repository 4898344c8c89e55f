//! The server that Connect's conformance runner tests: the gateway before a reference upstream.
//!
//! ```text
//! runner --stdin: ServerCompatRequest--> this process --stdout: ServerCompatResponse--> runner
//! runner's clients --gRPC, grpc-web--> gateway --gRPC--> upstream
//! ```
//!
//! The gateway knows the service from a file of descriptors in its configuration, as it knows the services of other teams.
//! The runner starts one such process for each protocol and version of HTTP, and ends it by a signal. `make conformance`
//! runs all of it.

mod gateway_before;
mod protos;
mod upstream;
mod wire;

use std::future;

use anyhow::Context as _;

use crate::{gateway_before::GatewayBefore, protos::ServerCompatRequest, upstream::Upstream};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let wanted: ServerCompatRequest = wire::read().context("the runner's request")?;
    let upstream = Upstream::start(wanted.message_receive_limit as usize).await?;
    let gateway = GatewayBefore::start(&upstream, &wanted).await?;
    wire::write(&gateway.whereabouts()).context("the answer to the runner")?;
    future::pending().await
}

//! The server that Connect's conformance runner tests: the gateway before a reference upstream.
//!
//! ```text
//! runner --stdin: ServerCompatRequest--> this process --stdout: ServerCompatResponse--> runner
//! runner's clients --gRPC, grpc-web, Connect--> gateway --gRPC--> upstream
//! ```
//!
//! The upstream is tonic's, in this process, or the program that the only argument names. The gateway knows the service from a
//! file of descriptors in its configuration, as it knows the services of other teams. The runner starts one such process for
//! each protocol and version of HTTP, and ends it by a signal. `make conformance` runs all of it.

mod gateway_before;
mod protos;
mod upstream;
mod wire;

use std::{env, io};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::{gateway_before::GatewayBefore, protos::ServerCompatRequest, upstream::Upstream};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut end = signal(SignalKind::terminate())?;
    let wanted: ServerCompatRequest =
        wire::read(io::stdin().lock()).context("the runner's request")?;
    let message_bytes_max = wanted.message_receive_limit;
    let upstream = match env::args_os().nth(1) {
        Some(program) => Upstream::run(&program, message_bytes_max)?,
        None => Upstream::start(message_bytes_max as usize).await?,
    };
    let gateway = GatewayBefore::start(&upstream, &wanted).await?;
    wire::write(io::stdout().lock(), &gateway.whereabouts()).context("the answer to the runner")?;
    end.recv().await;
    Ok(())
}

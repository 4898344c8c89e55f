//! An upstream that is a program of its own. It is started as the runner starts servers under test, and asked for gRPC.

use std::{ffi::OsStr, fs::File, net::SocketAddr, process::Stdio};

use anyhow::Context as _;
use tokio::process::Command;

use super::Upstream;
use crate::{
    protos::{HttpVersion, Protocol, ServerCompatRequest, ServerCompatResponse},
    wire,
};

impl Upstream {
    /// Starts `program`, which takes messages of at most `message_bytes_max`.
    pub(crate) fn run(program: &OsStr, message_bytes_max: u32) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let (input, output) = child
            .stdin
            .take()
            .zip(child.stdout.take())
            .context("both were piped")?;
        let wanted = ServerCompatRequest {
            protocol: Protocol::Grpc.into(),
            http_version: HttpVersion::HttpVersion2.into(),
            message_receive_limit: message_bytes_max,
            ..ServerCompatRequest::default()
        };
        wire::write(File::from(input.into_owned_fd()?), &wanted)?;
        let whereabouts: ServerCompatResponse =
            wire::read(File::from(output.into_owned_fd()?)).context("the upstream's answer")?;
        let port = u16::try_from(whereabouts.port)?;
        Ok(Self {
            address: SocketAddr::new(whereabouts.host.parse()?, port),
            _program: Some(child),
        })
    }
}

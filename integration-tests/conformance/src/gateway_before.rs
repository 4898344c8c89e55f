//! A gateway of this process, configured by a file as an operator writes it.

use std::{fs, net::SocketAddr};

use anyhow::ensure;
use gateway::{App, Config};
use runtime::{
    App as _, Context,
    config::{Section as _, Sources, load},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    protos::{FILE_DESCRIPTOR_SET, ServerCompatRequest, ServerCompatResponse},
    upstream::Upstream,
};

/// A running gateway.
pub(crate) struct GatewayBefore {
    address: SocketAddr,
    _running: JoinHandle<anyhow::Result<()>>,
}

impl GatewayBefore {
    /// Starts one before `upstream` that is as `wanted`.
    pub(crate) async fn start(
        upstream: &Upstream,
        wanted: &ServerCompatRequest,
    ) -> anyhow::Result<Self> {
        ensure!(!wanted.use_tls, "the gateway does not end TLS");
        let folder = tempfile::tempdir()?;
        let config: Config = load(&Sources {
            file: Some(write_configuration(&folder, upstream, wanted)?),
            ..Sources::default()
        })?;
        let context = Context::new(App::NAME, config.process());
        let app = App::build(config, context).await?;
        Ok(Self {
            address: app.local_addr()?,
            _running: tokio::spawn(app.run()),
        })
    }

    /// What the runner wants to know.
    pub(crate) fn whereabouts(&self) -> ServerCompatResponse {
        ServerCompatResponse {
            host: self.address.ip().to_string(),
            port: self.address.port().into(),
            pem_cert: Vec::new(),
        }
    }
}

/// The gateway's file, and beside it the one with the descriptors of the service.
fn write_configuration(
    folder: &TempDir,
    upstream: &Upstream,
    wanted: &ServerCompatRequest,
) -> anyhow::Result<std::path::PathBuf> {
    let descriptors = folder.path().join("conformance.binpb");
    fs::write(&descriptors, FILE_DESCRIPTOR_SET)?;
    let configuration = folder.path().join("gateway.toml");
    let text = format!(
        "[public]
        listen = '127.0.0.1:0'
        message_bytes_max = {}
        # The suite counts details, and has none for errors that its own server did not make.
        errors_have_details = false

        [upstreams.conformance]
        services = ['connectrpc.conformance.v1.ConformanceService']
        descriptors = '{}'
        unmarked_access = 'public'
        client.endpoints = ['{}']
        ",
        wanted.message_receive_limit,
        descriptors.display(),
        upstream.endpoint(),
    );
    fs::write(&configuration, text)?;
    Ok(configuration)
}

//! A gateway of this process, configured by a file as an operator writes it.

use std::{fs, net::SocketAddr};

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
    /// PEM; empty without TLS.
    certificate: Vec<u8>,
    /// Has the files of the configuration.
    _folder: TempDir,
    _running: JoinHandle<anyhow::Result<()>>,
}

impl GatewayBefore {
    /// Starts one before `upstream` that is as `wanted`.
    pub(crate) async fn start(
        upstream: &Upstream,
        wanted: &ServerCompatRequest,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let config: Config = load(&Sources {
            file: Some(write_configuration(&folder, upstream, wanted)?),
            ..Sources::default()
        })?;
        let context = Context::new(App::NAME, config.process());
        let app = App::build(config, context).await?;
        Ok(Self {
            address: app.local_addr()?,
            certificate: wanted
                .server_creds
                .as_ref()
                .map(|creds| creds.cert.clone())
                .unwrap_or_default(),
            _folder: folder,
            _running: tokio::spawn(app.run()),
        })
    }

    /// What the runner wants to know.
    pub(crate) fn whereabouts(&self) -> ServerCompatResponse {
        ServerCompatResponse {
            host: self.address.ip().to_string(),
            port: self.address.port().into(),
            pem_cert: self.certificate.clone(),
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
    let tls = write_certificate(folder, wanted)?;
    let configuration = folder.path().join("gateway.toml");
    let text = format!(
        "[public]
        listen = '127.0.0.1:0'
        message_bytes_max = {}
        # The suite counts details, and has none for errors that its own server did not make.
        errors_have_details = false
        {tls}

        [limits]
        is_enabled = false

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

/// The certificate of the runner in files, and the lines that name them; none without TLS.
fn write_certificate(folder: &TempDir, wanted: &ServerCompatRequest) -> anyhow::Result<String> {
    let Some(creds) = wanted.server_creds.as_ref().filter(|_| wanted.use_tls) else {
        return Ok(String::new());
    };
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    fs::write(&certificate, &creds.cert)?;
    fs::write(&key, &creds.key)?;
    Ok(format!(
        "tls.certificate_file = '{}'
        tls.key_file = '{}'",
        certificate.display(),
        key.display()
    ))
}

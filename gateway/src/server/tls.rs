//! TLS at the public port: which certificate clients see, and how a new one is taken without a restart.
//!
//! ```text
//! files --at the start--> shown      a pair that cannot be used keeps the gateway from starting
//! files --changed-------> shown      from the next handshake on; connections that are there stay
//!    |----cannot be used------------> the one before stays; the log says so once, a metric each time
//! ```

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::RwLock;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{config::Tls, metrics::Metrics};

/// What is spoken over TLS, best first (RFC 7301).
const ALPN: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A certificate with its key, as long as the process lives.
#[derive(Debug)]
pub(crate) struct Certificate {
    files: Tls,
    provider: Arc<CryptoProvider>,
    shown: RwLock<Arc<CertifiedKey>>,
}

/// The files cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// One of them is not there, or is not PEM.
    #[error("public.tls.{key}: {} cannot be read", path.display())]
    File {
        /// Which of the two.
        key: &'static str,
        /// Its name.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// There is no certificate in it.
    #[error("public.tls.certificate_file: {} has no certificate", path.display())]
    Empty {
        /// Its name.
        path: PathBuf,
    },
    /// The two do not belong together, or are of a kind that is not known.
    #[error("public.tls.key_file: {} does not fit {}", key.display(), certificate.display())]
    Pair {
        /// Name of the one file.
        certificate: PathBuf,
        /// Name of the other.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

impl Certificate {
    /// Reads the files of `config`.
    pub(crate) fn open(config: &Tls) -> Result<Arc<Self>, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let shown = read(config, &provider)?;
        Ok(Arc::new(Self {
            files: config.clone(),
            provider,
            shown: RwLock::new(Arc::new(shown)),
        }))
    }

    /// How handshakes are made: with whatever certificate is shown at the time.
    pub(super) fn tls(self: &Arc<Self>) -> Arc<ServerConfig> {
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .expect("the provider knows TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = ALPN.map(<[u8]>::to_vec).into();
        Arc::new(config)
    }

    /// Looks at the files every `interval`, until `stop`.
    pub(crate) async fn keep_fresh(
        self: Arc<Self>,
        interval: Duration,
        metrics: Metrics,
        stop: CancellationToken,
    ) {
        let mut is_failing = false;
        while stop.run_until_cancelled(sleep(interval)).await.is_some() {
            // Two files of some kilobytes, some times a minute.
            let read = read(&self.files, &self.provider);
            match read {
                Ok(read) => {
                    is_failing = false;
                    self.show(read, &metrics);
                }
                Err(error) => {
                    metrics.certificate_failures.inc();
                    if !is_failing {
                        let cause = std::error::Error::source(&error).map(ToString::to_string);
                        tracing::warn!(%error, cause, "the certificate stays as it is");
                    }
                    is_failing = true;
                }
            }
        }
    }

    fn show(&self, read: CertifiedKey, metrics: &Metrics) {
        if self.shown.read().cert == read.cert {
            return;
        }
        *self.shown.write() = Arc::new(read);
        metrics.certificates_taken.inc();
        tracing::info!("a new certificate is shown");
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.shown.read()))
    }
}

fn read(files: &Tls, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
    let (certificate_file, key_file) = (&files.certificate_file, &files.key_file);
    let failed = |key, path: &Path| {
        let path = path.to_owned();
        move |source| Error::File { key, path, source }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate_file)
        .and_then(Iterator::collect)
        .map_err(failed("certificate_file", certificate_file))?;
    if chain.is_empty() {
        let path = certificate_file.clone();
        return Err(Error::Empty { path });
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(failed("key_file", key_file))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|source| Error::Pair {
        certificate: certificate_file.clone(),
        key: key_file.clone(),
        source,
    })
}

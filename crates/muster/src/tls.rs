//! TLS of the listener, by rustls. The certificate is read again when its files change, and on SIGHUP.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use muster_core::complaint::Complaint;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;
use x509_cert::{Certificate, der::Decode as _};

use crate::config::TlsConfig;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The certificate in use.
pub(crate) struct Certificates {
    files: TlsConfig,
    current: ArcSwap<ServerConfig>,
}

/// What tells one state of the files from another: when each was changed, and its length.
type State = [Option<(SystemTime, u64)>; 2];

impl Certificates {
    /// Reads the certificate and its key.
    pub(crate) fn load(files: &TlsConfig) -> anyhow::Result<Self> {
        Ok(Self { files: files.clone(), current: ArcSwap::from_pointee(server(files)?) })
    }

    /// What turns an accepted connection into a TLS one.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.current.load_full())
    }

    /// Reads the files again. Connections from now on see what they hold; when that is of no use, what was before.
    pub(crate) fn reload(&self) -> anyhow::Result<()> {
        self.current.store(Arc::new(server(&self.files)?));
        tracing::info!(certificate = %self.files.certificate.display(), "took up the TLS certificate");
        Ok(())
    }

    /// Reads the files again whenever they have changed. A certificate and a key that do not fit together, as between
    /// the replacement of the one and of the other, are read again until they do.
    pub(crate) async fn follow(self: Arc<Self>) {
        let complaint = Complaint::about("taking up the changed TLS certificate");
        let mut known = self.state().await;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let found = self.state().await;
            if found != known && complaint.note(self.reload()).is_some() {
                known = found;
            }
        }
    }

    async fn state(&self) -> State {
        let of = async |path: &Path| {
            let about = tokio::fs::metadata(path).await.ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        [of(&self.files.certificate).await, of(&self.files.key).await]
    }
}

/// When the certificates in a file begin and end to be good, in seconds since 1970: the latest beginning and the earliest
/// end of the chain.
pub(crate) fn validity(path: &Path) -> anyhow::Result<(i64, i64)> {
    let mut valid = (i64::MIN, i64::MAX);
    for certificate in certificates(path)? {
        let certificate = Certificate::from_der(&certificate).with_context(|| {
            format!("`tls.certificate`: a certificate in {} cannot be read", path.display())
        })?;
        let seconds = |time: x509_cert::time::Time| {
            i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
        };
        let dates = certificate.tbs_certificate.validity;
        valid = (valid.0.max(seconds(dates.not_before)), valid.1.min(seconds(dates.not_after)));
    }
    Ok(valid)
}

fn server(files: &TlsConfig) -> anyhow::Result<ServerConfig> {
    let certificates = certificates(&files.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .with_context(|| format!("`tls.key`: {} holds no private key in PEM", files.key.display()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .context("`tls.certificate` and `tls.key` do not fit together")?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(server)
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let problem = || format!("`tls.certificate`: {} holds no certificate in PEM", path.display());
    let certificates: Vec<_> = CertificateDer::pem_file_iter(path)
        .with_context(problem)?
        .collect::<Result<_, _>>()
        .with_context(problem)?;
    anyhow::ensure!(!certificates.is_empty(), problem());
    Ok(certificates)
}

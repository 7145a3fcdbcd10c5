//! TLS of the listener, by rustls.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio_rustls::TlsAcceptor;

use crate::config::TlsConfig;

/// What turns an accepted connection into a TLS one.
pub(crate) fn acceptor(config: &TlsConfig) -> anyhow::Result<TlsAcceptor> {
    let certificates = certificates(&config.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&config.key)
        .with_context(|| format!("`tls.key`: {} holds no private key in PEM", config.key.display()))?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .context("`tls.certificate` and `tls.key` do not fit together")?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
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

//! TLS to whoever is called: by rustls, trusting the machine's authorities and those of a file.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::client::OpenError;

/// TLS as a client; `file` holds authorities to trust beside the machine's, if it names one.
pub(crate) fn config(file: &Path) -> Result<ClientConfig, OpenError> {
    let mut roots = RootCertStore::empty();
    // A machine without authorities calls plain addresses, and those of the file.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if !file.as_os_str().is_empty() {
        add(&mut roots, file).map_err(|why| OpenError::Authorities { file: file.to_owned(), why })?;
    }
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| OpenError::Tls(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Adds the certificates of a PEM file, of which there must be one.
fn add(roots: &mut RootCertStore, file: &Path) -> Result<(), String> {
    let mut found = false;
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| error.to_string())? {
        roots.add(certificate.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        found = true;
    }
    if found { Ok(()) } else { Err("no certificate is in it".to_owned()) }
}

//! The store's URL: `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?…`.
//!
//! What the driver knows it reads by itself. `sslmode=verify-ca`, `sslmode=verify-full`, `sslrootcert` and `prepared`
//! are read here and taken out before.

use std::{path::PathBuf, time::Duration};

use percent_encoding::percent_decode_str;
use tokio_postgres::config::{Config, Host, SslMode, TargetSessionAttrs};

use super::fault::OpenError;

/// How long one host may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(1);
/// Silence after which the network is asked whether the other side is there, and the time between further questions.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(2);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
/// Questions without an answer after which a connection is given up.
const KEEPALIVE_RETRIES: u32 = 3;
/// How long what was sent may stay unacknowledged: a cut network is noticed by then.
const UNACKNOWLEDGED: Duration = Duration::from_secs(5);
/// What the driver has when the URL says nothing.
const DRIVERS_KEEPALIVE_IDLE: Duration = Duration::from_secs(2 * 60 * 60);

/// Whose certificate is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Anybody's: the connection is encrypted, and that is all.
    Anybody,
    /// One that an authority we trust has signed, whatever name it bears.
    Authority,
    /// One that an authority we trust has signed for the host's name.
    Name,
}

/// A URL taken apart.
#[derive(Clone, Debug)]
pub(super) struct Address {
    /// For the driver. Its `Debug` leaves the password out.
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// A file of certificates to trust instead of the machine's.
    pub(super) roots: Option<PathBuf>,
    /// Whether the URL says that statements are prepared.
    pub(super) prepared: Option<bool>,
    /// Hosts, ports and database, for messages.
    pub(super) place: String,
}

fn wrong(what: &str) -> OpenError {
    OpenError::Url(what.to_owned())
}

impl Address {
    /// Takes a URL apart.
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            return Err(wrong("it must begin with postgres://"));
        }
        let (mut trust, mut roots, mut prepared) = (Trust::Anybody, None, None);
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut rest = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match (key, value) {
                ("sslmode", "verify-ca") => trust = Trust::Authority,
                ("sslmode", "verify-full") => trust = Trust::Name,
                ("sslrootcert", file) => {
                    let file = percent_decode_str(file).decode_utf8();
                    let file = file.map_err(|_| wrong("sslrootcert must be the path of a file, in UTF-8"))?;
                    roots = Some(PathBuf::from(&*file));
                    continue;
                }
                ("prepared", "true") => prepared = Some(true),
                ("prepared", "false") => prepared = Some(false),
                ("prepared", _) => return Err(wrong("prepared must be true or false")),
                _ => {
                    rest.push(pair);
                    continue;
                }
            }
            if key == "sslmode" {
                rest.push("sslmode=require");
            }
        }
        // The driver's error may repeat a part of the URL, so it is not shown.
        let mut config: Config = format!("{base}?{}", rest.join("&")).parse().map_err(|_| {
            wrong(
                "expected postgres://USER:PASSWORD@HOST:PORT/DATABASE with the parameters of libpq; special \
                 characters in user and password must be percent-encoded",
            )
        })?;
        if config.get_hosts().is_empty() {
            return Err(wrong("it names no host"));
        }
        // libpq's rule: whoever names a root certificate wants it checked.
        if config.get_ssl_mode() == SslMode::Require && trust == Trust::Anybody && roots.is_some() {
            trust = Trust::Authority;
        }
        complete(&mut config);
        let place = place(&config);
        Ok(Self { config, trust, roots, prepared, place })
    }
}

/// Sets what the URL leaves open.
fn complete(config: &mut Config) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNACKNOWLEDGED);
    }
    if config.get_keepalives_idle() == DRIVERS_KEEPALIVE_IDLE {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    // Of several hosts all but one are standbys, and nothing here may be done on a standby.
    if config.get_hosts().len() > 1 && config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if config.get_application_name().is_none() {
        config.application_name("muster");
    }
}

fn place(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(at, host)| {
        let port = ports.get(at).or_else(|| ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        }
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    match config.get_dbname() {
        Some(name) => format!("{hosts}/{name}"),
        None => hosts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_hosts_mean_the_one_that_may_be_written_to() {
        let address = Address::parse("postgres://u:pw@a:5432,b:5433/db").unwrap();
        assert_eq!(address.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(address.place, "a:5432,b:5433/db");
        let one = Address::parse("postgres://u:pw@a/db").unwrap();
        assert_eq!(one.config.get_target_session_attrs(), TargetSessionAttrs::Any);
    }

    #[test]
    fn tls_is_as_strict_as_the_url_says() {
        let trust = |query: &str| {
            let address = Address::parse(&format!("postgres://u@a/db?{query}")).unwrap();
            (address.config.get_ssl_mode(), address.trust)
        };
        assert_eq!(trust(""), (SslMode::Prefer, Trust::Anybody));
        assert_eq!(trust("sslmode=disable"), (SslMode::Disable, Trust::Anybody));
        assert_eq!(trust("sslmode=require"), (SslMode::Require, Trust::Anybody));
        assert_eq!(trust("sslmode=require&sslrootcert=/x"), (SslMode::Require, Trust::Authority));
        assert_eq!(trust("sslmode=verify-ca"), (SslMode::Require, Trust::Authority));
        assert_eq!(trust("sslmode=verify-full"), (SslMode::Require, Trust::Name));
    }

    #[test]
    fn statements_are_prepared_as_the_url_says() {
        let prepared = |query: &str| Address::parse(&format!("postgres://u@a/db{query}")).unwrap().prepared;
        assert_eq!(prepared(""), None);
        assert_eq!(prepared("?prepared=false&connect_timeout=3"), Some(false));
        assert!(Address::parse("postgres://u@a/db?prepared=no").is_err());
    }

    #[test]
    fn an_error_about_a_url_does_not_repeat_its_password() {
        for url in ["postgres://u:secret@a/db?secret=1", "u:secret@a/db", "postgres://u:secret@a:b/db"] {
            let error = Address::parse(url).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let address = Address::parse("postgres://u:secret@a/db").unwrap();
        assert!(!format!("{address:?}").contains("secret"));
    }
}

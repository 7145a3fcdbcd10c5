//! How to reach NATS, from one URL.

use std::{fmt, path::PathBuf};

use async_nats::ServerAddr;
use percent_encoding::percent_decode_str;

/// Subjects begin with this unless the URL says otherwise.
const DEFAULT_PREFIX: &str = "muster";

/// Where NATS is and how to sign in.
///
/// `nats://[user:password@|token@]host:port,host[?key=value&…]`, or `tls://…` to insist on TLS. A host without a port
/// is reached at 4222. The keys:
///
/// | key | what |
/// |---|---|
/// | `ca` | file of the certificates to trust, PEM; without it the system's |
/// | `cert`, `key` | files of this client's certificate and its key, PEM |
/// | `credentials` | file of a NATS user's JWT and seed, as `nsc` writes it |
/// | `nkey` | file that holds an nkey seed |
/// | `prefix` | what subjects begin with; `muster` unless given |
/// | `tls_first` | `true` to begin TLS before the server speaks |
///
/// `ca`, `cert` and `tls_first` insist on TLS as `tls://` does. `Debug` shows no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct NatsOptions {
    pub(super) servers: Vec<ServerAddr>,
    pub(super) login: Login,
    pub(super) tls: bool,
    pub(super) tls_first: bool,
    pub(super) ca: Option<PathBuf>,
    pub(super) identity: Option<(PathBuf, PathBuf)>,
    pub(super) prefix: String,
}

/// How this client says who it is.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Login {
    Nobody,
    Password { user: String, password: String },
    Token(String),
    Credentials(PathBuf),
    Nkey(PathBuf),
}

/// Why a URL does not say how to reach NATS. Repeats nothing of the URL, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNatsUrl {
    /// Another scheme, or none.
    #[error("the URL of the bus must begin with nats:// or tls://")]
    Scheme,
    /// No host at all, or nothing between two commas.
    #[error("the URL of the bus names no server, or an empty one: write nats://host:4222,host:4222")]
    NoServer,
    /// A host that is none.
    #[error(
        "server {0} of the bus's URL is not host:port; in a user name, password or token write @ : / ? , # and % as %40 %3A %2F %3F %2C %23 and %25"
    )]
    Server(usize),
    /// A user name, password or token in front of another host than the first.
    #[error(
        "the bus's URL may say a user or token once, in front of the first server: it holds for all of them"
    )]
    LoginTwice,
    /// More than one of password or token, `credentials` and `nkey`.
    #[error(
        "the bus's URL says more than one way to sign in: keep one of user and password, token, credentials and nkey"
    )]
    TwoLogins,
    /// `%` without two hexadecimal digits that make UTF-8.
    #[error("the bus's URL holds a % that does not begin a byte of UTF-8 text")]
    Encoding,
    /// A key that means nothing here.
    #[error(
        "the bus's URL holds an unknown key (in a password write ? as %3F): ca, cert, key, credentials, nkey, prefix and tls_first are known"
    )]
    UnknownKey,
    /// A key twice, or without a value.
    #[error("the bus's URL must give {0} once, with a value")]
    Value(String),
    /// One of `cert` and `key` without the other.
    #[error("the bus's URL must give cert and key together")]
    HalfIdentity,
    /// A prefix that does not make a subject.
    #[error("prefix in the bus's URL must be words of A-Z a-z 0-9 _ - joined by single dots")]
    Prefix,
    /// `tls_first` that is neither.
    #[error("tls_first in the bus's URL must be true or false")]
    TlsFirst,
}

impl NatsOptions {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`InvalidNatsUrl`] says what to write instead, and shows no secret.
    pub fn parse(url: &str) -> Result<Self, InvalidNatsUrl> {
        let (scheme, rest) = url.split_once("://").ok_or(InvalidNatsUrl::Scheme)?;
        if !matches!(scheme, "nats" | "tls") {
            return Err(InvalidNatsUrl::Scheme);
        }
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let keys = Keys::parse(query)?;
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((_, hosts)) if authority.matches('@').count() > 1 || hosts.is_empty() => {
                return Err(InvalidNatsUrl::LoginTwice);
            }
            Some((login, _)) if login.contains(',') => return Err(InvalidNatsUrl::LoginTwice),
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, authority),
        };
        let tls_first = match keys.tls_first.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(InvalidNatsUrl::TlsFirst),
        };
        let identity = match (keys.cert, keys.key) {
            (Some(cert), Some(key)) => Some((cert.into(), key.into())),
            (None, None) => None,
            _ => return Err(InvalidNatsUrl::HalfIdentity),
        };
        let prefix = keys.prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
        };
        if !prefix.split('.').all(word) {
            return Err(InvalidNatsUrl::Prefix);
        }
        Ok(Self {
            servers: servers(scheme, hosts)?,
            login: one_login(login, keys.credentials, keys.nkey)?,
            tls: scheme == "tls" || tls_first || keys.ca.is_some() || identity.is_some(),
            tls_first,
            ca: keys.ca.map(PathBuf::from),
            identity,
            prefix,
        })
    }
}

fn servers(scheme: &str, hosts: &str) -> Result<Vec<ServerAddr>, InvalidNatsUrl> {
    let server = |(index, host): (usize, &str)| {
        // People write the scheme before each server, as other clients of NATS have it.
        let host = host.strip_prefix(scheme).and_then(|host| host.strip_prefix("://")).unwrap_or(host);
        if host.is_empty() {
            return Err(InvalidNatsUrl::NoServer);
        }
        let invalid = InvalidNatsUrl::Server(index + 1);
        if host.contains(['/', '#', '%']) {
            return Err(invalid);
        }
        let address: ServerAddr = format!("{scheme}://{host}").parse().map_err(|_| invalid.clone())?;
        if address.host().is_empty() { Err(invalid) } else { Ok(address) }
    };
    hosts.split(',').enumerate().map(server).collect()
}

fn one_login(
    written: Option<&str>,
    credentials: Option<String>,
    nkey: Option<String>,
) -> Result<Login, InvalidNatsUrl> {
    let written = match written {
        None => None,
        Some(text) => Some(match text.split_once(':') {
            Some((user, password)) => Login::Password { user: decode(user)?, password: decode(password)? },
            None => Login::Token(decode(text)?),
        }),
    };
    let from_files =
        [credentials.map(|file| Login::Credentials(file.into())), nkey.map(|file| Login::Nkey(file.into()))];
    let mut logins = written.into_iter().chain(from_files.into_iter().flatten());
    match (logins.next(), logins.next()) {
        (None, _) => Ok(Login::Nobody),
        (Some(login), None) => Ok(login),
        (Some(_), Some(_)) => Err(InvalidNatsUrl::TwoLogins),
    }
}

fn decode(text: &str) -> Result<String, InvalidNatsUrl> {
    let escaped = text.split('%').skip(1);
    let digits = |part: &str| part.len() >= 2 && part.bytes().take(2).all(|b| b.is_ascii_hexdigit());
    if !escaped.into_iter().all(digits) {
        return Err(InvalidNatsUrl::Encoding);
    }
    percent_decode_str(text).decode_utf8().map(Into::into).map_err(|_| InvalidNatsUrl::Encoding)
}

/// What stands behind the `?`.
#[derive(Default)]
struct Keys {
    ca: Option<String>,
    cert: Option<String>,
    key: Option<String>,
    credentials: Option<String>,
    nkey: Option<String>,
    prefix: Option<String>,
    tls_first: Option<String>,
}

impl Keys {
    fn parse(query: &str) -> Result<Self, InvalidNatsUrl> {
        let mut keys = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let place = match name {
                "ca" => &mut keys.ca,
                "cert" => &mut keys.cert,
                "key" => &mut keys.key,
                "credentials" => &mut keys.credentials,
                "nkey" => &mut keys.nkey,
                "prefix" => &mut keys.prefix,
                "tls_first" => &mut keys.tls_first,
                _ => return Err(InvalidNatsUrl::UnknownKey),
            };
            if value.is_empty() || place.replace(decode(value)?).is_some() {
                return Err(InvalidNatsUrl::Value(name.to_owned()));
            }
        }
        Ok(keys)
    }
}

impl fmt::Debug for NatsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<_> = self.servers.iter().map(ServerAddr::as_url_str).collect();
        f.debug_struct("NatsOptions")
            .field("servers", &servers)
            .field("login", &self.login)
            .field("tls", &self.tls)
            .field("tls_first", &self.tls_first)
            .field("ca", &self.ca)
            .field("identity", &self.identity)
            .field("prefix", &self.prefix)
            .finish()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Password { .. } => "user and password",
            Self::Token(_) => "token",
            Self::Credentials(_) => "credentials",
            Self::Nkey(_) => "nkey",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(options: &NatsOptions) -> Vec<(&str, u16)> {
        options.servers.iter().map(|server| (server.host(), server.port())).collect()
    }

    #[test]
    fn a_url_names_servers_a_login_and_files() {
        let url = "tls://us%40er:p%3Aw@a:4000,b,[::1]:7?ca=/c%20a.pem&cert=c.pem&key=k.pem&prefix=x.y&tls_first=true";
        let options = NatsOptions::parse(url).unwrap();
        assert_eq!(hosts(&options), [("a", 4000), ("b", 4222), ("::1", 7)]);
        assert!(options.login == Login::Password { user: "us@er".into(), password: "p:w".into() });
        assert_eq!(options.ca, Some("/c a.pem".into()));
        assert_eq!(options.identity, Some(("c.pem".into(), "k.pem".into())));
        assert!(options.tls && options.tls_first && options.prefix == "x.y");
    }

    #[test]
    fn a_plain_url_asks_for_nothing_more() {
        let options = NatsOptions::parse("nats://a,nats://b/").unwrap();
        assert_eq!(hosts(&options), [("a", 4222), ("b", 4222)]);
        assert!(options.login == Login::Nobody && !options.tls && options.prefix == "muster");
    }

    #[test]
    fn a_certificate_to_trust_insists_on_tls() {
        assert!(NatsOptions::parse("nats://a?ca=x").unwrap().tls);
    }

    #[test]
    fn a_token_credentials_and_an_nkey_are_ways_to_sign_in() {
        assert!(NatsOptions::parse("nats://t%2F@a").unwrap().login == Login::Token("t/".into()));
        assert!(
            NatsOptions::parse("nats://a?credentials=f").unwrap().login == Login::Credentials("f".into())
        );
        assert!(NatsOptions::parse("nats://a?nkey=f").unwrap().login == Login::Nkey("f".into()));
    }

    #[test]
    fn a_url_that_says_something_else_is_refused_with_what_to_write() {
        for (url, error) in [
            ("a:4222", InvalidNatsUrl::Scheme),
            ("http://a", InvalidNatsUrl::Scheme),
            ("nats://", InvalidNatsUrl::NoServer),
            ("nats://a,,b", InvalidNatsUrl::NoServer),
            ("nats://a:x", InvalidNatsUrl::Server(1)),
            ("nats://a,b/c", InvalidNatsUrl::Server(2)),
            ("nats://u:p@a,v:q@b", InvalidNatsUrl::LoginTwice),
            ("nats://a,v:q@b", InvalidNatsUrl::LoginTwice),
            ("nats://t@a?nkey=f", InvalidNatsUrl::TwoLogins),
            ("nats://%zz@a", InvalidNatsUrl::Encoding),
            ("nats://a?colour=red", InvalidNatsUrl::UnknownKey),
            ("nats://a?ca=", InvalidNatsUrl::Value("ca".into())),
            ("nats://a?ca=x&ca=y", InvalidNatsUrl::Value("ca".into())),
            ("nats://a?cert=x", InvalidNatsUrl::HalfIdentity),
            ("nats://a?prefix=a..b", InvalidNatsUrl::Prefix),
            ("nats://a?prefix=a.*", InvalidNatsUrl::Prefix),
            ("nats://a?tls_first=1", InvalidNatsUrl::TlsFirst),
        ] {
            assert_eq!(NatsOptions::parse(url), Err(error), "{url}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        for url in ["nats://user:sesame@a", "nats://sesame@a"] {
            assert!(!format!("{:?}", NatsOptions::parse(url).unwrap()).contains("sesame"));
        }
        for url in [
            "nats://user:sesame@a,b@c",
            "nats://user:sesame@a:x",
            "nats://u:p?sesame@a",
            "nats://u:sesame%@a",
        ] {
            let error = NatsOptions::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("sesame"), "{url}");
        }
    }
}

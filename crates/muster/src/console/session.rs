//! Sessions: a cookie that holds, sealed under the master key, whose access key was shown and until when it counts.
//!
//! Nothing of a session stands on the server, so every node knows it, and it outlives a restart. It ends with its time, with
//! its access key, and when the browser is told to forget it. Whoever has copied the cookie before keeps it until one of the
//! first two: no script reads it, and over TLS it never goes without.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_core::{seal::Sealed, time::Clock as _};
use muster_gateway::{AccessKey, Identity, PrincipalKind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Console, Refusal};
use crate::{cookies::cookies, net::Origin};

/// The cookie.
const COOKIE: &str = "muster_console";
/// What its name begins with over TLS: a browser then takes it from this very host alone, over TLS alone. No other host of the
/// domain can plant a session of its own under that name (RFC 6265bis section 4.1.3.2).
const HOST: &str = "__Host-";
/// The header by which a page shows that it could read the answer that its session began with.
const CSRF: &str = "x-muster-csrf";
/// What a session is sealed for.
const PURPOSE: &str = "session";
/// Hexadecimal digits of the token against forged requests.
const CSRF_DIGITS: usize = 32;

/// What is sealed.
#[derive(Serialize, Deserialize)]
struct Content {
    /// The id of the access key.
    key: String,
    /// The token against forged requests.
    csrf: String,
    /// When it ends, milliseconds since 1970 UTC.
    expires: i64,
}

/// A session that counts, with its access key as it is now.
pub(super) struct Session {
    content: Content,
    key: Arc<AccessKey>,
}

impl Session {
    /// Begins one for whoever has shown the secret of a key.
    pub(super) fn begin(console: &Console, key: Arc<AccessKey>) -> Self {
        let content = Content {
            key: key.id().to_owned(),
            csrf: console.muster.random().hex(CSRF_DIGITS),
            expires: console.clock.now().0.saturating_add(console.bounds.session_millis()),
        };
        Self { content, key }
    }

    /// The one that a request comes with.
    pub(super) async fn of(console: &Console, headers: &HeaderMap, origin: Origin) -> Result<Self, Refusal> {
        let content = open(console, headers, origin).ok_or(Refusal::NoSession)?;
        let key = console.key(&content.key).await.ok_or(Refusal::NoSession)?;
        Ok(Self { content, key })
    }

    /// Refuses a request that another site could have had the browser make.
    pub(super) fn check_csrf(&self, console: &Console, headers: &HeaderMap) -> Result<(), Refusal> {
        let given = headers.get(CSRF).and_then(|token| token.to_str().ok()).unwrap_or_default();
        match console.seal.same("csrf", &self.content.csrf, given) {
            true => Ok(()),
            false => Err(Refusal::WrongToken),
        }
    }

    /// Who acts in it.
    pub(super) fn identity(&self) -> &Arc<Identity> {
        self.key.identity()
    }

    /// What its page is told.
    pub(super) fn told(&self) -> Value {
        let principal = self.identity().principal();
        let user = match &principal.kind {
            PrincipalKind::User { name, .. } => Some(&**name),
            PrincipalKind::Root | PrincipalKind::RoleSession { .. } => None,
        };
        json!({
            "accountId": &*principal.account,
            "userName": user,
            "accessKeyId": self.content.key,
            "csrf": self.content.csrf,
            "expires": self.content.expires,
        })
    }

    /// Has a browser keep it.
    pub(super) fn cookie(&self, console: &Console, origin: Origin) -> HeaderValue {
        let content = serde_json::to_vec(&self.content).unwrap_or_default();
        let sealed = console.seal.seal(PURPOSE, &content, console.muster.random());
        let seconds = console.bounds.session_millis() / 1000;
        written(&URL_SAFE_NO_PAD.encode(sealed.0), seconds, origin)
    }
}

/// Has a browser forget its session.
pub(super) fn clearing_cookie(origin: Origin) -> HeaderValue {
    written("", 0, origin)
}

/// The cookie's name for a browser that speaks TLS, or does not.
fn name(origin: Origin) -> String {
    format!("{}{COOKIE}", if origin.secure { HOST } else { "" })
}

fn written(value: &str, seconds: i64, origin: Origin) -> HeaderValue {
    let (name, secure) = (name(origin), if origin.secure { "; Secure" } else { "" });
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    // All of it are characters of headers.
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// What the cookie of a request holds, if it was sealed here and is not over.
fn open(console: &Console, headers: &HeaderMap, origin: Origin) -> Option<Content> {
    let own = name(origin);
    let (_, value) = cookies(headers).find(|(name, _)| *name == own)?;
    let sealed = Sealed(URL_SAFE_NO_PAD.decode(value).ok()?);
    let content = console.seal.open(PURPOSE, &sealed).ok()?;
    let content: Content = serde_json::from_str(&content).ok()?;
    (console.clock.now().0 < content.expires).then_some(content)
}

//! Files of channels: put by the clients of the Object Storage Service, with the key that `GetChatappUploadAuthorization`
//! gives out, and read by whoever knows their address.

mod range;
mod signature;

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse as _, Response},
    routing::get,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use md5::{Digest as _, Md5};
use muster_cams::BUCKET;
use muster_core::{
    chat_file::{ContentType, UploadGrant},
    hex::hex,
    service::{FileFault, Muster},
};
use percent_encoding::percent_decode_str;

use self::signature::Signature;

/// Where clients put the security token: one of the two.
const SECURITY_TOKENS: [HeaderName; 2] =
    [HeaderName::from_static("x-oss-security-token"), HeaderName::from_static("security-token")];
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-oss-request-id");

/// Types that a browser shows without running anything of them.
const SHOWN: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/// Whether a request puts a file.
pub(crate) fn is_put(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::PUT && !security_token(headers).is_empty()
}

fn security_token(headers: &HeaderMap) -> &str {
    SECURITY_TOKENS.iter().map(|name| text(headers, name)).find(|token| !token.is_empty()).unwrap_or_default()
}

/// What a request may put, and where: known before any of its body is read.
pub(crate) struct Upload {
    grant: UploadGrant,
    path: String,
    /// How the request is told apart in what is answered.
    id: String,
}

impl Upload {
    /// Looks at the head of a request: whose key signed it, and where its file goes. Neither way of signing covers the body.
    ///
    /// # Errors
    /// What is answered in the place of an upload.
    pub(crate) fn of(muster: &Muster, head: &Parts) -> Result<Self, Box<Response>> {
        let id = muster.random().hex(24).to_ascii_uppercase();
        match Self::looked_at(muster, head, &id) {
            Ok(upload) => Ok(upload),
            Err(refused) => Err(Box::new(told(Fault::of(refused).answer(&id), &id))),
        }
    }

    fn looked_at(muster: &Muster, head: &Parts, id: &str) -> Result<Self, Refused> {
        let grant = muster.chats().upload_grant(security_token(&head.headers));
        let (grant, secret) = grant.ok_or(Refused::SecurityToken)?;
        if head.uri.query().is_some() {
            return Err(Refused::NotImplemented);
        }
        let signature = Signature::of(&head.headers).ok_or(Refused::Signature)?;
        let key = key_of(&head.uri).ok_or(Refused::Key)?;
        let path = key.strip_prefix(BUCKET).and_then(|key| key.strip_prefix('/')).unwrap_or(&key).to_owned();
        let resource = format!("/{BUCKET}/{path}");
        if signature.key_id() != grant.key_id() || !signature.is_good(head, &resource, &secret) {
            return Err(Refused::Signature);
        }
        Ok(Self { grant, path, id: id.to_owned() })
    }

    /// Keeps the body of the request.
    pub(crate) async fn put(self, muster: &Muster, head: &Parts, body: Bytes) -> Response {
        let answer = match self.keep(muster, head, body).await {
            Ok(etag) => ([(header::ETAG, format!("\"{etag}\""))], ()).into_response(),
            Err(fault) => fault.answer(&self.id),
        };
        told(answer, &self.id)
    }

    /// Keeps the body; its MD5.
    async fn keep(&self, muster: &Muster, head: &Parts, body: Bytes) -> Result<String, Fault> {
        let digest = Md5::digest(&body);
        let announced = text(&head.headers, &CONTENT_MD5);
        if !announced.is_empty() && announced != STANDARD.encode(digest) {
            return Err(Fault::of(Refused::Digest));
        }
        let kind = ContentType::new(text(&head.headers, &header::CONTENT_TYPE));
        muster.chats().put_file(&self.grant, &self.path, kind, body).await?;
        Ok(hex(&digest).to_ascii_uppercase())
    }
}

/// An answer that names its request.
fn told(mut answer: Response, id: &str) -> Response {
    if let Ok(id) = HeaderValue::from_str(id) {
        answer.headers_mut().insert(REQUEST_ID, id);
    }
    answer
}

/// The key that a request is for: its path. The bucket may stand before it, or before the host's name.
fn key_of(uri: &Uri) -> Option<String> {
    let path = uri.path().strip_prefix('/')?;
    percent_decode_str(path).decode_utf8().ok().map(Into::into)
}

/// The route under `/files/`.
pub(crate) fn routes(muster: Arc<Muster>) -> Router {
    Router::new().route("/files/{directory}/{name}", get(read)).with_state(muster)
}

/// Reads a file, or the part of it that is asked for: players of films jump about in them.
async fn read(
    State(muster): State<Arc<Muster>>,
    path: Result<Path<(String, String)>, PathRejection>,
    method: Method,
    asked: HeaderMap,
) -> Response {
    let Ok(Path((directory, name))) = path else { return StatusCode::NOT_FOUND.into_response() };
    match muster.chats().file(&format!("{directory}/{name}")).await {
        Ok(Some(file)) => {
            let disposition = match SHOWN.contains(&file.kind.as_str()) {
                true => "inline",
                false => "attachment",
            };
            let headers = [
                (header::CONTENT_TYPE, file.kind.as_str()),
                (header::CONTENT_DISPOSITION, disposition),
                (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
                (header::CACHE_CONTROL, "private, max-age=3600"),
            ];
            (headers, range::of(&file, &method, &asked)).into_response()
        }
        Ok(None) => (StatusCode::NOT_FOUND, "There is no such file, or no more.\n").into_response(),
        Err(error) => {
            tracing::error!(%error, "a file could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "The server cannot do this now.\n").into_response()
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Why a request is refused before anything is looked at in the store.
#[derive(Clone, Copy)]
enum Refused {
    SecurityToken,
    Signature,
    Key,
    Digest,
    NotImplemented,
}

/// A refusal, in the words of the Object Storage Service.
struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn of(refused: Refused) -> Self {
        let (status, code, message) = match refused {
            Refused::SecurityToken => (
                StatusCode::FORBIDDEN,
                "InvalidSecurityToken",
                "The security token is invalid, or has expired.",
            ),
            Refused::Signature => (
                StatusCode::FORBIDDEN,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided.",
            ),
            Refused::Key => (StatusCode::BAD_REQUEST, "InvalidObjectName", "The key is no UTF-8 text."),
            Refused::Digest => {
                (StatusCode::BAD_REQUEST, "InvalidDigest", "The Content-MD5 is not that of the body.")
            }
            Refused::NotImplemented => {
                (StatusCode::NOT_IMPLEMENTED, "NotImplemented", "This server takes PutObject alone.")
            }
        };
        Self::new(status, code, message)
    }

    fn answer(self, id: &str) -> Response {
        let (code, message) = (self.code, escaped(&self.message));
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>{id}</RequestId><HostId>{BUCKET}</HostId></Error>\n"
        );
        (self.status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
    }
}

impl From<FileFault> for Fault {
    fn from(fault: FileFault) -> Self {
        let (status, code) = match &fault {
            FileFault::Path(_) => (StatusCode::BAD_REQUEST, "InvalidObjectName"),
            FileFault::Outside(_) => (StatusCode::FORBIDDEN, "AccessDenied"),
            FileFault::TooLarge(_) => (StatusCode::BAD_REQUEST, "EntityTooLarge"),
            FileFault::Full(_) => (StatusCode::FORBIDDEN, "QuotaExceeded"),
            FileFault::NoChannel => (StatusCode::NOT_FOUND, "NoSuchBucket"),
            FileFault::Domain(error) => {
                tracing::error!(%error, "a file could not be kept");
                let message = "The server cannot do this now.";
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message);
            }
        };
        Self::new(status, code, fault.to_string())
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! Answers as bytes, made in one place.

mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE, ETAG, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use md5::{Digest as _, Md5};
use serde::Serialize;

use crate::exchange::Exchange;
use crate::failure::{AccessDeniedDetail, Failure, FailureBody};
use crate::request_id::RequestId;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    /// Reads the `Format` parameter. The older Python SDK's `do_action` sends the text `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("json") || text == "None" {
            Some(Self::Json)
        } else if text.eq_ignore_ascii_case("xml") {
            Some(Self::Xml)
        } else {
            None
        }
    }
}

/// The body of a success: the response's members after `RequestId`, as compact JSON.
pub(crate) fn success<T: Serialize>(request_id: &RequestId, response: &T) -> serde_json::Result<Vec<u8>> {
    // A page of twenty rows fits without growing.
    let mut body = Vec::with_capacity(2048);
    body.extend_from_slice(b"{\"RequestId\":\"");
    body.extend_from_slice(request_id.as_str().as_bytes());
    body.push(b'"');
    let members = body.len();
    serde_json::to_writer(&mut body, response)?;
    match body.get(members..) {
        Some([b'{', b'}']) => {
            body.truncate(members);
            body.push(b'}');
        }
        Some([b'{', ..]) => body[members] = b',',
        _ => return Err(serde::ser::Error::custom("a response is a JSON object")),
    }
    Ok(body)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ErrorBody<'a> {
    request_id: &'a str,
    host_id: &'a str,
    code: &'a str,
    message: &'a str,
    recommend: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_denied_detail: Option<&'a AccessDeniedDetail>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InBandBody<'a> {
    request_id: &'a str,
    code: &'a str,
    message: &'a str,
    success: bool,
}

impl Exchange<'_> {
    /// The whole answer.
    pub(crate) fn respond(&self, result: Result<Vec<u8>, Failure>) -> Response<Full<Bytes>> {
        let (status, json, failed, retry_after) = match result {
            Ok(json) => (200, json, false, None),
            Err(failure) => (
                failure.status,
                self.failure(&failure),
                failure.body == FailureBody::Error,
                failure.retry_after_ms,
            ),
        };
        let (body, content_type) = match self.format {
            Format::Json => (json, HeaderValue::from_static("application/json;charset=utf-8")),
            Format::Xml => (self.xml(&json, failed), HeaderValue::from_static("text/xml;charset=utf-8")),
        };
        let mut headers = self.headers(&body, content_type);
        if let Some(milliseconds) = retry_after {
            headers.insert(HeaderName::from_static("x-acs-retry-after"), HeaderValue::from(milliseconds));
            // Older Java and newer Go clients read this one.
            if let Ok(left) = HeaderValue::try_from(format!("Remain:0,TimeLeft:{milliseconds}")) {
                headers.insert(HeaderName::from_static("x-ratelimit-user-api"), left);
            }
        }
        let mut response = Response::new(Full::new(Bytes::from(body)));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = headers;
        response
    }

    fn failure(&self, failure: &Failure) -> Vec<u8> {
        let (request_id, code, message) = (self.request_id.as_str(), &*failure.code, &*failure.message);
        let body = match failure.body {
            FailureBody::InBand => {
                serde_json::to_vec(&InBandBody { request_id, code, message, success: false })
            }
            FailureBody::Error => serde_json::to_vec(&ErrorBody {
                request_id,
                host_id: self.origin.host,
                code,
                message,
                recommend: self.recommend(code),
                access_denied_detail: failure.denied.as_deref(),
            }),
        };
        // Texts and flags always serialise.
        body.unwrap_or_default()
    }

    fn recommend(&self, code: &str) -> String {
        let product = self.product().unwrap_or_default();
        let request_id = &self.request_id;
        format!("https://api.aliyun.com/troubleshoot?q={code}&product={product}&requestId={request_id}")
    }

    fn xml(&self, json: &[u8], failed: bool) -> Vec<u8> {
        let root = match self.operation() {
            Some(operation) if !failed => format!("{operation}Response"),
            _ => "Error".to_owned(),
        };
        // The JSON is our own.
        xml::from_json(json, &root, "Recommend").unwrap_or_default()
    }

    /// The three texts made for each answer share one allocation.
    fn headers(&self, body: &[u8], content_type: HeaderValue) -> HeaderMap {
        let mut texts = Vec::with_capacity(36 + 32 + 26);
        texts.extend_from_slice(self.request_id.as_str().as_bytes());
        for byte in self.trace {
            texts.extend_from_slice(&[LOWER[usize::from(byte >> 4)], LOWER[usize::from(byte & 15)]]);
        }
        if self.etag {
            etag_into(&mut texts, body);
        }
        let texts = Bytes::from(texts);
        let text = |range: std::ops::Range<usize>| {
            HeaderValue::from_maybe_shared(texts.slice(range)).unwrap_or(HeaderValue::from_static(""))
        };
        // Room for what the server adds, so that the map is laid out once.
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(HeaderName::from_static("x-acs-request-id"), text(0..36));
        headers.insert(HeaderName::from_static("x-acs-trace-id"), text(36..68));
        if self.etag {
            headers.insert(ETAG, text(68..texts.len()));
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("*"));
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        headers
    }
}

const LOWER: &[u8; 16] = b"0123456789abcdef";

/// First digit of the body's length, Base64 of its MD5 without padding, last digit of the length.
fn etag_into(out: &mut Vec<u8>, body: &[u8]) {
    let length = body.len().to_string();
    let digest = Md5::digest(body);
    let mut text = [0; 22];
    let written = STANDARD_NO_PAD.encode_slice(digest, &mut text).unwrap_or_default();
    out.extend(length.as_bytes().first());
    out.extend_from_slice(&text[..written]);
    out.extend(length.as_bytes().last());
}

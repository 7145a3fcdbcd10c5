//! The gateway's own errors, with the codes, statuses and texts of the documentation.

use crate::failure::Failure;
use crate::operation::DocumentedError;
use crate::parameter::WITHOUT_HALF_PAIRS;

/// What a caller may be answered before an operation is reached, in the order in which it is looked at. What no caller of
/// an official SDK meets (a body that breaks off, a header that stands twice) is left out.
pub(crate) const COMMON: [DocumentedError; 13] = [
    DocumentedError::new(404, "InvalidAction.NotFound", "%s.", "There is no such operation.", "没有此接口。"),
    DocumentedError::new(
        400,
        "IncompleteSignature",
        "%s.",
        "A part of the signature is missing.",
        "签名缺少某一部分。",
    ),
    DocumentedError::new(
        404,
        "InvalidAccessKeyId.NotFound",
        "%s.",
        "There is no such access key.",
        "没有此访问密钥。",
    ),
    DocumentedError::new(
        400,
        "InvalidAccessKeyId.Inactive",
        "%s.",
        "The access key is disabled.",
        "访问密钥已停用。",
    ),
    DocumentedError::new(
        400,
        "InvalidSecurityToken.Expired",
        "%s.",
        "The temporary access key has ended.",
        "临时访问密钥已过期。",
    ),
    DocumentedError::new(
        400,
        "InvalidTimeStamp.Expired",
        "%s.",
        "The caller's clock is wrong, or the request was long under way.",
        "调用者的时钟有误，或请求在途时间过长。",
    ),
    DocumentedError::new(
        400,
        "SignatureDoesNotMatch",
        "%s.",
        "The secret is wrong, or something was changed after signing.",
        "密钥有误，或签名后内容被改动。",
    ),
    DocumentedError::new(
        400,
        "Throttling.User",
        "%s.",
        "The account has used up the operation's quota for this second.",
        "账号在这一秒内已用完此接口的配额。",
    ),
    DocumentedError::new(
        400,
        "SignatureNonceUsed",
        "%s.",
        "The same request was sent before.",
        "相同的请求此前已发送过。",
    ),
    DocumentedError::new(
        413,
        "RequestEntityTooLarge",
        "%s.",
        "The body of the request is larger than the server takes.",
        "请求正文超过服务器允许的大小。",
    ),
    DocumentedError::new(
        400,
        "Missing<Parameter>",
        "<Parameter> is mandatory for this action.",
        "A required parameter is missing.",
        "缺少必填参数。",
    ),
    DocumentedError::new(
        500,
        "InternalError",
        "%s.",
        "The server has failed; its log says at what, by the request id.",
        "服务器出错；可凭请求 ID 在其日志中查明原因。",
    ),
    DocumentedError::new(
        503,
        "ServiceUnavailable",
        "%s.",
        "The server is starting, stopping, or without its database.",
        "服务器正在启动、正在停止，或无法访问数据库。",
    ),
];

pub(crate) fn invalid_version() -> Failure {
    Failure::error(400, "InvalidVersion", "Specified parameter Version is not valid.")
}

/// Tells which action, cut to a length that a message can carry, and which server this is: whoever asks for
/// an operation of a later version sees it at once.
pub(crate) fn action_not_found(action: &str) -> Failure {
    let action: String = action.chars().take(100).collect();
    let text = format!(
        "Specified api is not found, please check your url and method. {action} is not an action of this \
         server, Muster {}.",
        env!("CARGO_PKG_VERSION")
    );
    Failure::error(404, "InvalidAction.NotFound", text)
}

pub(crate) fn unsupported_method() -> Failure {
    Failure::error(400, "UnsupportedHTTPMethod", "This http method not supported.")
}

pub(crate) fn invalid_format() -> Failure {
    Failure::error(400, "InvalidParameter.Format", "Specified parameter format is not valid.")
}

pub(crate) fn access_key_not_found() -> Failure {
    Failure::error(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
}

pub(crate) fn access_key_inactive() -> Failure {
    Failure::error(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
}

pub(crate) fn timestamp_format() -> Failure {
    let text = "Specified time stamp or date value is not well formatted.";
    Failure::error(400, "InvalidTimeStamp.Format", text)
}

pub(crate) fn timestamp_expired() -> Failure {
    Failure::error(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
}

pub(crate) fn nonce_used() -> Failure {
    Failure::error(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
}

pub(crate) fn unavailable() -> Failure {
    let text = "The request has failed due to a temporary failure of the server.";
    Failure::error(503, "ServiceUnavailable", text)
}

pub(crate) fn invalid_signature_method() -> Failure {
    Failure::error(400, "InvalidSignatureMethod", "Specified signature method is not valid.")
}

pub(crate) fn invalid_signature_version() -> Failure {
    Failure::error(400, "InvalidSignatureVersion", "Specified parameter SignatureVersion is not valid.")
}

pub(crate) fn incomplete_signature() -> Failure {
    let text = "The request signature does not conform to Aliyun standards.";
    Failure::error(400, "IncompleteSignature", text)
}

pub(crate) fn repeated_header(name: &str) -> Failure {
    let text = format!(
        "The request signature does not conform to Aliyun standards. The header {name} stands more than once."
    );
    Failure::error(400, "IncompleteSignature", text)
}

pub(crate) fn unsupported_signature_type() -> Failure {
    Failure::error(403, "UnsupportedSignatureType", "This signature type is not supported.")
}

pub(crate) fn content_md5_not_matched() -> Failure {
    let text = "Specified content md5 is not matched with your request body.";
    Failure::error(400, "ContentMD5NotMatched", text)
}

pub(crate) fn missing_security_token() -> Failure {
    Failure::missing("SecurityToken")
}

pub(crate) fn malformed_security_token() -> Failure {
    Failure::error(400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
}

pub(crate) fn expired_security_token() -> Failure {
    Failure::error(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
}

pub(crate) fn foreign_security_token() -> Failure {
    let text = "Specified SecurityToken mismatch with the AccessKey.";
    Failure::error(400, "InvalidSecurityToken.MismatchWithAccessKey", text)
}

/// The older Python SDK splits this message at its colon and fails without one, and compares the
/// rest with its own string to sign; the Go SDK compares the exact prefix. The string itself is
/// encoded and holds no colon.
pub(crate) fn v1_mismatch(string_to_sign: &[u8]) -> Failure {
    let text = format!(
        "Specified signature is not matched with our calculation. server string to sign is:{}",
        String::from_utf8_lossy(string_to_sign)
    );
    Failure::error(400, "SignatureDoesNotMatch", text)
}

pub(crate) fn v3_mismatch(string_to_sign: &str, canonical: &[u8]) -> Failure {
    let text = format!(
        "Specified signature does not match our calculation. server StringToSign is [{string_to_sign}] \
         server CanonicalRequest is [{}]",
        String::from_utf8_lossy(canonical)
    );
    Failure::error(400, "SignatureDoesNotMatch", text)
}

pub(crate) fn throttled(retry_after_ms: u64) -> Failure {
    Failure::error(400, "Throttling.User", "Request was denied due to user flow control.")
        .retry_after(retry_after_ms)
}

pub(crate) fn internal() -> Failure {
    let text = "The request processing has failed due to some unknown error, exception or failure.";
    Failure::error(500, "InternalError", text)
}

pub(crate) fn body_too_large(limit: usize) -> Failure {
    let text = format!("The request body is larger than body_bytes, which is {limit}.");
    Failure::error(413, "RequestEntityTooLarge", text)
}

pub(crate) fn body_too_slow(seconds: u64) -> Failure {
    let text = format!("The request body took longer than body_seconds, which is {seconds}.");
    Failure::error(408, "RequestTimeout", text)
}

pub(crate) fn body_broken() -> Failure {
    Failure::error(400, "InvalidParameter.Body", "The request body ended before it was complete.")
}

pub(crate) fn body_encoded(encoding: &str) -> Failure {
    let encoding: String = encoding.chars().take(100).collect();
    let text =
        format!("The request body is encoded with {encoding}. Send it as it is, without Content-Encoding.");
    Failure::error(415, "UnsupportedMediaType", text)
}

pub(crate) fn body_not_text() -> Failure {
    Failure::error(400, "InvalidParameter.Body", "The request body is not UTF-8.")
}

pub(crate) fn body_not_json() -> Failure {
    Failure::error(400, "InvalidParameter.Body", "The request body is not a JSON object.")
}

pub(crate) fn body_too_deep(limit: usize) -> Failure {
    let text = format!("The request body nests deeper than json_depth, which is {limit}.");
    Failure::error(400, "InvalidParameter.Body", text)
}

pub(crate) fn too_many_parameters(limit: usize) -> Failure {
    let text = format!("The request has more parameters than parameters allows, which is {limit}.");
    Failure::error(400, "InvalidParameter.TooMany", text)
}

pub(crate) fn not_text(parameter: &str) -> Failure {
    let text = format!("Specified parameter {parameter} is not valid: it is not UTF-8.");
    Failure::error(400, "InvalidParameter", text)
}

pub(crate) fn half_pair(parameter: &str) -> Failure {
    let text = format!("Specified parameter {parameter} is not valid: it must be text {WITHOUT_HALF_PAIRS}.");
    Failure::error(400, "InvalidParameter", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_errors_are_those_that_are_answered() {
        let answered = [
            action_not_found("Act"),
            incomplete_signature(),
            access_key_not_found(),
            access_key_inactive(),
            expired_security_token(),
            timestamp_expired(),
            v3_mismatch("", b""),
            throttled(1),
            nonce_used(),
            body_too_large(1),
            Failure::missing("<Parameter>"),
            internal(),
            unavailable(),
        ];
        let answered = answered.map(|failure| (failure.status, failure.code.into_owned()));
        assert_eq!(answered, COMMON.map(|error| (error.status, error.code.to_owned())));
    }
}

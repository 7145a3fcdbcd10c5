//! Answers as bytes, made in one place.

use serde::Serialize;

use crate::request_id::RequestId;

/// The body of a success: the response's members after `RequestId`, as compact JSON.
pub(crate) fn success<T: Serialize>(request_id: &RequestId, response: &T) -> serde_json::Result<Vec<u8>> {
    let mut body = Vec::with_capacity(512);
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

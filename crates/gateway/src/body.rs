//! Reading a request's body within bounds of size and time, however it is framed.

use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt as _;
use thiserror::Error;

/// How large a body may be and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct BodyBounds {
    /// Bytes.
    pub bytes: usize,
    /// From the moment it is read until its end.
    pub time: Duration,
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BodyFault {
    /// It is, or says that it is, larger than its bound.
    #[error("the body is too large")]
    TooLarge,
    /// It took longer than its bound.
    #[error("the body took too long to arrive")]
    TooSlow,
    /// The connection broke, or the framing is wrong.
    #[error("the body broke off")]
    Broken,
}

/// Collects a body. Memory is taken as bytes arrive, whatever length was announced: at most about twice what has
/// arrived.
///
/// # Errors
/// [`BodyFault`].
pub async fn read_body<B: Body>(body: B, bounds: BodyBounds) -> Result<Bytes, BodyFault> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > bounds.bytes) {
        return Err(BodyFault::TooLarge);
    }
    match tokio::time::timeout(bounds.time, collect(body, bounds.bytes)).await {
        Ok(result) => result,
        Err(_) => Err(BodyFault::TooSlow),
    }
}

async fn collect<B: Body>(body: B, most: usize) -> Result<Bytes, BodyFault> {
    let mut body = pin!(body);
    // Nearly every body is one frame, which is taken as it is.
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(mut data) = frame.map_err(|_| BodyFault::Broken)?.into_data() else { continue };
        if first.len() + whole.len() + data.remaining() > most {
            return Err(BodyFault::TooLarge);
        }
        let data = data.copy_to_bytes(data.remaining());
        if first.is_empty() && whole.is_empty() {
            first = data;
            continue;
        }
        // A frame is a part of a larger buffer: copied out, so that the buffer is free.
        whole.extend_from_slice(&std::mem::take(&mut first));
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}

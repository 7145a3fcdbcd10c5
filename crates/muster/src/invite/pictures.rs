//! Pictures that messages name, fetched by the server for who sits in the room: a reader shows nothing of themselves to
//! whoever keeps a picture, and a page loads from nowhere but here.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use muster_core::{
    chat_message::{Content, Media},
    error::Error,
    id::MessageId,
    service::Participant,
};

use super::Rooms;

/// What the group's own picture is asked for by.
const OF_GROUP: &str = "group";

/// What a picture is served with: whatever it is, a browser takes it for nothing else, and keeps it for a day.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CACHE_CONTROL, "private, max-age=86400"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    (header::CONTENT_DISPOSITION, "inline"),
];

/// The picture of a message, or of the group.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let shown = async {
        let Some(participant) = rooms.seated(&code, &headers).await? else {
            return Ok(StatusCode::UNAUTHORIZED.into_response());
        };
        let Some(link) = link_of(&rooms, &participant, &id).await? else {
            return Ok(StatusCode::NOT_FOUND.into_response());
        };
        Ok(fetched(&rooms, &link).await.unwrap_or_else(|status| status.into_response()))
    };
    shown.await.unwrap_or_else(|error: Error| {
        tracing::debug!(%error, "a picture of a room could not be looked up");
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    })
}

/// Where a picture is that the participant may see.
async fn link_of(rooms: &Rooms, participant: &Participant, id: &str) -> Result<Option<String>, Error> {
    if id == OF_GROUP {
        return Ok(participant.group().picture.clone());
    }
    let Ok(id) = MessageId::new(id) else { return Ok(None) };
    let message = rooms.muster.chats().seen(participant, &id).await?;
    Ok(message.and_then(|message| match message.content {
        Content::Image(Media { link, .. }) | Content::Sticker { link } => Some(link),
        _ => None,
    }))
}

async fn fetched(rooms: &Rooms, link: &str) -> Result<Response, StatusCode> {
    let _permit = rooms.fetching.try_acquire().map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    let answered = rooms.muster.chats().fetch_linked(link, rooms.bounds.room_picture_bytes).await;
    let answered = answered.map_err(|fault| {
        tracing::debug!(%fault, "a picture of a room could not be fetched");
        StatusCode::BAD_GATEWAY
    })?;
    let kind = kind_of(&answered.body).filter(|_| answered.is_success()).ok_or(StatusCode::BAD_GATEWAY)?;
    Ok(picture(kind, answered.body))
}

fn picture(kind: &'static str, bytes: Bytes) -> Response {
    (HEADERS, [(header::CONTENT_TYPE, kind)], bytes).into_response()
}

/// What a picture is by its first bytes, whatever it is said to be; `None` of all that is no picture, and of pictures that
/// are programs.
fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_what_its_first_bytes_say() {
        assert_eq!(kind_of(b"\xFF\xD8\xFF\xE0rest"), Some("image/jpeg"));
        assert_eq!(kind_of(b"\x89PNG\r\n\x1A\nrest"), Some("image/png"));
        assert_eq!(kind_of(b"GIF89a"), Some("image/gif"));
        assert_eq!(kind_of(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        for other in [&b""[..], b"<svg xmlns=", b"<!doctype html>", b"RIFF\0\0\0\0WAVE", b"\xFF\xD8"] {
            assert_eq!(kind_of(other), None);
        }
    }
}

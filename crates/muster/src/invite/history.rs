//! Parts of a conversation: what was said last, and what was said earlier.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use muster_core::{chat_message::Place, error::Error, id::MessageId, service::Participant, store::Stretch};
use serde::{Deserialize, Serialize};

use super::{
    Code, Rooms, code_of,
    face::Face,
    lines::Site,
    room::{Said, Visit},
};
use crate::net::Origin;

/// Which part is asked for, by one of these; what was said last, by none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    /// What was said before this place.
    before: Option<Place>,
    /// What was said after it.
    after: Option<Place>,
    /// What was said around this message.
    at: String,
}

/// A part of a conversation, without a gap.
pub(super) struct Part {
    pub(super) said: Said,
    /// The place before which there is more, if there is.
    pub(super) earlier: Option<Place>,
    /// The place after which there is more, if there is.
    pub(super) later: Option<Place>,
    /// Where the last message of the part stands, or after which it was looked for.
    last: Place,
}

impl Part {
    /// The part that is asked for; what was said last, where there is nothing.
    pub(super) async fn of(rooms: &Rooms, participant: &Participant, wanted: &Wanted) -> Result<Self, Error> {
        let asked = match wanted {
            Wanted { before: Some(place), .. } => {
                Self::read(rooms, participant, &[Stretch::Before(*place)]).await?
            }
            Wanted { after: Some(place), .. } => {
                Self::read(rooms, participant, &[Stretch::After(*place)]).await?
            }
            Wanted { at, .. } => Self::around(rooms, participant, at).await?,
        };
        match asked {
            part if part.said.is_empty() => Self::read(rooms, participant, &[Stretch::Latest]).await,
            part => Ok(part),
        }
    }

    /// What was said last, if a message is among it; else what was said around the message.
    async fn around(rooms: &Rooms, participant: &Participant, id: &str) -> Result<Self, Error> {
        let latest = Self::read(rooms, participant, &[Stretch::Latest]).await?;
        let Ok(id) = MessageId::new(id) else { return Ok(latest) };
        if latest.said.iter().any(|(_, message)| message.id == id) {
            return Ok(latest);
        }
        match rooms.muster.chats().place_of(participant, &id).await? {
            Some(place) => {
                let around = [Stretch::Before(place), Stretch::After(place - 1)];
                Self::read(rooms, participant, &around).await
            }
            None => Ok(latest),
        }
    }

    /// Stretches that follow each other.
    async fn read(rooms: &Rooms, participant: &Participant, stretches: &[Stretch]) -> Result<Self, Error> {
        let chats = rooms.muster.chats();
        let mut said = Vec::new();
        for stretch in stretches {
            let most = rooms.bounds.room_messages.div_ceil(stretches.len());
            said.extend(chats.read(participant, *stretch, most).await?);
        }
        let (mut earlier, mut later, mut last) = (None, None, 0);
        if let (Some((first, _)), Some((end, _))) = (said.first(), said.last()) {
            earlier = chats.peek(participant, Stretch::Before(*first)).await?.map(|_| *first);
            later = chats.peek(participant, Stretch::After(*end)).await?.map(|_| *end);
            last = *end;
        }
        Ok(Self { said, earlier, later, last })
    }

    /// From where a page that shows this part follows what is new: what lies between, it can ask for.
    pub(super) async fn end(&self, rooms: &Rooms, participant: &Participant) -> Result<Place, Error> {
        Ok(match self.later {
            Some(_) => rooms.muster.chats().peek(participant, Stretch::Latest).await?.unwrap_or(self.last),
            None => self.last,
        })
    }
}

/// A part, as a page shows it.
#[derive(Serialize)]
struct Shown {
    lines: String,
    earlier: Option<Place>,
    later: Option<Place>,
    last: Place,
}

/// A part of the conversation for a page that has another one.
pub(super) async fn part(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let (face, code) = (Face::program(&headers), code_of(code));
    let Query(wanted) = match wanted {
        Ok(wanted) => wanted,
        Err(rejection) => {
            return face.malformed(
                rejection.status(),
                &code,
                "Ask with a number before or after, or a message at.",
            );
        }
    };
    let told = async {
        let Some(participant) = rooms.seated(&code, &headers).await? else { return Ok(face.no_seat(&code)) };
        let part = Part::of(&rooms, &participant, &wanted).await?;
        let site = Site::of(&rooms, &headers);
        let visit = Visit { rooms: &rooms, code: &code, participant: &participant, face, site, origin };
        let Part { earlier, later, last, .. } = part;
        let shown = Shown { lines: visit.shown_lines(&part.said).await?, earlier, later, last };
        Ok(axum::Json(shown).into_response())
    };
    told.await.unwrap_or_else(|error: Error| face.refused(&code, &error))
}

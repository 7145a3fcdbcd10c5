//! The invite page of a customer group, and the room behind it: who opens the link gives a phone number and a name, is a
//! participant, and reads, writes and leaves there.
//!
//! Everything works by forms alone; a script of its own makes what is new appear by itself. A participant is told from
//! others by a cookie ([`seat`]), not by the number: nobody proves that a number is theirs.

mod face;
mod page;
mod room;
mod seat;
mod view;

use std::sync::Arc;

use axum::{
    Extension, Form, Router,
    extract::{
        Path, State,
        rejection::{FormRejection, PathRejection},
    },
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use muster_core::{
    chat::PhoneNumber,
    error::Error,
    service::{Admittance, Invitation, Muster, Participant},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use self::face::Face;
use crate::{config::CamsConfig, net::Origin, readiness::Readiness};

/// Characters of a participant's name.
const NAME_CHARACTERS: usize = 64;

/// What a participant fills in.
#[derive(Debug, Default, Deserialize)]
struct Joining {
    #[serde(alias = "phoneNumber", alias = "number")]
    phone: String,
    #[serde(default)]
    name: String,
}

/// What the pages work with.
pub(crate) struct Rooms {
    muster: Arc<Muster>,
    readiness: Arc<Readiness>,
    bounds: CamsConfig,
    /// A permit for each request that is held until there is news.
    waiting: Semaphore,
}

impl Rooms {
    pub(crate) fn new(muster: Arc<Muster>, readiness: Arc<Readiness>, bounds: CamsConfig) -> Arc<Self> {
        let waiting = Semaphore::new(bounds.room_waits);
        Arc::new(Self { muster, readiness, bounds, waiting })
    }

    /// Whoever a request comes from, in the group behind a code; `None` when it brings no seat there.
    async fn seated(&self, code: &str, headers: &HeaderMap) -> Result<Option<Participant>, Error> {
        // Who comes for the first time costs the store nothing more.
        if !seat::is_brought(headers) {
            return Ok(None);
        }
        let chats = self.muster.chats();
        let group = chats.group_behind(code).await?;
        match seat::token(headers, &group) {
            Some(token) => chats.seated(group, token).await,
            None => Ok(None),
        }
    }
}

/// The routes under `/i/`. The script's name is no code: those are letters and digits.
pub(crate) fn routes(rooms: Arc<Rooms>) -> Router {
    Router::new()
        .route("/i/room.js", get(room::script))
        .route("/i/{code}", get(show).post(join))
        .route("/i/{code}/messages", get(room::news).post(room::write))
        .route("/i/{code}/leave", post(room::leave))
        .with_state(rooms)
}

/// The code in a request's path. One that no invite can have, such as bytes that are no text, is looked up nowhere.
type Code = Result<Path<String>, PathRejection>;

fn code_of(code: Code) -> Result<String, Error> {
    let could_be = |code: &String| code.bytes().all(|byte| byte.is_ascii_graphic());
    code.ok().map(|Path(code)| code).filter(could_be).ok_or(Error::NoInvite)
}

/// The room for who is in it, else the form.
async fn show(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
) -> Response {
    let face = Face::of(&headers);
    let shown = async {
        let code = code_of(code)?;
        match rooms.seated(&code, &headers).await {
            Ok(Some(participant)) => {
                room::page(&rooms, &code, &participant, origin, Default::default()).await
            }
            // Who has left may join again.
            Ok(None) | Err(Error::NotMember(_)) => {
                let group = rooms.muster.chats().invited(&code).await?;
                Ok(face.form(&group, None, &Joining::default()))
            }
            Err(error) => Err(error),
        }
    };
    shown.await.unwrap_or_else(|error| face.refusal(&error))
}

async fn join(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    form: Result<Form<Joining>, FormRejection>,
) -> Response {
    let face = Face::of(&headers);
    let joining = match form {
        Ok(Form(joining)) => joining,
        Err(rejection) => {
            return face.problem(rejection.status(), "Send the fields phone and name as a form.");
        }
    };
    let joined = async {
        let code = code_of(code)?;
        let invitation = rooms.muster.chats().invited(&code).await?;
        let number = match checked(&joining) {
            Ok(number) => number,
            Err(fault) => return Ok(face.form(&invitation, Some(&fault), &joining)),
        };
        let admitted = accept(&rooms.muster, invitation, &number, joining.name.trim()).await?;
        let seat = admitted.participant.as_ref().and_then(|seat| room::cookie(&rooms, seat, origin));
        Ok(face.welcome(&code, &admitted.group, &number, seat))
    };
    joined.await.unwrap_or_else(|error| face.refusal(&error))
}

/// The number that somebody fills in; else what is wrong.
fn checked(joining: &Joining) -> Result<PhoneNumber, String> {
    let number = PhoneNumber::new(&joining.phone).map_err(|fault| format!("The phone number {fault}."))?;
    if joining.name.trim().chars().count() > NAME_CHARACTERS {
        return Err(format!("The name must have at most {NAME_CHARACTERS} characters."));
    }
    Ok(number)
}

/// Takes a number into the group, which says of a full one the same to everybody: that a number is in it already is
/// nobody's business who merely has the link.
async fn accept(
    muster: &Muster,
    invitation: Invitation,
    number: &PhoneNumber,
    name: &str,
) -> Result<Admittance, Error> {
    muster.chats().accept(invitation, number, (!name.is_empty()).then_some(name)).await
}

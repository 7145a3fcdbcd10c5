//! The invite page of a customer group, and the room behind it: who opens the link gives a phone number and a name, is a
//! participant, and reads, writes and leaves there.
//!
//! Everything works by forms and links alone; a script of its own (`web/room`) makes what is new appear by itself, of the
//! same HTML. A participant is told from others by a cookie ([`seat`]), not by the number: nobody proves that a number is
//! theirs.

mod assets;
mod face;
mod history;
mod lines;
mod manner;
mod page;
mod pictures;
mod room;
mod seat;
mod standing;
mod view;
mod words;

use std::sync::Arc;

use axum::{
    Extension, Form, Router,
    extract::{
        Path, Query, State,
        rejection::{FormRejection, PathRejection, QueryRejection},
    },
    http::{HeaderMap, Uri, header},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use muster_core::{
    chat::PhoneNumber,
    error::Error,
    id::MessageId,
    service::{Admittance, Invitation, Muster, Participant},
};
use serde::Deserialize;
use tokio::sync::Semaphore;

use self::{
    face::{Face, Field},
    history::Wanted,
    lines::Site,
    manner::Choice,
    room::{Unsent, Visit},
    words::Words,
};
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
    /// The host of the server's own address, where the operator has named one.
    public_host: Option<String>,
    /// A permit for each request that is held until there is news.
    waiting: Semaphore,
    /// A permit for each picture that is fetched from elsewhere.
    fetching: Semaphore,
}

impl Rooms {
    /// `public_url` is the server's own address, or empty.
    pub(crate) fn new(
        muster: Arc<Muster>,
        readiness: Arc<Readiness>,
        bounds: CamsConfig,
        public_url: &str,
    ) -> Arc<Self> {
        let public_host = public_url.parse::<Uri>().ok().and_then(|url| Some(url.authority()?.to_string()));
        let (waiting, fetching) = (Semaphore::new(bounds.room_waits), Semaphore::new(bounds.room_pictures));
        Arc::new(Self { muster, readiness, bounds, public_host, waiting, fetching })
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

/// The routes under `/i/`, and of what its pages load.
pub(crate) fn routes(rooms: Arc<Rooms>) -> Router {
    Router::new()
        .route("/i/{code}", get(show).post(join))
        .route("/i/{code}/messages", get(room::news).post(room::write))
        .route("/i/{code}/messages/part", get(history::part))
        .route("/i/{code}/pictures/{id}", get(pictures::show))
        .route("/i/{code}/leave", post(room::leave))
        .with_state(rooms)
        .merge(assets::routes())
}

/// The code in a request's path.
type Code = Result<Path<String>, PathRejection>;

/// What no invite can have for a code: they are letters and digits.
const NO_CODE: &str = "-";

fn code_of(code: Code) -> String {
    let could_be = |code: &String| code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    code.ok().map(|Path(code)| code).filter(could_be).unwrap_or_else(|| NO_CODE.to_owned())
}

/// The room for who is in it, else the form. A choice of language or theme is kept, and the page is asked for anew.
async fn show(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    choice: Result<Query<Choice>, QueryRejection>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let (face, code) = (Face::of(&headers), code_of(code));
    let wanted = wanted.map(|Query(wanted)| wanted).unwrap_or_default();
    let choice = choice.map(|Query(choice)| choice).unwrap_or_default();
    let chosen = choice.cookies(origin);
    if !chosen.is_empty() {
        let mut answer = Redirect::to(&format!("/i/{code}")).into_response();
        answer.headers_mut().extend(chosen.into_iter().map(|cookie| (header::SET_COOKIE, cookie)));
        return answer;
    }
    let shown = async {
        let site = Site::of(&rooms, &headers);
        match rooms.seated(&code, &headers).await {
            Ok(Some(participant)) => {
                let visit =
                    Visit { rooms: &rooms, code: &code, participant: &participant, face, site, origin };
                visit.page(&wanted, Unsent::answering(MessageId::new(&choice.answer).ok())).await
            }
            // Who has left may join again.
            Ok(None) | Err(Error::NotMember(_)) => {
                let invitation = rooms.muster.chats().invited(&code).await?;
                Ok(face.form(&code, &invitation, &site, None, &Joining::default()))
            }
            Err(error) => Err(error),
        }
    };
    shown.await.unwrap_or_else(|error| face.refused(&code, &error))
}

async fn join(
    State(rooms): State<Arc<Rooms>>,
    code: Code,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    form: Result<Form<Joining>, FormRejection>,
) -> Response {
    let (face, code) = (Face::of(&headers), code_of(code));
    let joining = match form {
        Ok(Form(joining)) => joining,
        Err(rejection) => {
            return face.malformed(rejection.status(), &code, "Send the fields phone and name as a form.");
        }
    };
    let joined = async {
        let invitation = rooms.muster.chats().invited(&code).await?;
        let number = match checked(&joining, face.words()) {
            Ok(number) => number,
            Err(fault) => {
                let site = Site::of(&rooms, &headers);
                return Ok(face.form(&code, &invitation, &site, Some(&fault), &joining));
            }
        };
        let admitted = accept(&rooms.muster, invitation, &number, joining.name.trim()).await?;
        let seat = admitted.participant.as_ref().and_then(|seat| room::cookie(&rooms, seat, origin));
        Ok(face.welcome(&code, &admitted.group, &number, seat))
    };
    joined.await.unwrap_or_else(|error| face.refused(&code, &error))
}

/// The number that somebody fills in; else what is wrong, and where.
fn checked(joining: &Joining, words: &Words) -> Result<PhoneNumber, (Field, String)> {
    let number = PhoneNumber::new(&joining.phone).map_err(|_| (Field::Phone, words.bad_phone.to_owned()))?;
    if joining.name.trim().chars().count() > NAME_CHARACTERS {
        return Err((Field::Name, (words.long_name)(NAME_CHARACTERS)));
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

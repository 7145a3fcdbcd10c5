//! Logins: the tokens of both generations, and who is signed in.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::{
    Muster, OpenApp,
    change::{Done, Hands},
    login_parts::unambiguous,
};
use crate::{
    app::Generation,
    bus::Notice,
    callback::{CallbackEvent, Found, LogoffReason, UserSession},
    error::{Error, Result},
    group::{Order, Window},
    hex::hex,
    id::{AppId, SessionRef, UserId},
    message::Sender,
    time::Millis,
};

/// What begins the text of an access token, as the documentation's samples do.
const ACCESS_TOKEN_PREFIX: &str = "oauth_cloud_key:";
const ACCESS_TOKEN_PURPOSE: &str = "access token";
const REFRESH_TOKEN_PURPOSE: &str = "refresh token";
/// Groups that a callback of a reconnection names at most.
const GROUPS_TOLD: usize = 1_000;
/// How much longer a refresh token is good for than the access token it comes with.
const REFRESH_LIFETIMES: i64 = 30;

/// A user who has shown a good token. The rules of logins alone make one.
#[derive(Clone, Debug)]
pub struct Login {
    app: OpenApp,
    user: UserId,
    admin: bool,
    info: Option<Arc<str>>,
    expires: Millis,
}

impl Login {
    /// The application, in use when the user logged in.
    #[must_use]
    pub fn app(&self) -> &OpenApp {
        &self.app
    }

    /// Who.
    #[must_use]
    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// Whether the token was made for an operator of the application.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.admin
    }

    /// What the user says of itself.
    #[must_use]
    pub fn info(&self) -> Option<&Arc<str>> {
        self.info.as_ref()
    }

    /// When the token that was shown ends.
    #[must_use]
    pub fn expires(&self) -> Millis {
        self.expires
    }

    /// The user as whoever sends something.
    pub(super) fn as_sender(&self) -> Sender {
        Sender { user: self.user.clone(), info: self.info.clone() }
    }
}

/// How a login stands after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing has come in between.
    Good,
    /// A later login of the same user has replaced it.
    Replaced,
    /// It has ended, and none of the user's stands.
    Ended,
    /// Its application was switched off.
    AppDisabled,
}

/// What a user of generation 2 shows.
#[derive(Clone, Debug)]
pub struct LoginClaim<'a> {
    /// The application.
    pub app: &'a str,
    /// Who.
    pub user: &'a str,
    /// Part of what is hashed; see [`Nonces`](crate::limits::Nonces).
    pub nonce: &'a str,
    /// When the token ends, in seconds since 1970, as the decimal text that was hashed.
    pub expires: &'a str,
    /// `admin`, or anything else.
    pub role: &'a str,
    /// Lower-case hex SHA-256 of application id, key, user, nonce, expiry and role, one after the other.
    pub token: &'a str,
    /// What the user says of itself.
    pub info: Option<&'a str>,
}

/// Why a login is refused.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// A login that is not good. Why, is for the log alone.
    #[error("auth fail: {0}")]
    Refused(Refusal),
    /// A token that was good once.
    #[error("token expired")]
    Expired,
    /// The domain could not look.
    #[error(transparent)]
    Failed(#[from] Error),
}

/// What is wrong with a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not a token, or not of this server.
    #[error("it is not a login token")]
    NoToken,
    /// An id that is none.
    #[error("the application's or the user's id is not one")]
    Id,
    /// What the user says of itself is too long.
    #[error("what the user says of itself is too long")]
    Extension,
    /// No such application of this generation, or one that is switched off.
    #[error("there is no such application, or it is switched off")]
    App,
    /// The hash is not that of the parts.
    #[error("the hash is not that of the parts and the application's key")]
    Hash,
    /// A role with digits.
    #[error("the role holds a digit")]
    Role,
    /// A nonce of another form than is admitted.
    #[error("the nonce is neither AK- with letters, digits or _ behind it, nor a UUID")]
    Nonce,
    /// An expiry that is not a plain decimal number.
    #[error("the expiry is not a plain number of seconds")]
    Expiry,
    /// An expiry too far ahead.
    #[error("the expiry lies too far ahead")]
    TooFarAhead,
}

impl From<Refusal> for LoginError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A token of generation 1.
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The token.
    pub text: String,
    /// The token that a client may show for a new one after this one's end. It does not log in.
    pub refresh: String,
    /// How long it is good for, in milliseconds.
    pub lifetime: i64,
}

/// What an access token says, signed by the server.
#[derive(Serialize, Deserialize)]
struct AccessClaim {
    app: AppId,
    user: UserId,
    device: String,
    expires: i64,
    /// Sets two tokens of one millisecond apart.
    nonce: String,
}

/// The rules of logins.
#[derive(Clone, Copy)]
pub struct LoginRules<'a>(pub(super) &'a Muster);

impl LoginRules<'_> {
    /// Takes a generation 2 login.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn check(&self, claim: &LoginClaim<'_>) -> std::result::Result<Login, LoginError> {
        let (Ok(id), Ok(user)) = (AppId::new(claim.app), UserId::new(claim.user)) else {
            return Err(Refusal::Id.into());
        };
        let app = self.usable(&id, Generation::Two).await?;
        let key = self.0.apps().key(&app)?;
        let expected = live_token(claim.app, &key, claim.user, claim.nonce, claim.expires, claim.role);
        if !self.0.master.same("token comparison", &expected, claim.token) {
            return Err(Refusal::Hash.into());
        }
        let now = self.0.now();
        let ends = unambiguous(&self.0.limits, now, claim.nonce, claim.expires, claim.role)?;
        if ends <= now {
            return Err(LoginError::Expired);
        }
        Ok(Login { app, user, admin: claim.role == "admin", info: claim.info.map(Arc::from), expires: ends })
    }

    /// A nonce for a generation 2 login, of the documented form. It ends in a letter: whoever hashes without separators
    /// must not be able to read its end into the expiry.
    #[must_use]
    pub fn draw_nonce(&self) -> String {
        let random = &self.0.random;
        format!("AK-{}{}", random.alphanumeric(15), random.letters(1))
    }

    /// The token of a generation 2 login. It logs in when its parts have the admitted forms.
    ///
    /// # Errors
    /// [`Error::Sealed`].
    pub fn token(
        &self,
        app: &OpenApp,
        user: &UserId,
        nonce: &str,
        expires: i64,
        role: &str,
    ) -> Result<String> {
        let key = self.0.apps().key(app)?;
        Ok(live_token(app.id.as_str(), &key, user.as_str(), nonce, &expires.to_string(), role))
    }

    /// Issues a generation 1 access token for one device of one user.
    ///
    /// # Errors
    /// [`Error::Invalid`], which does not happen.
    pub fn issue(&self, app: &OpenApp, user: &UserId, device: &str) -> Result<AccessToken> {
        let lifetime = self.0.limits.access_token_millis;
        let mut claim = AccessClaim {
            app: app.id.clone(),
            user: user.clone(),
            device: device.to_owned(),
            expires: (self.0.now() + lifetime).0,
            nonce: self.0.random.hex(8),
        };
        let text = self.signed(ACCESS_TOKEN_PURPOSE, &claim)?;
        claim.expires = (self.0.now() + lifetime.saturating_mul(REFRESH_LIFETIMES)).0;
        let refresh = self.signed(REFRESH_TOKEN_PURPOSE, &claim)?;
        Ok(AccessToken { text, refresh, lifetime })
    }

    fn signed(&self, purpose: &str, claim: &AccessClaim) -> Result<String> {
        let body = serde_json::to_vec(claim).map_err(|error| Error::Invalid(error.to_string()))?;
        let code = self.0.master.sign(purpose, &body);
        let (body, code) = (URL_SAFE_NO_PAD.encode(&body), URL_SAFE_NO_PAD.encode(code));
        Ok(format!("{ACCESS_TOKEN_PREFIX}{body}.{code}"))
    }

    /// Takes a generation 1 access token.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn check_access(&self, text: &str) -> std::result::Result<Login, LoginError> {
        let claim = self.opened(text).ok_or(Refusal::NoToken)?;
        let expires = Millis(claim.expires);
        if expires <= self.0.now() {
            return Err(LoginError::Expired);
        }
        let app = self.usable(&claim.app, Generation::One).await?;
        Ok(Login { app, user: claim.user, admin: false, info: None, expires })
    }

    fn opened(&self, text: &str) -> Option<AccessClaim> {
        let (body, code) = text.strip_prefix(ACCESS_TOKEN_PREFIX)?.split_once('.')?;
        let body = URL_SAFE_NO_PAD.decode(body).ok()?;
        let code = URL_SAFE_NO_PAD.decode(code).ok()?;
        self.0.master.verify(ACCESS_TOKEN_PURPOSE, &body, &code).then_some(())?;
        serde_json::from_slice(&body).ok()
    }

    async fn usable(&self, id: &AppId, generation: Generation) -> std::result::Result<OpenApp, LoginError> {
        self.0.apps().of_login(id, generation).await?.ok_or(Refusal::App.into())
    }

    /// Notes a login; an earlier one of the same user ends. `back` says that the client goes on where an earlier
    /// connection of its own has ended: the application is told of a reconnection if that login stands still.
    ///
    /// # Errors
    /// The store's.
    pub async fn sign_in(&self, login: &Login, session: &SessionRef, back: bool) -> Result<()> {
        let found = self.found_on(login, back).await?;
        let (app, user, session) = (login.app.id.clone(), login.user.clone(), session.clone());
        let signed = async move |hands: Hands| {
            let also = hands.finding(&[], found);
            let signed = hands.store.sign_in(&app, &user, session.clone(), also).await?;
            Ok(Done::told((), signed.replaced.is_some().then_some(Notice::SignedIn { app, user, session })))
        };
        // In place: a login that is contested while it is on its way signs in again, and would for ever if others came
        // between the note and its caller.
        self.0.change_in_place(signed).await
    }

    /// What the application is owed for a login, which the store makes of what it finds.
    async fn found_on(&self, login: &Login, back: bool) -> Result<Option<Found>> {
        let Some(found) = self.0.found(&login.app) else { return Ok(None) };
        if !back {
            return Ok(Some(found));
        }
        let window = Window { skip: 0, limit: GROUPS_TOLD };
        let (app, user) = (&login.app.id, &login.user);
        let groups = self.0.store.groups_of(app, user, Order::Ascending, window).await?;
        Ok(Some(found.of_return(groups.entries.into_iter().map(|group| group.at.group).collect())))
    }

    /// Forgets a login, unless a later one has replaced it.
    ///
    /// # Errors
    /// The store's.
    pub async fn sign_out(&self, login: &Login, session: &SessionRef, reason: LogoffReason) -> Result<()> {
        // As it stands now: the login may be older than the address of the application's callbacks.
        let app = self.0.store.records().app(&login.app.id).await?;
        let of = UserSession { user: login.user.clone(), session: session.session.clone() };
        let event = CallbackEvent::LoggedOff(of, reason);
        let calls = app.map_or_else(Vec::new, |app| self.0.owed(&app, event));
        let (app, user, session) = (login.app.id.clone(), login.user.clone(), session.clone());
        let forgotten = async move |hands: Hands| {
            hands.store.sign_out(&app, &user, &session, hands.owing(calls)).await?;
            Ok(Done::untold(()))
        };
        self.0.change(forgotten).await
    }

    /// How a login stands now, as far as the store knows.
    ///
    /// # Errors
    /// The store's.
    pub async fn standing(&self, login: &Login, session: &SessionRef) -> Result<Standing> {
        let (store, app) = (&self.0.store, &login.app.id);
        let current =
            store.sessions(app, std::slice::from_ref(&login.user)).await?.into_iter().next().flatten();
        if store.records().app(app).await?.is_none_or(|app| app.disabled) {
            return Ok(Standing::AppDisabled);
        }
        Ok(match current {
            None => Standing::Ended,
            Some(current) if current == *session => Standing::Good,
            Some(_) => Standing::Replaced,
        })
    }

    /// Whether each of these users is logged in, in their order.
    ///
    /// # Errors
    /// The store's.
    pub async fn signed_in(&self, app: &OpenApp, users: &[UserId]) -> Result<Vec<bool>> {
        let sessions = self.0.store.sessions(&app.id, users).await?;
        Ok(sessions.iter().map(Option::is_some).collect())
    }
}

/// The documented token of generation 2: lower-case hex SHA-256 over the parts, one after the other.
fn live_token(app: &str, key: &str, user: &str, nonce: &str, expires: &str, role: &str) -> String {
    hex(digest(&SHA256, [app, key, user, nonce, expires, role].concat().as_bytes()).as_ref())
}

//! Login tokens: one that was issued logs in as who it names, and nothing else made of it logs in.

use std::sync::OnceLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_realtime::login::check_connect_token;
use serde_json::{Map, Value};

use crate::{
    server::{Failed, Server},
    source::Source,
};

const USER: &str = "alice";

/// A server with one application, and a login that it takes.
struct House {
    server: Server,
    login: Map<String, Value>,
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| build().expect("a server for the probe"))
}

fn build() -> Result<House, Failed> {
    let server = Server::start()?;
    let app = server.runtime.block_on(server.app())?;
    let token = server.token(&app, USER)?;
    let login = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token)?)?;
    Ok(House { server, login })
}

/// Gives the bytes as a token, and as changes of a token that was issued.
pub fn login_token(bytes: &[u8]) {
    let house = house();
    let raw = String::from_utf8_lossy(bytes);
    let admitted = |token: &str| {
        let checked = check_connect_token(house.server.muster.logins(), token);
        house.server.runtime.block_on(checked).ok().map(|login| login.user().to_string())
    };
    if let Some(user) = admitted(&raw) {
        assert_eq!(user, USER, "a token that was not issued logs in");
    }
    let changed = changed(&house.login, Source::new(bytes));
    let token = URL_SAFE_NO_PAD.encode(Value::Object(changed.clone()).to_string());
    let signed = ["appId", "userId", "nonce", "role", "token"];
    let same = signed.iter().all(|name| changed.get(*name) == house.login.get(*name))
        && number(&changed) == number(&house.login);
    assert_eq!(admitted(&token).is_some(), same, "{}", Value::Object(changed));
}

/// The expiry, which applications write as a number or as a text.
fn number(login: &Map<String, Value>) -> String {
    match login.get("timestamp") {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// A login with what it says moved over the borders of its members, cut, or replaced.
fn changed(login: &Map<String, Value>, mut source: Source<'_>) -> Map<String, Value> {
    let mut changed = login.clone();
    for _ in 0..source.byte() % 4 {
        let name = source.one_of(&["appId", "userId", "nonce", "timestamp", "role", "token"]);
        let other = source.one_of(&["userId", "nonce", "timestamp"]);
        let text = |value: Option<&Value>| match value {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        let (mut own, mut theirs) = (text(changed.get(name)), text(changed.get(other)));
        match source.byte() % 4 {
            0 => own = source.text(16),
            // The end of one becomes the beginning of the other: the hash of both joined would be the same.
            1 if name != other => {
                if let Some(last) = own.pop() {
                    theirs.insert(0, last);
                    changed.insert(other.to_owned(), theirs.into());
                }
            }
            2 => own.push_str(&source.text(4)),
            _ => {
                own.pop();
            }
        }
        changed.insert(name.to_owned(), own.into());
    }
    changed
}

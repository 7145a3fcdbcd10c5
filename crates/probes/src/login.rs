//! Login tokens: one that was issued logs in as who it names, and nothing else made of it logs in.

use std::sync::{Arc, OnceLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use muster_bus::memory::MemoryBus;
use muster_core::{
    app::{App, Generation},
    id::{NodeId, UserId},
    limits::Limits,
    seal::MasterKey,
    service::{AppScope, Dependencies, Muster, NewApp},
    testing::{ManualClock, Seeded},
    time::Millis,
};
use muster_realtime::login::{LiveLogin, check_connect_token, live_connect_token};
use muster_store::sqlite::{SqliteOptions, SqliteStore};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::source::Source;

const NOW: Millis = Millis(1_800_000_000_000);
const USER: &str = "alice";
/// A nonce as the cloud's own libraries draw it.
const NONCE: &str = "AK-0123456789abcdef";

/// A server with one application, and a login that it takes.
struct House {
    runtime: Runtime,
    muster: Muster,
    login: Map<String, Value>,
    _directory: TempDir,
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| build().expect("a server for the probe"))
}

fn build() -> Result<House, Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let directory = tempfile::tempdir()?;
    let random = Arc::new(Seeded::new(1));
    let store = SqliteStore::open(directory.path(), &SqliteOptions::default(), random.clone())?;
    let muster = Muster::new(Dependencies {
        store: Arc::new(store),
        bus: Arc::new(MemoryBus::default()),
        clock: Arc::new(ManualClock::new(NOW)),
        random,
        master: Arc::new(MasterKey::new(&[7; 32])),
        limits: Limits::default(),
        node: NodeId::new("probe")?,
    });
    let app = runtime.block_on(async {
        let made = muster.accounts().create(None, None).await?;
        let scope = AppScope { account: &made.account.id, generation: Generation::Two, data_center: None };
        muster.apps().create(scope, NewApp::default()).await
    })?;
    let token = issued(&muster, &app)?;
    let login = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token)?)?;
    Ok(House { runtime, muster, login, _directory: directory })
}

fn issued(muster: &Muster, app: &App) -> Result<String, Box<dyn std::error::Error>> {
    let expires = NOW.seconds() + 3_600;
    let token = muster.logins().token(app, &UserId::new(USER)?, NONCE, expires, "")?;
    Ok(live_connect_token(&LiveLogin {
        app_id: app.id.as_str(),
        user_id: USER,
        nonce: NONCE,
        timestamp: expires,
        role: "",
        token: &token,
        user_extension: None,
    }))
}

/// Gives the bytes as a token, and as changes of a token that was issued.
pub fn login_token(bytes: &[u8]) {
    let house = house();
    let raw = String::from_utf8_lossy(bytes);
    let admitted = |token: &str| {
        let checked = check_connect_token(house.muster.logins(), token);
        house.runtime.block_on(checked).ok().map(|login| login.user.to_string())
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

//! Frames of realtime clients: what the decoder makes of them, and what a session does with them.
//!
//! Each input is a connection's life: its frames are given to a socket of a whole server, and what comes back is held
//! against a second reading of what was asked. Another member of the same group looks on.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use muster_core::{
    id::{GroupId, UserId},
    message::{Body, Sender},
    service::{NewGroup, OpenApp, OpenGroup, OperatorMessage},
};
use muster_realtime::{Hub, RealtimeConfig, protocol::json};
use serde::{Deserialize, de::IgnoredAny};

use crate::{
    client::{Client, LEFT, Said},
    server::{Failed, Server},
};

/// What stands between two frames.
const BETWEEN: &str = "\n---\n";
/// What a connection's life begins with that has not logged in.
const STRANGER: &str = "!\n";
/// What a good login token is written as.
const TOKEN: &str = "TOKEN";
/// Inputs that are tried with one server before there is a new one: each leaves an application behind.
const INPUTS: u32 = 200;
/// Bytes of publications in one reply.
const REPLY_BYTES: usize = 4_096;
/// What a reply may hold besides publications and what the client itself has said.
const ENVELOPE: usize = 2_048;
/// What the group was told before the client came: more than a reply holds.
const TOLD: [usize; 8] = [900; 8];
/// Closes that a client's frames can lead to.
const CLOSES: [u16; 2] = [3501, 3508];

/// The code of a server that could not do its work.
const INTERNAL: u32 = 100;

/// Frames with `---` on a line between them, of a client that has logged in and joined the group `lobby`; of one that has
/// not when they begin with `!` on a line, where `TOKEN` stands for a good login token. No frame ends the server's task
/// or disturbs the other member; commands are answered once each and within bounds, until the
/// connection is closed for a reason that the protocol has.
pub fn realtime_frame(bytes: &[u8]) {
    static HOUSE: Mutex<Option<House>> = Mutex::new(None);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    text.split(BETWEEN).for_each(decoded);
    let mut house = HOUSE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut current = match house.take() {
        Some(house) if house.inputs < INPUTS => house,
        _ => House::build().expect("a server for the probe"),
    };
    current.inputs += 1;
    current.server.runtime.block_on(current.lived(text)).expect("the server does its part");
    *house = Some(current);
}

/// Every line of a frame is a command or is refused, and a command is JSON.
fn decoded(frame: &str) {
    let commands = json::commands(frame).filter(Result::is_ok).count();
    let lines = frame.split('\n').filter(|line| serde_json::from_str::<IgnoredAny>(line).is_ok()).count();
    let pong = usize::from(frame.trim_ascii().is_empty());
    assert!(commands <= lines + pong, "{commands} commands in {lines} lines of JSON");
}

struct House {
    // Goes before the store's files do.
    hub: Arc<Hub>,
    server: Server,
    inputs: u32,
}

impl House {
    fn build() -> Result<Self, Failed> {
        let server = Server::start()?;
        let config = RealtimeConfig {
            grace_seconds: 0,
            commands_per_frame: 16,
            channels_per_connection: 3,
            reply_bytes: REPLY_BYTES,
            ..RealtimeConfig::default()
        };
        let hub = {
            let _inside = server.runtime.enter();
            Hub::start(Arc::clone(&server.muster), config)?
        };
        Ok(Self { hub, server, inputs: 0 })
    }

    /// Lives a connection's life in an application of its own.
    async fn lived(&self, text: &str) -> Result<(), Failed> {
        let app = self.server.app().await?;
        let group = self.group(&app).await?;
        let mut looker = Client::open(&self.hub).await;
        looker.send(&login(&self.server.token(&app, "ben")?)).await;
        looker.send(JOIN).await;
        let before = looker.until(2).await;
        self.tell(&group).await?;
        let token = self.server.token(&app, "alice")?;
        let (known, life) = match text.strip_prefix(STRANGER) {
            Some(life) => (false, life.replace(TOKEN, &token)),
            None => (true, text.to_owned()),
        };
        let mut frames: Vec<&str> = life.split(BETWEEN).collect();
        let login = login(&token);
        if known {
            frames.splice(0..0, [&*login, JOIN]);
        }
        let mut client = Client::open(&self.hub).await;
        for frame in &frames {
            client.send(frame).await;
        }
        let (said, code) = client.close().await;
        answered(&asked(&frames), &said, code, known);
        bounded(&said, life.len());
        looker.send(r#"{"id":3,"history":{"channel":"g:lobby","limit":1,"reverse":true}}"#).await;
        let after = looker.until(3).await;
        undisturbed(&before, &after);
        looker.close().await;
        Ok(())
    }

    /// Makes the group.
    async fn group(&self, app: &OpenApp) -> Result<OpenGroup, Failed> {
        let new = NewGroup {
            id: Some(GroupId::new("lobby")?),
            creator: Some(UserId::new("alice")?),
            ..NewGroup::default()
        };
        let groups = self.server.muster.groups();
        let made = groups.create(app, new).await?.group;
        Ok(groups.open(app, &made.at.group).await?)
    }

    /// Tells the group more than a reply holds.
    async fn tell(&self, group: &OpenGroup) -> Result<(), Failed> {
        let messages = self.server.muster.messages();
        let sender = Sender { user: UserId::new("operator")?, info: None };
        let mut told = Vec::new();
        for length in TOLD {
            let body = Body::new(&"x".repeat(length))?;
            told.push(messages.announce(group, OperatorMessage::of(sender.clone(), body)));
        }
        for told in join_all(told).await {
            told?;
        }
        Ok(())
    }
}

fn login(token: &str) -> String {
    format!(r#"{{"id":1,"connect":{{"token":"{token}"}}}}"#)
}

/// Joins the group as the second command.
const JOIN: &str = r#"{"id":2,"subscribe":{"channel":"g:lobby"}}"#;

/// The ids of the commands that want an answer, in order, as far as they can be read.
fn asked(frames: &[&str]) -> Vec<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        id: Option<u64>,
    }
    let lines = frames.iter().flat_map(|frame| frame.split('\n'));
    lines
        .filter(|line| !line.trim_ascii().is_empty())
        .map_while(|line| serde_json::from_str(line).ok())
        .map(|Numbered { id }| id.unwrap_or_default())
        .filter(|id| *id > 0)
        .collect()
}

/// One answer each; all of them unless the server closed the connection or refused the login. Their order is that of the commands
/// but for what is said: messages of two streams wait for each other as little as one that is refused for its form does.
fn answered(asked: &[u64], said: &[Said], code: u16, known: bool) {
    let replies: Vec<&Said> = said.iter().filter(|said| said.value.get("id").is_some()).collect();
    let ids: Vec<u64> = replies.iter().filter_map(|reply| reply.value["id"].as_u64()).collect();
    let times = |list: &[u64], id| list.iter().filter(|one| **one == id).count();
    assert!(
        ids.iter().all(|id| times(&ids, *id) <= times(asked, *id)),
        "{asked:?} were asked, and {ids:?} answered"
    );
    for reply in &replies {
        let members = reply.value.as_object().map_or(0, serde_json::Map::len);
        assert_eq!(members, 2, "an answer has an id and says one thing: {}", reply.value);
        if let Some(error) = reply.value.get("error") {
            assert!(error["code"].as_u64() > Some(0) && error["message"] != "", "{error}");
            assert_ne!(error["code"], INTERNAL, "nothing that a client says is the server's fault: {error}");
        }
    }
    let left = code == LEFT;
    assert!(left || CLOSES.contains(&code), "closed with {code}");
    let admitted = known || replies.iter().any(|reply| reply.value.get("connect").is_some());
    if left && admitted {
        assert_eq!(ids.len(), asked.len(), "the connection was not closed, and not all is answered");
    }
    assert!(admitted || replies.len() <= 1, "a stranger is answered: {ids:?}");
}

/// No message is longer than the bound on publications, or than the one publication that is always sent.
fn bounded(said: &[Said], input: usize) {
    for said in said {
        let most = REPLY_BYTES + ENVELOPE + 2 * input;
        assert!(said.length <= most, "{} bytes in one reply, {most} are the most", said.length);
    }
}

/// The other member is sent each message once, in order, and none is missing.
fn undisturbed(before: &[Said], after: &[Said]) {
    let joined = before.iter().find_map(|said| said.value.get("subscribe"));
    // The protocol leaves out a position of 0.
    let mut offset = joined.expect("the other member joined")["offset"].as_u64().unwrap_or(0);
    for said in before.iter().chain(after) {
        let push = &said.value["push"];
        if push["channel"] == "g:lobby"
            && let Some(next) = push["pub"]["offset"].as_u64()
        {
            assert_eq!(next, offset + 1, "a message is missing or came twice");
            offset = next;
        }
    }
    let top = after.iter().find_map(|said| said.value["history"]["offset"].as_u64());
    assert!(top >= Some(offset), "the other member was sent {offset} of {top:?} messages");
}

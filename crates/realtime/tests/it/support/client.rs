//! A client that speaks the protocol and nothing more.

use std::{collections::VecDeque, time::Duration};

use futures_util::{SinkExt, StreamExt};
use muster_realtime::protocol::Form;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::Role},
};

use super::protobuf;

/// How long anything may take. Where time is paused it passes only when nothing else happens.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Client<S = DuplexStream> {
    pub(crate) socket: WebSocketStream<S>,
    form: Form,
    /// Messages passed over while waiting for a reply.
    inbox: VecDeque<Value>,
    /// Messages of the last frame behind the one handed out.
    unread: VecDeque<Value>,
    next_id: u32,
    /// Whether pings are answered.
    pub(crate) answers_pings: bool,
}

/// How the server closed a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) code: u16,
    pub(crate) reason: String,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn over(stream: S) -> Self {
        Self::speaking(Form::Json, stream).await
    }

    pub(crate) async fn speaking(form: Form, stream: S) -> Self {
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        let (inbox, unread) = (VecDeque::new(), VecDeque::new());
        Self { socket, form, inbox, unread, next_id: 1, answers_pings: true }
    }

    /// Sends commands in one frame.
    pub(crate) async fn send_commands(&mut self, commands: &[Value]) {
        let message = match self.form {
            Form::Json => {
                let lines: Vec<_> = commands.iter().map(Value::to_string).collect();
                Message::text(lines.join("\n"))
            }
            Form::Protobuf => {
                Message::binary(commands.iter().flat_map(protobuf::command_bytes).collect::<Vec<_>>())
            }
        };
        self.socket.send(message).await.unwrap();
    }

    /// Sends the text of one frame.
    pub(crate) async fn send_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends a command without waiting; its id.
    pub(crate) async fn send(&mut self, verb: &str, body: Value) -> u32 {
        let id = self.next_id;
        self.next_id += 1;
        self.send_commands(&[json!({ "id": id, verb: body })]).await;
        id
    }

    /// Sends a command and waits for its reply; pushes before it are kept.
    pub(crate) async fn ask(&mut self, verb: &str, body: Value) -> Value {
        let id = self.send(verb, body).await;
        self.reply(id).await
    }

    /// Calls a method; its result, or its error.
    pub(crate) async fn call(&mut self, method: &str, data: Value) -> Value {
        let reply = self.ask("rpc", json!({ "method": method, "data": data })).await;
        if reply["rpc"].is_null() { reply["error"].clone() } else { reply["rpc"]["data"].clone() }
    }

    /// Joins a group; the reply's result.
    pub(crate) async fn join(&mut self, group: &str) -> Value {
        let reply = self.ask("subscribe", json!({ "channel": format!("g:{group}") })).await;
        assert!(reply["subscribe"].is_object(), "{reply}");
        reply["subscribe"].clone()
    }

    /// Joins a group again behind a position; the reply's result.
    pub(crate) async fn rejoin(&mut self, group: &str, epoch: &str, offset: u64) -> Value {
        let body =
            json!({ "channel": format!("g:{group}"), "recover": true, "epoch": epoch, "offset": offset });
        self.ask("subscribe", body).await["subscribe"].clone()
    }

    /// Waits for the reply of this id.
    pub(crate) async fn reply(&mut self, id: u32) -> Value {
        let place = self.inbox.iter().position(|message| message["id"] == id);
        if let Some(place) = place {
            return self.inbox.remove(place).unwrap();
        }
        loop {
            let message = self.receive().await.expect("a reply");
            if message["id"] == id {
                return message;
            }
            self.inbox.push_back(message);
        }
    }

    /// The next message of any kind, pings aside.
    pub(crate) async fn next(&mut self) -> Value {
        match self.inbox.pop_front() {
            Some(message) => message,
            None => self.receive().await.expect("a message"),
        }
    }

    /// The next publication whose event has this name; other messages before it are passed over.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["push"]["pub"]["data"]["event"] == name {
                return message["push"]["pub"].clone();
            }
        }
    }

    /// The next message of any kind, or how the server closed.
    pub(crate) async fn ended_or_next(&mut self) -> Result<Value, Ended> {
        match self.inbox.pop_front() {
            Some(message) => Ok(message),
            None => self.receive().await,
        }
    }

    /// Waits until the server closes.
    pub(crate) async fn ended(&mut self) -> Ended {
        loop {
            if let Err(ended) = self.receive().await {
                return ended;
            }
        }
    }

    /// Everything that arrives within this time.
    pub(crate) async fn within(&mut self, time: Duration) -> Vec<Value> {
        let until = tokio::time::Instant::now() + time;
        let mut messages: Vec<_> = self.inbox.drain(..).collect();
        while let Ok(Ok(message)) = tokio::time::timeout_at(until, self.receive()).await {
            messages.push(message);
        }
        messages
    }

    /// The payload of the next frame.
    pub(crate) async fn raw(&mut self) -> Vec<u8> {
        self.socket.next().await.unwrap().unwrap().into_data().to_vec()
    }

    async fn receive(&mut self) -> Result<Value, Ended> {
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(message) = self.unread.pop_front() {
                return Ok(message);
            }
            let frame = tokio::time::timeout_at(until, self.socket.next()).await.expect("something in time");
            let mut messages: VecDeque<Value> = match frame {
                Some(Ok(Message::Text(text))) if self.form == Form::Json => lines(&text),
                Some(Ok(Message::Binary(bytes))) if self.form == Form::Protobuf => {
                    protobuf::messages(&bytes).into()
                }
                Some(Ok(Message::Close(frame))) => {
                    let frame = frame.expect("a code");
                    return Err(Ended { code: frame.code.into(), reason: frame.reason.to_string() });
                }
                Some(Ok(_)) => continue,
                None | Some(Err(_)) => return Err(Ended { code: 1006, reason: "broken".into() }),
            };
            let pings = messages.iter().filter(|message| **message == json!({})).count();
            messages.retain(|message| *message != json!({}));
            for _ in 0..pings {
                if self.answers_pings {
                    self.send_commands(&[json!({})]).await;
                }
            }
            self.unread = messages;
        }
    }

    /// Breaks the connection without a word.
    pub(crate) fn drop_link(self) {
        drop(self.socket);
    }
}

fn lines(text: &str) -> VecDeque<Value> {
    assert!(!text.is_empty() && text.split('\n').all(|line| !line.is_empty()), "{text:?}");
    text.split('\n').map(|line| serde_json::from_str(line).unwrap()).collect()
}

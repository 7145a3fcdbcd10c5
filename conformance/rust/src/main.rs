//! Crate `tokio-centrifuge` for the conformance suite: many clients in one process, named by handles, which are spoken to in
//! lines of JSON on standard input and answered on standard output. What happens to them is written out, too.

use std::{
    collections::HashMap,
    io::{BufRead, Write},
    sync::Arc,
    time::Duration,
};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio_centrifuge::{
    client::{Client, RequestError},
    config::{BackoffReconnect, Config},
    subscription::Subscription,
};

/// What the client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// One line of the suite.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Request {
    id: u64,
    r#do: String,
    handle: u64,
    url: String,
    token: String,
    form: String,
    channel: String,
    method: String,
    data: Value,
}

/// Why something asked for was not done.
struct Failure {
    code: Option<u32>,
    message: String,
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::ErrorResponse(told) => Self { code: Some(told.code), message: told.message },
            other => Self { code: None, message: other.to_string() },
        }
    }
}

/// Writes a line. Who cannot be written to has gone.
fn write(line: &Value) {
    let mut output = std::io::stdout().lock();
    let _ = writeln!(output, "{line}");
}

/// What came as bytes, as the JSON that it is.
fn value(data: &[u8]) -> Value {
    serde_json::from_slice(data).unwrap_or(Value::Null)
}

fn open(request: &Request) -> Client {
    let backoff = BackoffReconnect {
        factor: 2.0,
        min_delay: Duration::from_millis(50),
        max_delay: Duration::from_millis(500),
    };
    let config = Config::new()
        .with_token(&*request.token)
        .with_read_timeout(PATIENCE)
        .with_reconnect_strategy(backoff);
    let client = if request.form == "protobuf" {
        Client::new(&format!("{}?format=protobuf", request.url), config.use_protobuf())
    } else {
        Client::new(&request.url, config.use_json())
    };
    let handle = request.handle;
    client.on_connecting(move |event| {
        write(&json!({ "handle": handle, "kind": "connecting", "code": event.code, "reason": event.reason }));
    });
    client.on_connected(move |event| {
        write(&json!({ "handle": handle, "kind": "connected", "client": event.client_id, "data": value(&event.data) }));
    });
    client.on_disconnected(move |event| {
        write(
            &json!({ "handle": handle, "kind": "disconnected", "code": event.code, "reason": event.reason }),
        );
    });
    client.on_error(move |error| {
        write(&json!({ "handle": handle, "kind": "error", "message": error.to_string() }));
    });
    client
}

fn subscription(client: &Client, handle: u64, channel: &str) -> Subscription {
    if let Some(known) = client.get_subscription(channel) {
        return known;
    }
    let made = client.new_subscription(channel);
    let channel: Arc<str> = channel.into();
    made.on_subscribing(move |event| {
        write(
            &json!({ "handle": handle, "kind": "subscribing", "channel": event.channel, "code": event.code }),
        );
    });
    made.on_subscribed(move |event| {
        let data = value(&event.data);
        write(&json!({ "handle": handle, "kind": "subscribed", "channel": event.channel, "data": data }));
    });
    made.on_unsubscribed(move |event| {
        let (channel, code, reason) = (event.channel, event.code, event.reason);
        write(&json!({ "handle": handle, "kind": "unsubscribed", "channel": channel, "code": code, "reason": reason }));
    });
    made.on_publication(move |told| {
        let offset = (told.offset > 0).then_some(told.offset);
        let data = value(&told.data);
        write(&json!({ "handle": handle, "kind": "publication", "channel": &*channel, "data": data, "offset": offset }));
    });
    made
}

/// Carries out what is asked of a client that is there.
async fn act(client: &Client, request: &Request) -> Result<Value, Failure> {
    match &*request.r#do {
        // Nobody waits for these: the suite waits for what they bring about.
        "connect" => drop(client.connect()),
        "disconnect" => drop(client.disconnect()),
        "subscribe" => drop(subscription(client, request.handle, &request.channel).subscribe()),
        "unsubscribe" => drop(subscription(client, request.handle, &request.channel).unsubscribe()),
        "publish" => client.publish(&request.channel, request.data.to_string().into_bytes()).await?,
        "rpc" => {
            let result = client.rpc(&request.method, request.data.to_string().into_bytes()).await?;
            return Ok(value(&result));
        }
        other => return Err(Failure { code: None, message: format!("no such action: {other}") }),
    }
    Ok(Value::Null)
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut clients = HashMap::new();
    let (lines, mut asked) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    while let Some(line) = asked.recv().await {
        let request: Request = serde_json::from_str(&line)?;
        let done = match clients.get(&request.handle) {
            Some(client) => act(client, &request).await,
            None => {
                clients.insert(request.handle, open(&request));
                Ok(Value::Null)
            }
        };
        write(&match done {
            Ok(result) => json!({ "id": request.id, "result": result }),
            Err(Failure { code, message }) => {
                json!({ "id": request.id, "error": { "code": code, "message": message } })
            }
        });
    }
    Ok(())
}

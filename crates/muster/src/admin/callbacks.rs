//! What the commands about callbacks do.

use muster_core::{callback::StoredCall, error::Error, service::Muster};
use serde_json::{Value, json};

use super::{Printout, command::Callbacks};
use crate::callbacks;

pub(super) async fn done(muster: &Muster, command: Callbacks) -> Result<Printout, Error> {
    let outbox = muster.outbox();
    let (number, there, what) = match command {
        Callbacks::List { owed, part } => {
            let page = outbox.list(!owed, part.window()).await?;
            let rows = page.entries.iter().map(row).collect();
            return Ok(Printout::Page { total: page.total, name: "callbacks".to_owned(), rows });
        }
        Callbacks::Show { number } => {
            let found = outbox.find(number).await?;
            let (call, url) = found.ok_or_else(|| none_of(number, "callback or dead letter"))?;
            return Ok(Printout::Thing(whole(&call, url.as_deref())));
        }
        Callbacks::Retry { number } => (number, outbox.revive(number).await?, "dead letter"),
        Callbacks::Drop { number } => (number, outbox.forget(number).await?, "callback"),
    };
    if there {
        return Ok(Printout::Thing(json!({ "number": number })));
    }
    Err(none_of(number, what))
}

fn none_of(number: i64, what: &str) -> Error {
    Error::Invalid(format!("there is no {what} of the number {number}"))
}

/// A callback with what is sent. The headers that sign it are left out: they are made anew for each attempt, and good for
/// minutes.
fn whole(call: &StoredCall, url: Option<&str>) -> Value {
    let body = call.event.as_ref().and_then(|event| callbacks::body(call, event).ok());
    let body = body.and_then(|body| serde_json::from_slice(&body).ok()).unwrap_or(Value::Null);
    let mut shown = row(call);
    if let Value::Object(shown) = &mut shown {
        shown.insert("dead".to_owned(), json!(call.dead));
        shown.insert("url".to_owned(), json!(url));
        shown.insert("body".to_owned(), body);
    }
    shown
}

fn row(call: &StoredCall) -> Value {
    json!({
        "number": call.number,
        "transactionId": call.id,
        "appId": call.app,
        "lane": call.lane,
        "attempts": call.attempts,
        "fault": call.fault,
        "madeAt": call.made_at.seconds(),
        "nextAt": call.next_at.seconds(),
    })
}

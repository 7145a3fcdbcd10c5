//! What the commands about callbacks do.

use muster_core::{callback::StoredCall, error::Error, service::Muster};
use serde_json::{Value, json};

use super::{Printout, command::Callbacks};

pub(super) async fn done(muster: &Muster, command: Callbacks) -> Result<Printout, Error> {
    let outbox = muster.outbox();
    let (number, there, what) = match command {
        Callbacks::List { owed, part } => {
            let page = outbox.list(!owed, part.window()).await?;
            let rows = page.entries.iter().map(row).collect();
            return Ok(Printout::Page { total: page.total, name: "callbacks".to_owned(), rows });
        }
        Callbacks::Retry { number } => (number, outbox.revive(number).await?, "dead letter"),
        Callbacks::Drop { number } => (number, outbox.forget(number).await?, "callback"),
    };
    if there {
        return Ok(Printout::Thing(json!({ "number": number })));
    }
    Err(Error::Invalid(format!("there is no {what} of the number {number}")))
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

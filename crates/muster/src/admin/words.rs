//! What the commands of word lists do.

use futures_util::{TryStreamExt as _, stream::FuturesOrdered};
use muster_core::{error::Error, service::Muster};
use serde_json::json;

use super::{
    Printout,
    command::Word,
    execute::{parsed, thing},
};

pub(super) async fn done(muster: &Muster, command: Word) -> Result<Printout, Error> {
    match command {
        Word::Add { app, entries } => add(muster, &app, entries.iter().map(String::as_str)).await,
        Word::Import { app, entries, .. } => {
            let lines =
                entries.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            add(muster, &app, lines).await
        }
        Word::List { app } => {
            let app = muster.operator().app(&parsed(&app)?).await?;
            let words = muster.moderation().entries(&app).await?;
            let rows = words
                .into_iter()
                .map(|word| json!({ "entry": word.text, "addedAt": word.added_at.seconds() }));
            Ok(Printout::List(rows.collect()))
        }
        Word::Remove { app, entry } => {
            let app = muster.operator().app(&parsed(&app)?).await?;
            if !muster.moderation().remove(&app, &entry).await? {
                return Err(Error::Missing(format!("the entry {entry:?}")));
            }
            thing(json!({ "removed": entry }))
        }
        Word::Test { app, text } => {
            let app = muster.operator().app(&parsed(&app)?).await?;
            thing(json!({ "entry": muster.moderation().find(&app, &text).await? }))
        }
    }
}

/// How many entries are being added at a time: the store commits them together.
const AT_ONCE: usize = 64;

/// Adds entries. What stood before a bad one may be in the list then, and adding it again does no harm.
async fn add<'a>(
    muster: &Muster,
    app: &str,
    entries: impl Iterator<Item = &'a str>,
) -> Result<Printout, Error> {
    let app = muster.operator().app(&parsed(app)?).await?;
    let rules = muster.moderation();
    let (mut under_way, mut answers) = (FuturesOrdered::new(), Vec::new());
    for entry in entries {
        if under_way.len() == AT_ONCE {
            answers.extend(under_way.try_next().await?);
        }
        under_way.push_back(rules.add(&app, entry));
    }
    while let Some(new) = under_way.try_next().await? {
        answers.push(new);
    }
    let added = answers.iter().filter(|&&new| new).count();
    thing(json!({ "added": added, "known": answers.len() - added }))
}

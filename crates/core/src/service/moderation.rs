//! What an application's messages may not say, and whether one says it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    KnownApp, Muster, OpenApp,
    change::{Done, Hands},
};
use crate::{
    app::{App, Audit, Generation},
    error::{Error, Result},
    id::AppId,
    moderation::WordList,
    store::WordAdded,
    time::Millis,
    word::Word,
};

/// How many applications' lists a node keeps ready; beyond that it begins anew.
const LISTS_KEPT: usize = 256;

/// Lists that were made ready, each with the time of the change of its application that it was read at.
#[derive(Default)]
pub(super) struct WordLists(Mutex<HashMap<AppId, (Millis, Arc<WordList>)>>);

impl WordLists {
    /// The list of an application as it stands now, if it is ready.
    fn get(&self, app: &App) -> Option<Arc<WordList>> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lists.get(&app.id).filter(|(at, _)| *at == app.modified_at).map(|(_, list)| Arc::clone(list))
    }

    fn put(&self, app: &App, list: &Arc<WordList>) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= LISTS_KEPT && !lists.contains_key(&app.id) {
            lists.clear();
        }
        lists.insert(app.id.clone(), (app.modified_at, Arc::clone(list)));
    }
}

/// The rules of moderation.
#[derive(Clone, Copy)]
pub struct ModerationRules<'a>(pub(super) &'a Muster);

impl ModerationRules<'_> {
    /// Adds an entry to an application's list; whether it is new. Messages are held against it from then on: those that
    /// other nodes take, within half a second.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that is no entry, [`Error::TooManyWords`], [`Error::NoApp`], or the store's.
    pub async fn add(&self, app: &KnownApp, entry: &str) -> Result<bool> {
        WordList::check(entry).map_err(|error| Error::Invalid(error.to_string()))?;
        let word = Word { app: app.id.clone(), text: entry.to_owned(), added_at: self.0.now() };
        let limit = self.0.limits.words_per_app;
        let added = async move |hands: Hands| {
            let app = word.app.clone();
            match hands.store.records().add_word(word, limit, hands.alone()).await? {
                WordAdded::Added(_) => Ok(Done::untold(true)),
                WordAdded::Known => Ok(Done::untold(false)),
                WordAdded::TooMany => Err(Error::TooManyWords(limit)),
                WordAdded::NoApp => Err(Error::NoApp(app)),
            }
        };
        self.0.change(added).await
    }

    /// Takes an entry off an application's list; whether it stood there.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove(&self, app: &KnownApp, entry: &str) -> Result<bool> {
        let (app, entry, now) = (app.id.clone(), entry.to_owned(), self.0.now());
        let removed = async move |hands: Hands| {
            let removed = hands.store.records().remove_word(&app, &entry, now, hands.alone()).await?;
            Ok(Done::untold(removed.is_some()))
        };
        self.0.change(removed).await
    }

    /// An application's entries, by their bytes.
    ///
    /// # Errors
    /// The store's.
    pub async fn entries(&self, app: &KnownApp) -> Result<Vec<Word>> {
        Ok(self.0.store.records().words(&app.id).await?)
    }

    /// The first entry of an application's list that a text holds, whether its messages are moderated or not.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(&self, app: &KnownApp, text: &str) -> Result<Option<String>> {
        Ok(self.list(app).await?.find(text).map(str::to_owned))
    }

    /// Lets a text pass that somebody says in an application, as the application is set up now. A service of its own that
    /// does not answer lets everything pass.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::NoApp`], [`Error::Sealed`], or the store's.
    pub(super) async fn pass(&self, app: &OpenApp, text: &str) -> Result<()> {
        // As it stands now: a login may be older than the setting.
        let Some(app) = self.0.store.records().app(&app.id).await? else {
            return Err(Error::NoApp(app.id.clone()));
        };
        let passes = match &app.audit {
            Audit::BuiltIn => self.list(&app).await?.find(text).is_none(),
            // The first generation has no such setting: a list that is there is meant.
            Audit::Off if app.generation == Generation::One => self.list(&app).await?.find(text).is_none(),
            Audit::Off => true,
            Audit::Custom(url) => {
                let (muster, key) = (self.0, self.0.apps().key_of(&app)?);
                muster.audits.lets_pass(&*muster.auditor, &app.id, (url, &key), text, muster.now()).await
            }
        };
        if passes { Ok(()) } else { Err(Error::Refused) }
    }

    async fn list(&self, app: &App) -> Result<Arc<WordList>> {
        if let Some(list) = self.0.word_lists.get(app) {
            return Ok(list);
        }
        let words = self.0.store.records().words(&app.id).await?;
        let list = WordList::of(words.iter().map(|word| &*word.text)).map_err(Error::Invalid)?;
        let list = Arc::new(list);
        self.0.word_lists.put(app, &list);
        Ok(list)
    }
}

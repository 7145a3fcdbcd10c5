//! What whoever runs the server sees of it at the command line: everything, whoever owns it and whether or not it is in
//! use.

use std::{path::Path, sync::Arc};

use super::{KnownApp, Muster};
use crate::{
    app::{App, Generation},
    channel::ChannelEvent,
    error::{Error, Result},
    group::{Group, GroupFilter, GroupTally, Order, Page, Window},
    id::{AccountId, AppId, GroupRef},
    roster::{Member, PageQuery, RosterState},
    store::AppFilter,
    transfer::{Counts, TransferError},
};

/// Every application fits into a page of this size: an account has 300 by default.
const ALL_APPS: Window = Window { skip: 0, limit: 100_000 };

/// The rules of the operator.
#[derive(Clone, Copy)]
pub struct OperatorRules<'a>(pub(super) &'a Muster);

impl OperatorRules<'_> {
    /// All applications of an account and generation, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn apps(&self, account: &AccountId, generation: Generation) -> Result<Vec<App>> {
        let filter = AppFilter::of(generation);
        Ok(self.0.store.records().apps(account, filter, Order::Ascending, ALL_APPS).await?.entries)
    }

    /// An application, whoever owns it.
    ///
    /// # Errors
    /// [`Error::NoApp`], or the store's.
    pub async fn app(&self, app: &AppId) -> Result<KnownApp> {
        self.0.apps().of_operator(app).await
    }

    /// Groups of an application, deleted ones too, oldest first, each with the figures of its roster.
    ///
    /// # Errors
    /// [`Error::NoApp`], or the store's.
    pub async fn groups(&self, app: &AppId, window: Window) -> Result<Page<(Group, RosterState)>> {
        let store = &self.0.store;
        store.records().app(app).await?.ok_or_else(|| Error::NoApp(app.clone()))?;
        let page = store.groups(app, GroupFilter::All, Order::Ascending, window).await?;
        let mut entries = Vec::with_capacity(page.entries.len());
        for group in page.entries {
            let state = store.roster_state(&group.at).await?;
            entries.push((group, state));
        }
        Ok(Page { entries, total: page.total })
    }

    /// A group, also a deleted one, and its figures.
    ///
    /// # Errors
    /// [`Error::NoGroup`], or the store's.
    pub async fn group(&self, at: &GroupRef) -> Result<(Arc<Group>, GroupTally)> {
        let store = &self.0.store;
        let group = store.group(at).await?.ok_or_else(|| Error::NoGroup(at.group.clone()))?;
        Ok((group, store.tally(at).await?))
    }

    /// Members of a group, or participants of a customer group, in the order of joining, however many there are.
    ///
    /// # Errors
    /// [`Error::NoGroup`], or the store's.
    pub async fn members(&self, at: &GroupRef, window: Window) -> Result<Page<Member>> {
        let store = &self.0.store;
        if store.group(at).await?.is_none() && store.records().chat_group(at).await?.is_none() {
            return Err(Error::NoGroup(at.group.clone()));
        }
        let query = PageQuery { order: Order::Ascending, window };
        Ok(store.roster_page(at, query).await?)
    }

    /// Stops a customer group, or lets it go on, in the place of a channel that would decide so by itself.
    ///
    /// # Errors
    /// [`Error::NoGroup`], [`Error::GroupInactive`] when the group is neither in use nor suspended, or the store's.
    pub async fn set_suspended(&self, at: &GroupRef, suspended: bool) -> Result<()> {
        let group = self.0.store.records().chat_group(at).await?;
        let group = group.ok_or_else(|| Error::NoGroup(at.group.clone()))?;
        if !group.status.may_be_curbed() {
            return Err(Error::GroupInactive(at.group.clone()));
        }
        let event = if suspended { ChannelEvent::Suspended } else { ChannelEvent::SuspensionCleared };
        self.0.chats().hear(at, event).await.map(|_| ())
    }

    /// Writes everything that lasts to a file; see [`Store::backup`](crate::store::Store::backup).
    ///
    /// # Errors
    /// The store's.
    pub async fn backup(&self, file: &Path) -> std::result::Result<Counts, TransferError> {
        self.0.store.backup(file).await
    }
}

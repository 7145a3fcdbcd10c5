//! Making, finding and switching applications.

use std::{ops::Deref, sync::Arc};

use super::{
    Muster,
    change::{Done, Hands},
};
use crate::{
    app::{App, AppChange, Audit, DataCenter, Generation, Retention, StringMap},
    bus::Notice,
    error::{Error, Result},
    group::{Order, Page, Window},
    id::{AccountId, AppId},
    store::{AppCreated, AppFilter},
};

/// Whose applications a caller sees: another account's, generation's or data center's look as if they were not there.
#[derive(Clone, Copy, Debug)]
pub struct AppScope<'a> {
    /// The caller's account.
    pub account: &'a AccountId,
    /// The family of operations that asks.
    pub generation: Generation,
    /// The data center that the caller named; `None` where the family has none.
    pub data_center: Option<DataCenter>,
}

/// An application to be made.
#[derive(Clone, Debug, Default)]
pub struct NewApp {
    /// Its name.
    pub name: Option<String>,
    /// How messages are kept.
    pub retention: Retention,
    /// How messages are moderated.
    pub audit: Audit,
    /// Where events are told.
    pub callback_url: Option<String>,
    /// The caller's settings.
    pub config: StringMap,
    /// The caller's own fields.
    pub extension: StringMap,
}

/// What to look for among a scope's applications; what is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub struct AppSearch {
    /// The id.
    pub id: Option<AppId>,
    /// The whole name.
    pub name: Option<String>,
}

/// An application that a scope holds, in use or not: proof that whoever has it may know of it. The rules of
/// applications alone make one.
#[derive(Clone, Debug)]
pub struct KnownApp(Arc<App>);

impl KnownApp {
    /// What is known of it.
    #[must_use]
    pub fn into_app(self) -> App {
        Arc::unwrap_or_clone(self.0)
    }
}

impl Deref for KnownApp {
    type Target = App;
    fn deref(&self) -> &App {
        &self.0
    }
}

/// A [`KnownApp`] that was in use when it was looked up: proof that whoever has it may work with it.
#[derive(Clone, Debug)]
pub struct OpenApp(KnownApp);

impl Deref for OpenApp {
    type Target = KnownApp;
    fn deref(&self) -> &KnownApp {
        &self.0
    }
}

/// The rules of applications.
#[derive(Clone, Copy)]
pub struct AppRules<'a>(pub(super) &'a Muster);

impl AppRules<'_> {
    /// Makes an application; its id and key are drawn.
    ///
    /// # Errors
    /// [`Error::TooManyApps`], or the store's.
    pub async fn create(&self, scope: AppScope<'_>, new: NewApp) -> Result<OpenApp> {
        let muster = self.0;
        let now = muster.now();
        let id = AppId::new(&muster.random.hex(16)).map_err(|error| Error::Invalid(error.to_string()))?;
        let key = muster.random.hex(32);
        let app = App {
            key: muster.master.seal(&App::key_purpose(&id), key.as_bytes(), &*muster.random),
            id,
            account: scope.account.clone(),
            generation: scope.generation,
            name: new.name,
            data_center: scope.data_center.unwrap_or_default(),
            retention: new.retention,
            audit: new.audit,
            callback_url: new.callback_url,
            disabled: false,
            config: new.config,
            extension: new.extension,
            created_at: now,
            modified_at: now,
            deleted_at: None,
        };
        let limit = muster.limits.apps_per_account;
        let made = async move |hands: Hands| match hands
            .store
            .records()
            .create_app(app.clone(), limit, hands.alone())
            .await?
        {
            AppCreated::Created(_) => Ok(Done::untold(OpenApp(KnownApp(Arc::new(app))))),
            AppCreated::TooMany => Err(Error::TooManyApps(limit.unwrap_or(u64::MAX))),
        };
        muster.change(made).await
    }

    /// The application, also when it is disabled.
    ///
    /// # Errors
    /// [`Error::NoApp`] when the scope does not hold it, or the store's.
    pub async fn describe(&self, scope: AppScope<'_>, id: &AppId) -> Result<KnownApp> {
        let app = self.0.store.records().app(id).await?;
        app.filter(|app| {
            app.account == *scope.account
                && app.generation == scope.generation
                && scope.data_center.is_none_or(|here| here == app.data_center)
        })
        .map(KnownApp)
        .ok_or_else(|| Error::NoApp(id.clone()))
    }

    /// The application, if it is in use.
    ///
    /// # Errors
    /// [`Error::NoApp`], [`Error::AppDisabled`], or the store's.
    pub async fn open(&self, scope: AppScope<'_>, id: &AppId) -> Result<OpenApp> {
        let app = self.describe(scope, id).await?;
        if app.disabled { Err(Error::AppDisabled(id.clone())) } else { Ok(OpenApp(app)) }
    }

    /// The application of a login, which has no scope yet; `None` when there is none of this generation in use.
    pub(super) async fn of_login(&self, id: &AppId, generation: Generation) -> Result<Option<OpenApp>> {
        let app = self.0.store.records().app(id).await?;
        Ok(app.filter(|app| app.generation == generation && !app.disabled).map(|app| OpenApp(KnownApp(app))))
    }

    /// An application, whoever owns it.
    pub(super) async fn of_operator(&self, id: &AppId) -> Result<KnownApp> {
        let app = self.0.store.records().app(id).await?;
        app.map(KnownApp).ok_or_else(|| Error::NoApp(id.clone()))
    }

    /// The scope's applications by time of creation.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, scope: AppScope<'_>, order: Order, window: Window) -> Result<Page<KnownApp>> {
        self.find(scope, AppSearch::default(), order, window).await
    }

    /// The scope's applications that a search is for, by time of creation.
    ///
    /// # Errors
    /// The store's.
    pub async fn find(
        &self,
        scope: AppScope<'_>,
        search: AppSearch,
        order: Order,
        window: Window,
    ) -> Result<Page<KnownApp>> {
        let AppSearch { id, name } = search;
        let filter =
            AppFilter { data_center: scope.data_center, id, name, ..AppFilter::of(scope.generation) };
        let page = self.0.store.records().apps(scope.account, filter, order, window).await?;
        let entries = page.entries.into_iter().map(|app| KnownApp(Arc::new(app))).collect();
        Ok(Page { entries, total: page.total })
    }

    /// Switches an application off or on. Off, its connections end.
    ///
    /// # Errors
    /// [`Error::NoApp`], or the store's.
    pub async fn set_disabled(&self, app: &KnownApp, disabled: bool) -> Result<KnownApp> {
        self.change(app, AppChange { disabled: Some(disabled), ..AppChange::default() }).await
    }

    /// Changes an application.
    ///
    /// # Errors
    /// [`Error::NoApp`], or the store's.
    pub async fn modify(&self, app: &OpenApp, change: AppChange) -> Result<KnownApp> {
        self.change(app, change).await
    }

    /// Deletes an application, in use or not: its connections end, and from then on nobody finds it or anything in it. Its
    /// groups and messages are purged as those of a deleted group are.
    ///
    /// # Errors
    /// [`Error::NoApp`] when it was deleted meanwhile, or the store's.
    pub async fn delete(&self, app: &KnownApp) -> Result<()> {
        let (id, now) = (app.id.clone(), self.0.now());
        let deleted = async move |hands: Hands| match hands
            .store
            .records()
            .delete_app(&id, now, hands.alone())
            .await?
        {
            Some(_) => Ok(Done::told((), [Notice::AppDisabled { app: id }])),
            None => Err(Error::NoApp(id)),
        };
        self.0.change(deleted).await
    }

    async fn change(&self, app: &KnownApp, change: AppChange) -> Result<KnownApp> {
        let (id, now) = (app.id.clone(), self.0.now());
        let switched = async move |hands: Hands| {
            let disabled = change.disabled == Some(true);
            let records = hands.store.records();
            let Some((app, _)) = records.change_app(&id, change, now, hands.alone()).await? else {
                return Err(Error::NoApp(id));
            };
            // Also when it was off before: whoever switched it may not have lived to tell.
            let notice = disabled.then_some(Notice::AppDisabled { app: id });
            Ok(Done::told(KnownApp(Arc::new(app)), notice))
        };
        self.0.change(switched).await
    }

    /// The key that login tokens of an application are made with.
    ///
    /// # Errors
    /// [`Error::Sealed`] when it was sealed under another master key.
    pub fn key(&self, app: &KnownApp) -> Result<String> {
        self.key_of(app)
    }

    /// The key of an application, whoever asks.
    pub(super) fn key_of(&self, app: &App) -> Result<String> {
        Ok(self.0.master.open(&App::key_purpose(&app.id), &app.key)?)
    }
}

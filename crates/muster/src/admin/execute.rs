//! What each command does.

use std::sync::Arc;

use muster_core::{
    app::{App, Generation},
    chat::{ChannelFace, PhoneNumber},
    error::Error,
    group::{Group, Window},
    id::{AppId, GroupRef, InvalidId, UserId},
    roster::{Member, RosterState},
    service::{AppScope, Muster},
};
use muster_realtime::login::{LiveLogin, live_connect_token};
use serde_json::{Value, json};

use super::{
    AdminCommand, Outcome, Printout, access, callbacks,
    command::{App as AppCommand, Backup, Channel, Group as GroupCommand, Members, Number, Role, Token},
    role, words,
};
use crate::audit::{self, Operator};

/// Does a command that `by` gave, and tells of it.
pub(crate) async fn execute(muster: &Arc<Muster>, by: &Operator, command: AdminCommand) -> Outcome {
    let (operation, resource) = command.about();
    let outcome = done(muster, command).await.map_err(|error| error.to_string());
    let account = muster.accounts().sole().await.map_or_else(|_| String::new(), |id| id.to_string());
    let said = outcome.as_ref().map_or_else(String::as_str, |_| "OK");
    audit::tell(by, &account, (operation, &resource), said);
    outcome
}

/// Does a command; whoever asks tells of it.
pub(crate) async fn done(muster: &Arc<Muster>, command: AdminCommand) -> Result<Printout, Error> {
    use AdminCommand as C;
    command.check().map_err(|rule| Error::Invalid(rule.to_owned()))?;
    let account = muster.accounts().sole().await?;
    match command {
        C::User(command) => access::user(muster, &account, command).await,
        C::Key(command) => access::key(muster, &account, command).await,
        C::Policy(command) => access::policy(muster, &account, command).await,
        C::Role(command) => role::execute(muster, &account, command).await,
        C::Channel(Channel::Add { name }) => {
            let channel = muster.chats().create_channel(&account, ChannelFace::named(&*name)).await?;
            thing(json!({ "custSpaceId": channel.id, "name": channel.face.name }))
        }
        C::Channel(Channel::List) => channels(muster).await,
        C::Number(Number::Add { digits, channel }) => {
            let number = PhoneNumber::new(&digits).map_err(|error| invalid("the number", &error))?;
            let channel = muster.chats().channel(&account, &parsed(&channel)?).await?;
            let bound = muster.chats().add_number(&channel, number).await?;
            thing(json!({ "businessNumber": bound.number, "custSpaceId": bound.channel }))
        }
        C::Number(Number::List) => numbers(muster).await,
        C::App(AppCommand::List) => apps(muster).await,
        C::Group(GroupCommand::List { app, part }) => groups(muster, &parsed(&app)?, part.window()).await,
        C::Group(GroupCommand::Show { app, group }) => {
            group_shown(muster, &GroupRef::new(parsed(&app)?, parsed(&group)?)).await
        }
        C::Group(GroupCommand::Suspend { channel, group }) => suspend(muster, &channel, &group, true).await,
        C::Group(GroupCommand::Resume { channel, group }) => suspend(muster, &channel, &group, false).await,
        C::Members(Members { app, group, part }) => {
            let at = GroupRef::new(parsed(&app)?, parsed(&group)?);
            members(muster, &at, part.window()).await
        }
        C::Backup(Backup { file }) => match muster.operator().backup(&file).await {
            Ok(counts) => Ok(Printout::Carried { file, format: None, counts }),
            Err(error) => Err(Error::Invalid(format!("the backup {} failed: {error}", file.display()))),
        },
        C::Word(word) => words::done(muster, word).await,
        C::Callbacks(command) => callbacks::done(muster, command).await,
        C::Token(token) => login_token(muster, &token).await,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it ends a command")]
pub(super) fn thing(value: Value) -> Result<Printout, Error> {
    Ok(Printout::Thing(value))
}

fn invalid(what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Invalid(format!("{what} {error}"))
}

pub(super) fn parsed<T: std::str::FromStr<Err = InvalidId>>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|error| invalid(&format!("the id {text:?}"), &error))
}

async fn channels(muster: &Muster) -> Result<Printout, Error> {
    let account = muster.accounts().sole().await?;
    let channels = muster.chats().channels(&account).await?;
    let rows = channels.into_iter().map(|(channel, numbers)| {
        let numbers: Vec<PhoneNumber> = numbers.into_iter().map(|bound| bound.number).collect();
        json!({ "custSpaceId": channel.id, "name": channel.face.name, "numbers": numbers })
    });
    Ok(Printout::List(rows.collect()))
}

async fn numbers(muster: &Muster) -> Result<Printout, Error> {
    let account = muster.accounts().sole().await?;
    let channels = muster.chats().channels(&account).await?;
    let rows = channels.into_iter().flat_map(|(_, numbers)| numbers).map(|bound| {
        json!({ "businessNumber": bound.number, "custSpaceId": bound.channel, "createdAt": bound.created_at.seconds() })
    });
    Ok(Printout::List(rows.collect()))
}

async fn apps(muster: &Muster) -> Result<Printout, Error> {
    let account = muster.accounts().sole().await?;
    let mut rows = Vec::new();
    for (generation, number) in [(Generation::One, 1), (Generation::Two, 2)] {
        let apps = muster.operator().apps(&account, generation).await?;
        rows.extend(apps.iter().map(|app| app_row(app, number)));
    }
    Ok(Printout::List(rows))
}

fn app_row(app: &App, generation: u8) -> Value {
    json!({
        "appId": app.id,
        "generation": generation,
        "name": app.name.as_deref().unwrap_or_default(),
        "dataCenter": app.data_center,
        "disabled": app.disabled,
        "createdAt": app.created_at.seconds(),
    })
}

async fn groups(muster: &Muster, app: &AppId, window: Window) -> Result<Printout, Error> {
    let page = muster.operator().groups(app, window).await?;
    let rows: Vec<Value> = page.entries.iter().map(|(group, state)| group_row(group, *state)).collect();
    Ok(Printout::Page { total: page.total, name: "groups".to_owned(), rows })
}

fn group_row(group: &Group, state: RosterState) -> Value {
    json!({
        "groupId": group.at.group,
        "name": group.name.as_deref().unwrap_or_default(),
        "members": state.count,
        "superGroup": state.super_group,
        "deleted": group.deletion.is_some(),
        "createdAt": group.created_at.seconds(),
    })
}

async fn group_shown(muster: &Muster, at: &GroupRef) -> Result<Printout, Error> {
    let (group, tally) = muster.operator().group(at).await?;
    let id = |user: &UserId| user.as_str().to_owned();
    thing(json!({
        "appId": at.app,
        "groupId": at.group,
        "name": group.name.as_deref().unwrap_or_default(),
        "creator": group.creator.as_ref().map(id).unwrap_or_default(),
        "admins": group.admins.iter().map(id).collect::<Vec<_>>(),
        "members": tally.online,
        "views": tally.views,
        "superGroup": tally.super_group,
        "messages": tally.messages,
        "likes": tally.likes,
        "deleted": group.deletion.is_some(),
        "createdAt": group.created_at.seconds(),
    }))
}

async fn suspend(muster: &Muster, channel: &str, group: &str, suspended: bool) -> Result<Printout, Error> {
    let at = GroupRef::new(parsed(channel)?, parsed(group)?);
    muster.operator().set_suspended(&at, suspended).await?;
    thing(json!({ "custSpaceId": at.app, "groupId": at.group, "suspended": suspended }))
}

async fn members(muster: &Muster, at: &GroupRef, window: Window) -> Result<Printout, Error> {
    let page = muster.operator().members(at, window).await?;
    let rows: Vec<Value> = page.entries.iter().map(member_row).collect();
    Ok(Printout::Page { total: page.total, name: "members".to_owned(), rows })
}

fn member_row(member: &Member) -> Value {
    json!({
        "userId": member.user,
        "info": member.info,
        "joinedAt": member.joined_at.seconds(),
        "connected": member.connected,
    })
}

async fn login_token(muster: &Muster, asked: &Token) -> Result<Printout, Error> {
    let (app, user): (AppId, UserId) = (parsed(&asked.app)?, parsed(&asked.user)?);
    let account = muster.accounts().sole().await?;
    let scope = AppScope { account: &account, generation: Generation::Two, data_center: None };
    let app = muster.apps().open(scope, &app).await?;
    let role = match asked.role {
        Role::Admin => "admin",
        Role::User => "",
    };
    let ahead = muster.limits().login_ahead_millis / 1000;
    if i64::from(asked.ttl) > ahead {
        let rule = format!("--ttl must be at most {ahead} seconds, as `realtime.token_days` says");
        return Err(Error::Invalid(rule));
    }
    let nonce = muster.logins().draw_nonce();
    let expires_at = muster.now().seconds() + i64::from(asked.ttl);
    let token = muster.logins().token(&app, &user, &nonce, expires_at, role)?;
    let login = LiveLogin {
        app_id: app.id.as_str(),
        user_id: user.as_str(),
        nonce: &nonce,
        timestamp: expires_at,
        role,
        token: &token,
        user_extension: None,
    };
    Ok(Printout::Token { token: live_connect_token(&login), expires_at })
}

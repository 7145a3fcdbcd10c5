//! Generation 2: the `…LiveMessage…` operations.
//!
//! Answers are flat. Times are seconds since 1970. Every operation names the data center of its application; not
//! naming one means Shanghai. Lists come in two directions, 1 ascending and 2 descending, and are walked by a token or
//! counted in pages. The spelling of names differs from operation to operation (`HasMore` and `Hasmore`,
//! `NextPageToken` and `NextpageToken`, `Users` and `UserList`): clients read exactly these.

mod add_live_message_group_band;
mod ban_live_message_group;
mod check_live_message_users_in_group;
mod check_live_message_users_online;
mod create_live_message_app;
mod create_live_message_group;
mod delete_live_message_group;
mod delete_live_message_group_message;
mod delete_live_message_user_message;
mod describe_live_message_app;
mod describe_live_message_group;
mod describe_live_message_group_band;
mod group_row;
mod kick_live_message_group_user;
mod list_live_message_apps;
mod list_live_message_group_by_page;
mod list_live_message_group_messages;
mod list_live_message_group_users;
mod list_live_message_groups;
mod modify_live_message_app_audit;
mod modify_live_message_app_callback;
mod modify_live_message_app_disable;
mod modify_live_message_group;
mod modify_live_message_group_band;
mod modify_live_message_user_info;
mod recover_live_message_deleted_group;
mod remove_live_message_group_band;
mod send_live_message_group;
mod send_live_message_user;
mod unban_live_message_group;

use muster_core::{
    app::{Audit, Generation, Retention},
    called_url::CalledUrl,
    group::{GroupFilter, Order},
    id::AccountId,
    service::{AppScope, KnownApp, KnownGroup, OpenApp, OpenGroup},
};
use muster_gateway::{Catalogue, integer_choice, parameter::Long};

use crate::{
    error::{COMMON, Error},
    prelude::*,
};

/// The operations of this generation. A new one is a file, and two lines here: its module and its place in this list.
pub(crate) fn operations(catalogue: Catalogue<Live>) -> Catalogue<Live> {
    catalogue
        .operation::<create_live_message_app::CreateLiveMessageApp>()
        .operation::<describe_live_message_app::DescribeLiveMessageApp>()
        .operation::<list_live_message_apps::ListLiveMessageApps>()
        .operation::<modify_live_message_app_audit::ModifyLiveMessageAppAudit>()
        .operation::<modify_live_message_app_callback::ModifyLiveMessageAppCallback>()
        .operation::<modify_live_message_app_disable::ModifyLiveMessageAppDisable>()
        .operation::<create_live_message_group::CreateLiveMessageGroup>()
        .operation::<describe_live_message_group::DescribeLiveMessageGroup>()
        .operation::<delete_live_message_group::DeleteLiveMessageGroup>()
        .operation::<recover_live_message_deleted_group::RecoverLiveMessageDeletedGroup>()
        .operation::<modify_live_message_group::ModifyLiveMessageGroup>()
        .operation::<list_live_message_groups::ListLiveMessageGroups>()
        .operation::<list_live_message_group_by_page::ListLiveMessageGroupByPage>()
        .operation::<list_live_message_group_users::ListLiveMessageGroupUsers>()
        .operation::<check_live_message_users_in_group::CheckLiveMessageUsersInGroup>()
        .operation::<check_live_message_users_online::CheckLiveMessageUsersOnline>()
        .operation::<kick_live_message_group_user::KickLiveMessageGroupUser>()
        .operation::<modify_live_message_user_info::ModifyLiveMessageUserInfo>()
        .operation::<ban_live_message_group::BanLiveMessageGroup>()
        .operation::<unban_live_message_group::UnbanLiveMessageGroup>()
        .operation::<add_live_message_group_band::AddLiveMessageGroupBand>()
        .operation::<remove_live_message_group_band::RemoveLiveMessageGroupBand>()
        .operation::<modify_live_message_group_band::ModifyLiveMessageGroupBand>()
        .operation::<describe_live_message_group_band::DescribeLiveMessageGroupBand>()
        .operation::<send_live_message_group::SendLiveMessageGroup>()
        .operation::<send_live_message_user::SendLiveMessageUser>()
        .operation::<list_live_message_group_messages::ListLiveMessageGroupMessages>()
        .operation::<delete_live_message_group_message::DeleteLiveMessageGroupMessage>()
        .operation::<delete_live_message_user_message::DeleteLiveMessageUserMessage>()
}

/// What most operations of this generation have in common: one application, 50 calls a second, four errors.
const fn spec(name: &'static str, summary: &'static str, summary_zh: &'static str, level: Level) -> Spec {
    Spec::new(name, summary)
        .zh(summary_zh)
        .level(level)
        .resources(&[wire::RTC])
        .quota(50)
        .errors(COMMON)
        .tag("Interactive messaging, generation 2", "互动消息（第二代）")
}

/// What an operation is given that needs a group and nothing else.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfGroup {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

impl OfGroup {
    /// An example of it.
    const EXAMPLE: &[(&str, &str)] = &[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}")];
}

/// The applications of this generation that an account has in a data center.
fn scope(account: &AccountId, data_center: DataCenter) -> AppScope<'_> {
    AppScope { account, generation: Generation::Two, data_center: Some(data_center) }
}

/// An application of the caller, in use or not, in the data center that a request names.
async fn known_app(call: &Call<'_>, data_center: DataCenter, id: &AppId) -> Result<KnownApp> {
    Ok(call.state.muster.apps().describe(scope(&wire::account(call)?, data_center), id).await?)
}

/// An application of the caller that is in use.
async fn open_app(call: &Call<'_>, data_center: DataCenter, id: &AppId) -> Result<OpenApp> {
    Ok(call.state.muster.apps().open(scope(&wire::account(call)?, data_center), id).await?)
}

/// A group of such an application, deleted or not.
async fn known_group(
    call: &Call<'_>,
    data_center: DataCenter,
    app: &AppId,
    id: &GroupId,
) -> Result<KnownGroup> {
    let app = open_app(call, data_center, app).await?;
    Ok(call.state.muster.groups().describe(&app, id).await?)
}

/// A group of such an application.
async fn open_group(
    call: &Call<'_>,
    data_center: DataCenter,
    app: &AppId,
    id: &GroupId,
) -> Result<OpenGroup> {
    let app = open_app(call, data_center, app).await?;
    Ok(call.state.muster.groups().open(&app, id).await?)
}

integer_choice! {
    /// The direction of a list.
    pub(crate) enum SortType {
        /// Oldest first.
        Ascending = 1,
        /// Newest first.
        Descending = 2,
    }
}

impl From<SortType> for Order {
    fn from(sort: SortType) -> Self {
        match sort {
            SortType::Ascending => Self::Ascending,
            SortType::Descending => Self::Descending,
        }
    }
}

integer_choice! {
    /// Which groups a list holds.
    pub(crate) enum GroupStatus {
        /// All of them.
        All = 0,
        /// Those that exist.
        Existing = 1,
        /// Those that were deleted less than 30 days ago.
        Deleted = 2,
    }
}

impl From<GroupStatus> for GroupFilter {
    fn from(status: GroupStatus) -> Self {
        match status {
            GroupStatus::All => Self::All,
            GroupStatus::Existing => Self::Existing,
            GroupStatus::Deleted => Self::Deleted,
        }
    }
}

integer_choice! {
    /// How long messages are kept.
    pub(crate) enum MsgLifeCycle {
        /// 30 days.
        Days30 = 0,
        /// 90 days.
        Days90 = 1,
        /// 180 days.
        Days180 = 2,
    }
}

impl From<MsgLifeCycle> for Retention {
    fn from(cycle: MsgLifeCycle) -> Self {
        match cycle {
            MsgLifeCycle::Days30 => Self::Days30,
            MsgLifeCycle::Days90 => Self::Days90,
            MsgLifeCycle::Days180 => Self::Days180,
        }
    }
}

/// How long messages are kept, on the wire.
fn msg_life_cycle(retention: Retention) -> i32 {
    match retention {
        Retention::Days30 => 0,
        Retention::Days90 => 1,
        Retention::Days180 => 2,
    }
}

integer_choice! {
    /// How messages are moderated.
    pub(crate) enum AuditType {
        /// Not at all.
        Off = 0,
        /// By the server's own rules.
        BuiltIn = 1,
        /// By the service at `AuditUrl`.
        Custom = 2,
    }
}

/// The URL that a parameter gives, if the server may call it.
fn allowed(call: &Call<'_>, parameter: &str, url: CalledUrl) -> Result<String> {
    url.allowed(call.state.allow_private).map_err(|fault| Error::Input(format!("{parameter} {fault}")))
}

/// How messages are to be moderated, as a request says it: not at all where it says nothing. The service's address must be
/// one that the server may call, whether it is needed or not.
fn audit(call: &Call<'_>, kind: Option<AuditType>, url: Option<CalledUrl>) -> Result<Audit> {
    let url = url.map(|url| allowed(call, "AuditUrl", url)).transpose()?;
    match (kind, url) {
        (None | Some(AuditType::Off), _) => Ok(Audit::Off),
        (Some(AuditType::BuiltIn), _) => Ok(Audit::BuiltIn),
        (Some(AuditType::Custom), Some(url)) => Ok(Audit::Custom(url)),
        (Some(AuditType::Custom), None) => {
            Err(Error::Input("AuditUrl must be given when AuditType is 2".to_owned()))
        }
    }
}

/// How messages are moderated, on the wire.
fn audit_type(audit: &Audit) -> i32 {
    match audit {
        Audit::Off => 0,
        Audit::BuiltIn => 1,
        Audit::Custom(_) => 2,
    }
}

/// Where a walk goes on.
type Token = Long<-1>;

/// Where a walk goes on: absent, 0 and -1 mean the beginning.
fn after(token: Option<Token>) -> Option<i64> {
    token.map(Long::get).filter(|&number| number > 0)
}

//! Generation 1: the `…Message…` operations.
//!
//! Answers have one member beside `RequestId`: `Result`. `CreateTime` is in seconds, `JoinTime` in milliseconds. There
//! are no data centers. Lists come in two directions, 0 ascending and 1 descending, and are counted in pages.

mod app_row;
mod batch_get_online_users;
mod cancel_mute_all_group_user;
mod cancel_mute_group_user;
mod close_message_group;
mod create_message_app;
mod create_message_group;
mod delete_message_app;
mod get_group_statistics;
mod get_message_app;
mod get_message_group;
mod get_message_token;
mod join_message_group;
mod leave_message_group;
mod list_message;
mod list_message_app;
mod list_message_group;
mod list_message_group_user;
mod list_message_group_user_by_id;
mod list_mute_group_user;
mod mute_all_group_user;
mod mute_group_user;
mod query_message_app;
mod send_like;
mod send_message_to_group;
mod send_message_to_group_users;
mod short;
mod update_message_app;
mod update_message_group;

use muster_core::{
    app::Generation,
    group::{Order, Window},
    id::{AccountId, MessageId},
    service::{AppScope, Audience, KnownApp, OpenApp, OpenGroup},
};
use muster_gateway::{Catalogue, integer_choice, parameter::Int};

use crate::{
    error::{COMMON, Error},
    prelude::*,
};

/// The operations of this generation. A new one is a file, and two lines here: its module and its place in this list.
pub(crate) fn operations(catalogue: Catalogue<Live>) -> Catalogue<Live> {
    catalogue
        .operation::<create_message_app::CreateMessageApp>()
        .operation::<get_message_app::GetMessageApp>()
        .operation::<list_message_app::ListMessageApp>()
        .operation::<query_message_app::QueryMessageApp>()
        .operation::<update_message_app::UpdateMessageApp>()
        .operation::<delete_message_app::DeleteMessageApp>()
        .operation::<create_message_group::CreateMessageGroup>()
        .operation::<get_message_group::GetMessageGroup>()
        .operation::<update_message_group::UpdateMessageGroup>()
        .operation::<get_group_statistics::GetGroupStatistics>()
        .operation::<close_message_group::CloseMessageGroup>()
        .operation::<list_message_group::ListMessageGroup>()
        .operation::<join_message_group::JoinMessageGroup>()
        .operation::<leave_message_group::LeaveMessageGroup>()
        .operation::<list_message_group_user::ListMessageGroupUser>()
        .operation::<list_message_group_user_by_id::ListMessageGroupUserById>()
        .operation::<batch_get_online_users::BatchGetOnlineUsers>()
        .operation::<mute_group_user::MuteGroupUser>()
        .operation::<cancel_mute_group_user::CancelMuteGroupUser>()
        .operation::<mute_all_group_user::MuteAllGroupUser>()
        .operation::<cancel_mute_all_group_user::CancelMuteAllGroupUser>()
        .operation::<list_mute_group_user::ListMuteGroupUser>()
        .operation::<send_message_to_group::SendMessageToGroup>()
        .operation::<send_message_to_group_users::SendMessageToGroupUsers>()
        .operation::<send_like::SendLike>()
        .operation::<list_message::ListMessage>()
        .operation::<get_message_token::GetMessageToken>()
}

/// `Status` of an application or a group in use, the one value that is documented.
const NORMAL: i32 = 1;

/// What the operations of this generation have in common: 100 calls a second, four errors. The documentation of most
/// lists no errors; the ones listed here are those of generation 2, which shares the product.
const fn spec(name: &'static str, summary: &'static str, summary_zh: &'static str, level: Level) -> Spec {
    Spec::new(name, summary)
        .zh(summary_zh)
        .level(level)
        .quota(100)
        .errors(COMMON)
        .tag("Interactive messaging, generation 1", "互动消息（第一代）")
}

/// The applications of this generation that an account has.
fn scope(account: &AccountId) -> AppScope<'_> {
    AppScope { account, generation: Generation::One, data_center: None }
}

/// An application of the caller, in use or not.
async fn known_app(call: &Call<'_>, id: &AppId) -> Result<KnownApp> {
    Ok(call.state.muster.apps().describe(scope(&wire::account(call)?), id).await?)
}

/// An application of the caller that is in use.
async fn open_app(call: &Call<'_>, id: &AppId) -> Result<OpenApp> {
    Ok(call.state.muster.apps().open(scope(&wire::account(call)?), id).await?)
}

/// A group of such an application.
async fn open_group(call: &Call<'_>, app: &AppId, id: &GroupId) -> Result<OpenGroup> {
    let app = open_app(call, app).await?;
    Ok(call.state.muster.groups().open(&app, id).await?)
}

/// What surrounds every result of this generation.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Envelope<T> {
    /// The answer.
    result: T,
}

impl<T> Envelope<T> {
    fn of(result: T) -> Result<Self> {
        Ok(Self { result })
    }
}

/// The answer of an operation that does something.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Done {
    /// Whether it is done.
    success: bool,
}

/// A message that was sent.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Sent {
    /// Its id.
    message_id: MessageId,
}

integer_choice! {
    /// The direction of a list.
    pub(crate) enum SortType {
        /// Oldest first.
        Ascending = 0,
        /// Newest first.
        Descending = 1,
    }
}

/// The direction that a request names, ascending when it names none.
fn order(sort: Option<SortType>) -> Order {
    match sort {
        None | Some(SortType::Ascending) => Order::Ascending,
        Some(SortType::Descending) => Order::Descending,
    }
}

integer_choice! {
    /// Who is told of what was done.
    pub(crate) enum BroadCastType {
        /// Nobody.
        Nobody = 0,
        /// The users concerned.
        Concerned = 1,
        /// The whole group.
        Group = 2,
    }
}

/// Who hears what the system says, nobody when a request says nothing.
fn audience(told: Option<BroadCastType>) -> Audience {
    match told {
        None | Some(BroadCastType::Nobody) => Audience::Nobody,
        Some(BroadCastType::Concerned) => Audience::Concerned,
        Some(BroadCastType::Group) => Audience::Group,
    }
}

/// Who does something to a group: must be said, though it is declared as optional.
fn operator(user: Option<UserId>) -> Result<UserId> {
    user.ok_or(Error::Missing("OperatorUserId"))
}

/// The number of a page.
type PageNum = Int<1, 100_000>;
/// How many entries a page holds.
type PageSize = Int<1, 50>;

/// A page asked for by number.
struct Paging {
    window: Window,
}

impl Paging {
    /// Page 1, or 20 entries to a page, where the request says nothing.
    fn new(number: impl Into<Option<PageNum>>, size: impl Into<Option<PageSize>>) -> Self {
        let number = number.into().map_or(1, wire::count);
        let size = size.into().map_or(20, wire::count);
        Self { window: Window::page(number, wire::length(size)) }
    }

    /// The part of a whole list that the page shows.
    fn part<'a, T>(&self, list: &'a [T]) -> &'a [T] {
        let skip = usize::try_from(self.window.skip).unwrap_or(usize::MAX).min(list.len());
        let rest = &list[skip..];
        &rest[..self.window.limit.min(rest.len())]
    }

    /// Whether entries follow the `shown` ones of this page in a list of `total`.
    fn has_more(&self, shown: usize, total: u64) -> bool {
        shown > 0 && self.window.skip.saturating_add(shown as u64) < total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_more_after_it_unless_it_is_the_last_or_beyond() {
        let page = |number, size| Paging::new(PageNum::new(number), PageSize::new(size));
        assert!(page(1, 20).has_more(20, 21));
        assert!(!page(1, 20).has_more(20, 20));
        assert!(!page(2, 20).has_more(1, 21));
        assert!(!page(100_000, 50).has_more(0, 21));
    }
}

//! Pieces of the wire that several operations share.

use std::sync::Arc;

use muster_core::{
    chat::PhoneNumber,
    group::Window,
    id::{AccountId, AppId, GroupId},
    service::{OpenChannel, OpenChatGroup, OpenNumber},
};
use muster_gateway::{Level, Spec, parameter::Long};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Call,
    channel_type::ChannelType,
    error::{COMMON, Error, FOR_ANYBODY, Result},
};

/// What the operations have in common. No quotas are published for them.
pub(crate) const fn spec(
    name: &'static str,
    summary: &'static str,
    summary_zh: &'static str,
    level: Level,
) -> Spec {
    Spec::new(name, summary).zh(summary_zh).level(level).errors(COMMON).tag("Chat groups", "客户群")
}

/// What the operations of channels and their numbers have in common.
pub(crate) const fn of_channels(
    name: &'static str,
    summary: &'static str,
    summary_zh: &'static str,
    level: Level,
) -> Spec {
    Spec::new(name, summary).zh(summary_zh).level(level).errors(FOR_ANYBODY).tag("Channels", "通道")
}

/// What the operations of files have in common.
pub(crate) const fn of_files(name: &'static str, summary: &'static str, summary_zh: &'static str) -> Spec {
    Spec::new(name, summary).zh(summary_zh).level(Level::Get).errors(FOR_ANYBODY).tag("Files", "文件")
}

/// The caller's account.
pub(crate) fn account(call: &Call<'_>) -> Result<AccountId> {
    AccountId::try_from(Arc::clone(&call.principal.account))
        .map_err(|rule| Error::Invalid("Account", format!("The account {rule}")))
}

/// A channel of the caller's.
pub(crate) async fn open_channel(call: &Call<'_>, id: &AppId) -> Result<OpenChannel> {
    Ok(call.state.muster.chats().channel(&account(call)?, id).await?)
}

/// A number that is bound to a channel of the caller's.
pub(crate) async fn open_number(
    call: &Call<'_>,
    channel: &AppId,
    number: &PhoneNumber,
) -> Result<OpenNumber> {
    Ok(call.state.muster.chats().number(&account(call)?, channel, number).await?)
}

/// A group of such a number.
pub(crate) async fn open_group(
    call: &Call<'_>,
    channel: &AppId,
    number: &PhoneNumber,
    id: &GroupId,
) -> Result<OpenChatGroup> {
    let number = open_number(call, channel, number).await?;
    Ok(call.state.muster.chats().group(&number, id).await?)
}

/// What an operation is given that needs a group and nothing else.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OfGroup {
    /// The business number that runs the group: digits, country code first.
    business_number: PhoneNumber,
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    #[schemars(extend("default" = "WHATSAPP"))]
    channel_type: Option<ChannelType>,
    /// The channel.
    cust_space_id: AppId,
    /// The group.
    group_id: GroupId,
}

/// An example of it.
pub(crate) const OF_GROUP_EXAMPLE: &[(&str, &str)] =
    &[("CustSpaceId", "{#CustSpaceId}"), ("BusinessNumber", "{#BusinessNumber}"), ("GroupId", "{#GroupId}")];

impl OfGroup {
    /// The group.
    pub(crate) async fn open(&self, call: &Call<'_>) -> Result<OpenChatGroup> {
        open_group(call, &self.cust_space_id, &self.business_number, &self.group_id).await
    }
}

/// What surrounds every success. Failures have a body of their own, made by the gateway; `Message` and `AccessDeniedDetail` come only
/// with them.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Envelope<T> {
    /// `OK`, or what went wrong.
    code: &'static str,
    /// Whether the call succeeded.
    success: bool,
    #[serde(flatten)]
    content: T,
}

impl<T> Envelope<T> {
    /// A success with this content.
    pub(crate) fn of(content: T) -> Result<Self> {
        Ok(Self { code: "OK", success: true, content })
    }
}

/// The content of the answer of an operation that changes what is there.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Affected {
    /// How many were changed.
    result: i32,
}

impl Affected {
    /// So many were changed.
    pub(crate) fn rows(count: u64) -> Self {
        Self { result: i32::try_from(count).unwrap_or(i32::MAX) }
    }
}

/// The content of the answer of an operation that gives one thing.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Found<T> {
    /// It.
    data: T,
}

impl<T> Found<T> {
    /// This.
    pub(crate) fn new(data: T) -> Self {
        Self { data }
    }
}

/// The answer to whether the service may be used. It has no `Success`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Opened {
    /// `OK`.
    code: &'static str,
    /// Whether it may.
    open_status: bool,
}

impl Opened {
    /// It may.
    pub(crate) const OPEN: Self = Self { code: "OK", open_status: true };
}

/// The content of the answer of a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Listing<T> {
    /// The page.
    data: Rows<T>,
}

/// A page of a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct Rows<T> {
    /// Entries on all pages.
    total: i32,
    /// The entries of the page.
    list: Vec<T>,
}

impl<T> Listing<T> {
    /// Some entries of a list of `total`.
    pub(crate) fn new(total: u64, list: Vec<T>) -> Self {
        Self { data: Rows { total: i32::try_from(total).unwrap_or(i32::MAX), list } }
    }
}

/// The number of a page, from 1. The documentation names no bound; this one is beyond every list.
pub(crate) type Index = Long<1, 100_000>;
/// How many entries a page holds. The documentation names no bound; 100 is what its other lists have.
pub(crate) type Size = Long<1, 100>;

/// A page asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Page {
    /// Entries to a page, from 1 to 100.
    size: Size,
    /// The page, from 1.
    index: Index,
}

impl Page {
    /// The part of the list that the page is.
    pub(crate) fn window(&self) -> Window {
        window(self.index.get(), self.size.get())
    }
}

/// A page asked for, of which everything may be left out.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct OptionalPage {
    /// Entries to a page, from 1 to 100, 20 when not said.
    #[schemars(extend("default" = 20))]
    size: Option<Size>,
    /// The page, from 1, 1 when not said.
    #[schemars(extend("default" = 1))]
    index: Option<Index>,
}

impl OptionalPage {
    /// The part of the list that the page is.
    pub(crate) fn window(&self) -> Window {
        window(self.index.map_or(1, Long::get), self.size.map_or(20, Long::get))
    }
}

/// The types bound both numbers from below by 1.
pub(crate) fn window(index: i64, size: i64) -> Window {
    Window::page(index.unsigned_abs(), usize::try_from(size).unwrap_or(0))
}

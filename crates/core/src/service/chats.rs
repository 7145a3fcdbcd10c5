//! Customer groups: channels, numbers, groups, invite links, participants.

use std::ops::Deref;

use super::{
    Muster,
    change::{Done, Hands},
};
use crate::{
    chat::{
        BusinessNumber, Channel, ChatGroup, ChatGroupQuery, ChatGroupStatus, Invite, PhoneNumber, Webhook,
    },
    error::{Error, Result},
    group::{Order, Page, Window},
    id::{AccountId, AppId, GroupId, GroupRef},
    roster::{Member, PageQuery},
    store::NumberAdded,
};

/// The longest text that is looked up as an invite code, in bytes. Codes are shorter: letters and digits.
const MAX_CODE_BYTES: usize = 64;

/// A channel of the caller's account: proof that whoever has it may work with it. The rules of customer groups alone
/// make one, as they do all that follow.
#[derive(Clone, Debug)]
pub struct OpenChannel(pub(super) Channel);

impl Deref for OpenChannel {
    type Target = Channel;
    fn deref(&self) -> &Channel {
        &self.0
    }
}

/// A business number that is bound to a channel of the caller's account.
#[derive(Clone, Debug)]
pub struct OpenNumber {
    channel: OpenChannel,
    number: PhoneNumber,
}

impl OpenNumber {
    pub(super) fn bound(channel: OpenChannel, number: PhoneNumber) -> Self {
        Self { channel, number }
    }

    /// The channel.
    #[must_use]
    pub fn channel(&self) -> &OpenChannel {
        &self.channel
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> &PhoneNumber {
        &self.number
    }
}

/// A customer group of a number of the caller's, wherever it stands in its life.
#[derive(Clone, Debug)]
pub struct OpenChatGroup(ChatGroup);

impl Deref for OpenChatGroup {
    type Target = ChatGroup;
    fn deref(&self) -> &ChatGroup {
        &self.0
    }
}

/// A customer group that an invite code has opened, with room for somebody.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub(super) group: ChatGroup,
    free: u64,
}

impl Invitation {
    /// How many places it had when it was opened.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.free
    }
}

impl Deref for Invitation {
    type Target = ChatGroup;
    fn deref(&self) -> &ChatGroup {
        &self.group
    }
}

/// The rules of customer groups.
#[derive(Clone, Copy)]
pub struct ChatRules<'a>(pub(super) &'a Muster);

impl ChatRules<'_> {
    /// The channel, if it is the account's.
    ///
    /// # Errors
    /// [`Error::NoChannel`], or the store's.
    pub async fn channel(&self, account: &AccountId, id: &AppId) -> Result<OpenChannel> {
        let channel = self.0.store.records().channel(id).await?;
        let channel = channel.filter(|channel| channel.account == *account);
        channel.map(OpenChannel).ok_or_else(|| Error::NoChannel(id.clone()))
    }

    /// Binds a business number to a channel.
    ///
    /// # Errors
    /// [`Error::NumberTaken`], [`Error::NoChannel`] when the channel was deleted meanwhile, or the store's.
    pub async fn add_number(&self, channel: &OpenChannel, number: PhoneNumber) -> Result<BusinessNumber> {
        let bound = BusinessNumber {
            number,
            channel: channel.id.clone(),
            webhook: Webhook::default(),
            created_at: self.0.now(),
        };
        let added = async move |hands: Hands| match hands
            .store
            .records()
            .add_number(bound.clone(), hands.alone())
            .await?
        {
            NumberAdded::Bound(_) => Ok(Done::untold(bound)),
            NumberAdded::Taken => Err(Error::NumberTaken(bound.number)),
            NumberAdded::NoChannel => Err(Error::NoChannel(bound.channel)),
        };
        self.0.change(added).await
    }

    /// The number, if it is bound to the channel and the channel is the account's.
    ///
    /// # Errors
    /// [`Error::NoChannel`], [`Error::NoNumber`], or the store's.
    pub async fn number(
        &self,
        account: &AccountId,
        channel: &AppId,
        number: &PhoneNumber,
    ) -> Result<OpenNumber> {
        let channel = self.channel(account, channel).await?;
        let binding = self.0.store.records().number(number).await?;
        match binding.filter(|binding| binding.channel == channel.id) {
            Some(binding) => Ok(OpenNumber { channel, number: binding.number }),
            None => Err(Error::NoNumber(number.clone())),
        }
    }

    /// The group, if the number runs it.
    ///
    /// # Errors
    /// [`Error::NoGroup`], or the store's.
    pub async fn group(&self, number: &OpenNumber, id: &GroupId) -> Result<OpenChatGroup> {
        let at = GroupRef::new(number.channel.id.clone(), id.clone());
        let group =
            self.0.store.records().chat_group(&at).await?.filter(|group| group.number == number.number);
        group.map(OpenChatGroup).ok_or_else(|| Error::NoGroup(id.clone()))
    }

    /// Customer groups that a number runs, newest first, each with its number of participants; only those of exactly
    /// this title, and only those that stand here, where that is said.
    ///
    /// # Errors
    /// The store's.
    pub async fn groups(
        &self,
        number: &OpenNumber,
        subject: Option<String>,
        status: Option<ChatGroupStatus>,
        window: Window,
    ) -> Result<Page<(ChatGroup, u64)>> {
        let (channel, number) = (number.channel.id.clone(), number.number.clone());
        let query = ChatGroupQuery { channel, number, subject, status };
        let page = self.0.store.records().chat_groups(&query, window).await?;
        let mut entries = Vec::with_capacity(page.entries.len());
        for group in page.entries {
            let count = self.0.store.roster_state(&group.at).await?.count;
            entries.push((group, count));
        }
        Ok(Page { entries, total: page.total })
    }

    /// The group that an invite code opens.
    ///
    /// # Errors
    /// [`Error::NoInvite`], [`Error::InviteRevoked`], [`Error::GroupInactive`], [`Error::GroupFull`], or the store's.
    pub async fn invited(&self, code: &str) -> Result<Invitation> {
        let group = self.opened(code).await?;
        let capacity = self.0.limits.chat_participants;
        match capacity.saturating_sub(self.0.store.roster_state(&group.at).await?.count) {
            0 => Err(Error::GroupFull(capacity)),
            free => Ok(Invitation { group, free }),
        }
    }

    /// What a code stands for, or once stood for.
    pub(super) async fn invite(&self, code: &str) -> Result<Invite> {
        // Anybody may ask for anything: what cannot be a code is none, and no store is asked for it.
        if code.len() > MAX_CODE_BYTES || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::NoInvite);
        }
        self.0.store.records().invite(code).await?.ok_or(Error::NoInvite)
    }

    async fn opened(&self, code: &str) -> Result<ChatGroup> {
        let invite = self.invite(code).await?;
        if invite.revoked {
            return Err(Error::InviteRevoked);
        }
        let group = self.0.store.records().chat_group(&invite.at).await?.ok_or(Error::NoInvite)?;
        if group.status.is_open() { Ok(group) } else { Err(Error::GroupInactive(group.at.group)) }
    }

    /// Participants of a group in the order of joining.
    ///
    /// # Errors
    /// The store's.
    pub async fn participants(&self, group: &OpenChatGroup, window: Window) -> Result<Page<Member>> {
        let query = PageQuery { order: Order::Ascending, window };
        Ok(self.0.store.roster_page(&group.at, query).await?)
    }
}

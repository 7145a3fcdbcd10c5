//! Customer groups: channels, numbers, groups, invite links, participants.

use std::{ops::Deref, sync::Arc};

use super::{
    Muster,
    change::{Done, Hands},
};
use crate::{
    bus::Notice,
    chat::{
        BusinessNumber, Channel, ChatGroup, ChatGroupQuery, ChatGroupStatus, LOCAL_CREATION_MILLIS,
        PhoneNumber,
    },
    error::{Error, Result},
    group::{Order, Page, Window},
    id::{AccountId, AppId, GroupId, GroupRef, UserId},
    roster::{Admission, Join, Member, PageQuery, Tie},
};

/// The longest text that is looked up as an invite code, in bytes. Codes are shorter: letters and digits.
const MAX_CODE_BYTES: usize = 64;

/// A customer group to be made.
#[derive(Clone, Debug)]
pub struct NewChatGroup {
    /// Its title.
    pub subject: String,
    /// What it is about.
    pub description: Option<String>,
}

/// A channel of the caller's account: proof that whoever has it may work with it. The rules of customer groups alone
/// make one, as they do all that follow.
#[derive(Clone, Debug)]
pub struct OpenChannel(Channel);

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
pub struct Invitation(ChatGroup);

impl Deref for Invitation {
    type Target = ChatGroup;
    fn deref(&self) -> &ChatGroup {
        &self.0
    }
}

/// The rules of customer groups.
#[derive(Clone, Copy)]
pub struct ChatRules<'a>(pub(super) &'a Muster);

impl ChatRules<'_> {
    /// Makes a channel.
    ///
    /// # Errors
    /// The store's.
    pub async fn create_channel(&self, account: &AccountId, name: &str) -> Result<OpenChannel> {
        let muster = self.0;
        let channel = Channel {
            id: id(&format!("cams-{}", muster.random.alphanumeric(16)))?,
            account: account.clone(),
            name: name.to_owned(),
            created_at: muster.now(),
        };
        let made = async move |hands: Hands| {
            hands.store.records().create_channel(channel.clone(), hands.alone()).await?;
            Ok(Done::untold(OpenChannel(channel)))
        };
        muster.change(made).await
    }

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
    /// [`Error::NumberTaken`], or the store's.
    pub async fn add_number(&self, channel: &OpenChannel, number: PhoneNumber) -> Result<BusinessNumber> {
        let bound = BusinessNumber { number, channel: channel.id.clone(), created_at: self.0.now() };
        let added = async move |hands: Hands| match hands
            .store
            .records()
            .add_number(bound.clone(), hands.alone())
            .await?
        {
            Some(_) => Ok(Done::untold(bound)),
            None => Err(Error::NumberTaken(bound.number)),
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

    /// Makes a customer group; it is in creation for a moment, then active.
    ///
    /// # Errors
    /// The store's.
    pub async fn create_group(&self, number: &OpenNumber, new: NewChatGroup) -> Result<ChatGroup> {
        let muster = self.0;
        let now = muster.now();
        let id = group_id(&format!("E{}", muster.random.alphanumeric(20)))?;
        let group = ChatGroup {
            at: GroupRef::new(number.channel.id.clone(), id),
            number: number.number.clone(),
            subject: new.subject,
            description: new.description,
            picture: None,
            status: ChatGroupStatus::Creating,
            invite: None,
            created_at: now,
            modified_at: now,
        };
        let made = async move |hands: Hands| {
            hands.store.records().create_chat_group(group.clone(), hands.alone()).await?;
            Ok(Done::untold(group))
        };
        muster.change(made).await
    }

    /// Takes groups of the local channel through the states that a remote channel would report. To be called several
    /// times a second.
    ///
    /// # Errors
    /// The store's.
    pub async fn settle(&self) -> Result<usize> {
        let now = self.0.now();
        let until = now - LOCAL_CREATION_MILLIS;
        let (from, to) = (ChatGroupStatus::Creating, ChatGroupStatus::Active);
        let due = self.0.store.records().due_chat_groups(from, until, now).await?;
        let mut moved = 0;
        for at in due {
            let advance = async move |hands: Hands| {
                let records = hands.store.records();
                let advanced = records.advance_chat_group(&at, from, to, now, hands.alone()).await?;
                Ok(Done::untold(advanced.is_some()))
            };
            moved += usize::from(self.0.change(advance).await?);
        }
        Ok(moved)
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

    /// Gives a group a new invite link; the ones before end.
    ///
    /// # Errors
    /// [`Error::GroupInactive`], [`Error::NoGroup`], or the store's.
    pub async fn renew_invite(&self, group: &OpenChatGroup) -> Result<String> {
        if group.status != ChatGroupStatus::Active {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        let (at, code, now) = (group.at.clone(), self.0.random.alphanumeric(22), self.0.now());
        let renewed = async move |hands: Hands| match hands
            .store
            .records()
            .set_invite(&at, Some(&code), now, hands.alone())
            .await?
        {
            Some(_) => Ok(Done::untold(code)),
            None => Err(Error::NoGroup(at.group)),
        };
        self.0.change(renewed).await
    }

    /// The group that an invite code opens.
    ///
    /// # Errors
    /// [`Error::NoInvite`], [`Error::InviteRevoked`], [`Error::GroupInactive`], [`Error::GroupFull`], or the store's.
    pub async fn invited(&self, code: &str) -> Result<Invitation> {
        let group = self.opened(code).await?;
        let capacity = self.0.limits.chat_participants;
        if self.0.store.roster_state(&group.at).await?.count >= capacity {
            return Err(Error::GroupFull(capacity));
        }
        Ok(Invitation(group))
    }

    async fn opened(&self, code: &str) -> Result<ChatGroup> {
        // Anybody may ask for anything: what cannot be a code is none, and no store is asked for it.
        if code.len() > MAX_CODE_BYTES || !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Error::NoInvite);
        }
        let invite = self.0.store.records().invite(code).await?.ok_or(Error::NoInvite)?;
        if invite.revoked {
            return Err(Error::InviteRevoked);
        }
        let group = self.0.store.records().chat_group(&invite.at).await?.ok_or(Error::NoInvite)?;
        match group.status {
            ChatGroupStatus::Active | ChatGroupStatus::Updating => Ok(group),
            ChatGroupStatus::Inactive
            | ChatGroupStatus::Suspended
            | ChatGroupStatus::Creating
            | ChatGroupStatus::Deleting => Err(Error::GroupInactive(group.at.group)),
        }
    }

    /// A participant joins through an invite link. Joining twice is no fault.
    ///
    /// # Errors
    /// [`Error::NoInvite`] when the group went meanwhile, [`Error::GroupFull`], or the store's.
    pub async fn accept(
        &self,
        invitation: Invitation,
        number: &PhoneNumber,
        name: Option<&str>,
    ) -> Result<ChatGroup> {
        let muster = self.0;
        let Invitation(group) = invitation;
        let user = UserId::new(number.as_str()).map_err(|error| Error::Invalid(error.to_string()))?;
        let info: Option<Arc<str>> = name.map(Arc::from);
        let capacity = muster.limits.chat_participants;
        let join = Join {
            user: user.clone(),
            info: info.clone(),
            tie: Tie::Durable,
            at: muster.now(),
            capacity: Some(capacity),
            super_above: None,
            super_listed: true,
        };
        let joined = async move |hands: Hands| match hands.store.join(&group.at, join, hands.alone()).await? {
            Admission::Admitted { fresh, .. } => {
                let notice = fresh.then(|| Notice::Joined { group: group.at.clone(), user, info });
                Ok(Done::told(group, notice))
            }
            Admission::Full => Err(Error::GroupFull(capacity)),
            Admission::NoGroup => Err(Error::NoInvite),
        };
        muster.change(joined).await
    }

    /// Participants of a group in the order of joining.
    ///
    /// # Errors
    /// The store's.
    pub async fn participants(&self, group: &OpenChatGroup, window: Window) -> Result<Page<Member>> {
        let query = PageQuery { order: Order::Ascending, window };
        Ok(self.0.store.roster_page(&group.at, query).await?)
    }

    /// Channels of an account with their numbers, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn channels(&self, account: &AccountId) -> Result<Vec<(Channel, Vec<BusinessNumber>)>> {
        let mut channels = Vec::new();
        for channel in self.0.store.records().channels(account).await? {
            let numbers = self.0.store.records().numbers(&channel.id).await?;
            channels.push((channel, numbers));
        }
        Ok(channels)
    }
}

fn id(text: &str) -> Result<AppId> {
    AppId::new(text).map_err(|error| Error::Invalid(error.to_string()))
}

fn group_id(text: &str) -> Result<GroupId> {
    GroupId::new(text).map_err(|error| Error::Invalid(error.to_string()))
}

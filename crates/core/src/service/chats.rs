//! Customer groups: channels, numbers, groups, invite links, participants.

use std::sync::Arc;

use super::Muster;
use crate::{
    bus::Notice,
    caller::carry_out,
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

/// The rules of customer groups.
#[derive(Clone, Copy)]
pub struct ChatRules<'a>(pub(super) &'a Muster);

impl ChatRules<'_> {
    /// Makes a channel.
    ///
    /// # Errors
    /// The store's.
    pub async fn create_channel(&self, account: &AccountId, name: &str) -> Result<Channel> {
        let muster = self.0;
        let channel = Channel {
            id: id(&format!("cams-{}", muster.random.alphanumeric(16)))?,
            account: account.clone(),
            name: name.to_owned(),
            created_at: muster.now(),
        };
        muster.store.records().create_channel(channel.clone()).await?;
        Ok(channel)
    }

    /// The channel, if it is the account's.
    ///
    /// # Errors
    /// [`Error::NoChannel`], or the store's.
    pub async fn channel(&self, account: &AccountId, id: &AppId) -> Result<Channel> {
        let channel = self.0.store.records().channel(id).await?;
        channel.filter(|channel| channel.account == *account).ok_or_else(|| Error::NoChannel(id.clone()))
    }

    /// Binds a business number to a channel.
    ///
    /// # Errors
    /// [`Error::NoChannel`], [`Error::NumberTaken`], or the store's.
    pub async fn add_number(
        &self,
        account: &AccountId,
        channel: &AppId,
        number: PhoneNumber,
    ) -> Result<BusinessNumber> {
        let channel = self.channel(account, channel).await?;
        let bound = BusinessNumber { number, channel: channel.id, created_at: self.0.now() };
        if self.0.store.records().add_number(bound.clone()).await? {
            Ok(bound)
        } else {
            Err(Error::NumberTaken(bound.number))
        }
    }

    /// The channel and that the number is bound to it.
    ///
    /// # Errors
    /// [`Error::NoChannel`], [`Error::NoNumber`], or the store's.
    pub async fn bound(&self, account: &AccountId, channel: &AppId, number: &PhoneNumber) -> Result<Channel> {
        let channel = self.channel(account, channel).await?;
        let binding = self.0.store.records().number(number).await?;
        match binding.filter(|binding| binding.channel == channel.id) {
            Some(_) => Ok(channel),
            None => Err(Error::NoNumber(number.clone())),
        }
    }

    /// Makes a customer group; it is in creation for a moment, then active.
    ///
    /// # Errors
    /// The store's.
    pub async fn create_group(
        &self,
        channel: &Channel,
        number: &PhoneNumber,
        new: NewChatGroup,
    ) -> Result<ChatGroup> {
        let muster = self.0;
        let now = muster.now();
        let group = ChatGroup {
            at: GroupRef::new(channel.id.clone(), group_id(&format!("E{}", muster.random.alphanumeric(20)))?),
            number: number.clone(),
            subject: new.subject,
            description: new.description,
            picture: None,
            status: ChatGroupStatus::Creating,
            invite: None,
            created_at: now,
            modified_at: now,
        };
        muster.store.records().create_chat_group(group.clone()).await?;
        Ok(group)
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
        Ok(self.0.store.records().advance_chat_groups(from, to, until, now).await?.len())
    }

    /// The group of a number of a channel.
    ///
    /// # Errors
    /// [`Error::NoGroup`], or the store's.
    pub async fn group(&self, channel: &Channel, number: &PhoneNumber, id: &GroupId) -> Result<ChatGroup> {
        let group = self.0.store.records().chat_group(&GroupRef::new(channel.id.clone(), id.clone())).await?;
        group.filter(|group| group.number == *number).ok_or_else(|| Error::NoGroup(id.clone()))
    }

    /// Customer groups, newest first, each with its number of participants.
    ///
    /// # Errors
    /// The store's.
    pub async fn groups(&self, query: &ChatGroupQuery, window: Window) -> Result<Page<(ChatGroup, u64)>> {
        let page = self.0.store.records().chat_groups(query, window).await?;
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
    pub async fn renew_invite(&self, group: &ChatGroup) -> Result<String> {
        if group.status != ChatGroupStatus::Active {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        let code = self.0.random.alphanumeric(22);
        if self.0.store.records().set_invite(&group.at, Some(&code), self.0.now()).await? {
            Ok(code)
        } else {
            Err(Error::NoGroup(group.at.group.clone()))
        }
    }

    /// The group that an invite code opens.
    ///
    /// # Errors
    /// [`Error::NoInvite`], [`Error::InviteRevoked`], [`Error::GroupInactive`], [`Error::GroupFull`], or the store's.
    pub async fn invited(&self, code: &str) -> Result<ChatGroup> {
        let group = self.opened(code).await?;
        let capacity = self.0.limits.chat_participants;
        if self.0.store.roster_state(&group.at).await?.count >= capacity {
            return Err(Error::GroupFull(capacity));
        }
        Ok(group)
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
            _ => Err(Error::GroupInactive(group.at.group)),
        }
    }

    /// A participant joins through an invite link. Joining twice is no fault.
    ///
    /// # Errors
    /// [`Error::NoInvite`], [`Error::InviteRevoked`], [`Error::GroupInactive`], [`Error::GroupFull`], or the store's.
    pub async fn accept(&self, code: &str, number: &PhoneNumber, name: Option<&str>) -> Result<ChatGroup> {
        let muster = self.0;
        let group = self.opened(code).await?;
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
        let hands = muster.hands();
        carry_out(async move {
            match hands.store.join(&group.at, join).await? {
                Admission::Admitted { fresh, .. } => {
                    if fresh {
                        hands.tell(Notice::Joined { group: group.at.clone(), user, info }).await;
                    }
                    Ok(group)
                }
                Admission::Full => Err(Error::GroupFull(capacity)),
                Admission::NoGroup => Err(Error::NoInvite),
            }
        })
        .await
    }

    /// Participants of a group in the order of joining.
    ///
    /// # Errors
    /// The store's.
    pub async fn participants(&self, group: &ChatGroup, window: Window) -> Result<Page<Member>> {
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

//! Channels of customer groups, and the numbers that are bound to them.

use super::{
    ChatRules, OpenChannel, OpenNumber,
    change::{Done, Hands},
};
use crate::{
    chat::{
        BusinessNumber, Channel, ChannelChange, ChannelFace, ChannelFilter, Webhook, WebhookChange,
        WebhookOwner,
    },
    error::{Error, Result},
    group::{Page, Window},
    id::{AccountId, AppId},
    store::{ChannelCreated, ChannelDeleted},
};

impl ChatRules<'_> {
    /// Makes a channel.
    ///
    /// # Errors
    /// [`Error::TooManyChannels`], or the store's.
    pub async fn create_channel(&self, account: &AccountId, face: ChannelFace) -> Result<OpenChannel> {
        let muster = self.0;
        let id = AppId::new(&format!("cams-{}", muster.random.alphanumeric(16)))
            .map_err(|error| Error::Invalid(error.to_string()))?;
        let channel = Channel {
            id,
            account: account.clone(),
            face,
            webhook: Webhook::default(),
            created_at: muster.now(),
            deleted_at: None,
        };
        let limit = muster.limits.channels_per_account;
        let made = async move |hands: Hands| match hands
            .store
            .records()
            .create_channel(channel.clone(), limit, hands.alone())
            .await?
        {
            ChannelCreated::Created(_) => Ok(Done::untold(OpenChannel(channel))),
            ChannelCreated::TooMany => Err(Error::TooManyChannels(limit.unwrap_or(u64::MAX))),
        };
        muster.change(made).await
    }

    /// Changes what is said of a channel, and gives it as it is then.
    ///
    /// # Errors
    /// [`Error::NoChannel`] when it was deleted meanwhile, or the store's.
    pub async fn update_channel(&self, channel: &OpenChannel, change: ChannelChange) -> Result<OpenChannel> {
        let id = channel.id.clone();
        let changed = async move |hands: Hands| {
            let records = hands.store.records();
            records.change_channel(&id, change, hands.alone()).await?;
            let channel = records.channel(&id).await?.ok_or(Error::NoChannel(id))?;
            Ok(Done::untold(OpenChannel(channel)))
        };
        self.0.change(changed).await
    }

    /// Changes where the owner of a channel is told of what concerns all its numbers.
    ///
    /// # Errors
    /// [`Error::NoChannel`] when it was deleted meanwhile, or the store's.
    pub async fn set_webhook(&self, channel: &OpenChannel, change: WebhookChange) -> Result<()> {
        let gone = Error::NoChannel(channel.id.clone());
        self.change_webhook(WebhookOwner::Channel(channel.id.clone()), change, gone).await
    }

    /// Changes where a business is told of what happens at a number.
    ///
    /// # Errors
    /// [`Error::NoNumber`] when it was let go of meanwhile, or the store's.
    pub async fn set_webhook_of(&self, number: &OpenNumber, change: WebhookChange) -> Result<()> {
        let (channel, number) = (number.channel().id.clone(), number.number().clone());
        let gone = Error::NoNumber(number.clone());
        self.change_webhook(WebhookOwner::Number(number, channel), change, gone).await
    }

    async fn change_webhook(&self, of: WebhookOwner, change: WebhookChange, gone: Error) -> Result<()> {
        let changed = async move |hands: Hands| {
            let changed = hands.store.records().change_webhook(&of, change, hands.alone()).await?;
            changed.map(|_| Done::untold(())).ok_or(gone)
        };
        self.0.change(changed).await
    }

    /// Deletes a channel for ever, and lets go of the numbers that are bound to it.
    ///
    /// # Errors
    /// [`Error::ChannelOccupied`] while it has groups, [`Error::NoChannel`] when it was deleted meanwhile, or the store's.
    pub async fn delete_channel(&self, channel: &OpenChannel) -> Result<()> {
        let (id, now) = (channel.id.clone(), self.0.now());
        let deleted = async move |hands: Hands| match hands
            .store
            .records()
            .delete_channel(&id, now, hands.alone())
            .await?
        {
            ChannelDeleted::Done(_) => Ok(Done::untold(())),
            ChannelDeleted::Occupied => Err(Error::ChannelOccupied(id)),
            ChannelDeleted::NoChannel => Err(Error::NoChannel(id)),
        };
        self.0.change(deleted).await
    }

    /// Channels of an account, newest first. An account has so few that they are looked through here.
    ///
    /// # Errors
    /// The store's.
    pub async fn find_channels(
        &self,
        account: &AccountId,
        filter: &ChannelFilter,
        window: Window,
    ) -> Result<Page<Channel>> {
        let all = self.0.store.records().channels(account).await?;
        let found: Vec<Channel> = all.into_iter().rev().filter(|channel| filter.admits(channel)).collect();
        let total = found.len() as u64;
        let skip = usize::try_from(window.skip).unwrap_or(usize::MAX);
        Ok(Page { entries: found.into_iter().skip(skip).take(window.limit).collect(), total })
    }

    /// The numbers that are bound to a channel, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn numbers(&self, channel: &OpenChannel) -> Result<Vec<BusinessNumber>> {
        Ok(self.0.store.records().numbers(&channel.id).await?)
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

//! What a business is told of its conversations: what people write to it, what becomes of what it sent, and, where the
//! operator has it told, what becomes of its groups.

use super::change::Hands;
use crate::{
    callback::{CallbackEvent, ChatGroupDeed, ChatGroupNews, ChatNews},
    chat::{ChatGroup, PhoneNumber, Webhook},
    chat_message::ChatMessage,
    error::Result,
    id::{AppId, GroupRef},
    store::{Also, Store},
};

/// What news of a conversation is stored with, in the transaction of the change that it tells of: somebody has written this
/// message, or a message of the business's comes to stand where it says. All news of all channels comes through here. A
/// callback is owed when the number names an address for it.
pub(super) async fn owed_for(hands: &Hands, news: &ChatMessage) -> Result<Also> {
    let told = ChatNews { message: news.clone(), at: hands.now };
    if address(&*hands.store, &told).await?.is_none() {
        return Ok(hands.alone());
    }
    let call = hands.call(news.channel.clone(), CallbackEvent::News(Box::new(told)));
    Ok(hands.owing(vec![call]))
}

/// What a change of a group is stored with, which stands so after it. A callback is owed when the operator has groups told
/// of, and there is an address for it.
pub(super) async fn owed_for_group(hands: &Hands, group: &ChatGroup, deed: ChatGroupDeed) -> Result<Also> {
    if !hands.tells_groups {
        return Ok(hands.alone());
    }
    let told = ChatGroupNews::of(group, deed, hands.now);
    if address_of_group(&*hands.store, &told).await?.is_none() {
        return Ok(hands.alone());
    }
    let call = hands.call(group.at.app.clone(), CallbackEvent::ChatGroup(Box::new(told)));
    Ok(hands.owing(vec![call]))
}

/// The same of what happens in a group, which stands as it is found.
pub(super) async fn owed_in_group(hands: &Hands, at: &GroupRef, deed: ChatGroupDeed) -> Result<Also> {
    if !hands.tells_groups {
        return Ok(hands.alone());
    }
    match hands.store.records().chat_group(at).await? {
        Some(group) => owed_for_group(hands, &group, deed).await,
        None => Ok(hands.alone()),
    }
}

/// Where news is told now: at the address that the number names for it, or nowhere.
pub(super) async fn address(store: &dyn Store, news: &ChatNews) -> Result<Option<String>> {
    let webhook = webhook(store, &news.message.number, &news.message.channel).await?;
    Ok(webhook.and_then(|webhook| news.address(&webhook).map(str::to_owned)))
}

/// Where news of a group is told now: where the number has it told what becomes of messages, or else where its channel has.
/// Nowhere, when the number has turned pushes off.
pub(super) async fn address_of_group(store: &dyn Store, news: &ChatGroupNews) -> Result<Option<String>> {
    let Some(of_number) = webhook(store, &news.number, &news.channel).await? else { return Ok(None) };
    if of_number.silent {
        return Ok(None);
    }
    if let Some(url) = of_number.of_statuses() {
        return Ok(Some(url.to_owned()));
    }
    let channel = store.records().channel(&news.channel).await?;
    Ok(channel.and_then(|channel| channel.webhook.of_statuses().map(str::to_owned)))
}

/// What a number says of where it is told of; `None` when it is not bound to this channel any more.
async fn webhook(store: &dyn Store, number: &PhoneNumber, channel: &AppId) -> Result<Option<Webhook>> {
    let number = store.records().number(number).await?;
    Ok(number.filter(|number| number.channel == *channel).map(|number| number.webhook))
}

//! What a business is told of its conversations: what people write to it, and what becomes of what it sent.

use super::change::Hands;
use crate::{
    callback::{CallbackEvent, ChatNews},
    chat_message::ChatMessage,
    error::Result,
    store::Also,
};

/// What news of a conversation is stored with, in the transaction of the change that it tells of: somebody has written this
/// message, or a message of the business's comes to stand where it says. All news of all channels comes through here. A
/// callback is owed when the number names an address for it.
pub(super) async fn owed_for(hands: &Hands, news: &ChatMessage) -> Result<Also> {
    let number = hands.store.records().number(&news.number).await?;
    let webhook = number.filter(|number| number.channel == news.channel).map(|number| number.webhook);
    let told = ChatNews { message: news.clone(), at: hands.now };
    if told.address(&webhook.unwrap_or_default()).is_none() {
        return Ok(hands.alone());
    }
    let call = hands.call(news.channel.clone(), CallbackEvent::News(Box::new(told)));
    Ok(hands.owing(vec![call]))
}

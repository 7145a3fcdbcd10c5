//! What a business is told of its conversations: what people write to it, and what becomes of what it sent.

use super::change::Hands;
use crate::{chat_message::ChatMessage, error::Result, store::Also};

/// What news of a conversation is stored with, in the transaction of the change that it tells of: somebody has written this
/// message, or a message of the business's comes to stand where it says. All news of all channels comes through here, and
/// nobody is told of it yet.
pub(super) async fn owed_for(hands: &Hands, _news: &ChatMessage) -> Result<Also> {
    Ok(hands.alone())
}

//! Reading a message and writing it again, for whoever tries what comes over the wire.

use super::wire::{self, Content, Head};

/// The message that another node would send with what this one says; `None` when nothing follows from it.
#[must_use]
pub fn recode(bytes: &[u8]) -> Option<Vec<u8>> {
    let (sender, content) = wire::decode(bytes).ok()?;
    match content {
        Content::Notice(notice) => wire::notice(sender, &notice).ok(),
        Content::Reached(streams) => wire::reached(sender, &streams).ok(),
        Content::Letter(letter) => wire::letter(sender, &letter).ok(),
        Content::Receipt(receipt) => wire::receipt(sender, receipt.ok()).ok(),
        Content::Question(question) => wire::question(sender, question).ok(),
        Content::Told(answer) => Some(wire::told(sender, &answer)),
        Content::Lost => Some(wire::lost(sender)),
        Content::Unknown(Head { reached, .. }) => wire::reached(sender, &[reached?]).ok(),
    }
}

//! Likes: cheap, many, and counted to the last one.
//!
//! A like is no row and no message. A group's likes are one of its counts, and nothing else is left of them: so a like is
//! answered when its count lasts. Stores write those of many callers at once, as they do messages.

use super::{
    MessageRules, OpenGroup,
    change::{Done, Hands},
    messages::drawn_id,
    system::{Announcement, Audience},
};
use crate::{
    error::{Error, Result},
    event::Happened,
    id::UserId,
    message::{Body, Draft, LIKES, Level, Message, Posted, Sender, Weight},
    number::{RepeatCount, TypeCount},
};

impl MessageRules<'_> {
    /// Adds `times` likes to a group of generation 1; how many it has then. The system tells `audience` of the sum, once,
    /// in the name of `by`, or of the group's creator where nobody is named.
    ///
    /// # Errors
    /// [`Error::GroupDeleted`], [`Error::Invalid`] when there is nobody in whose name to tell it, or the store's.
    pub async fn like(
        &self,
        group: &OpenGroup,
        by: Option<UserId>,
        times: RepeatCount,
        audience: Audience,
    ) -> Result<u64> {
        let muster = self.0;
        let by = by.or_else(|| group.creator.clone());
        let user = by.ok_or_else(|| Error::Invalid("nobody is named who likes it".to_owned()))?;
        let sender = Sender { user, info: None };
        let told = Announcement::of(group, sender.clone(), audience);
        let told = told.map(|announcement| announcement.once(muster)).transpose()?;
        let message = Message {
            id: drawn_id(muster)?,
            kind: LIKES,
            body: Body::default().into_text(),
            sender,
            at: muster.now(),
            weight: Weight::LIKE,
            level: Level::NORMAL,
            repeat: times,
            total: TypeCount::default(),
            cached: false,
        };
        let (at, now) = (group.at.clone(), message.at);
        let draft = Draft { message, increment: times, max_types: usize::MAX, once: false };
        let liked = async move |hands: Hands| match hands.store.count_only(&at, draft).await? {
            Posted::Done { total, .. } => {
                let total = total.get();
                Ok(Done::told(total, told.map(|once| once.notice(Happened::Liked(total), now))))
            }
            Posted::NoGroup | Posted::Repeated(_) | Posted::TooManyTypes => {
                Err(Error::GroupDeleted(at.group))
            }
        };
        muster.change(liked).await
    }
}

//! What the operator says to some members of a group.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    MessageRules, OpenGroup, Sent,
    change::{Done, Hands, published},
};
use crate::{
    error::{Error, Result},
    id::UserId,
    message::{Body, Event, Sender, StreamRef},
    store::StreamEvent,
};

/// What the operator says to some members of a group.
#[derive(Clone, Debug)]
pub struct MembersMessage {
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Body,
    /// In whose name; the user need not be in the group.
    pub sender: Sender,
    /// Whether it is moderated as what members say is.
    pub moderated: bool,
}

impl MessageRules<'_> {
    /// The operator says something to those of `receivers` who are in a group. Each has it, under one id, in a stream of
    /// the user's own, from which it is recovered after a drop; the group's history and counts know nothing of it. Whoever
    /// is not in the group is passed over, and whoever is named twice hears it once.
    ///
    /// # Errors
    /// [`Error::NotMember`] of the first when nobody of them is in the group, [`Error::Refused`], or the store's.
    pub async fn announce_to_members(
        &self,
        group: &OpenGroup,
        receivers: &[UserId],
        new: MembersMessage,
    ) -> Result<Sent> {
        let found = self.0.store.find_members(&group.at, receivers).await?;
        let present = receivers.iter().zip(found).filter(|(_, member)| member.is_some());
        let present: BTreeSet<_> = present.map(|(user, _)| user.clone()).collect();
        if let (true, Some(first)) = (present.is_empty(), receivers.first()) {
            return Err(Error::NotMember(first.clone()));
        }
        if new.moderated {
            self.0.moderation().pass(group.app(), new.body.as_str()).await?;
        }
        let message = self.message(None, new.kind, new.body, new.sender)?;
        let (id, at, app) = (message.id.clone(), message.at, group.at.app.clone());
        let event = Arc::new(Event::ToMember { group: group.at.group.clone(), message });
        let told = async move |hands: Hands| {
            let stream = |user| StreamRef::User(app.clone(), user);
            let event = |user| StreamEvent { stream: stream(user), event: Arc::clone(&event), at };
            let events: Vec<_> = present.into_iter().map(event).collect();
            let Some(positions) = hands.store.append(hands.with(&events)).await? else {
                return Err(Error::NoApp(app));
            };
            Ok(Done::told(Sent { id, sequence: None }, published(events, positions)))
        };
        self.0.change(told).await
    }
}

//! What the operator, or a member, says to some members of a group.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    MessageRules, OpenGroup, Sent, Visit,
    change::{Done, Hands, published},
    rosters::membership,
};
use crate::{
    error::{Error, Result},
    id::UserId,
    message::{Body, Event, Message, Sender, StreamRef},
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

/// What a member says to some members of its group.
#[derive(Clone, Debug)]
pub struct MemberWord {
    /// Its type.
    pub kind: i64,
    /// What it says.
    pub body: Body,
    /// Whether mutes are not looked at.
    pub skips_mutes: bool,
    /// Whether it asks to be spared moderation, which those who run the group are granted.
    pub skip_audit: bool,
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
        let present = self.present(group, receivers).await?;
        if new.moderated {
            self.0.moderation().pass(group.app(), new.body.as_str()).await?;
        }
        let message = self.message(None, new.kind, new.body, new.sender)?;
        self.tell_members(group, present, message).await
    }

    /// A member says something to those of `receivers` who are in its group: they hear it as they hear the operator.
    ///
    /// # Errors
    /// [`Error::NotMember`] of who says it, or of the first of `receivers` when nobody of them is in the group,
    /// [`Error::Muted`], [`Error::Refused`], or the store's.
    pub async fn say_to_members(
        &self,
        visit: &Visit<'_>,
        receivers: &[UserId],
        new: MemberWord,
    ) -> Result<Sent> {
        let (login, group) = (visit.login(), visit.group());
        let user = login.user();
        let member = membership(&*self.0.store, &group.at, user).await?;
        let member = member.ok_or_else(|| Error::NotMember(user.clone()))?;
        if !new.skips_mutes {
            self.0.mutes().demand_voice(visit).await?;
        }
        let present = self.present(group, receivers).await?;
        if !(new.skip_audit && visit.runs_it()) {
            self.0.moderation().pass(login.app(), new.body.as_str()).await?;
        }
        let sender = Sender { user: member.user, info: member.info };
        let message = self.message(None, new.kind, new.body, sender)?;
        self.tell_members(group, present, message).await
    }

    /// Those of some users who are in a group: at least one.
    async fn present(&self, group: &OpenGroup, users: &[UserId]) -> Result<BTreeSet<UserId>> {
        let found = self.0.store.find_members(&group.at, users).await?;
        let present = users.iter().zip(found).filter(|(_, member)| member.is_some());
        let present: BTreeSet<_> = present.map(|(user, _)| user.clone()).collect();
        if let (true, Some(first)) = (present.is_empty(), users.first()) {
            return Err(Error::NotMember(first.clone()));
        }
        Ok(present)
    }

    /// Puts a message into the streams of members.
    async fn tell_members(
        &self,
        group: &OpenGroup,
        present: BTreeSet<UserId>,
        message: Message,
    ) -> Result<Sent> {
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

//! What channels report of customer groups, and what comes of it.

use super::{
    ChatRules,
    change::{Done, Hands},
    chat_groups::{enter, joining, leave, moved},
    chat_messages::Said,
    chat_news::owed_for_group,
};
use crate::{
    bus::Notice,
    callback::ChatGroupDeed,
    channel::{ChannelEvent, FacePart, LOCAL_SETTLING_MILLIS, Outcome},
    chat::{ChatGroup, ChatGroupStatus},
    error::{Error, Result},
    group::Deletion,
    id::GroupRef,
    store::Also,
    time::Millis,
};

/// Groups that are settled at once, at most.
const SETTLED_AT_ONCE: usize = 100;
/// How often a report is weighed anew because the group changed meanwhile. Changes of one group are rare.
const ATTEMPTS: usize = 5;

impl ChatRules<'_> {
    /// Does what a channel has reported of a group; whether that changed anything. A report that comes twice, or too late,
    /// changes nothing.
    ///
    /// # Errors
    /// [`Error::NoGroup`], [`Error::Removed`] and [`Error::NoInvite`] of a join, [`Error::NoChannel`] of what was said, or
    /// the store's.
    pub async fn hear(&self, at: &GroupRef, event: ChannelEvent) -> Result<bool> {
        let (at, now) = (at.clone(), self.0.now());
        match event {
            ChannelEvent::Joined { number, name } => {
                // The channel keeps its own bound.
                let join = joining(self.0, &number, name.as_deref(), None)?;
                let heard =
                    async move |hands: Hands| Ok(told(enter(&hands, &at, &number, join).await?.notice));
                self.0.change(heard).await
            }
            ChannelEvent::Left(number) => {
                let heard = async move |hands: Hands| {
                    Ok(told(leave(&hands, &at, &number, ChatGroupDeed::Left).await?))
                };
                self.0.change(heard).await
            }
            ChannelEvent::Said { number, name, content, reply_to, provider_id } => {
                let group = self.0.store.records().chat_group(&at).await?;
                let group = group.ok_or_else(|| Error::NoGroup(at.group.clone()))?;
                let reply_to = self.answered(&group, reply_to).await?;
                let said = Said { number, name, content, reply_to, provider_id };
                // The channel keeps its own pace.
                self.take(group, said, None).await.map(|_| true)
            }
            event => self.0.change(async move |hands: Hands| weigh(&hands, &at, &event, now).await).await,
        }
    }

    /// Takes groups of the local channel through the states that a remote channel would report: how many. To be called
    /// several times a second.
    ///
    /// # Errors
    /// The store's.
    pub async fn settle(&self) -> Result<usize> {
        let now = self.0.now();
        let until = now - LOCAL_SETTLING_MILLIS;
        let due = self.0.store.records().settling_chat_groups(until, now, SETTLED_AT_ONCE).await?;
        let mut settled = 0;
        for group in due {
            let event = match group.status {
                ChatGroupStatus::Creating => ChannelEvent::Created { provider_id: None },
                ChatGroupStatus::Updating => {
                    ChannelEvent::Updated(FacePart::ALL.map(|part| (part, Outcome::Done)).to_vec())
                }
                ChatGroupStatus::Deleting => ChannelEvent::Deleted,
                ChatGroupStatus::Active | ChatGroupStatus::Inactive | ChatGroupStatus::Suspended => continue,
            };
            // Another node may have been faster.
            settled += usize::from(self.hear(&group.at, event).await.or_else(gone_is_nothing)?);
        }
        Ok(settled)
    }
}

/// A group that is gone has nothing to be settled.
fn gone_is_nothing(error: Error) -> Result<bool> {
    if matches!(error, Error::NoGroup(_)) { Ok(false) } else { Err(error) }
}

fn told(notice: Option<Notice>) -> Done<bool> {
    Done::told(notice.is_some(), notice)
}

/// Does what an event of the group itself comes to, from where the group stands.
async fn weigh(hands: &Hands, at: &GroupRef, event: &ChannelEvent, now: Millis) -> Result<Done<bool>> {
    for _ in 0..ATTEMPTS {
        let records = hands.store.records();
        let before = records.chat_group(at).await?.ok_or_else(|| Error::NoGroup(at.group.clone()))?;
        let Some(next) = next(&before, event, now) else { return Ok(Done::untold(false)) };
        let made = match next {
            Next::Stands(after) => {
                let also = owed_for_event(hands, &after, event).await?;
                records.change_chat_group(&before, after, also).await?.is_some()
            }
            Next::Gone => {
                // The roster first: what is left by a failure between the two is found in deletion, and done again.
                let deletion = Deletion { at: now, by: None };
                hands.store.delete_group(at, deletion, hands.alone()).await?;
                let also = owed_for_event(hands, &before, event).await?;
                records.remove_chat_group(at, also).await?.is_some()
            }
        };
        if made {
            return Ok(Done::untold(true));
        }
    }
    Ok(Done::untold(false))
}

/// What is owed to the business of a group that comes to stand so by an event of the group itself.
async fn owed_for_event(hands: &Hands, after: &ChatGroup, event: &ChannelEvent) -> Result<Also> {
    let deed = match event {
        ChannelEvent::Created { .. } => ChatGroupDeed::Created,
        ChannelEvent::CreationFailed => ChatGroupDeed::CreationFailed,
        ChannelEvent::Updated(parts) if parts.iter().any(|(_, outcome)| *outcome == Outcome::Done) => {
            ChatGroupDeed::Changed
        }
        ChannelEvent::Updated(_) => ChatGroupDeed::ChangeFailed,
        ChannelEvent::Deleted => ChatGroupDeed::Deleted,
        ChannelEvent::DeletionFailed => ChatGroupDeed::DeletionFailed,
        ChannelEvent::Suspended => ChatGroupDeed::Suspended,
        ChannelEvent::SuspensionCleared => ChatGroupDeed::SuspensionCleared,
        // Of people in it, and heard elsewhere.
        ChannelEvent::Joined { .. } | ChannelEvent::Left(_) | ChannelEvent::Said { .. } => {
            return Ok(hands.alone());
        }
    };
    owed_for_group(hands, after, deed).await
}

/// What an event comes to.
#[derive(Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it is taken apart where it is made")]
enum Next {
    /// The group stands so.
    Stands(ChatGroup),
    /// The group is gone for ever.
    Gone,
}

/// What an event comes to, from where the group stands; `None` when nothing.
fn next(group: &ChatGroup, event: &ChannelEvent, now: Millis) -> Option<Next> {
    use ChatGroupStatus as S;
    let to = |status| ChatGroup { request_id: None, ..moved(group, status, now) };
    let after = match (event, group.status) {
        (ChannelEvent::Created { provider_id }, S::Creating) => {
            ChatGroup { provider_id: provider_id.clone(), ..to(S::Active) }
        }
        (ChannelEvent::CreationFailed, S::Creating) => to(S::Inactive),
        (ChannelEvent::Updated(parts), S::Updating | S::Suspended) => return updated(group, parts, now),
        (ChannelEvent::Deleted, _) => return Some(Next::Gone),
        (ChannelEvent::DeletionFailed, S::Deleting) => to(S::Active),
        // What the channel was asked for before it goes on, and so does its report.
        (ChannelEvent::Suspended, S::Active | S::Updating) => moved(group, S::Suspended, now),
        (ChannelEvent::SuspensionCleared, S::Suspended) if group.pending.is_nothing() => to(S::Active),
        (ChannelEvent::SuspensionCleared, S::Suspended) => moved(group, S::Updating, now),
        _ => return None,
    };
    Some(Next::Stands(after))
}

/// What a report on parts of a face comes to: those that are done are in force, those that failed stay as they were, and
/// the change is over once nothing is left to be reported.
fn updated(group: &ChatGroup, parts: &[(FacePart, Outcome)], now: Millis) -> Option<Next> {
    if group.pending.is_nothing() {
        return None;
    }
    let mut after = group.clone();
    for &(part, outcome) in parts {
        let wanted = match part {
            FacePart::Subject => after.pending.subject.take(),
            FacePart::Description => after.pending.description.take(),
            FacePart::Picture => after.pending.picture.take(),
        };
        let Some(wanted) = wanted.filter(|_| outcome == Outcome::Done) else { continue };
        match part {
            FacePart::Subject => after.subject = wanted,
            FacePart::Description => after.description = Some(wanted).filter(|text| !text.is_empty()),
            FacePart::Picture => after.picture = Some(wanted),
        }
    }
    let over = after.pending.is_nothing();
    let status = if over && group.status == ChatGroupStatus::Updating {
        ChatGroupStatus::Active
    } else {
        group.status
    };
    let request_id = after.request_id.take().filter(|_| !over);
    Some(Next::Stands(ChatGroup { request_id, ..moved(&after, status, now) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chat::{ChatGroupChange, PhoneNumber},
        id::{AppId, GroupId},
    };

    fn group(status: ChatGroupStatus) -> ChatGroup {
        ChatGroup {
            at: GroupRef::new(AppId::new("c").unwrap(), GroupId::new("g").unwrap()),
            number: PhoneNumber::new("8613800138000").unwrap(),
            subject: "old".into(),
            description: Some("old".into()),
            picture: None,
            status,
            invite: None,
            pending: ChatGroupChange::default(),
            provider_id: None,
            request_id: Some("r1".into()),
            created_at: Millis(1),
            modified_at: Millis(5),
        }
    }

    fn after(group: &ChatGroup, event: &ChannelEvent) -> Option<ChatGroup> {
        match next(group, event, Millis(9)) {
            Some(Next::Stands(after)) => Some(after),
            Some(Next::Gone) => panic!("gone"),
            None => None,
        }
    }

    #[test]
    fn a_remote_channel_reports_what_became_of_a_creation() {
        let creating = group(ChatGroupStatus::Creating);
        let created = ChannelEvent::Created { provider_id: Some("Y2FwaV9ncm91cDo".into()) };
        let made = after(&creating, &created).unwrap();
        assert_eq!(
            (made.status, made.provider_id.as_deref()),
            (ChatGroupStatus::Active, Some("Y2FwaV9ncm91cDo"))
        );
        assert_eq!((made.request_id.clone(), made.modified_at), (None, Millis(9)));
        assert_eq!(after(&made, &created), None, "a report that comes twice changes nothing");
        let failed = after(&creating, &ChannelEvent::CreationFailed).unwrap();
        assert_eq!(failed.status, ChatGroupStatus::Inactive);
    }

    #[test]
    fn parts_of_a_face_are_reported_one_by_one_and_one_that_failed_stays_as_it_was() {
        let pending = ChatGroupChange {
            subject: Some("new".into()),
            description: Some(String::new()),
            picture: Some("p".into()),
        };
        let updating = ChatGroup { pending, ..group(ChatGroupStatus::Updating) };
        let face = vec![(FacePart::Subject, Outcome::Failed), (FacePart::Description, Outcome::Done)];
        let half = after(&updating, &ChannelEvent::Updated(face)).unwrap();
        assert_eq!(
            (half.status, &*half.subject, half.description.clone()),
            (ChatGroupStatus::Updating, "old", None)
        );
        assert_eq!(half.request_id.as_deref(), Some("r1"), "the provider is still to report");
        let picture = ChannelEvent::Updated(vec![(FacePart::Picture, Outcome::Done)]);
        let whole = after(&half, &picture).unwrap();
        assert_eq!((whole.status, whole.picture.as_deref()), (ChatGroupStatus::Active, Some("p")));
        assert_eq!((whole.request_id.clone(), after(&whole, &picture)), (None, None));
    }

    #[test]
    fn a_group_that_is_suspended_in_a_change_goes_on_with_it() {
        let pending = ChatGroupChange { subject: Some("new".into()), ..ChatGroupChange::default() };
        let updating = ChatGroup { pending, ..group(ChatGroupStatus::Updating) };
        let suspended = after(&updating, &ChannelEvent::Suspended).unwrap();
        assert_eq!(suspended.status, ChatGroupStatus::Suspended);
        let cleared = after(&suspended, &ChannelEvent::SuspensionCleared).unwrap();
        assert_eq!(cleared.status, ChatGroupStatus::Updating);
        let subject = ChannelEvent::Updated(vec![(FacePart::Subject, Outcome::Done)]);
        let changed = after(&suspended, &subject).unwrap();
        assert_eq!((changed.status, &*changed.subject), (ChatGroupStatus::Suspended, "new"));
        assert_eq!(
            after(&changed, &ChannelEvent::SuspensionCleared).unwrap().status,
            ChatGroupStatus::Active
        );
    }

    #[test]
    fn a_deletion_that_fails_leaves_the_group_in_use_and_one_that_succeeds_leaves_nothing() {
        let deleting = group(ChatGroupStatus::Deleting);
        assert_eq!(after(&deleting, &ChannelEvent::DeletionFailed).unwrap().status, ChatGroupStatus::Active);
        assert_eq!(next(&deleting, &ChannelEvent::Deleted, Millis(9)), Some(Next::Gone));
        assert_eq!(after(&deleting, &ChannelEvent::Suspended), None);
    }

    #[test]
    fn a_change_is_younger_than_what_it_changes_though_the_clock_was_set_back() {
        let back = moved(&group(ChatGroupStatus::Active), ChatGroupStatus::Updating, Millis(2));
        assert_eq!(back.modified_at, Millis(6));
    }
}

//! What is done to customer groups, and how it is asked of their channel: what is begun is noted first, so that a report
//! that comes at once finds it, and is taken back when the channel does not take it on.

use std::sync::Arc;

use super::{
    ChatRules, Invitation, Muster, OpenChatGroup, OpenNumber,
    change::{Done, Hands},
    chat_news::{owed_for_group, owed_in_group},
    chat_rooms::Participant,
};
use crate::{
    bus::Notice,
    callback::ChatGroupDeed,
    channel::{Accepted, ChannelResult},
    chat::{ChatGroup, ChatGroupChange, ChatGroupStatus, PhoneNumber, Removal},
    chat_message::Since,
    error::{Error, Result},
    id::{GroupId, GroupRef, UserId},
    picture::{Picture, PictureFault},
    roster::{Admission, Join, Leave, Member, Tie},
    store::Stretch,
    time::Millis,
};

/// A customer group to be made.
#[derive(Clone, Debug)]
pub struct NewChatGroup {
    /// Its title.
    pub subject: String,
    /// What it is about.
    pub description: Option<String>,
}

/// What is to become of a customer group's face. What is none stays as it is.
#[derive(Clone, Debug, Default)]
pub struct NewFace {
    /// The new title.
    pub subject: Option<String>,
    /// What it is about from then on; nothing, when empty.
    pub description: Option<String>,
    /// The new picture.
    pub picture: Option<Picture>,
}

impl NewFace {
    fn into_change(self) -> ChatGroupChange {
        let Self { subject, description, picture } = self;
        ChatGroupChange { subject, description, picture: picture.map(Picture::into_url) }
    }
}

/// Somebody is in a group.
#[derive(Clone, Debug)]
pub struct Admittance {
    /// The group.
    pub group: ChatGroup,
    /// The seat in it; none for whoever gives a number that was in the group before: anybody could.
    pub participant: Option<Participant>,
}

impl ChatRules<'_> {
    /// Makes a customer group; it is in creation until its channel has made it.
    ///
    /// # Errors
    /// [`Error::NoChannel`] when the channel was deleted meanwhile, [`Error::Channel`], or the store's.
    pub async fn create_group(&self, number: &OpenNumber, new: NewChatGroup) -> Result<ChatGroup> {
        let muster = self.0;
        let now = muster.now();
        let id = group_id(&format!("E{}", muster.random.alphanumeric(20)))?;
        let group = ChatGroup {
            at: GroupRef::new(number.channel().id.clone(), id),
            number: number.number().clone(),
            subject: new.subject,
            description: new.description,
            picture: None,
            status: ChatGroupStatus::Creating,
            invite: None,
            pending: ChatGroupChange::default(),
            provider_id: None,
            request_id: None,
            created_at: now,
            modified_at: now,
        };
        let channel = Arc::clone(&muster.channel);
        let made = async move |hands: Hands| {
            let records = hands.store.records();
            let made = records.create_chat_group(group.clone(), hands.alone()).await?;
            made.ok_or_else(|| Error::NoChannel(group.at.app.clone()))?;
            match channel.create_group(&group).await {
                Ok(accepted) => note_request(&hands, &group, accepted).await?,
                Err(fault) => {
                    let failed = ChatGroup { status: ChatGroupStatus::Inactive, ..group.clone() };
                    change(&hands, &group, failed).await?;
                    return Err(fault.into());
                }
            }
            Ok(Done::untold(group))
        };
        muster.change(made).await
    }

    /// Fetches the picture that a group is to have, and looks whether it may be one.
    ///
    /// # Errors
    /// [`PictureFault`].
    pub async fn fetch_picture(&self, url: &str) -> std::result::Result<Picture, PictureFault> {
        Picture::fetch(&*self.0.outbound, url).await
    }

    /// Changes the face of a group; it is in change until its channel has reported on every part.
    ///
    /// # Errors
    /// [`Error::GroupInactive`], [`Error::Channel`], or the store's.
    pub async fn update_group(&self, group: &OpenChatGroup, wanted: NewFace) -> Result<()> {
        if group.status != ChatGroupStatus::Active {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        let channel = Arc::clone(&self.0.channel);
        let (before, now) = (ChatGroup::clone(group), self.0.now());
        let wanted = wanted.into_change();
        let begun = async move |hands: Hands| {
            let after =
                ChatGroup { pending: wanted.clone(), ..moved(&before, ChatGroupStatus::Updating, now) };
            begin(&hands, &before, &after, channel.update_group(&after, &wanted)).await?;
            Ok(Done::untold(()))
        };
        self.0.change(begun).await
    }

    /// Deletes a group for ever; it is in deletion until its channel has deleted it. Whether that is begun now: it may
    /// have been before.
    ///
    /// # Errors
    /// [`Error::GroupInactive`] while the group is being made, [`Error::Channel`], or the store's.
    pub async fn delete_group(&self, group: &OpenChatGroup) -> Result<bool> {
        if group.status == ChatGroupStatus::Deleting {
            return Ok(false);
        }
        if !group.status.may_be_deleted() {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        let channel = Arc::clone(&self.0.channel);
        let (before, now) = (ChatGroup::clone(group), self.0.now());
        let begun = async move |hands: Hands| {
            // What was asked for before is of no use any more.
            let pending = ChatGroupChange::default();
            let after = ChatGroup { pending, ..moved(&before, ChatGroupStatus::Deleting, now) };
            begin(&hands, &before, &after, channel.delete_group(&after)).await?;
            Ok(Done::untold(true))
        };
        self.0.change(begun).await
    }

    /// Makes a new invite code for a group that is in use, which ends the one before.
    ///
    /// # Errors
    /// [`Error::GroupInactive`], [`Error::NoGroup`], [`Error::Channel`], or the store's.
    pub async fn renew_invite(&self, group: &OpenChatGroup) -> Result<String> {
        if group.status != ChatGroupStatus::Active {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        let channel = Arc::clone(&self.0.channel);
        let (group, now) = (ChatGroup::clone(group), self.0.now());
        let renewed = async move |hands: Hands| {
            let code = channel.renew_invite(&group).await?;
            let also = owed_for_group(&hands, &group, ChatGroupDeed::InviteReset).await?;
            match hands.store.records().set_invite(&group.at, Some(&code), now, also).await? {
                Some(_) => Ok(Done::untold(code)),
                None => Err(Error::NoGroup(group.at.group)),
            }
        };
        self.0.change(renewed).await
    }

    /// Ends the invite of a group; whether it had one.
    ///
    /// # Errors
    /// [`Error::GroupInactive`], [`Error::NoGroup`], [`Error::Channel`], or the store's.
    pub async fn revoke_invite(&self, group: &OpenChatGroup) -> Result<bool> {
        if !group.status.may_be_curbed() {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        if group.invite.is_none() {
            return Ok(false);
        }
        let channel = Arc::clone(&self.0.channel);
        let (group, now) = (ChatGroup::clone(group), self.0.now());
        let revoked = async move |hands: Hands| {
            channel.revoke_invite(&group).await?;
            let also = owed_for_group(&hands, &group, ChatGroupDeed::InviteRevoked).await?;
            match hands.store.records().set_invite(&group.at, None, now, also).await? {
                Some(_) => Ok(Done::untold(true)),
                None => Err(Error::NoGroup(group.at.group)),
            }
        };
        self.0.change(revoked).await
    }

    /// Removes people from a group for good: they do not come in again, whatever link they have. Those who are not in the
    /// group are passed over. How many were removed.
    ///
    /// # Errors
    /// [`Error::GroupInactive`], [`Error::Channel`], or the store's.
    pub async fn remove_participants(&self, group: &OpenChatGroup, numbers: &[PhoneNumber]) -> Result<u64> {
        if !group.status.may_be_curbed() {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        let mut users = Vec::with_capacity(numbers.len());
        for number in numbers {
            users.push(user_of(number)?);
        }
        let found = self.0.store.find_members(&group.at, &users).await?;
        let there = numbers.iter().zip(found).filter(|(_, member)| member.is_some());
        let there: Vec<PhoneNumber> = there.map(|(number, _)| number.clone()).collect();
        if there.is_empty() {
            return Ok(0);
        }
        let channel = Arc::clone(&self.0.channel);
        let (group, now) = (ChatGroup::clone(group), self.0.now());
        let removed = async move |hands: Hands| {
            let mut gone = Vec::new();
            for number in channel.remove_participants(&group, there).await? {
                gone.extend(remove(&hands, &group.at, number, now).await?);
            }
            Ok(Done::told(gone.len() as u64, gone))
        };
        self.0.change(removed).await
    }

    /// A participant joins through an invite link. Joining twice is no fault.
    ///
    /// # Errors
    /// [`Error::NoInvite`] when the group went meanwhile, [`Error::GroupFull`], [`Error::Removed`], or the store's.
    pub async fn accept(
        &self,
        invitation: Invitation,
        number: &PhoneNumber,
        name: Option<&str>,
    ) -> Result<Admittance> {
        let muster = self.0;
        let Invitation { group, .. } = invitation;
        let capacity = Some(muster.limits.chat_participants);
        let join = joining(muster, number, name, capacity)?;
        let by_number = muster.limits.chat_seats_by_number;
        let number = number.clone();
        let joined = async move |hands: Hands| {
            let records = hands.store.records();
            let latest = records.conversation(&group, &number, Since::default(), Stretch::Latest, 1).await?;
            let latest = latest.last().map_or(0, |(place, _)| *place);
            let Entered { member, notice } = enter(&hands, &group.at, &number, join).await?;
            let participant = match notice {
                Some(_) => Some(latest),
                // Whoever knows a number that is in the group already has the seat again, with all that was said there.
                None => by_number.then_some(0),
            };
            let participant = participant.map(|since| Participant::new(group.clone(), number, member, since));
            Ok(Done::told(Admittance { group, participant }, notice))
        };
        muster.change(joined).await
    }
}

/// A group on its way to another state. It is younger than before, also when the clock was set back.
pub(super) fn moved(before: &ChatGroup, to: ChatGroupStatus, now: Millis) -> ChatGroup {
    let modified_at = Millis(now.0.max(before.modified_at.0 + 1));
    ChatGroup { status: to, modified_at, ..before.clone() }
}

/// Changes a group that stands as it was found.
///
/// # Errors
/// [`Error::GroupInactive`] when it has changed meanwhile, or the store's.
async fn change(hands: &Hands, before: &ChatGroup, after: ChatGroup) -> Result<()> {
    match hands.store.records().change_chat_group(before, after, hands.alone()).await? {
        Some(_) => Ok(()),
        None => Err(Error::GroupInactive(before.at.group.clone())),
    }
}

/// Notes what is begun, asks for it, and takes the note back when the channel does not take it on.
async fn begin(
    hands: &Hands,
    before: &ChatGroup,
    after: &ChatGroup,
    asked: impl Future<Output = ChannelResult<Accepted>> + Send,
) -> Result<()> {
    change(hands, before, after.clone()).await?;
    match asked.await {
        Ok(accepted) => note_request(hands, after, accepted).await,
        Err(fault) => {
            let back = ChatGroup {
                pending: before.pending.clone(),
                ..moved(after, before.status, after.modified_at)
            };
            change(hands, after, back).await?;
            Err(fault.into())
        }
    }
}

/// Notes under which id a provider will report, where it gave one. A report may have been faster, and then it is of no
/// use any more.
async fn note_request(hands: &Hands, group: &ChatGroup, accepted: Accepted) -> Result<()> {
    let Some(request_id) = accepted.request_id else { return Ok(()) };
    let noted = ChatGroup { request_id: Some(request_id), ..group.clone() };
    hands.store.records().change_chat_group(group, noted, hands.alone()).await?;
    Ok(())
}

/// A join of now.
pub(super) fn joining(
    muster: &Muster,
    number: &PhoneNumber,
    name: Option<&str>,
    capacity: Option<u64>,
) -> Result<Join> {
    Ok(Join {
        user: user_of(number)?,
        info: name.map(Arc::from),
        tie: Tie::Durable,
        at: muster.now(),
        capacity,
        super_above: None,
        super_listed: true,
        visitor: false,
    })
}

/// Whoever was let in, or was in before.
pub(super) struct Entered {
    member: Member,
    /// What is told of it; nothing of who was in before.
    pub(super) notice: Option<Notice>,
}

/// Lets somebody in, unless they were removed.
pub(super) async fn enter(hands: &Hands, at: &GroupRef, number: &PhoneNumber, join: Join) -> Result<Entered> {
    let was_removed = async || hands.store.records().removal(at, number).await;
    if was_removed().await?.is_some() {
        return Err(Error::Removed(number.clone()));
    }
    let (user, info, capacity) = (join.user.clone(), join.info.clone(), join.capacity);
    let name = info.as_deref().map(str::to_owned);
    let also = owed_in_group(hands, at, ChatGroupDeed::Joined { number: number.clone(), name }).await?;
    let (member, fresh) = match hands.store.join(at, join, also).await? {
        Admission::Admitted { member, fresh, .. } => (member, fresh),
        Admission::Full => return Err(Error::GroupFull(capacity.unwrap_or_default())),
        Admission::NoGroup => return Err(Error::NoInvite),
    };
    // Whoever was removed between the look and the join is not to stay. A removal is noted before the membership ends,
    // so one of the two ends it.
    if fresh && was_removed().await?.is_some() {
        leave(hands, at, number, ChatGroupDeed::Removed).await?;
        return Err(Error::Removed(number.clone()));
    }
    let notice = fresh.then(|| Notice::Joined { group: at.clone(), user, info });
    Ok(Entered { member, notice })
}

/// Notes that somebody is removed and ends the membership; what is told of it.
async fn remove(hands: &Hands, at: &GroupRef, number: PhoneNumber, now: Millis) -> Result<Option<Notice>> {
    let removal = Removal { at: at.clone(), number: number.clone(), removed_at: now };
    hands.store.records().put_removal(removal, hands.alone()).await?;
    leave(hands, at, &number, ChatGroupDeed::Removed).await
}

/// Ends a membership, in the way that `deed` says; what is told of it.
pub(super) async fn leave(
    hands: &Hands,
    at: &GroupRef,
    number: &PhoneNumber,
    deed: fn(PhoneNumber) -> ChatGroupDeed,
) -> Result<Option<Notice>> {
    let (user, also) = (user_of(number)?, owed_in_group(hands, at, deed(number.clone())).await?);
    let left = hands.store.leave(at, &user, Leave::Any, also).await?;
    Ok(left.map(|_| Notice::Left { group: at.clone(), user }))
}

/// Whom a roster knows a number as.
pub(super) fn user_of(number: &PhoneNumber) -> Result<UserId> {
    UserId::new(number.as_str()).map_err(|error| Error::Invalid(error.to_string()))
}

fn group_id(text: &str) -> Result<GroupId> {
    GroupId::new(text).map_err(|error| Error::Invalid(error.to_string()))
}

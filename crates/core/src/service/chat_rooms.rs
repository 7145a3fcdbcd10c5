//! Rooms: where participants of a customer group on the local channel read, write and leave.
//!
//! Nobody proves that a phone number is theirs. So a seat is taken by whoever joins with a number first, and kept by a
//! token that only they are given: whoever has the link and knows the number does not write in somebody else's name, and
//! does not read what is said to somebody else alone. A seat ends with its membership, and with its time; whoever joins with
//! the number later may be another, and does not read what was said to that number alone before.

use std::{pin::pin, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    ChatRules, Muster,
    change::{Done, Hands},
    chat_groups::{leave, user_of},
    chat_messages::{Said, step},
    rosters::membership,
};
use crate::{
    callback::ChatGroupDeed,
    channel::MessageName,
    chat::{ChatGroup, PhoneNumber},
    chat_message::{ChatMessage, Content, Conversation, LONGEST_PIN_MILLIS, MessageStatus, Place, Since},
    error::{Error, Result},
    group::{Order, Page, Window},
    id::MessageId,
    outbound::{Answered, Call, CallFault},
    roster::{JoinNumber, Member, PageQuery},
    store::Stretch,
    time::Millis,
};

/// What the server signs a seat's token for.
const SEAT_PURPOSE: &str = "seat in a customer group";
/// Participants that a room shows, at most: a customer group has a handful.
const SHOWN: usize = 100;
/// Reactions that are looked at for some messages of a room, and pins that are for a room, at most.
const LOOKED_AT: usize = 1_000;
/// How long it may take to fetch what a message names; less than any request may take.
const LINKED_TIME: Duration = Duration::from_secs(8);

/// Somebody at their seat in a customer group.
#[derive(Clone, Debug)]
pub struct Participant {
    group: ChatGroup,
    number: PhoneNumber,
    member: Member,
    /// The last place that was there before they took the seat.
    since: Place,
}

impl Participant {
    pub(super) fn new(group: ChatGroup, number: PhoneNumber, member: Member, since: Place) -> Self {
        Self { group, number, member, since }
    }

    /// The group.
    #[must_use]
    pub fn group(&self) -> &ChatGroup {
        &self.group
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> &PhoneNumber {
        &self.number
    }

    /// From when on what is said to the number alone is said to them.
    fn since(&self) -> Since {
        Since { place: self.since, at: self.member.joined_at }
    }

    /// What they call themselves.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.member.info.as_deref()
    }
}

/// Hears what is said to a participant, from when it was made.
pub struct Bell<'a>([tokio::sync::futures::Notified<'a>; 2]);

impl Bell<'_> {
    /// Waits until something may have been said.
    pub async fn rung(self) {
        let [there, alone] = self.0;
        let (mut there, mut alone) = (pin!(there), pin!(alone));
        std::future::poll_fn(|context| {
            let rung = there.as_mut().poll(context).is_ready() || alone.as_mut().poll(context).is_ready();
            if rung { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// What a token says.
struct Claim<'a> {
    number: &'a str,
    join: JoinNumber,
    given_at: Millis,
    /// The last place that was there before the seat was taken; none in a token of an earlier version.
    since: Option<Place>,
}

impl Claim<'_> {
    /// What is signed: a claim holds in one group.
    fn text(&self, group: &ChatGroup) -> String {
        let Self { number, join, given_at, since } = self;
        let since = since.map(|place| format!("/{place}")).unwrap_or_default();
        format!("{}/{}/{number}/{join}/{}{since}", group.at.app, group.at.group, given_at.0)
    }

    fn token(&self, muster: &Muster, group: &ChatGroup) -> String {
        let code = URL_SAFE_NO_PAD.encode(muster.master.sign(SEAT_PURPOSE, self.text(group).as_bytes()));
        let Self { number, join, given_at, since } = self;
        let since = since.map(|place| format!(".{place}")).unwrap_or_default();
        format!("{number}.{join}.{}{since}.{code}", given_at.0)
    }

    /// What a token says, if the server has given it for this group.
    fn of<'a>(token: &'a str, muster: &Muster, group: &ChatGroup) -> Option<Claim<'a>> {
        let parts: Vec<&str> = token.splitn(5, '.').collect();
        let (number, join, given_at, since, code) = match parts[..] {
            [number, join, given_at, since, code] => (number, join, given_at, Some(since), code),
            [number, join, given_at, code] => (number, join, given_at, None, code),
            _ => return None,
        };
        let code = URL_SAFE_NO_PAD.decode(code).ok()?;
        let since = since.map(str::parse).transpose().ok()?;
        let claim =
            Claim { number, join: join.parse().ok()?, given_at: Millis(given_at.parse().ok()?), since };
        muster.master.verify(SEAT_PURPOSE, claim.text(group).as_bytes(), &code).then_some(claim)
    }
}

impl ChatRules<'_> {
    /// The token by which a participant comes back to its seat. It is good for as long as rooms are kept open, and ends with
    /// the membership.
    #[must_use]
    pub fn seat(&self, participant: &Participant) -> String {
        let claim = Claim {
            number: participant.number.as_str(),
            join: participant.member.number,
            given_at: self.0.now(),
            since: Some(participant.since),
        };
        claim.token(self.0, &participant.group)
    }

    /// The group whose invite a code is or once was: whoever is in the group stays in it when the link ends.
    ///
    /// # Errors
    /// [`Error::NoInvite`], or the store's.
    pub async fn group_behind(&self, code: &str) -> Result<ChatGroup> {
        let invite = self.invite(code).await?;
        self.0.store.records().chat_group(&invite.at).await?.ok_or(Error::NoInvite)
    }

    /// Whoever comes back to a seat in a group; `None` when the token is none of this group's, or its time is over.
    ///
    /// # Errors
    /// [`Error::Removed`] and [`Error::NotMember`] when the membership has ended, or the store's.
    pub async fn seated(&self, group: ChatGroup, token: &str) -> Result<Option<Participant>> {
        let Some(claim) = Claim::of(token, self.0, &group) else { return Ok(None) };
        if self.0.now() - claim.given_at >= self.0.limits.chat_seat_millis {
            return Ok(None);
        }
        let Ok(number) = PhoneNumber::new(claim.number) else { return Ok(None) };
        let user = user_of(&number)?;
        match membership(&*self.0.store, &group.at, &user).await? {
            Some(member) if member.number == claim.join => {
                Ok(Some(Participant::new(group, number, member, claim.since.unwrap_or_default())))
            }
            _ => Err(match self.0.store.records().removal(&group.at, &number).await? {
                Some(_) => Error::Removed(number),
                None => Error::NotMember(user),
            }),
        }
    }

    /// Who is in the participant's group, in the order of joining, as far as a room shows them, and how many they are.
    ///
    /// # Errors
    /// The store's.
    pub async fn present(&self, participant: &Participant) -> Result<Page<Member>> {
        let query = PageQuery { order: Order::Ascending, window: Window { skip: 0, limit: SHOWN } };
        Ok(self.0.store.roster_page(&participant.group.at, query).await?)
    }

    /// A message that a participant sees: one of its group, or one between the group's number and the participant alone.
    ///
    /// # Errors
    /// The store's.
    pub async fn seen(&self, participant: &Participant, id: &MessageId) -> Result<Option<ChatMessage>> {
        let Participant { group, number, .. } = participant;
        let found = self.0.store.records().chat_message(&group.at.app, id).await?;
        let is_seen = |message: &ChatMessage| match &message.conversation {
            Conversation::Group(of) => *of == group.at.group,
            Conversation::Person(with) => with == number && message.number == group.number,
        };
        Ok(found.filter(is_seen))
    }

    /// Fetches a picture that a message names, for those who may see it: they do not show themselves to whoever keeps it.
    /// What is at the address is not looked at.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn fetch_linked(
        &self,
        url: &str,
        most_bytes: usize,
    ) -> std::result::Result<Answered, CallFault> {
        let call = Call { time: Some(LINKED_TIME), answer_bytes: Some(most_bytes), ..Call::get(url) };
        self.0.outbound.call(call).await
    }

    /// A bell that rings when something may have been said to the participant by way of this node. What is said by way of
    /// another one rings none: whoever waits looks from time to time as well.
    #[must_use]
    pub fn bell(&self, participant: &Participant) -> Bell<'_> {
        Bell(self.0.bells.hear(&participant.group, &participant.number))
    }

    /// What was said to a participant, by place. What the business said is delivered by that.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(
        &self,
        participant: &Participant,
        stretch: Stretch,
        limit: usize,
    ) -> Result<Vec<(Place, ChatMessage)>> {
        let Participant { group, number, .. } = participant;
        let since = participant.since();
        let found = self.0.store.records().conversation(group, number, since, stretch, limit).await?;
        let arrived = |message: &&ChatMessage| message.status.may_become(MessageStatus::Delivered);
        let arrived: Vec<_> = found.iter().map(|(_, message)| message).filter(arrived).cloned().collect();
        if !arrived.is_empty() {
            let noted = async move |hands: Hands| {
                for message in arrived {
                    step(&hands, &message, MessageStatus::Delivered, None).await?;
                }
                Ok(Done::untold(()))
            };
            self.0.change(noted).await?;
        }
        Ok(found)
    }

    /// Where the first message of a stretch stands, if there is any: a look ahead, by which nothing is delivered.
    ///
    /// # Errors
    /// The store's.
    pub async fn peek(&self, participant: &Participant, stretch: Stretch) -> Result<Option<Place>> {
        let Participant { group, number, .. } = participant;
        let since = participant.since();
        let found = self.0.store.records().conversation(group, number, since, stretch, 1).await?;
        Ok(found.first().map(|(place, _)| *place))
    }

    /// Where a message stands that a participant sees.
    ///
    /// # Errors
    /// The store's.
    pub async fn place_of(&self, participant: &Participant, id: &MessageId) -> Result<Option<Place>> {
        match self.seen(participant, id).await? {
            Some(message) => Ok(self.0.store.records().chat_message_place(&message.channel, id).await?),
            None => Ok(None),
        }
    }

    /// What decides the signs at messages that a participant sees, and what is pinned in its group: the reactions to the
    /// messages, and the pins that may hold still, in the order of their places.
    ///
    /// # Errors
    /// The store's.
    pub async fn acts(
        &self,
        participant: &Participant,
        messages: &[MessageId],
    ) -> Result<Vec<(Place, ChatMessage)>> {
        let (records, at) = (self.0.store.records(), &participant.group.at);
        let mut acts = records.reactions(&at.app, messages, LOOKED_AT).await?;
        acts.extend(records.pins(at, self.0.now() - LONGEST_PIN_MILLIS, LOOKED_AT).await?);
        acts.sort_by_key(|(place, _)| *place);
        Ok(acts)
    }

    /// A participant writes something in its group, which may answer a message there.
    ///
    /// # Errors
    /// [`Error::GroupInactive`] when the group is not in use, [`Error::NoMessage`] when what is answered is not in the
    /// group, [`Error::MessageTooLong`], [`Error::TooManyMessages`], [`Error::NoGroup`] and [`Error::NoChannel`] when one
    /// went meanwhile, or the store's.
    pub async fn write(
        &self,
        participant: &Participant,
        text: &str,
        reply_to: Option<MessageId>,
    ) -> Result<ChatMessage> {
        let Participant { group, number, member, .. } = participant;
        if !group.status.is_open() {
            return Err(Error::GroupInactive(group.at.group.clone()));
        }
        if let Some(id) = &reply_to {
            let found = self.answered(group, Some(MessageName::Ours(id.clone()))).await?;
            found.ok_or_else(|| Error::NoMessage(id.clone()))?;
        }
        let said = Said {
            number: number.clone(),
            name: member.info.as_deref().map(str::to_owned),
            content: Content::Text(text.to_owned()),
            reply_to,
            provider_id: None,
        };
        self.take(group.clone(), said, Some(self.0.limits.chat_messages_per_minute)).await
    }

    /// A participant leaves its group, and may join again.
    ///
    /// # Errors
    /// The store's.
    pub async fn go(&self, participant: Participant) -> Result<()> {
        let Participant { group, number, .. } = participant;
        let left = async move |hands: Hands| {
            Ok(Done::told((), leave(&hands, &group.at, &number, ChatGroupDeed::Left).await?))
        };
        self.0.change(left).await
    }
}

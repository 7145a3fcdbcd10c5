//! What holds among the messages of a room besides their own text: the signs at them, what is pinned, and what those say that
//! others answer.

use std::collections::{BTreeMap, HashMap};

use muster_core::{
    chat_message::{ChatMessage, Content, Place},
    error::Error,
    id::MessageId,
    service::Participant,
    time::Millis,
};

use super::Rooms;

const MILLIS_PER_DAY: i64 = 86_400_000;

/// What holds at a moment.
#[derive(Default)]
pub(super) struct Standing {
    known: HashMap<MessageId, ChatMessage>,
    /// By message, and by who gave it; the business has no number.
    signs: HashMap<MessageId, BTreeMap<Option<String>, String>>,
    /// What was pinned last stands first.
    pins: Vec<MessageId>,
}

impl Standing {
    /// What these messages, in their order, come to at a moment.
    fn at(now: Millis, said: &[(Place, ChatMessage)]) -> Self {
        let mut standing = Self::default();
        for (_, message) in said {
            match &message.content {
                Content::Reaction { message: to, sign } => {
                    let signs = standing.signs.entry(to.clone()).or_default();
                    let giver = message.person().map(|number| number.as_str().to_owned());
                    match sign {
                        Some(sign) => drop(signs.insert(giver, sign.clone())),
                        None => drop(signs.remove(&giver)),
                    }
                }
                Content::Pin { message: to, days } => {
                    standing.pins.retain(|pinned| pinned != to);
                    let holds = |days| message.at.0 + i64::from(u32::from(days)) * MILLIS_PER_DAY > now.0;
                    if days.is_some_and(holds) {
                        standing.pins.insert(0, to.clone());
                    }
                }
                _ => {}
            }
            standing.known.insert(message.id.clone(), message.clone());
        }
        standing
    }

    /// What holds now at these messages and in their group, whenever it was done; with what is pinned or answered and was said
    /// long before.
    pub(super) async fn of(
        rooms: &Rooms,
        participant: &Participant,
        said: &[(Place, ChatMessage)],
    ) -> Result<Self, Error> {
        let signed = said.iter().filter_map(|(_, message)| match &message.content {
            Content::Reaction { message: to, .. } => Some(to),
            _ => None,
        });
        let about: Vec<_> = said.iter().map(|(_, message)| &message.id).chain(signed).cloned().collect();
        let acts = rooms.muster.chats().acts(participant, &about).await?;
        let mut standing = Self::at(rooms.muster.now(), &acts);
        standing.known.extend(said.iter().map(|(_, message)| (message.id.clone(), message.clone())));
        let answered = said.iter().filter_map(|(_, message)| message.reply_to.as_ref());
        let named: Vec<_> = standing.pins.iter().chain(answered).chain(&about).cloned().collect();
        for id in named {
            standing.learn(rooms, participant, &id).await?;
        }
        standing.pins.retain(|id| standing.known.contains_key(id));
        Ok(standing)
    }

    /// Looks up a message that the participant may see, where it is not known.
    pub(super) async fn learn(
        &mut self,
        rooms: &Rooms,
        participant: &Participant,
        id: &MessageId,
    ) -> Result<(), Error> {
        if !self.known.contains_key(id)
            && let Some(message) = rooms.muster.chats().seen(participant, id).await?
        {
            self.known.insert(id.clone(), message);
        }
        Ok(())
    }

    /// A message, if it is known.
    pub(super) fn message(&self, id: &MessageId) -> Option<&ChatMessage> {
        self.known.get(id)
    }

    /// The signs at a message, and how many gave each.
    pub(super) fn signs(&self, id: &MessageId) -> BTreeMap<&str, usize> {
        let mut counted = BTreeMap::new();
        for sign in self.signs.get(id).into_iter().flat_map(BTreeMap::values) {
            *counted.entry(&**sign).or_insert(0) += 1;
        }
        counted
    }

    /// What is pinned, the latest first.
    pub(super) fn pinned(&self) -> impl Iterator<Item = &ChatMessage> {
        self.pins.iter().filter_map(|id| self.known.get(id))
    }
}

#[cfg(test)]
mod tests {
    use muster_core::{
        chat::PhoneNumber,
        chat_message::{Author, Conversation, MessageStatus, PinDays},
        id::{AppId, GroupId},
    };

    use super::*;

    fn id(text: &str) -> MessageId {
        MessageId::new(text).unwrap()
    }

    fn said(place: Place, name: &str, author: Author, content: Content) -> (Place, ChatMessage) {
        let message = ChatMessage {
            id: id(name),
            channel: AppId::new("channel").unwrap(),
            number: PhoneNumber::new("8613800138000").unwrap(),
            conversation: Conversation::Group(GroupId::new("group").unwrap()),
            author,
            content,
            reply_to: None,
            task: None,
            status: MessageStatus::Sent,
            fault: None,
            provider_id: None,
            at: Millis(place * MILLIS_PER_DAY),
        };
        (place, message)
    }

    fn sign(to: &str, sign: Option<&str>) -> Content {
        Content::Reaction { message: id(to), sign: sign.map(str::to_owned) }
    }

    fn pin(to: &str, days: Option<u32>) -> Content {
        Content::Pin { message: id(to), days: days.map(|days| PinDays::try_from(days).unwrap()) }
    }

    #[test]
    fn each_gives_a_message_one_sign_and_may_take_it_back() {
        let ann = || Author::Person { number: PhoneNumber::new("491600000001").unwrap(), name: None };
        let told = [
            said(1, "a", Author::Business, Content::Text("hello".into())),
            said(2, "b", Author::Business, sign("a", Some("👍"))),
            said(3, "c", ann(), sign("a", Some("👍"))),
            said(4, "d", Author::Business, sign("a", Some("🎉"))),
        ];
        let standing = Standing::at(Millis(0), &told);
        assert_eq!(standing.signs(&id("a")).into_iter().collect::<Vec<_>>(), [("🎉", 1), ("👍", 1)]);
        let back = [told, [5, 6, 7, 8].map(|place| said(place, "e", ann(), sign("a", None)))].concat();
        assert_eq!(Standing::at(Millis(0), &back).signs(&id("a")).len(), 1);
    }

    #[test]
    fn what_is_pinned_holds_for_its_days_and_until_it_is_let_go() {
        let told = [
            said(1, "a", Author::Business, Content::Text("one".into())),
            said(2, "b", Author::Business, Content::Text("two".into())),
            said(3, "c", Author::Business, pin("a", Some(7))),
            said(4, "d", Author::Business, pin("b", Some(1))),
        ];
        let pinned = |day: i64, told: &[(Place, ChatMessage)]| {
            let standing = Standing::at(Millis(day * MILLIS_PER_DAY), told);
            standing.pinned().map(|message| message.id.as_str().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(pinned(4, &told), ["b", "a"]);
        assert_eq!(pinned(5, &told), ["a"]);
        assert_eq!(pinned(10, &told), [""; 0]);
        let unpinned = [&told[..], &[said(5, "e", Author::Business, pin("a", None))]].concat();
        assert_eq!(pinned(4, &unpinned), ["b"]);
    }
}

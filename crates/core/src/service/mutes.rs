//! Who may not talk in a group: muting, lifting it, and asking.
//!
//! The whole state of a group's mutes is small and bounded, so a change is told as all that holds after it: whoever hears
//! one notice, however late, knows everything. Two changes at once are made one after the other: whoever comes second
//! begins anew with what the first has left.

mod known;

use std::sync::Arc;

pub(super) use self::known::{KnownMutes, MuteListener};
use super::{
    Hands, KnownGroup, Muster, OpenGroup, Visit,
    change::{Done, published},
    system::{Addressed, Announcement, Audience},
};
use crate::{
    error::{Error, Result},
    event::Happened,
    id::{GroupRef, UserId},
    message::{Event, Sender, StreamRef},
    mute::{GroupMutes, MuteChange, Silence},
    store::{MutesChanged, Store, StoreError, StreamEvent},
    time::Millis,
};

/// How often a change is begun anew when others come before it.
const ATTEMPTS: usize = 16;
/// How long users of generation 1 are muted when nobody says how long, in seconds (documented: 86,400).
const MUTE_SECONDS: u32 = 86_400;

/// The rules of mutes.
#[derive(Clone, Copy)]
pub struct MuteRules<'a>(pub(super) &'a Muster);

impl MuteRules<'_> {
    /// What holds in a group, as it is stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(&self, group: &KnownGroup) -> Result<GroupMutes> {
        Ok(self.0.store.records().group_mutes(&group.at).await?.1)
    }

    /// What holds in a group, as this node knows it: a change on another node that could not be told is known three
    /// seconds later at most.
    ///
    /// # Errors
    /// The store's.
    pub async fn known(&self, group: &KnownGroup) -> Result<Arc<GroupMutes>> {
        let (muster, steady) = (self.0, self.0.clock.steady());
        if let Some(mutes) = muster.mutes.get(&group.at, steady) {
            return Ok(mutes);
        }
        let ticket = muster.mutes.ticket();
        let mutes = Arc::new(self.of(group).await?);
        muster.mutes.fill(&group.at, &mutes, steady, ticket);
        Ok(mutes)
    }

    /// What is known of a group's mutes may be out of date: it is read anew when it is asked for.
    pub fn forget(&self, group: &GroupRef) {
        self.0.mutes.forget(group);
    }

    /// When a mute of generation 1 ends that begins now and lasts `seconds`; 0 is the documented day.
    #[must_use]
    pub fn ends(&self, seconds: u32) -> Millis {
        let seconds = if seconds == 0 { MUTE_SECONDS } else { seconds };
        self.0.now() + i64::from(seconds) * 1_000
    }

    /// Refuses a member that may not talk now. Whoever runs the group may always.
    pub(super) async fn demand_voice(&self, visit: &Visit<'_>) -> Result<()> {
        let user = visit.login().user();
        if visit.runs_it() || !self.known(visit.group()).await?.silences(user, self.0.now()) {
            return Ok(());
        }
        Err(Error::Muted(user.clone()))
    }

    /// What holds in a group, for a user who runs it.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or the store's.
    pub async fn list_for(&self, visit: &Visit<'_>) -> Result<GroupMutes> {
        visit.demand_right()?;
        self.of(visit.group()).await
    }

    /// How each of these users is muted in a group, in their order. Whoever runs it is not.
    ///
    /// # Errors
    /// The store's.
    pub async fn silences(&self, group: &OpenGroup, users: &[UserId]) -> Result<Vec<Silence>> {
        let (mutes, now) = (self.of(group).await?, self.0.now());
        let silence = |user: &UserId| match group.is_run_by(user) {
            true => Silence::default(),
            false => mutes.silence(user, now),
        };
        Ok(users.iter().map(silence).collect())
    }

    /// The users of a group that are muted one by one, by id. Whoever asks is its creator, if that is said.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or the store's.
    pub async fn list_as(&self, group: &OpenGroup, by: Option<&UserId>) -> Result<Vec<UserId>> {
        if let Some(by) = by.filter(|by| group.creator.as_ref() != Some(by)) {
            return Err(Error::NotAllowed(by.clone()));
        }
        Ok(self.of(group).await?.muted(self.0.now()).cloned().collect())
    }

    /// The operator changes who may talk in a group. Everybody in it is told; where nothing changes, nobody.
    ///
    /// # Errors
    /// [`Error::TooManyMutes`], [`Error::GroupDeleted`], or the store's.
    pub async fn change(&self, group: &OpenGroup, change: MuteChange) -> Result<()> {
        self.make(group, change, None).await
    }

    /// A logged-in user who runs the group changes who may talk in it. In generation 1 the system tells `audience`.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], and those of [`change`](Self::change).
    pub async fn change_by(&self, visit: &Visit<'_>, change: MuteChange, audience: Audience) -> Result<()> {
        visit.demand_right()?;
        let (login, group) = (visit.login(), visit.group());
        self.make(group, change, Announcement::of(group, login.as_sender(), audience)).await
    }

    /// The operator changes who may talk in a group of generation 1, in the name of its creator. The system tells
    /// `audience`.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] when `by` has not made the group, and those of [`change`](Self::change).
    pub async fn change_as(
        &self,
        group: &OpenGroup,
        by: &UserId,
        change: MuteChange,
        audience: Audience,
    ) -> Result<()> {
        if group.creator.as_ref() != Some(by) {
            return Err(Error::NotAllowed(by.clone()));
        }
        let sender = Sender { user: by.clone(), info: None };
        self.make(group, change, Announcement::of(group, sender, audience)).await
    }

    async fn make(
        &self,
        group: &OpenGroup,
        change: MuteChange,
        announcement: Option<Announcement>,
    ) -> Result<()> {
        let (muster, at, now) = (self.0, group.at.clone(), self.0.now());
        let system = match announcement {
            Some(announcement) => announcement.events(muster, told(&change), now)?,
            None => Vec::new(),
        };
        let bound = muster.limits.mutes_per_group;
        let known = Arc::clone(&muster.mutes);
        muster
            .change(async move |hands: Hands| {
                let done = make(&hands, &at, &change, (bound, system), now).await;
                // Also when it failed: it may have been made.
                known.forget(&at);
                done
            })
            .await
    }
}

/// What the system says of a change, each with the user whom it is about.
fn told(change: &MuteChange) -> Vec<Addressed> {
    match change {
        MuteChange::Mute { users, .. } => {
            users.iter().map(|user| Addressed::to(user, Happened::UserMuted(user.clone()))).collect()
        }
        MuteChange::Unmute { users } => {
            users.iter().map(|user| Addressed::to(user, Happened::UserUnmuted(user.clone()))).collect()
        }
        MuteChange::MuteEverybody { .. } => vec![Addressed::to_sender(Happened::GroupMuted)],
        MuteChange::UnmuteEverybody => vec![Addressed::to_sender(Happened::GroupUnmuted)],
        MuteChange::Set { .. } => Vec::new(),
    }
}

/// Makes a change together with what is told of it, and begins anew when another one was made meanwhile.
async fn make(
    hands: &Hands,
    at: &GroupRef,
    change: &MuteChange,
    (bound, system): (usize, Vec<StreamEvent>),
    now: Millis,
) -> Result<Done<()>> {
    for _ in 0..ATTEMPTS {
        let (seen, mutes) = hands.store.records().group_mutes(at).await?;
        let next = mutes.after(change, now);
        if next.users.len() > bound && next.users.len() > mutes.users.len() {
            return Err(Error::TooManyMutes(bound));
        }
        if next == mutes {
            return Ok(Done::untold(()));
        }
        let steps = mutes.steps_to(&next);
        let event = Arc::new(Event::MutesChanged(next));
        let mut events = vec![StreamEvent { stream: StreamRef::Group(at.clone()), event, at: now }];
        events.extend(system.iter().cloned());
        let also = hands.with(&events);
        match hands.store.records().change_mutes(at, seen, steps, now, also).await {
            Ok(MutesChanged::Done(positions)) => return Ok(Done::told((), published(events, positions))),
            Ok(MutesChanged::Overtaken) => {}
            Ok(MutesChanged::NoGroup) => return Err(Error::GroupDeleted(at.group.clone())),
            Err(error) => return Err(told_of_deletion(&*hands.store, at, error).await),
        }
    }
    Err(StoreError::Unavailable("too many change the mutes of one group at once".to_owned()).into())
}

/// A deleted group's stream takes nothing any more, so the change failed: what its caller is told then.
async fn told_of_deletion(store: &dyn Store, at: &GroupRef, error: StoreError) -> Error {
    match store.group(at).await {
        Ok(Some(group)) if group.deletion.is_some() => Error::GroupDeleted(at.group.clone()),
        _ => error.into(),
    }
}

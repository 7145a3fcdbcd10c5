//! What the system says when the operator begins or ends a membership of a group of generation 1.
//!
//! It is told once, with the figures after it, and not stored: a group that thousands enter would fill its stream with who
//! came and went, and whoever returns reads the roster.

use super::{
    Muster, OpenGroup,
    change::Hands,
    system::{Announcement, Audience, Once},
};
use crate::{
    bus::Notice,
    error::Result,
    event::{GroupFigures, Happened},
    id::{GroupRef, UserId},
    message::Sender,
    store::StoreResult,
    time::Millis,
};

/// Who hears of a membership that the operator begins or ends, and what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    /// Who. The others in the group see the change of its members when all hear it.
    pub audience: Audience,
    /// Whether the group's figures are told with it.
    pub figures: bool,
}

impl Telling {
    /// Everybody in the group hears it.
    pub const GROUP: Self = Self { audience: Audience::Group, figures: false };

    /// Whether the others see the change of the members.
    pub(super) fn others(self) -> bool {
        self.audience == Audience::Group
    }
}

/// What the system is to say of a membership.
pub(super) struct Herald {
    once: Once,
    at: GroupRef,
    figures: bool,
    now: Millis,
}

impl Herald {
    /// `None` where nobody is to hear it, or the generation has no such messages.
    pub(super) fn of(
        muster: &Muster,
        group: &OpenGroup,
        user: &UserId,
        telling: Telling,
    ) -> Result<Option<Self>> {
        let sender = Sender { user: user.clone(), info: None };
        let Some(announcement) = Announcement::of(group, sender, telling.audience) else { return Ok(None) };
        let (at, figures, now) = (group.at.clone(), telling.figures, muster.now());
        Ok(Some(Self { once: announcement.once(muster)?, at, figures, now }))
    }
}

/// What is told of a membership, after it has begun or ended. Figures that cannot be read now are left out: what was done
/// is done.
pub(super) async fn heralded(
    herald: Option<Herald>,
    hands: &Hands,
    what: impl FnOnce(Option<GroupFigures>) -> Happened,
) -> Option<Notice> {
    let Herald { once, at, figures: wanted, now } = herald?;
    let figures = if wanted { figures(hands, &at).await.ok() } else { None };
    Some(once.notice(what(figures), now))
}

async fn figures(hands: &Hands, at: &GroupRef) -> StoreResult<GroupFigures> {
    // Before the joins, which are never fewer.
    let visitors = hands.store.visitors(at).await?;
    let tally = hands.store.tally(at).await?;
    let (_, mutes) = hands.store.records().group_mutes(at).await?;
    Ok(GroupFigures {
        views: tally.views,
        visitors,
        online: tally.online,
        likes: tally.likes,
        muted: mutes.everybody,
    })
}

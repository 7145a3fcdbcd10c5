//! The rules, by noun. [`Muster`] holds what they need; `muster.groups()` and its like are the rules of one noun.

mod accounts;
mod apps;
mod chats;
mod groups;
mod login_parts;
mod logins;
mod messages;
mod retention;
mod rolls;

pub use accounts::{AccountRules, NewAccount, NewKey, key_purpose, open_secret};
pub use apps::{AppRules, AppScope, NewApp};
pub use chats::{ChatRules, NewChatGroup};
pub use groups::{GroupMade, GroupRules, NewGroup};
pub use logins::{AccessToken, Login, LoginClaim, LoginError, LoginRules, Refusal};
pub use messages::{MessageRules, NewMessage, Sent, Storage};
pub use retention::Sweeper;
pub use rolls::{Entrance, RollRules};

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    bus::{Bus, Notice},
    error::Result,
    id::NodeId,
    limits::Limits,
    random::Random,
    seal::MasterKey,
    store::{Departed, Store},
    time::{Clock, Millis},
};

/// Memberships of a lost node that are ended in one transaction: short enough not to hold up those who join.
const REAPED_AT_ONCE: usize = 1_000;

/// What the domain stands on.
pub struct Muster {
    /// Where things last.
    pub store: Arc<dyn Store>,
    /// How other nodes hear of them.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The key that secrets are sealed under.
    pub master: Arc<MasterKey>,
    /// Bounds.
    pub limits: Limits,
    /// This process among the nodes.
    pub node: Node,
}

/// The id under which this process holds sessions. It changes when the process has been away for so long that the
/// others have ended its sessions.
#[derive(Debug)]
pub struct Node(RwLock<NodeId>);

impl Node {
    /// A node of this id.
    #[must_use]
    pub fn new(id: NodeId) -> Self {
        Self(RwLock::new(id))
    }

    /// The id to tie new sessions to.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes on under another id.
    pub fn rename(&self, id: NodeId) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = id;
    }
}

impl Muster {
    /// The rules of accounts, users, keys and policies.
    #[must_use]
    pub fn accounts(&self) -> AccountRules<'_> {
        AccountRules(self)
    }

    /// The rules of applications.
    #[must_use]
    pub fn apps(&self) -> AppRules<'_> {
        AppRules(self)
    }

    /// The rules of groups.
    #[must_use]
    pub fn groups(&self) -> GroupRules<'_> {
        GroupRules(self)
    }

    /// The rules of rosters: joining, leaving, listing.
    #[must_use]
    pub fn rolls(&self) -> RollRules<'_> {
        RollRules(self)
    }

    /// The rules of messages and streams.
    #[must_use]
    pub fn messages(&self) -> MessageRules<'_> {
        MessageRules(self)
    }

    /// The rules of logins and their tokens.
    #[must_use]
    pub fn logins(&self) -> LoginRules<'_> {
        LoginRules(self)
    }

    /// The rules of customer groups.
    #[must_use]
    pub fn chats(&self) -> ChatRules<'_> {
        ChatRules(self)
    }

    fn now(&self) -> Millis {
        self.clock.now()
    }

    /// What work needs that is [carried out](crate::caller::carry_out) whoever goes away.
    fn hands(&self) -> Hands {
        Hands { store: Arc::clone(&self.store), bus: Arc::clone(&self.bus) }
    }

    async fn tell(&self, notice: Notice) {
        tell(&*self.bus, notice).await;
    }
}

/// A store to change and a bus to tell it over, for work that outlives its caller.
struct Hands {
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
}

impl Hands {
    async fn tell(&self, notice: Notice) {
        tell(&*self.bus, notice).await;
    }
}

/// Tells a notice whose loss changes nothing that was promised: the fact behind it is stored, or was never meant to
/// last. A bus that is down must not turn a done deed into a failed call; it logs itself that it is down.
async fn tell(bus: &dyn Bus, notice: Notice) {
    if let Err(error) = bus.publish(notice).await {
        tracing::debug!(%error, "a notice did not reach the other nodes");
    }
}

/// Ends a part of what nodes held that are gone, and tells who left; whether there is more to end.
///
/// # Errors
/// The store's.
pub async fn reap(muster: &Muster) -> Result<bool> {
    let reaped = muster.store.reap(REAPED_AT_ONCE).await?;
    for Departed { group, user } in reaped.departed {
        let notice = match user {
            Some(user) => Notice::Left { group, user },
            None => Notice::Recounted { group },
        };
        muster.tell(notice).await;
    }
    Ok(reaped.more)
}

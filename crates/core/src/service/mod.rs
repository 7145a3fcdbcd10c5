//! The rules, by noun. [`Muster`] holds what they need; `muster.groups()` and its like are the rules of one noun.
//!
//! A rule takes no address that anybody could write. It takes what proves that the caller may: an [`OpenApp`] comes only
//! from the caller's scope and an id, an [`OpenGroup`] only from an open application and an id, a [`Login`] only from a
//! good token, a [`Visit`] only from a login. They hold what was read, so that no rule reads it again.
//!
//! ```text
//! AppScope + AppId ──▶ KnownApp ──▶ OpenApp ──▶ KnownGroup ──▶ OpenGroup
//! token ─────────────────────────▶ Login ─────────────────────▶ Visit
//! account + channel + number ────▶ OpenNumber ──▶ OpenChatGroup
//! ```
//!
//! Nobody else makes one:
//!
//! ```compile_fail,E0423
//! use std::sync::Arc;
//! use muster_core::{app::App, service::KnownApp};
//!
//! fn forged(app: Arc<App>) -> KnownApp {
//!     KnownApp(app)
//! }
//! ```
//!
//! ```compile_fail,E0451
//! use muster_core::{id::UserId, service::{Login, OpenApp}};
//!
//! fn forged(app: OpenApp, user: UserId) -> Login {
//!     Login { app, user, admin: true, info: None }
//! }
//! ```
//!
//! What the server does for nobody in particular has rules of its own: [`DeliveryRules`], [`NodeRules`], [`Sweeper`];
//! and what whoever runs it sees, [`OperatorRules`].

mod accounts;
mod acknowledgements;
mod apps;
mod audit;
mod bells;
mod change;
mod chat_channels;
mod chat_events;
mod chat_files;
mod chat_groups;
mod chat_messages;
mod chat_news;
mod chat_rooms;
mod chats;
mod comings;
mod delivery;
mod groups;
mod history;
mod likes;
mod login_parts;
mod logins;
mod messages;
mod moderation;
mod mutes;
mod nodes;
mod operator;
mod outbox;
mod recall;
mod retention;
mod roles;
mod rosters;
mod some_members;
mod system;
mod user_messages;

pub use accounts::{AccountRules, NewAccount, NewKey, key_purpose, open_secret};
pub use apps::{AppRules, AppScope, AppSearch, KnownApp, NewApp, OpenApp};
pub use chat_files::FileFault;
pub use chat_groups::{Admittance, NewChatGroup, NewFace};
pub use chat_messages::{NewChatMessage, Recipient};
pub use chat_rooms::{Bell, Participant};
pub use chats::{ChatRules, Invitation, OpenChannel, OpenChatGroup, OpenNumber};
pub use comings::Telling;
pub use delivery::DeliveryRules;
pub use groups::{GroupMade, GroupRules, KnownGroup, NewGroup, OpenGroup, Visit};
pub use history::MAX_RECENT;
pub use logins::{AccessToken, Login, LoginClaim, LoginError, LoginRules, Refusal, Standing};
pub use messages::{MemberMessage, MessageRules, OperatorMessage, Sent, Speaker, Storage};
pub use moderation::ModerationRules;
pub use mutes::MuteRules;
pub use nodes::NodeRules;
pub use operator::OperatorRules;
pub use outbox::{DueCall, OutboxBounds, OutboxRules};
pub use retention::Sweeper;
pub use roles::{DEFAULT_SESSION_SECONDS, MAX_SESSION_SECONDS};
pub use rosters::{Entrance, RosterRules};
pub use some_members::{MemberWord, MembersMessage};
pub use system::Audience;
pub use user_messages::{OperatorWord, UserWord};

use std::{sync::Arc, time::Duration};

use crate::{
    bus::{Bus, Listener},
    channel::{ChatChannel, LocalChannel},
    error::Result,
    figure::Figure,
    id::NodeId,
    limits::Limits,
    moderation::Auditor,
    outbound::Outbound,
    random::Random,
    seal::MasterKey,
    store::Store,
    time::{Clock, Millis},
};
use acknowledgements::{AcknowledgementListener, Awaited};
use audit::Audits;
use bells::Bells;
use change::Hands;
use moderation::WordLists;
use mutes::{KnownMutes, MuteListener};
use nodes::NodeName;
use outbox::OutboxState;

/// What the domain stands on, given to it at the start.
pub struct Dependencies {
    /// Where things last.
    pub store: Arc<dyn Store>,
    /// How other nodes hear of them.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// How addresses that users choose are called.
    pub outbound: Arc<dyn Outbound>,
    /// What asks the moderation services that applications name.
    pub auditor: Arc<dyn Auditor>,
    /// The key that secrets are sealed under.
    pub master: Arc<MasterKey>,
    /// Bounds.
    pub limits: Limits,
    /// This process among the nodes, at first.
    pub node: NodeId,
}

/// The domain. What it stands on is reached by its rules alone.
pub struct Muster {
    store: Arc<dyn Store>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    outbound: Arc<dyn Outbound>,
    master: Arc<MasterKey>,
    limits: Limits,
    node: NodeName,
    mutes: Arc<KnownMutes>,
    awaited: Arc<Awaited>,
    word_lists: WordLists,
    auditor: Arc<dyn Auditor>,
    audits: Audits,
    outbox: Arc<OutboxState>,
    /// What carries the customer groups of all channels: there is one kind.
    channel: Arc<dyn ChatChannel>,
    /// Who waits for what is said in customer groups.
    bells: Arc<Bells>,
}

impl Muster {
    /// The domain on this ground.
    #[must_use]
    pub fn new(on: Dependencies) -> Self {
        let Dependencies { store, bus, clock, random, outbound, auditor, master, limits, node } = on;
        bus.named(&node);
        let mutes = Arc::new(KnownMutes::default());
        bus.listen(Arc::new(MuteListener(Arc::clone(&mutes))));
        let awaited = Arc::<Awaited>::default();
        bus.listen(Arc::new(AcknowledgementListener(Arc::clone(&awaited))));
        let channel = Arc::new(LocalChannel::new(Arc::clone(&random)));
        Self {
            store,
            bus,
            clock,
            random,
            outbound,
            master,
            audits: Audits::new(limits.moderation),
            limits,
            node: NodeName::new(node),
            mutes,
            awaited,
            word_lists: WordLists::default(),
            auditor,
            outbox: Arc::default(),
            channel,
            bells: Arc::default(),
        }
    }

    /// The rules of accounts, users, roles, keys and policies.
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
    pub fn rosters(&self) -> RosterRules<'_> {
        RosterRules(self)
    }

    /// The rules of messages and streams.
    #[must_use]
    pub fn messages(&self) -> MessageRules<'_> {
        MessageRules(self)
    }

    /// The rules of mutes: who may not talk.
    #[must_use]
    pub fn mutes(&self) -> MuteRules<'_> {
        MuteRules(self)
    }

    /// The rules of what messages may not say.
    #[must_use]
    pub fn moderation(&self) -> ModerationRules<'_> {
        ModerationRules(self)
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

    /// The rules of this node's lease, and of what other nodes leave behind.
    #[must_use]
    pub fn nodes(&self) -> NodeRules<'_> {
        NodeRules(self)
    }

    /// What the server does by itself to deliver, for nobody in particular.
    #[must_use]
    pub fn delivery(&self) -> DeliveryRules<'_> {
        DeliveryRules(self)
    }

    /// The rules of callbacks that applications are owed.
    #[must_use]
    pub fn outbox(&self) -> OutboxRules<'_> {
        OutboxRules(self)
    }

    /// What whoever runs the server may see of it, whoever owns it.
    #[must_use]
    pub fn operator(&self) -> OperatorRules<'_> {
        OperatorRules(self)
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// Randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// The bounds that the rules apply.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The key that secrets are sealed under.
    #[must_use]
    pub fn master(&self) -> &Arc<MasterKey> {
        &self.master
    }

    /// Has a listener told every notice that reaches this node, from now on.
    pub fn listen(&self, listener: Arc<dyn Listener>) {
        self.bus.listen(listener);
    }

    /// Whether the store can do its work now.
    ///
    /// # Errors
    /// Why it cannot.
    pub async fn ready(&self) -> Result<()> {
        Ok(self.store.ready().await?)
    }

    /// Why notices do not reach other nodes now; `None` while they do.
    #[must_use]
    pub fn bus_fault(&self) -> Option<String> {
        self.bus.fault()
    }

    /// What the store and the bus count about themselves.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let mut figures = self.store.figures();
        figures.extend(self.bus.figures());
        figures.extend(self.outbox.figures());
        figures.extend(self.audits.figures());
        figures
    }

    /// Removes some of what has outlived its keeping; see [`Sweeper::sweep`].
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self, sweeper: &mut Sweeper) -> Result<u64> {
        sweeper.files = self.limits.chat_file_millis;
        sweeper.sweep(&*self.store, &*self.clock).await
    }

    /// Hands over what waits for other nodes, within `deadline`, writes what is only in memory, and stops.
    ///
    /// # Errors
    /// The store's.
    pub async fn close(&self, deadline: Duration) -> Result<()> {
        self.bus.close(deadline).await;
        Ok(self.store.close().await?)
    }
}

//! What is between the nodes, and between a member and its node, in simulated time: it is slow, and while it is rough it
//! loses, doubles, overtakes and breaks.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use muster_core::{
    bus::{Bus, BusError, Letter, Listener, NoReceipt, Notice, Receipt},
    id::{GroupRef, NodeId},
    message::{Sequence, StreamRef},
    random::Random as _,
    testing::Seeded,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream},
    time::sleep,
};

/// A notice between two nodes is lost, or told twice, with these probabilities.
const LOST: f64 = 0.05;
const DOUBLED: f64 = 0.03;
/// How late a notice may be, in milliseconds.
const LATE: f64 = 300.0;
/// How long it may take a node to learn that it may have lost something, in milliseconds.
const UNAWARE: f64 = 4_000.0;
/// When a sender tells the position of what it has told once more.
const REMINDER: Duration = Duration::from_secs(1);
/// How late the bytes between a member and its node may be, in milliseconds, and how many come together at most.
pub(super) const SLOW: f64 = 20.0;
const TOGETHER: usize = 3_000;
/// How long a link lasts in the mean, in milliseconds.
const LIFETIME: f64 = 3_000.0;
/// How long a node may take a link for whole that is broken, in milliseconds.
const HALF_OPEN: f64 = 2_000.0;

/// Draws that are the same on every run with the same seed.
pub(super) struct Draws(Seeded);

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self(Seeded::new(seed))
    }

    /// A number from 0 to 1, 1 excluded.
    pub(super) fn share(&self) -> f64 {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    /// A time below so many milliseconds.
    pub(super) fn below(&self, millis: f64) -> Duration {
        Duration::from_secs_f64(self.share() * millis / 1_000.0)
    }

    /// A time that lasts so many milliseconds in the mean, and any time with some probability.
    pub(super) fn lasting(&self, millis: f64) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.share()).ln() * millis / 1_000.0)
    }

    /// A number below `many`.
    pub(super) fn one_of(&self, many: usize) -> usize {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        usize::try_from(u32::from_le_bytes(bytes)).unwrap() % many
    }
}

/// The network between nodes.
pub(super) struct Network {
    pub(super) draws: Draws,
    rough: AtomicBool,
    nodes: Vec<Node>,
}

#[derive(Default)]
struct Node {
    listeners: Mutex<Vec<Arc<dyn Listener>>>,
    /// Groups whose notices are wanted, and those whose notices arrive by now.
    wanted: Mutex<HashSet<GroupRef>>,
    arriving: Mutex<HashSet<GroupRef>>,
}

impl Node {
    fn each(&self, tell: impl Fn(&dyn Listener)) {
        let listeners = self.listeners.lock().unwrap().clone();
        listeners.iter().for_each(|listener| tell(&**listener));
    }

    fn hears_of(&self, stream: &StreamRef) -> bool {
        match stream {
            StreamRef::Group(group) => self.arriving.lock().unwrap().contains(group),
            StreamRef::User(..) => true,
        }
    }
}

impl Network {
    pub(super) fn new(seed: u64, nodes: usize) -> Arc<Self> {
        let nodes = std::iter::repeat_with(Node::default).take(nodes).collect();
        Arc::new(Self { draws: Draws::new(seed), rough: AtomicBool::new(true), nodes })
    }

    /// Loses and breaks nothing from now on. What is on its way is late still.
    pub(super) fn calm(&self) {
        self.rough.store(false, Ordering::SeqCst);
    }

    pub(super) fn is_rough(&self) -> bool {
        self.rough.load(Ordering::SeqCst)
    }

    /// Carries something to a node, unless it is lost: then the node learns some time that it may have lost something.
    fn carry(self: &Arc<Self>, to: usize, tell: impl Fn(&Node) + Clone + Send + 'static) {
        let fate = self.draws.share();
        if self.is_rough() && fate < LOST {
            let (network, unaware) = (Arc::clone(self), self.draws.below(UNAWARE));
            tokio::spawn(async move {
                sleep(unaware).await;
                network.nodes[to].each(|listener| listener.resumed());
            });
            return;
        }
        let copies = if self.is_rough() && fate < LOST + DOUBLED { 2 } else { 1 };
        for _ in 0..copies {
            let (network, tell, late) = (Arc::clone(self), tell.clone(), self.draws.below(LATE));
            tokio::spawn(async move {
                sleep(late).await;
                tell(&network.nodes[to]);
            });
        }
    }

    /// The node of this name.
    fn place_of(&self, name: &NodeId) -> Option<usize> {
        (0..self.nodes.len()).find(|place| *name == name_of(*place))
    }

    /// How long something is on its way that somebody waits for.
    async fn travel(&self, within: Duration) -> Result<(), NoReceipt> {
        if self.is_rough() && self.draws.share() < LOST {
            sleep(within).await;
            return Err(NoReceipt::Late);
        }
        sleep(self.draws.below(LATE)).await;
        Ok(())
    }

    fn others(&self, place: usize) -> impl Iterator<Item = usize> + use<> {
        (0..self.nodes.len()).filter(move |other| *other != place)
    }

    fn remind(self: &Arc<Self>, place: usize, stream: StreamRef, position: Sequence) {
        let network = Arc::clone(self);
        tokio::spawn(async move {
            sleep(REMINDER).await;
            for other in network.others(place) {
                let stream = stream.clone();
                network.carry(other, move |node| {
                    if node.hears_of(&stream) {
                        node.each(|listener| listener.reached(&stream, position));
                    }
                });
            }
        });
    }
}

/// What the node at a place is called.
pub(super) fn name_of(place: usize) -> NodeId {
    NodeId::new(&format!("n{place}")).unwrap()
}

/// The network as one node has it.
pub(super) struct NodeBus {
    pub(super) network: Arc<Network>,
    pub(super) place: usize,
}

impl NodeBus {
    fn node(&self) -> &Node {
        &self.network.nodes[self.place]
    }
}

/// The group whose nodes alone are told a notice; `None` when all are.
fn told_to(notice: &Notice) -> Option<&GroupRef> {
    match notice {
        Notice::Published { stream: StreamRef::Group(group), .. }
        | Notice::Joined { group, .. }
        | Notice::Left { group, .. }
        | Notice::Recounted { group } => Some(group),
        _ => None,
    }
}

#[async_trait]
impl Bus for NodeBus {
    async fn publish(&self, notice: Notice) -> Result<(), BusError> {
        self.node().each(|listener| listener.notice(&notice));
        if let Notice::Published { stream, sequence: Some(position), .. } = &notice {
            self.network.remind(self.place, stream.clone(), *position);
        }
        let notice = Arc::new(notice);
        for other in self.network.others(self.place) {
            let notice = Arc::clone(&notice);
            self.network.carry(other, move |node| {
                if told_to(&notice).is_none_or(|group| node.arriving.lock().unwrap().contains(group)) {
                    node.each(|listener| listener.notice(&notice));
                }
            });
        }
        Ok(())
    }

    fn named(&self, _: &NodeId) {}

    /// Lost is the letter, or the receipt.
    async fn send(&self, to: &NodeId, letter: Letter, within: Duration) -> Result<Receipt, NoReceipt> {
        let place = self.network.place_of(to).ok_or(NoReceipt::NoNode)?;
        self.network.travel(within).await?;
        let listeners = self.network.nodes[place].listeners.lock().unwrap().clone();
        let receipt = listeners.iter().find_map(|listener| listener.letter(&letter));
        self.network.travel(within).await?;
        Ok(receipt.expect("a hub listens on every node"))
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        self.node().listeners.lock().unwrap().push(listener);
    }

    fn follow(&self, group: &GroupRef) {
        self.node().wanted.lock().unwrap().insert(group.clone());
        let (network, place, group) = (Arc::clone(&self.network), self.place, group.clone());
        let late = network.draws.below(LATE);
        tokio::spawn(async move {
            sleep(late).await;
            let node = &network.nodes[place];
            if node.wanted.lock().unwrap().contains(&group) {
                node.arriving.lock().unwrap().insert(group.clone());
                node.each(|listener| listener.followed(&group));
            }
        });
    }

    fn unfollow(&self, group: &GroupRef) {
        self.node().wanted.lock().unwrap().remove(group);
        self.node().arriving.lock().unwrap().remove(group);
    }
}

/// Passes bytes on between a member and its node, late and in pieces, until one of them ends or the link's time is over:
/// then it breaks, which the member sees at once and the node later.
pub(super) async fn link(network: Arc<Network>, member: DuplexStream, node: DuplexStream) {
    let lifetime = network.draws.lasting(LIFETIME);
    let broken = async {
        sleep(lifetime).await;
        if !network.is_rough() {
            std::future::pending::<()>().await;
        }
    };
    let (mut from_node, mut to_node) = tokio::io::split(node);
    {
        let (mut from_member, mut to_member) = tokio::io::split(member);
        tokio::select! {
            () = pass(&network, &mut from_member, &mut to_node) => {}
            () = pass(&network, &mut from_node, &mut to_member) => {}
            () = broken => {}
        }
    }
    sleep(network.draws.below(HALF_OPEN)).await;
}

async fn pass(network: &Network, from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    loop {
        let mut bytes = vec![0; 1 + network.draws.one_of(TOGETHER)];
        let Ok(read @ 1..) = from.read(&mut bytes).await else { return };
        sleep(network.draws.below(SLOW)).await;
        if to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

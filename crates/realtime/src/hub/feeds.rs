//! The streams that this process follows, by name.

use std::sync::Arc;

use muster_core::message::StreamRef;

use super::{
    feed::Feed,
    shards::{Shards, Values},
};

#[derive(Default)]
pub(super) struct Feeds(Shards<StreamRef, Arc<Feed>>);

impl Feeds {
    pub(super) fn get(&self, stream: &StreamRef) -> Option<Arc<Feed>> {
        self.0.get(stream)
    }

    /// The feed of a stream. If it is a new one, `begun` is called before anybody else can find it.
    pub(super) fn get_or_begin(&self, stream: &StreamRef, begun: impl FnOnce()) -> Arc<Feed> {
        self.0.get_or_insert(stream, || {
            begun();
            Arc::new(Feed::new(stream.clone()))
        })
    }

    /// Forgets a feed that nobody follows. If it was there, `over` is called before anybody can begin another.
    pub(super) fn forget_if_idle(&self, feed: &Feed, over: impl FnOnce()) {
        let forgotten = |found: &Arc<Feed>| std::ptr::eq(&raw const **found, feed) && found.end_if_idle();
        self.0.remove_if(&feed.stream, forgotten, over);
    }

    /// Everything that is followed.
    pub(super) fn values(&self) -> Values<Arc<Feed>> {
        self.0.values()
    }
}

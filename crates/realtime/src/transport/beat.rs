//! When a connection has to have logged in, is pinged, and has to have answered.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{CLOSE_WAIT, End};
use crate::{
    hub::Hub,
    protocol::Disconnect,
    session::{Session, Stage},
};

/// The one timer of a connection: the deadline of its login first, then pings and their answers.
pub(super) struct Beat {
    timer: Pin<Box<Sleep>>,
    next: Next,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The client has to have logged in, or to be gone after a refusal.
    Connected(Stage),
    Ping,
    /// The last ping, sent at this time, has to have been answered.
    Pong(Instant),
}

impl Beat {
    pub(super) fn new(hub: &Hub) -> Self {
        let timer = Box::pin(sleep_until(Instant::now() + hub.config.connect_timeout()));
        Self { timer, next: Next::Connected(Stage::New) }
    }

    pub(super) async fn due(&mut self) {
        self.timer.as_mut().await;
    }

    fn at(&mut self, when: Instant, next: Next) {
        self.timer.as_mut().reset(when);
        self.next = next;
    }

    /// Notes how far the connection has come.
    pub(super) fn follow(&mut self, hub: &Hub, stage: Stage) {
        if let Next::Connected(known) = self.next
            && known != stage
        {
            let now = Instant::now();
            match stage {
                Stage::Live => self.at(now + first_ping(hub), Next::Ping),
                Stage::New | Stage::Refused => self.at(now + CLOSE_WAIT, Next::Connected(stage)),
            }
        }
    }

    /// Gives the client more time for its pong: none was read meanwhile.
    pub(super) fn excuse(&mut self, busy: Duration) {
        if let Next::Pong(_) = self.next {
            let deadline = self.timer.deadline() + busy;
            self.timer.as_mut().reset(deadline);
        }
    }

    /// Does what is due.
    pub(super) fn pass(&mut self, hub: &Hub, session: &Session) -> Result<(), End> {
        let now = Instant::now();
        match self.next {
            Next::Connected(_) => Err(Disconnect::STALE.into()),
            Next::Ping => {
                session.pinged();
                session.connection.outbox.reply(session.connection.form.ping());
                self.at(now + hub.config.pong_timeout(), Next::Pong(now));
                Ok(())
            }
            Next::Pong(pinged) if session.has_pong() => {
                self.at(pinged + hub.config.ping(), Next::Ping);
                Ok(())
            }
            Next::Pong(_) => Err(Disconnect::NO_PONG.into()),
        }
    }
}

/// When the first ping is sent: at random in the second half of the interval, so that clients which came together are
/// not pinged together.
fn first_ping(hub: &Hub) -> Duration {
    let mut random = [0; 2];
    hub.muster.random().fill(&mut random);
    let half = hub.config.ping() / 2;
    half + half * u32::from(u16::from_le_bytes(random)) / (u32::from(u16::MAX) + 1)
}

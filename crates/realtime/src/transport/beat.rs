//! When a connection has to have logged in, is pinged, has to have answered, and ends with its login.

use std::{pin::Pin, time::Duration};

use tokio::time::{Instant, Sleep, sleep_until};

use super::{CLOSE_WAIT, End, Transport, Writer};
use crate::{
    hub::Hub,
    protocol::Disconnect,
    session::{Session, Stage},
};

/// The one timer of a connection: the deadline for logging in first, then pings and their answers; and with them the end
/// of the login.
pub(super) struct Beat {
    timer: Pin<Box<Sleep>>,
    next: Next,
    /// When what comes next is due.
    due: Instant,
    /// When the login ends.
    ends: Option<Instant>,
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
        let due = Instant::now() + hub.config.connect_timeout();
        Self { timer: Box::pin(sleep_until(due)), next: Next::Connected(Stage::New), due, ends: None }
    }

    pub(super) async fn due(&mut self) {
        self.timer.as_mut().await;
    }

    fn at(&mut self, when: Instant, next: Next) {
        self.due = when;
        self.next = next;
        self.set();
    }

    fn set(&mut self) {
        let first = self.ends.map_or(self.due, |ends| ends.min(self.due));
        self.timer.as_mut().reset(first);
    }

    /// Notes how far the connection has come, and how long its login goes on.
    pub(super) fn follow(&mut self, hub: &Hub, session: &Session) {
        if let Next::Connected(known) = self.next
            && known != session.stage
        {
            let now = Instant::now();
            match session.stage {
                Stage::Live => self.at(now + first_ping(hub), Next::Ping),
                stage @ (Stage::New | Stage::Refused) => self.at(now + CLOSE_WAIT, Next::Connected(stage)),
            }
        }
        let ends = session.ends().filter(|_| session.stage == Stage::Live);
        if self.ends != ends {
            self.ends = ends;
            self.set();
        }
    }

    /// Gives the client more time for its pong: none was read meanwhile.
    pub(super) fn excuse(&mut self, busy: Duration) {
        if let Next::Pong(_) = self.next {
            self.due += busy;
            self.set();
        }
    }

    /// Does what is due.
    pub(super) async fn pass<T: Transport>(
        &mut self,
        session: &Session,
        writer: &mut Writer<'_, T>,
    ) -> Result<(), End> {
        let config = &writer.hub.config;
        let now = Instant::now();
        if self.ends.is_some_and(|ends| ends <= now) {
            return Err(Disconnect::EXPIRED.into());
        }
        match self.next {
            Next::Connected(_) => Err(Disconnect::STALE.into()),
            Next::Ping => {
                session.pinged();
                self.at(now + config.pong_timeout(), Next::Pong(now));
                writer.ping().await
            }
            Next::Pong(pinged) if session.has_pong() => {
                self.at(pinged + config.ping(), Next::Ping);
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

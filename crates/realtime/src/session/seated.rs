//! Connections with tokens of Centrifugo.

use std::sync::Arc;

use super::{Failure, Session};
use crate::{
    compat::{Compat, Seating},
    protocol::{ConnectRequest, Disconnect, ReplyBody, Request},
};

impl Session {
    /// Where this login belongs if it is one of Centrifugo's.
    pub(super) fn compat_for(&self, request: &ConnectRequest<'_>) -> Option<Arc<Compat>> {
        self.hub.compat.as_ref().filter(|compat| compat.takes(&request.token)).map(Arc::clone)
    }

    /// Logs such a connection in.
    pub(super) fn take_seat(
        &mut self,
        compat: &Arc<Compat>,
        id: u32,
        request: &ConnectRequest<'_>,
    ) -> Result<(), Failure> {
        let welcome = self.greeting(&self.draw_client_id());
        let seating = Seating { connection: &self.connection, id, request, welcome };
        self.seat = Some(compat.seat(seating)?);
        Ok(())
    }

    /// Carries out a command of such a connection.
    pub(super) fn seated(&self, id: u32, request: Request<'_>) -> Result<Option<ReplyBody>, Failure> {
        let seat = self.seat.as_ref().ok_or(Disconnect::BAD_REQUEST)?;
        let said = (self.pipeline.rate(), self.hub.config.messages_per_client);
        seat.request(id, request, said, &self.hub.counters)
    }
}

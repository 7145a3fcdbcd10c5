//! Writing what waits for a connection, beside the commands that are carried out.

use std::{
    pin::{Pin, pin},
    sync::Arc,
};

use futures_util::FutureExt as _;
use tokio::time::timeout;

use super::{End, Transport};
use crate::{
    hub::{Connection, Hub},
    protocol::{Disconnect, Frame},
};

/// Polls the work and the writing together until the work is done and no write is half-way out. When a write fails, the
/// work is told that nothing more is to be begun; so it is when the client hangs up, if that is `watched` for.
pub(super) async fn work_and_write<T: Transport>(
    mut work: Pin<Box<dyn Future<Output = Result<(), Disconnect>> + Send + '_>>,
    writer: &mut Writer<'_, T>,
    watched: bool,
) -> (Result<(), Disconnect>, Result<(), End>) {
    let outbox = &writer.connection.outbox;
    loop {
        let hung_up = tokio::select! {
            verdict = &mut work => return (verdict, Ok(())),
            () = outbox.filled() => None,
            end = writer.transport.hung_up(), if watched => Some(end),
        };
        if let Some(end) = hung_up {
            outbox.abandon();
            return (work.await, Err(end));
        }
        let mut done = None;
        let written = {
            let mut write = pin!(writer.write());
            loop {
                tokio::select! {
                    written = &mut write => break written,
                    verdict = &mut work, if done.is_none() => done = Some(verdict),
                }
            }
        };
        if written.is_err() {
            outbox.abandon();
        }
        match done {
            Some(verdict) => return (verdict, written),
            None if written.is_err() => return (work.await, written),
            None => {}
        }
    }
}

pub(super) struct Writer<'a, T> {
    pub(super) hub: &'a Arc<Hub>,
    pub(super) connection: &'a Arc<Connection>,
    pub(super) transport: &'a mut T,
    /// What is being written; empty in between.
    batch: Vec<Frame>,
}

impl<'a, T: Transport> Writer<'a, T> {
    pub(super) fn new(hub: &'a Arc<Hub>, connection: &'a Arc<Connection>, transport: &'a mut T) -> Self {
        Self { hub, connection, transport, batch: Vec::new() }
    }

    /// Pings the client: with a message behind those that wait, or as the transport does.
    pub(super) async fn ping(&mut self) -> Result<(), End> {
        if !self.transport.pings_itself() {
            self.connection.outbox.reply(self.connection.form.ping());
            return Ok(());
        }
        match Box::pin(timeout(self.hub.config.write_timeout(), self.transport.ping())).await {
            Err(_) => Err(Disconnect::WRITE_ERROR.into()),
            Ok(Err(_)) => Err(End::Gone),
            Ok(Ok(())) => Ok(()),
        }
    }

    /// Writes everything that waits.
    pub(super) async fn write(&mut self) -> Result<(), End> {
        let closing = self.connection.outbox.take(&mut self.batch);
        if !self.batch.is_empty() {
            let deadline = self.hub.config.write_timeout();
            let written = {
                let mut sending = pin!(self.transport.write(self.connection.form, &self.batch));
                // Nearly always the kernel takes it at once, and no timer is needed.
                match sending.as_mut().now_or_never() {
                    Some(written) => Ok(written),
                    None => timeout(deadline, sending).await,
                }
            };
            let bytes: usize = self.batch.iter().map(Frame::len).sum();
            self.hub.counters.bytes_out.add((bytes + self.batch.len()) as u64);
            self.batch.clear();
            match written {
                Err(_) => return Err(Disconnect::WRITE_ERROR.into()),
                Ok(Err(_)) => return Err(End::Gone),
                Ok(Ok(())) => self.connection.outbox.written(bytes),
            }
        }
        closing.map_or(Ok(()), |why| Err(why.into()))
    }
}

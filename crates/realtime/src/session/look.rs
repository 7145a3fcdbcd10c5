//! Looking at a group that one is in: who is there, and what was said.

use muster_core::{
    group::Order,
    id::{GroupId, GroupRef, MAX_ID_BYTES},
    message::{Entry, Event, Sequence, StreamRef},
    roster::{Member, WalkQuery},
};

use super::{Failure, Outcome, ReplyBody, Session};
use crate::{
    events,
    hub::{Encoded, SMALL_GROUP},
    protocol::{
        ClientInfo, ErrorCode, ErrorReply, HistoryRequest, HistoryResult, Publication, StreamPosition,
    },
};

/// Entries of a stream that are read at once.
const READ_AT_ONCE: usize = 100;

/// Publications that one question for history is answered with, at most: the reference server's bound.
const MAX_HISTORY: usize = 300;

impl Session {
    pub(super) async fn presence(&self, channel: &str) -> Outcome {
        let at = self.joined(channel)?;
        let muster = &self.hub.muster;
        if muster.delivery().roster(&at).await?.count > SMALL_GROUP {
            return Err(ErrorCode::NotAvailable.into());
        }
        let limit = usize::try_from(SMALL_GROUP).unwrap_or(usize::MAX);
        let query = WalkQuery { order: Order::Ascending, after: None, limit };
        let group = muster.groups().open(self.identity()?.login.app(), &at.group).await?;
        let members = muster.rosters().walk(&group, query).await?;
        Ok(ReplyBody::Presence(members.entries.iter().map(|member| self.client_of(&at, member)).collect()))
    }

    /// A member under its connection's id; one without a connection here under its own.
    fn client_of(&self, at: &GroupRef, member: &Member) -> ClientInfo {
        let connections = self.hub.connections_of(&at.app, &member.user);
        let session = connections.iter().find_map(|connection| connection.identity());
        let client = session.map_or(member.user.as_str(), |identity| identity.session.session.as_str());
        ClientInfo { user: member.user.to_string(), client: client.to_owned(), ..ClientInfo::default() }
    }

    pub(super) async fn presence_stats(&self, channel: &str) -> Outcome {
        let at = self.joined(channel)?;
        let state = self.hub.muster.delivery().roster(&at).await?;
        Ok(ReplyBody::PresenceStats { clients: state.count, users: state.count })
    }

    pub(super) async fn history(&self, request: &HistoryRequest<'_>) -> Outcome {
        let stream = self.followed(&request.channel)?;
        let top = self.hub.muster.delivery().top(&stream).await?.ok_or(ErrorCode::NoGroup)?;
        if request.since.as_ref().is_some_and(|since| !since.epoch.is_empty() && since.epoch != top.epoch) {
            return Err(ErrorCode::Unrecoverable.into());
        }
        let publications = self.publications(&stream, request, top.sequence).await?;
        Ok(ReplyBody::History(HistoryResult { publications, epoch: top.epoch, offset: top.sequence }))
    }

    /// The publications that a question for history is answered with, up to the end that the answer names. What a reply
    /// may hold bounds them too: they are read in pieces, and end where it is full.
    async fn publications(
        &self,
        stream: &StreamRef,
        request: &HistoryRequest<'_>,
        end: Sequence,
    ) -> Result<Vec<Publication>, Failure> {
        let limit = usize::try_from(request.limit).unwrap_or(MAX_HISTORY).min(MAX_HISTORY);
        let channel = events::channel_of(stream);
        let mut place = self.first_place(request, end)?;
        let mut found = Vec::new();
        let mut room = self.hub.config.reply_bytes;
        while found.len() < limit {
            let wanted = READ_AT_ONCE.min(limit - found.len());
            let entries = self.read(stream, request.reverse, place, wanted).await?;
            let last = entries.len() < wanted;
            for entry in entries.into_iter().filter(|entry| entry.sequence <= end) {
                place = entry.sequence;
                let Some(publication) = Encoded::past(&channel, stream, &entry).publication() else {
                    continue;
                };
                match room.checked_sub(publication.data.len()) {
                    Some(left) => room = left,
                    None if found.is_empty() => room = 0,
                    None => return Ok(found),
                }
                found.push(publication);
            }
            if last {
                break;
            }
        }
        Ok(found)
    }

    /// The position behind which a history begins, or before which one that goes backwards does.
    fn first_place(&self, request: &HistoryRequest<'_>, end: Sequence) -> Result<Sequence, ErrorReply> {
        let since = request.since.as_ref().map(|StreamPosition { offset, .. }| *offset);
        let behind_end = end.saturating_add(1);
        match (request.reverse, since) {
            (false, since) => Ok(since.unwrap_or(0)),
            (true, Some(0)) if request.limit != 0 => Err(ErrorCode::BadRequest.into()),
            (true, since) => Ok(since.map_or(behind_end, |since| since.min(behind_end))),
        }
    }

    async fn read(
        &self,
        stream: &StreamRef,
        reverse: bool,
        place: Sequence,
        limit: usize,
    ) -> Result<Vec<Entry>, Failure> {
        let delivery = self.hub.muster.delivery();
        Ok(if reverse {
            delivery.entries_before(stream, Some(place), limit).await?
        } else {
            delivery.entries(stream, place, limit).await?
        })
    }

    /// What a returning client missed behind a position; not all of it when that is more than it can be sent.
    pub(super) async fn missed(
        &self,
        stream: &StreamRef,
        mut after: Sequence,
    ) -> Result<Vec<Entry>, Failure> {
        let bounds = self.hub.config.recovery();
        let (mut found, mut bytes) = (Vec::new(), 0);
        while found.len() < bounds.entries && bytes <= bounds.bytes {
            let wanted = READ_AT_ONCE.min(bounds.entries - found.len());
            let entries = self.read(stream, false, after, wanted).await?;
            let last = entries.len() < wanted;
            bytes += entries.iter().map(said_bytes).sum::<usize>();
            after = entries.last().map_or(after, |entry| entry.sequence);
            found.extend(entries);
            if last {
                break;
            }
        }
        Ok(found)
    }

    /// The stream of a channel that this connection is subscribed to: a group's, or its user's own.
    fn followed(&self, channel: &str) -> Result<StreamRef, Failure> {
        let login = &self.identity()?.login;
        if channel.strip_prefix("u:") == Some(login.user().as_str()) {
            return Ok(StreamRef::User(login.app().id.clone(), login.user().clone()));
        }
        Ok(StreamRef::Group(self.joined(channel)?))
    }

    /// The address of a group that this connection is subscribed to.
    fn joined(&self, channel: &str) -> Result<GroupRef, Failure> {
        let group: GroupId = Self::group_of(channel)?;
        match self.connection.subscribed(&group) {
            Some(_) => Ok(self.identity()?.group(&group)),
            None => Err(ErrorCode::PermissionDenied.into()),
        }
    }
}

/// Bytes of what an entry says.
fn said_bytes(entry: &Entry) -> usize {
    match &entry.event {
        Event::Message(message) | Event::ToMember { message, .. } => message.body.len(),
        Event::System(_) | Event::Exit { .. } | Event::Recalled(_) | Event::Unknown(_) => 0,
        Event::MutesChanged(mutes) => mutes.users.len() * MAX_ID_BYTES,
        Event::InfoChanged { info, .. } => info.as_ref().map_or(0, |text| text.len()),
    }
}

//! Writing replies and pushes.

use prost::Message as _;

use super::{
    super::{
        ClientInfo, ConnectResult, ErrorReply, Frame, HistoryResult, Publication, Push, PushBody, Reply,
        ReplyBody, SubscribeResult,
    },
    schema,
};

/// Writes a reply.
#[must_use]
pub fn reply(reply: &Reply) -> Frame {
    let mut written = schema::Reply { id: reply.id, ..schema::Reply::default() };
    match &reply.body {
        ReplyBody::Error(error) => written.error = Some(error_of(error)),
        ReplyBody::Connect(result) => written.connect = Some(connect_result(result)),
        ReplyBody::Subscribe(result) => written.subscribe = Some(subscribe_result(result)),
        ReplyBody::Unsubscribe => written.unsubscribe = Some(schema::UnsubscribeResult {}),
        ReplyBody::Publish => written.publish = Some(schema::PublishResult {}),
        ReplyBody::Presence(clients) => {
            let presence = clients.iter().map(|info| (info.client.clone(), client_info(info))).collect();
            written.presence = Some(schema::PresenceResult { presence });
        }
        ReplyBody::PresenceStats { clients, users } => {
            written.presence_stats = Some(schema::PresenceStatsResult {
                num_clients: u32::try_from(*clients).unwrap_or(u32::MAX),
                num_users: u32::try_from(*users).unwrap_or(u32::MAX),
            });
        }
        ReplyBody::History(result) => written.history = Some(history_result(result)),
        ReplyBody::Rpc(data) => written.rpc = Some(schema::RpcResult { data: data.clone() }),
        ReplyBody::Refresh { ttl } => {
            let (expires, ttl) = expiry(*ttl);
            written.refresh = Some(schema::RefreshResult { expires, ttl, ..Default::default() });
        }
        ReplyBody::SubRefresh { ttl } => {
            let (expires, ttl) = expiry(*ttl);
            written.sub_refresh = Some(schema::SubRefreshResult { expires, ttl });
        }
    }
    frame(&written)
}

/// Writes a push.
#[must_use]
pub fn push(push: &Push<'_>) -> Frame {
    let mut written = schema::Push { channel: push.channel.to_owned(), ..schema::Push::default() };
    match &push.body {
        PushBody::Publication(one) => written.r#pub = Some(publication(one)),
        PushBody::Join(info) => written.join = Some(schema::Join { info: Some(client_info(info)) }),
        PushBody::Leave(info) => written.leave = Some(schema::Leave { info: Some(client_info(info)) }),
        PushBody::Unsubscribe(why) => {
            written.unsubscribe = Some(schema::Unsubscribe { code: why.code, reason: why.reason.to_owned() });
        }
        PushBody::Message(data) => {
            written.message = Some(schema::Message { data: data.to_vec().into() });
        }
        PushBody::Subscribe(result) => {
            written.subscribe = Some(schema::Subscribe {
                recoverable: result.recoverable,
                epoch: result.epoch.clone(),
                offset: result.offset,
                positioned: result.positioned,
                data: result.data.clone(),
            });
        }
        PushBody::Disconnect(why) => {
            written.disconnect = Some(schema::Disconnect {
                code: why.code.into(),
                reason: why.reason.to_owned(),
                reconnect: false,
            });
        }
    }
    frame(&schema::Reply { push: Some(written), ..schema::Reply::default() })
}

fn frame(message: &schema::Reply) -> Frame {
    message.encode_length_delimited_to_vec().into()
}

fn error_of(error: &ErrorReply) -> schema::Error {
    schema::Error {
        code: error.code.number(),
        message: error.message.to_string(),
        temporary: error.code.is_temporary(),
    }
}

/// Whether something expires, and in how many seconds.
fn expiry(ttl: Option<u32>) -> (bool, u32) {
    (ttl.is_some(), ttl.unwrap_or_default())
}

fn connect_result(result: &ConnectResult) -> schema::ConnectResult {
    let (expires, ttl) = expiry(result.ttl);
    schema::ConnectResult {
        client: result.client.clone(),
        version: result.version.clone(),
        expires,
        ttl,
        data: result.data.clone(),
        subs: result.subs.iter().map(|(channel, sub)| (channel.clone(), subscribe_result(sub))).collect(),
        ping: result.ping,
        pong: result.pong,
        session: result.session.clone(),
        node: result.node.clone(),
        time: 0,
    }
}

fn subscribe_result(result: &SubscribeResult) -> schema::SubscribeResult {
    let (expires, ttl) = expiry(result.ttl);
    schema::SubscribeResult {
        expires,
        ttl,
        recoverable: result.recoverable,
        epoch: result.epoch.clone(),
        publications: result.publications.iter().map(publication).collect(),
        recovered: result.recovered,
        offset: result.offset,
        positioned: result.positioned,
        data: result.data.clone(),
        was_recovering: result.was_recovering,
        delta: false,
    }
}

fn history_result(result: &HistoryResult) -> schema::HistoryResult {
    schema::HistoryResult {
        publications: result.publications.iter().map(publication).collect(),
        epoch: result.epoch.clone(),
        offset: result.offset,
    }
}

fn publication(publication: &Publication) -> schema::Publication {
    schema::Publication {
        data: publication.data.clone(),
        info: publication.info.as_deref().map(client_info),
        offset: publication.offset,
        ..schema::Publication::default()
    }
}

fn client_info(info: &ClientInfo) -> schema::ClientInfo {
    schema::ClientInfo {
        user: info.user.clone(),
        client: info.client.clone(),
        conn_info: info.conn_info.clone(),
        chan_info: info.chan_info.clone(),
    }
}

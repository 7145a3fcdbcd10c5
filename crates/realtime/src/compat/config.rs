//! What `[realtime.compat]` says.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lifetime::Lifetime;

/// A text that is written into no log.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "none" } else { "secret" })
    }
}

/// What programs written for Centrifugo find, and what bounds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompatConfig {
    /// Whether connections with such tokens are taken.
    pub enabled: bool,
    /// What connection and subscription tokens are signed with: JWT of the algorithms HS256, HS384 and HS512.
    pub hmac_secret_key: Secret,
    /// Lets everybody in without a token, and do everything in every channel. For development alone.
    pub insecure: bool,
    /// Lets clients in that show no token: users whose id is empty.
    pub allow_anonymous_connect_without_token: bool,
    /// The key of the server API at `/api/…`, sent as `X-API-Key`; empty: there is no such API.
    pub api_key: Secret,
    /// Subscribes each user to the channel `#<user>` on connecting.
    pub subscribe_to_user_personal_channel: bool,
    /// The namespace of that channel, which is then `<namespace>:#<user>`; empty for none.
    pub personal_channel_namespace: String,
    /// Channels that are held at once: those with subscribers and those with a history. One more is refused with error 106.
    pub channels: usize,
    /// Bytes of all histories together. A channel that would need more gives up its own oldest publications first.
    pub history_bytes: usize,
    /// Bytes of one channel's history; the oldest publications go first.
    pub channel_history_bytes: usize,
    /// Clients that a presence answer names; a channel with more answers with error 108, and still says how many.
    pub presence_clients: usize,
    /// Subscribers of a channel up to which joins and leaves are told; in a fuller one they are not.
    pub join_leave_clients: usize,
    /// Bytes of a token's `info`, which is repeated in everything that its bearer says.
    pub info_bytes: usize,
    /// Bytes of a request to the server API; a larger one is answered 413.
    pub api_body_bytes: usize,
    /// Channels whose names have no `:`.
    pub without_namespace: ChannelOptions,
    /// Channels by what stands before the `:` of their names: a table such as `[realtime.compat.namespaces.chat]` with the
    /// keys of `[realtime.compat.without_namespace]`.
    pub namespaces: BTreeMap<String, ChannelOptions>,
}

impl Default for CompatConfig {
    fn default() -> Self {
        Self {
            enabled: false,
            hmac_secret_key: Secret::default(),
            insecure: false,
            allow_anonymous_connect_without_token: false,
            api_key: Secret::default(),
            subscribe_to_user_personal_channel: false,
            personal_channel_namespace: String::new(),
            channels: 100_000,
            history_bytes: 268_435_456,
            channel_history_bytes: 1_048_576,
            presence_clients: 10_000,
            join_leave_clients: 1_000,
            info_bytes: 4_096,
            api_body_bytes: 1_048_576,
            without_namespace: ChannelOptions::default(),
            namespaces: BTreeMap::new(),
        }
    }
}

/// What may be done in the channels of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChannelOptions {
    /// Whether it is known who is in a channel.
    pub presence: bool,
    /// Whether subscribers who ask for it are told who comes and goes.
    pub join_leave: bool,
    /// Whether all subscribers are.
    pub force_push_join_leave: bool,
    /// Publications kept for those who come back; 0 for none.
    pub history_size: usize,
    /// How long they are kept after the last one, such as `300s`.
    pub history_ttl: Lifetime,
    /// How long a channel's epoch and offset outlive that.
    pub history_meta_ttl: Lifetime,
    /// Whether the position of every subscriber is told.
    pub force_positioning: bool,
    /// Whether that of subscribers who ask for it is.
    pub allow_positioning: bool,
    /// Whether every subscriber may recover what it missed.
    pub force_recovery: bool,
    /// Whether subscribers who ask for it may.
    pub allow_recovery: bool,
    /// Whether users may subscribe without a subscription token.
    pub allow_subscribe_for_client: bool,
    /// Whether users without an id may as well.
    pub allow_subscribe_for_anonymous: bool,
    /// Whether users may publish.
    pub allow_publish_for_client: bool,
    /// Whether subscribers may publish.
    pub allow_publish_for_subscriber: bool,
    /// Whether users without an id may as well.
    pub allow_publish_for_anonymous: bool,
    /// Whether users may see who is in a channel.
    pub allow_presence_for_client: bool,
    /// Whether subscribers may.
    pub allow_presence_for_subscriber: bool,
    /// Whether users without an id may as well.
    pub allow_presence_for_anonymous: bool,
    /// Whether users may read a channel's history.
    pub allow_history_for_client: bool,
    /// Whether subscribers may.
    pub allow_history_for_subscriber: bool,
    /// Whether users without an id may as well.
    pub allow_history_for_anonymous: bool,
    /// Whether a channel such as `dialog#42,43` is open to the users whom it names.
    pub allow_user_limited_channels: bool,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        Self {
            presence: false,
            join_leave: false,
            force_push_join_leave: false,
            history_size: 0,
            history_ttl: Lifetime::default(),
            history_meta_ttl: Lifetime::seconds(2_592_000),
            force_positioning: false,
            allow_positioning: false,
            force_recovery: false,
            allow_recovery: false,
            allow_subscribe_for_client: false,
            allow_subscribe_for_anonymous: false,
            allow_publish_for_client: false,
            allow_publish_for_subscriber: false,
            allow_publish_for_anonymous: false,
            allow_presence_for_client: false,
            allow_presence_for_subscriber: false,
            allow_presence_for_anonymous: false,
            allow_history_for_client: false,
            allow_history_for_subscriber: false,
            allow_history_for_anonymous: false,
            allow_user_limited_channels: false,
        }
    }
}

impl ChannelOptions {
    /// Whether publications are kept.
    pub(super) fn has_history(&self) -> bool {
        self.history_size > 0 && !self.history_ttl.is_zero()
    }

    fn check(&self, section: &str) -> Result<(), String> {
        let most = MOST_KEPT;
        if self.history_size as u64 > most {
            return Err(format!(
                "`{section}.history_size` must be from 0 to {most}, but is {}",
                self.history_size
            ));
        }
        if (self.history_size > 0) == self.history_ttl.is_zero() {
            return Err(format!("`{section}`: `history_size` and `history_ttl` go together"));
        }
        let needs = [
            ("force_recovery", self.force_recovery),
            ("allow_recovery", self.allow_recovery),
            ("force_positioning", self.force_positioning),
            ("allow_positioning", self.allow_positioning),
        ];
        match needs.iter().find(|(_, asked)| *asked && !self.has_history()) {
            Some((key, _)) => Err(format!("`{section}.{key}` needs `history_size` and `history_ttl`")),
            None => Ok(()),
        }
    }
}

/// The most publications of a channel that may be kept.
const MOST_KEPT: u64 = 1 << 20;

impl CompatConfig {
    /// Whether the values can work together.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !self.enabled {
            return Ok(());
        }
        if self.hmac_secret_key.is_empty() && !self.insecure && !self.allow_anonymous_connect_without_token {
            return Err("`enabled` needs `hmac_secret_key`: without it no token is good".to_owned());
        }
        for (key, given, range) in self.bounds() {
            if !range.contains(&given) {
                let (least, most) = (range.start(), range.end());
                return Err(format!("`{key}` must be from {least} to {most}, but is {given}"));
            }
        }
        self.without_namespace.check("without_namespace")?;
        for (name, options) in &self.namespaces {
            if name.len() < 2 || !name.bytes().all(|one| one.is_ascii_alphanumeric() || b"-_.".contains(&one))
            {
                return Err(format!(
                    "`namespaces.{name}`: a name has two or more of A-Z, a-z, 0-9, `-`, `_` and `.`"
                ));
            }
            options.check(&format!("namespaces.{name}"))?;
        }
        let personal = &self.personal_channel_namespace;
        if !personal.is_empty() && !self.namespaces.contains_key(personal) {
            return Err(format!(
                "`personal_channel_namespace` names {personal}, which is not among `namespaces`"
            ));
        }
        Ok(())
    }

    /// Every number: its name, what it is, and what it may be.
    #[must_use]
    pub fn bounds(&self) -> [(&'static str, u64, RangeInclusive<u64>); 8] {
        let size = |value: usize| value as u64;
        [
            ("channels", size(self.channels), 1..=1 << 24),
            ("history_bytes", size(self.history_bytes), 0..=1 << 40),
            ("channel_history_bytes", size(self.channel_history_bytes), 0..=1 << 40),
            ("presence_clients", size(self.presence_clients), 0..=1 << 20),
            ("join_leave_clients", size(self.join_leave_clients), 0..=1 << 20),
            ("info_bytes", size(self.info_bytes), 0..=1 << 20),
            ("api_body_bytes", size(self.api_body_bytes), 1..=1 << 30),
            ("without_namespace.history_size", size(self.without_namespace.history_size), 0..=MOST_KEPT),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on() -> CompatConfig {
        CompatConfig { enabled: true, hmac_secret_key: "secret".into(), ..CompatConfig::default() }
    }

    fn kept() -> ChannelOptions {
        ChannelOptions { history_size: 2, history_ttl: Lifetime::seconds(9), ..ChannelOptions::default() }
    }

    fn named(name: &str, options: ChannelOptions) -> CompatConfig {
        CompatConfig { namespaces: BTreeMap::from([(name.to_owned(), options)]), ..on() }
    }

    #[test]
    fn what_cannot_work_is_refused_by_its_name() {
        assert_eq!(on().check(), Ok(()));
        assert_eq!(named("chat", kept()).check(), Ok(()));
        let recovering = ChannelOptions { force_recovery: true, ..ChannelOptions::default() };
        let sized = ChannelOptions { history_size: 5, ..ChannelOptions::default() };
        let cases = [
            (CompatConfig { hmac_secret_key: Secret::default(), ..on() }, "hmac_secret_key"),
            // The names of groups and users begin with these.
            (named("g", kept()), "namespaces.g"),
            (named("u", kept()), "namespaces.u"),
            (named("a:b", kept()), "namespaces.a:b"),
            (named("chat", recovering), "namespaces.chat.force_recovery"),
            (CompatConfig { without_namespace: sized, ..on() }, "history_ttl"),
            (CompatConfig { personal_channel_namespace: "me".into(), ..on() }, "personal_channel_namespace"),
        ];
        for (config, key) in cases {
            let refused = config.check().unwrap_err();
            assert!(refused.contains(key), "{refused}");
            assert_eq!(CompatConfig { enabled: false, ..config }.check(), Ok(()));
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let shown = format!("{:?}", on());
        assert!(shown.contains("hmac_secret_key: secret") && !shown.contains("\"secret\""), "{shown}");
    }
}

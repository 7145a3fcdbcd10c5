//! Channel names: `<namespace>:<name>`, `$` before it where only a subscription token opens the channel, and `#<users>`
//! behind it where it is open to the users named.

use std::sync::Arc;

use super::config::{ChannelOptions, CompatConfig};
use crate::protocol::ErrorCode;

/// The longest channel name, in bytes.
const MAX_BYTES: usize = 255;

/// The namespaces by name.
pub(super) struct Namespaces {
    named: std::collections::HashMap<String, Arc<ChannelOptions>>,
    others: Arc<ChannelOptions>,
}

impl Namespaces {
    pub(super) fn of(config: &CompatConfig) -> Self {
        let named = config.namespaces.iter().map(|(name, options)| (name.clone(), Arc::new(options.clone())));
        Self { named: named.collect(), others: Arc::new(config.without_namespace.clone()) }
    }

    /// What may be done in a channel.
    pub(super) fn options(&self, channel: &str) -> Result<&Arc<ChannelOptions>, ErrorCode> {
        if channel.is_empty() || channel.len() > MAX_BYTES || !channel.is_ascii() {
            return Err(ErrorCode::BadRequest);
        }
        match channel.strip_prefix('$').unwrap_or(channel).split_once(':') {
            None => Ok(&self.others),
            Some((namespace, _)) => self.named.get(namespace).ok_or(ErrorCode::UnknownChannel),
        }
    }
}

/// Whether nothing but a subscription token opens a channel.
pub(super) fn is_private(channel: &str) -> bool {
    channel.starts_with('$')
}

/// Whether a channel names the users to whom it is open.
pub(super) fn names_users(channel: &str) -> bool {
    channel.contains('#')
}

/// Whether a channel names this user.
pub(super) fn names(channel: &str, user: &str) -> bool {
    channel.rsplit_once('#').is_some_and(|(_, users)| users.split(',').any(|named| named == user))
}

/// The channel of a user's own, in this namespace.
pub(super) fn personal(namespace: &str, user: &str) -> String {
    if namespace.is_empty() { format!("#{user}") } else { format!("{namespace}:#{user}") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_channel_has_the_options_of_its_namespace_and_an_unknown_one_none() {
        let chat = ChannelOptions { presence: true, ..ChannelOptions::default() };
        let config = CompatConfig {
            namespaces: BTreeMap::from([("chat".to_owned(), chat)]),
            ..CompatConfig::default()
        };
        let namespaces = Namespaces::of(&config);
        for (channel, presence) in [
            ("a", Ok(false)),
            ("#42", Ok(false)),
            ("chat:a", Ok(true)),
            ("$chat:a", Ok(true)),
            ("chat:a:b", Ok(true)),
            ("g:1", Err(ErrorCode::UnknownChannel)),
            ("u:42", Err(ErrorCode::UnknownChannel)),
            (":a", Err(ErrorCode::UnknownChannel)),
            ("", Err(ErrorCode::BadRequest)),
            ("é", Err(ErrorCode::BadRequest)),
        ] {
            assert_eq!(namespaces.options(channel).map(|options| options.presence), presence, "{channel}");
        }
        assert!(
            namespaces.options(&"a".repeat(255)).is_ok() && namespaces.options(&"a".repeat(256)).is_err()
        );
    }

    #[test]
    fn a_channel_may_name_its_users() {
        assert!(
            names("dialog#42,43", "43")
                && names(&personal("", "42"), "42")
                && names(&personal("me", "42"), "42")
        );
        assert!(!names("dialog#42,43", "4") && !names("dialog", "42") && !names("a#42#43", "42"));
        assert!(names_users("a#") && !names_users("a") && is_private("$a") && !is_private("a$"));
    }
}

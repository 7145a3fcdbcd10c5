//! What each number of the configuration may be. A test walks all of them, so that none is forgotten.

use std::ops::RangeInclusive;

use super::Configuration;

/// A number of the configuration: its name, what it is, and what it may be.
type Bound = (String, u64, RangeInclusive<u64>);

/// The most that may be allowed to wait in a queue of a store: each place is some hundred bytes when it is taken.
const MOST_WAITING: u64 = 1 << 20;
/// The most that may be counted: counts of the API go no further.
const MOST_COUNTED: u64 = (1 << 53) - 1;
/// Ten years, in seconds.
const TEN_YEARS: u64 = 315_360_000;
/// The most bytes of anything: a tebibyte.
const MOST_BYTES: u64 = 1 << 40;

impl Configuration {
    /// Refuses a number that makes no sense, by its name.
    pub(super) fn check_numbers(&self) -> anyhow::Result<()> {
        for (key, given, range) in self.numbers() {
            anyhow::ensure!(
                range.contains(&given),
                "`{key}` must be from {} to {}, but is {given}",
                range.start(),
                range.end()
            );
        }
        Ok(())
    }

    /// Every number.
    fn numbers(&self) -> Vec<Bound> {
        let mut all: Vec<Bound> = Vec::new();
        all.extend(named("gateway", self.gateway.bounds()));
        all.extend(named("realtime", self.realtime.bounds()));
        all.extend(named("realtime.compat", self.realtime.compat.bounds()));
        all.extend(named("outbound", self.outbound.bounds()));
        all.extend(self.numbers_of_listeners());
        all.extend(self.numbers_of_rules());
        all.extend(self.numbers_of_stores());
        let quota = |(name, &quota): (&String, &u32)| {
            (format!("throttle.quotas.{name}"), quota.into(), 0..=1_000_000)
        };
        all.extend(self.throttle.quotas.iter().map(quota));
        all
    }

    fn numbers_of_listeners(&self) -> impl Iterator<Item = Bound> {
        let (http, admin, console) = (&self.http, &self.admin, &self.console);
        named(
            "http",
            [
                ("max_connections", size(http.max_connections), 1..=1 << 24),
                ("connections_per_address", size(http.connections_per_address), 0..=1 << 24),
                ("handshake_seconds", http.handshake_seconds, 1..=3600),
                ("header_bytes", size(http.header_bytes), 8192..=1 << 24),
                ("max_headers", size(http.max_headers), 20..=10_000),
                ("header_seconds", http.header_seconds, 1..=3600),
                ("pending_bytes", size(http.pending_bytes), 1..=MOST_BYTES),
                ("form_bytes", size(http.form_bytes), 1..=1 << 24),
                ("write_seconds", http.write_seconds, 1..=3600),
                ("linger_seconds", http.linger_seconds, 0..=60),
                ("linger_bytes", size(http.linger_bytes), 0..=MOST_BYTES),
                ("drain_seconds", http.drain_seconds, 0..=3600),
            ],
        )
        .chain(named(
            "admin",
            [
                ("connections", size(admin.connections), 1..=65_536),
                ("token_seconds", admin.token_seconds, 1..=3600),
            ],
        ))
        .chain(named(
            "console",
            [
                ("session_hours", console.session_hours.into(), 1..=720),
                ("tries_seconds", console.tries_seconds.into(), 1..=86_400),
                ("tries_per_address", console.tries_per_address.into(), 1..=1_000_000),
                ("tries_per_key", console.tries_per_key.into(), 1..=1_000_000),
            ],
        ))
    }

    fn numbers_of_rules(&self) -> impl Iterator<Item = Bound> {
        let limits = &self.limits;
        named(
            "limits",
            [
                ("apps_per_account", limits.apps_per_account, 0..=MOST_COUNTED),
                ("groups_per_app", limits.groups_per_app, 0..=MOST_COUNTED),
                ("channels_per_account", limits.channels_per_account, 0..=MOST_COUNTED),
                ("message_types_per_group", size(limits.message_types_per_group), 0..=1_000_000),
                (
                    "generation_1_message_types_per_group",
                    size(limits.generation_1_message_types_per_group),
                    0..=1_000_000,
                ),
                ("mutes_per_group", size(limits.mutes_per_group), 1..=10_000),
                ("words_per_app", limits.words_per_app, 0..=1_000_000),
                ("acknowledgement_millis", limits.acknowledgement_millis, 100..=3_600_000),
                ("acknowledgements_awaited", size(limits.acknowledgements_awaited), 0..=1_000_000),
                ("access_token_seconds", limits.access_token_seconds.into(), 60..=TEN_YEARS),
            ],
        )
        .chain(named("super_group", [("threshold", self.super_group.threshold, 1..=MOST_COUNTED)]))
        .chain(named(
            "cams",
            [
                ("max_participants", self.cams.max_participants, 1..=MOST_COUNTED),
                ("message_characters", size(self.cams.message_characters), 1..=65_536),
                ("messages_per_minute", self.cams.messages_per_minute, 1..=1_000),
                ("seat_days", self.cams.seat_days.into(), 1..=400),
                ("room_messages", size(self.cams.room_messages), 1..=1_000),
                ("room_wait_seconds", self.cams.room_wait_seconds.into(), 1..=300),
                ("room_look_millis", self.cams.room_look_millis.into(), 100..=60_000),
                ("room_waits", size(self.cams.room_waits), 0..=1_000_000),
                ("room_pictures", size(self.cams.room_pictures), 0..=10_000),
                ("room_picture_bytes", size(self.cams.room_picture_bytes), 1..=1 << 28),
                ("file_bytes", size(self.cams.file_bytes), 1..=1 << 30),
                ("file_bytes_per_channel", self.cams.file_bytes_per_channel, 1..=MOST_BYTES),
                ("file_days", self.cams.file_days.into(), 1..=3650),
            ],
        ))
        .chain(named(
            "throttle",
            [("denied_per_second", self.throttle.denied_per_second.into(), 0..=1_000_000)],
        ))
        .chain(named("retention", [("sweep_seconds", self.retention.sweep_seconds.into(), 1..=86_400)]))
        .chain(named(
            "callbacks",
            [
                ("per_app", size(self.callbacks.per_app), 1..=1024),
                ("at_once", size(self.callbacks.at_once), 1..=65_536),
                ("tried_hours", self.callbacks.tried_hours.into(), 1..=8760),
                ("owed_per_app", self.callbacks.owed_per_app, 1..=MOST_COUNTED),
                ("dead_per_app", self.callbacks.dead_per_app, 1..=MOST_COUNTED),
                ("poll_seconds", self.callbacks.poll_seconds.into(), 1..=3600),
            ],
        ))
        .chain(named(
            "moderation",
            [
                ("answer_millis", self.moderation.answer_millis.into(), 1..=60_000),
                ("per_app", size(self.moderation.per_app), 1..=65_536),
                ("at_once", size(self.moderation.at_once), 1..=65_536),
                ("failures", self.moderation.failures.into(), 1..=1_000_000),
                ("rest_seconds", self.moderation.rest_seconds.into(), 1..=86_400),
            ],
        ))
        .chain(named("cluster", [("lease_seconds", self.cluster.lease_seconds.into(), 2..=3600)]))
    }

    fn numbers_of_stores(&self) -> impl Iterator<Item = Bound> {
        let (sqlite, postgres) = (&self.sqlite, &self.postgres);
        named(
            "sqlite",
            [
                ("readers", size(sqlite.readers), 1..=256),
                ("waiting_reads", size(sqlite.waiting_reads), 1..=MOST_WAITING),
                ("waiting_writes", size(sqlite.waiting_writes), 1..=MOST_WAITING),
                ("page_cache_bytes", sqlite.page_cache_bytes, 0..=MOST_BYTES),
                ("mmap_bytes", sqlite.mmap_bytes, 0..=MOST_BYTES),
                ("roster_cache_bytes", size(sqlite.roster_cache_bytes), 0..=MOST_BYTES),
                ("cached_groups", size(sqlite.cached_groups), 1..=1 << 32),
                ("wal_limit_bytes", sqlite.wal_limit_bytes, 1 << 16..=MOST_BYTES),
            ],
        )
        .chain(named(
            "postgres",
            [
                ("readers", size(postgres.readers), 1..=1024),
                ("writers", size(postgres.writers), 1..=1024),
                ("waiting_calls", size(postgres.waiting_calls), 1..=MOST_WAITING),
                ("waiting_writes", size(postgres.waiting_writes), 1..=MOST_WAITING),
                ("statement_seconds", postgres.statement_seconds, 1..=3600),
            ],
        ))
    }
}

fn size(value: usize) -> u64 {
    value as u64
}

fn named<const N: usize>(
    section: &'static str,
    bounds: [(&'static str, u64, RangeInclusive<u64>); N],
) -> impl Iterator<Item = Bound> {
    bounds.into_iter().map(move |(key, given, range)| (format!("{section}.{key}"), given, range))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::{Value, json};

    use super::*;

    /// The names of all numbers in a value, dotted.
    fn names(prefix: &str, value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let dot = if prefix.is_empty() { "" } else { "." };
                    names(&format!("{prefix}{dot}{name}"), member, into);
                }
            }
            Value::Number(_) => into.push(prefix.to_owned()),
            _ => {}
        }
    }

    /// A configuration with one number changed, or why there is none.
    fn with(name: &str, number: u64) -> Result<Configuration, String> {
        let mut value = serde_json::to_value(Configuration::default()).unwrap();
        let place = name.split('.').fold(&mut value, |value, part| &mut value[part]);
        *place = json!(number);
        let configuration: Configuration =
            serde_json::from_value(value).map_err(|error| error.to_string())?;
        configuration.check().map_err(|error| format!("{error:#}"))?;
        Ok(configuration)
    }

    #[test]
    fn every_number_has_a_range_and_what_is_outside_is_refused_by_its_name() {
        let default = Configuration::default();
        let ranges: HashMap<String, RangeInclusive<u64>> =
            default.numbers().into_iter().map(|(key, _, range)| (key, range)).collect();
        let mut all = Vec::new();
        names("", &serde_json::to_value(&default).unwrap(), &mut all);
        assert!(all.len() > 50, "{all:?}");
        for name in all {
            let range = ranges.get(&name).unwrap_or_else(|| panic!("`{name}` has no range"));
            let (least, most) = (*range.start(), *range.end());
            let key = name.rsplit('.').next().unwrap();
            for number in [0, 1, least, most, most + 1, u64::MAX] {
                match with(&name, number) {
                    Ok(configuration) => {
                        assert!(range.contains(&number), "{name} = {number} is taken");
                        let _ = configuration.domain_limits();
                    }
                    // What is too long for its type is named by the line of the file.
                    Err(why) => assert!(why.contains(key) || why.contains("invalid value"), "{name}: {why}"),
                }
            }
            assert!(with(&name, most).is_ok() || name == "realtime.pong_timeout_seconds", "{name} = {most}");
        }
    }

    #[test]
    fn a_quota_has_a_range_as_well() {
        let mut configuration = Configuration::default();
        configuration.throttle.quotas.insert("ListLiveMessageApps".to_owned(), u32::MAX);
        let refused = configuration.check().unwrap_err().to_string();
        assert!(
            refused.contains("`throttle.quotas.ListLiveMessageApps` must be from 0 to 1000000"),
            "{refused}"
        );
    }
}

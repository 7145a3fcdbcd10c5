//! What is read of a message whatever it says.

use std::collections::BTreeMap;

use muster_core::message::{Sequence, StreamRef};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::notice::{GroupForm, StreamForm};

/// Characters of a name that are kept.
const NAME_CHARS: usize = 40;

/// What a message is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::nats) struct Head {
    /// The name of what it says, or its kind where it has none.
    pub(in crate::nats) name: String,
    /// A stream and the position that it has reached at least.
    pub(in crate::nats) reached: Option<(StreamRef, Sequence)>,
}

/// The parts of the head, each of which may have another form one day.
#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow, default)]
    stream: Option<&'a RawValue>,
    #[serde(borrow, default)]
    group: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sequence: Option<&'a RawValue>,
}

impl Head {
    /// The head of a message of this kind.
    pub(super) fn read(kind: u8, content: &[u8]) -> Self {
        if let Ok(name) = serde_json::from_slice::<String>(content) {
            return Self { name: shortened(&name), reached: None };
        }
        let said: BTreeMap<String, &RawValue> = serde_json::from_slice(content).unwrap_or_default();
        let mut said = said.into_iter();
        match (said.next(), said.next()) {
            (Some((name, said)), None) => Self { name: shortened(&name), reached: position(said) },
            _ => Self { name: format!("kind {kind}"), reached: None },
        }
    }
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}

fn position(said: &RawValue) -> Option<(StreamRef, Sequence)> {
    let Parts { stream, group, sequence } = serde_json::from_str(said.get()).ok()?;
    let of_group = || part::<GroupForm>(group).map(|at| StreamRef::Group(at.into()));
    let stream = part::<StreamForm>(stream).map(StreamRef::from).or_else(of_group)?;
    Some((stream, part(sequence)?))
}

/// A part, if it has the form of today.
fn part<T: DeserializeOwned>(raw: Option<&RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

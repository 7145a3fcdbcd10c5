//! From sorted names and values to an operation's request.
//!
//! Some texts mean *absent*, but serde's visitors are consumed before that is known. The decoder
//! then starts over without that parameter, and without those beside it that mean the same. Only
//! requests with such texts pay for it, once for each field or container.

use serde::de::DeserializeOwned;

use super::Parameters;
use super::error::{Absent, Kind};
use super::node::Node;
use super::run::{Run, Scope};
use crate::failure::{FaultKind, ParameterFault};

/// How the text of a parameter is to be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reading {
    /// A word for nothing means absent.
    #[default]
    Open,
    /// It means absent.
    Absent,
    /// It means absent, unless the list that it stands for must be there.
    AbsentList,
    /// It means what it says.
    Literal,
}

/// Decodes the parameters of an operation.
///
/// `depth` bounds the nesting of JSON text and of dotted names.
pub fn decode<T: DeserializeOwned>(parameters: &Parameters<'_>, depth: usize) -> Result<T, ParameterFault> {
    let mut readings = vec![Reading::Open; parameters.pairs().len()];
    loop {
        let scope = Scope { all: parameters.pairs(), readings: &readings, depth };
        let fault = match T::deserialize(Node::Run(Run::whole(&scope))) {
            Ok(request) => return Ok(request),
            Err(error) => *error.0,
        };
        let kind = match fault.kind {
            Kind::Absent(absent) if readings[absent.index] == Reading::Open => {
                mark(&mut readings, parameters, absent);
                continue;
            }
            Kind::Missing if take_literally(&mut readings, parameters, &fault.path) => continue,
            Kind::Absent(_) | Kind::Missing => FaultKind::Missing,
            Kind::Invalid(rule) => FaultKind::Invalid { rule, given: fault.given.unwrap_or_default() },
        };
        return Err(ParameterFault { parameter: fault.path, kind });
    }
}

/// Notes that a parameter means absent, and, if it is one of many, those beside it with the same text.
fn mark(readings: &mut [Reading], parameters: &Parameters<'_>, absent: Absent) {
    let pairs = parameters.pairs();
    readings[absent.index] = if absent.list { Reading::AbsentList } else { Reading::Absent };
    let (name, text) = &pairs[absent.index];
    let Some(dot) = name.rfind('.').filter(|_| absent.one_of_many) else { return };
    let container = &name[..=dot];
    let first = pairs.partition_point(|(other, _)| other.as_ref() < container);
    let beside =
        pairs.iter().zip(readings).skip(first).take_while(|((other, _), _)| other.starts_with(container));
    for ((other, value), reading) in beside {
        if value == text && !other[container.len()..].contains('.') {
            *reading = Reading::Absent;
        }
    }
}

/// A list that must be there, and was given as a word for nothing: the word is its item.
fn take_literally(readings: &mut [Reading], parameters: &Parameters<'_>, name: &str) -> bool {
    let index = parameters.pairs().binary_search_by(|pair| pair.0.as_ref().cmp(name));
    match index.ok().and_then(|index| readings.get_mut(index)) {
        Some(reading) if *reading == Reading::AbsentList => {
            *reading = Reading::Literal;
            true
        }
        _ => false,
    }
}

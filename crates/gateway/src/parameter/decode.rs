//! From sorted names and values to an operation's request.
//!
//! Some texts mean *absent*, but serde's visitors are consumed before that is known. The decoder
//! then starts over without that parameter. Only requests with such texts pay for it, once for each.

use serde::de::DeserializeOwned;

use super::Parameters;
use super::error::Kind;
use super::node::Node;
use super::run::{Run, Scope};
use crate::failure::{FaultKind, ParameterFault};

/// Decodes the parameters of an operation.
///
/// `depth` bounds the nesting of JSON text and of dotted names.
pub fn decode<T: DeserializeOwned>(parameters: &Parameters<'_>, depth: usize) -> Result<T, ParameterFault> {
    let mut absent: Vec<usize> = Vec::new();
    loop {
        let scope = Scope { all: parameters.pairs(), absent: &absent, depth };
        let fault = match T::deserialize(Node::Run(Run::whole(&scope))) {
            Ok(request) => return Ok(request),
            Err(error) => *error.0,
        };
        let kind = match fault.kind {
            Kind::Absent(index) if !absent.contains(&index) => {
                absent.push(index);
                continue;
            }
            Kind::Absent(_) | Kind::Missing => FaultKind::Missing,
            Kind::Invalid(rule) => FaultKind::Invalid { rule, given: fault.given.unwrap_or_default() },
        };
        return Err(ParameterFault { parameter: fault.path, kind });
    }
}

//! Pieces of the wire that several operations share.

use std::{borrow::Borrow, sync::Arc};

use muster_core::id::AccountId;
use muster_gateway::parameter::Long;
use serde::{Serialize, Serializer};

use crate::{
    Call,
    error::{Error, Result},
};

/// A time in seconds since 1970, up to the year 9999.
pub(crate) type Seconds = Long<0, 253_402_300_799>;

/// A RAM resource: the application.
pub(crate) const RTC: &str = "acs:live::{#accountId}:rtc/{#AppId}";
/// A RAM resource: a domain, which no operation of this family names. Printed for operations all the same.
pub(crate) const DOMAIN: &str = "acs:live:*:{#accountId}:domain/{#DomainName}";

/// The caller's account.
pub(crate) fn account(call: &Call<'_>) -> Result<AccountId> {
    // Shared, not copied: the gateway holds the account as the same kind of text.
    AccountId::try_from(Arc::clone(&call.principal.account))
        .map_err(|rule| Error::Input(format!("The account {rule}")))
}

/// A text of the domain on the wire, empty where there is none.
#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
pub(crate) fn text_or_empty<S: Serializer, T: Borrow<str>>(
    text: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    text.as_ref().map_or("", Borrow::borrow).serialize(to)
}

/// A count on the wire as `int64`.
pub(crate) fn long(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count on the wire as `int32`.
pub(crate) fn int(count: u64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A number whose type bounds it from below by zero, as a count.
pub(crate) fn count(number: impl Into<i64>) -> u64 {
    number.into().unsigned_abs()
}

/// A number of seconds that its type bounds.
pub(crate) fn seconds(number: impl Into<i64>) -> u32 {
    u32::try_from(number.into()).unwrap_or(u32::MAX)
}

/// A page size, which its type bounds, as a length.
pub(crate) fn length(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

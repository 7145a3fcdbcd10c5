//! Words that an application's messages may not hold.

use crate::{id::AppId, time::Millis};

/// A word of an application's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The application.
    pub app: AppId,
    /// The word, as it was given.
    pub text: String,
    /// When it was added.
    pub added_at: Millis,
}

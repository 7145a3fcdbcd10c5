//! What an application's messages may not say: what a list of words and patterns holds that the operator keeps, or what a
//! service of the application's own refuses ([`Auditor`]).
//!
//! An entry is a word, or several (`bad word`), or a pattern between slashes (`/b[ae]d+/`). A word is found however it
//! is written: full width, upper case, with invisible characters in it, with its letters spaced out (`b.a.d`), and in
//! scripts that set no spaces between words wherever it stands. In the others it is found as a word alone, so that a short
//! one does not condemn the longer ones that it stands in; who wants that writes a pattern.

mod audit;
mod fold;
mod list;

pub use audit::{AuditBounds, AuditQuestion, Auditor};
pub use list::{BadEntry, MAX_ENTRY_BYTES, WordList};

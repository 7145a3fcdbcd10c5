//! Values of statements, each with its type: a statement that is not prepared cannot ask the server for it.

use tokio_postgres::types::{ToSql, Type};

/// What a statement is given, in the order of `$1`, `$2`, ….
pub(super) type Values<'a> = &'a [(&'a (dyn ToSql + Sync), Type)];

/// A Rust type that stands for one SQL type. Integers are `bigint` throughout.
pub(super) trait Typed: ToSql + Sync {
    /// The SQL type.
    fn sql_type() -> Type;
}

macro_rules! typed {
    ($($sql:ident: $($rust:ty),+;)*) => {
        $($(impl Typed for $rust {
            fn sql_type() -> Type {
                Type::$sql
            }
        })+)*
    };
}

typed! {
    BOOL: bool, &bool, Option<bool>;
    INT8: i64, Option<i64>;
    TEXT: &str, Option<&str>, String, &String, Option<String>;
    BYTEA: Vec<u8>, &[u8], Option<Vec<u8>>, Option<&[u8]>;
    BOOL_ARRAY: Vec<bool>, Vec<Option<bool>>;
    INT8_ARRAY: Vec<i64>, Vec<Option<i64>>;
    TEXT_ARRAY: Vec<&str>, Vec<Option<&str>>, Vec<String>, Vec<Option<String>>;
    BYTEA_ARRAY: Vec<Vec<u8>>, Vec<&[u8]>, Vec<Option<&[u8]>>;
}

/// A value with its type.
pub(super) fn typed<T: Typed>(value: &T) -> (&(dyn ToSql + Sync), Type) {
    (value, T::sql_type())
}

/// A text that callers write freely, as it stands: in bytes.
pub(super) fn bytes(text: Option<&str>) -> Option<&[u8]> {
    text.map(str::as_bytes)
}

/// The values of a statement: `values![a, b]` for `$1` and `$2`.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::postgres::values::typed(&$value)),*]
    };
}
pub(super) use values;

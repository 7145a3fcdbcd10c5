//! Who has been in a group. Rows are added by joins, which each store writes by hand.

use muster_core::{id::UserId, roster::Visitor, transfer::Kind};

use super::{
    Carried, Row, Value,
    table::{GROUP, Stored, Table, record_of},
    value::values,
};
use crate::codes::Unreadable;

pub(super) const VISITORS: Carried = Carried::of::<Visitor>();

impl Stored for Visitor {
    const TABLE: Table = Table {
        name: "visitor",
        what: "visitor",
        columns: &["app", "grp", "user_id"],
        order: &["app", "grp", "user_id"],
        parents: &[],
        group: Some(GROUP),
        kind: Kind::Visitor,
    };

    fn values(&self) -> Vec<Value> {
        values![self.at.app.as_str(), self.at.group.as_str(), self.user.as_str()].to_vec()
    }

    fn read(row: &Row) -> Result<Self, Unreadable> {
        Ok(Self { at: row.group_ref("app", "grp")?, user: row.id("user_id", UserId::new)? })
    }

    record_of!(Visitor);

    fn name(&self) -> String {
        format!("{} of {}/{}", self.user, self.at.app, self.at.group)
    }
}

//! Which subject a notice goes to.
//!
//! What concerns the members of a group goes to the group's subject, which the nodes that have members subscribe to;
//! all else goes to one subject that every node subscribes to. What is for one node alone goes to a subject of its own. Notices of one group therefore share a subject, and
//! NATS keeps the order of one sender in one subject.

use muster_core::{
    bus::Notice,
    id::{GroupRef, NodeId},
    message::StreamRef,
};

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach<'a> {
    /// To nodes with members of this group.
    Group(&'a GroupRef),
    /// To this node alone.
    Node(&'a NodeId),
    /// To every node.
    All,
}

impl<'a> Reach<'a> {
    /// Who has to know of a notice.
    pub(super) fn of(notice: &'a Notice) -> Self {
        match notice {
            Notice::Published { stream, .. } => Self::of_stream(stream),
            Notice::Joined { group, .. } | Notice::Left { group, .. } | Notice::Recounted { group } => {
                Self::Group(group)
            }
            Notice::TakenOut { .. }
            | Notice::SignedIn { .. }
            | Notice::AcknowledgementWanted { .. }
            | Notice::Acknowledged { .. }
            | Notice::UserInfoPut { .. }
            | Notice::AppDisabled { .. }
            | Notice::DirectoryChanged => Self::All,
        }
    }

    /// Who has to know how far a stream is.
    pub(super) fn of_stream(stream: &'a StreamRef) -> Self {
        match stream {
            StreamRef::Group(group) => Self::Group(group),
            StreamRef::User(..) => Self::All,
        }
    }
}

/// The subjects under one prefix.
#[derive(Debug)]
pub(super) struct Subjects {
    prefix: String,
}

impl Subjects {
    /// The subjects under `prefix`.
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The subject of `reach`.
    pub(super) fn of(&self, reach: Reach<'_>) -> String {
        match reach {
            Reach::Group(GroupRef { app, group }) => {
                format!("{}.g.{}.{}", self.prefix, token(app.as_str()), token(group.as_str()))
            }
            Reach::Node(node) => format!("{}.n.{}", self.prefix, token(node.as_str())),
            Reach::All => format!("{}.all", self.prefix),
        }
    }

    /// A subject that nobody subscribes to: the server's answer that nobody is there says that it has read all before.
    pub(super) fn nobody(&self) -> String {
        format!("{}.nobody", self.prefix)
    }

    /// Where answers to this client arrive; under the prefix, so that a NATS user needs no other permission.
    pub(super) fn inbox(&self) -> String {
        format!("{}.inbox", self.prefix)
    }
}

/// An id as one word of a subject. NATS parts words by dots; `~` is in no id, so that no two ids give one word.
fn token(id: &str) -> String {
    id.replace('.', "~")
}

#[cfg(test)]
mod tests {
    use muster_core::id::{AppId, GroupId, UserId};
    use proptest::prelude::*;

    use super::*;

    fn group(app: &str, group: &str) -> GroupRef {
        GroupRef::new(AppId::new(app).unwrap(), GroupId::new(group).unwrap())
    }

    #[test]
    fn dots_of_ids_part_no_words() {
        let subjects = Subjects::new("m");
        assert_eq!(subjects.of(Reach::Group(&group("a.b", "..c"))), "m.g.a~b.~~c");
        assert_eq!(subjects.of(Reach::Node(&NodeId::new("n.1").unwrap())), "m.n.n~1");
        assert_eq!(subjects.of(Reach::All), "m.all");
    }

    #[test]
    fn a_stream_of_a_user_concerns_every_node_and_that_of_a_group_its_followers() {
        let at = group("a", "g");
        assert_eq!(Reach::of_stream(&StreamRef::Group(at.clone())), Reach::Group(&at));
        let own = StreamRef::User(AppId::new("a").unwrap(), UserId::new("u").unwrap());
        assert_eq!(Reach::of_stream(&own), Reach::All);
    }

    proptest! {
        #[test]
        fn no_two_groups_share_a_subject(
            one in ("[a._-]{1,4}", "[a._-]{1,4}"),
            other in ("[a._-]{1,4}", "[a._-]{1,4}"),
        ) {
            let (one, other) = (group(&one.0, &one.1), group(&other.0, &other.1));
            let subjects = Subjects::new("m");
            let same = subjects.of(Reach::Group(&one)) == subjects.of(Reach::Group(&other));
            prop_assert_eq!(same, one == other);
        }
    }
}

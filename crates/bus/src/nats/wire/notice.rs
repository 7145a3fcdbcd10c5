//! Notices as they are sent.

use std::sync::Arc;

use muster_core::{
    bus::Notice,
    event::{Event, form::EventForm},
    id::{AppId, GroupId, GroupRef, MessageId, NodeId, SessionId, SessionRef, UserId},
    message::{Sequence, StreamRef},
    time::Millis,
};
use serde::{Deserialize, Serialize};

/// A [`Notice`]. Texts are shared with it, not copied.
#[derive(Serialize, Deserialize)]
pub(super) enum NoticeForm {
    Published {
        stream: StreamForm,
        sequence: Option<Sequence>,
        event: EventForm<Arc<Event>>,
        at: i64,
    },
    Joined {
        group: GroupForm,
        user: UserId,
        info: Option<Arc<str>>,
    },
    Left {
        group: GroupForm,
        user: UserId,
    },
    TakenOut {
        group: GroupForm,
        user: UserId,
    },
    SignedIn {
        app: AppId,
        user: UserId,
        session: SessionForm,
    },
    AcknowledgementWanted {
        app: AppId,
        user: UserId,
        message: MessageId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<NodeId>,
    },
    Acknowledged {
        app: AppId,
        user: UserId,
        message: MessageId,
    },
    UserInfoPut {
        app: AppId,
        user: UserId,
        info: Option<Arc<str>>,
    },
    Recounted {
        group: GroupForm,
    },
    AppDisabled {
        app: AppId,
    },
    DirectoryChanged,
}

impl From<&Notice> for NoticeForm {
    fn from(notice: &Notice) -> Self {
        match notice {
            Notice::Published { stream, sequence, event, at } => Self::Published {
                stream: stream.into(),
                sequence: *sequence,
                event: EventForm(Arc::clone(event)),
                at: at.0,
            },
            Notice::Joined { group, user, info } => {
                Self::Joined { group: group.into(), user: user.clone(), info: info.clone() }
            }
            Notice::Left { group, user } => Self::Left { group: group.into(), user: user.clone() },
            Notice::TakenOut { group, user } => Self::TakenOut { group: group.into(), user: user.clone() },
            Notice::SignedIn { app, user, session } => {
                Self::SignedIn { app: app.clone(), user: user.clone(), session: session.into() }
            }
            Notice::AcknowledgementWanted { app, user, message, by } => Self::AcknowledgementWanted {
                app: app.clone(),
                user: user.clone(),
                message: message.clone(),
                by: by.clone(),
            },
            Notice::Acknowledged { app, user, message } => {
                Self::Acknowledged { app: app.clone(), user: user.clone(), message: message.clone() }
            }
            Notice::UserInfoPut { app, user, info } => {
                Self::UserInfoPut { app: app.clone(), user: user.clone(), info: info.clone() }
            }
            Notice::Recounted { group } => Self::Recounted { group: group.into() },
            Notice::AppDisabled { app } => Self::AppDisabled { app: app.clone() },
            Notice::DirectoryChanged => Self::DirectoryChanged,
        }
    }
}

impl From<NoticeForm> for Notice {
    fn from(form: NoticeForm) -> Self {
        match form {
            NoticeForm::Published { stream, sequence, event: EventForm(event), at } => {
                Self::Published { stream: stream.into(), sequence, event, at: Millis(at) }
            }
            NoticeForm::Joined { group, user, info } => Self::Joined { group: group.into(), user, info },
            NoticeForm::Left { group, user } => Self::Left { group: group.into(), user },
            NoticeForm::TakenOut { group, user } => Self::TakenOut { group: group.into(), user },
            NoticeForm::SignedIn { app, user, session } => {
                Self::SignedIn { app, user, session: session.into() }
            }
            NoticeForm::AcknowledgementWanted { app, user, message, by } => {
                Self::AcknowledgementWanted { app, user, message, by }
            }
            NoticeForm::Acknowledged { app, user, message } => Self::Acknowledged { app, user, message },
            NoticeForm::UserInfoPut { app, user, info } => Self::UserInfoPut { app, user, info },
            NoticeForm::Recounted { group } => Self::Recounted { group: group.into() },
            NoticeForm::AppDisabled { app } => Self::AppDisabled { app },
            NoticeForm::DirectoryChanged => Self::DirectoryChanged,
        }
    }
}

/// A [`StreamRef`].
#[derive(Serialize, Deserialize)]
pub(super) enum StreamForm {
    Group(GroupForm),
    User(AppId, UserId),
}

impl From<&StreamRef> for StreamForm {
    fn from(stream: &StreamRef) -> Self {
        match stream {
            StreamRef::Group(at) => Self::Group(at.into()),
            StreamRef::User(app, user) => Self::User(app.clone(), user.clone()),
        }
    }
}

impl From<StreamForm> for StreamRef {
    fn from(form: StreamForm) -> Self {
        match form {
            StreamForm::Group(at) => Self::Group(at.into()),
            StreamForm::User(app, user) => Self::User(app, user),
        }
    }
}

/// A [`GroupRef`].
#[derive(Serialize, Deserialize)]
pub(super) struct GroupForm {
    app: AppId,
    group: GroupId,
}

impl From<&GroupRef> for GroupForm {
    fn from(at: &GroupRef) -> Self {
        let GroupRef { app, group } = at;
        Self { app: app.clone(), group: group.clone() }
    }
}

impl From<GroupForm> for GroupRef {
    fn from(form: GroupForm) -> Self {
        let GroupForm { app, group } = form;
        Self { app, group }
    }
}

/// A [`SessionRef`].
#[derive(Serialize, Deserialize)]
pub(super) struct SessionForm {
    node: NodeId,
    session: SessionId,
}

impl From<&SessionRef> for SessionForm {
    fn from(session: &SessionRef) -> Self {
        let SessionRef { node, session } = session;
        Self { node: node.clone(), session: session.clone() }
    }
}

impl From<SessionForm> for SessionRef {
    fn from(form: SessionForm) -> Self {
        let SessionForm { node, session } = form;
        Self { node, session }
    }
}

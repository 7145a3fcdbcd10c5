//! The form of a change of mutes.

use serde::{Deserialize, Serialize};

use crate::{
    id::UserId,
    mute::{GroupMutes, MuteKind, UserMute},
    time::Millis,
};

#[derive(Serialize, Deserialize)]
pub(super) struct MutesForm {
    everybody: bool,
    muted: Vec<UserForm>,
    spared: Vec<UserForm>,
}

#[derive(Serialize, Deserialize)]
struct UserForm {
    user: UserId,
    until: Option<i64>,
}

impl From<&GroupMutes> for MutesForm {
    fn from(mutes: &GroupMutes) -> Self {
        let of = |kind| {
            let users = mutes.users.iter().filter(|(_, mute)| mute.kind == kind);
            users
                .map(|(user, mute)| UserForm { user: user.clone(), until: mute.until.map(|until| until.0) })
                .collect()
        };
        Self { everybody: mutes.everybody, muted: of(MuteKind::Muted), spared: of(MuteKind::Spared) }
    }
}

impl From<MutesForm> for GroupMutes {
    fn from(form: MutesForm) -> Self {
        let of = |kind, users: Vec<UserForm>| {
            users
                .into_iter()
                .map(move |UserForm { user, until }| (user, UserMute { kind, until: until.map(Millis) }))
        };
        let users = of(MuteKind::Muted, form.muted).chain(of(MuteKind::Spared, form.spared)).collect();
        Self { everybody: form.everybody, users }
    }
}

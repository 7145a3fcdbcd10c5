//! What every operation's file begins with.

pub(crate) use muster_core::{
    app::DataCenter,
    id::{AppId, GroupId, UserId},
};
pub(crate) use muster_gateway::{Level, Operation, Spec};
pub(crate) use schemars::JsonSchema;
pub(crate) use serde::{Deserialize, Serialize};

pub(crate) use crate::{Call, Live, error::Result, wire};

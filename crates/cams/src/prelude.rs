//! What every operation's file begins with.

pub(crate) use muster_core::{
    chat::PhoneNumber,
    id::{AppId, GroupId},
};
pub(crate) use muster_gateway::{Level, Operation, Spec};
pub(crate) use schemars::JsonSchema;
pub(crate) use serde::{Deserialize, Serialize};

pub(crate) use crate::{
    Call, Cams,
    channel_type::ChannelType,
    error::Result,
    wire::{Envelope, open_number, spec},
};

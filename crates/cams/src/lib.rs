//! The Chat App Message Service's chat groups (`cams`, 2020-06-06), as operations of a gateway.
//!
//! An operation is one file: its request, its response, what is documented of it, and a handler that maps the wire to
//! a rule of `muster_core` and back.
//!
//! A customer group belongs to a channel (`CustSpaceId`) and to a business number that is bound to the channel. The
//! API makes groups and their invite links; people join through the link, and nobody is added by a call. Business
//! failures are told inside an answer of HTTP 200, in `Code` ([`error`]); a missing parameter, a bad signature and a
//! refusal by policy are the gateway's and have its body.

mod add_chat_group;
mod add_chat_group_invite_link;
mod address;
pub mod callback;
mod channel_type;
mod chatapp_sync_phone_number;
mod content;
mod create_instance;
mod delete_chat_group;
mod delete_chat_group_invite_link;
mod delete_chat_group_participants;
mod delete_instance;
mod error;
mod generate_presigned_url;
mod get_chatapp_open_status;
mod get_chatapp_upload_authorization;
pub mod group_callback;
mod instance;
mod list_chat_group;
mod list_chat_group_participants;
mod list_chatapp_message;
mod list_instance;
mod open_chatapp_service;
mod phone_numbers;
mod prelude;
mod query_chatapp_phone_numbers;
mod query_instance;
mod send_chatapp_message;
mod update_account_webhook;
mod update_chat_group;
mod update_instance;
mod update_phone_webhook;
mod webhook;
mod wire;

use std::sync::Arc;

use muster_core::service::Muster;
use muster_gateway::{Catalogue, Denial, Failure, ParameterFault, Product};

pub use get_chatapp_upload_authorization::BUCKET;

/// What the operations of this product work with.
pub struct Services {
    /// The rules of the domain.
    pub muster: Arc<Muster>,
    /// The base URL that invite links begin with, `https://im.example.com`. Without one, links begin with the address
    /// that the caller of the operation used.
    pub base_url: Option<String>,
    /// Whether businesses may name private addresses and ports as what the server calls.
    pub allow_private: bool,
}

/// A call of an operation of this product.
type Call<'a> = muster_gateway::Call<'a, Services>;

/// The product.
pub struct Cams;

impl Product for Cams {
    type State = Services;
    type Error = error::Error;
    const CODE: &'static str = "cams";
    const VERSION: &'static str = "2020-06-06";
    const TITLE: &'static str = "Chat App Message Service, chat groups";

    fn parameter_fault(fault: &ParameterFault) -> Failure {
        error::parameter_fault(fault)
    }

    fn denied(denial: &Denial) -> Failure {
        error::denied(denial)
    }

    fn unavailable() -> Failure {
        error::unavailable()
    }

    fn unknown_outcome() -> Failure {
        error::unknown_outcome()
    }
}

/// The operations of the product. A new one is a file and a line here.
#[must_use]
pub fn catalogue(services: Services) -> Catalogue<Cams> {
    Catalogue::new(services)
        .operation::<add_chat_group::AddChatGroup>()
        .operation::<update_chat_group::UpdateChatGroup>()
        .operation::<delete_chat_group::DeleteChatGroup>()
        .operation::<list_chat_group::ListChatGroup>()
        .operation::<add_chat_group_invite_link::AddChatGroupInviteLink>()
        .operation::<delete_chat_group_invite_link::DeleteChatGroupInviteLink>()
        .operation::<list_chat_group_participants::ListChatGroupParticipants>()
        .operation::<delete_chat_group_participants::DeleteChatGroupParticipants>()
        .operation::<send_chatapp_message::SendChatappMessage>()
        .operation::<list_chatapp_message::ListChatappMessage>()
        .operation::<create_instance::CreateInstance>()
        .operation::<list_instance::ListInstance>()
        .operation::<query_instance::QueryInstance>()
        .operation::<update_instance::UpdateInstance>()
        .operation::<delete_instance::DeleteInstance>()
        .operation::<query_chatapp_phone_numbers::QueryChatappPhoneNumbers>()
        .operation::<chatapp_sync_phone_number::ChatappSyncPhoneNumber>()
        .operation::<update_account_webhook::UpdateAccountWebhook>()
        .operation::<update_phone_webhook::UpdatePhoneWebhook>()
        .operation::<get_chatapp_open_status::GetChatappOpenStatus>()
        .operation::<open_chatapp_service::OpenChatappService>()
        .operation::<get_chatapp_upload_authorization::GetChatappUploadAuthorization>()
        .operation::<generate_presigned_url::GeneratePresignedUrl>()
}

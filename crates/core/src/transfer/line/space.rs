//! Applications, channels, and what hangs on channels alone, as lines.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::group::GroupRefForm;
use crate::{
    app::{App, Audit, DataCenter, Generation, Retention},
    chat::{
        BusinessNumber, Channel, ChannelFace, ChatGroup, ChatGroupChange, ChatGroupStatus, PhoneNumber,
        Removal, Webhook,
    },
    chat_file::{ChatFile, ContentType, FilePath},
    id::{AccountId, AppId},
    seal::Sealed,
    time::Millis,
    transfer::{AppRecord, ChannelRecord, ChatGroupRecord, InviteRecord},
    word::Word,
};

#[derive(Serialize, Deserialize)]
pub(super) struct AppRecordForm {
    app: AppForm,
    user_epoch: String,
}

impl From<AppRecord> for AppRecordForm {
    fn from(record: AppRecord) -> Self {
        let AppRecord { app, user_epoch } = record;
        Self { app: app.into(), user_epoch }
    }
}

impl From<AppRecordForm> for AppRecord {
    fn from(form: AppRecordForm) -> Self {
        let AppRecordForm { app, user_epoch } = form;
        Self { app: app.into(), user_epoch }
    }
}

#[derive(Serialize, Deserialize)]
struct AppForm {
    id: AppId,
    account: AccountId,
    generation: GenerationForm,
    name: Option<String>,
    /// Sealed.
    key: Vec<u8>,
    data_center: DataCenterForm,
    retention: RetentionForm,
    audit: AuditForm,
    callback_url: Option<String>,
    disabled: bool,
    config: BTreeMap<String, String>,
    extension: BTreeMap<String, String>,
    created_at: i64,
    modified_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at: Option<i64>,
}

impl From<App> for AppForm {
    fn from(app: App) -> Self {
        Self {
            id: app.id,
            account: app.account,
            generation: app.generation.into(),
            name: app.name,
            key: app.key.0,
            data_center: app.data_center.into(),
            retention: app.retention.into(),
            audit: app.audit.into(),
            callback_url: app.callback_url,
            disabled: app.disabled,
            config: app.config,
            extension: app.extension,
            created_at: app.created_at.0,
            modified_at: app.modified_at.0,
            deleted_at: app.deleted_at.map(|at| at.0),
        }
    }
}

impl From<AppForm> for App {
    fn from(form: AppForm) -> Self {
        Self {
            id: form.id,
            account: form.account,
            generation: form.generation.into(),
            name: form.name,
            key: Sealed(form.key),
            data_center: form.data_center.into(),
            retention: form.retention.into(),
            audit: form.audit.into(),
            callback_url: form.callback_url,
            disabled: form.disabled,
            config: form.config,
            extension: form.extension,
            created_at: Millis(form.created_at),
            modified_at: Millis(form.modified_at),
            deleted_at: form.deleted_at.map(Millis),
        }
    }
}

/// A choice that a file names, with its conversions.
macro_rules! choice {
    ($form:ident of $choice:ty { $($name:ident $(= $written:literal)?),* $(,)? }) => {
        #[derive(Serialize, Deserialize)]
        enum $form {
            $($(#[serde(rename = $written)])? $name,)*
        }

        impl From<$choice> for $form {
            fn from(choice: $choice) -> Self {
                match choice {
                    $(<$choice>::$name => Self::$name,)*
                }
            }
        }

        impl From<$form> for $choice {
            fn from(form: $form) -> Self {
                match form {
                    $($form::$name => Self::$name,)*
                }
            }
        }
    };
}

choice!(GenerationForm of Generation { One, Two });
choice!(DataCenterForm of DataCenter { Shanghai = "cn-shanghai", Singapore = "ap-southeast-1" });
choice!(RetentionForm of Retention { Days30, Days90, Days180 });
choice!(ChatGroupStatusForm of ChatGroupStatus { Active, Inactive, Suspended, Creating, Deleting, Updating });

#[derive(Serialize, Deserialize)]
enum AuditForm {
    Off,
    BuiltIn,
    Custom(String),
}

impl From<Audit> for AuditForm {
    fn from(audit: Audit) -> Self {
        match audit {
            Audit::Off => Self::Off,
            Audit::BuiltIn => Self::BuiltIn,
            Audit::Custom(url) => Self::Custom(url),
        }
    }
}

impl From<AuditForm> for Audit {
    fn from(form: AuditForm) -> Self {
        match form {
            AuditForm::Off => Self::Off,
            AuditForm::BuiltIn => Self::BuiltIn,
            AuditForm::Custom(url) => Self::Custom(url),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChannelRecordForm {
    channel: ChannelForm,
    user_epoch: String,
}

#[derive(Serialize, Deserialize)]
struct ChannelForm {
    id: AppId,
    account: AccountId,
    name: String,
    created_at: i64,
    // What follows was not there before format 4.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    contact_mail: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    country: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted_at: Option<i64>,
    #[serde(flatten)]
    webhook: WebhookForm,
}

/// Was not there before format 4.
#[derive(Serialize, Deserialize)]
struct WebhookForm {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    status_url: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    inbound_url: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    silent: bool,
}

impl From<Webhook> for WebhookForm {
    fn from(Webhook { status_url, inbound_url, silent }: Webhook) -> Self {
        Self { status_url, inbound_url, silent }
    }
}

impl From<WebhookForm> for Webhook {
    fn from(WebhookForm { status_url, inbound_url, silent }: WebhookForm) -> Self {
        Self { status_url, inbound_url, silent }
    }
}

impl From<ChannelRecord> for ChannelRecordForm {
    fn from(record: ChannelRecord) -> Self {
        let ChannelRecord { channel, user_epoch } = record;
        let Channel { id, account, face, webhook, created_at, deleted_at } = channel;
        let ChannelFace { name, description, contact_mail, country, address } = face;
        let channel = ChannelForm {
            id,
            account,
            name,
            created_at: created_at.0,
            description,
            contact_mail,
            country,
            address,
            deleted_at: deleted_at.map(|at| at.0),
            webhook: webhook.into(),
        };
        Self { channel, user_epoch }
    }
}

impl From<ChannelRecordForm> for ChannelRecord {
    fn from(form: ChannelRecordForm) -> Self {
        let ChannelRecordForm { channel, user_epoch } = form;
        let ChannelForm {
            id,
            account,
            name,
            created_at,
            description,
            contact_mail,
            country,
            address,
            deleted_at,
            webhook,
        } = channel;
        let channel = Channel {
            id,
            account,
            face: ChannelFace { name, description, contact_mail, country, address },
            webhook: webhook.into(),
            created_at: Millis(created_at),
            deleted_at: deleted_at.map(Millis),
        };
        Self { channel, user_epoch }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct BusinessNumberForm {
    number: PhoneNumber,
    channel: AppId,
    created_at: i64,
    #[serde(flatten)]
    webhook: WebhookForm,
}

impl From<BusinessNumber> for BusinessNumberForm {
    fn from(number: BusinessNumber) -> Self {
        let BusinessNumber { number, channel, webhook, created_at } = number;
        Self { number, channel, created_at: created_at.0, webhook: webhook.into() }
    }
}

impl From<BusinessNumberForm> for BusinessNumber {
    fn from(form: BusinessNumberForm) -> Self {
        let BusinessNumberForm { number, channel, created_at, webhook } = form;
        Self { number, channel, webhook: webhook.into(), created_at: Millis(created_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChatGroupRecordForm {
    chat_group: ChatGroupForm,
    status_since: i64,
}

#[derive(Serialize, Deserialize)]
struct ChatGroupForm {
    at: GroupRefForm,
    number: PhoneNumber,
    subject: String,
    description: Option<String>,
    picture: Option<String>,
    status: ChatGroupStatusForm,
    invite: Option<String>,
    created_at: i64,
    modified_at: i64,
    #[serde(default, skip_serializing_if = "ChatGroupChangeForm::is_nothing")]
    pending: ChatGroupChangeForm,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
struct ChatGroupChangeForm {
    subject: Option<String>,
    description: Option<String>,
    picture: Option<String>,
}

impl ChatGroupChangeForm {
    fn is_nothing(&self) -> bool {
        self.subject.is_none() && self.description.is_none() && self.picture.is_none()
    }
}

impl From<ChatGroupChange> for ChatGroupChangeForm {
    fn from(change: ChatGroupChange) -> Self {
        let ChatGroupChange { subject, description, picture } = change;
        Self { subject, description, picture }
    }
}

impl From<ChatGroupChangeForm> for ChatGroupChange {
    fn from(form: ChatGroupChangeForm) -> Self {
        let ChatGroupChangeForm { subject, description, picture } = form;
        Self { subject, description, picture }
    }
}

impl From<ChatGroupRecord> for ChatGroupRecordForm {
    fn from(record: ChatGroupRecord) -> Self {
        let ChatGroupRecord { chat_group, status_since } = record;
        Self { chat_group: chat_group.into(), status_since: status_since.0 }
    }
}

impl From<ChatGroupRecordForm> for ChatGroupRecord {
    fn from(form: ChatGroupRecordForm) -> Self {
        let ChatGroupRecordForm { chat_group, status_since } = form;
        Self { chat_group: chat_group.into(), status_since: Millis(status_since) }
    }
}

impl From<ChatGroup> for ChatGroupForm {
    fn from(group: ChatGroup) -> Self {
        Self {
            at: group.at.into(),
            number: group.number,
            subject: group.subject,
            description: group.description,
            picture: group.picture,
            status: group.status.into(),
            invite: group.invite,
            created_at: group.created_at.0,
            modified_at: group.modified_at.0,
            pending: group.pending.into(),
            provider_id: group.provider_id,
            request_id: group.request_id,
        }
    }
}

impl From<ChatGroupForm> for ChatGroup {
    fn from(form: ChatGroupForm) -> Self {
        Self {
            at: form.at.into(),
            number: form.number,
            subject: form.subject,
            description: form.description,
            picture: form.picture,
            status: form.status.into(),
            invite: form.invite,
            pending: form.pending.into(),
            provider_id: form.provider_id,
            request_id: form.request_id,
            created_at: Millis(form.created_at),
            modified_at: Millis(form.modified_at),
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct InviteForm {
    code: String,
    at: GroupRefForm,
    created_at: i64,
    revoked_at: Option<i64>,
}

impl From<InviteRecord> for InviteForm {
    fn from(invite: InviteRecord) -> Self {
        let InviteRecord { code, at, created_at, revoked_at } = invite;
        Self { code, at: at.into(), created_at: created_at.0, revoked_at: revoked_at.map(|at| at.0) }
    }
}

impl From<InviteForm> for InviteRecord {
    fn from(form: InviteForm) -> Self {
        let InviteForm { code, at, created_at, revoked_at } = form;
        Self { code, at: at.into(), created_at: Millis(created_at), revoked_at: revoked_at.map(Millis) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct RemovalForm {
    at: GroupRefForm,
    number: PhoneNumber,
    removed_at: i64,
}

impl From<Removal> for RemovalForm {
    fn from(removal: Removal) -> Self {
        let Removal { at, number, removed_at } = removal;
        Self { at: at.into(), number, removed_at: removed_at.0 }
    }
}

impl From<RemovalForm> for Removal {
    fn from(form: RemovalForm) -> Self {
        let RemovalForm { at, number, removed_at } = form;
        Self { at: at.into(), number, removed_at: Millis(removed_at) }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChatFileForm {
    path: FilePath,
    channel: AppId,
    kind: String,
    #[serde(with = "base64_text")]
    bytes: Bytes,
    put_at: i64,
}

impl From<ChatFile> for ChatFileForm {
    fn from(file: ChatFile) -> Self {
        let ChatFile { channel, path, kind, bytes, put_at } = file;
        Self { path, channel, kind: kind.as_str().to_owned(), bytes, put_at: put_at.0 }
    }
}

impl From<ChatFileForm> for ChatFile {
    fn from(form: ChatFileForm) -> Self {
        let ChatFileForm { path, channel, kind, bytes, put_at } = form;
        Self { channel, path, kind: ContentType::new(&kind), bytes, put_at: Millis(put_at) }
    }
}

/// Bytes as a text.
mod base64_text {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use bytes::Bytes;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct WordForm {
    app: AppId,
    text: String,
    added_at: i64,
}

impl From<Word> for WordForm {
    fn from(word: Word) -> Self {
        let Word { app, text, added_at } = word;
        Self { app, text, added_at: added_at.0 }
    }
}

impl From<WordForm> for Word {
    fn from(form: WordForm) -> Self {
        let WordForm { app, text, added_at } = form;
        Self { app, text, added_at: Millis(added_at) }
    }
}

//! `UpdateChatGroup`.

use crate::error::Error;
use crate::{
    address::file_path,
    error::OF_GROUP,
    prelude::*,
    wire::{Affected, open_group},
};
use muster_core::{
    picture::{Picture, PictureFault},
    service::NewFace,
};
use muster_gateway::parameter::{Change, Text};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The business number that runs the group: digits, country code first.
    business_number: PhoneNumber,
    /// The kind of channel: WHATSAPP.
    #[expect(dead_code, reason = "checked and documented; there is one kind")]
    #[schemars(extend("default" = "WHATSAPP"))]
    channel_type: Option<ChannelType>,
    /// The channel.
    cust_space_id: AppId,
    /// What the group is about from now on, at most 2048 characters; nothing, when the text is empty.
    #[serde(default)]
    description: Change<Text<0, 2048>>,
    /// The group.
    group_id: GroupId,
    /// Where the group's new picture is: the public `http://` or `https://` URL of a square JPEG file of at least 192
    /// pixels a side and at most 5 MB. Nothing, when the text is empty.
    profile_picture_file: Option<Text<0, 2048>>,
    /// The group's new title, at most 128 characters. Blanks around it are left out.
    subject: Option<Text<0, 128>>,
}

pub(crate) struct UpdateChatGroup;

impl Operation for UpdateChatGroup {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Affected>;
    const SPEC: Spec = spec("UpdateChatGroup", "Changes the title, the description and the picture of a group.", "修改客户群的名称、描述和图片。", Level::Update)
        .example(&[
            ("CustSpaceId", "{#CustSpaceId}"),
            ("BusinessNumber", "{#BusinessNumber}"),
            ("GroupId", "{#GroupId}"),
            ("Subject", "Market day"),
        ])
        .errors(OF_GROUP)
        .notes(&[
            "The group is UPDATING at first, with the face it had, and ACTIVE soon after with the new ones.",
            "What is not given stays as it is. Result is 1, or 0 when nothing is given.",
            "The group must be ACTIVE.",
            "The picture is fetched and looked at before anything is changed; ListChatGroup then gives its address.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Affected>> {
        let Request { business_number, cust_space_id, group_id, .. } = &request;
        let group = open_group(call, cust_space_id, business_number, group_id).await?;
        let subject = request.subject.map(|subject| subject.trim().to_owned());
        if subject.as_deref() == Some("") {
            return Err(Error::Invalid("Subject", "Subject must hold more than blanks".to_owned()));
        }
        let description = match request.description {
            Change::Keep => None,
            Change::Clear => Some(String::new()),
            Change::Set(text) => Some(text.into_string()),
        };
        let url = request.profile_picture_file.map(Text::into_string).filter(|url| !url.is_empty());
        if subject.is_none() && description.is_none() && url.is_none() {
            return Envelope::of(Affected::rows(0));
        }
        let chats = call.state.muster.chats();
        let picture = match url {
            Some(url) => Some(picture(call, &url).await?),
            None => None,
        };
        chats.update_group(&group, NewFace { subject, description, picture }).await?;
        Envelope::of(Affected::rows(1))
    }
}

/// The picture at an address. A file of this server's is looked at where it is.
async fn picture(call: &Call<'_>, url: &str) -> Result<Picture> {
    let chats = call.state.muster.chats();
    let looked_at = match file_path(call, url) {
        Some(path) => match chats.file(&path).await.map_err(muster_core::error::Error::from)? {
            Some(file) => Picture::of(url, &file.bytes),
            None => Err(PictureFault::Status(404)),
        },
        None => chats.fetch_picture(url).await,
    };
    looked_at.map_err(|fault| refused(&fault))
}

/// What a caller is told of a picture that is not taken.
fn refused(fault: &PictureFault) -> Error {
    Error::Invalid("ProfilePictureFile", format!("ProfilePictureFile: {fault}"))
}

//! `GetChatappUploadAuthorization`.

use muster_core::chat_file::GRANT_MILLIS;

use crate::{
    address::base,
    error::OF_INSTANCE,
    prelude::*,
    wire::{of_files, open_channel},
};

/// The bucket that files are put into. It has no meaning but in what is signed.
pub const BUCKET: &str = "muster";

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The channel.
    cust_space_id: AppId,
}

/// A temporary key, and what it is for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Authorization {
    /// The key's id.
    access_key_id: String,
    /// The key's secret.
    access_key_secret: String,
    /// The token that goes along with the key.
    security_token: String,
    /// The bucket.
    bucket_name: &'static str,
    /// The directory that files may be put into: their keys begin with it and `/`.
    dir: String,
    /// The address to put files to: this server's.
    end_point: String,
    /// Seconds until the key is good for nothing any more.
    expire: i64,
}

/// The answer. It has no `Success`.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// `OK`.
    code: &'static str,
    /// What was asked for.
    data: Authorization,
}

pub(crate) struct GetChatappUploadAuthorization;

impl Operation for GetChatappUploadAuthorization {
    type Product = Cams;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec = of_files(
        "GetChatappUploadAuthorization",
        "Gives a temporary key with which files are put onto this server by an SDK of the Object Storage Service.", "签发临时密钥，供对象存储 SDK 向本服务器上传文件。",
    )
    .example(&[("CustSpaceId", "{#CustSpaceId}")])
    .errors(OF_INSTANCE)
    .quota(5)
    .notes(&[
        "PutObject is what the key is good for, signed by version 1 or 4; a file is at most `cams.file_bytes`.",
        "GeneratePresignedUrl gives the address of what was put, for messages and pictures to name.",
    ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let channel = open_channel(call, &request.cust_space_id).await?;
        let key = call.state.muster.chats().grant_upload(&channel);
        let data = Authorization {
            access_key_id: key.id,
            access_key_secret: key.secret,
            security_token: key.token,
            bucket_name: BUCKET,
            dir: key.directory,
            end_point: base(call),
            expire: GRANT_MILLIS / 1000,
        };
        Ok(Response { code: "OK", data })
    }
}

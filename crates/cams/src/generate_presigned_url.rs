//! `GeneratePresignedUrl`.

use muster_gateway::parameter::Text;

use crate::{
    address::file_url,
    error::{Error, FOR_ANYBODY},
    prelude::*,
    wire::{Found, account, of_files},
};

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The key that the file was put under: `Dir` of GetChatappUploadAuthorization, `/`, and a name.
    file_path: Text<1, 1024>,
}

/// An address.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Address {
    /// Where anybody who knows it reads the file, for as long as the file is kept.
    url: String,
}

pub(crate) struct GeneratePresignedUrl;

impl Operation for GeneratePresignedUrl {
    type Product = Cams;
    type Request = Request;
    type Response = Envelope<Found<Address>>;
    const SPEC: Spec = of_files(
        "GeneratePresignedUrl",
        "Gives the address of a file that was put onto this server.",
        "获取已上传到本服务器的文件的地址。",
    )
    .example(&[("FilePath", "{#FilePath}")])
    .errors(FOR_ANYBODY)
    .notes(&["The address does not end before the file does, which is kept for `cams.file_days`."]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Found<Address>>> {
        let path = request.file_path.into_string();
        let found = call.state.muster.chats().own_file(&account(call)?, &path).await?;
        let found = found.ok_or_else(|| Error::Invalid("FilePath", "FilePath names no file".to_owned()))?;
        Envelope::of(Found::new(Address { url: file_url(call, &found) }))
    }
}

//! `CheckLiveMessageUsersOnline`.

use muster_gateway::parameter::List;

use super::{open_app, spec};
use crate::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The users asked for, 1 to 10.
    user_ids: List<UserId, 1, 10>,
    /// The application's data center, Shanghai when not said.
    #[serde(default)]
    data_center: DataCenter,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Response {
    /// The users asked for, in their order.
    user_list: Vec<UserRow>,
}

/// A user asked for.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    /// The user.
    user_id: UserId,
    /// Whether the user is logged in.
    online: bool,
}

pub(crate) struct CheckLiveMessageUsersOnline;

impl Operation for CheckLiveMessageUsersOnline {
    type Product = Live;
    type Request = Request;
    type Response = Response;
    const SPEC: Spec =
        spec("CheckLiveMessageUsersOnline", "Tells which of some users are logged in.", "查询指定用户是否在线。", Level::None).example(&[("AppId", "{#AppId}"), ("UserIds", "{#UserId}")]).read_only()
            .resources(&[wire::DOMAIN, wire::RTC])
            .notes(&[
                "The documented resource is a domain, though the call names none; the application's resource is taken \
                 too.",
            ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Response> {
        let app = open_app(call, request.data_center, &request.app_id).await?;
        let found = call.state.muster.logins().signed_in(&app, &request.user_ids).await?;
        let rows = request.user_ids.into_iter().zip(found);
        Ok(Response { user_list: rows.map(|(user_id, online)| UserRow { user_id, online }).collect() })
    }
}

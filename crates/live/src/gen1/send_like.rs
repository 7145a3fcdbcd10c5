//! `SendLike`.

use std::{borrow::Cow, fmt};

use muster_core::number::RepeatCount;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{
    Deserializer,
    de::{Unexpected, Visitor},
};

use super::{BroadCastType, Envelope, audience, open_group, spec};
use crate::prelude::*;

/// How many likes, which is published as a text: a decimal number.
struct Times(RepeatCount);

impl<'de> Deserialize<'de> for Times {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Decimal)
    }
}

struct Decimal;

impl Visitor<'_> for Decimal {
    type Value = Times;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a number from 1 to {}", RepeatCount::MAX.get())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Times, E> {
        let digits = Some(text).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let times = digits.and_then(|digits| RepeatCount::of_messages(digits.parse().ok()?).ok());
        times.map(Times).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

impl JsonSchema for Times {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Times".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+$" })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    /// The application.
    app_id: AppId,
    /// The group.
    group_id: GroupId,
    /// Who likes it, the group's creator when not said. The user need not be in the group.
    operator_user_id: Option<UserId>,
    /// How many likes: a number from 1 to 2147483647.
    count: Times,
    /// Who is told: 0 nobody (when not said), 1 who likes it, 2 the whole group.
    #[schemars(extend("default" = 0))]
    broad_cast_type: Option<BroadCastType>,
}

/// Likes.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Liked {
    /// How many the group has by now.
    like_count: i32,
}

pub(crate) struct SendLike;

impl Operation for SendLike {
    type Product = Live;
    type Request = Request;
    type Response = Envelope<Liked>;
    const SPEC: Spec = spec("SendLike", "Adds likes to a group.", "为群组增加点赞。", Level::Get)
        .example(&[("AppId", "{#AppId}"), ("GroupId", "{#GroupId}"), ("Count", "1")])
        .resources(&[wire::DOMAIN, wire::RTC])
        .notes(&[
            "LikeCount is the group's running total; beyond 2147483647 it stays there.",
            "What is told is the system's message 1001 with the total, once and without an offset, to whoever is connected.",
            "Likes are counted among no message types. A like that was answered is on the disk.",
        ]);

    async fn call(call: &Call<'_>, request: Request) -> Result<Envelope<Liked>> {
        let group = open_group(call, &request.app_id, &request.group_id).await?;
        let audience = audience(request.broad_cast_type);
        let (by, times) = (request.operator_user_id, request.count.0);
        let likes = call.state.muster.messages().like(&group, by, times, audience).await?;
        Envelope::of(Liked { like_count: wire::int(likes) })
    }
}

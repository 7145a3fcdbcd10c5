//! Login tokens as they travel in `connect.token`.
//!
//! Generation 2: base64url of `{"appId","userId","nonce","timestamp","role","token",…}`, where `token` is the documented
//! SHA-256 and `timestamp` its expiry. Generation 1: the access token that was issued for the device, either the bare
//! inner text (`oauth_cloud_key:…`) or the base64 of `{"endpoints","token","appId"}` that its SDKs take apart.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use muster_core::service::{Login, LoginClaim, LoginError, LoginRules, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::protocol::json::half_character;

/// What begins the inner text of a generation 1 token.
const ACCESS_PREFIX: &str = "oauth_cloud_key:";

/// The longest thing that a user may say of itself on logging in, in bytes: it is repeated in each of its messages.
pub const MAX_EXTENSION_BYTES: usize = 4_096;

/// Reads base64 as anybody writes it: with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a generation 2 user shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveLogin<'a> {
    /// The application.
    pub app_id: &'a str,
    /// Who.
    pub user_id: &'a str,
    /// Part of what is hashed: a new random text for each token.
    pub nonce: &'a str,
    /// When the token ends, in seconds since 1970.
    pub timestamp: i64,
    /// `admin`, or anything else.
    pub role: &'a str,
    /// The documented SHA-256 over the above and the application's key.
    pub token: &'a str,
    /// What the user says of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_extension: Option<&'a str>,
}

/// Writes a generation 2 login as `connect.token`.
#[must_use]
pub fn live_connect_token(login: &LiveLogin<'_>) -> String {
    #[expect(clippy::expect_used, reason = "texts and a number always have a JSON form")]
    let text = serde_json::to_vec(login).expect("a login is JSON");
    URL_SAFE_NO_PAD.encode(text)
}

/// What a token holds, of either generation.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Shown {
    app_id: Option<String>,
    user_id: Option<String>,
    nonce: Option<String>,
    timestamp: Option<Timestamp>,
    role: Option<String>,
    token: Option<String>,
    user_extension: Option<String>,
}

/// Application servers write the expiry either way.
#[derive(Deserialize)]
#[serde(untagged)]
enum Timestamp {
    Number(i64),
    Text(String),
}

impl Timestamp {
    fn into_text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// Who the bearer of a `connect.token` is.
///
/// # Errors
/// [`LoginError::Refused`] also for a token that is not one.
pub async fn check_connect_token(rules: LoginRules<'_>, token: &str) -> Result<Login, LoginError> {
    let token = token.trim();
    if token.starts_with(ACCESS_PREFIX) {
        return rules.check_access(token).await;
    }
    let shown = decode(token).ok_or(Refusal::NoToken)?;
    let inner = shown.token.unwrap_or_default();
    if shown.user_id.is_none() {
        return rules.check_access(&inner).await;
    }
    if shown.user_extension.as_ref().is_some_and(|said| said.len() > MAX_EXTENSION_BYTES) {
        return Err(Refusal::Extension.into());
    }
    let expires = shown.timestamp.map(Timestamp::into_text).unwrap_or_default();
    let claim = LoginClaim {
        app: shown.app_id.as_deref().unwrap_or_default(),
        user: shown.user_id.as_deref().unwrap_or_default(),
        nonce: shown.nonce.as_deref().unwrap_or_default(),
        expires: &expires,
        role: shown.role.as_deref().unwrap_or_default(),
        token: &inner,
        info: shown.user_extension.as_deref().filter(|said| !said.is_empty()),
    };
    rules.check(&claim).await
}

/// Who a token says its bearer is, whether it is good or not: for the log.
#[derive(Debug, Default)]
pub(crate) struct Claimed {
    pub(crate) app: String,
    pub(crate) user: String,
}

impl Claimed {
    pub(crate) fn of(token: &str) -> Self {
        let Shown { app_id, user_id, .. } = decode(token.trim()).unwrap_or_default();
        Self { app: app_id.unwrap_or_default(), user: user_id.unwrap_or_default() }
    }
}

/// The half of a character that a token shows, if it does: no text of this server can hold one.
pub(crate) fn half_character_in(token: &str) -> Option<u16> {
    half_character(&String::from_utf8(plain(token.trim())?).ok()?)
}

fn decode(token: &str) -> Option<Shown> {
    serde_json::from_slice(&plain(token)?).ok()
}

/// The JSON in a token.
fn plain(token: &str) -> Option<Vec<u8>> {
    let standard: String = token
        .chars()
        .map(|digit| match digit {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    LENIENT.decode(standard).ok()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_live_login_is_base64url_of_compact_json() {
        let login = LiveLogin {
            app_id: "a",
            user_id: "u",
            nonce: "n",
            timestamp: 5,
            role: "",
            token: "t",
            user_extension: None,
        };
        let text = URL_SAFE_NO_PAD.decode(live_connect_token(&login)).unwrap();
        let expected = r#"{"appId":"a","userId":"u","nonce":"n","timestamp":5,"role":"","token":"t"}"#;
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }

    #[test]
    fn a_token_is_read_in_each_alphabet_with_and_without_padding() {
        let json = r#"{"appId":"a","userId":"u?>~é","timestamp":"5","role":null,"token":"t"}"#;
        let forms = [
            STANDARD.encode(json),
            STANDARD_NO_PAD.encode(json),
            URL_SAFE.encode(json),
            URL_SAFE_NO_PAD.encode(json),
        ];
        for form in forms {
            let shown = decode(&form).unwrap();
            assert_eq!(shown.user_id.as_deref(), Some("u?>~é"));
            assert_eq!(shown.timestamp.map(Timestamp::into_text).as_deref(), Some("5"));
            assert_eq!(shown.role, None);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_token_reader_panic(token in "\\PC*") {
            let _ = decode(&token);
        }
    }
}

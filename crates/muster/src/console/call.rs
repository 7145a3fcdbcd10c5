//! A call of an operation in a session.

use std::borrow::Cow;

use axum::{body::Body, response::Response};
use muster_gateway::{DirectCall, Origin, parameter::Parameters};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Console, Refusal, session::Session};

/// What a page asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// The code of the product, such as `live`.
    product: String,
    /// Its version; what is served when it is left out.
    #[serde(default)]
    version: Option<String>,
    /// The operation.
    action: String,
    /// Its parameters: texts as they are, numbers and truth values as they are written, lists and objects as JSON.
    #[serde(default)]
    parameters: Map<String, Value>,
    /// `JSON` or `XML`.
    #[serde(default)]
    form: Option<String>,
}

impl Asked {
    /// Makes the call; the gateway's answer as it is.
    pub(super) async fn make(
        self,
        console: &Console,
        session: &Session,
        origin: Origin<'_>,
    ) -> Result<Response, Refusal> {
        let Self { product, version, action, parameters, form } = self;
        let served = console.versions.iter().find(|(code, _)| *code == product).map(|(_, version)| *version);
        let served =
            served.ok_or_else(|| Refusal::Malformed("there is no product of that name".to_owned()))?;
        let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> = parameters
            .into_iter()
            .filter_map(|(name, value)| Some((name.into(), text(value)?.into())))
            .collect();
        if let Some(form) = form {
            pairs.push(("Format".into(), form.into()));
        }
        let call = DirectCall {
            version: version.as_deref().unwrap_or(served),
            action: &action,
            parameters: Parameters::new(pairs),
            origin,
        };
        Ok(console.gateway.call(session.identity(), call).await.map(Body::new))
    }
}

/// A value as a parameter; `None` for one that is left out.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_what_a_signed_call_would_send() {
        for (value, sent) in [
            (json!("a b"), Some("a b")),
            (json!(""), Some("")),
            (json!(20), Some("20")),
            (json!(true), Some("true")),
            (json!(["u1", "u2"]), Some(r#"["u1","u2"]"#)),
            (json!({"EventUrl": "https://a"}), Some(r#"{"EventUrl":"https://a"}"#)),
            (json!(null), None),
        ] {
            assert_eq!(text(value).as_deref(), sent);
        }
    }
}

//! Moderation services (`AuditType` 2) on the wire: what they are asked, and what their answers mean.

use std::sync::Arc;

use async_trait::async_trait;
use muster_core::{
    moderation::{AuditQuestion, Auditor},
    outbound::{Answered, Outbound},
};
use serde::{Deserialize, Serialize};

use crate::signed;

#[derive(Serialize)]
struct Question<'a> {
    content: &'a str,
}

#[derive(Deserialize)]
struct Verdict {
    pass: bool,
}

/// Asks services over HTTP, signed as callbacks are.
pub struct HttpAuditor(pub Arc<dyn Outbound>);

#[async_trait]
impl Auditor for HttpAuditor {
    async fn ask(&self, question: AuditQuestion<'_>) -> Result<bool, String> {
        let AuditQuestion { url, key, text, at, time } = question;
        let body = serde_json::to_vec(&Question { content: text }).map_err(|error| error.to_string())?;
        let mut call = signed::post(url, body, key, at.0 / 1000)?;
        call.time = Some(time);
        verdict(&self.0.call(call).await.map_err(|fault| fault.to_string())?)
    }
}

/// Whether a service lets a text pass.
///
/// # Errors
/// The reason why the answer is none: documented is the status 200, and a JSON object that says `pass`.
fn verdict(answered: &Answered) -> Result<bool, String> {
    if answered.status != 200 {
        return Err(format!("status {}", answered.status));
    }
    let verdict: Verdict = serde_json::from_slice(&answered.body)
        .map_err(|_| "the answer is no JSON object with a boolean `pass`".to_owned())?;
    Ok(verdict.pass)
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::Duration};

    use bytes::Bytes;
    use muster_core::{
        outbound::{Call, CallFault},
        time::Millis,
    };

    use super::*;

    /// Gives one answer, and keeps what it was asked.
    struct Fixed(Result<Answered, CallFault>, Mutex<Vec<Call>>);

    #[async_trait]
    impl Outbound for Fixed {
        async fn call(&self, call: Call) -> Result<Answered, CallFault> {
            self.1.lock().unwrap().push(call);
            self.0.clone()
        }
    }

    fn answered(status: u16, body: &'static str) -> Answered {
        Answered { status, content_type: None, body: Bytes::from_static(body.as_bytes()) }
    }

    async fn asked(answer: Result<Answered, CallFault>) -> (Result<bool, String>, Call) {
        let outbound = Arc::new(Fixed(answer, Mutex::default()));
        let question = AuditQuestion {
            url: "http://audit.example.com/text",
            key: "key",
            text: "say \"hi\"",
            at: Millis(1_700_000_000_999),
            time: Duration::from_secs(1),
        };
        let verdict = HttpAuditor(outbound.clone()).ask(question).await;
        let call = outbound.1.lock().unwrap().remove(0);
        (verdict, call)
    }

    #[tokio::test]
    async fn a_service_is_asked_in_the_documented_form_and_within_its_time() {
        let (verdict, call) = asked(Ok(answered(200, r#"{"pass":true,"reason":""}"#))).await;
        assert_eq!(verdict, Ok(true));
        assert_eq!(call.body, r#"{"content":"say \"hi\""}"#);
        assert_eq!(
            (call.url.as_str(), call.time),
            ("http://audit.example.com/text", Some(Duration::from_secs(1)))
        );
        let header =
            |name| call.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
        assert_eq!(header("ali-live-timestamp"), Some("1700000000"));
        // printf 'audit.example.com|1700000000|key' | md5sum
        assert_eq!(header("ali-live-signature"), Some("ec25d5ee62ca8438b593f4b31d1b5278"));
    }

    #[tokio::test]
    async fn a_refusal_counts_and_whatever_is_no_answer_is_a_fault() {
        let (refused, _) = asked(Ok(answered(200, r#"{"pass":false,"reason":"no"}"#))).await;
        assert_eq!(refused, Ok(false));
        for (answer, fault) in [
            (Ok(answered(204, "")), "status 204"),
            (Ok(answered(500, r#"{"pass":false}"#)), "status 500"),
            (Ok(answered(200, "no")), "the answer is no JSON object with a boolean `pass`"),
            (Ok(answered(200, r#"{"pass":"no"}"#)), "the answer is no JSON object with a boolean `pass`"),
            (Err(CallFault::Slow(1)), "there was no whole answer within 1 s"),
        ] {
            assert_eq!(asked(answer).await.0, Err(fault.to_owned()));
        }
    }
}

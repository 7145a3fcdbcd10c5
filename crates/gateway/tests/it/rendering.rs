//! Answers, byte by byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Digest as _;

use crate::support::{Client, House};

#[tokio::test]
async fn a_success_is_compact_json_with_the_request_id_first() {
    let house = House::new();
    let answer = house.call("Echo", &[("AppId", "a"), ("Ids", "x,y")]).await;
    let id = answer.member("RequestId");
    assert_eq!(
        answer.text,
        format!(r#"{{"RequestId":"{id}","AppId":"a","Ids":["x","y"],"Account":"1234567890123456"}}"#)
    );
    let quiet = house.call("Quiet", &[]).await;
    assert_eq!(quiet.text, format!(r#"{{"RequestId":"{}"}}"#, quiet.member("RequestId")));
}

#[tokio::test]
async fn every_answer_has_the_documented_headers() {
    let house = House::new();
    for answer in [house.call("Quiet", &[]).await, house.call("Echo", &[]).await] {
        assert_eq!(answer.header("content-type"), "application/json;charset=utf-8");
        assert_eq!(answer.header("x-acs-request-id"), answer.member("RequestId"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(answer.header("access-control-expose-headers"), "*");
        assert_eq!(answer.header("vary"), "Accept-Encoding");
        let trace = answer.header("x-acs-trace-id");
        assert!(trace.len() == 32 && trace.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    }
}

#[tokio::test]
async fn the_etag_is_the_md5_between_two_digits_of_the_length() {
    let house = House::new();
    let answer = house.call("Echo", &[("AppId", "a")]).await;
    let length = answer.text.len().to_string();
    let hash = STANDARD.encode(md5::Md5::digest(answer.text.as_bytes()));
    let (first, last) = (&length[..1], &length[length.len() - 1..]);
    assert_eq!(answer.header("etag"), format!("{first}{}{last}", hash.trim_end_matches('=')));
}

#[tokio::test]
async fn an_error_tells_host_code_message_and_where_to_read_more() {
    let house = House::new();
    let answer = house.call("Echo", &[("AppId", "a"), ("PageSize", "51")]).await;
    let id = answer.member("RequestId");
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.text,
        format!(
            r#"{{"RequestId":"{id}","HostId":"live.example:7070","Code":"InputInvalid","Message":"PageSize must be an integer from 1 to 50, but is '51'.","Recommend":"https://api.aliyun.com/troubleshoot?q=InputInvalid&product=live&requestId={id}"}}"#
        )
    );
}

#[tokio::test]
async fn a_business_failure_in_band_is_http_200() {
    let house = House::new();
    let mut client = Client::v3("root");
    client.api = "2020-06-06";
    let answer = house.send(client.call("Refuse", &[])).await;
    let id = answer.member("RequestId");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.text,
        format!(
            r#"{{"RequestId":"{id}","Code":"InvalidParameter.GroupNotExist","Message":"There is no such group.","Success":false}}"#
        )
    );
}

#[tokio::test]
async fn what_broke_inside_is_not_told_to_the_caller() {
    let house = House::new();
    let answer = house.call("Broken", &[]).await;
    answer.refused(500, "ServerError");
    assert!(!answer.text.contains("disk"));
}

#[tokio::test]
async fn format_is_read_in_any_case_and_none_is_the_default() {
    let house = House::new();
    for format in ["JSON", "json", "Json", "None", ""] {
        house.call("Quiet", &[("Format", format)]).await.accepted();
    }
    house.call("Quiet", &[("Format", "YAML")]).await.refused(400, "InvalidParameter.Format");
}

#[tokio::test]
async fn xml_holds_what_json_holds() {
    let house = House::new();
    for format in ["XML", "xml"] {
        let parameters =
            [("AppId", "a<b"), ("Ids", "x,y"), ("Page", r#"{"Index":1,"Size":2}"#), ("Format", format)];
        let answer = house.call("Echo", &parameters).await;
        let id = answer.header("x-acs-request-id");
        assert_eq!(answer.header("content-type"), "text/xml;charset=utf-8");
        assert_eq!(
            answer.text,
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><EchoResponse><RequestId>{id}</RequestId>\
                 <AppId>a&lt;b</AppId><Ids>x</Ids><Ids>y</Ids><Page><Index>1</Index><Size>2</Size></Page>\
                 <Account>1234567890123456</Account></EchoResponse>"
            )
        );
    }
}

#[tokio::test]
async fn an_error_as_xml_has_the_same_members() {
    let house = House::new();
    let answer = house.call("Echo", &[("Format", "XML")]).await;
    let id = answer.header("x-acs-request-id");
    assert_eq!((answer.status, answer.header("content-type")), (400, "text/xml;charset=utf-8"));
    assert_eq!(
        answer.text,
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><RequestId>{id}</RequestId>\
             <HostId>live.example:7070</HostId><Code>InputInvalid</Code>\
             <Message>AppId is mandatory for this action.</Message>\
             <Recommend><![CDATA[https://api.aliyun.com/troubleshoot?q=InputInvalid&product=live&requestId={id}]]>\
             </Recommend></Error>"
        )
    );
    let mut client = Client::v3("root");
    client.api = "2020-06-06";
    let in_band = house.send(client.call("Refuse", &[("Format", "xml")])).await;
    assert_eq!(in_band.status, 200);
    assert!(in_band.text.contains("<RefuseResponse>") && in_band.text.contains("<Success>false</Success>"));
}

#[tokio::test]
async fn an_observer_is_told_of_every_answer() {
    let house = House::new();
    house.call("Quiet", &[]).await;
    house.call("Echo", &[]).await;
    house.call("NoSuchThing", &[]).await;
    let seen = house.seen.lock().expect("not poisoned");
    assert_eq!(
        *seen,
        [
            (Some("Quiet"), "OK".to_owned(), 200),
            (Some("Echo"), "InputInvalid".to_owned(), 400),
            (None, "InvalidAction.NotFound".to_owned(), 404),
        ]
    );
}

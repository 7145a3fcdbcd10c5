//! What holds for every operation, read off the catalogue: an operation added later is covered without a line here.

use muster_gateway::OperationData;

use crate::{House, NUMBER, cams};

/// A value that a required parameter takes.
fn good(parameter: &str) -> &'static str {
    match parameter {
        "BusinessNumber" => NUMBER,
        "CustSpaceId" => "cams-nosuch",
        "GroupId" => "Enosuch",
        "Page" => r#"{"Index":1,"Size":20}"#,
        "Subject" => "a subject",
        other => panic!("give {other} a value here"),
    }
}

fn operations(house: &House) -> Vec<OperationData> {
    house.gateway.catalogue().products.remove(0).operations
}

fn required(operation: &OperationData) -> Vec<(&str, &'static str)> {
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    required.map(|parameter| (&*parameter.name, good(&parameter.name))).collect()
}

/// Asserts a business failure: HTTP 200, and the code in the answer.
#[track_caller]
pub(crate) fn failed(answer: &serde_json::Value, code: &str) {
    assert_eq!((answer["Code"].as_str(), answer["Success"].as_bool()), (Some(code), Some(false)), "{answer}");
    assert!(answer["Message"].as_str().is_some_and(|text| text.ends_with('.')), "{answer}");
}

#[tokio::test]
async fn every_required_parameter_is_the_gateways_to_ask_for() {
    let (house, _) = cams().await;
    for operation in operations(&house) {
        let all = required(&operation);
        for (missing, _) in &all {
            let rest: Vec<_> = all.iter().filter(|(name, _)| name != missing).copied().collect();
            house.call(operation.name, &rest).await.refused(400, &format!("Missing{missing}"));
        }
    }
}

#[tokio::test]
async fn every_malformed_parameter_is_told_in_the_answer() {
    let (house, _) = cams().await;
    let bad = [
        ("BusinessNumber", "123", "InvalidParameter.PhoneNumberError"),
        ("CustSpaceId", "a b", "InvalidParameter.CustSpaceIdNotExist"),
        ("GroupId", "a b", "InvalidParameter.GroupNotExist"),
        ("ChannelType", "TELEGRAM", "InvalidParameter.ChannelTypeNotSupport"),
        ("GroupStatus", "DELETED", "InvalidParameter.GroupStatusNotSupport"),
        ("Page", "[]", "InvalidParameter.PageInvalid"),
        ("Page", r#"{"Index":0,"Size":20}"#, "InvalidParameter.PageInvalid"),
        ("Page", r#"{"Index":1,"Size":101}"#, "InvalidParameter.PageInvalid"),
        ("Page", r#"{"Index":"one","Size":2}"#, "InvalidParameter.PageInvalid"),
    ];
    for operation in operations(&house) {
        for (name, value, code) in bad {
            if operation.parameters.iter().any(|parameter| parameter.name == name) {
                let mut all = required(&operation);
                all.retain(|(other, _)| *other != name);
                all.push((name, value));
                failed(&house.call(operation.name, &all).await.ok(), code);
            }
        }
    }
}

#[tokio::test]
async fn nobody_calls_an_operation_without_permission() {
    let (house, _) = cams().await;
    for operation in operations(&house) {
        let reply = house.call_as("user", operation.name, &required(&operation)).await;
        reply.refused(403, "NoPermission");
        assert_eq!(reply.json["AccessDeniedDetail"]["AuthAction"], operation.ram_action);
    }
}

#[tokio::test]
async fn a_channel_of_another_account_is_not_there() {
    let (house, channel) = cams().await;
    for operation in operations(&house) {
        let mut all = required(&operation);
        all.retain(|(name, _)| *name != "CustSpaceId");
        all.push(("CustSpaceId", &channel));
        let answer = house.call_as("other", operation.name, &all).await.ok();
        failed(&answer, "InvalidParameter.CustSpaceIdNotExist");
    }
}

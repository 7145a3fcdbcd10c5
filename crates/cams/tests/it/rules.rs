//! How what is malformed is told: in the answer, by a code of its own.

use muster_gateway::OperationData;

use crate::{House, NUMBER, cams};

/// A value that a required parameter takes.
fn good(parameter: &str) -> &'static str {
    match parameter {
        "BusinessNumber" | "PhoneNumber" => NUMBER,
        "ChannelType" => "WHATSAPP",
        "CustSpaceId" | "InstanceId" => "cams-nosuch",
        "From" => NUMBER,
        "GroupId" => "Enosuch",
        "InstanceName" => "a name",
        "List" => r#"[{"ParticipantNumber":"8613800138001"}]"#,
        "Page" => r#"{"Index":1,"Size":20}"#,
        "Subject" => "a subject",
        "To" => "8613800138001",
        "Type" => "message",
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
async fn every_malformed_parameter_is_told_in_the_answer() {
    let (house, _) = cams().await;
    let bad = [
        ("BusinessNumber", "123", "InvalidParameter.PhoneNumberError"),
        ("CustSpaceId", "a b", "InvalidParameter.CustSpaceIdNotExist"),
        ("InstanceId", "a b", "InvalidParameter.CustSpaceIdNotExist"),
        ("PageIndex", "0", "InvalidParameter.PageInvalid"),
        ("PageSize", "101", "InvalidParameter.PageInvalid"),
        ("GroupId", "a b", "InvalidParameter.GroupNotExist"),
        ("ChannelType", "TELEGRAM", "InvalidParameter.ChannelTypeNotSupport"),
        ("GroupStatus", "DELETED", "InvalidParameter.GroupStatusNotSupport"),
        ("List", "[]", "InvalidParameter.ListInvalid"),
        ("List", "{}", "InvalidParameter.ListInvalid"),
        ("List", r#"[{}]"#, "InvalidParameter.ListInvalid"),
        ("List", r#"[{"ParticipantNumber":"12"}]"#, "InvalidParameter.ListInvalid"),
        ("Page", "[]", "InvalidParameter.PageInvalid"),
        ("Page", r#"{"Index":0,"Size":20}"#, "InvalidParameter.PageInvalid"),
        ("Page", r#"{"Index":1,"Size":101}"#, "InvalidParameter.PageInvalid"),
        ("Page", r#"{"Index":"one","Size":2}"#, "InvalidParameter.PageInvalid"),
        ("PhoneNumber", "123", "InvalidParameter.PhoneNumberError"),
        ("HttpFlag", "yes", "InvalidParameter.HttpFlagInvalid"),
        ("QueueFlag", "yes", "InvalidParameter.QueueFlagInvalid"),
        ("StatusCallbackUrl", "shop", "InvalidParameter.StatusCallbackUrlInvalid"),
        ("UpCallbackUrl", "ftp://shop.example.com/", "InvalidParameter.UpCallbackUrlInvalid"),
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

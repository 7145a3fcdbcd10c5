//! What holds for every operation, read off the catalogue: an operation added later is covered without a line here.

use muster_gateway::{OperationData, ValueData};
use serde_json::Value;

use crate::{House, live};

/// A value that a parameter takes.
fn good(parameter: &ValueData) -> String {
    match (parameter.values.first(), parameter.kind) {
        (Some(Value::String(value)), _) => value.clone(),
        (Some(value), _) => value.to_string(),
        (None, "integer" | "long") => bound(&parameter.min).unwrap_or(1).to_string(),
        (None, "boolean") => "true".to_owned(),
        (None, _) => "x".repeat(bound(&parameter.min).and_then(|least| least.try_into().ok()).unwrap_or(1)),
    }
}

fn bound(value: &Option<Value>) -> Option<i64> {
    value.as_ref().and_then(Value::as_i64)
}

fn operations(house: &House) -> Vec<OperationData> {
    house.gateway.catalogue().products.remove(0).operations
}

/// The required parameters, each with a value that it takes.
fn required(operation: &OperationData) -> Vec<(&str, String)> {
    let required = operation.parameters.iter().filter(|parameter| parameter.required);
    required.map(|parameter| (&*parameter.name, good(parameter))).collect()
}

fn borrowed<'p>(parameters: &'p [(&str, String)]) -> Vec<(&'p str, &'p str)> {
    parameters.iter().map(|(name, value)| (*name, &**value)).collect()
}

/// Values that break the parameter's rule.
fn bad(parameter: &ValueData) -> Vec<String> {
    let long = |length: i64| "x".repeat(usize::try_from(length).expect("a length") + 1);
    let mut bad = Vec::new();
    match parameter.kind {
        "integer" | "long" => {
            bad.push("x".to_owned());
            bad.push("1.5".to_owned());
            bad.extend(bound(&parameter.min).map(|least| (least - 1).to_string()));
            bad.extend(bound(&parameter.max).map(|most| (most + 1).to_string()));
            let values = parameter.values.iter().filter_map(Value::as_i64);
            bad.extend(values.max().map(|most| (most + 1).to_string()));
        }
        "string" => {
            bad.extend(bound(&parameter.max).map(long));
            bad.extend((!parameter.values.is_empty()).then(|| "Y".to_owned()));
        }
        "array" => bad.extend(bound(&parameter.max).map(|most| long(most).replace('x', "x,x"))),
        "boolean" => bad.push("1".to_owned()),
        "object" | "map" => bad.extend(["x".to_owned(), "[1]".to_owned()]),
        other => panic!("what is a bad {other}?"),
    }
    bad
}

#[tokio::test]
async fn every_required_parameter_is_named_when_it_is_missing() {
    let house = live();
    for operation in operations(&house) {
        let all = required(&operation);
        for (missing, _) in &all {
            let mut rest = borrowed(&all);
            rest.retain(|(name, _)| name != missing);
            let reply = house.call(operation.name, &rest).await;
            reply.refused(400, &format!("Missing{missing}"));
            assert_eq!(reply.json["Message"], format!("{missing} is mandatory for this action."));
        }
    }
}

#[tokio::test]
async fn every_parameter_outside_its_rule_is_named_with_the_rule() {
    let house = live();
    for operation in operations(&house) {
        for parameter in &operation.parameters {
            for value in bad(parameter) {
                let required = required(&operation);
                let mut all = borrowed(&required);
                all.retain(|(name, _)| *name != parameter.name);
                all.push((&parameter.name, &value));
                let reply = house.call(operation.name, &all).await;
                reply.refused(400, "InputInvalid");
                let message = reply.json["Message"].as_str().expect("a message");
                assert!(message.starts_with(&parameter.name), "{}: {message}", operation.name);
            }
        }
    }
}

#[tokio::test]
async fn nobody_calls_an_operation_without_permission() {
    let house = live();
    for operation in operations(&house) {
        let reply = house.call_as("user", operation.name, &borrowed(&required(&operation))).await;
        reply.refused(403, "NoAuth");
        assert_eq!(reply.json["AccessDeniedDetail"]["AuthAction"], operation.ram_action);
    }
}

#[tokio::test]
async fn an_application_of_another_account_is_not_there() {
    let house = live();
    for operation in operations(&house) {
        if operation.parameters.iter().any(|parameter| parameter.name == "AppId" && parameter.required) {
            house
                .call_as("other", operation.name, &borrowed(&required(&operation)))
                .await
                .refused(404, "ResourceNotExist");
        }
    }
}

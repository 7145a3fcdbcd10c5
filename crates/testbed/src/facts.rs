//! A catalogue against what is published of its operations.
//!
//! The files under `tests/facts` hold names, types, required flags, bounds, RAM data and quotas as the official SDKs
//! and documentation pages have them. Every difference is told; one that is meant is listed by its test, with a
//! reason, and one that is listed and not there is told as well.

use std::collections::BTreeSet;

use muster_gateway::{OperationData, ProductData, ValueData};
use serde_json::Value;

/// What differs, and why that is meant.
pub type Allowed = &'static [(&'static str, &'static str)];

/// Asserts that a product's operations are the published ones but for what is allowed.
pub fn compare(product: &ProductData, files: &[&str], allowed: Allowed) {
    let mut found = BTreeSet::new();
    let mut published = BTreeSet::new();
    for file in files {
        let operations: Vec<Value> = serde_json::from_str(file).expect("a file of operations");
        for facts in &operations {
            let name = text(&facts["name"]);
            published.insert(name.to_owned());
            match product.operations.iter().find(|operation| operation.name == name) {
                Some(operation) => operation_differs(operation, facts, &mut found),
                None => _ = found.insert(format!("{name}: missing")),
            }
        }
    }
    let ours = product.operations.iter().map(|operation| operation.name);
    found.extend(ours.filter(|name| !published.contains(*name)).map(|name| format!("{name}: not published")));
    let meant: BTreeSet<String> = allowed.iter().map(|(difference, _)| (*difference).to_owned()).collect();
    let new: Vec<&String> = found.difference(&meant).collect();
    let gone: Vec<&String> = meant.difference(&found).collect();
    assert!(new.is_empty() && gone.is_empty(), "not listed: {new:#?}\nlisted and not there: {gone:#?}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn operation_differs(ours: &OperationData, facts: &Value, found: &mut BTreeSet<String>) {
    let name = ours.name;
    let mut note = |what: &str, ours: &Value, published: &Value| {
        if ours != published {
            found.insert(format!("{name}: {what} {published} is {ours}"));
        }
    };
    note("level", &serde_json::to_value(ours.level).expect("a level"), &facts["level"]);
    note("action", &ours.ram_action.as_str().into(), &facts["ram_action"]);
    note("resource", &ours.resources[0].into(), &facts["ram_resource"]);
    note("quota", &ours.quota.into(), &facts["qps"]);
    note("method", &ours.methods[0].into(), &facts["method"]);
    let no_members = Vec::new();
    let parameters = facts["request"].as_array().unwrap_or(&no_members);
    parameters_differ(name, &ours.parameters, parameters, found);
    members_differ(name, &ours.response, &facts["response"], found);
}

fn parameters_differ(path: &str, ours: &[ValueData], published: &[Value], found: &mut BTreeSet<String>) {
    let names: BTreeSet<&str> = published.iter().map(|facts| text(&facts["name"])).collect();
    let extra = ours.iter().filter(|value| !names.contains(&*value.name));
    found.extend(extra.map(|value| format!("{path}.{}: not published", value.name)));
    for facts in published {
        let path = format!("{path}.{}", text(&facts["name"]));
        match ours.iter().find(|value| value.name == facts["name"]) {
            Some(value) => parameter_differs(&path, value, facts, found),
            None => _ = found.insert(format!("{path}: missing")),
        }
    }
}

fn parameter_differs(path: &str, ours: &ValueData, facts: &Value, found: &mut BTreeSet<String>) {
    let mut note = |what: &str, ours: &Value, published: &Value| {
        if ours != published {
            found.insert(format!("{path}: {what} {published} is {ours}"));
        }
    };
    // An integer without a width is published for either.
    let kind =
        if ours.kind == "long" && facts["type"] == "integer" { "integer".to_owned() } else { kind(ours) };
    note("type", &kind.into(), &facts["type"]);
    note("required", &ours.required.into(), &facts["required"]);
    note("list style", &ours.list_style.clone().into(), &facts["list_style"]);
    match facts["enum"].as_array() {
        Some(values) => note("enum", &ours.values.clone().into(), &values.clone().into()),
        None => {
            note("min", &ours.min.clone().unwrap_or_default(), &facts["min"]);
            note("max", &ours.max.clone().unwrap_or_default(), &facts["max"]);
        }
    }
    if let Some(members) = facts["members"].as_array() {
        parameters_differ(path, &ours.members, members, found);
    }
}

/// The kind of a parameter, as published.
fn kind(value: &ValueData) -> String {
    match (value.kind, value.items) {
        ("array", Some(item)) => format!("array<{item}>"),
        ("map", _) => "map<string,string>".to_owned(),
        (kind, _) => kind.to_owned(),
    }
}

fn members_differ(path: &str, ours: &[ValueData], facts: &Value, found: &mut BTreeSet<String>) {
    let Some(published) = facts.as_object() else { return };
    let extra = ours.iter().filter(|value| !published.contains_key(&value.name));
    found.extend(extra.map(|value| format!("{path} answer {}: not published", value.name)));
    for (name, facts) in published {
        let path = format!("{path} answer {name}");
        let Some(value) = ours.iter().find(|value| value.name == *name) else {
            found.insert(format!("{path}: missing"));
            continue;
        };
        match facts {
            Value::String(published) => {
                if !answers(value, published) {
                    found.insert(format!("{path}: type {published} is {}", value.kind));
                }
            }
            Value::Array(items) if value.kind == "array" => match (&items[0], value.items) {
                (Value::String(item), Some(ours)) if item == ours => {}
                (item @ Value::Object(_), None) => members_differ(&path, &value.members, item, found),
                (item, ours) => _ = found.insert(format!("{path}: items {item} are {ours:?}")),
            },
            Value::Object(_) if value.kind == "object" => {
                members_differ(&path, &value.members, facts, found);
            }
            _ => _ = found.insert(format!("{path}: {facts} is {}", value.kind)),
        }
    }
}

/// Whether a member of an answer has the published type.
fn answers(ours: &ValueData, published: &str) -> bool {
    match ours.kind {
        "long" => matches!(published, "int64" | "integer"),
        "integer" => matches!(published, "int32" | "integer"),
        "map" => published.starts_with("map<"),
        kind => kind == published,
    }
}

//! The operations as data.

use serde_json::{Value, json};

use crate::support::House;

fn catalogue() -> Value {
    serde_json::to_value(House::new().gateway.catalogue()).expect("JSON")
}

#[test]
fn an_operation_is_described_by_its_own_types() {
    let echo = &catalogue()["products"][0]["operations"][0];
    for (member, expected) in [
        ("name", json!("Echo")),
        ("tag", json!("Talk")),
        ("level", json!("get")),
        ("ram_action", json!("live:Echo")),
        ("resources", json!(["acs:live::{#accountId}:rtc/{#AppId}"])),
        ("quota", json!(2)),
        ("methods", json!(["GET", "POST"])),
    ] {
        assert_eq!(echo[member], expected, "{member}");
    }
    assert_eq!(
        echo["parameters"],
        json!([
            {"name": "AppId", "type": "string", "required": true, "min": 1, "max": 64, "description": "The app."},
            {"name": "Text", "type": "string", "required": false, "description": "Any text."},
            {"name": "PageSize", "type": "integer", "required": false, "min": 1, "max": 50, "default": 20,
             "description": "How many."},
            {"name": "Ids", "type": "array", "required": false, "min": 1, "max": 3, "list_style": "simple",
             "description": "Some ids.", "items": "string"},
            {"name": "Page", "type": "object", "required": false, "list_style": "json", "description": "A page.",
             "members": [
                {"name": "Index", "type": "long", "required": true, "description": "Which, from one."},
                {"name": "Size", "type": "long", "required": false, "description": "How many."},
             ]},
            {"name": "Flag", "type": "boolean", "required": false, "description": "A flag."},
        ])
    );
    let response = echo["response"].as_array().expect("a list");
    assert_eq!(response[0]["name"], "RequestId");
    assert_eq!(
        response[1],
        json!({"name": "AppId", "type": "string", "required": true, "description": "The app."})
    );
}

#[test]
fn the_catalogue_is_the_same_every_time() {
    assert_eq!(catalogue().to_string(), catalogue().to_string());
}

#[test]
fn the_openapi_document_holds_every_operation_under_a_path_of_its_own() {
    let house = House::new();
    let document = house.gateway.openapi("live").expect("a document");
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 10);
    let echo = &paths["/?Action=Echo"];
    assert_eq!(echo["get"]["operationId"], "Echo_get");
    let parameters = echo["post"]["parameters"].as_array().expect("parameters");
    let named = |name: &str| parameters.iter().find(|parameter| parameter["name"] == name).expect("it");
    assert_eq!(
        *named("AppId"),
        json!({"name": "AppId", "in": "query", "description": "The app.", "required": true,
               "schema": {"type": "string", "minLength": 1, "maxLength": 64}})
    );
    assert_eq!(named("Ids")["explode"], false);
    assert!(named("Page")["content"]["application/json"]["schema"]["properties"]["Index"].is_object());
    let schema = &echo["post"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["properties"].as_object().expect("members").keys().next().expect("one"), "RequestId");
    assert!(house.gateway.openapi("nothing").is_none());
    assert_eq!(document.to_string(), house.gateway.openapi("live").expect("a document").to_string());
}

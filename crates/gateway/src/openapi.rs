//! OpenAPI 3.1 documents of the products.
//!
//! All operations of a product have the path `/` and differ by the `Action` parameter, which OpenAPI
//! cannot express. Each therefore has the path `/?Action=Name`, unique and true: a client that calls
//! it as written, and signs it, is served.
//!
//! What OpenAPI has no word for stands in members that begin with `x-`: of an operation its level, RAM action and resources,
//! quota, errors and a good request; of the document the errors that the gateway answers for every operation. Summaries, the
//! names of tags and the causes of errors stand there in Chinese too: `x-summary-zh`, `x-name-zh` and `when_zh`.

use serde_json::{Map, Value, json};

use crate::catalogue::{Entry, ProductEntry};
use crate::describe::REQUEST_ID;
use crate::gateway::Gateway;
use crate::operation::Spec;
use crate::refusal;

impl Gateway {
    /// The document of the product of that short name, if there is one.
    pub fn openapi(&self, product: &str) -> Option<Value> {
        self.products.iter().find(|entry| entry.code == product).map(document)
    }
}

fn document(product: &ProductEntry) -> Value {
    let paths: Map<String, Value> = product
        .operations
        .iter()
        .map(|entry| (format!("/?Action={}", entry.spec.name), path(product, entry)))
        .collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": product.title,
            "version": product.version,
            "description": "RPC operations. Requests are signed with an AccessKey: version 1 (HMAC-SHA1, \
                in the parameters) or version 3 (ACS3-HMAC-SHA256, in the Authorization header). \
                Parameters travel in the query or in a form body.",
        },
        "servers": [{"url": "/"}],
        "tags": tags(product),
        "paths": paths,
        "components": {
            "schemas": {"Error": error_schema()},
            "securitySchemes": {
                "acs3": {
                    "type": "apiKey", "in": "header", "name": "Authorization",
                    "description": "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…",
                },
                "v1": {
                    "type": "apiKey", "in": "query", "name": "Signature",
                    "description": "HMAC-SHA1 over all parameters",
                },
            },
        },
        "security": [{"acs3": []}, {"v1": []}],
        "x-errors": refusal::COMMON,
    })
}

fn tags(product: &ProductEntry) -> Vec<Value> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    for Entry { spec, .. } in &product.operations {
        if !spec.tag.is_empty() && !names.contains(&(spec.tag, spec.tag_zh)) {
            names.push((spec.tag, spec.tag_zh));
        }
    }
    names.iter().map(|(name, chinese)| json!({"name": name, "x-name-zh": chinese})).collect()
}

fn path(product: &ProductEntry, entry: &Entry) -> Value {
    let methods = entry.spec.methods.iter();
    methods
        .map(|method| {
            let mut operation = operation(product, entry);
            if let Some(id) = operation.get_mut("operationId")
                && entry.spec.methods.len() > 1
            {
                *id = json!(format!("{}_{}", entry.spec.name, method.to_lowercase()));
            }
            (method.to_lowercase(), operation)
        })
        .collect::<Map<_, _>>()
        .into()
}

fn operation(product: &ProductEntry, entry: &Entry) -> Value {
    let spec = &entry.spec;
    let mut operation = json!({
        "operationId": spec.name,
        "summary": spec.summary,
        "parameters": parameters(product, entry),
        "responses": responses(entry),
        "x-summary-zh": spec.summary_zh,
        "x-level": spec.level,
        "x-ram-action": format!("{}:{}", product.code, spec.name),
        "x-ram-resources": spec.resources,
        "x-quota": spec.quota,
        "x-errors": spec.errors,
        "x-example": example(spec),
    });
    if !spec.notes.is_empty() {
        operation["description"] = json!(spec.notes.join("\n\n"));
    }
    if !spec.tag.is_empty() {
        operation["tags"] = json!([spec.tag]);
    }
    operation
}

/// A good request, by parameter: what `{#AppId}` and its like stand for is what the caller has.
fn example(spec: &Spec) -> Map<String, Value> {
    spec.example.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

fn parameters(product: &ProductEntry, entry: &Entry) -> Vec<Value> {
    let constant = |name: &str, value: &str| json!({"name": name, "in": "query", "required": true, "schema": {"const": value}});
    let format = json!({
        "name": "Format", "in": "query", "schema": {"type": "string", "enum": ["JSON", "XML"], "default": "JSON"},
    });
    // `Action` is in the path already.
    let mut all = vec![constant("Version", product.version), format];
    let schema = (entry.request_schema)();
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        all.push(parameter(name, schema, required.contains(&json!(name))));
    }
    all
}

/// Lists are joined by commas; objects and lists of style `json` are JSON text.
fn parameter(name: &str, schema: &Value, required: bool) -> Value {
    let mut schema = schema.clone();
    let description = schema.as_object_mut().and_then(|members| members.remove("description"));
    let mut parameter = json!({"name": name, "in": "query"});
    if let Some(description) = description {
        parameter["description"] = description;
    }
    if required {
        parameter["required"] = json!(true);
    }
    if schema.get("x-list-style") == Some(&json!("json")) {
        parameter["content"] = json!({"application/json": {"schema": schema}});
    } else {
        if schema.get("type") == Some(&json!("array")) {
            parameter["style"] = json!("form");
            parameter["explode"] = json!(false);
        }
        parameter["schema"] = schema;
    }
    parameter
}

fn responses(entry: &Entry) -> Value {
    let mut schema = (entry.response_schema)();
    let mut properties = Map::new();
    properties.insert("RequestId".to_owned(), json!({"type": "string", "description": REQUEST_ID}));
    let own = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    properties.extend(own);
    let mut required = vec![json!("RequestId")];
    required.extend(schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
    schema["properties"] = properties.into();
    schema["required"] = required.into();
    let content = |schema: Value| json!({"application/json": {"schema": schema}});
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({"description": "Success", "content": content(schema)}));
    let failed = content(json!({"$ref": "#/components/schemas/Error"}));
    let mut statuses: Vec<u16> = entry.spec.errors.iter().map(|error| error.status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses.into_iter().filter(|status| *status >= 400) {
        let errors = entry.spec.errors.iter().filter(|error| error.status == status);
        let text =
            errors.map(|error| format!("{}: {}", error.code, error.when)).collect::<Vec<_>>().join("\n\n");
        responses.insert(status.to_string(), json!({"description": text, "content": failed}));
    }
    responses.insert("default".to_owned(), json!({"description": "Any failure", "content": failed}));
    responses.into()
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "required": ["RequestId", "HostId", "Code", "Message", "Recommend"],
        "properties": {
            "RequestId": {"type": "string", "description": REQUEST_ID},
            "HostId": {"type": "string", "description": "The host the request was sent to."},
            "Code": {"type": "string", "description": "The code programs branch on."},
            "Message": {"type": "string", "description": "What went wrong."},
            "Recommend": {"type": "string", "description": "Where to read more."},
            "AccessDeniedDetail": {"type": "object", "description": "Why access was denied."},
        },
    })
}

//! The catalogue as data: everything that is known of the operations without running them.
//!
//! It is made from the operations' own types and specifications, in the order of their definition,
//! and serialises the same way every time, so that it can be checked in and compared.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalogue::{Entry, ProductEntry};
use crate::gateway::Gateway;
use crate::operation::{DocumentedError, Level};

/// All operations of a gateway.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CatalogueData {
    /// Product by product, in the order they were added.
    pub products: Vec<ProductData>,
}

/// A product and its operations.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProductData {
    /// The short name, for example `live`.
    pub product: &'static str,
    /// The API version.
    pub version: &'static str,
    /// The name a person reads.
    pub title: &'static str,
    /// Its operations, in the order they were added.
    pub operations: Vec<OperationData>,
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OperationData {
    /// The `Action`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The same in Chinese.
    pub summary_zh: &'static str,
    /// The group it is listed under.
    pub tag: &'static str,
    /// The same in Chinese.
    pub tag_zh: &'static str,
    /// The access level its page prints.
    pub level: Level,
    /// The action as policies name it, for example `live:ListLiveMessageApps`.
    pub ram_action: String,
    /// Templates of its resource; the first is the documented one.
    pub resources: &'static [&'static str],
    /// The documented quota in calls per second and account.
    pub quota: Option<u32>,
    /// HTTP methods the official SDKs send; GET and POST are both taken.
    pub methods: &'static [&'static str],
    /// The documented errors.
    pub errors: &'static [DocumentedError],
    /// What a caller should know beyond the summary.
    pub notes: &'static [&'static str],
    /// A request that is good; see [`Spec::example`](crate::Spec::example).
    pub example: &'static [(&'static str, &'static str)],
    /// The parameters.
    pub parameters: Vec<ValueData>,
    /// The members of the answer, `RequestId` first.
    pub response: Vec<ValueData>,
}

/// A parameter, or a member of a parameter or answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ValueData {
    /// Its name on the wire.
    pub name: String,
    /// `string`, `integer` (32 bits), `long` (64 bits), `double`, `boolean`, `array`, `object` or `map`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Whether it must be there. In answers: whether it always is.
    pub required: bool,
    /// Least value, or least length of text or list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<Value>,
    /// Greatest value, or greatest length of text or list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Value>,
    /// `bytes` when lengths of text are not in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length_unit: Option<String>,
    /// All values it may have.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Value>,
    /// The value it has when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// `simple` (joined by commas) or `json` (JSON text): the form the SDKs send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_style: Option<String>,
    /// What it is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The kind of an array's items, if they are not objects.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<&'static str>,
    /// Members of an object, or of the objects of an array.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<ValueData>,
}

impl Gateway {
    /// Everything there is to say of the operations.
    pub fn catalogue(&self) -> CatalogueData {
        CatalogueData { products: self.products.iter().map(product).collect() }
    }
}

fn product(product: &ProductEntry) -> ProductData {
    let operations = product.operations.iter().map(|entry| operation(product, entry)).collect();
    ProductData { product: product.code, version: product.version, title: product.title, operations }
}

fn operation(product: &ProductEntry, entry: &Entry) -> OperationData {
    let spec = &entry.spec;
    let request_id = ValueData {
        name: "RequestId".to_owned(),
        kind: "string",
        required: true,
        description: REQUEST_ID.to_owned(),
        ..ValueData::default()
    };
    let mut response = vec![request_id];
    response.extend(members(&(entry.response_schema)()));
    OperationData {
        name: spec.name,
        summary: spec.summary,
        summary_zh: spec.summary_zh,
        tag: spec.tag,
        tag_zh: spec.tag_zh,
        level: spec.level,
        ram_action: format!("{}:{}", product.code, spec.name),
        resources: spec.resources,
        quota: spec.quota,
        methods: spec.methods,
        errors: spec.errors,
        notes: spec.notes,
        example: spec.example,
        parameters: members(&(entry.request_schema)()),
        response,
    }
}

/// What the member that the gateway adds is.
pub(crate) const REQUEST_ID: &str = "The id of the request.";

/// The schema of what a type reads: the parameters of an operation.
pub(crate) fn request_schema<T: JsonSchema>() -> Value {
    schema_of::<T>(inline(SchemaSettings::draft2020_12().for_deserialize()))
}

/// The schema of what a type writes: the answer of an operation. A member that is always written is
/// required.
pub(crate) fn response_schema<T: JsonSchema>() -> Value {
    schema_of::<T>(inline(SchemaSettings::draft2020_12().for_serialize()))
}

fn inline(mut settings: SchemaSettings) -> SchemaSettings {
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings
}

/// The schema of a type, whole in itself, with `null` gone from optional members: on the wire there
/// is none.
fn schema_of<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    without_null(&mut schema);
    schema
}

fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(without_null),
        Value::Object(members) => {
            if let Some(Value::Array(kinds)) = members.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [kind] = kinds.as_slice() {
                    let kind = kind.clone();
                    members.insert("type".to_owned(), kind);
                }
            }
            if let Some(Value::Array(values)) = members.get_mut("enum") {
                values.retain(|value| !value.is_null());
            }
            collapse(members);
            members.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

/// Replaces a choice between one schema and null by that schema.
fn collapse(members: &mut Map<String, Value>) {
    let Some(Value::Array(choices)) = members.get("anyOf") else { return };
    let mut choices = choices.iter().filter(|choice| choice.get("type") != Some(&Value::from("null")));
    if let (Some(Value::Object(only)), None) = (choices.next().cloned(), choices.next()) {
        members.remove("anyOf");
        for (name, value) in only {
            members.entry(name).or_insert(value);
        }
    }
}

fn members(schema: &Value) -> Vec<ValueData> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    properties
        .iter()
        .map(|(name, schema)| ValueData { required: required.contains(&&**name), ..value(name, schema) })
        .collect()
}

fn value(name: &str, schema: &Value) -> ValueData {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).map(str::to_owned);
    let first = |keys: [&str; 3]| keys.iter().find_map(|key| schema.get(*key)).cloned();
    let items = schema.get("items");
    ValueData {
        name: name.to_owned(),
        kind: kind(schema),
        required: false,
        min: first(["minimum", "minLength", "minItems"]),
        max: first(["maximum", "maxLength", "maxItems"]),
        length_unit: text("x-length-unit"),
        values: values(schema),
        default: schema.get("default").filter(|value| !value.is_null()).cloned(),
        list_style: text("x-list-style"),
        description: text("description").unwrap_or_default(),
        items: items.map(kind).filter(|kind| *kind != "object"),
        members: members(items.unwrap_or(schema)),
    }
}

/// The values of an enum; variants with documentation of their own come as constants.
fn values(schema: &Value) -> Vec<Value> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    list("enum")
        .cloned()
        .chain(list("oneOf").flat_map(|choice| {
            choice
                .get("const")
                .cloned()
                .into_iter()
                .chain(choice.get("enum").and_then(Value::as_array).into_iter().flatten().cloned())
        }))
        .collect()
}

fn kind(schema: &Value) -> &'static str {
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => match schema.get("format").and_then(Value::as_str) {
            Some("int64" | "uint64") => "long",
            _ => "integer",
        },
        Some("number") => "double",
        Some("boolean") => "boolean",
        Some("array") => "array",
        Some("object")
            if schema.get("properties").is_none() && schema.get("additionalProperties").is_some() =>
        {
            "map"
        }
        Some("object") => "object",
        _ => "string",
    }
}

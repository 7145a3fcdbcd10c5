//! Every operation of the catalogue is called unsigned, wrongly signed, without permission, over its quota, with each
//! required parameter missing and with each bounded parameter out of range. The calls are made from the catalogue, so an
//! operation that is added is covered; one whose parameters cannot be sampled here fails.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use muster_core::{
    id::AccountId,
    service::NewKey,
    testing::ManualClock,
    time::{Clock as _, Millis},
};
use muster_gateway::{Environment, Gateway, OperationData, ThrottleConfig, ValueData};
use muster_testbed::sign::Client;
use serde_json::{Value, json};

use crate::{
    config::Configuration, first_start, foundation::Foundation, identities::KeyRing, serve, system::System,
};

struct Bed {
    gateway: Gateway,
    root: Client,
    /// A user without a policy.
    nobody: Client,
    _directory: tempfile::TempDir,
    _foundation: Foundation,
}

/// A clock that stands still, so that a quota of one call a second is over at the second call.
struct Still(ManualClock);

impl Environment for Still {
    fn now(&self) -> i64 {
        self.0.now().0
    }

    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        muster_core::random::Random::fill(&System::new(), bytes);
    }
}

const NOW: Millis = Millis(1_800_000_000_000);
const STAMP: &str = "2027-01-15T08:00:00Z";

async fn bed(throttle: ThrottleConfig) -> Bed {
    let directory = tempfile::tempdir().unwrap();
    let configuration = Configuration { data: directory.path().to_owned(), ..Configuration::default() };
    let foundation = Foundation::lay(&configuration, directory.path()).await.unwrap();
    let muster = &foundation.muster;
    let made = first_start::make_account(muster, &first_start::Given::default()).await.unwrap().unwrap();
    let account: &AccountId = &made.account.id;
    muster.accounts().add_user(account, "nobody").await.unwrap();
    let key = muster.accounts().add_key(account, "nobody").await.unwrap();
    let keys = Arc::new(KeyRing::default());
    keys.read(muster).await.unwrap();
    let products = serve::products(&configuration, muster);
    let environment = Still(ManualClock::new(NOW));
    let gateway =
        Gateway::new(products, keys, environment, configuration.gateway.clone(), &throttle).unwrap();
    Bed {
        gateway,
        root: client(&made.key),
        nobody: client(&key),
        _directory: directory,
        _foundation: foundation,
    }
}

fn unthrottled() -> ThrottleConfig {
    ThrottleConfig { enabled: false, ..ThrottleConfig::default() }
}

type Pairs = Vec<(String, String)>;

/// A client of an access key.
fn client(key: &NewKey) -> Client {
    Client { method: "GET", date: STAMP.to_owned(), ..Client::v1(key.id.as_str()).secret(&key.secret) }
}

/// A call with a nonce of its own.
fn signed(
    client: &Client,
    api: &'static str,
    operation: &OperationData,
    pairs: &Pairs,
) -> Request<Full<Bytes>> {
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    Client { api, ..client.clone() }.once_more().call(operation.name, &pairs)
}

fn unsigned(version: &str, operation: &OperationData) -> Request<Full<Bytes>> {
    let query = format!("Action={}&Version={version}&Format=JSON", operation.name);
    Request::get(format!("http://muster/?{query}")).body(Full::new(Bytes::new())).unwrap()
}

impl Bed {
    async fn ask(&self, request: Request<Full<Bytes>>) -> (Response<()>, Value) {
        let peer = "127.0.0.1:9".parse().unwrap();
        let (head, body) = self.gateway.handle(request, peer, false).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(head, ()), serde_json::from_slice(&body).unwrap())
    }

    async fn called(&self, version: &'static str, operation: &OperationData, pairs: Pairs) -> (u16, Value) {
        let (head, body) = self.ask(signed(&self.root, version, operation, &pairs)).await;
        (head.status().as_u16(), body)
    }
}

/// A value that a parameter takes, in the form of a query.
fn sample(parameter: &ValueData) -> String {
    if let Some(value) = parameter.values.first() {
        return value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    }
    let least = parameter.min.as_ref().and_then(Value::as_i64).unwrap_or(1).max(1);
    match (parameter.kind, parameter.name.as_str()) {
        ("integer" | "long", _) => least.to_string(),
        ("boolean", _) => "true".to_owned(),
        ("object" | "map", _) => {
            let members = parameter.members.iter().filter(|member| member.required);
            let members = members.map(|member| (member.name.clone(), json!(least.max(1))));
            Value::Object(members.collect()).to_string()
        }
        (_, "BusinessNumber") => "8613800138000".to_owned(),
        (_, "Count") => "1".to_owned(),
        _ => "x".repeat(usize::try_from(least).unwrap()),
    }
}

fn base(operation: &OperationData) -> Pairs {
    // `AppId` is optional in the schema of `ListMessageGroup`, whose documentation says that it works only with one.
    let needed = |parameter: &&ValueData| parameter.required || parameter.name == "AppId";
    operation
        .parameters
        .iter()
        .filter(needed)
        .map(|parameter| (parameter.name.clone(), sample(parameter)))
        .collect()
}

/// Whether an answer says that a parameter is missing or out of its bounds.
fn faults(body: &Value) -> Option<&str> {
    let code = body["Code"].as_str()?;
    let fault = code.starts_with("Missing") || code == "InputInvalid" || code.starts_with("InvalidParameter");
    // These say that a well-formed id names nothing.
    let unknown = matches!(code, "InvalidParameter.GroupNotExist" | "InvalidParameter.CustSpaceIdNotExist");
    (fault && !unknown).then_some(code)
}

/// Values outside a parameter's bounds, in the form of a query.
fn outside(parameter: &ValueData) -> Vec<String> {
    let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_i64);
    let (min, max) = (number(&parameter.min), number(&parameter.max));
    if !parameter.values.is_empty() {
        return vec![if parameter.kind == "string" {
            "no-such-value".to_owned()
        } else {
            "12345".to_owned()
        }];
    }
    let several = |count: i64| vec!["x"; usize::try_from(count).unwrap()].join(",");
    match parameter.kind {
        "integer" | "long" => [min.map(|min| min - 1), max.map(|max| max + 1)]
            .into_iter()
            .flatten()
            .map(|n| n.to_string())
            .chain(["seven".to_owned()])
            .collect(),
        "boolean" => vec!["perhaps".to_owned()],
        "array" => max.map(|max| several(max + 1)).into_iter().collect(),
        "string" => {
            let long = max.map(|max| "x".repeat(usize::try_from(max).unwrap() + 1));
            let short = min.filter(|&min| min > 1).map(|_| "x".to_owned());
            long.into_iter().chain(short).collect()
        }
        "object" | "map" => vec!["not json".to_owned()],
        _ => Vec::new(),
    }
}

async fn each(bed: &Bed, mut check: impl AsyncFnMut(&'static str, &OperationData)) {
    let catalogue = bed.gateway.catalogue();
    assert!(catalogue.products.iter().map(|product| product.operations.len()).sum::<usize>() >= 30);
    for product in &catalogue.products {
        for operation in &product.operations {
            check(product.version, operation).await;
        }
    }
}

#[tokio::test]
async fn an_unsigned_call_of_any_operation_is_refused() {
    let bed = bed(unthrottled()).await;
    each(&bed, async |version, operation| {
        let (head, body) = bed.ask(unsigned(version, operation)).await;
        let code = body["Code"].as_str().unwrap();
        assert!(head.status() == 400 && code.starts_with("Missing"), "{}: {body}", operation.name);
    })
    .await;
}

#[tokio::test]
async fn a_wrongly_signed_call_of_any_operation_is_refused() {
    let bed = bed(unthrottled()).await;
    let forger = bed.root.clone().secret("not the secret");
    each(&bed, async |version, operation| {
        let (head, body) = bed.ask(signed(&forger, version, operation, &base(operation))).await;
        assert_eq!(
            (head.status().as_u16(), &body["Code"]),
            (400, &json!("SignatureDoesNotMatch")),
            "{}",
            operation.name
        );
    })
    .await;
}

#[tokio::test]
async fn a_user_without_a_policy_is_denied_every_operation_and_told_why() {
    let bed = bed(unthrottled()).await;
    each(&bed, async |version, operation| {
        let (head, body) = bed.ask(signed(&bed.nobody, version, operation, &base(operation))).await;
        assert_eq!(head.status(), 403, "{}: {body}", operation.name);
        let detail = &body["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], operation.ram_action, "{}", operation.name);
        assert_eq!(detail["NoPermissionType"], "ImplicitDeny", "{}", operation.name);
    })
    .await;
}

#[tokio::test]
async fn a_call_over_the_quota_of_any_operation_is_told_when_to_come_back() {
    let names: Vec<String> = {
        let bed = bed(unthrottled()).await;
        let catalogue = bed.gateway.catalogue();
        catalogue.products.iter().flat_map(|p| &p.operations).map(|o| o.name.to_owned()).collect()
    };
    let quotas = names.into_iter().map(|name| (name, 1)).collect();
    let bed = bed(ThrottleConfig { quotas, ..ThrottleConfig::default() }).await;
    each(&bed, async |version, operation| {
        let _ = bed.called(version, operation, base(operation)).await;
        let (head, body) = bed.ask(signed(&bed.root, version, operation, &base(operation))).await;
        assert_eq!(
            (head.status().as_u16(), &body["Code"]),
            (400, &json!("Throttling.User")),
            "{}",
            operation.name
        );
        let wait: u64 = head.headers()["x-acs-retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=1000).contains(&wait), "{}", operation.name);
    })
    .await;
}

#[tokio::test]
async fn any_required_parameter_that_is_missing_is_named() {
    let bed = bed(unthrottled()).await;
    each(&bed, async |version, operation| {
        let (_, body) = bed.called(version, operation, base(operation)).await;
        assert_eq!(faults(&body), None, "{} cannot be sampled: {body}", operation.name);
        for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
            let rest = base(operation).into_iter().filter(|(name, _)| *name != parameter.name).collect();
            let (status, body) = bed.called(version, operation, rest).await;
            let expected = format!("Missing{}", parameter.name);
            assert_eq!((status, &body["Code"]), (400, &json!(expected)), "{}", operation.name);
            let message = body["Message"].as_str().unwrap();
            assert!(message.starts_with(&format!("{} is mandatory", parameter.name)), "{message}");
        }
    })
    .await;
}

#[tokio::test]
async fn any_bounded_parameter_out_of_range_is_named() {
    let bed = bed(unthrottled()).await;
    each(&bed, async |version, operation| {
        for parameter in &operation.parameters {
            for value in outside(parameter) {
                let rest = base(operation).into_iter().filter(|(name, _)| *name != parameter.name);
                let pairs = rest.chain([(parameter.name.clone(), value.clone())]).collect();
                let (_, body) = bed.called(version, operation, pairs).await;
                let (name, parameter) = (operation.name, &parameter.name);
                let value: String = value.chars().take(40).collect();
                let message = body["Message"].as_str().unwrap_or_default();
                let named = message.starts_with(parameter.as_str()) && message.contains("must be");
                assert!(named, "{name} takes {parameter}={value}: {body}");
            }
        }
    })
    .await;
}

/// Where the integer types of clients and of this server end, a step beyond, and what is next to nothing.
const EXTREMES: [i128; 10] = [
    -(1 << 63) - 1,
    -(1 << 63),
    -(1 << 31),
    -1,
    0,
    (1 << 31) - 1,
    (1 << 63) - 1,
    1 << 63,
    (1 << 64) - 1,
    1 << 64,
];

/// The numbers among a parameter and its members, by the names under which they are sent.
fn numbers<'a>(parameter: &'a ValueData, prefix: &str, found: &mut Vec<(String, &'a ValueData)>) {
    let name = format!("{prefix}{}", parameter.name);
    for member in &parameter.members {
        numbers(member, &format!("{name}."), found);
    }
    if matches!(parameter.kind, "integer" | "long") {
        found.push((name, parameter));
    }
}

/// Whether a number is one that a parameter declares to take.
fn declares(parameter: &ValueData, number: i128) -> bool {
    let bound = |bound: &Option<Value>, default: i128| {
        bound.as_ref().and_then(Value::as_i64).map_or(default, i128::from)
    };
    if !parameter.values.is_empty() {
        return parameter.values.iter().any(|value| value.as_i64().map(i128::from) == Some(number));
    }
    let (least, most) = match parameter.kind {
        "integer" => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    (bound(&parameter.min, least)..=bound(&parameter.max, most)).contains(&number)
}

#[tokio::test]
async fn any_number_at_the_ends_of_its_type_is_taken_or_named() {
    let bed = bed(unthrottled()).await;
    let stage = bed.stage().await;
    each(&bed, async |version, operation| {
        let mut found = Vec::new();
        operation.parameters.iter().for_each(|parameter| numbers(parameter, "", &mut found));
        for (name, parameter) in found {
            let root = name.split('.').next().unwrap();
            for number in EXTREMES {
                let staged = stage.pairs(operation).into_iter().filter(|(other, _)| other != root);
                let mut pairs: Pairs = staged.chain([(name.clone(), number.to_string())]).collect();
                // The other members that an object needs.
                let object = operation.parameters.iter().find(|parameter| parameter.name == root).unwrap();
                let members = object.members.iter().filter(|member| member.required);
                let members = members.map(|member| (format!("{root}.{}", member.name), "1".to_owned()));
                pairs.extend(members.filter(|(member, _)| *member != name));
                let (status, body) = bed.called(version, operation, pairs).await;
                let message = body["Message"].as_str().unwrap_or_default();
                let named = message.contains(&format!("{name} must be"));
                let label = format!("{} {name}={number}: {status} {body}", operation.name);
                assert!(status < 500, "{label}");
                assert_eq!(named, !declares(parameter, number), "{label}");
            }
        }
    })
    .await;
}

/// An application with a group, of each generation.
struct Stage {
    first: (String, String),
    second: (String, String),
}

impl Bed {
    async fn stage(&self) -> Stage {
        let catalogue = self.gateway.catalogue();
        let live = &catalogue.products.iter().find(|product| product.product == "live").unwrap();
        let make = async |name: &str, pairs: &[(&str, &str)], id: &str| {
            let operation = live.operations.iter().find(|operation| operation.name == name).unwrap();
            let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let (status, body) = self.called(live.version, operation, pairs).await;
            assert_eq!(status, 200, "{body}");
            let found = body[id].as_str().or_else(|| body["Result"][id].as_str());
            found.unwrap_or_else(|| panic!("{id} in {body}")).to_owned()
        };
        let app = make("CreateMessageApp", &[("AppName", "stage")], "AppId").await;
        let group = make("CreateMessageGroup", &[("AppId", &app), ("CreatorId", "ada")], "GroupId").await;
        let first = (app, group);
        let app = make("CreateLiveMessageApp", &[("AppName", "stage")], "AppId").await;
        let needed = [("AppId", &*app), ("GroupId", "stage"), ("CreatorId", "ada")];
        let group = make("CreateLiveMessageGroup", &needed, "GroupId").await;
        Stage { first, second: (app, group) }
    }
}

impl Stage {
    /// What an operation needs, on the application and group of its generation.
    fn pairs(&self, operation: &OperationData) -> Pairs {
        let (app, group) = if operation.tag.ends_with("generation 2") { &self.second } else { &self.first };
        let staged = |(name, value): (String, String)| match name.as_str() {
            "AppId" => (name, app.clone()),
            "GroupId" => (name, group.clone()),
            _ => (name, value),
        };
        base(operation).into_iter().map(staged).collect()
    }
}

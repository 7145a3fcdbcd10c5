//! Every operation of every catalogue is called unsigned, wrongly signed, without permission, by another account, over its
//! quota, with each required parameter missing, with each parameter out of its bounds, and once well. The calls are made
//! from the catalogue and from each operation's example, so an operation that is added is covered, and one without a good
//! example fails.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use muster_core::{
    app::Generation,
    chat::{ChannelFace, PhoneNumber},
    chat_file::ContentType,
    id::{AppId, GroupId, NodeId, SessionId, SessionRef, UserId},
    limits::Limits,
    service::{AppScope, LoginClaim},
};
use muster_gateway::{OperationData, ThrottleConfig, ValueData, policy::TrustPolicy};
use muster_testbed::{House, sign::Client};
use serde_json::{Value, json};

use crate::{config::Configuration, serve};

/// Where everything is called: `root` may do everything, `user` nothing, `other` is of another account.
struct Bed(House);

fn bed(throttle: &ThrottleConfig) -> Bed {
    let products = |muster| serve::products(&Configuration::default(), &muster);
    Bed(House::throttled(LIVE, Limits::default(), throttle, products))
}

fn unthrottled() -> ThrottleConfig {
    ThrottleConfig { enabled: false, ..ThrottleConfig::default() }
}

type Pairs = Vec<(String, String)>;

/// A client of an access key.
fn client(key: &str) -> Client {
    Client { method: "GET", ..Client::v1(key) }
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
        let (head, body) = self.0.gateway.handle(request, peer, false).await.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(head, ()), serde_json::from_slice(&body).unwrap())
    }

    async fn called(&self, version: &'static str, operation: &OperationData, pairs: Pairs) -> (u16, Value) {
        let (head, body) = self.ask(signed(&client("root"), version, operation, &pairs)).await;
        (head.status().as_u16(), body)
    }
}

/// The example of an operation as it is written, with what stands for what the caller has.
fn base(operation: &OperationData) -> Pairs {
    operation.example.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
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
            .chain(["seven".to_owned(), "1.5".to_owned()])
            .collect(),
        "boolean" => vec!["perhaps".to_owned()],
        "array" => max.map(|max| several(max + 1)).into_iter().collect(),
        "string" => {
            let long = max.map(|max| "x".repeat(usize::try_from(max).unwrap() + 1));
            let short = min.filter(|&min| min > 1).map(|_| "x".to_owned());
            long.into_iter().chain(short).collect()
        }
        "object" | "map" => vec!["not json".to_owned(), "[1]".to_owned()],
        _ => Vec::new(),
    }
}

async fn each(bed: &Bed, mut check: impl AsyncFnMut(&'static str, &OperationData)) {
    let catalogue = bed.0.gateway.catalogue();
    assert!(catalogue.products.iter().map(|product| product.operations.len()).sum::<usize>() >= 30);
    for product in &catalogue.products {
        for operation in &product.operations {
            check(product.version, operation).await;
        }
    }
}

#[tokio::test]
async fn an_unsigned_call_of_any_operation_is_refused() {
    let bed = bed(&unthrottled());
    each(&bed, async |version, operation| {
        let (head, body) = bed.ask(unsigned(version, operation)).await;
        let code = body["Code"].as_str().unwrap();
        assert!(head.status() == 400 && code.starts_with("Missing"), "{}: {body}", operation.name);
    })
    .await;
}

#[tokio::test]
async fn a_wrongly_signed_call_of_any_operation_is_refused() {
    let bed = bed(&unthrottled());
    let forger = client("root").secret("not the secret");
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
    let bed = bed(&unthrottled());
    each(&bed, async |version, operation| {
        // Who calls may ask who it is.
        if operation.name == "GetCallerIdentity" {
            return;
        }
        let (head, body) = bed.ask(signed(&client("user"), version, operation, &base(operation))).await;
        let code = if version == LIVE { "NoAuth" } else { "NoPermission" };
        assert_eq!(
            (head.status().as_u16(), &body["Code"]),
            (403, &json!(code)),
            "{}: {body}",
            operation.name
        );
        let detail = &body["AccessDeniedDetail"];
        assert_eq!(detail["AuthAction"], operation.ram_action, "{}", operation.name);
        assert_eq!(detail["NoPermissionType"], "ImplicitDeny", "{}", operation.name);
    })
    .await;
}

#[tokio::test]
async fn a_call_over_the_quota_of_any_operation_is_told_when_to_come_back() {
    let names: Vec<String> = {
        let bed = bed(&unthrottled());
        let catalogue = bed.0.gateway.catalogue();
        catalogue.products.iter().flat_map(|p| &p.operations).map(|o| o.name.to_owned()).collect()
    };
    let quotas = names.into_iter().map(|name| (name, 1)).collect();
    let bed = bed(&ThrottleConfig { quotas, ..ThrottleConfig::default() });
    each(&bed, async |version, operation| {
        let _ = bed.called(version, operation, base(operation)).await;
        let (head, body) = bed.ask(signed(&client("root"), version, operation, &base(operation))).await;
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
    each(&bed(&unthrottled()), async |version, operation| {
        // A stage of its own: the example of one operation ends what another's needs.
        let bed = bed(&unthrottled());
        let stage = bed.stage().await;
        let (_, body) = bed.called(version, operation, stage.pairs(operation)).await;
        assert_eq!(faults(&body), None, "the example of {}: {body}", operation.name);
        for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
            let rest =
                stage.pairs(operation).into_iter().filter(|(name, _)| *name != parameter.name).collect();
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
    let bed = bed(&unthrottled());
    let stage = bed.stage().await;
    each(&bed, async |version, operation| {
        for parameter in &operation.parameters {
            for value in outside(parameter) {
                let rest = stage.pairs(operation).into_iter().filter(|(name, _)| *name != parameter.name);
                let pairs = rest.chain([(parameter.name.clone(), value.clone())]).collect();
                let (status, body) = bed.called(version, operation, pairs).await;
                let (name, parameter) = (operation.name, &parameter.name);
                let value: String = value.chars().take(40).collect();
                let message = body["Message"].as_str().unwrap_or_default();
                // `sts` words it so, and says the same behind it.
                let before = format!("The parameter {parameter} is wrongly formed: ");
                let said = message.strip_prefix(&before).unwrap_or(message);
                let named = said.starts_with(parameter.as_str()) && said.contains("must be");
                assert!(named, "{name} takes {parameter}={value}: {body}");
                assert!(
                    version != LIVE || (status, &body["Code"]) == (400, &json!("InputInvalid")),
                    "{body}"
                );
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
    let bed = bed(&unthrottled());
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

#[tokio::test]
async fn the_example_of_every_operation_is_answered_well() {
    each(&bed(&unthrottled()), async |version, operation| {
        let bed = bed(&unthrottled());
        let stage = bed.stage().await;
        let caller = client(if operation.name == "AssumeRole" { "powerful" } else { "root" });
        let (head, body) = bed.ask(signed(&caller, version, operation, &stage.pairs(operation))).await;
        assert_eq!(head.status().as_u16(), 200, "{}: {body}", operation.name);
        assert!(matches!(body["Code"].as_str(), None | Some("OK")), "{}: {body}", operation.name);
    })
    .await;
}

#[tokio::test]
async fn what_another_account_has_is_not_there() {
    let bed = bed(&unthrottled());
    let stage = bed.stage().await;
    each(&bed, async |version, operation| {
        let pairs = stage.pairs(operation);
        if pairs.iter().any(|(name, _)| matches!(name.as_str(), "AppId" | "CustSpaceId" | "InstanceId")) {
            let (_, body) = bed.ask(signed(&client("other"), version, operation, &pairs)).await;
            let code = body["Code"].as_str();
            let gone = matches!(code, Some("ResourceNotExist" | "InvalidParameter.CustSpaceIdNotExist"));
            assert!(gone, "{}: {body}", operation.name);
        }
    })
    .await;
}

/// What examples stand on: a group with a member in an application of each generation, and in a channel.
struct Stage {
    first: [String; 2],
    second: [String; 2],
    /// With the channel in the place of the application.
    chat: [String; 2],
    /// Likewise, and no group is in the channel: with groups it is not deleted.
    vacant: [String; 2],
    /// A file of the channel.
    file: String,
}

/// The version of `live`.
const LIVE: &str = "2016-11-01";
const MEMBER: &str = "ada";
const NUMBER: &str = "8613800138000";
const ROLE: &str = "acs:ram::1234567890123456:role/reader";

impl Bed {
    async fn stage(&self) -> Stage {
        let app = self.made("CreateMessageApp", &[("AppName", "stage")], "AppId").await;
        let group =
            self.made("CreateMessageGroup", &[("AppId", &app), ("CreatorId", MEMBER)], "GroupId").await;
        let joining = [("AppId", &*app), ("GroupId", &group), ("UserId", MEMBER)];
        self.0.call("JoinMessageGroup", &joining).await.ok();
        let first = [app, group];
        let app = self.made("CreateLiveMessageApp", &[("AppName", "stage")], "AppId").await;
        let needed = [("AppId", &*app), ("GroupId", "stage"), ("CreatorId", MEMBER)];
        let group = self.made("CreateLiveMessageGroup", &needed, "GroupId").await;
        self.connect(&app, &group).await;
        self.role().await;
        let (chat, vacant) = (self.chat().await, self.vacant().await);
        let file = self.file(&chat[0]).await;
        Stage { first, second: [app, group], chat, vacant, file }
    }

    /// A role that trusts the account.
    async fn role(&self) {
        let (accounts, account) = (self.0.muster.accounts(), self.0.account());
        accounts.create(Some(account.clone()), None).await.unwrap();
        let trust = TrustPolicy::of_account(account.as_str());
        accounts.add_role(&account, "reader", &trust, 3600).await.unwrap();
    }

    async fn made(&self, action: &str, pairs: &[(&str, &str)], id: &str) -> String {
        let body = self.0.call(action, pairs).await.ok();
        let found = body[id].as_str().or_else(|| body["Result"][id].as_str());
        found.unwrap_or_else(|| panic!("{id} in {body}")).to_owned()
    }

    /// A connection of the member, in a group of generation 2.
    async fn connect(&self, app: &str, group: &str) {
        let muster = &self.0.muster;
        let (account, user) = (self.0.account(), UserId::new(MEMBER).unwrap());
        let scope = AppScope { account: &account, generation: Generation::Two, data_center: None };
        let open = muster.apps().open(scope, &AppId::new(app).unwrap()).await.unwrap();
        let (nonce, ends) = ("AK-nonce", muster.now().seconds() + 3600);
        let token = muster.logins().token(&open, &user, nonce, ends, "").unwrap();
        let expires = ends.to_string();
        let claim =
            LoginClaim { app, user: MEMBER, nonce, expires: &expires, role: "", token: &token, info: None };
        let login = muster.logins().check(&claim).await.unwrap();
        let session =
            SessionRef { node: NodeId::new("node").unwrap(), session: SessionId::new(MEMBER).unwrap() };
        muster.logins().sign_in(&login, &session, false).await.unwrap();
        let visit = muster.groups().visit(&login, &GroupId::new(group).unwrap()).await.unwrap();
        muster.rosters().enter(&visit, &session).await.unwrap();
    }

    /// A file of a channel.
    async fn file(&self, channel: &str) -> String {
        let (chats, account) = (self.0.muster.chats(), self.0.account());
        let channel = chats.channel(&account, &AppId::new(channel).unwrap()).await.unwrap();
        let key = chats.grant_upload(&channel);
        let (grant, _) = chats.upload_grant(&key.token).unwrap();
        let path = format!("{}/a.jpg", key.directory);
        chats.put_file(&grant, &path, ContentType::new("image/jpeg"), Bytes::new()).await.unwrap();
        path
    }

    /// A channel without a group.
    async fn vacant(&self) -> [String; 2] {
        let face = ChannelFace::named("vacant");
        let channel = self.0.muster.chats().create_channel(&self.0.account(), face).await.unwrap();
        [channel.id.to_string(), String::new()]
    }

    /// A channel with an active group.
    async fn chat(&self) -> [String; 2] {
        let chats = self.0.muster.chats();
        let channel = chats.create_channel(&self.0.account(), ChannelFace::named("stage")).await.unwrap();
        chats.add_number(&channel, PhoneNumber::new(NUMBER).unwrap()).await.unwrap();
        let needed = [("CustSpaceId", channel.id.as_str()), ("BusinessNumber", NUMBER), ("Subject", "stage")];
        let client = Client { api: "2020-06-06", ..client("root") };
        let (_, body) = self.ask(client.call("AddChatGroup", &needed)).await;
        self.0.clock.advance(1_000);
        assert_eq!(chats.settle().await.unwrap(), 1);
        [channel.id.to_string(), body["UniqueCode"].as_str().unwrap().to_owned()]
    }
}

impl Stage {
    /// The example of an operation, on what the caller has of its kind.
    fn pairs(&self, operation: &OperationData) -> Pairs {
        let [space, group] = match operation.tag {
            "Channels" if operation.name == "DeleteInstance" => &self.vacant,
            "Chat groups" | "Channels" | "Files" => &self.chat,
            tag if tag.ends_with("generation 2") => &self.second,
            _ => &self.first,
        };
        let filled = |(name, value): (String, String)| {
            let value = value
                .replace("{#AppId}", space)
                .replace("{#CustSpaceId}", space)
                .replace("{#GroupId}", group)
                .replace("{#UserId}", MEMBER)
                .replace("{#BusinessNumber}", NUMBER)
                .replace("{#FilePath}", &self.file)
                .replace("{#RoleArn}", ROLE);
            (name, value)
        };
        base(operation).into_iter().map(filled).collect()
    }
}

//! Sessions of roles, from `AssumeRole` to what they may: the product, the key ring and the gateway together.

use std::sync::Arc;

use muster_core::{
    account::{Holder, Role},
    id::AccountId,
    limits::Limits,
    role_session::TemporaryKey,
    service::NewKey,
    time::Millis,
};
use muster_gateway::policy::TrustPolicy;
use muster_testbed::{
    ACCOUNT, House, NOW, Reply,
    sign::{Client, Version},
};
use serde_json::{Value, json};

use crate::{config::Configuration, identities::KeyRing, serve};

const ARN: &str = "acs:ram::1234567890123456:role/reader";
const STS: &str = "2015-04-01";
const LIVE: &str = "2016-11-01";

/// A server whose account has the user `ann`, who may become the role `reader`, which may list what `live` has.
struct Bed {
    house: House,
    ring: Arc<KeyRing>,
    ann: NewKey,
}

fn policy(action: &str, resource: &str) -> String {
    json!({ "Version": "1", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": resource }] })
        .to_string()
}

async fn bed() -> Bed {
    let products = |muster| serve::products(&Configuration::default(), &muster);
    let house = House::new(STS, Limits::default(), products);
    let (accounts, account) = (house.muster.accounts(), house.account());
    accounts.create(Some(account.clone()), None).await.unwrap();
    accounts.add_user(&account, "ann").await.unwrap();
    let ann = accounts.add_key(&account, "ann").await.unwrap();
    let user = Holder::User("ann".to_owned());
    for (name, document) in
        [("become", policy("sts:AssumeRole", "acs:ram:*:*:role/*")), ("list", policy("live:List*", "*"))]
    {
        accounts.put_policy(&account, name, &document).await.unwrap();
    }
    accounts.attach(&account, "become", &user).await.unwrap();
    let ring = Arc::new(KeyRing::new(&house.muster));
    let products = serve::products(&Configuration::default(), &house.muster);
    let house = house.known_by(Arc::clone(&ring), products);
    let bed = Bed { house, ring, ann };
    bed.reader(&TrustPolicy::of_account(ACCOUNT)).await;
    bed
}

impl Bed {
    /// Makes the role.
    async fn reader(&self, trust: &str) -> Role {
        let (accounts, account) = (self.house.muster.accounts(), self.house.account());
        let role = accounts.add_role(&account, "reader", trust, 3600).await.unwrap();
        accounts.attach(&account, "list", &Holder::Role("reader".to_owned())).await.unwrap();
        self.ring.read(&self.house.muster).await.unwrap();
        role
    }

    async fn role(&self) -> Role {
        self.house.muster.accounts().role(&self.house.account(), "reader").await.unwrap().unwrap()
    }

    /// Asks for the role as `ann`.
    async fn assume(&self, more: &[(&str, &str)]) -> Reply {
        let client = Client { api: STS, ..Client::v1(self.ann.id.as_str()).secret(&self.ann.secret) };
        let pairs = [&[("RoleArn", ARN), ("RoleSessionName", "ann-1")], more].concat();
        self.house.call_by(client, "AssumeRole", &pairs).await
    }

    async fn assumed(&self, more: &[(&str, &str)]) -> Key {
        let answer = self.assume(more).await.ok();
        let credentials = &answer["Credentials"];
        let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
        Key { id: text("AccessKeyId"), secret: text("AccessKeySecret"), token: text("SecurityToken"), answer }
    }

    /// Calls with a temporary key, in one form of signature.
    async fn call_as(&self, key: &Key, version: Version, api: &'static str, action: &str) -> Reply {
        let client = Client { api, ..Client::new(version, &key.id).secret(&key.secret) };
        let sorted = ("SortType", "1");
        match version {
            Version::V1 => self.house.call_by(client, action, &[sorted, ("SecurityToken", &key.token)]).await,
            Version::V3 => {
                let headers = vec![("x-acs-security-token", key.token.clone())];
                self.house.call_by(Client { headers, ..client }, action, &[sorted]).await
            }
        }
    }

    async fn lists(&self, key: &Key) -> Reply {
        self.call_as(key, Version::V1, LIVE, "ListLiveMessageApps").await
    }
}

/// A temporary key, as it was answered.
struct Key {
    id: String,
    secret: String,
    token: String,
    answer: Value,
}

impl From<TemporaryKey> for Key {
    fn from(key: TemporaryKey) -> Self {
        Self { id: key.id.to_string(), secret: key.secret, token: key.token, answer: Value::Null }
    }
}

#[tokio::test]
async fn a_session_may_what_its_role_may_in_both_forms_of_signature() {
    let bed = bed().await;
    let key = bed.assumed(&[]).await;
    assert!(key.id.starts_with("STS."), "{}", key.id);
    let role = bed.role().await;
    let user = &key.answer["AssumedRoleUser"];
    assert_eq!(user["Arn"], format!("{ARN}/ann-1"));
    assert_eq!(user["AssumedRoleId"], format!("{}:ann-1", role.id));
    let expected = jiff::Timestamp::from_second(NOW / 1000 + 3600).unwrap().to_string();
    assert_eq!(key.answer["Credentials"]["Expiration"], expected);
    for version in [Version::V1, Version::V3] {
        bed.call_as(&key, version, LIVE, "ListLiveMessageApps").await.ok();
        let denied = bed.call_as(&key, version, LIVE, "CreateLiveMessageApp").await;
        denied.refused(403, "NoAuth");
        let detail = &denied.json["AccessDeniedDetail"];
        assert_eq!(detail["PolicyType"], "AccountLevelIdentityBasedPolicy");
        assert_eq!(detail["AuthPrincipalType"], "AssumedRoleUser");
        assert_eq!(detail["AuthPrincipalDisplayName"], "reader:ann-1");
    }
    let told = bed.call_as(&key, Version::V3, STS, "GetCallerIdentity").await.ok();
    assert_eq!(told["IdentityType"], "AssumedRoleUser");
    assert_eq!(told["RoleId"], role.id);
    assert_eq!(told["Arn"], format!("{ARN}/ann-1"));
    assert_eq!(told.get("UserId"), None);
}

#[tokio::test]
async fn a_session_policy_narrows_the_role_and_widens_nothing() {
    let bed = bed().await;
    let narrow = bed.assumed(&[("Policy", &policy("live:ListLiveMessageGroups", "*"))]).await;
    let denied = bed.lists(&narrow).await;
    denied.refused(403, "NoAuth");
    assert_eq!(denied.json["AccessDeniedDetail"]["PolicyType"], "SessionPolicy");
    let wide = bed.assumed(&[("Policy", &policy("*", "*"))]).await;
    bed.lists(&wide).await.ok();
    let denied = bed.call_as(&wide, Version::V1, LIVE, "CreateLiveMessageApp").await;
    denied.refused(403, "NoAuth");
    assert_eq!(denied.json["AccessDeniedDetail"]["PolicyType"], "AccountLevelIdentityBasedPolicy");
    bed.assume(&[("Policy", "{}")]).await.refused(400, "InvalidParameter.PolicyGrammar");
}

#[tokio::test]
async fn what_changes_of_a_role_counts_for_its_sessions_at_once() {
    let bed = bed().await;
    let key = bed.assumed(&[]).await;
    let (accounts, account) = (bed.house.muster.accounts(), bed.house.account());
    accounts.detach(&account, "list", &Holder::Role("reader".to_owned())).await.unwrap();
    bed.ring.read(&bed.house.muster).await.unwrap();
    bed.lists(&key).await.refused(403, "NoAuth");
    accounts.remove_role(&account, "reader").await.unwrap();
    bed.ring.read(&bed.house.muster).await.unwrap();
    bed.lists(&key).await.refused(404, "InvalidAccessKeyId.NotFound");
    bed.assume(&[]).await.refused(404, "EntityNotExist.Role");
    // Another role of the same name revives no session of the one before.
    bed.reader(&TrustPolicy::of_account(ACCOUNT)).await;
    bed.lists(&key).await.refused(404, "InvalidAccessKeyId.NotFound");
    bed.lists(&bed.assumed(&[]).await).await.ok();
}

#[tokio::test]
async fn whom_the_role_does_not_trust_or_no_policy_allows_is_told_by_which() {
    let bed = bed().await;
    let (accounts, account) = (bed.house.muster.accounts(), bed.house.account());
    accounts.remove_role(&account, "reader").await.unwrap();
    let other = TrustPolicy::of_account("9999999999999999");
    bed.reader(&other).await;
    let denied = bed.assume(&[]).await;
    denied.refused(403, "NoPermission");
    let detail = &denied.json["AccessDeniedDetail"];
    assert_eq!(detail["PolicyType"], "AssumeRolePolicy");
    assert_eq!(
        (&detail["NoPermissionType"], &detail["AuthAction"]),
        (&json!("ImplicitDeny"), &json!("sts:AssumeRole"))
    );
    accounts.detach(&account, "become", &Holder::User("ann".to_owned())).await.unwrap();
    bed.ring.read(&bed.house.muster).await.unwrap();
    let denied = bed.assume(&[]).await;
    denied.refused(403, "NoPermission");
    assert_eq!(denied.json["AccessDeniedDetail"]["PolicyType"], "AccountLevelIdentityBasedPolicy");
}

#[tokio::test]
async fn a_role_is_for_who_names_what_its_trust_policy_asks_for() {
    let bed = bed().await;
    let (accounts, account) = (bed.house.muster.accounts(), bed.house.account());
    accounts.remove_role(&account, "reader").await.unwrap();
    let condition = json!({ "StringEquals": { "sts:ExternalId": "shop-1" } });
    let mut trust: Value = serde_json::from_str(&TrustPolicy::of_account(ACCOUNT)).unwrap();
    trust["Statement"][0]["Condition"] = condition;
    bed.reader(&trust.to_string()).await;
    for more in [&[][..], &[("ExternalId", "shop-2")]] {
        let denied = bed.assume(more).await;
        denied.refused(403, "NoPermission");
        let detail = &denied.json["AccessDeniedDetail"];
        assert_eq!(
            (&detail["PolicyType"], &detail["NoPermissionType"]),
            (&json!("AssumeRolePolicy"), &json!("ImplicitDeny"))
        );
    }
    let key = bed.assumed(&[("ExternalId", "shop-1")]).await;
    bed.lists(&key).await.ok();
}

#[tokio::test]
async fn a_session_lasts_as_long_as_the_role_allows_and_no_longer() {
    let bed = bed().await;
    bed.assume(&[("DurationSeconds", "3601")]).await.refused(400, "InvalidParameter.DurationSeconds");
    bed.assume(&[("DurationSeconds", "900")]).await.ok();
    let role = bed.role().await;
    let ends = |at| bed.house.muster.accounts().begin_session(&role, "ann", Millis(at), None).into();
    bed.lists(&ends(NOW + 1)).await.ok();
    bed.lists(&ends(NOW)).await.refused(400, "InvalidSecurityToken.Expired");
}

#[tokio::test]
async fn a_token_is_good_for_its_own_key_alone() {
    let bed = bed().await;
    let (one, other) = (bed.assumed(&[]).await, bed.assumed(&[]).await);
    let with = |token: &str| Key {
        id: one.id.clone(),
        secret: one.secret.clone(),
        token: token.to_owned(),
        answer: Value::Null,
    };
    bed.lists(&with("")).await.refused(400, "MissingSecurityToken");
    bed.lists(&with("token")).await.refused(400, "InvalidSecurityToken.Malformed");
    bed.lists(&with(&other.token)).await.refused(400, "InvalidSecurityToken.MismatchWithAccessKey");
    let wrong = Key { secret: other.secret, ..with(&one.token) };
    assert_eq!(bed.lists(&wrong).await.json["Code"], "SignatureDoesNotMatch");
    let lasting = Key {
        id: bed.ann.id.to_string(),
        secret: bed.ann.secret.clone(),
        token: one.token.clone(),
        answer: Value::Null,
    };
    bed.lists(&lasting).await.refused(400, "InvalidSecurityToken.MismatchWithAccessKey");
}

#[tokio::test]
async fn the_role_of_another_account_must_trust_the_callers() {
    let bed = bed().await;
    let accounts = bed.house.muster.accounts();
    let elsewhere = AccountId::new("9999999999999999").unwrap();
    accounts.create(Some(elsewhere.clone()), None).await.unwrap();
    for (name, trusted) in [("own", "9999999999999999"), ("shared", ACCOUNT)] {
        accounts.add_role(&elsewhere, name, &TrustPolicy::of_account(trusted), 3600).await.unwrap();
    }
    bed.ring.read(&bed.house.muster).await.unwrap();
    let client = || Client { api: STS, ..Client::v1(bed.ann.id.as_str()).secret(&bed.ann.secret) };
    let ask = async |name: &str| {
        let arn = format!("acs:ram::9999999999999999:role/{name}");
        let pairs = [("RoleArn", &*arn), ("RoleSessionName", "ann-1")];
        bed.house.call_by(client(), "AssumeRole", &pairs).await
    };
    ask("own").await.refused(403, "NoPermission");
    let answer = ask("shared").await.ok();
    assert_eq!(answer["AssumedRoleUser"]["Arn"], "acs:ram::9999999999999999:role/shared/ann-1");
}

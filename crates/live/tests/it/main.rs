//! The operations of both generations, called through a gateway over the embedded store.

#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

mod catalogue;
mod gen1;
mod gen1_messages;
mod gen2_apps;
mod gen2_groups;
mod gen2_messages;
mod gen2_rosters;
mod mutes;

use muster_core::{
    app::Generation,
    id::{AppId, GroupId, NodeId, SessionId, SessionRef, UserId},
    limits::Limits,
    service::{AppScope, Login, LoginClaim, OpenApp},
};
use muster_gateway::ProductSet;
use muster_live::{Endpoints, Services};
use muster_testbed::House;

/// A server of the product.
fn live() -> House {
    limited(Limits::default())
}

/// A server of the product with these bounds.
fn limited(limits: Limits) -> House {
    House::new("2016-11-01", limits, |muster| {
        let endpoints = Endpoints::default();
        ProductSet::new().with(muster_live::catalogue(Services { muster, endpoints, allow_private: false }))
    })
}

/// A generation 2 application.
async fn new_app(house: &House) -> String {
    let made = house.call("CreateLiveMessageApp", &[("AppName", "tests")]).await.ok();
    made["AppId"].as_str().expect("an id").to_owned()
}

/// A generation 2 group in an application.
async fn new_group(house: &House, app: &str, group: &str) {
    let parameters = [("AppId", app), ("GroupId", group), ("CreatorId", "carl")];
    house.call("CreateLiveMessageGroup", &parameters).await.ok();
}

/// A generation 1 application.
async fn old_app(house: &House) -> String {
    let made = house.call("CreateMessageApp", &[("AppName", "tests")]).await.ok();
    made["Result"]["AppId"].as_str().expect("an id").to_owned()
}

/// A generation 1 group in an application.
async fn old_group(house: &House, app: &str) -> String {
    let made = house.call("CreateMessageGroup", &[("AppId", app), ("CreatorId", "carl")]).await.ok();
    made["Result"]["GroupId"].as_str().expect("an id").to_owned()
}

/// Somebody who is connected.
struct Person {
    login: Login,
    session: SessionRef,
}

impl Person {
    async fn new(house: &House, generation: Generation, app: &str, user: &str, info: Option<&str>) -> Self {
        let account = house.account();
        let scope = AppScope { account: &account, generation, data_center: None };
        let app = AppId::new(app).expect("an id");
        let app = house.muster.apps().open(scope, &app).await.expect("an application");
        let login = logged_in(house, &app, &UserId::new(user).expect("an id"), info).await;
        let node = NodeId::new("node").expect("an id");
        let session = SessionRef { node, session: SessionId::new(user).expect("an id") };
        house.muster.logins().sign_in(&login, &session, false).await.expect("a login");
        Self { login, session }
    }

    async fn join(&self, house: &House, group: &str) {
        let group = GroupId::new(group).expect("an id");
        let visit = house.muster.groups().visit(&self.login, &group).await.expect("a group");
        house.muster.rosters().enter(&visit, &self.session).await.expect("a join");
    }

    async fn leave(&self, house: &House, group: &str) {
        let group = GroupId::new(group).expect("an id");
        house.muster.rosters().part(&self.login, &group, &self.session).await.expect("a leave");
    }
}

/// Who has shown a good token.
async fn logged_in(house: &House, app: &OpenApp, user: &UserId, info: Option<&str>) -> Login {
    let logins = house.muster.logins();
    if app.generation == Generation::One {
        let token = logins.issue(app, user, "device").expect("a token");
        return logins.check_access(&token.text).await.expect("a login");
    }
    let (nonce, ends) = ("AK-nonce", house.muster.now().seconds() + 3600);
    let token = logins.token(app, user, nonce, ends, "").expect("a token");
    let expires = ends.to_string();
    let (app, user) = (app.id.as_str(), user.as_str());
    let claim = LoginClaim { app, user, nonce, expires: &expires, role: "", token: &token, info };
    logins.check(&claim).await.expect("a login")
}

/// People of generation 2 in a group, in this order.
async fn people(house: &House, app: &str, group: &str, users: &[&str]) -> Vec<Person> {
    let mut all = Vec::new();
    for user in users {
        let person = Person::new(house, Generation::Two, app, user, None).await;
        person.join(house, group).await;
        all.push(person);
    }
    all
}

//! Who is in a group of generation 2.

use muster_core::{
    app::Generation,
    id::GroupId,
    limits::{Limits, SuperListing},
    message::Body,
    service::MemberMessage,
};
use serde_json::{Value, json};

use muster_testbed::{House, Reply};

use crate::{Person, limited, live, new_app, new_group, people};

async fn page(house: &House, app: &str, sort: &str, token: &str) -> Reply {
    let parameters =
        [("AppId", app), ("GroupId", "g"), ("PageSize", "10"), ("SortType", sort), ("NextPageToken", token)];
    house.call("ListLiveMessageGroupUsers", &parameters).await
}

fn users(page: &Value) -> Vec<String> {
    let rows = page["UserList"].as_array().expect("rows");
    rows.iter().map(|row| row["UserId"].as_str().expect("an id").to_owned()).collect()
}

async fn walk(house: &House, app: &str, sort: &str) -> Vec<String> {
    let (mut token, mut found) = ("0".to_owned(), Vec::new());
    loop {
        let page = page(house, app, sort, &token).await.ok();
        found.extend(users(&page));
        let next = page["NextPageToken"].as_i64().expect("a number");
        assert_eq!(page["Hasmore"], next != 0);
        if next == 0 {
            return found;
        }
        token = next.to_string();
    }
}

#[tokio::test]
async fn an_empty_group_has_an_empty_roll() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let empty = json!({"GroupId": "g", "NextPageToken": 0, "Hasmore": false, "UserList": []});
    assert_eq!(page(&house, &app, "1", "").await.ok(), empty);
    assert_eq!(page(&house, &app, "2", "-1").await.ok(), empty);
}

#[tokio::test]
async fn the_roll_is_told_in_the_order_of_joining_with_what_users_say_of_themselves() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let names: Vec<String> = (0..25).map(|number| format!("user{number}")).collect();
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    people(&house, &app, "g", &borrowed).await;
    assert_eq!(walk(&house, &app, "1").await, names);
    assert_eq!(walk(&house, &app, "2").await, names.iter().rev().cloned().collect::<Vec<_>>());
    Person::new(&house, Generation::Two, &app, "zoe", Some("about \"zoe\"")).await.join(&house, "g").await;
    let last = page(&house, &app, "2", "").await.ok();
    assert_eq!(last["UserList"][0], json!({"UserId": "zoe", "UserInfo": "about \"zoe\""}));
    assert_eq!(last["UserList"][1], json!({"UserId": "user24", "UserInfo": ""}));
}

#[tokio::test]
async fn a_walk_neither_repeats_nor_skips_whoever_stays_while_others_come_and_go() {
    for sort in ["1", "2"] {
        let house = live();
        let app = new_app(&house).await;
        new_group(&house, &app, "g").await;
        let names: Vec<String> = (0..40).map(|number| format!("user{number}")).collect();
        let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut all = people(&house, &app, "g", &borrowed).await;
        let (mut token, mut seen, mut round) = (String::new(), Vec::new(), 0);
        loop {
            let page = page(&house, &app, sort, &token).await.ok();
            seen.extend(users(&page));
            token = page["NextPageToken"].to_string();
            if token == "0" {
                break;
            }
            for leaving in [round * 3, round * 3 + 10] {
                all.remove(leaving % all.len()).leave(&house, "g").await;
            }
            people(&house, &app, "g", &[&format!("late{round}")]).await;
            round += 1;
        }
        let stayed: Vec<String> = all.iter().map(|person| person.login.user().to_string()).collect();
        for user in &stayed {
            assert_eq!(seen.iter().filter(|name| *name == user).count(), 1, "{user} going {sort}");
        }
    }
}

#[tokio::test]
async fn a_super_group_is_not_listed_until_all_have_left() {
    let house = limited(Limits { super_group_threshold: 2, ..Limits::default() });
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let mut all = people(&house, &app, "g", &["a", "b"]).await;
    assert_eq!(walk(&house, &app, "1").await, ["a", "b"]);
    all.extend(people(&house, &app, "g", &["c"]).await);
    page(&house, &app, "1", "").await.refused(420, "SuperLargeGroup");
    let asked = [("AppId", &*app), ("GroupId", "g"), ("UserIds", "c,z")];
    let found = house.call("CheckLiveMessageUsersInGroup", &asked).await.ok();
    let expected = json!({"Users": [{"UserId": "c", "Online": true}, {"UserId": "z", "Online": false}]});
    assert_eq!(found, expected);
    let described = house.call("DescribeLiveMessageGroup", &asked[..2]).await.ok();
    assert_eq!((&described["SuperLargeGroup"], &described["OnlineUserCounts"]), (&json!(true), &json!(3)));
    all[0].leave(&house, "g").await;
    all[1].leave(&house, "g").await;
    page(&house, &app, "1", "").await.refused(420, "SuperLargeGroup");
    all[2].leave(&house, "g").await;
    people(&house, &app, "g", &["d"]).await;
    assert_eq!(walk(&house, &app, "1").await, ["d"]);
}

#[tokio::test]
async fn a_super_group_is_listed_where_the_operator_serves_it() {
    let limits =
        Limits { super_group_threshold: 2, super_group_listing: SuperListing::Serve, ..Limits::default() };
    let house = limited(limits);
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    people(&house, &app, "g", &["a", "b", "c"]).await;
    assert_eq!(walk(&house, &app, "1").await, ["a", "b", "c"]);
}

#[tokio::test]
async fn being_in_a_group_and_being_logged_in_are_told_apart() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    people(&house, &app, "g", &["ada"]).await;
    Person::new(&house, Generation::Two, &app, "bob", None).await;
    let asked = [("AppId", &*app), ("GroupId", "g"), ("UserIds", "bob,ada,zoe")];
    let found = house.call("CheckLiveMessageUsersInGroup", &asked).await.ok();
    let rows = |flags: [bool; 3]| -> Value {
        ["bob", "ada", "zoe"]
            .iter()
            .zip(flags)
            .map(|(user, online)| json!({"UserId": user, "Online": online}))
            .collect()
    };
    assert_eq!(found, json!({"Users": rows([false, true, false])}));
    let found = house.call("CheckLiveMessageUsersOnline", &[asked[0], asked[2]]).await.ok();
    assert_eq!(found, json!({"UserList": rows([true, true, false])}));
}

#[tokio::test]
async fn a_kicked_user_is_out_of_the_group_and_may_come_back() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let all = people(&house, &app, "g", &["kim", "lou"]).await;
    let kick = [("AppId", &*app), ("GroupId", "g"), ("KickoffUser", "kim")];
    assert_eq!(house.call("KickLiveMessageGroupUser", &kick).await.ok(), json!({}));
    assert_eq!(walk(&house, &app, "1").await, ["lou"]);
    all[0].join(&house, "g").await;
    assert_eq!(walk(&house, &app, "1").await, ["lou", "kim"]);
}

#[tokio::test]
async fn a_kick_that_is_sent_again_succeeds_and_one_of_a_stranger_does_not() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    new_group(&house, &app, "h").await;
    people(&house, &app, "g", &["kim", "lou"]).await;
    let kick = |group, user| [("AppId", app.as_str()), ("GroupId", group), ("KickoffUser", user)];
    for _ in 0..2 {
        assert_eq!(house.call("KickLiveMessageGroupUser", &kick("g", "kim")).await.ok(), json!({}));
    }
    for (group, user) in [("h", "kim"), ("g", "mia")] {
        let refused = house.call("KickLiveMessageGroupUser", &kick(group, user)).await;
        refused.refused(404, "ResourceNotExist");
        assert_eq!(refused.json["Message"], format!("The user {user} is not in the group."));
    }
    house.clock.advance(11 * 60_000);
    house.call("KickLiveMessageGroupUser", &kick("g", "kim")).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn what_is_told_of_a_user_changes_in_every_group_of_the_user() {
    let house = live();
    let app = new_app(&house).await;
    for group in ["g", "h", "i"] {
        new_group(&house, &app, group).await;
    }
    let kim = Person::new(&house, Generation::Two, &app, "kim", Some("of the login")).await;
    people(&house, &app, "g", &["lou"]).await;
    for group in ["h", "g"] {
        kim.join(&house, group).await;
    }
    let put = async |user, more: &[(&str, &str)]| {
        let named = [("AppId", &*app), ("UserId", user)];
        house.call("ModifyLiveMessageUserInfo", &[&named[..], more].concat()).await.ok()
    };
    let both = json!([{"GroupId": "g", "Success": true}, {"GroupId": "h", "Success": true}]);
    let listed = async |group| {
        let page = [("AppId", &*app), ("GroupId", group), ("PageSize", "10"), ("SortType", "1")];
        house.call("ListLiveMessageGroupUsers", &page).await.ok()["UserList"].clone()
    };
    for (given, told) in
        [(&[("UserMetaInfo", "new")][..], "new"), (&[], ""), (&[("UserMetaInfo", "newer")], "newer")]
    {
        assert_eq!(put("kim", given).await, json!({"SuccessList": both, "FailList": []}));
        assert_eq!(listed("h").await, json!([{"UserId": "kim", "UserInfo": told}]));
        assert_eq!(
            listed("g").await,
            json!([{"UserId": "lou", "UserInfo": ""}, {"UserId": "kim", "UserInfo": told}])
        );
    }
    assert_eq!(put("nobody", &[("UserMetaInfo", "x")]).await, json!({"SuccessList": [], "FailList": []}));
    // Said after the change it is told so; a group entered later is told what the login says.
    kim.join(&house, "i").await;
    assert_eq!(listed("i").await, json!([{"UserId": "kim", "UserInfo": "of the login"}]));
    let group = GroupId::new("g").expect("an id");
    let visit = house.muster.groups().visit(&kim.login, &group).await.expect("a visit");
    let said = MemberMessage::of(Body::new("hello").expect("a body"));
    house.muster.messages().say(visit, said).await.expect("a message");
    let page = [("AppId", &*app), ("GroupId", "g"), ("PageSize", "10"), ("SortType", "1")];
    let history = house.call("ListLiveMessageGroupMessages", &page).await.ok();
    assert_eq!(history["MessageList"][0]["Sender"], json!({"UserId": "kim", "UserInfo": "newer"}));
}

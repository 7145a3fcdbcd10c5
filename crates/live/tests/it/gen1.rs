//! Generation 1.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use muster_core::{app::Generation, limits::Limits, service::LoginError};
use serde_json::{Value, json};

use crate::{House, Person, limited, live, new_app, old_app, old_group};

async fn result(house: &House, action: &str, parameters: &[(&str, &str)]) -> Value {
    let mut answer = house.call(action, parameters).await.ok();
    assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{answer}");
    answer["Result"].take()
}

async fn join(house: &House, app: &str, group: &str, user: &str) {
    let parameters = [("AppId", app), ("GroupId", group), ("UserId", user), ("BroadCastType", "2")];
    assert_eq!(result(house, "JoinMessageGroup", &parameters).await, json!({"Success": true}));
}

fn users(page: &Value) -> Vec<String> {
    let rows = page["UserList"].as_array().expect("rows");
    rows.iter().map(|row| row["UserId"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn an_application_and_a_group_keep_the_maps_they_were_made_with() {
    let house = live();
    let maps = [("AppConfig", r#"{"appAlias":"集市"}"#), ("Extension", r#"{"owner":"it"}"#)];
    let made = result(&house, "CreateMessageApp", &[("AppName", "shop"), maps[0], maps[1]]).await;
    let app = made["AppId"].as_str().expect("an id");
    let expected = json!({
        "AppConfig": {"appAlias": "集市"}, "AppId": app, "AppName": "shop", "CreateTime": 1_795_168_800,
        "Extension": {"owner": "it"}, "Status": 1,
    });
    assert_eq!(result(&house, "GetMessageApp", &[("AppId", app)]).await, expected);
    let parameters = [("AppId", app), ("CreatorId", "Carl7"), ("Extension.groupName", "one")];
    let made = result(&house, "CreateMessageGroup", &parameters).await;
    assert_eq!(made["Extension"], json!({"groupName": "one"}));
    let group = made["GroupId"].as_str().expect("an id");
    assert_eq!(
        result(&house, "GetMessageGroup", &[("AppId", app), ("GroupId", group)]).await,
        json!({
            "CreateTime": 1_795_168_800, "CreatorId": "Carl7", "Extension": {"groupName": "one"},
            "GroupId": group, "IsMuteAll": false, "Status": 1,
        })
    );
}

#[tokio::test]
async fn applications_are_paged_in_both_directions() {
    let house = live();
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(old_app(&house).await);
    }
    for (sort, number, expected, more) in
        [("0", "1", &made[..3], true), ("0", "2", &made[3..], false), ("1", "3", &[][..], false)]
    {
        let parameters = [("SortType", sort), ("PageNum", number), ("PageSize", "3")];
        let page = result(&house, "ListMessageApp", &parameters).await;
        let rows = page["AppList"].as_array().expect("rows");
        let ids: Vec<&str> = rows.iter().filter_map(|row| row["AppId"].as_str()).collect();
        assert_eq!(ids, expected);
        assert_eq!((&page["HasMore"], &page["Total"]), (&json!(more), &json!(5)));
    }
    let newest =
        result(&house, "ListMessageApp", &[("SortType", "1"), ("PageNum", "1"), ("PageSize", "1")]).await;
    assert_eq!(newest["AppList"][0]["AppId"], *made[4]);
}

#[tokio::test]
async fn groups_of_an_application_and_of_a_user_are_paged() {
    let house = live();
    let app = old_app(&house).await;
    let mut groups = Vec::new();
    for number in 0..4 {
        groups.push(old_group(&house, &app).await);
        if number != 1 {
            join(&house, &app, &groups[number], "ann").await;
        }
    }
    let page = [("AppId", &*app), ("PageNum", "1"), ("PageSize", "3")];
    let all = result(&house, "ListMessageGroup", &page).await;
    assert_eq!((&all["HasMore"], &all["Total"]), (&json!(true), &json!(4)));
    assert_eq!(
        all["GroupList"][0],
        json!({
            "AppId": app, "CreateTime": 1_795_168_800, "CreatorId": "carl", "Extension": {}, "GroupId": groups[0],
            "Status": 1,
        })
    );
    let mine = result(&house, "ListMessageGroup", &[page[0], page[1], page[2], ("UserId", "ann")]).await;
    assert_eq!((&mine["HasMore"], &mine["Total"]), (&json!(false), &json!(3)));
    assert_eq!(mine["GroupList"][1]["GroupId"], *groups[2]);
    house.call("ListMessageGroup", &page[1..]).await.refused(400, "MissingAppId");
}

#[tokio::test]
async fn a_membership_lasts_until_it_is_ended_and_joining_twice_changes_nothing() {
    let house = live();
    let app = old_app(&house).await;
    let group = old_group(&house, &app).await;
    for user in ["ann", "bob", "ann"] {
        join(&house, &app, &group, user).await;
        house.clock.advance(1_000);
    }
    let at = [("AppId", &*app), ("GroupId", &*group)];
    let page = result(&house, "ListMessageGroupUser", &at).await;
    let ann = json!({"JoinTime": 1_795_168_800_000_i64, "UserId": "ann"});
    let bob = json!({"JoinTime": 1_795_168_801_000_i64, "UserId": "bob"});
    assert_eq!(page, json!({"HasMore": false, "Total": 2, "UserList": [ann, bob]}));
    let leave = [at[0], at[1], ("UserId", "ann")];
    for _ in 0..2 {
        assert_eq!(result(&house, "LeaveMessageGroup", &leave).await, json!({"Success": true}));
    }
    assert_eq!(users(&result(&house, "ListMessageGroupUser", &at).await), ["bob"]);
}

#[tokio::test]
async fn members_are_paged_by_rank_in_both_directions() {
    let house = live();
    let app = old_app(&house).await;
    let group = old_group(&house, &app).await;
    let mut names: Vec<String> = (0..45).map(|number| format!("u_{number}.x")).collect();
    for name in &names {
        join(&house, &app, &group, name).await;
    }
    let leave = [("AppId", &*app), ("GroupId", &*group), ("UserId", "u_7.x")];
    result(&house, "LeaveMessageGroup", &leave).await;
    names.remove(7);
    for sort in ["0", "1"] {
        for number in 1..=7 {
            let number_text = number.to_string();
            let parameters =
                [leave[0], leave[1], ("SortType", sort), ("PageNum", &number_text), ("PageSize", "7")];
            let page = result(&house, "ListMessageGroupUser", &parameters).await;
            let expected: Vec<String> = names.iter().skip((number - 1) * 7).take(7).cloned().collect();
            assert_eq!(users(&page), expected);
            assert_eq!((&page["HasMore"], &page["Total"]), (&json!(number < 7), &json!(44)));
        }
        names.reverse();
    }
    let beyond = [leave[0], leave[1], ("PageNum", "100000"), ("PageSize", "50")];
    let page = result(&house, "ListMessageGroupUser", &beyond).await;
    assert_eq!(page, json!({"HasMore": false, "Total": 44, "UserList": []}));
}

#[tokio::test]
async fn a_user_is_online_in_a_group_with_a_connection_in_it() {
    let house = live();
    let app = old_app(&house).await;
    let group = old_group(&house, &app).await;
    join(&house, &app, &group, "ann").await;
    Person::new(&house, Generation::One, &app, "ben", None).await.join(&house, &group).await;
    let parameters = [("AppId", &*app), ("GroupId", &*group), ("UserIds", "ben,zoe,ann")];
    let found = result(&house, "BatchGetOnlineUsers", &parameters).await;
    let now = 1_795_168_800_000_i64;
    assert_eq!(
        found["OnlineUsers"],
        json!([
            {"JoinTime": now, "Online": true, "UserId": "ben"},
            {"JoinTime": 0, "Online": false, "UserId": "zoe"},
            {"JoinTime": now, "Online": false, "UserId": "ann"},
        ])
    );
}

#[tokio::test]
async fn an_unknown_application_or_group_or_one_of_the_other_generation_is_not_found() {
    let house = live();
    let app = old_app(&house).await;
    let newer = new_app(&house).await;
    for (app, group) in [("nosuch", "g"), (&*app, "nosuch"), (&*newer, "g")] {
        let parameters = [("AppId", app), ("GroupId", group), ("UserId", "ann"), ("UserIds", "ann")];
        for action in [
            "GetMessageGroup",
            "JoinMessageGroup",
            "LeaveMessageGroup",
            "ListMessageGroupUser",
            "BatchGetOnlineUsers",
        ] {
            house.call(action, &parameters).await.refused(404, "ResourceNotExist");
        }
    }
}

#[tokio::test]
async fn a_token_holds_where_to_connect_and_what_to_log_in_with() {
    let house = live();
    let app = old_app(&house).await;
    let parameters =
        [("AppId", &*app), ("UserId", "ben"), ("DeviceId", "phone-1"), ("DeviceType", "Android")];
    let token = result(&house, "GetMessageToken", &parameters).await;
    assert_eq!(token["AccessTokenExpiredTime"], 86_400_000);
    let bundle = STANDARD.decode(token["AccessToken"].as_str().expect("a text")).expect("Base64");
    let bundle: Value = serde_json::from_slice(&bundle).expect("JSON");
    assert_eq!(bundle["endpoints"], json!(["ws://127.0.0.1:7070/connection/websocket"]));
    assert_eq!(bundle["appId"], *app);
    let inner = bundle["token"].as_str().expect("a text");
    assert!(inner.starts_with("oauth_cloud_key:"));
    let logins = house.muster.logins();
    let login = logins.check_access(inner).await.expect("a login");
    assert_eq!((login.user().as_str(), login.app().id.as_str()), ("ben", &*app));
    let refresh = token["RefreshToken"].as_str().expect("a text");
    let refused = logins.check_access(refresh).await;
    assert!(matches!(refused, Err(LoginError::Refused(_))), "a refresh token does not log in");
}

#[tokio::test]
async fn an_update_of_an_application_replaces_what_it_names_alone() {
    let house = live();
    let maps = [("AppConfig", r#"{"a":"1","b":"2"}"#), ("Extension", r#"{"e":"1"}"#)];
    let made = result(&house, "CreateMessageApp", &[("AppName", "shop"), maps[0], maps[1]]).await;
    let app = [("AppId", made["AppId"].as_str().expect("an id"))];
    let update = async |with: &[(&str, &str)]| {
        let done = result(&house, "UpdateMessageApp", &[&app[..], with].concat()).await;
        assert_eq!(done, json!({"Success": true}));
        let row = result(&house, "GetMessageApp", &app).await;
        (row["AppName"].clone(), row["AppConfig"].clone(), row["Extension"].clone())
    };
    let (config, extension) = (json!({"a": "1", "b": "2"}), json!({"e": "1"}));
    assert_eq!(update(&[("AppName", "shop 2")]).await, (json!("shop 2"), config, extension.clone()));
    assert_eq!(
        update(&[("AppConfig", r#"{"c":"3"}"#)]).await,
        (json!("shop 2"), json!({"c": "3"}), extension)
    );
    assert_eq!(update(&[("Extension", "{}")]).await, (json!("shop 2"), json!({"c": "3"}), json!({})));
    house.call("UpdateMessageApp", &[app[0], ("AppName", "x")]).await.refused(400, "InputInvalid");
    house.call("UpdateMessageApp", &[("AppId", "nosuch")]).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn applications_are_found_by_id_and_by_their_whole_name() {
    let house = live();
    let mut made = Vec::new();
    for name in ["shop", "shop 2", "shop"] {
        let app = result(&house, "CreateMessageApp", &[("AppName", name)]).await;
        made.push(app["AppId"].as_str().expect("an id").to_owned());
    }
    let find = async |with: &[(&str, &str)]| {
        let found = result(&house, "QueryMessageApp", with).await;
        let [page] = found.as_array().expect("a list").as_slice() else { panic!("not one page: {found}") };
        let rows = page["AppList"].as_array().expect("rows").iter();
        let ids: Vec<_> = rows.map(|row| row["AppId"].as_str().expect("an id").to_owned()).collect();
        (ids, page["TotalCount"].clone(), page["HasMore"].clone())
    };
    let shops = vec![made[0].clone(), made[2].clone()];
    assert_eq!(find(&[("AppName", "shop")]).await, (shops.clone(), json!(2), json!(false)));
    let newest = [("AppName", "shop"), ("SortType", "1"), ("PageSize", "1")];
    assert_eq!(find(&newest).await, (vec![made[2].clone()], json!(2), json!(true)));
    assert_eq!(find(&[("AppId", &made[1])]).await, (vec![made[1].clone()], json!(1), json!(false)));
    assert_eq!(find(&[("AppId", &made[1]), ("AppName", "shop")]).await, (vec![], json!(0), json!(false)));
    assert_eq!(find(&[]).await, (made, json!(3), json!(false)));
}

#[tokio::test]
async fn the_fields_of_a_group_are_replaced_whole() {
    let house = live();
    let app = old_app(&house).await;
    let parameters = [("AppId", &*app), ("CreatorId", "carl"), ("Extension", r#"{"a":"1","b":"2"}"#)];
    let made = result(&house, "CreateMessageGroup", &parameters).await;
    let group = [("AppId", &*app), ("GroupId", made["GroupId"].as_str().expect("an id"))];
    let update = async |with: &[(&str, &str)]| {
        let done = result(&house, "UpdateMessageGroup", &[&group[..], with].concat()).await;
        assert_eq!(done, json!({"Success": true}));
        result(&house, "GetMessageGroup", &group).await["Extension"].clone()
    };
    assert_eq!(update(&[]).await, json!({"a": "1", "b": "2"}));
    assert_eq!(update(&[("Extension", r#"{"c":"3"}"#)]).await, json!({"c": "3"}));
    assert_eq!(update(&[("Extension", "{}")]).await, json!({}));
}

#[tokio::test]
async fn a_closed_group_is_not_found_and_is_closed_again_without_a_fault() {
    let house = live();
    let app = old_app(&house).await;
    let (group, other) = (old_group(&house, &app).await, old_group(&house, &app).await);
    join(&house, &app, &group, "ann").await;
    let at = [("AppId", &*app), ("GroupId", &*group)];
    for _ in 0..2 {
        assert_eq!(result(&house, "CloseMessageGroup", &at).await, json!({"Success": true}));
    }
    for action in ["GetMessageGroup", "ListMessageGroupUser"] {
        house.call(action, &at).await.refused(404, "ResourceNotExist");
    }
    let page = [("AppId", &*app), ("PageNum", "1"), ("PageSize", "9")];
    let listed = result(&house, "ListMessageGroup", &page).await;
    assert_eq!((&listed["Total"], &listed["GroupList"][0]["GroupId"]), (&json!(1), &json!(other)));
    let mine = result(&house, "ListMessageGroup", &[page[0], page[1], page[2], ("UserId", "ann")]).await;
    assert_eq!(mine["Total"], json!(0));
    house.call("CloseMessageGroup", &[at[0], ("GroupId", "nosuch")]).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn a_deleted_application_is_gone_with_its_groups_and_makes_room() {
    let house = limited(Limits { apps_per_account: Some(2), ..Limits::default() });
    let (app, other) = (old_app(&house).await, old_app(&house).await);
    let group = old_group(&house, &app).await;
    join(&house, &app, &group, "ann").await;
    house.call("CreateMessageApp", &[("AppName", "third")]).await.refused(400, "InputInvalid");
    let named = [("AppId", &*app)];
    assert_eq!(result(&house, "DeleteMessageApp", &named).await, json!({"Success": true}));
    let at = [named[0], ("GroupId", &*group)];
    for (action, parameters) in [
        ("GetMessageApp", &named[..]),
        ("DeleteMessageApp", &named),
        ("GetMessageGroup", &at),
        ("CloseMessageGroup", &at),
    ] {
        house.call(action, parameters).await.refused(404, "ResourceNotExist");
    }
    let page = [("PageNum", "1"), ("PageSize", "9")];
    let listed = result(&house, "ListMessageApp", &page).await;
    assert_eq!((&listed["Total"], &listed["AppList"][0]["AppId"]), (&json!(1), &json!(other)));
    assert_eq!(result(&house, "QueryMessageApp", &named).await[0]["TotalCount"], json!(0));
    old_app(&house).await;
}

//! Who may not talk, in both generations.

use muster_core::limits::Limits;
use muster_testbed::{House, Reply};
use serde_json::{Value, json};

use crate::{limited, live, new_app, new_group, old_app, old_group};

async fn call(house: &House, app: &str, action: &str, more: &[(&str, &str)]) -> Reply {
    let parameters: Vec<_> = [("AppId", app), ("GroupId", "g")].iter().chain(more).copied().collect();
    house.call(action, &parameters).await
}

async fn done(house: &House, app: &str, action: &str, more: &[(&str, &str)]) {
    assert_eq!(call(house, app, action, more).await.ok(), json!({}), "{action}");
}

async fn stands(house: &House, app: &str) -> (bool, Value, Value) {
    let mut band = call(house, app, "DescribeLiveMessageGroupBand", &[]).await.ok();
    assert_eq!(band["GroupId"], "g");
    let all = band["IsbannedAll"].as_bool().expect("a flag");
    (all, band["BannedUserList"].take(), band["UnbannedUserList"].take())
}

#[tokio::test]
async fn users_and_whole_groups_are_muted_and_freed() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    assert_eq!(stands(&house, &app).await, (false, json!([]), json!([])));
    done(&house, &app, "AddLiveMessageGroupBand", &[("BannedUsers", "ben,anna")]).await;
    done(&house, &app, "AddLiveMessageGroupBand", &[("BannedUsers", r#"["cleo"]"#)]).await;
    assert_eq!(stands(&house, &app).await, (false, json!(["anna", "ben", "cleo"]), json!([])));
    done(&house, &app, "RemoveLiveMessageGroupBand", &[("UnbannedUsers.1", "ben")]).await;
    done(&house, &app, "BanLiveMessageGroup", &[("ExceptUsers", "dan")]).await;
    assert_eq!(stands(&house, &app).await, (true, json!(["anna", "cleo"]), json!(["dan"])));
    done(&house, &app, "BanLiveMessageGroup", &[]).await;
    assert_eq!(stands(&house, &app).await.2, json!(["dan"]));
    done(&house, &app, "UnbanLiveMessageGroup", &[]).await;
    assert_eq!(stands(&house, &app).await, (false, json!(["anna", "cleo"]), json!([])));
}

#[tokio::test]
async fn what_is_modified_replaces_and_what_is_not_named_stays() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let all = [("BannedAll", "true"), ("BannnedUsers", "anna,ben"), ("ExceptUsers", "dan")];
    done(&house, &app, "ModifyLiveMessageGroupBand", &all).await;
    assert_eq!(stands(&house, &app).await, (true, json!(["anna", "ben"]), json!(["dan"])));
    done(&house, &app, "ModifyLiveMessageGroupBand", &[("BannnedUsers", "cleo")]).await;
    assert_eq!(stands(&house, &app).await, (true, json!(["cleo"]), json!(["dan"])));
    done(&house, &app, "ModifyLiveMessageGroupBand", &[("BannedAll", "false")]).await;
    assert_eq!(stands(&house, &app).await, (false, json!(["cleo"]), json!([])));
}

#[tokio::test]
async fn a_call_names_thirty_users_and_a_group_has_a_bound() {
    let house = limited(Limits { mutes_per_group: 3, ..Limits::default() });
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let many = vec!["u"; 31].join(",");
    for (action, list) in [
        ("AddLiveMessageGroupBand", "BannedUsers"),
        ("RemoveLiveMessageGroupBand", "UnbannedUsers"),
        ("ModifyLiveMessageGroupBand", "BannnedUsers"),
        ("ModifyLiveMessageGroupBand", "ExceptUsers"),
        ("BanLiveMessageGroup", "ExceptUsers"),
    ] {
        call(&house, &app, action, &[(list, &many)]).await.refused(400, "InputInvalid");
    }
    done(&house, &app, "AddLiveMessageGroupBand", &[("BannedUsers", "a,b,c")]).await;
    call(&house, &app, "AddLiveMessageGroupBand", &[("BannedUsers", "d")]).await.refused(400, "InputInvalid");
    assert_eq!(stands(&house, &app).await.1, json!(["a", "b", "c"]), "all of a call or nothing of it");
    let none = house.call("BanLiveMessageGroup", &[("AppId", &app), ("GroupId", "none")]).await;
    none.refused(404, "ResourceNotExist");
}

/// The result of an operation of generation 1 in the name of the group's creator.
async fn old(house: &House, at: &[(&str, &str)], action: &str, more: &[(&str, &str)]) -> Value {
    let parameters: Vec<_> = at.iter().chain([&("OperatorUserId", "carl")]).chain(more).copied().collect();
    house.call(action, &parameters).await.ok()["Result"].take()
}

async fn muted(house: &House, at: &[(&str, &str)], page: &str) -> Value {
    old(house, at, "ListMuteGroupUser", &[("PageNum", page), ("PageSize", "2")]).await
}

#[tokio::test]
async fn members_of_the_first_generation_are_muted_for_a_time() {
    let house = live();
    let app = old_app(&house).await;
    let group = old_group(&house, &app).await;
    let (at, success) = ([("AppId", &*app), ("GroupId", &*group)], json!({"Success": true}));
    let short = [("MuteUserList", "anna,ben"), ("MuteTime", "60"), ("BroadCastType", "2")];
    assert_eq!(old(&house, &at, "MuteGroupUser", &short).await, success);
    assert_eq!(
        old(&house, &at, "MuteGroupUser", &[("MuteUserList", "cleo"), ("MuteTime", "0")]).await,
        success
    );
    let first = json!({"HasMore": true, "Total": 3, "UserList": [{"UserId": "anna"}, {"UserId": "ben"}]});
    assert_eq!(muted(&house, &at, "1").await, first);
    let last = json!({"HasMore": false, "Total": 3, "UserList": [{"UserId": "cleo"}]});
    assert_eq!(muted(&house, &at, "2").await, last);
    assert_eq!(muted(&house, &at, "100000").await["UserList"], json!([]));
    house.clock.advance(60_000);
    let rest = json!({"HasMore": false, "Total": 1, "UserList": [{"UserId": "cleo"}]});
    assert_eq!(muted(&house, &at, "1").await, rest);
    house.clock.advance(86_400_000 - 60_000);
    assert_eq!(muted(&house, &at, "1").await["Total"], 0);
    assert_eq!(old(&house, &at, "MuteGroupUser", &[("MuteUserList", "dan")]).await, success);
    assert_eq!(
        old(&house, &at, "CancelMuteGroupUser", &[("CancelMuteUserList", "dan,nobody")]).await,
        success
    );
    assert_eq!(muted(&house, &at, "1").await["Total"], 0);
}

#[tokio::test]
async fn a_group_of_the_first_generation_says_whether_it_is_muted() {
    let house = live();
    let app = old_app(&house).await;
    let group = old_group(&house, &app).await;
    let at = [("AppId", &*app), ("GroupId", &*group)];
    for (action, muted) in [("MuteAllGroupUser", true), ("CancelMuteAllGroupUser", false)] {
        assert_eq!(old(&house, &at, action, &[]).await, json!({"Success": true}));
        assert_eq!(house.call("GetMessageGroup", &at).await.ok()["Result"]["IsMuteAll"], muted);
    }
}

#[tokio::test]
async fn only_the_creator_of_a_group_of_the_first_generation_mutes() {
    let house = live();
    let app = old_app(&house).await;
    let group = old_group(&house, &app).await;
    let at = [("AppId", &*app), ("GroupId", &*group)];
    let lists = [
        ("MuteGroupUser", Some(("MuteUserList", "u"))),
        ("CancelMuteGroupUser", Some(("CancelMuteUserList", "u"))),
        ("MuteAllGroupUser", None),
        ("CancelMuteAllGroupUser", None),
    ];
    for (action, list) in lists {
        let bare: Vec<_> = at.iter().copied().chain(list).collect();
        house.call(action, &bare).await.refused(400, "MissingOperatorUserId");
        let other: Vec<_> = bare.iter().copied().chain([("OperatorUserId", "anna")]).collect();
        house.call(action, &other).await.refused(403, "NoAuth");
    }
    let page = [("PageNum", "1"), ("PageSize", "20"), ("OperatorUserId", "anna")];
    let asked: Vec<_> = at.iter().copied().chain(page).collect();
    house.call("ListMuteGroupUser", &asked).await.refused(403, "NoAuth");
}

//! Groups of generation 2.

use muster_core::{limits::Limits, service::Sweeper};
use serde_json::{Value, json};

use crate::{House, limited, live, new_app, new_group, people};

#[tokio::test]
async fn making_a_group_twice_changes_nothing_and_a_deleted_id_stays_used() {
    let house = live();
    let app = new_app(&house).await;
    let group = [("AppId", &*app), ("GroupId", "g-1.a_b")];
    let answer = |exists: bool, deleted: bool| json!({"GroupId": "g-1.a_b", "AlreadyExists": exists, "AlreadyDelete": deleted});
    let make = || house.call("CreateLiveMessageGroup", &group);
    assert_eq!(make().await.ok(), answer(false, false));
    assert_eq!(make().await.ok(), answer(true, false));
    let gone = house.call("DeleteLiveMessageGroup", &[group[0], group[1], ("OperatorId", "olga")]).await.ok();
    assert_eq!(gone, json!({"GroupId": "g-1.a_b"}));
    assert_eq!(make().await.ok(), answer(true, true));
    let described = house.call("DescribeLiveMessageGroup", &group).await.ok();
    assert_eq!(
        described,
        json!({
            "GroupId": "g-1.a_b", "CreatorId": "", "AdminList": [], "Createtime": 1_795_168_800, "GroupName": "",
            "GroupInfo": "", "Delete": true, "Deletatime": 1_795_168_800, "Deletor": "olga",
            "SuperLargeGroup": false,
        })
    );
}

#[tokio::test]
async fn a_group_is_described_with_its_figures_while_it_exists() {
    let house = live();
    let app = new_app(&house).await;
    let parameters = [
        ("AppId", &*app),
        ("GroupId", "g"),
        ("GroupName", "名称"),
        ("GroupInfo", "{}"),
        ("CreatorId", "carl"),
        ("Administrators", "a1,a2,a3"),
    ];
    house.call("CreateLiveMessageGroup", &parameters).await.ok();
    people(&house, &app, "g", &["ann"]).await;
    let say = [("AppId", &*app), ("GroupId", "g"), ("SenderId", "host"), ("MsgType", "7")];
    house.call("SendLiveMessageGroup", &say).await.ok();
    let described = house.call("DescribeLiveMessageGroup", &parameters[..2]).await.ok();
    assert_eq!(
        described,
        json!({
            "GroupId": "g", "CreatorId": "carl", "AdminList": ["a1", "a2", "a3"], "Createtime": 1_795_168_800,
            "GroupName": "名称", "GroupInfo": "{}", "Delete": false, "TotalTimes": 1, "OnlineUserCounts": 1,
            "MsgAmount": {"7": 1}, "SuperLargeGroup": false,
        })
    );
}

#[tokio::test]
async fn deleting_a_group_that_never_was_succeeds_in_an_application_that_is_there() {
    let house = live();
    let app = new_app(&house).await;
    let group = [("AppId", &*app), ("GroupId", "never")];
    assert_eq!(house.call("DeleteLiveMessageGroup", &group).await.ok(), json!({"GroupId": "never"}));
    let nowhere = [("AppId", "nosuch"), ("GroupId", "never")];
    house.call("DeleteLiveMessageGroup", &nowhere).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn an_unknown_group_is_not_found() {
    let house = live();
    let app = new_app(&house).await;
    let group = [("AppId", &*app), ("GroupId", "nosuch")];
    let page = [group[0], group[1], ("PageSize", "10"), ("SortType", "1")];
    house.call("DescribeLiveMessageGroup", &group).await.refused(404, "ResourceNotExist");
    house.call("ListLiveMessageGroupUsers", &page).await.refused(404, "ResourceNotExist");
    house.call("ListLiveMessageGroupMessages", &page).await.refused(404, "ResourceNotExist");
    let users = [group[0], group[1], ("UserIds", "a")];
    house.call("CheckLiveMessageUsersInGroup", &users).await.refused(404, "ResourceNotExist");
    let reply = house.call("KickLiveMessageGroupUser", &[group[0], group[1], ("KickoffUser", "a")]).await;
    reply.refused(404, "ResourceNotExist");
    assert_eq!(reply.json["Message"], "The group nosuch does not exist.");
}

#[tokio::test]
async fn a_group_too_many_is_refused_and_deleting_one_makes_room() {
    let house = limited(Limits { groups_per_app: Some(2), ..Limits::default() });
    let app = new_app(&house).await;
    new_group(&house, &app, "a").await;
    new_group(&house, &app, "b").await;
    let third = [("AppId", &*app), ("GroupId", "c")];
    house.call("CreateLiveMessageGroup", &third).await.refused(400, "ErrorTooManyGroups");
    house.call("DeleteLiveMessageGroup", &[third[0], ("GroupId", "a")]).await.ok();
    house.call("CreateLiveMessageGroup", &third).await.ok();
}

#[tokio::test]
async fn an_application_too_many_is_refused() {
    let house = limited(Limits { apps_per_account: Some(1), ..Limits::default() });
    new_app(&house).await;
    house.call("CreateLiveMessageApp", &[]).await.refused(400, "InputInvalid");
}

#[tokio::test]
async fn groups_are_listed_by_page_and_by_token_in_both_directions_and_by_state() {
    let house = live();
    let app = new_app(&house).await;
    let all: Vec<String> = (0..230).map(|number| format!("g{number}")).collect();
    for group in &all {
        new_group(&house, &app, group).await;
    }
    for group in all.iter().step_by(3) {
        house.call("DeleteLiveMessageGroup", &[("AppId", &app), ("GroupId", group)]).await.ok();
    }
    let (deleted, existing): (Vec<_>, Vec<_>) =
        all.iter().enumerate().partition(|(number, _)| number % 3 == 0);
    let names = |list: Vec<(usize, &String)>| list.into_iter().map(|(_, name)| name.clone()).collect();
    for (status, mut expected) in [("0", all.clone()), ("1", names(existing)), ("2", names(deleted))] {
        for sort in ["1", "2"] {
            let common = [("AppId", &*app), ("SortType", sort), ("GroupStatus", status)];
            assert_eq!(by_token(&house, &common).await, expected);
            assert_eq!(by_page(&house, &common, expected.len()).await, expected);
            expected.reverse();
        }
    }
}

async fn by_token(house: &House, common: &[(&str, &str)]) -> Vec<String> {
    let (mut token, mut found) = (String::new(), Vec::new());
    loop {
        let parameters = [common, &[("NextPageToken", &*token)]].concat();
        let page = house.call("ListLiveMessageGroups", &parameters).await.ok();
        found.extend(ids(&page));
        if page["Hasmore"] == false {
            assert!(page.get("NextpageToken").is_none(), "only when there are more");
            return found;
        }
        token = page["NextpageToken"].as_str().expect("a text").to_owned();
    }
}

async fn by_page(house: &House, common: &[(&str, &str)], total: usize) -> Vec<String> {
    let mut found = Vec::new();
    for number in 1..=total.div_ceil(20) {
        let text = number.to_string();
        let parameters = [common, &[("PageNumber", &*text)]].concat();
        let page = house.call("ListLiveMessageGroupByPage", &parameters).await.ok();
        assert_eq!((&page["TotalCount"], &page["PageSize"]), (&json!(total), &json!(20)));
        assert_eq!(page["PageNumber"], number);
        found.extend(ids(&page));
    }
    found
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["GroupList"].as_array().expect("rows");
    rows.iter().map(|row| row["GroupId"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_modified_group_is_what_its_flags_say() {
    let house = live();
    let app = new_app(&house).await;
    let group = [("AppId", &*app), ("GroupId", "g")];
    let first = [("GroupInfo", "first"), ("Administrators", "a1,a2"), ("CreatorId", "carl")];
    house.call("CreateLiveMessageGroup", &[&group[..], &first].concat()).await.ok();
    let modify = async |with: &[(&str, &str)]| {
        house.call("ModifyLiveMessageGroup", &[&group[..], with].concat()).await.ok();
        let now = house.call("DescribeLiveMessageGroup", &group).await.ok();
        (now["AdminList"].clone(), now["GroupInfo"].clone())
    };
    assert_eq!(
        modify(&[("AdminList", "b1"), ("GroupInfo", "x")]).await,
        (json!(["a1", "a2"]), json!("first"))
    );
    let info = [("ModifyInfo", "true"), ("GroupInfo", "second"), ("AdminList", "b1")];
    assert_eq!(modify(&info).await, (json!(["a1", "a2"]), json!("second")));
    let admins = [("ModifyAdmin", "true"), ("AdminList", "b1,b2,b3")];
    assert_eq!(modify(&admins).await, (json!(["b1", "b2", "b3"]), json!("second")));
    assert_eq!(modify(&[("ModifyAdmin", "true"), ("ModifyInfo", "true")]).await, (json!([]), json!("")));
    let four = [group[0], group[1], ("ModifyAdmin", "true"), ("AdminList", "a,b,c,d")];
    house.call("ModifyLiveMessageGroup", &four).await.refused(400, "InputInvalid");
    house.call("DeleteLiveMessageGroup", &group).await.ok();
    house.call("ModifyLiveMessageGroup", &group).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn a_group_is_recovered_within_thirty_days_and_purged_after_them() {
    const DAY: i64 = 86_400_000;
    let house = live();
    let mut sweeper = Sweeper::default();
    house.muster.sweep(&mut sweeper).await.expect("a sweep");
    let app = house.call("CreateLiveMessageApp", &[("MsgLifeCycle", "1")]).await.ok();
    let app = app["AppId"].as_str().expect("an id").to_owned();
    for group in ["kept", "gone"] {
        new_group(&house, &app, group).await;
        people(&house, &app, group, &["ann"]).await;
        let say =
            [("AppId", &*app), ("GroupId", group), ("SenderId", "host"), ("MsgType", "7"), ("Body", "hi")];
        house.call("SendLiveMessageGroup", &say).await.ok();
        house.call("DeleteLiveMessageGroup", &[("AppId", &app), ("GroupId", group)]).await.ok();
    }
    let kept = [("AppId", &*app), ("GroupId", "kept")];
    let gone = [("AppId", &*app), ("GroupId", "gone")];
    house.clock.advance(30 * DAY - 1);
    let recovered = house.call("RecoverLiveMessageDeletedGroup", &kept).await.ok();
    assert_eq!(recovered, json!({"GroupId": "kept"}));
    house.call("RecoverLiveMessageDeletedGroup", &kept).await.ok();
    house.clock.advance(1);
    house.call("RecoverLiveMessageDeletedGroup", &gone).await.refused(404, "ResourceNotExist");
    while house.muster.sweep(&mut sweeper).await.expect("a sweep") > 0 {}
    house.call("DescribeLiveMessageGroup", &gone).await.refused(404, "ResourceNotExist");
    let listed = house.call("ListLiveMessageGroups", &[kept[0], ("SortType", "1")]).await.ok();
    assert_eq!(ids(&listed), ["kept"]);

    let described = house.call("DescribeLiveMessageGroup", &kept).await.ok();
    assert_eq!((&described["Delete"], &described["TotalTimes"]), (&json!(false), &json!(1)));
    assert_eq!((&described["OnlineUserCounts"], &described["MsgAmount"]), (&json!(0), &json!({"7": 1})));
    assert!(described.get("Deletatime").is_none() && described.get("Deletor").is_none());
    people(&house, &app, "kept", &["ben"]).await;
    let say = [kept[0], kept[1], ("SenderId", "host"), ("MsgType", "7"), ("Body", "back")];
    house.call("SendLiveMessageGroup", &say).await.ok();
    let page = [kept[0], kept[1], ("PageSize", "10"), ("SortType", "1")];
    let history = house.call("ListLiveMessageGroupMessages", &page).await.ok();
    let rows = history["MessageList"].as_array().expect("rows").iter();
    let said: Vec<_> = rows.map(|row| (&row["Body"], &row["TotalMessages"])).collect();
    assert_eq!(said, [(&json!("hi"), &json!(1)), (&json!("back"), &json!(2))]);
}

#[tokio::test]
async fn a_recovered_group_counts_among_the_living_again() {
    let house = limited(Limits { groups_per_app: Some(1), ..Limits::default() });
    let app = new_app(&house).await;
    new_group(&house, &app, "a").await;
    let a = [("AppId", &*app), ("GroupId", "a")];
    house.call("DeleteLiveMessageGroup", &a).await.ok();
    new_group(&house, &app, "b").await;
    house.call("RecoverLiveMessageDeletedGroup", &a).await.refused(400, "ErrorTooManyGroups");
    house.call("DeleteLiveMessageGroup", &[a[0], ("GroupId", "b")]).await.ok();
    house.call("RecoverLiveMessageDeletedGroup", &a).await.ok();
    house.call("CreateLiveMessageGroup", &[a[0], ("GroupId", "c")]).await.refused(400, "ErrorTooManyGroups");
}

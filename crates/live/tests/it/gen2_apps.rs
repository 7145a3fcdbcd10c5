//! Applications of generation 2.

use serde_json::{Value, json};

use crate::{House, live, new_app, new_group, old_app};

#[tokio::test]
async fn an_application_is_described_with_what_it_was_made_of() {
    let house = live();
    let made = house
        .call(
            "CreateLiveMessageApp",
            &[
                ("AppName", "集市 day"),
                ("AuditType", "2"),
                ("AuditUrl", "https://audit.example.com/check"),
                ("EventCallbackUrl", "http://hooks.example.com"),
                ("MsgLifeCycle", "1"),
            ],
        )
        .await
        .ok();
    let described = house.call("DescribeLiveMessageApp", &[("AppId", text(&made["AppId"]))]).await.ok();
    let second = 1_795_168_800;
    assert_eq!(
        described,
        json!({
            "AppId": made["AppId"], "AppName": "集市 day", "AppKey": made["AppKey"], "AppSign": made["AppSign"],
            "AuditType": 2, "AuditUrl": "https://audit.example.com/check",
            "EventCallbackUrl": "http://hooks.example.com", "Disable": false, "CreateTime": second,
            "ModifyTime": second, "DataCenter": "cn-shanghai", "MsgLifeCycle": 1,
        })
    );
    assert_eq!(made["DataCenter"], "cn-shanghai");
    assert!(text(&made["AppSign"]).starts_with("H4sIAAAAAAAE"));
    assert_eq!(made.as_object().map(serde_json::Map::len), Some(4), "{made}");
}

#[tokio::test]
async fn a_plain_application_has_no_moderation_and_tells_no_events() {
    let house = live();
    let app = new_app(&house).await;
    let described = house.call("DescribeLiveMessageApp", &[("AppId", &app)]).await.ok();
    assert_eq!((&described["AuditType"], &described["EventCallbackUrl"]), (&json!(0), &json!("")));
    assert!(described.get("AuditUrl").is_none(), "only with custom moderation");
}

#[tokio::test]
async fn addresses_to_be_called_keep_the_documented_rules() {
    let house = live();
    for (parameter, url) in [
        ("EventCallbackUrl", "ftp://example.com"),
        ("EventCallbackUrl", "http://example.com:8080/"),
        ("EventCallbackUrl", "http://192.168.0.1/"),
        ("AuditUrl", "http://localhost/"),
    ] {
        let reply = house.call("CreateLiveMessageApp", &[(parameter, url)]).await;
        reply.refused(400, "InputInvalid");
        assert!(text(&reply.json["Message"]).contains(parameter));
    }
    house.call("CreateLiveMessageApp", &[("AuditType", "2")]).await.refused(400, "InputInvalid");
}

#[tokio::test]
async fn applications_are_walked_in_both_directions_while_others_are_made() {
    let house = live();
    let mut made = Vec::new();
    for _ in 0..120 {
        made.push(new_app(&house).await);
    }
    let (up, first) = walk(&house, "1").await;
    assert_eq!(up, made);
    let row = first.as_object().expect("a row");
    assert_eq!((row.len(), &row["Disable"]), (9, &json!("false")), "Disable is a text here");
    let (down, _) = walk(&house, "2").await;
    assert_eq!(down, made.iter().rev().cloned().collect::<Vec<_>>());
    house.call("ListLiveMessageApps", &[("SortType", "1"), ("NextPageToken", "-1")]).await.ok();
}

async fn walk(house: &House, sort: &str) -> (Vec<String>, Value) {
    let (mut token, mut ids, mut first) = (String::new(), Vec::new(), None);
    loop {
        let parameters = [("SortType", sort), ("NextPageToken", &token)];
        let page = house.call("ListLiveMessageApps", &parameters).await.ok();
        let rows = page["AppList"].as_array().expect("rows");
        first = first.or_else(|| rows.first().cloned());
        ids.extend(rows.iter().map(|row| text(&row["AppId"]).to_owned()));
        if page["HasMore"] == false {
            assert!(page.get("NextPageToken").is_none(), "only when there are more");
            return (ids, first.unwrap_or_default());
        }
        token = page["NextPageToken"].as_i64().expect("a number").to_string();
    }
}

#[tokio::test]
async fn an_application_is_there_only_in_its_data_center_and_generation() {
    let house = live();
    let there = ("DataCenter", "ap-southeast-1");
    let made = house.call("CreateLiveMessageApp", &[there]).await.ok();
    let app = ("AppId", text(&made["AppId"]));
    house.call("DescribeLiveMessageApp", &[app]).await.refused(404, "ResourceNotExist");
    house.call("CreateLiveMessageGroup", &[app, ("GroupId", "g")]).await.refused(404, "ResourceNotExist");
    assert_eq!(house.call("DescribeLiveMessageApp", &[app, there]).await.ok()["DataCenter"], there.1);
    let listed = house.call("ListLiveMessageApps", &[("SortType", "1")]).await.ok();
    assert_eq!(listed["AppList"], json!([]));
    let old = old_app(&house).await;
    house.call("DescribeLiveMessageApp", &[("AppId", &old)]).await.refused(404, "ResourceNotExist");
    house.call("GetMessageApp", &[app]).await.refused(404, "ResourceNotExist");
}

#[tokio::test]
async fn a_disabled_application_is_seen_and_enabled_and_nothing_else() {
    let house = live();
    let app = new_app(&house).await;
    new_group(&house, &app, "g").await;
    let sign = house.call("DescribeLiveMessageApp", &[("AppId", &app)]).await.ok()["AppSign"].clone();
    let off = house.call("ModifyLiveMessageAppDisable", &[("AppId", &app), ("Disable", "True")]).await.ok();
    assert_eq!(off, json!({"AppId": app, "AppSign": sign, "Disable": true}));
    let asked = house.call("ModifyLiveMessageAppDisable", &[("AppId", &app)]).await.ok();
    assert_eq!(asked["Disable"], true, "not said, it stays");
    let group = [("AppId", &*app), ("GroupId", "g")];
    house.call("DescribeLiveMessageGroup", &group).await.refused(403, "NoAuth");
    house.call("CreateLiveMessageGroup", &group).await.refused(403, "NoAuth");
    assert_eq!(house.call("DescribeLiveMessageApp", &[("AppId", &app)]).await.ok()["Disable"], true);
    let listed = house.call("ListLiveMessageApps", &[("SortType", "1")]).await.ok();
    assert_eq!(listed["AppList"][0]["Disable"], "true");
    house.call("ModifyLiveMessageAppDisable", &[("AppId", &app), ("Disable", "false")]).await.ok();
    house.call("DescribeLiveMessageGroup", &group).await.ok();
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[tokio::test]
async fn moderation_is_changed_within_its_rules_and_told_everywhere() {
    let house = live();
    let app = new_app(&house).await;
    let modify = async |with: &[(&str, &str)]| {
        house.call("ModifyLiveMessageAppAudit", &[&[("AppId", &*app)], with].concat()).await
    };
    let url = "https://audit.example.com/check";
    let answer = modify(&[("AuditType", "2"), ("AuditUrl", url)]).await.ok();
    let described = house.call("DescribeLiveMessageApp", &[("AppId", &app)]).await.ok();
    assert_eq!(
        answer,
        json!({
            "AppId": app, "AppSign": described["AppSign"], "AuditType": 2, "AuditUrl": url,
            "AuditNeedAuthentication": true,
        })
    );
    assert_eq!((&described["AuditType"], &described["AuditUrl"]), (&json!(2), &json!(url)));
    let other = modify(&[("AuditUrl", "https://other.example.com/")]).await.ok();
    assert_eq!((&other["AuditType"], &other["AuditUrl"]), (&json!(2), &json!("https://other.example.com/")));
    modify(&[("AuditType", "2")]).await.refused(400, "InputInvalid");
    modify(&[("AuditType", "2"), ("AuditUrl", "http://10.0.0.1/")]).await.refused(400, "InputInvalid");
    modify(&[("AuditType", "3")]).await.refused(400, "InputInvalid");
    assert_eq!(modify(&[]).await.ok(), other, "nothing said, nothing changed");
    let built_in = modify(&[("AuditType", "1")]).await.ok();
    assert_eq!((&built_in["AuditType"], &built_in["AuditNeedAuthentication"]), (&json!(1), &json!(false)));
    assert!(built_in.get("AuditUrl").is_none());
    let described = house.call("DescribeLiveMessageApp", &[("AppId", &app)]).await.ok();
    assert_eq!(described["AuditType"], 1);
    house.call("ModifyLiveMessageAppDisable", &[("AppId", &app), ("Disable", "true")]).await.ok();
    modify(&[("AuditType", "0")]).await.refused(403, "NoAuth");
}

#[tokio::test]
async fn where_events_are_told_is_changed_kept_and_cleared() {
    let house = live();
    let app = new_app(&house).await;
    let modify = async |with: &[(&str, &str)]| {
        house.call("ModifyLiveMessageAppCallback", &[&[("AppId", &*app)], with].concat()).await
    };
    let described = async || house.call("DescribeLiveMessageApp", &[("AppId", &app)]).await.ok();
    let url = "https://hooks.example.com/im";
    let answer = modify(&[("EventCallbackUrl", url)]).await.ok();
    let now = described().await;
    assert_eq!(
        answer,
        json!({
            "AppId": app, "AppSign": now["AppSign"], "EventCallbackUrl": url,
            "EventCallbackNeedAuthentication": true,
        })
    );
    assert_eq!(now["EventCallbackUrl"], url);
    assert_eq!(modify(&[]).await.ok(), answer, "nothing said, nothing changed");
    for bad in ["http://10.0.0.1/", "http://hooks.example.com:81/", "hooks.example.com"] {
        let reply = modify(&[("EventCallbackUrl", bad)]).await;
        reply.refused(400, "InputInvalid");
        assert!(text(&reply.json["Message"]).contains("EventCallbackUrl"));
    }
    assert_eq!(described().await["EventCallbackUrl"], url);
    let cleared = modify(&[("EventCallbackUrl", "")]).await.ok();
    assert!(cleared.get("EventCallbackUrl").is_none() && cleared["EventCallbackNeedAuthentication"] == true);
    assert_eq!(described().await["EventCallbackUrl"], "");
    house.call("ModifyLiveMessageAppDisable", &[("AppId", &app), ("Disable", "true")]).await.ok();
    modify(&[("EventCallbackUrl", url)]).await.refused(403, "NoAuth");
}

//! Channels and the numbers that are bound to them.

use muster_core::{chat::PhoneNumber, error::Error, id::AppId, limits::Limits, service::NewChatGroup};
use muster_gateway::ProductSet;
use serde_json::{Value, json};

use crate::{House, NUMBER, active_group, call, cams, rules::failed};

async fn done(house: &House, action: &str, parameters: &[(&str, &str)]) -> Value {
    let answer = house.call(action, parameters).await.ok();
    assert_eq!((&answer["Code"], &answer["Success"]), (&json!("OK"), &json!(true)), "{answer}");
    answer
}

async fn made(house: &House, name: &str) -> String {
    let parameters = [("ChannelType", "whatsapp"), ("InstanceName", name)];
    let answer = done(house, "CreateInstance", &parameters).await;
    answer["Data"]["InstanceId"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_channel_is_made_looked_at_changed_and_deleted() {
    let (house, _) = cams().await;
    let parameters = [
        ("ChannelType", "WHATSAPP"),
        ("InstanceName", " Shop "),
        ("InstanceDescription", "market days"),
        ("ContactMail", "shop@example.com"),
    ];
    let answer = done(&house, "CreateInstance", &parameters).await;
    let id = answer["Data"]["InstanceId"].as_str().expect("an id");
    let submitted = "2026-11-20T10:00:00Z";
    let common = json!({
        "ChannelType": "WHATSAPP", "InstanceDescription": "market days", "InstanceId": id, "SubmitTime": submitted,
    });
    assert_eq!(answer["Data"], common, "no InstanceName, which is declared an integer");
    let mut whole = common;
    whole["ContactMail"] = "shop@example.com".into();
    whole["CountryId"] = "".into();
    whole["InstanceName"] = "Shop".into();
    whole["OfficeAddress"] = "".into();
    let at = ("InstanceId", id);
    assert_eq!(done(&house, "QueryInstance", &[at]).await["Data"], whole);
    let change = [at, ("InstanceName", "Market"), ("InstanceDescription", ""), ("CountryId", "DE")];
    let answer = done(&house, "UpdateInstance", &change).await;
    let changed = json!({
        "ChannelType": "WHATSAPP", "Description": "", "InstanceDescription": "", "InstanceId": id,
        "InstanceName": "Market", "SubmitTime": submitted,
    });
    assert_eq!(answer["Data"], changed);
    whole["InstanceName"] = "Market".into();
    whole["InstanceDescription"] = "".into();
    whole["CountryId"] = "DE".into();
    assert_eq!(done(&house, "QueryInstance", &[at]).await["Data"], whole, "what was not given stays");
    let blank = [at, ("InstanceName", "  ")];
    failed(&house.call("UpdateInstance", &blank).await.ok(), "InvalidParameter.InstanceNameInvalid");
    done(&house, "DeleteInstance", &[at]).await;
    for action in ["QueryInstance", "DeleteInstance"] {
        failed(&house.call(action, &[at]).await.ok(), "InvalidParameter.CustSpaceIdNotExist");
    }
}

#[tokio::test]
async fn channels_are_listed_newest_first_filtered_and_paged() {
    let (house, first) = cams().await;
    let mut ids = vec![first];
    for name in ["north", "south", "north shore"] {
        ids.push(made(&house, name).await);
    }
    let found = async |parameters: &[(&str, &str)]| {
        let answer = done(&house, "ListInstance", parameters).await;
        let rows = answer["Data"].as_array().expect("rows").iter();
        let ids: Vec<String> = rows.map(|row| row["CustSpaceId"].as_str().expect("an id").into()).collect();
        (ids, answer["TotalCount"].as_u64().expect("a total"))
    };
    let of = |places: &[usize]| places.iter().map(|&place| ids[place].clone()).collect::<Vec<_>>();
    assert_eq!(found(&[]).await, (of(&[3, 2, 1, 0]), 4));
    assert_eq!(found(&[("PageIndex", "2"), ("PageSize", "3")]).await, (of(&[0]), 4));
    assert_eq!(found(&[("PageIndex", "9")]).await, (of(&[]), 4));
    assert_eq!(found(&[("InstanceName", "north")]).await, (of(&[1]), 1));
    assert_eq!(found(&[("FilterStr", "north")]).await, (of(&[3, 1]), 2));
    assert_eq!(found(&[("FilterStr", &ids[2])]).await, (of(&[2]), 1));
    assert_eq!(found(&[("InstanceId", &ids[2]), ("InstanceName", "north")]).await, (of(&[]), 0));
}

#[tokio::test]
async fn a_channel_with_groups_is_not_deleted_and_one_without_lets_go_of_its_numbers() {
    let (house, channel) = cams().await;
    let group = active_group(&house, &channel, "team").await;
    let at = [("InstanceId", &*channel)];
    failed(&house.call("DeleteInstance", &at).await.ok(), "InstanceNotEmpty");
    call(&house, &channel, "DeleteChatGroup", &[("GroupId", &group)]).await;
    house.clock.advance(1_000);
    house.muster.chats().settle().await.expect("settled");
    done(&house, "DeleteInstance", &at).await;
    let page = [("Page", r#"{"Index":1,"Size":20}"#)];
    let answer = call(&house, &channel, "ListChatGroup", &page).await;
    failed(&answer, "InvalidParameter.CustSpaceIdNotExist");
    assert_eq!(done(&house, "QueryChatappPhoneNumbers", &[]).await["PhoneNumbers"], json!([]));
    crate::new_channel(&house, NUMBER).await;
}

#[tokio::test]
async fn an_account_has_as_many_channels_as_it_may() {
    let limits = Limits { channels_per_account: Some(1), ..Limits::default() };
    let house = House::new("2020-06-06", limits, |muster| {
        ProductSet::new().with(muster_cams::catalogue(crate::Services {
            muster,
            base_url: None,
            allow_private: false,
        }))
    });
    let id = made(&house, "one").await;
    let two = [("ChannelType", "WHATSAPP"), ("InstanceName", "two")];
    failed(&house.call("CreateInstance", &two).await.ok(), "InstanceQuotaExceeded");
    done(&house, "DeleteInstance", &[("InstanceId", &id)]).await;
    made(&house, "two").await;
}

#[tokio::test]
async fn numbers_are_listed_of_a_channel_and_of_all() {
    let (house, channel) = cams().await;
    let other = crate::new_channel(&house, "491700000001").await;
    let numbers = async |action: &str, parameters: &[(&str, &str)]| {
        let mut answer = done(&house, action, parameters).await;
        answer["PhoneNumbers"].take()
    };
    let row = json!({
        "CodeVerificationStatus": "VERIFIED", "IsOfficial": "Y", "MessagingLimitTier": "TIER_UNLIMITED",
        "NameStatus": "APPROVED", "PhoneNumber": NUMBER, "QualityRating": "UNKNOWN", "Status": "CONNECTED",
        "VerifiedName": "shop",
    });
    let at = ("CustSpaceId", &*channel);
    for action in ["QueryChatappPhoneNumbers", "ChatappSyncPhoneNumber"] {
        assert_eq!(numbers(action, &[at]).await, json!([row]));
        let nowhere = house.call(action, &[("CustSpaceId", "cams-nosuch")]).await.ok();
        failed(&nowhere, "InvalidParameter.CustSpaceIdNotExist");
    }
    let both = numbers("QueryChatappPhoneNumbers", &[]).await;
    assert_eq!(
        (both[0]["PhoneNumber"].as_str(), both[1]["PhoneNumber"].as_str()),
        (Some(NUMBER), Some("491700000001"))
    );
    for (status, count) in [("VERIFIED", 1), ("CONNECTED", 1), ("BANNED", 0)] {
        let found = numbers("QueryChatappPhoneNumbers", &[("CustSpaceId", &other), ("Status", status)]).await;
        assert_eq!(found.as_array().map(Vec::len), Some(count), "{status}");
    }
}

#[tokio::test]
async fn the_service_is_open_without_anybody_ordering_it() {
    let (house, _) = cams().await;
    for action in ["GetChatappOpenStatus", "OpenChatappService"] {
        assert_eq!(house.call(action, &[]).await.ok(), json!({"Code": "OK", "OpenStatus": true}));
    }
}

#[tokio::test]
async fn a_channel_that_is_deleted_meanwhile_takes_neither_a_group_nor_a_number() {
    let (house, channel) = cams().await;
    let (chats, id) = (house.muster.chats(), AppId::new(&channel).expect("an id"));
    let phone = |digits| PhoneNumber::new(digits).expect("a number");
    let number = chats.number(&house.account(), &id, &phone(NUMBER)).await.expect("a number of the channel");
    done(&house, "DeleteInstance", &[("InstanceId", &channel)]).await;
    let new = NewChatGroup { subject: "team".into(), description: None };
    let refused = chats.create_group(&number, new).await.expect_err("no group");
    assert!(matches!(refused, Error::NoChannel(ref gone) if *gone == id), "{refused}");
    let refused = chats.add_number(number.channel(), phone("8613800138001")).await.expect_err("no number");
    assert!(matches!(refused, Error::NoChannel(ref gone) if *gone == id), "{refused}");
}

#[tokio::test]
async fn a_number_has_addresses_that_are_told_and_change_part_by_part() {
    let (house, channel) = cams().await;
    let at = [("CustSpaceId", &*channel), ("PhoneNumber", NUMBER)];
    let set = async |action: &str, parameters: &[(&str, &str)]| {
        let answer = house.call(action, &[&at[..], parameters].concat()).await.ok();
        assert_eq!(answer.get("Success"), None, "{answer}");
        answer["Code"].as_str().expect("a code").to_owned()
    };
    let told = async || {
        let answer = done(&house, "QueryChatappPhoneNumbers", &[("CustSpaceId", &*channel)]).await;
        let row = &answer["PhoneNumbers"][0];
        [row["StatusCallbackUrl"].clone(), row["UpCallbackUrl"].clone()]
    };
    assert_eq!(told().await, [Value::Null, Value::Null]);
    let (status, up) = ("https://shop.example.com/status", "https://shop.example.com/up");
    let both = [("StatusCallbackUrl", status), ("UpCallbackUrl", up), ("HttpFlag", "Y"), ("QueueFlag", "N")];
    assert_eq!(set("UpdatePhoneWebhook", &both).await, "OK");
    assert_eq!(told().await, [status, up]);
    assert_eq!(set("UpdatePhoneWebhook", &[("StatusCallbackUrl", ""), ("HttpFlag", "N")]).await, "OK");
    assert_eq!(told().await, [Value::Null, json!(up)]);
    let account = [("StatusCallbackUrl", "https://shop.example.com/account")];
    assert_eq!(set("UpdateAccountWebhook", &account).await, "OK");
    assert_eq!(told().await, [Value::Null, json!(up)], "the account's address is another");
}

#[tokio::test]
async fn an_address_that_may_not_be_called_and_a_queue_are_refused() {
    let (house, channel) = cams().await;
    let at = [("CustSpaceId", &*channel), ("PhoneNumber", NUMBER)];
    let refused = async |action: &str, parameter: (&str, &str), code: &str| {
        failed(&house.call(action, &[at[0], at[1], parameter]).await.ok(), code);
    };
    for url in ["http://127.0.0.1/", "http://shop.example.com:8080/", "http://10.0.0.1/"] {
        for action in ["UpdatePhoneWebhook", "UpdateAccountWebhook"] {
            refused(action, ("StatusCallbackUrl", url), "InvalidParameter.StatusCallbackUrlInvalid").await;
        }
        refused("UpdatePhoneWebhook", ("UpCallbackUrl", url), "InvalidParameter.UpCallbackUrlInvalid").await;
    }
    refused("UpdatePhoneWebhook", ("UpCallbackUrl", "shop"), "InvalidParameter.UpCallbackUrlInvalid").await;
    refused("UpdatePhoneWebhook", ("QueueFlag", "Y"), "InvalidParameter.QueueFlagInvalid").await;
    refused("UpdateAccountWebhook", ("HttpFlag", "maybe"), "InvalidParameter.HttpFlagInvalid").await;
    let other = [at[0], ("PhoneNumber", "8613800138099")];
    failed(&house.call("UpdatePhoneWebhook", &other).await.ok(), "InvalidParameter.PhoneNumberError");
}

//! Who is refused a role before any policy of theirs matters. What a role's session may do is tested with the key ring, in
//! the server.

use serde_json::json;

use crate::with_role;

const ARN: &str = "acs:ram::1234567890123456:role/reader";

#[tokio::test]
async fn the_account_itself_becomes_no_role() {
    let house = with_role().await;
    let reply = house.call("AssumeRole", &[("RoleArn", ARN), ("RoleSessionName", "ann")]).await;
    reply.refused(403, "NoPermission");
    assert_eq!(reply.json["Message"], "Roles may not be assumed by root accounts.");
}

#[tokio::test]
async fn what_is_malformed_is_named_and_a_role_that_is_not_there_is_not_found() {
    let house = with_role().await;
    let call = async |arn: &str, name: &str, more: &[(&str, &str)]| {
        let pairs = [&[("RoleArn", arn), ("RoleSessionName", name)], more].concat();
        house.call("AssumeRole", &pairs).await
    };
    call("reader", "ann", &[]).await.refused(400, "InvalidParameter.RoleArn");
    call(ARN, "a", &[]).await.refused(400, "InvalidParameter.RoleSessionName");
    call(ARN, "ann", &[("DurationSeconds", "899")]).await.refused(400, "InvalidParameter.DurationSeconds");
    call(ARN, "ann", &[("Policy", &"x".repeat(2049))]).await.refused(400, "InvalidParameter.PolicySize");
    let malformed = call(ARN, "ann", &[("ExternalId", "shop 1")]).await;
    malformed.refused(400, "InvalidParameter.ExternalId");
    assert_eq!(
        malformed.json["Message"],
        "The parameter ExternalId is wrongly formed: ExternalId must be 2 to 1224 of the characters A-Z a-z 0-9 _ + = , . @ : / -, \
         but is 'shop 1'."
    );
    let other = ARN.replace("reader", "writer");
    call(&other, "ann", &[]).await.refused(404, "EntityNotExist.Role");
}

#[tokio::test]
async fn whoever_calls_is_told_who_it_is_without_a_permission() {
    let house = with_role().await;
    let account = house.account().to_string();
    let root = house.call("GetCallerIdentity", &[]).await.ok();
    let arn = format!("acs:ram::{account}:root");
    let expected = json!({
        "IdentityType": "Account", "AccountId": account, "PrincipalId": account, "UserId": account, "Arn": arn,
    });
    assert_eq!(root, expected);
    let user = house.call_as("user", "GetCallerIdentity", &[]).await.ok();
    assert_eq!(user["IdentityType"], "RAMUser");
    assert_eq!(user["Arn"], format!("acs:ram::{account}:user/ann"));
    assert_eq!(user["PrincipalId"], user["UserId"]);
}

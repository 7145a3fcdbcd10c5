//! The product's catalogue against what is published.

use muster_testbed::facts::{self, Allowed};

use crate::sts;

#[tokio::test]
async fn the_catalogue_is_what_is_published_but_for_what_is_listed_here() {
    let catalogue = sts().gateway.catalogue();
    facts::compare(&catalogue.products[0], &[include_str!("../facts/sts.json")], ALLOWED);
}

const ALLOWED: Allowed = &[
    ("AssumeRole.RoleArn: max null is 96", "an account's 16 digits and a role's 64 characters are no longer"),
    (
        "AssumeRole: resource \"acs:ram:*:{#accountId}:role/{#RoleName}\" is \"{#RoleArn}\"",
        "the role stands in the parameter RoleArn, which is the resource's name",
    ),
];

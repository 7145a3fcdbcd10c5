//! The operations of temporary keys, called through a gateway over the embedded store.

#![expect(clippy::expect_used, reason = "a helper of tests may stop the test")]

mod assume_role;
mod catalogue;

use muster_core::limits::Limits;
use muster_gateway::{ProductSet, policy::TrustPolicy};
use muster_sts::Services;
use muster_testbed::{ACCOUNT, House};

/// A server of the product.
fn sts() -> House {
    House::new("2015-04-01", Limits::default(), |muster| {
        ProductSet::new().with(muster_sts::catalogue(Services { muster }))
    })
}

/// A server that has an account and a role `reader`, which trusts the account.
async fn with_role() -> House {
    let house = sts();
    let accounts = house.muster.accounts();
    accounts.create(Some(house.account()), None).await.expect("an account");
    let trust = TrustPolicy::of_account(ACCOUNT);
    accounts.add_role(&house.account(), "reader", &trust, 3600).await.expect("a role");
    house
}

//! The product's catalogue against what is published.

use crate::{
    cams,
    facts::{self, Allowed},
};

#[tokio::test]
async fn the_catalogue_is_what_is_published_but_for_what_is_listed_here() {
    let (house, _) = cams().await;
    let catalogue = house.gateway.catalogue();
    facts::compare(&catalogue.products[0], &[include_str!("../facts/cams.json")], ALLOWED);
}

const ALLOWED: Allowed = &[];

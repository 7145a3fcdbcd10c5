//! What is made from the code and committed is current: the catalogue, the OpenAPI documents and the realtime contract.

use std::{path::PathBuf, sync::Arc};

use crate::{config::Configuration, foundation::Foundation, identities::KeyRing, serve};

fn compare(path: &str, current: &serde_json::Value) {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../")).join(path);
    let current = format!("{current:#}\n");
    #[expect(
        clippy::disallowed_methods,
        reason = "`make generate` says by it that the files are to be written"
    )]
    if std::env::var("UPDATE_GENERATED").is_ok() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == current, "{path} is out of date: run `make generate` and look at the difference");
}

#[test]
fn the_committed_realtime_contract_is_current() {
    compare("docs/reference/realtime.json", &muster_realtime::contract());
}

#[tokio::test]
async fn the_committed_catalogue_and_documents_are_current() {
    let directory = tempfile::tempdir().unwrap();
    let configuration = Configuration { data: directory.path().to_owned(), ..Configuration::default() };
    let foundation = Foundation::lay(&configuration, directory.path()).await.unwrap();
    let products = serve::products(&configuration, &foundation.muster);
    let keys = Arc::new(KeyRing::new(&foundation.muster));
    let gateway = serve::gateway(&configuration, products, keys).unwrap();
    compare("docs/reference/catalogue.json", &serde_json::to_value(gateway.catalogue()).unwrap());
    for (product, document) in serve::documents(&gateway) {
        compare(&format!("docs/reference/{product}.openapi.json"), &document);
    }
}

//! What is made from the code and committed is current: the catalogue, the OpenAPI documents and the realtime contract.

use std::{path::PathBuf, sync::Arc};

use serde_json::Value;

use crate::{config::Configuration, foundation::Foundation, identities::KeyRing, serve};

fn compare(path: &str, current: &Value) {
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
        assert_eq!(without_chinese("", &document), Vec::<String>::new(), "{product}");
    }
}

/// Where a document says something in English that it is to say in Chinese too, and does not.
fn without_chinese(path: &str, part: &Value) -> Vec<String> {
    /// A member that is English, where it stands, and the one that is the same in Chinese.
    const BOTH: [(&str, &str, &str); 3] = [
        ("summary", "/paths/", "x-summary-zh"),
        ("name", "/tags/", "x-name-zh"),
        ("when", "/x-errors/", "when_zh"),
    ];
    match part {
        Value::Object(members) => {
            let own = BOTH.iter().filter(|(english, place, chinese)| {
                let written = members.get(*chinese).and_then(Value::as_str).unwrap_or_default();
                let is_chinese = written.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
                path.contains(place) && members.contains_key(*english) && !is_chinese
            });
            let own = own.map(|(english, ..)| format!("{path}/{english}")).collect::<Vec<_>>();
            let inner =
                members.iter().flat_map(|(name, member)| without_chinese(&format!("{path}/{name}"), member));
            own.into_iter().chain(inner).collect()
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(at, item)| without_chinese(&format!("{path}/{at}"), item))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_is_missing_in_chinese_is_found() {
    let document = serde_json::json!({
        "tags": [{"name": "Groups", "x-name-zh": "群组"}, {"name": "Files"}],
        "paths": {"/?Action=A": {"post": {
            "summary": "Makes one.", "x-summary-zh": "Makes one.", "parameters": [{"name": "GroupId"}],
            "x-errors": [{"when": "There is none.", "when_zh": ""}],
        }}},
    });
    let missing =
        ["/tags/1/name", "/paths//?Action=A/post/summary", "/paths//?Action=A/post/x-errors/0/when"];
    assert_eq!(without_chinese("", &document), missing);
}

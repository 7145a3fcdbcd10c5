//! What is made from the schema and committed is current. `make generate` writes it anew.

use std::path::Path;

use prost_build::{Config, Module};

/// The Rust code of the messages of a schema.
fn code(proto: &Path) -> String {
    let files = protox::compile([proto], proto.parent()).unwrap();
    let module = Module::from_protobuf_package_name("centrifuge");
    let requests = files.file.into_iter().map(|file| (module.clone(), file)).collect();
    let mut made = Config::new().bytes(["."]).skip_protoc_run().generate(requests).unwrap();
    made.remove(&module).unwrap()
}

#[test]
fn the_committed_messages_are_those_of_the_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let current = code(&root.join("proto/client.proto"));
    let file = root.join("src/protocol/protobuf/schema.rs");
    #[expect(
        clippy::disallowed_methods,
        reason = "`make generate` says by it that the files are to be written"
    )]
    if std::env::var("UPDATE_GENERATED").is_ok() {
        std::fs::write(&file, &current).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == current, "{} is out of date: run `make generate`", file.display());
}

use std::{io::Read as _, os::unix::fs::PermissionsExt as _, path::PathBuf};

use flate2::read::GzDecoder;
use tempfile::TempDir;

use super::*;
use crate::{first_start, foundation::Foundation};

fn configured(directory: &Path) -> Configuration {
    Configuration { data: directory.to_owned(), ..Configuration::default() }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().unwrap().block_on(future)
}

/// A data directory with an account.
fn furnished() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    wait(async {
        let foundation = Foundation::lay(&configured(directory.path()), directory.path()).await.unwrap();
        first_start::make_account(&foundation.muster, &first_start::Given::default()).await.unwrap().unwrap();
        foundation.close().await.unwrap();
    });
    directory
}

/// A data directory with nothing but the master key of another.
fn with_key_of(other: &TempDir) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::copy(other.path().join("master.key"), directory.path().join("master.key")).unwrap();
    directory
}

/// Exports a directory into a file of this name beside it.
fn exported(from: &TempDir, name: &str) -> PathBuf {
    let file = from.path().join(name);
    export(&configured(from.path()), &file, true).unwrap();
    file
}

fn refused(outcome: anyhow::Result<()>) -> String {
    format!("{:#}", outcome.unwrap_err())
}

async fn accounts(directory: &Path) -> usize {
    let foundation = Foundation::lay(&configured(directory), directory).await.unwrap();
    let accounts = foundation.muster.accounts().directory().await.unwrap().accounts.len();
    foundation.close().await.unwrap();
    accounts
}

#[test]
fn what_was_exported_is_imported_compressed_or_not() {
    let from = furnished();
    for name in ["all.jsonl", "all.jsonl.gz"] {
        let file = exported(&from, name);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let to = with_key_of(&from);
        import(&configured(to.path()), &file, false, true).unwrap();
        assert_eq!(wait(accounts(to.path())), 1);
    }
    let mut text = String::new();
    let packed = std::fs::File::open(from.path().join("all.jsonl.gz")).unwrap();
    GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    // Header and code tell of different moments.
    let records = |text: &str| {
        let records = text.lines().skip(1).filter(|line| !line.starts_with("{\"code\""));
        records.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(records(&text), records(&std::fs::read_to_string(from.path().join("all.jsonl")).unwrap()));
}

#[test]
fn nothing_is_carried_while_somebody_else_has_the_directory() {
    let from = furnished();
    let file = exported(&from, "all.jsonl");
    let mut held = DataDirectory::take(from.path()).unwrap();
    held.sign("process 42, serving 127.0.0.1:7070").unwrap();
    for said in [
        refused(export(&configured(from.path()), &from.path().join("again.jsonl"), true)),
        refused(import(&configured(from.path()), &file, false, true)),
    ] {
        assert!(said.contains("stop the server") && said.contains("process 42"), "{said}");
    }
}

#[test]
fn a_file_has_its_name_only_when_it_is_whole() {
    let from = furnished();
    let nowhere = from.path().join("missing").join("all.jsonl");
    assert!(refused(export(&configured(from.path()), &nowhere, true)).contains("all.jsonl"));
    let header = Header {
        format: 1,
        muster: String::new(),
        written_at: Default::default(),
        master_key_check: String::new(),
    };
    let file = from.path().join("all.jsonl");
    let part = from.path().join("all.jsonl.part");
    let signer = MasterKey::new(&[1; 32]).signer(FILE_PURPOSE);
    let writer = ExportWriter::begin(&file, header.clone(), signer.clone(), Progress::of_records(0)).unwrap();
    assert!(part.exists() && !file.exists());
    drop(writer);
    assert!(!part.exists() && !file.exists());
    let writer = ExportWriter::begin(&file, header, signer, Progress::of_records(0)).unwrap();
    writer.finish(&Counts::default()).unwrap();
    assert!(!part.exists() && file.exists());
}

#[test]
fn an_export_of_a_directory_without_a_store_makes_none() {
    let nowhere = tempfile::tempdir().unwrap();
    let directory = nowhere.path().join("data");
    let said = refused(export(&configured(&directory), &nowhere.path().join("all.jsonl"), true));
    assert!(said.contains("--data"), "{said}");
    assert!(!directory.exists());
}

#[test]
fn an_import_needs_the_master_key_of_the_export_and_makes_none() {
    let from = furnished();
    let file = exported(&from, "all.jsonl");
    let to = tempfile::tempdir().unwrap();
    let said = refused(import(&configured(to.path()), &file, false, true));
    assert!(said.contains("there is no master key") && said.contains("copy"), "{said}");
    assert!(!to.path().join("master.key").exists());
    let other = with_key_of(&furnished());
    let said = refused(import(&configured(other.path()), &file, false, true));
    assert!(said.contains("is not the one"), "{said}");
    assert_eq!(wait(accounts(other.path())), 0);
}

#[test]
fn a_store_that_holds_something_is_not_imported_into() {
    let from = furnished();
    let file = exported(&from, "all.jsonl");
    let said = refused(import(&configured(from.path()), &file, false, true));
    assert!(said.contains("not empty"), "{said}");
    assert_eq!(wait(accounts(from.path())), 1);
}

#[test]
fn a_damaged_file_is_refused_with_what_is_wrong_and_leaves_nothing() {
    let from = furnished();
    let whole = std::fs::read(exported(&from, "all.jsonl")).unwrap();
    let packed = std::fs::read(exported(&from, "all.jsonl.gz")).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let format_is = |format: u32| format!("\"format\":{format}");
    let joined = |lines: &[&str]| format!("{}\n", lines.join("\n")).into_bytes();
    let without_end = joined(&lines[..lines.len() - 1]);
    let without_key: Vec<_> = lines.iter().copied().filter(|line| !line.starts_with("{\"key\"")).collect();
    let mut flipped = packed.clone();
    let place = flipped.len() - 6;
    flipped[place] ^= 1;
    let changes = [
        (without_end, "ends early"),
        (whole[..whole.len() - 1].to_vec(), "ends early"),
        (whole[..whole.len() / 2].to_vec(), "ends early"),
        (packed[..packed.len() - 9].to_vec(), "ends early"),
        (flipped, "cannot be read"),
        (joined(&without_key), "was changed"),
        (text.replacen("\"owner\":\"Root\"", "\"owner\":\"root\"", 1).into_bytes(), "line"),
        (text.replacen("\"active\":true", "\"active\":false", 1).into_bytes(), "was changed"),
        (text.replacen(&format_is(FORMAT), &format_is(1), 1).into_bytes(), "--trust"),
        (joined(&[&lines[..], &["{}"]].concat()), "follows its last line"),
        (joined(&[&lines[..1], &lines[..]].concat()), "line 2: a second file"),
        (joined(&[lines[0], "{\"future\":1}"]), "line 2"),
        (text.replacen(&format_is(FORMAT), &format_is(9), 1).into_bytes(), "format 9"),
        (b"{\"some\":\"other\"}\n".to_vec(), "not a file that `muster export` wrote"),
        (Vec::new(), "ends early"),
    ];
    let to = with_key_of(&from);
    let file = from.path().join("damaged");
    for (bytes, wrong) in changes {
        std::fs::write(&file, bytes).unwrap();
        let said = refused(import(&configured(to.path()), &file, false, true));
        assert!(said.contains(wrong), "{wrong}: {said}");
        assert_eq!(wait(accounts(to.path())), 0);
    }
}

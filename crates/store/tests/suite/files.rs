//! Files of channels.

use muster_core::{
    chat_file::{ChatFile, ContentType, FilePath},
    message::Positions,
    store::FilePut,
    time::Millis,
};

use crate::{
    chats::channel,
    make::{alone, app_id},
    place::Place,
};

over_every_store!(
    a_file_is_kept_whole_and_replaced_at_its_path,
    the_files_of_a_channel_have_room_together,
    old_files_go_and_young_ones_stay
);

fn path(name: &str) -> FilePath {
    FilePath::new(&format!("{}/{name}", "d".repeat(25))).unwrap()
}

fn file(of: &str, name: &str, bytes: &[u8], put_at: i64) -> ChatFile {
    ChatFile {
        channel: app_id(of),
        path: path(name),
        kind: ContentType::new("image/jpeg"),
        bytes: bytes.to_vec().into(),
        put_at: Millis(put_at),
    }
}

async fn a_file_is_kept_whole_and_replaced_at_its_path(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    let every: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let first = file("c", "图.jpg", &every, 5);
    assert_eq!(records.put_file(first.clone(), 1 << 20, alone()).await.unwrap(), FilePut::NoChannel);
    records.create_channel(channel("c"), None, alone()).await.unwrap();
    assert_eq!(records.file(&first.path).await.unwrap(), None);
    assert_eq!(records.channel_of_file(&first.path).await.unwrap(), None);
    // One in the place of another is later, whatever the clock says: by that they are told apart.
    let again = |put_at| (first.clone(), ChatFile { put_at: Millis(put_at), ..first.clone() });
    let empty = file("c", "图.jpg", b"", 9);
    for (file, kept) in [again(5), again(6), (empty.clone(), empty.clone()), again(10)] {
        let put = records.put_file(file.clone(), 1 << 20, alone()).await.unwrap();
        assert_eq!(put, FilePut::Put(Positions::new()));
        assert_eq!(records.channel_of_file(&file.path).await.unwrap(), Some(app_id("c")));
        assert_eq!(records.file(&file.path).await.unwrap(), Some(kept));
    }
}

async fn the_files_of_a_channel_have_room_together(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    for name in ["c", "d"] {
        records.create_channel(channel(name), None, alone()).await.unwrap();
    }
    let put = async |file| matches!(records.put_file(file, 10, alone()).await.unwrap(), FilePut::Put(_));
    assert!(put(file("c", "a", &[1; 6], 1)).await);
    assert!(!put(file("c", "b", &[2; 5], 1)).await);
    assert!(put(file("c", "b", &[2; 4], 1)).await);
    assert!(put(file("d", "c", &[3; 10], 1)).await);
    // What a file takes the place of does not count, and stays when the new one does not fit.
    assert!(!put(file("c", "b", &[4; 5], 1)).await);
    assert_eq!(records.file(&path("b")).await.unwrap().unwrap().bytes[..], [2; 4]);
    assert!(put(file("c", "b", &[5; 4], 1)).await);
}

async fn old_files_go_and_young_ones_stay(place: &impl Place) {
    let store = place.open();
    let records = store.records();
    records.create_channel(channel("c"), None, alone()).await.unwrap();
    for n in 0..50 {
        records.put_file(file("c", &format!("{n}"), b"x", n), 100, alone()).await.unwrap();
    }
    let mut removed = 0;
    loop {
        match records.remove_files(Millis(45)).await.unwrap() {
            0 => break,
            some => removed += some,
        }
    }
    assert_eq!(removed, 45);
    assert!(records.file(&path("44")).await.unwrap().is_none());
    assert!(records.file(&path("45")).await.unwrap().is_some());
}

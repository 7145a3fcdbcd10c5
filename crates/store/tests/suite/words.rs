//! Words.

use muster_core::{message::Positions, store::WordAdded, time::Millis, word::Word};

use crate::{
    make::{alone, app, app_id},
    place::Place,
};

over_every_store!(
    words_are_added_once_up_to_a_limit,
    words_are_free_text,
    a_change_of_words_is_one_of_their_application
);

fn word(app: &str, text: &str) -> Word {
    Word { app: app_id(app), text: text.to_owned(), added_at: Millis(5) }
}

async fn words_are_added_once_up_to_a_limit(place: &impl Place) {
    let store = place.open();
    let add = |word| store.records().add_word(word, 2, alone());
    assert_eq!(add(word("a", "one")).await.unwrap(), WordAdded::NoApp);
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    store.records().create_app(app("b"), None, alone()).await.unwrap();
    assert_eq!(add(word("a", "one")).await.unwrap(), WordAdded::Added(Positions::new()));
    assert_eq!(add(word("a", "one")).await.unwrap(), WordAdded::Known);
    assert_eq!(add(word("a", "two")).await.unwrap(), WordAdded::Added(Positions::new()));
    assert_eq!(add(word("a", "three")).await.unwrap(), WordAdded::TooMany);
    assert_eq!(add(word("b", "three")).await.unwrap(), WordAdded::Added(Positions::new()));
    for answer in [Some(Positions::new()), None] {
        assert_eq!(
            store.records().remove_word(&app_id("a"), "one", Millis(9), alone()).await.unwrap(),
            answer
        );
    }
    assert_eq!(store.records().words(&app_id("a")).await.unwrap(), [word("a", "two")]);
}

async fn words_are_free_text(place: &impl Place) {
    let store = place.open();
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    let texts = ["", "\0", "Z", "a\0b", "群"];
    for text in texts {
        assert_eq!(
            store.records().add_word(word("a", text), 9, alone()).await.unwrap(),
            WordAdded::Added(Positions::new())
        );
    }
    assert_eq!(store.records().words(&app_id("a")).await.unwrap(), texts.map(|text| word("a", text)));
}

async fn a_change_of_words_is_one_of_their_application(place: &impl Place) {
    let store = place.open();
    store.records().create_app(app("a"), None, alone()).await.unwrap();
    let modified = async || store.records().app(&app_id("a")).await.unwrap().unwrap().modified_at;
    let begun = modified().await;
    let later = Millis(begun.0 + 100);
    let word = |text| Word { added_at: later, ..word("a", text) };
    store.records().add_word(word("one"), 2, alone()).await.unwrap();
    assert_eq!(modified().await, later);
    // At the same time, and at an earlier one: the clock tells no two states from each other.
    store.records().add_word(word("two"), 2, alone()).await.unwrap();
    store.records().remove_word(&app_id("a"), "one", begun, alone()).await.unwrap();
    assert_eq!(modified().await, Millis(later.0 + 2));
    // Where nothing changes, nothing has.
    store.records().add_word(word("two"), 2, alone()).await.unwrap();
    store.records().add_word(word("three"), 1, alone()).await.unwrap();
    store.records().remove_word(&app_id("a"), "one", later, alone()).await.unwrap();
    assert_eq!(modified().await, Millis(later.0 + 2));
}

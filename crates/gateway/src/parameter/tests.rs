//! Decoding, rule by rule.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::failure::{FaultKind, ParameterFault};

crate::integer_choice! {
    /// An order.
    enum SortType {
        /// Oldest first.
        Ascending = 0,
        /// Newest first.
        Descending = 1,
    }
}

#[derive(Debug, Deserialize, PartialEq)]
enum Place {
    #[serde(rename = "cn-shanghai")]
    Shanghai,
    #[serde(rename = "ap-southeast-1")]
    Singapore,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Page {
    index: Long<1>,
    size: Option<Int<1, 50>>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Request {
    app_id: Text<1, 8>,
    group: Option<ByteText<1, 6>>,
    page_size: Option<Int<1, 50>>,
    sort: Option<SortType>,
    place: Option<Place>,
    no_cache: Option<bool>,
    user_ids: Option<List<Text<1, 4>, 1, 3>>,
    page: Option<Json<Page>>,
    list: Option<Json<Vec<Page>>>,
    extension: Option<StringMap>,
    #[serde(default)]
    callback: Change<Text<1, 4>>,
}

fn request(pairs: &[(&str, &str)]) -> Result<Request, ParameterFault> {
    let mut all = vec![("AppId", "app")];
    all.extend_from_slice(pairs);
    decode(&Parameters::of(&all), DEFAULT_DEPTH)
}

fn accepted(pairs: &[(&str, &str)]) -> Request {
    request(pairs).unwrap_or_else(|fault| panic!("{pairs:?}: {fault}"))
}

fn refused(pairs: &[(&str, &str)]) -> String {
    request(pairs).expect_err("it should be refused").to_string()
}

fn ids(pairs: &[(&str, &str)]) -> Vec<String> {
    accepted(pairs).user_ids.expect("ids").into_iter().map(Text::into_string).collect()
}

#[test]
fn a_missing_required_parameter_is_named() {
    let fault = decode::<Request>(&Parameters::of(&[]), 32).expect_err("it should be refused");
    assert_eq!(fault, ParameterFault { parameter: "AppId".into(), kind: FaultKind::Missing });
    let fault = decode::<Request>(&Parameters::of(&[("AppId", "")]), 32).expect_err("refused");
    assert_eq!(fault.kind, FaultKind::Missing);
}

#[test]
fn a_value_outside_its_rule_is_named_with_the_rule_and_the_value() {
    assert_eq!(refused(&[("PageSize", "51")]), "PageSize must be an integer from 1 to 50, but is '51'");
    assert_eq!(refused(&[("PageSize", "x")]), "PageSize must be an integer from 1 to 50, but is 'x'");
    assert_eq!(
        refused(&[("PageSize", "99999999999999999999")]),
        "PageSize must be an integer from 1 to 50, but is '99999999999999999999'"
    );
    assert_eq!(refused(&[("AppId", "123456789")]), "AppId must be 1 to 8 characters, but is '123456789'");
    assert_eq!(refused(&[("Group", "中文字")]), "Group must be 1 to 6 bytes, but is '中文字'");
    assert_eq!(refused(&[("Sort", "2")]), "Sort must be one of 0, 1, but is '2'");
    assert_eq!(refused(&[("Sort", "up")]), "Sort must be one of 0, 1, but is 'up'");
    assert_eq!(
        refused(&[("Place", "mars")]),
        "Place must be one of cn-shanghai, ap-southeast-1, but is 'mars'"
    );
    assert_eq!(refused(&[("NoCache", "yes")]), "NoCache must be true or false, but is 'yes'");
    assert_eq!(
        refused(&[("UserIds", "a,b,c,d")]),
        "UserIds must be a list of 1 to 3 items, but is 'a,b,c,d'"
    );
    assert_eq!(refused(&[("UserIds", "a,bbbbb")]), "UserIds.2 must be 1 to 4 characters, but is 'bbbbb'");
    assert_eq!(refused(&[("Page", "[1]")]), "Page must be a JSON object, but is '[1]'");
    assert_eq!(refused(&[("Page", "{")]), "Page must be JSON text, but is '{'");
    assert_eq!(refused(&[("Page", "{}")]), "Page.Index is mandatory for this action");
    assert_eq!(
        refused(&[("List", r#"[{"Index":1},{"Index":0}]"#)]),
        "List.2.Index must be an integer of at least 1, but is '0'"
    );
}

#[test]
fn characters_and_bytes_are_counted_apart() {
    assert_eq!(&*accepted(&[("AppId", "中文中文中文中文")]).app_id, "中文中文中文中文");
    assert_eq!(&*accepted(&[("Group", "中文")]).group.expect("a group"), "中文");
}

#[test]
fn lists_are_taken_in_all_their_styles() {
    for pairs in [
        &[("UserIds", "a,b")][..],
        &[("UserIds", r#"["a","b"]"#)],
        &[("UserIds.1", "a"), ("UserIds.2", "b")],
        &[("UserIds.2", "b"), ("UserIds.1", "a")],
    ] {
        assert_eq!(ids(pairs), ["a", "b"], "{pairs:?}");
    }
    assert_eq!(ids(&[("UserIds.10", "c"), ("UserIds.2", "b"), ("UserIds.1", "a")]), ["a", "b", "c"]);
}

#[test]
fn objects_are_taken_as_json_text_and_dotted() {
    for pairs in [
        &[("Page", r#"{"Index": 1, "Size": 20}"#)][..],
        &[("Page", r#"{"Size":"20","Index":"1","Other":[]}"#)],
        &[("Page.Index", "1"), ("Page.Size", "20")],
        &[("Page.Index", "1"), ("Page.Size", "20"), ("Page-x", "1"), ("PageSize", "2")],
    ] {
        let page = accepted(pairs).page.expect("a page");
        assert_eq!((page.index.get(), page.size.map(Int::get)), (1, Some(20)), "{pairs:?}");
    }
    for pairs in [
        &[("List", r#"[{"Index":3},{"Index":4,"Size":5}]"#)][..],
        &[("List.1.Index", "3"), ("List.2.Index", "4"), ("List.2.Size", "5")],
    ] {
        let list = accepted(pairs).list.expect("a list");
        assert_eq!(list.iter().map(|page| page.index.get()).collect::<Vec<_>>(), [3, 4], "{pairs:?}");
    }
}

#[test]
fn maps_are_taken_as_json_text_and_dotted() {
    let expected: BTreeMap<String, String> = [("a".into(), "1".into()), ("b".into(), "x y".into())].into();
    for pairs in
        [&[("Extension", r#"{"a":1,"b":"x y"}"#)][..], &[("Extension.a", "1"), ("Extension.b", "x y")]]
    {
        assert_eq!(accepted(pairs).extension.expect("a map").0, expected, "{pairs:?}");
    }
}

#[test]
fn keys_of_maps_may_tell_their_length() {
    let pairs = [
        ("Extension.#5#owner", "1"),
        ("Extension.#3#a.b", "2"),
        ("Extension.#9#short", "3"),
        ("Extension.#x#y", "4"),
        ("Extension.#", "5"),
        ("Extension.#6#中国", "6"),
    ];
    let expected =
        [("owner", "1"), ("a.b", "2"), ("#9#short", "3"), ("#x#y", "4"), ("#", "5"), ("中国", "6")];
    let expected: BTreeMap<String, String> =
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(accepted(&pairs).extension.expect("a map").0, expected);
    assert_eq!(accepted(&[("List.#1#1.Index", "7")]).list.expect("a list")[0].index.get(), 7);
}

#[test]
fn half_a_surrogate_pair_is_refused_by_name() {
    for half in [r"\ud83d", r"x\udc4d", r"\ud83d\u0041", r"\ud83d \udc4d", r"\udc4d\ud83d", r"\ud83d\n"] {
        let fault = refused(&[("Extension", &format!(r#"{{"a":"{half}"}}"#))]);
        assert!(
            fault.starts_with(
                "Extension must be JSON text without half a surrogate pair (\\ud800 to \\udfff)"
            ),
            "{fault}"
        );
        let fault = refused(&[("UserIds", &format!(r#"["{half}"]"#))]);
        assert!(fault.starts_with("UserIds must be a list without half a surrogate pair"), "{fault}");
    }
    let whole = accepted(&[("Extension", r#"{"a":"\ud83d\udc4d","b":"\\ud83d"}"#)]).extension.expect("a map");
    assert_eq!((&*whole["a"], &*whole["b"]), ("👍", r"\ud83d"));
    assert!(refused(&[("Extension", r#"{"a":"#)]).starts_with("Extension must be JSON text, but"));
}

#[test]
fn a_word_for_nothing_is_the_item_of_a_list_that_must_be_there() {
    #[derive(Deserialize)]
    struct Needed {
        ids: List<Text<1, 9>, 1, 3>,
        most: Option<Int<1, 50>>,
    }
    for word in ["None", "null", "undefined"] {
        let needed: Needed =
            decode(&Parameters::of(&[("ids", word), ("most", word)]), DEFAULT_DEPTH).expect("a list");
        assert_eq!((&*needed.ids[0], needed.most), (word, None));
    }
    let fault =
        decode::<Needed>(&Parameters::of(&[("ids", "")]), DEFAULT_DEPTH).map(drop).expect_err("empty");
    assert_eq!(fault.kind, FaultKind::Missing);
}

/// A number that counts how often one was read.
#[derive(Debug)]
struct Counted;

thread_local! {
    static READ: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.set(READ.get() + 1);
        i64::deserialize(deserializer).map(|_| Self)
    }
}

#[test]
fn a_thousand_members_that_mean_absent_are_read_a_few_times_and_not_a_thousand() {
    #[derive(Deserialize)]
    struct Many {
        map: Json<BTreeMap<String, Counted>>,
        list: Json<Vec<Counted>>,
    }
    for word in ["", "null"] {
        READ.set(0);
        let names: Vec<String> =
            (0..500).flat_map(|at| [format!("map.k{at}"), format!("list.{at}")]).collect();
        let mut pairs: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), word)).collect();
        pairs.extend([("map.z", "1"), ("list.9999", "2")]);
        let many: Many = decode(&Parameters::of(&pairs), DEFAULT_DEPTH).expect("two containers");
        assert_eq!((many.map.len(), many.list.len()), (1, 1));
        assert!(READ.get() < 4000, "{}", READ.get());
    }
}

#[test]
fn booleans_are_read_in_any_case() {
    for (text, value) in [("true", true), ("True", true), ("FALSE", false), ("False", false)] {
        assert_eq!(accepted(&[("NoCache", text)]).no_cache, Some(value));
    }
    assert!(refused(&[("NoCache", "1")]).starts_with("NoCache must be true or false"));
}

#[test]
fn an_empty_text_is_an_absent_parameter() {
    let plain = accepted(&[]);
    for name in ["Group", "PageSize", "Sort", "Place", "NoCache", "UserIds", "Page", "List", "Extension"] {
        assert_eq!(accepted(&[(name, "")]), plain, "{name}");
    }
    assert_eq!(accepted(&[("Page", r#"{"Index":1,"Size":null}"#)]).page.expect("a page").size, None);
}

#[test]
fn a_clients_word_for_nothing_is_absent_except_for_free_text() {
    let plain = accepted(&[]);
    for word in ["None", "null", "undefined"] {
        for name in ["PageSize", "Sort", "Place", "NoCache", "UserIds", "Page", "List", "Extension"] {
            assert_eq!(accepted(&[(name, word)]), plain, "{name}={word}");
        }
    }
    assert_eq!(&*accepted(&[("Group", "None")]).group.expect("a group"), "None");
}

#[test]
fn a_change_tells_empty_from_absent() {
    assert_eq!(accepted(&[]).callback, Change::Keep);
    assert_eq!(accepted(&[("Callback", "")]).callback, Change::Clear);
    assert_eq!(accepted(&[("Callback", "url")]).callback, Change::Set(Text::new("url").expect("short")));
    assert_eq!(refused(&[("Callback", "12345")]), "Callback must be 1 to 4 characters, but is '12345'");
}

#[test]
fn of_equal_names_the_last_counts() {
    assert_eq!(Parameters::of(&[("a", "1"), ("b", "x"), ("a", "2"), ("a", "3")]).get("a"), Some("3"));
}

#[test]
fn deep_json_and_deep_names_are_refused() {
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    assert!(refused(&[("List", &deep)]).starts_with("List must be JSON nested at most 32 levels deep"));
    let name = format!("Extension{}", ".a".repeat(40));
    assert!(request(&[(&name, "x")]).is_err());
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let fault = refused(&[("AppId", &"x".repeat(5000))]);
    assert!(fault.len() < 200, "{fault}");
}

mod round_trips {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Lists {
        #[serde(rename = "Ids")]
        ids: List<String>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Row {
        id: String,
        count: i64,
    }

    #[derive(Debug, Deserialize)]
    struct Rows {
        #[serde(rename = "Rows")]
        rows: Json<Vec<Row>>,
    }

    fn ids(pairs: &[(String, String)]) -> Vec<String> {
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        decode::<Lists>(&Parameters::of(&pairs), DEFAULT_DEPTH).expect("a list").ids.into_vec()
    }

    proptest! {
        #[test]
        fn a_list_survives_every_style_of_writing_it(
            items in prop::collection::vec("[^,\\[\\p{C}]{1,12}", 1..12),
        ) {
            let one = |value: String| vec![("Ids".to_owned(), value)];
            prop_assert_eq!(&ids(&one(items.join(","))), &items);
            prop_assert_eq!(&ids(&one(serde_json::to_string(&items).expect("JSON"))), &items);
            let numbered: Vec<_> =
                items.iter().enumerate().rev().map(|(at, item)| (format!("Ids.{}", at + 1), item.clone())).collect();
            prop_assert_eq!(&ids(&numbered), &items);
        }

        #[test]
        fn a_list_of_objects_survives_json_and_dotted_names(
            rows in prop::collection::vec(("\\PC{1,12}", any::<i64>()), 1..12),
        ) {
            let json: Vec<_> =
                rows.iter().map(|(id, count)| serde_json::json!({"id": id, "count": count})).collect();
            let json = serde_json::to_string(&json).expect("JSON");
            let dotted: Vec<_> = rows
                .iter()
                .enumerate()
                .flat_map(|(at, (id, count))| {
                    [(format!("Rows.{}.id", at + 1), id.clone()), (format!("Rows.{}.count", at + 1), count.to_string())]
                })
                .collect();
            let dotted: Vec<(&str, &str)> = dotted.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let expected: Vec<Row> =
                rows.iter().map(|(id, count)| Row { id: id.clone(), count: *count }).collect();
            for pairs in [&[("Rows", &*json)][..], &dotted] {
                let decoded = decode::<Rows>(&Parameters::of(pairs), DEFAULT_DEPTH).expect("rows");
                prop_assert_eq!(&decoded.rows.0, &expected);
            }
        }

        #[test]
        fn no_parameters_make_the_decoder_panic(
            pairs in prop::collection::vec(
                ("(AppId|Page|List|UserIds|Extension|PageSize|Callback)(\\.[0-9a-zA-Z.]{0,6})?", "\\PC{0,20}|[\\[\\]{}\",:0-9]{0,20}"),
                0..12,
            ),
        ) {
            let pairs: Vec<(&str, &str)> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            let _ = decode::<Request>(&Parameters::of(&pairs), DEFAULT_DEPTH);
        }
    }
}

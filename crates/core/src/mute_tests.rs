use proptest::prelude::*;

use super::*;

const NOW: Millis = Millis(1_000);

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn users(names: &str) -> Vec<UserId> {
    names.split_whitespace().map(user).collect()
}

fn mute(names: &str, until: Option<i64>) -> MuteChange {
    MuteChange::Mute { users: users(names), until: until.map(Millis) }
}

fn after(changes: &[MuteChange]) -> GroupMutes {
    changes.iter().fold(GroupMutes::default(), |mutes, change| mutes.after(change, NOW))
}

fn told(mutes: &GroupMutes, now: Millis) -> (bool, String, String) {
    let names = |users: Vec<&UserId>| users.iter().map(|user| user.as_str()).collect::<Vec<_>>().join(" ");
    (mutes.everybody, names(mutes.muted(now).collect()), names(mutes.spared(now).collect()))
}

#[test]
fn whoever_is_spared_talks_while_everybody_is_muted() {
    let mutes = after(&[mute("m", None), MuteChange::MuteEverybody { sparing: Some(users("s")) }]);
    let silenced = |name| mutes.silences(&user(name), NOW);
    assert_eq!((silenced("m"), silenced("s"), silenced("x")), (true, false, true));
}

#[test]
fn lifting_the_mute_of_everybody_leaves_those_who_are_muted_alone() {
    let all = MuteChange::MuteEverybody { sparing: Some(users("s")) };
    let mutes = after(&[mute("m", None), all, MuteChange::UnmuteEverybody]);
    assert_eq!(told(&mutes, NOW), (false, "m".into(), String::new()));
}

#[test]
fn whoever_is_spared_stays_spared_when_nobody_is_named_and_is_unmuted_by_none() {
    let all = |sparing: Option<&str>| MuteChange::MuteEverybody { sparing: sparing.map(users) };
    let unmute = MuteChange::Unmute { users: users("s") };
    assert_eq!(told(&after(&[all(Some("s")), all(None), unmute]), NOW), (true, String::new(), "s".into()));
    assert_eq!(told(&after(&[all(Some("s")), all(Some(""))]), NOW), (true, String::new(), String::new()));
}

#[test]
fn the_later_word_about_a_user_takes_the_place_of_the_one_before() {
    let spare = MuteChange::MuteEverybody { sparing: Some(users("u")) };
    assert_eq!(told(&after(&[mute("u", None), spare.clone()]), NOW), (true, String::new(), "u".into()));
    assert_eq!(told(&after(&[spare, mute("u", None)]), NOW), (true, "u".into(), String::new()));
}

#[test]
fn what_is_set_replaces_and_what_is_not_given_stays() {
    let set = |everybody, muted: Option<&str>, spared: Option<&str>| MuteChange::Set {
        everybody,
        muted: muted.map(users),
        spared: spared.map(users),
    };
    let first = set(Some(true), Some("a b"), Some("s"));
    assert_eq!(told(&after(std::slice::from_ref(&first)), NOW), (true, "a b".into(), "s".into()));
    let replaced = after(&[first.clone(), set(None, Some("b c"), None)]);
    assert_eq!(told(&replaced, NOW), (true, "b c".into(), "s".into()));
    let lifted = after(&[first.clone(), set(Some(false), None, None)]);
    assert_eq!(told(&lifted, NOW), (false, "a b".into(), String::new()));
    let nothing = set(None, None, None);
    assert_eq!(after(&[first.clone(), nothing]), after(&[first]));
}

#[test]
fn a_mute_whose_time_has_passed_neither_holds_nor_is_listed_nor_kept() {
    let mutes = after(&[mute("u", Some(2_000)), mute("v", None)]);
    assert!(mutes.silences(&user("u"), Millis(1_999)));
    assert!(!mutes.silences(&user("u"), Millis(2_000)));
    assert_eq!(told(&mutes, Millis(2_000)), (false, "v".into(), String::new()));
    let later = mutes.after(&mute("w", None), Millis(2_000));
    assert_eq!(later.users.keys().cloned().collect::<Vec<_>>(), users("v w"));
}

fn any_change() -> impl Strategy<Value = MuteChange> {
    let some = || prop::collection::vec("[a-e]".prop_map(|name| user(&name)), 0..4);
    let until = prop::option::of((0_i64..2_000).prop_map(Millis));
    prop_oneof![
        (some(), until).prop_map(|(users, until)| MuteChange::Mute { users, until }),
        some().prop_map(|users| MuteChange::Unmute { users }),
        prop::option::of(some()).prop_map(|sparing| MuteChange::MuteEverybody { sparing }),
        Just(MuteChange::UnmuteEverybody),
        (prop::option::of(any::<bool>()), prop::option::of(some()), prop::option::of(some()))
            .prop_map(|(everybody, muted, spared)| MuteChange::Set { everybody, muted, spared }),
    ]
}

proptest! {
    #[test]
    fn the_steps_of_a_change_lead_to_what_it_makes(changes in prop::collection::vec(any_change(), 1..8)) {
        let mut stands = GroupMutes::default();
        for change in &changes {
            let next = stands.after(change, NOW);
            let steps = stands.steps_to(&next);
            let mut written = stands.clone();
            written.everybody = steps.everybody;
            written.users.retain(|user, _| !steps.removed.contains(user));
            written.users.extend(steps.put);
            prop_assert_eq!(&written, &next);
            stands = next;
        }
    }
}

//! Nonces against a naive memory, under clocks that jump and keys that flood.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

fn admit_of(guard: &LocalReplayGuard, access_key: &str, nonce: &str, stamped: i64, now: i64) -> NonceVerdict {
    match guard.admit(&StampedNonce { access_key, nonce, stamped, now }) {
        Answer::Now(verdict) => verdict,
        Answer::Later(_) => panic!("memory answers at once"),
    }
}

fn admit(guard: &LocalReplayGuard, nonce: &str, stamped: i64, now: i64) -> NonceVerdict {
    admit_of(guard, "k", nonce, stamped, now)
}

#[test]
fn a_nonce_is_accepted_once_per_key() {
    let guard = LocalReplayGuard::new(10, 900);
    assert_eq!(admit(&guard, "n", 5000, 5000), NonceVerdict::Fresh);
    assert_eq!(admit(&guard, "n", 5000, 6000), NonceVerdict::Used);
    assert_eq!(admit_of(&guard, "other", "n", 5000, 5000), NonceVerdict::Fresh);
}

#[test]
fn a_full_key_refuses_what_may_have_been_forgotten_of_it() {
    let guard = LocalReplayGuard::new(2, 900);
    assert_eq!(admit(&guard, "a", 1000, 3000), NonceVerdict::Fresh);
    assert_eq!(admit(&guard, "b", 2000, 3000), NonceVerdict::Fresh);
    assert_eq!(admit(&guard, "c", 3000, 3000), NonceVerdict::Fresh);
    assert_eq!(guard.remembered(), 2);
    assert_eq!(admit(&guard, "a", 1000, 3000), NonceVerdict::TooOld);
    assert_eq!(admit(&guard, "d", 1999, 3000), NonceVerdict::TooOld);
    assert_eq!(admit(&guard, "b", 2000, 3000), NonceVerdict::Used);
    assert_eq!(admit_of(&guard, "other", "d", 1999, 3000), NonceVerdict::Fresh, "its share is its own");
}

#[test]
fn requests_stamped_ahead_shut_nobody_out_and_their_own_key_only_while_they_are_ahead() {
    let guard = LocalReplayGuard::new(3, 900);
    let now = 10_000_000;
    for nonce in ["a", "b", "c"] {
        assert_eq!(admit(&guard, nonce, now + 890_000, now), NonceVerdict::Fresh);
    }
    assert_eq!(admit(&guard, "d", now + 895_000, now), NonceVerdict::Full { wait: 890_000 });
    assert_eq!(admit(&guard, "e", now, now), NonceVerdict::Full { wait: 890_000 });
    assert_eq!(admit_of(&guard, "root", "e", now, now), NonceVerdict::Fresh);
    assert_eq!(admit(&guard, "e", now + 891_000, now + 891_000), NonceVerdict::Fresh);
}

#[test]
fn nonces_outside_the_window_are_forgotten_for_good() {
    let guard = LocalReplayGuard::new(10, 900);
    assert_eq!(admit(&guard, "a", 1_000_000, 1_000_000), NonceVerdict::Fresh);
    assert_eq!(admit(&guard, "b", 1_902_000, 1_902_000), NonceVerdict::Fresh);
    assert_eq!(guard.remembered(), 1);
    assert_eq!(
        admit(&guard, "a", 1_000_000, 1_900_000),
        NonceVerdict::TooOld,
        "the clock went back a little"
    );
}

#[test]
fn a_clock_that_is_set_back_an_hour_or_ahead_for_days_keeps_nobody_out() {
    const HOUR: i64 = 3_600_000;
    let guard = LocalReplayGuard::new(3, 900);
    let mut now = 100 * 24 * HOUR;
    for (step, jump) in
        [0, HOUR / 2, -HOUR, 24 * HOUR, -24 * HOUR, 2_400 * HOUR, -2_400 * HOUR].iter().enumerate()
    {
        now += jump;
        for n in 0..5 {
            now += 1000;
            assert_eq!(admit(&guard, &format!("{step} {n}"), now, now), NonceVerdict::Fresh, "{step} {n}");
            assert_eq!(admit(&guard, &format!("{step} {n}"), now, now), NonceVerdict::Used, "{step} {n}");
        }
    }
}

#[test]
fn a_guard_that_resumes_knows_what_was_accepted_before() {
    let before = LocalReplayGuard::new(2, 900);
    for (nonce, stamped) in [("a", 1000), ("b", 2000), ("c", 3000)] {
        assert_eq!(admit(&before, nonce, stamped, 3000), NonceVerdict::Fresh);
    }
    let text = serde_json::to_string(&before.record()).expect("JSON");
    let after = LocalReplayGuard::new(9, 900);
    assert!(after.resume(&serde_json::from_str(&text).expect("a record")));
    assert_eq!(after.record(), before.record());
    assert_eq!(admit(&after, "a", 1000, 4000), NonceVerdict::TooOld);
    assert_eq!(admit(&after, "c", 3000, 4000), NonceVerdict::Used);
    assert_eq!(admit(&after, "d", 2999, 4000), NonceVerdict::Fresh, "a client whose clock is behind");
    assert!(!after.resume(&serde_json::from_str(&text.replace(":\"", ":\"x")).expect("a record")));
}

#[test]
fn a_guard_that_resumes_or_knows_nothing_notices_that_the_clock_was_set_back_meanwhile() {
    const DAY: i64 = 86_400_000;
    let right = 1_000 * DAY;
    for wrong in [right + DAY / 24, right + DAY, right + 100 * DAY] {
        let before = LocalReplayGuard::new(9, 900);
        assert_eq!(admit(&before, "a", wrong, wrong), NonceVerdict::Fresh);
        let resumed = LocalReplayGuard::new(9, 900);
        assert!(resumed.resume(&before.record()));
        let ignorant = LocalReplayGuard::new(9, 900);
        ignorant.refuse_before(wrong);
        for guard in [resumed, ignorant] {
            assert_eq!(admit(&guard, "b", right, right), NonceVerdict::Fresh);
            assert_eq!(admit(&guard, "b", right, right + 1000), NonceVerdict::Used);
            assert_eq!(admit(&guard, "c", right - 60_000, right), NonceVerdict::TooOld, "it may be a replay");
        }
    }
}

#[test]
fn a_guard_that_knows_nothing_refuses_what_was_stamped_before_its_start() {
    let guard = LocalReplayGuard::new(2, 900);
    guard.refuse_before(5_500);
    assert_eq!(admit(&guard, "a", 4_999, 5_600), NonceVerdict::TooOld);
    assert_eq!(admit(&guard, "a", 5_000, 5_600), NonceVerdict::Fresh);
}

proptest! {
    #[test]
    fn no_request_is_accepted_twice_and_memory_stays_within_its_share(
        share in 1usize..20,
        requests in prop::collection::vec((0u8..3, 0u8..20, -10i64..=10, 0i64..3), 1..400),
    ) {
        let guard = LocalReplayGuard::new(share, 10);
        let mut accepted = HashSet::new();
        let mut now = 1_000;
        for (key, nonce, offset, step) in requests {
            now += step;
            let (key, stamped) = (key.to_string(), now + offset);
            if admit_of(&guard, &key, &nonce.to_string(), stamped * 1000, now * 1000) == NonceVerdict::Fresh {
                prop_assert!(accepted.insert((key, nonce, stamped)), "{nonce} at {stamped} twice");
            }
            prop_assert!(guard.remembered() <= 3 * share);
        }
    }

    #[test]
    fn what_one_key_does_is_not_felt_by_another(
        flood in prop::collection::vec((any::<u16>(), -10i64..=10, 0i64..2), 1..400),
    ) {
        let guard = LocalReplayGuard::new(5, 10);
        let mut now = 1_000;
        for (at, (nonce, offset, step)) in flood.into_iter().enumerate() {
            now += step;
            let _ = admit_of(&guard, "stranger", &nonce.to_string(), (now + offset) * 1000, now * 1000);
            if at % 100 == 0 {
                let stamped = (now - 9) * 1000;
                prop_assert_eq!(admit_of(&guard, "root", &at.to_string(), stamped, now * 1000), NonceVerdict::Fresh);
            }
        }
    }

    #[test]
    fn a_guard_with_room_accepts_every_new_request_within_the_window(
        nonces in prop::collection::hash_set(0u32..100_000, 1..200), offset in -900i64..=900,
    ) {
        let guard = LocalReplayGuard::new(1000, 900);
        for (at, nonce) in nonces.iter().enumerate() {
            let now = 10_000_000 + i64::try_from(at).expect("small") * 500;
            prop_assert_eq!(admit(&guard, &nonce.to_string(), now + offset * 1000, now), NonceVerdict::Fresh);
        }
    }
}

//! What makes the parts of a generation 2 login come apart in one way only.
//!
//! The documented token hashes its parts one behind the other, without anything in between: `alice2` with the nonce
//! `AK-x` gives the same text as `alice` with the nonce `2AK-x`, and a nonce that ends in a digit lends it to the
//! expiry. So the parts are only taken in forms that leave one reading of the text:
//!
//! - a role holds no digit, so that the last digit of the text is the expiry's;
//! - an expiry is written in plain decimal digits and lies a bounded time ahead, so that its length is known;
//! - a nonce is `AK-` and letters, digits or `_`, or a UUID: the last hyphen of what is in front of the expiry says which
//!   of the two it is, and with that where it begins.
//!
//! Where the operator admits any nonce the last of these is missing, and users whose ids begin alike can log in as one
//! another.

use super::Refusal;
use crate::{
    limits::{Limits, Nonces},
    time::Millis,
};

/// The longest nonce, in bytes: the documentation's figure.
const MAX_NONCE_BYTES: usize = 64;
/// What begins the documented nonce.
const NONCE_PREFIX: &str = "AK-";
/// The lengths of a UUID's groups of hexadecimal digits.
const UUID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// Reads the expiry of a login whose parts have forms that leave one reading of their text; when it ends.
///
/// # Errors
/// The [`Refusal`] that names the part.
pub(super) fn unambiguous(
    limits: &Limits,
    now: Millis,
    nonce: &str,
    expires: &str,
    role: &str,
) -> Result<Millis, Refusal> {
    if role.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Role);
    }
    if limits.login_nonces == Nonces::Documented && !is_documented(nonce) {
        return Err(Refusal::Nonce);
    }
    let plain = expires.bytes().all(|byte| byte.is_ascii_digit()) && !expires.starts_with('0');
    let seconds: i64 = expires.parse().ok().filter(|_| plain).ok_or(Refusal::Expiry)?;
    let ends = Millis::from_seconds(seconds);
    if ends > now + limits.login_ahead_millis {
        return Err(Refusal::TooFarAhead);
    }
    Ok(ends)
}

fn is_documented(nonce: &str) -> bool {
    nonce.len() <= MAX_NONCE_BYTES && (is_prefixed(nonce) || is_uuid(nonce))
}

fn is_prefixed(nonce: &str) -> bool {
    let drawn = nonce.strip_prefix(NONCE_PREFIX).unwrap_or_default();
    !drawn.is_empty() && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_uuid(nonce: &str) -> bool {
    let hex = |group: &str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    nonce.split('-').map(str::len).eq(UUID_GROUPS) && nonce.split('-').all(hex)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::UserId;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn admitted(user: &str, nonce: &str, expires: &str, role: &str) -> bool {
        let ends = unambiguous(&Limits::default(), NOW, nonce, expires, role);
        UserId::new(user).is_ok() && ends.is_ok_and(|ends| ends > NOW)
    }

    /// Every way to cut a text into user, nonce, expiry and role that logs in.
    fn readings(text: &str) -> Vec<[String; 4]> {
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let mut found = Vec::new();
        for start in 0..text.len() {
            for end in start + 1..=text.len() {
                if !digits(&text[start..end]) {
                    continue;
                }
                for nonce in 0..=start {
                    let parts = [&text[..nonce], &text[nonce..start], &text[start..end], &text[end..]];
                    if admitted(parts[0], parts[1], parts[2], parts[3]) {
                        found.push(parts.map(str::to_owned));
                    }
                }
            }
        }
        found
    }

    fn nonce() -> impl Strategy<Value = String> {
        prop_oneof![
            "AK-[A-Za-z0-9_]{1,12}",
            "AK-[0-9]{1,4}18000[0-9]{5}",
            "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        ]
    }

    fn user() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[A-Za-z0-9_.-]{1,3}",
            Just("AK-".to_owned()),
            Just("01234567-0123-0123-0123-".to_owned()),
            Just("1800003600".to_owned()),
        ];
        proptest::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_second_user_nonce_expiry_and_role_log_in_with_one_hash(
            user in user(),
            nonce in nonce(),
            ahead in 1_i64..604_800,
            role in prop_oneof![Just(""), Just("admin"), Just("AK-host")],
        ) {
            let expires = (1_800_000_000 + ahead).to_string();
            let parts = [user, nonce, expires, role.to_owned()];
            prop_assume!(parts[0].len() <= 64);
            prop_assert_eq!(readings(&parts.concat()), [parts]);
        }

        #[test]
        fn no_text_has_two_readings(text in "[a1AK_-]{1,8}(AK-)?[a0-9-]{0,6}18000[0-9]{5,8}[a-]{0,3}") {
            prop_assert!(readings(&text).len() <= 1);
        }
    }

    #[test]
    fn the_nonces_that_are_seen_are_taken_and_others_by_the_operators_word() {
        for good in [
            "AK-1",
            "AK-bf3K_9",
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            "6F9619FF-8B86-D011-B42D-00CF4FC964FF",
        ] {
            assert!(is_documented(good), "{good}");
        }
        let any = Limits { login_nonces: Nonces::Any, ..Limits::default() };
        for other in ["", "AK-", "2AK-x", "AK-a-b", "nonce", "6f9619ff8b86d011b42d00cf4fc964ff", "AK-ä"] {
            assert!(!is_documented(other), "{other}");
            assert!(unambiguous(&any, NOW, other, "1800000060", "").is_ok(), "{other}");
        }
    }

    #[test]
    fn an_expiry_is_plain_and_not_too_far_ahead_and_a_role_has_no_digits() {
        let limits = Limits::default();
        let outcome = |expires, role| unambiguous(&limits, NOW, "AK-1", expires, role);
        assert_eq!(outcome("1800604800", "admin"), Ok(Millis::from_seconds(1_800_604_800)));
        assert_eq!(outcome("1", ""), Ok(Millis::from_seconds(1)), "expired, which is told");
        assert_eq!(outcome("1800604801", ""), Err(Refusal::TooFarAhead));
        for odd in ["", "+1800000060", "01800000060", "1800000060 ", "1e9", "-1", "99999999999999999999"] {
            assert_eq!(outcome(odd, ""), Err(Refusal::Expiry), "{odd}");
        }
        assert_eq!(outcome("1800000060", "v2"), Err(Refusal::Role));
    }
}

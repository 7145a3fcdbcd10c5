//! Tokens: JWT (RFC 7519) in the compact form, signed by HMAC with the operator's secret.
//!
//! No crate is used for it: of JWT it takes two base64 texts and one HMAC, and what reads all of JOSE has keys and
//! algorithms in it that must then be kept out. The algorithm is taken from the header only to choose among three that
//! differ in nothing but their digest; `none` and all others are refused.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use muster_core::time::Millis;
use ring::hmac;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::payload;

/// The longest id of a user, in bytes.
const MAX_USER_BYTES: usize = 255;

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadToken {
    /// It is none, or not signed with the secret, or says what it may not.
    Invalid,
    /// It was good once, or is to be later.
    Expired,
}

/// Who is to be let in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ConnectToken {
    pub(super) user: String,
    pub(super) info: Bytes,
    /// When the connection ends unless it is refreshed, in seconds since 1970.
    pub(super) expires: Option<i64>,
    /// Channels that it is subscribed to by the server.
    pub(super) subs: BTreeMap<String, Grant>,
}

/// A channel that may be subscribed to.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SubscribeToken {
    pub(super) user: String,
    pub(super) channel: String,
    /// The connection that it is for; empty for any.
    pub(super) client: String,
    /// When the subscription ends unless it is refreshed, in seconds since 1970.
    pub(super) expires: Option<i64>,
    pub(super) grant: Grant,
}

/// What a token says of a subscription, over what its namespace says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grant {
    pub(super) info: Bytes,
    /// What the subscriber's application is told.
    pub(super) data: Bytes,
    pub(super) changes: Changes,
}

/// Options of a namespace that a token changes for its bearer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Changes {
    pub(super) presence: Option<Flag>,
    pub(super) join_leave: Option<Flag>,
    pub(super) force_push_join_leave: Option<Flag>,
    pub(super) force_positioning: Option<Flag>,
    pub(super) force_recovery: Option<Flag>,
}

/// A truth value as tokens write one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Flag {
    value: bool,
}

impl Flag {
    /// What is said, or else this.
    pub(super) fn or(said: Option<Self>, other: bool) -> bool {
        said.map_or(other, |flag| flag.value)
    }
}

/// The one who knows the secret.
pub(super) struct Verifier {
    keys: [(&'static str, hmac::Key); 3],
    /// Without a secret no token is good.
    armed: bool,
    info_bytes: usize,
}

impl Verifier {
    pub(super) fn new(secret: &[u8], info_bytes: usize) -> Self {
        let keys = [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
            .map(|(name, algorithm)| (name, hmac::Key::new(algorithm, secret)));
        Self { keys, armed: !secret.is_empty(), info_bytes }
    }

    /// Reads a connection token.
    pub(super) fn connect(&self, token: &str, now: Millis) -> Result<ConnectToken, BadToken> {
        let claims: Claims = self.claims(token)?;
        if !claims.channel.is_empty() {
            return Err(BadToken::Invalid);
        }
        claims.check_time(now)?;
        let mut subs = BTreeMap::new();
        for (channel, said) in &claims.subs {
            subs.insert(channel.clone(), self.grant(said)?);
        }
        if subs.is_empty() {
            subs = claims.channels.iter().map(|channel| (channel.clone(), Grant::default())).collect();
        }
        Ok(ConnectToken {
            info: self.info(claims.info.as_deref(), &claims.b64info)?,
            expires: claims.expires(),
            user: claims.sub,
            subs,
        })
    }

    /// Reads a subscription token.
    pub(super) fn subscribe(&self, token: &str, now: Millis) -> Result<SubscribeToken, BadToken> {
        let claims: Claims = self.claims(token)?;
        claims.check_time(now)?;
        if claims.channel.is_empty() {
            return Err(BadToken::Invalid);
        }
        Ok(SubscribeToken {
            grant: Grant {
                info: self.info(claims.info.as_deref(), &claims.b64info)?,
                data: payload(claims.data.as_deref(), &claims.b64data)?,
                changes: claims.overrides.clone().unwrap_or_default(),
            },
            expires: claims.expires(),
            user: claims.sub,
            channel: claims.channel,
            client: claims.client,
        })
    }

    fn claims(&self, token: &str) -> Result<Claims, BadToken> {
        let claims = self.verified(token).ok_or(BadToken::Invalid)?;
        let claims: Claims = payload::object(&claims).map_err(|_| BadToken::Invalid)?;
        if claims.sub.len() > MAX_USER_BYTES { Err(BadToken::Invalid) } else { Ok(claims) }
    }

    /// What a token says, if it is signed with the secret.
    fn verified(&self, token: &str) -> Option<Vec<u8>> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = payload::object(&decode(header)?).ok()?;
        let (_, key) = self.keys.iter().find(|(name, _)| self.armed && *name == header.alg)?;
        // It takes as long whatever the signature is.
        hmac::verify(key, signed.as_bytes(), &decode(signature)?).ok()?;
        decode(claims)
    }

    fn grant(&self, said: &SaidOfChannel) -> Result<Grant, BadToken> {
        Ok(Grant {
            info: self.info(said.info.as_deref(), &said.b64info)?,
            data: payload(said.data.as_deref(), &said.b64data)?,
            changes: said.overrides.clone().unwrap_or_default(),
        })
    }

    fn info(&self, plain: Option<&RawValue>, encoded: &str) -> Result<Bytes, BadToken> {
        let info = payload(plain, encoded)?;
        if info.len() > self.info_bytes { Err(BadToken::Invalid) } else { Ok(info) }
    }
}

/// Whether a text has the form of a JWT: three parts between dots.
pub(super) fn is_jwt(token: &str) -> bool {
    token.bytes().filter(|&one| one == b'.').count() == 2
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

/// A payload given as JSON, or as the base64 of JSON, which counts before it; nothing for neither.
fn payload(plain: Option<&RawValue>, encoded: &str) -> Result<Bytes, BadToken> {
    let said = plain.map(RawValue::get).filter(|text| *text != "null");
    match (encoded, said) {
        ("", None) => Ok(Bytes::new()),
        _ => payload::given(said, encoded).ok_or(BadToken::Invalid),
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that must be understood; none is.
    #[serde(default, rename = "crit")]
    _none: Option<NoneOf>,
}

/// A member that must not be there.
struct NoneOf;

impl<'de> Deserialize<'de> for NoneOf {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer)?;
        Err(serde::de::Error::custom("critical extensions are not understood"))
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Claims {
    sub: String,
    exp: Option<f64>,
    nbf: Option<f64>,
    expire_at: Option<i64>,
    info: Option<Box<RawValue>>,
    b64info: String,
    data: Option<Box<RawValue>>,
    b64data: String,
    channels: Vec<String>,
    subs: BTreeMap<String, SaidOfChannel>,
    channel: String,
    client: String,
    #[serde(rename = "override")]
    overrides: Option<Changes>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct SaidOfChannel {
    info: Option<Box<RawValue>>,
    b64info: String,
    data: Option<Box<RawValue>>,
    b64data: String,
    #[serde(rename = "override")]
    overrides: Option<Changes>,
}

impl Claims {
    fn check_time(&self, now: Millis) -> Result<(), BadToken> {
        let now = now.seconds();
        let over = self.exp.is_some_and(|at| whole(at) <= now);
        let early = self.nbf.is_some_and(|at| whole(at) > now);
        if over || early { Err(BadToken::Expired) } else { Ok(()) }
    }

    /// When what the token opens ends: as it says itself, 0 for never, or else with the token.
    fn expires(&self) -> Option<i64> {
        match self.expire_at {
            Some(at) => (at > 0).then_some(at),
            None => self.exp.map(whole),
        }
    }
}

/// The seconds of a numeric date, which may have a fraction.
fn whole(date: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "what is beyond the type's range ends at its end")]
    let seconds = date.floor() as i64;
    seconds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);

    fn jwt(header: &Value, claims: &Value, secret: &[u8], algorithm: hmac::Algorithm) -> String {
        let signed = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    fn token(claims: &Value) -> String {
        jwt(&json!({"typ": "JWT", "alg": "HS256"}), claims, b"secret", hmac::HMAC_SHA256)
    }

    fn verifier() -> Verifier {
        Verifier::new(b"secret", 20)
    }

    #[test]
    fn a_token_says_who_what_and_until_when() {
        let claims = json!({
            "sub": "42", "exp": 1_800_000_100.5, "info": {"a": 1},
            "subs": {"news": {"data": [1], "override": {"presence": {"value": true}}}},
        });
        let read = verifier().connect(&token(&claims), NOW).unwrap();
        assert_eq!(
            (read.user.as_str(), read.expires, &read.info[..]),
            ("42", Some(1_800_000_100), &br#"{"a":1}"#[..])
        );
        let news = &read.subs["news"];
        assert_eq!((&news.data[..], Flag::or(news.changes.presence, false)), (&b"[1]"[..], true));
        let forever = json!({"sub": "42", "exp": 1_800_000_100, "expire_at": 0, "channels": ["a"]});
        let read = verifier().connect(&token(&forever), NOW).unwrap();
        assert_eq!((read.expires, read.subs.len()), (None, 1));
        let of_channel = json!({"sub": "42", "channel": "c", "client": "x", "b64info": "WzAsMV0="});
        let read = verifier().subscribe(&token(&of_channel), NOW).unwrap();
        assert_eq!(
            (read.channel.as_str(), read.client.as_str(), &read.grant.info[..]),
            ("c", "x", &b"[0,1]"[..])
        );
    }

    #[test]
    fn each_digest_is_good_with_its_own_name_alone() {
        let algorithms =
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
        for (name, _) in algorithms {
            for (other, algorithm) in algorithms {
                let token = jwt(&json!({"alg": name}), &json!({"sub": "1"}), b"secret", algorithm);
                assert_eq!(verifier().connect(&token, NOW).is_ok(), name == other, "{name} {other}");
            }
        }
    }

    #[test]
    fn a_forged_or_odd_token_is_refused() {
        let good = json!({"sub": "42"});
        let sign = |header: Value| jwt(&header, &good, b"secret", hmac::HMAC_SHA256);
        let unsigned = format!(
            "{}.{}.",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#),
            URL_SAFE_NO_PAD.encode(r#"{"sub":"42"}"#)
        );
        let short = token(&good);
        let bad = [
            String::new(),
            "invalid_token".to_owned(),
            "a.b.c".to_owned(),
            "..".to_owned(),
            unsigned,
            short[..short.len() - 4].to_owned(),
            sign(json!({"alg": "none"})),
            sign(json!({"alg": "RS256"})),
            sign(json!({"alg": "HS256", "crit": ["exp"]})),
            jwt(&json!({"alg": "HS256"}), &good, b"other", hmac::HMAC_SHA256),
            jwt(&json!({"alg": "HS256"}), &good, b"", hmac::HMAC_SHA256),
            token(&json!({"sub": 42})),
            token(&json!({"sub": "u".repeat(256)})),
            token(&json!([])),
            sign(json!(["HS256"])),
            token(&json!({"sub": "42", "channel": "c"})),
            token(&json!({"sub": "42", "info": "longer than twenty bytes"})),
            token(&json!({"sub": "42", "b64info": "%"})),
            token(&json!({"sub": "42", "b64info": "AAEC"})),
        ];
        for token in bad {
            assert_eq!(verifier().connect(&token, NOW), Err(BadToken::Invalid), "{token}");
        }
        assert_eq!(verifier().subscribe(&token(&good), NOW), Err(BadToken::Invalid), "it names no channel");
        let empty = jwt(&json!({"alg": "HS256"}), &json!({"sub": "42"}), b"", hmac::HMAC_SHA256);
        assert_eq!(
            Verifier::new(b"", 20).connect(&empty, NOW),
            Err(BadToken::Invalid),
            "without a secret none is good"
        );
    }

    #[test]
    fn a_token_is_good_in_its_time() {
        for (claims, good) in [
            (json!({"sub": "1", "exp": 1_800_000_001}), true),
            (json!({"sub": "1", "exp": 1_800_000_000}), false),
            (json!({"sub": "1", "nbf": 1_800_000_000}), true),
            (json!({"sub": "1", "nbf": 1_800_000_001}), false),
            (json!({"sub": "1", "exp": 1e300}), true),
        ] {
            let expected = if good { None } else { Some(BadToken::Expired) };
            assert_eq!(verifier().connect(&token(&claims), NOW).err(), expected, "{claims}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*", claims in "\\PC*") {
            let _ = verifier().connect(&text, NOW);
            let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode(claims));
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, b"secret"), signed.as_bytes());
            let _ = verifier().connect(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag)), NOW);
        }
    }
}

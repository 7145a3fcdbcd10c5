//! The policy language, and its wildcards against a naive matcher.

use std::net::{IpAddr, Ipv4Addr};

use proptest::prelude::*;

use super::*;

const ACTION: &str = "live:ListLiveMessageGroupUsers";
const RESOURCE: &str = "acs:live::1234567890123456:rtc/app1";
/// 2026-11-20T10:00:00Z
const NOW: i64 = 1_795_168_800_000;

fn context() -> Context<'static> {
    Context {
        now: NOW,
        secure: false,
        source_ip: IpAddr::V4(Ipv4Addr::new(10, 1, 2, 3)),
        principal_arn: "acs:ram::1234567890123456:user/alice",
        external_id: None,
    }
}

fn decision(statements: &str) -> Decision {
    let policy = parse(statements).expect("a policy");
    decide([&policy], ACTION, &[RESOURCE.to_owned()], &context())
}

fn parse(statements: &str) -> Result<Policy, PolicyError> {
    Policy::parse("p", &format!(r#"{{"Version":"1","Statement":[{statements}]}}"#))
}

fn under(condition: &str) -> bool {
    let statement = format!(r#"{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}}}"#);
    decision(&statement) == Decision::Allowed
}

#[test]
fn actions_and_resources_match_with_wildcards() {
    for (action, resource, allowed) in [
        (r#""*""#, r#""*""#, true),
        (r#""live:*""#, r#""acs:live:*:1234567890123456:rtc/app1""#, true),
        (r#""live:list*users""#, r#""acs:live:*:*:rtc/app?""#, true),
        (r#"["cams:*","live:ListLiveMessageGroupUsers"]"#, r#"["acs:x:::y","acs:*:*:*:*"]"#, true),
        (r#""live:Get*""#, r#""*""#, false),
        (r#""cams:*""#, r#""*""#, false),
        (r#""live:*""#, r#""acs:live:*:1234567890123456:rtc/APP1""#, false),
        (r#""live:*""#, r#""acs:live:*:9:rtc/app1""#, false),
    ] {
        let statement = format!(r#"{{"Effect":"Allow","Action":{action},"Resource":{resource}}}"#);
        let expected = if allowed { Decision::Allowed } else { Decision::ImplicitDeny };
        assert_eq!(decision(&statement), expected, "{statement}");
    }
}

#[test]
fn not_action_covers_everything_else() {
    let statement = |action: &str| format!(r#"{{"Effect":"Allow","NotAction":"{action}","Resource":"*"}}"#);
    assert_eq!(decision(&statement("cams:*")), Decision::Allowed);
    assert_eq!(decision(&statement("live:List*")), Decision::ImplicitDeny);
}

#[test]
fn a_deny_wins_over_any_allow_in_any_order() {
    let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let deny = r#"{"Effect":"Deny","Action":"live:List*","Resource":"*"}"#;
    assert_eq!(decision(&format!("{allow},{deny}")), Decision::ExplicitDeny);
    assert_eq!(decision(&format!("{deny},{allow}")), Decision::ExplicitDeny);
    assert_eq!(decide([], ACTION, &[RESOURCE.to_owned()], &context()), Decision::ImplicitDeny);
}

#[test]
fn of_alternative_resources_one_allowed_is_enough_and_one_denied_is_too_many() {
    let names = ["acs:live:*:1:domain/d".to_owned(), "acs:live::1:rtc/a".to_owned()];
    let allow =
        parse(r#"{"Effect":"Allow","Action":"*","Resource":"acs:live:*:1:rtc/a"}"#).expect("a policy");
    let deny =
        parse(r#"{"Effect":"Deny","Action":"*","Resource":"acs:live:*:1:domain/*"}"#).expect("a policy");
    assert_eq!(decide([&allow], ACTION, &names, &context()), Decision::Allowed);
    assert_eq!(decide([&allow, &deny], ACTION, &names, &context()), Decision::ExplicitDeny);
}

#[test]
fn every_condition_operator_compares() {
    let arn = "acs:ram::1234567890123456:user/alice";
    for (condition, holds) in [
        (format!(r#"{{"StringEquals":{{"acs:PrincipalARN":"{arn}"}}}}"#), true),
        (r#"{"StringEquals":{"acs:PrincipalARN":["x","y"]}}"#.into(), false),
        (format!(r#"{{"StringNotEquals":{{"acs:PrincipalARN":["x","{arn}"]}}}}"#), false),
        (r#"{"StringNotEquals":{"acs:PrincipalARN":["x","y"]}}"#.into(), true),
        (format!(r#"{{"StringEqualsIgnoreCase":{{"acs:principalarn":"{}"}}}}"#, arn.to_uppercase()), true),
        (
            format!(r#"{{"StringNotEqualsIgnoreCase":{{"acs:PrincipalARN":"{}"}}}}"#, arn.to_uppercase()),
            false,
        ),
        (r#"{"StringLike":{"acs:PrincipalARN":"*user/al?ce"}}"#.into(), true),
        (r#"{"StringLike":{"acs:PrincipalARN":"*user/AL?CE"}}"#.into(), false),
        (r#"{"StringNotLike":{"acs:PrincipalARN":"*role*"}}"#.into(), true),
        (r#"{"DateLessThan":{"acs:CurrentTime":"2026-11-20T18:00:01+08:00"}}"#.into(), true),
        (r#"{"DateLessThan":{"acs:CurrentTime":"2026-11-20T10:00:00Z"}}"#.into(), false),
        (r#"{"DateLessThanEquals":{"acs:CurrentTime":"2026-11-20T10:00:00Z"}}"#.into(), true),
        (r#"{"DateGreaterThan":{"acs:CurrentTime":"2026-11-20T09:59:59Z"}}"#.into(), true),
        (r#"{"DateGreaterThanEquals":{"acs:CurrentTime":"2026-11-20T10:00:00Z"}}"#.into(), true),
        (r#"{"DateEquals":{"acs:CurrentTime":"2026-11-20T10:00:00Z"}}"#.into(), true),
        (r#"{"DateNotEquals":{"acs:CurrentTime":"2026-11-20T10:00:00Z"}}"#.into(), false),
        (r#"{"Bool":{"acs:SecureTransport":"true"}}"#.into(), false),
        (r#"{"Bool":{"acs:SecureTransport":"False"}}"#.into(), true),
        (r#"{"Bool":{"acs:MFAPresent":"false"}}"#.into(), true),
        (r#"{"IpAddress":{"acs:SourceIp":["192.168.0.0/16","10.0.0.0/8"]}}"#.into(), true),
        (r#"{"IpAddress":{"acs:SourceIp":"10.1.2.3"}}"#.into(), true),
        (r#"{"IpAddress":{"acs:SourceIp":"2001:db8::/32"}}"#.into(), false),
        (r#"{"NotIpAddress":{"acs:SourceIp":"10.0.0.0/8"}}"#.into(), false),
        (r#"{"NotIpAddress":{"acs:SourceIp":"11.0.0.0/8"}}"#.into(), true),
        (r#"{"IpAddress":{"acs:SourceIp":"0.0.0.0/0"}}"#.into(), true),
    ] {
        assert_eq!(under(&condition), holds, "{condition}");
    }
}

#[test]
fn numbers_compare_as_numbers() {
    // No key of this gateway is a number, so the texts of others are read as numbers where they can be.
    assert!(!under(r#"{"NumericLessThan":{"acs:PrincipalARN":"5"}}"#));
    assert!(under(r#"{"NumericNotEquals":{"acs:PrincipalARN":"5"}}"#));
    let numeric = Policy::parse(
        "p",
        r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
            "Condition":{"NumericGreaterThanEquals":{"acs:PrincipalARN":"5"},
                         "NumericLessThanEquals":{"acs:PrincipalARN":["7","5.5"]},
                         "NumericGreaterThan":{"acs:PrincipalARN":"-1"},
                         "NumericEquals":{"acs:PrincipalARN":["6","6.5"]}}}]}"#,
    )
    .expect("a policy");
    let at = |number| Context { principal_arn: number, ..context() };
    let names = [RESOURCE.to_owned()];
    assert_eq!(decide([&numeric], ACTION, &names, &at("6.50")), Decision::Allowed);
    assert_eq!(decide([&numeric], ACTION, &names, &at("7")), Decision::ImplicitDeny);
}

#[test]
fn values_are_alternatives_and_keys_and_operators_add_up() {
    assert!(under(
        r#"{"IpAddress":{"acs:SourceIp":["1.1.1.1","10.1.2.3"]},"Bool":{"acs:SecureTransport":"false"}}"#
    ));
    assert!(!under(
        r#"{"IpAddress":{"acs:SourceIp":["1.1.1.1","10.1.2.3"]},"Bool":{"acs:SecureTransport":"true"}}"#
    ));
    assert!(!under(r#"{"Bool":{"acs:SecureTransport":"false","acs:MFAPresent":"true"}}"#));
}

#[test]
fn a_missing_key_fails_positive_operators_and_passes_negated_ones() {
    for operator in ["StringEquals", "StringLike", "NumericLessThan", "Bool", "IpAddress"] {
        let value = match operator {
            "Bool" => "true",
            "IpAddress" => "1.1.1.1",
            _ => "1",
        };
        assert!(!under(&format!(r#"{{"{operator}":{{"acs:SourceVpc":"{value}"}}}}"#)), "{operator}");
    }
    for operator in ["StringNotEquals", "StringNotLike", "NumericNotEquals"] {
        assert!(under(&format!(r#"{{"{operator}":{{"acs:SourceVpc":"1"}}}}"#)), "{operator}");
    }
}

#[test]
fn a_mapped_address_is_the_ipv4_address_it_maps() {
    let mapped = Context { source_ip: "::ffff:10.1.2.3".parse().expect("an address"), ..context() };
    let policy = parse(
        r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}}"#,
    )
    .expect("a policy");
    assert_eq!(decide([&policy], ACTION, &[RESOURCE.to_owned()], &mapped), Decision::Allowed);
}

#[test]
fn a_block_of_ipv4_addresses_in_their_ipv6_form_holds_them() {
    for (block, holds) in [
        ("::ffff:10.1.2.3", true),
        ("::ffff:10.0.0.0/104", true),
        ("::ffff:11.0.0.0/104", false),
        ("::ffff:0:0/96", true),
        // Wider than IPv4: a block of IPv6 addresses.
        ("::/0", false),
    ] {
        let condition = format!(r#"{{"IpAddress":{{"acs:SourceIp":"{block}"}}}}"#);
        assert_eq!(under(&condition), holds, "{block}");
    }
}

#[test]
fn a_document_says_what_is_wrong_with_it_and_where() {
    let fine = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    for (statements, message) in [
        (String::new(), "Statement must be a list of at least one statement"),
        ("1".into(), "statement 1: it is not a JSON object"),
        (r#"{"Effect":"allow","Action":"*","Resource":"*"}"#.into(), "statement 1: Effect must be Allow or Deny"),
        (
            format!(r#"{fine},{{"Effect":"Deny","Resource":"*"}}"#),
            "statement 2: exactly one of Action and NotAction must be given",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","NotAction":"*","Resource":"*"}"#.into(),
            "statement 1: exactly one of Action and NotAction must be given",
        ),
        (r#"{"Effect":"Deny","Action":"*"}"#.into(), "statement 1: Resource must be given"),
        (
            r#"{"Effect":"Deny","Action":[],"Resource":"*"}"#.into(),
            "statement 1: Action must be a text or a list of texts, not empty",
        ),
        (
            r#"{"Effect":"Deny","Action":"List","Resource":"*"}"#.into(),
            "statement 1: action \"List\" is neither * nor of the form code:Name",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"rtc/a"}"#.into(),
            "statement 1: resource \"rtc/a\" is neither * nor of the form acs:code:region:account:id",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Principal":"*"}"#.into(),
            "statement 1: unknown member Principal",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringIs":{"k":"v"}}}"#.into(),
            "statement 1: unknown condition operator StringIs",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"IpAddress":{"acs:SourceIp":"10.0.0.0/33"}}}"#
                .into(),
            "statement 1: IpAddress cannot compare with \"10.0.0.0/33\"",
        ),
        (
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":"true"}}"#.into(),
            "statement 1: Condition must be an object of operators, each an object of keys",
        ),
    ] {
        assert_eq!(parse(&statements).expect_err("it should be refused").to_string(), message);
    }
    let error = |document: &str| Policy::parse("p", document).expect_err("it should be refused");
    assert_eq!(error(r#"{"Version":"2","Statement":[]}"#), PolicyError::Version);
    assert_eq!(error(r#"{"Version":"1","Id":1,"Statement":[]}"#), PolicyError::UnknownMember("Id".into()));
    assert!(matches!(error("[]"), PolicyError::NotJson(_)));
    assert_eq!(error(&" ".repeat(6145)), PolicyError::TooLong(6145));
}

#[test]
fn a_member_that_stands_twice_is_refused_when_a_policy_is_put_and_read_when_it_is_stored() {
    let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    for document in [
        format!(r#"{{"Version":"1","Statement":[{allow}],"Statement":[{allow}]}}"#),
        r#"{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}"#
            .into(),
        r#"{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{
            "Bool":{"acs:SecureTransport":"false"},"Bool":{"acs:MFAPresent":"true"}}}]}"#
            .into(),
    ] {
        let refused = Policy::accept("p", &document).expect_err("it should be refused").to_string();
        assert!(refused.contains("stands twice in one object"), "{refused}");
        assert!(Policy::parse("p", &document).is_ok());
    }
}

#[test]
fn a_condition_that_cannot_be_meant_is_refused_when_a_policy_is_put() {
    let put = |condition: &str| {
        let statement = format!(r#"{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{condition}}}"#);
        Policy::accept("p", &format!(r#"{{"Version":"1","Statement":[{statement}]}}"#))
            .map_err(|fault| fault.to_string())
    };
    for (condition, fault) in [
        (
            r#"{"IpAddress":{"acs:SourceIP4":"10.0.0.0/8"}}"#,
            "statement 1: unknown condition key acs:SourceIP4",
        ),
        (r#"{"StringEquals":{"SourceIp":"10.0.0.1"}}"#, "statement 1: unknown condition key SourceIp"),
        (
            r#"{"IpAddress":{"acs:CurrentTime":"10.0.0.1"}}"#,
            "statement 1: IpAddress cannot compare with acs:CurrentTime",
        ),
        (
            r#"{"NumericEquals":{"acs:PrincipalARN":"1"}}"#,
            "statement 1: NumericEquals cannot compare with acs:PrincipalARN",
        ),
    ] {
        assert_eq!(put(condition).expect_err("it should be refused"), fault);
    }
    for condition in [
        r#"{"IpAddress":{"acs:sourceip":"10.0.0.0/8"},"Bool":{"acs:SecureTransport":"false"}}"#,
        r#"{"StringLike":{"acs:SourceIp":"10.*"},"StringEquals":{"acs:ResourceTag/team":"im"}}"#,
    ] {
        assert!(put(condition).is_ok(), "{condition}");
    }
}

#[test]
fn an_unreadable_policy_denies_everything() {
    let all = parse(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#).expect("a policy");
    let unreadable = Policy::unreadable("p");
    assert_eq!(
        decide([&all, &unreadable], ACTION, &[RESOURCE.to_owned()], &context()),
        Decision::ExplicitDeny
    );
}

#[test]
fn what_no_operation_can_match_is_said() {
    let operations = [
        PolicyTarget { code: "live", operation: "List", templates: &["acs:live::{#accountId}:rtc/{#AppId}"] },
        PolicyTarget { code: "cams", operation: "Send", templates: &["*"] },
    ];
    let warnings = |actions: &str, resources: &str| {
        let statement = format!(r#"{{"Effect":"Deny","Action":{actions},"Resource":{resources}}}"#);
        parse(&statement).expect("a policy").unreachable("42", &operations)
    };
    let none: [&str; 0] = [];
    assert_eq!(
        warnings(
            r#"["LIVE:list","cams:send"]"#,
            r#"["acs:live:*:*:rtc/app?","acs:*:*:42:*","acs:cams:*:42:*"]"#
        ),
        none
    );
    // The resources of the statement's own operations count.
    assert_eq!(
        warnings(r#""LIVE:list""#, r#"["acs:live:*:*:rtc/app?","acs:cams:*:42:*"]"#),
        ["statement 1: no operation has the resource acs:cams:*:42:*"]
    );
    assert_eq!(
        warnings(
            r#"["live:Lst","*"]"#,
            r#"["acs:live:*:43:rtc/a","acs:live:*:42:rct/*","acs:cams:*:42:group/x","*"]"#
        ),
        [
            "statement 1: no operation is live:Lst",
            "statement 1: no operation has the resource acs:live:*:43:rtc/a",
            "statement 1: no operation has the resource acs:live:*:42:rct/*",
            // The operations of cams work on all resources: only a pattern for all matches.
            "statement 1: no operation has the resource acs:cams:*:42:group/x",
        ]
    );
}

/// The definition, word for word: slow, and plainly right.
fn naive(pattern: &[char], text: &[char], fold: bool) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => (0..=text.len()).any(|taken| naive(rest, &text[taken..], fold)),
        (Some(('?', rest)), Some((_, left))) => naive(rest, left, fold),
        (Some((a, rest)), Some((b, left))) => {
            (a == b || fold && a.eq_ignore_ascii_case(b)) && naive(rest, left, fold)
        }
        _ => false,
    }
}

proptest! {
    #[test]
    fn wildcards_match_as_their_definition_says(
        pattern in "[ab*?A中]{0,10}", text in "[abB中]{0,12}", fold: bool,
    ) {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(
            pattern_matches(&pattern, &text, fold),
            naive(&chars(&pattern), &chars(&text), fold)
        );
    }

    #[test]
    fn patterns_overlap_when_a_text_matches_both(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}", text in "[ab]{0,8}") {
        if pattern_matches(&a, &text, false) && pattern_matches(&b, &text, false) {
            prop_assert!(pattern::overlap(&pattern::pieces(&a), &pattern::pieces(&b)));
        }
        // A text matches a pattern when the pattern overlaps with it.
        prop_assert_eq!(
            pattern::overlap(&pattern::pieces(&a), &pattern::pieces(&text)),
            pattern_matches(&a, &text, false)
        );
    }

    #[test]
    fn no_document_makes_the_reader_panic(document in "\\PC{0,200}") {
        let _ = Policy::parse("p", &document);
        let _ = Policy::accept("p", &document);
    }
}

//! How somebody would have the pages: in which language, light or dark. Kept by their browser in cookies, so that it holds
//! without a script and from the first paint.

use axum::http::{HeaderMap, HeaderValue};
use serde::Deserialize;

use super::words::{Language, Words};
use crate::{cookies::cookies, net::Origin};

const LANGUAGE: &str = "muster_language";
const THEME: &str = "muster_theme";
/// How long a browser keeps a choice: a year, in seconds.
const KEPT_SECONDS: u32 = 31_536_000;

/// Light or dark; of the system's choosing where nobody else has chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub(super) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its name in addresses, cookies and style sheets.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// How a page is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    pub(super) language: Language,
    pub(super) theme: Theme,
}

impl Manner {
    /// What a browser keeps; else what it asks for of itself.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let kept = |wanted: &str| cookies(headers).find(|(name, _)| *name == wanted).map(|(_, value)| value);
        Self {
            language: kept(LANGUAGE).and_then(Language::named).unwrap_or_else(|| Language::accepted(headers)),
            theme: kept(THEME).and_then(Theme::named).unwrap_or_default(),
        }
    }

    pub(super) fn words(self) -> &'static Words {
        self.language.words()
    }
}

/// A choice that somebody makes by a link of a page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    language: String,
    theme: String,
    /// The message that shall be answered.
    pub(super) answer: String,
}

impl Choice {
    /// The cookies that keep it; none of what is no choice.
    pub(super) fn cookies(&self, origin: Origin) -> Vec<HeaderValue> {
        let language = Language::named(&self.language).map(|language| (LANGUAGE, language.name()));
        let theme = Theme::named(&self.theme).map(|theme| (THEME, theme.name()));
        let secure = if origin.secure { "; Secure" } else { "" };
        let cookie = |(name, value)| {
            format!("{name}={value}; Path=/i/; Max-Age={KEPT_SECONDS}; HttpOnly; SameSite=Lax{secure}")
        };
        let texts = language.into_iter().chain(theme).map(cookie);
        texts.filter_map(|text| HeaderValue::from_str(&text).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::header;

    use super::*;

    fn brought(headers: &[(header::HeaderName, &'static str)]) -> Manner {
        let pairs = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
        Manner::of(&pairs.collect())
    }

    #[test]
    fn what_was_chosen_counts_over_what_the_browser_asks_for() {
        let chinese = (header::ACCEPT_LANGUAGE, "zh-CN");
        assert_eq!(brought(&[]), Manner::default());
        assert_eq!(brought(std::slice::from_ref(&chinese)).language, Language::Chinese);
        let chosen =
            brought(&[chinese.clone(), (header::COOKIE, "a=b; muster_language=en; muster_theme=dark")]);
        assert_eq!(chosen, Manner { language: Language::English, theme: Theme::Dark });
        let odd = brought(&[chinese, (header::COOKIE, "muster_language=xx; muster_theme=blue")]);
        assert_eq!(odd, Manner { language: Language::Chinese, theme: Theme::System });
    }

    #[test]
    fn a_choice_is_kept_and_what_is_none_is_not() {
        let client = SocketAddr::from(([127, 0, 0, 1], 0));
        let kept = |language: &str, theme: &str, secure| {
            let choice =
                Choice { language: language.to_owned(), theme: theme.to_owned(), answer: String::new() };
            choice.cookies(Origin { client, secure }).len()
        };
        assert_eq!((kept("zh", "dark", true), kept("zh", "", true), kept("x;y", "\n", false)), (2, 1, 0));
        let choice = Choice { language: "zh".into(), ..Choice::default() };
        let [cookie] = &choice.cookies(Origin { client, secure: true })[..] else { panic!("one cookie") };
        let text = cookie.to_str().unwrap();
        assert!(text.starts_with("muster_language=zh; Path=/i/;") && text.ends_with("; Secure"), "{text}");
    }
}

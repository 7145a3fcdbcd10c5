//! The frame of the invite pages: what stands around each of them, and what they may load.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use maud::{DOCTYPE, Markup, html};

use super::{
    assets,
    manner::{Manner, Theme},
    words::Language,
};

/// What a page may load and whither it may send: nothing from elsewhere, but for films and recordings that somebody sets
/// going.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; \
                      media-src 'self' https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// What a page is of.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A few words or a form, in the middle.
    Card,
    /// The room.
    Room,
}

/// A page of this title and body.
pub(super) fn page(status: StatusCode, manner: Manner, kind: Kind, title: &str, body: &Markup) -> Response {
    let theme = (manner.theme != Theme::System).then(|| manner.theme.name());
    let class = match kind {
        Kind::Card => "card",
        Kind::Room => "room",
    };
    let page = html! {
        (DOCTYPE)
        html lang=(manner.words().tag) data-theme=[theme] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) }
                link rel="icon" href=(assets::ICON_PATH) type="image/svg+xml";
                link rel="stylesheet" href=(assets::style_path());
                @if let Some(script) = assets::script_path() {
                    script type="module" src=(script) {}
                }
            }
            body class=(class) { (body) }
        }
    };
    (status, [(header::CONTENT_SECURITY_POLICY, POLICY)], page_bytes(page)).into_response()
}

fn page_bytes(page: Markup) -> axum::response::Html<String> {
    axum::response::Html(page.into_string())
}

/// A page of a few words: a title, what is said under it, and what can be chosen of how it is shown.
pub(super) fn card(status: StatusCode, manner: Manner, code: &str, title: &str, body: &Markup) -> Response {
    let whole = html! {
        main {
            h1 { (title) }
            (body)
        }
        footer { (choices(manner, code)) }
    };
    page(status, manner, Kind::Card, title, &whole)
}

/// The links by which language and theme are chosen. The page answers them with itself.
pub(super) fn choices(manner: Manner, code: &str) -> Markup {
    let words = manner.words();
    let themes = Theme::ALL.map(|theme| {
        let name = match theme {
            Theme::System => words.system,
            Theme::Light => words.light,
            Theme::Dark => words.dark,
        };
        (theme, name)
    });
    html! {
        nav class="choices" aria-label=(words.language) {
            @for language in Language::ALL {
                @let name = match language { Language::English => "English", Language::Chinese => "中文" };
                a href={ "/i/" (code) "?language=" (language.name()) } lang=(language.words().tag)
                  aria-current=[(language == manner.language).then_some("true")] { (name) }
            }
        }
        nav class="choices" aria-label=(words.appearance) {
            @for (theme, name) in themes {
                a href={ "/i/" (code) "?theme=" (theme.name()) }
                  aria-current=[(theme == manner.theme).then_some("true")] { (name) }
            }
        }
    }
}

/// What is drawn beside words.
#[derive(Clone, Copy)]
pub(super) enum Icon {
    People,
    Pin,
    File,
    Answer,
}

/// A drawing, which says nothing that the words beside it do not say.
pub(super) fn icon(icon: Icon) -> Markup {
    let path = match icon {
        Icon::People => {
            "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6\
             M15.5 4.4a3.5 3.5 0 0 1 0 6.2M17.5 14.4c2.4.8 4 2.9 4 5.6"
        }
        Icon::Pin => "M9 3h6l-1 7 4 3v2H6v-2l4-3ZM12 15v6",
        Icon::Answer => "M9 6 4 11l5 5M4.5 11H14a6 6 0 0 1 6 6v1",
        Icon::File => "M6 2.5h8l5 5v14H6ZM14 2.5v5h5M9 13h7M9 17h5",
    };
    html! {
        svg class="icon-drawn" viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} }
    }
}

/// Said where something went wrong; nothing when nothing did.
pub(super) fn fault_note(fault: Option<&str>) -> Markup {
    html! { p id="fault" class="fault" role="alert" hidden[fault.is_none()] { (fault.unwrap_or_default()) } }
}

/// A group's picture, or the first letter of its title in its place.
pub(super) fn portrait(subject: &str, picture: Option<&str>) -> Markup {
    html! {
        span class="portrait" aria-hidden="true" {
            @if let Some(picture) = picture {
                img src=(picture) alt="" width="96" height="96";
            } @else {
                (subject.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string()).unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_as_text() {
        assert!(fault_note(None).into_string().contains(" hidden>"));
        assert!(fault_note(Some("<b>")).into_string().ends_with(">&lt;b&gt;</p>"));
    }

    #[test]
    fn a_group_without_a_picture_is_shown_by_a_letter() {
        assert!(portrait("“market”", None).into_string().contains(">M<"));
        assert!(portrait("群", Some("/files/a/b")).into_string().contains("src=\"/files/a/b\""));
    }
}

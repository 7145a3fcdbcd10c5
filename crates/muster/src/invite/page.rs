//! HTML of the invite pages: one column, readable in the light and in the dark, on a phone and on a desk.

use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};

/// What a page may load and whither it may send: nothing from elsewhere, and of its own a style in the page, its script, and
/// what the script asks for.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page of this title and body; both are HTML, the title without markup.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{STYLE}</style>\
         </head><body><main>{body}</main></body></html>",
        escaped(title)
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, Html(html)).into_response()
}

/// Said where something went wrong; nothing when nothing did.
pub(super) fn fault_note(fault: Option<&str>) -> String {
    let hidden = if fault.is_some() { "" } else { " hidden" };
    let text = escaped(fault.unwrap_or_default());
    format!("<p id=\"fault\" class=\"fault\" role=\"alert\"{hidden}>{text}</p>")
}

const STYLE: &str = "\
:root{color-scheme:light dark;--accent:#0b6bcb;--line:#8886}\
body{margin:0;font:1.05rem/1.5 system-ui,sans-serif;display:grid;min-height:100vh;place-items:center}\
main{box-sizing:border-box;width:min(32rem,100%);padding:1.5rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .75rem;overflow-wrap:anywhere}\
label{display:block;margin:1rem 0 0;font-weight:600}\
input,textarea{box-sizing:border-box;width:100%;margin-top:.25rem;padding:.65rem .75rem;font:inherit;border:1px solid var(--line);border-radius:.5rem;font-weight:400}\
textarea{resize:vertical}\
input:focus-visible,textarea:focus-visible,button:focus-visible{outline:3px solid var(--accent);outline-offset:2px}\
button{margin-top:1rem;width:100%;padding:.75rem;font:inherit;font-weight:600;color:#fff;background:var(--accent);border:0;border-radius:.5rem;cursor:pointer}\
button.quiet{color:inherit;background:none;border:1px solid var(--line);font-weight:400}\
.hint{margin:.25rem 0 0;font-size:.9rem;opacity:.75}\
.fault{padding:.65rem .75rem;border-left:4px solid #c62828;background:#c6282822;border-radius:.25rem}\
#said{list-style:none;margin:1rem 0;padding:0;max-height:55vh;overflow-y:auto}\
#said li{margin:0 0 .75rem;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;overflow-wrap:anywhere}\
#said li.you{margin-left:2rem}\
#said li.business{border-left:4px solid var(--accent)}\
#said p{margin:0;white-space:pre-wrap}\
#said i,#said time{font-size:.85rem;opacity:.75;margin-left:.5rem}";

/// A text that cannot become markup.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_group_calls_itself_cannot_become_markup() {
        assert_eq!(escaped("<b onclick='x'>&\""), "&lt;b onclick=&#39;x&#39;&gt;&amp;&quot;");
    }

    #[test]
    fn a_fault_is_told_as_text() {
        assert!(fault_note(None).contains(" hidden>"));
        assert!(fault_note(Some("<b>")).ends_with(">&lt;b&gt;</p>"));
    }
}

//! What commands print: JSON if that was asked for, else each shape as a person reads it.

use std::{io::Write as _, path::PathBuf};

use muster_core::transfer::{Counts, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// What a command came to, by its shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Printout {
    /// One thing: lines of name and value.
    Thing(Value),
    /// A list: a table.
    List(Vec<Value>),
    /// A page of a list: a table, and how many rows there are in all.
    Page {
        /// Rows in all.
        total: u64,
        /// What the rows are, in JSON.
        name: String,
        /// The rows.
        rows: Vec<Value>,
    },
    /// A login token, alone on its line, so that a script takes it as it is.
    Token {
        /// The token.
        token: String,
        /// When it expires, in seconds since 1970.
        expires_at: i64,
    },
    /// What was written to a file or read from one: how many of each kind.
    Carried {
        /// The file.
        file: PathBuf,
        /// The format of an export; `None` of a backup.
        format: Option<u32>,
        /// How many.
        counts: Counts,
    },
}

impl Printout {
    /// All of it, as JSON.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Thing(value) => value.clone(),
            Self::List(rows) => rows.clone().into(),
            Self::Page { total, name, rows } => json!({ "total": total, name: rows }),
            Self::Token { token, expires_at } => json!({ "token": token, "expiresAt": expires_at }),
            Self::Carried { file, format, counts } => {
                let mut value = json!({ "file": file.display().to_string(), "counts": counts });
                if let Some(format) = format {
                    value["format"] = (*format).into();
                }
                value
            }
        }
    }

    /// What a person reads.
    fn readable(&self) -> String {
        match self {
            Self::Thing(Value::Object(object)) => lines(object),
            Self::Thing(other) => format!("{}\n", cell(other)),
            Self::List(rows) => table(rows),
            Self::Page { total, rows, .. } => format!("{}total {total}\n", table(rows)),
            Self::Token { token, .. } => format!("{token}\n"),
            Self::Carried { counts, .. } => {
                let kinds = Kind::ALL.into_iter().filter(|&kind| kind != Kind::LastGroupNumber);
                let row = |kind: Kind| json!({ "what": kind.name(), "count": counts.of(kind) });
                table(&kinds.map(row).collect::<Vec<_>>())
            }
        }
    }
}

/// Prints what a command came to: JSON if that was asked for, else a table.
pub(crate) fn print(printout: &Printout, json: bool) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(render(printout, json).as_bytes())
}

/// What [`print`] prints.
pub(crate) fn render(printout: &Printout, json: bool) -> String {
    if json { format!("{}\n", printout.json()) } else { printout.readable() }
}

fn lines(object: &Map<String, Value>) -> String {
    let width = object.keys().map(String::len).max().unwrap_or_default();
    object.iter().map(|(name, value)| format!("{name:width$}  {}\n", cell(value))).collect()
}

fn table(rows: &[Value]) -> String {
    let Some(Value::Object(first)) = rows.first() else { return "(none)\n".to_owned() };
    let names: Vec<&String> = first.keys().collect();
    let mut cells: Vec<Vec<String>> = vec![names.iter().map(|name| (*name).clone()).collect()];
    cells.extend(rows.iter().map(|row| names.iter().map(|name| cell(&row[name.as_str()])).collect()));
    let widths: Vec<usize> = (0..names.len())
        .map(|column| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    cells.iter().map(line).collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A text as it can be shown on a terminal: what would steer it, or change the order of what is read, is written out.
/// Names come from anybody who joins a group.
fn harmless(text: &str) -> String {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &Value) -> Printout {
        Printout::List(rows.as_array().unwrap().clone())
    }

    #[test]
    fn a_list_is_a_table_with_aligned_columns() {
        let rows = json!([{ "userName": "ann", "active": true }, { "userName": "barbara", "active": false }]);
        assert_eq!(list(&rows).readable(), "userName  active\nann       true\nbarbara   false\n");
        assert_eq!(list(&json!([])).readable(), "(none)\n");
        let page =
            Printout::Page { total: 7, name: "members".to_owned(), rows: vec![json!({ "userId": "u" })] };
        assert_eq!(page.readable(), "userId\nu\ntotal 7\n");
        assert_eq!(page.json(), json!({ "total": 7, "members": [{ "userId": "u" }] }));
    }

    #[test]
    fn what_a_member_calls_itself_does_not_steer_the_terminal() {
        let shown =
            list(&json!([{ "userId": "a\u{1b}[2J\u{9b}31m\rb", "info": "\u{202e}evil\u{2066}" }])).readable();
        assert!(
            shown.contains("a\\u{1b}[2J\\u{9b}31m\\u{d}b") && shown.contains("\\u{202e}evil\\u{2066}"),
            "{shown}"
        );
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        let json = render(&Printout::Thing(json!({ "userId": "\u{1b}" })), true);
        assert_eq!(json, "{\"userId\":\"\\u001b\"}\n");
    }

    #[test]
    fn a_thing_is_lines_of_name_and_value() {
        let thing = Printout::Thing(json!({ "a": "x", "long": [1, 2] }));
        assert_eq!(thing.readable(), "a     x\nlong  1, 2\n");
    }

    #[test]
    fn a_token_stands_alone_on_its_line_unless_json_is_asked_for() {
        let token = Printout::Token { token: "abc".to_owned(), expires_at: 7 };
        assert_eq!(render(&token, false), "abc\n");
        assert_eq!(render(&token, true), "{\"token\":\"abc\",\"expiresAt\":7}\n");
    }
}

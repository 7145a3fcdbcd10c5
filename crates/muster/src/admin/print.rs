//! Answers as a person reads them: a list as a table, an object as lines of name and value.

use std::io::Write as _;

use serde_json::{Map, Value};

/// Prints what a command came to: JSON if that was asked for, else a table.
pub(crate) fn print(value: &Value, json: bool) -> std::io::Result<()> {
    std::io::stdout().lock().write_all(render(value, json).as_bytes())
}

/// What [`print`] prints.
pub(crate) fn render(value: &Value, json: bool) -> String {
    if json { format!("{value}\n") } else { readable(value) }
}

fn readable(value: &Value) -> String {
    match value {
        Value::Array(rows) => table(rows),
        Value::Object(object) => {
            match object.values().find_map(Value::as_array).filter(|_| object.contains_key("total")) {
                Some(rows) => format!("{}total {}\n", table(rows), cell(&object["total"])),
                None => lines(object),
            }
        }
        other => format!("{}\n", cell(other)),
    }
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
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_a_table_with_aligned_columns() {
        let rows = json!([{ "userName": "ann", "active": true }, { "userName": "barbara", "active": false }]);
        assert_eq!(readable(&rows), "userName  active\nann       true\nbarbara   false\n");
        assert_eq!(readable(&json!([])), "(none)\n");
        let page = json!({ "total": 7, "members": [{ "userId": "u" }] });
        assert_eq!(readable(&page), "userId\nu\ntotal 7\n");
    }

    #[test]
    fn what_a_member_calls_itself_does_not_steer_the_terminal() {
        let rows = json!([{ "userId": "a\u{1b}[2J\u{9b}31m\rb", "info": "\u{202e}evil\u{2066}" }]);
        let shown = readable(&rows);
        assert!(
            shown.contains("a\\u{1b}[2J\\u{9b}31m\\u{d}b") && shown.contains("\\u{202e}evil\\u{2066}"),
            "{shown}"
        );
        assert!(!shown.chars().any(|c| c.is_control() && c != '\n'));
        assert_eq!(render(&json!({ "userId": "\u{1b}" }), true), "{\"userId\":\"\\u001b\"}\n");
    }

    #[test]
    fn an_object_is_lines_of_name_and_value() {
        assert_eq!(readable(&json!({ "a": "x", "long": [1, 2] })), "a     x\nlong  1, 2\n");
    }
}

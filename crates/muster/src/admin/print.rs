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
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
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
    fn an_object_is_lines_of_name_and_value() {
        assert_eq!(readable(&json!({ "a": "x", "long": [1, 2] })), "a     x\nlong  1, 2\n");
    }
}

//! The configuration's reference and example file, made from its own types.

use std::fmt::Write as _;

use serde_json::Value;

use super::Configuration;

/// A key of the configuration.
struct Key {
    /// The table it stands in; empty at the top.
    table: String,
    name: String,
    default: toml::Value,
    about: String,
}

/// A table of the configuration with its keys.
struct Table {
    name: String,
    about: String,
    keys: Vec<Key>,
}

/// Every key, in the order of the types, with default and description.
fn tables() -> Vec<Table> {
    let schema = serde_json::to_value(schemars::schema_for!(Configuration)).unwrap_or_default();
    let defaults = toml::Table::try_from(Configuration::default()).unwrap_or_default();
    let mut tables = vec![Table { name: String::new(), about: String::new(), keys: Vec::new() }];
    collect(&schema, &schema, "", &defaults, &mut tables);
    tables
}

fn collect(root: &Value, schema: &Value, table: &str, defaults: &toml::Table, tables: &mut Vec<Table>) {
    let index = tables.len() - 1;
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let resolved = resolve(root, property);
        let about = [property, resolved].iter().find_map(|s| s["description"].as_str()).unwrap_or_default();
        let about = about.replace('\n', " ");
        match (defaults.get(name), resolved["properties"].is_object()) {
            (Some(toml::Value::Table(inner)), true) => {
                let name = if table.is_empty() { name.clone() } else { format!("{table}.{name}") };
                tables.push(Table { name: name.clone(), about, keys: Vec::new() });
                collect(root, resolved, &name, inner, tables);
            }
            (default, _) => {
                let default = default.cloned().unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
                tables[index].keys.push(Key { table: table.to_owned(), name: name.clone(), default, about });
            }
        }
    }
}

fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    target.and_then(|target| root.pointer(target.trim_start_matches('#'))).unwrap_or(schema)
}

/// The reference page.
pub(crate) fn reference() -> String {
    let mut page = String::from(
        "# Configuration\n\n\
         `muster serve --config FILE` reads a TOML file. A flag counts over the environment, that over the file, that \
         over the default. An unknown key is refused, by name and line.\n\n\
         This page is made from the configuration's own types (`muster config`), and `muster.example.toml` too.\n",
    );
    for table in tables() {
        let title =
            if table.name.is_empty() { "Top level".to_owned() } else { format!("`[{}]`", table.name) };
        let _ = write!(page, "\n## {title}\n\n");
        if !table.about.is_empty() {
            let _ = write!(page, "{}\n\n", table.about);
        }
        page.push_str("| key | default | what it does |\n|---|---|---|\n");
        for key in &table.keys {
            let _ =
                writeln!(page, "| `{}` | `{}` | {} |", key.name, key.default, key.about.replace('|', "\\|"));
        }
    }
    page
}

/// The example file: every key, commented out, with its default.
pub(crate) fn example() -> String {
    let mut file = String::from(
        "# Muster's configuration: every key with its default. Take away the # to change one.\n",
    );
    for table in tables() {
        file.push('\n');
        if !table.about.is_empty() {
            comment(&mut file, &table.about);
        }
        if !table.name.is_empty() {
            let _ = writeln!(file, "[{}]", table.name);
        }
        for key in &table.keys {
            comment(&mut file, &key.about);
            match &key.default {
                toml::Value::Table(_) => {
                    let _ =
                        writeln!(file, "# [{}]", [key.table.as_str(), &key.name].join(".").trim_matches('.'));
                }
                default => {
                    let _ = writeln!(file, "# {} = {default}", key.name);
                }
            }
        }
    }
    file
}

/// Writes `text` as comment lines of at most 100 characters.
fn comment(file: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + word.len() > 99 {
            let _ = writeln!(file, "{line}");
            line = String::from("#");
        }
        let _ = write!(line, " {word}");
    }
    let _ = writeln!(file, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(path: &str) -> String {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../");
        std::fs::read_to_string(format!("{root}{path}")).unwrap_or_default()
    }

    #[test]
    fn the_committed_reference_and_example_are_current() {
        assert!(
            committed("docs/configuration.md") == reference(),
            "docs/configuration.md is out of date: run `make generate`"
        );
        assert!(
            committed("muster.example.toml") == example(),
            "muster.example.toml is out of date: run `make generate`"
        );
    }

    #[test]
    fn the_example_says_the_defaults() {
        // The lines that begin with "# key =" or name a table, without the leading mark, are a whole configuration.
        let text = example();
        let uncommented: Vec<&str> = text
            .lines()
            .filter_map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => Some(rest),
                Some(_) => None,
                None => Some(line).filter(|line| line.starts_with('[')),
            })
            .collect();
        let read: Configuration = toml::from_str(&uncommented.join("\n")).unwrap();
        assert_eq!(read, Configuration::default());
    }

    #[test]
    fn every_key_says_what_it_does() {
        for table in tables() {
            for key in table.keys {
                assert!(!key.about.is_empty(), "{}.{} has no description", key.table, key.name);
            }
        }
    }
}

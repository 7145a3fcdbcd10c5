//! Makes the lists of migrations from the files in `migrations/`, so that a migration is one file and nothing else.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

#[expect(clippy::disallowed_methods, reason = "what Cargo tells a build script")]
fn main() -> Result<(), Box<dyn Error>> {
    let migrations = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("migrations");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for database in ["sqlite", "postgres"] {
        let directory = migrations.join(database);
        println!("cargo::rerun-if-changed={}", directory.display());
        fs::write(out.join(format!("{database}.rs")), list(&directory)?)?;
    }
    Ok(())
}

/// The migrations of one database as Rust source, in the order of their numbers.
fn list(directory: &Path) -> Result<String, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(|name| name.to_str()).ok_or("a file's name is no text")?;
        let number = name.split('_').next().and_then(|number| number.parse::<u32>().ok());
        let number = number.ok_or_else(|| format!("{name} does not begin with a number"))?;
        files.push((number, name.to_owned(), path));
    }
    files.sort();
    if let Some([(number, ..), _]) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(format!("two migrations in {} have the number {number}", directory.display()).into());
    }
    let mut source = String::from("&[\n");
    for (_, name, path) in &files {
        writeln!(source, "    Migration {{ name: {name:?}, sql: include_str!({path:?}) }},")?;
    }
    source.push(']');
    Ok(source)
}

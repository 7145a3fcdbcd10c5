//! Runs the samples of the explorer that stand beside it, one after the other. Each begins with a line of its name behind U+001E,
//! and ends with one of its error, if it has one, behind U+001F.

mod table;

fn main() {
    for (name, run) in table::SAMPLES {
        println!("\u{1e}{name}");
        match run() {
            Ok(()) => println!("\u{1f}"),
            Err(error) => println!("\u{1f}{error}"),
        }
    }
}

//! Has the program compiled again when what it embeds of `web/` was built anew.

fn main() {
    println!("cargo::rerun-if-changed=../../web/dist");
}

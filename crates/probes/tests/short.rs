//! A short run of every probe: its committed corpus, and variants of it that are the same on every run.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::path::PathBuf;

use muster_core::{random::Random, testing::Seeded};
use muster_probes::PROBES;

/// Variants of each probe's corpus.
const VARIANTS: u64 = 400;
/// What syntaxes turn on, for variants to hold.
const TOKENS: [&[u8]; 14] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"\\u0000",
    b"\n",
    b"-1",
    b"18446744073709551616",
    b"%00",
    b"\xff",
];

fn corpus(probe: &str) -> Vec<Vec<u8>> {
    let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(probe);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// A number below `bound`.
fn below(random: &Seeded, bound: usize) -> usize {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    usize::try_from(u64::from_le_bytes(bytes) % u64::try_from(bound).unwrap()).unwrap()
}

/// One of the corpus with a few changes: a byte replaced, a piece cut out, a token or a piece of another put in.
fn variant(corpus: &[Vec<u8>], random: &Seeded) -> Vec<u8> {
    let mut bytes = corpus[below(random, corpus.len())].clone();
    for _ in 0..=below(random, 4) {
        let at = below(random, bytes.len() + 1);
        let end = (at + below(random, 9)).min(bytes.len());
        match below(random, 4) {
            0 if at < bytes.len() => bytes[at] = u8::try_from(below(random, 256)).unwrap(),
            1 => drop(bytes.drain(at..end)),
            2 => drop(bytes.splice(at..at, TOKENS[below(random, TOKENS.len())].iter().copied())),
            _ => {
                let other = &corpus[below(random, corpus.len())];
                let from = below(random, other.len() + 1);
                let piece = other[from..(from + 16).min(other.len())].to_vec();
                drop(bytes.splice(at..end, piece));
            }
        }
    }
    bytes
}

#[test]
fn every_probe_holds_for_its_corpus_and_for_variants_of_it() {
    for (name, probe) in PROBES {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "{name} has no corpus");
        corpus.iter().for_each(|bytes| probe(bytes));
        let random = Seeded::new(20_261_128);
        for _ in 0..VARIANTS {
            probe(&variant(&corpus, &random));
        }
    }
}

#[test]
fn every_probe_has_a_target_that_make_fuzz_runs() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let read = |file: &str| std::fs::read_to_string(format!("{root}/{file}")).unwrap();
    let (manifest, makefile) = (read("fuzz/Cargo.toml"), read("Makefile"));
    let run: Vec<_> =
        makefile.lines().find_map(|line| line.strip_prefix("PROBE ?= ")).unwrap().split(' ').collect();
    assert_eq!(run, PROBES.map(|(name, _)| name));
    for name in run {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is no target of fuzz/Cargo.toml");
        assert!(
            read(&format!("fuzz/fuzz_targets/{name}.rs")).contains(&format!("muster_probes::{name}(bytes)"))
        );
    }
}

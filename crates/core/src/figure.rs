//! Figures that a part of the server counts about itself, for whoever watches it.

/// How a figure moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FigureKind {
    /// Up and down.
    Gauge,
    /// Only up, from 0 at the start of the process.
    Counter,
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Its name: lower case, words joined by `_`, without a prefix of the server's.
    pub name: &'static str,
    /// What it says, with its unit.
    pub help: &'static str,
    /// How it moves.
    pub kind: FigureKind,
    /// What it is now.
    pub value: u64,
}

impl Figure {
    /// A figure that moves up and down.
    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, kind: FigureKind::Gauge, value }
    }

    /// A figure that only rises.
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self { name, help, kind: FigureKind::Counter, value }
    }
}

//! `cargo xtask bench`: the figures of the README, measured here and now.

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Debug, Subcommand)]
pub enum Mesure {}

/// Runs a measurement.
pub fn execute(mesure: &Mesure) -> Result<()> {
    match *mesure {}
}

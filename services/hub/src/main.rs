//! `maillage-hub`: the command line, nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use hub::commande::{Commande, execute};

fn main() -> anyhow::Result<ExitCode> {
    execute(Commande::parse())
}

//! `maillage-hub`: the command line, nothing else.

use std::process::ExitCode;

use clap::Parser as _;
use hub::commande::{Commande, execute, explique};

fn main() -> ExitCode {
    execute(Commande::parse()).unwrap_or_else(|erreur| explique(&erreur))
}

//! `maillage-node`: the command line of a centre's node.

use std::process::ExitCode;

fn main() -> ExitCode {
    node::commande::execute()
}

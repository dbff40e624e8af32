//! `maillage-node`.
fn main() {}

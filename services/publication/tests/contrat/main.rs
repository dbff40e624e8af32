//! The wire contract as the other side sees it: what is accepted, what is refused and under which
//! name. One binary, so that it links once.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the forge is made of tests, outside `#[test]` too")]

mod chaine;
mod contenu;
mod enveloppe;
mod fabrique;
mod jetons;
mod vecteurs;

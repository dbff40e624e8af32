//! The wire contract between node and hub (steps 4 to 8 of the path): contents, envelopes, signatures,
//! receipts, chain heads, request proofs and refusals. No input or output, no runtime, no store.
//!
//! Two layers that never mix: a *statement* (envelope and body) lives for years and never expires; a
//! *request* (proof) lives for two minutes. Bytes are signed as they are and never re-serialised to
//! be verified.

pub mod accuse;
pub mod chaine;
pub mod cle;
pub mod contenu;
pub mod empreinte;
pub mod enveloppe;
pub mod fil;
mod jws;
pub mod manifeste;
pub mod pii;
pub mod possession;
pub mod preuve;
pub mod reference;
pub mod refus;
pub mod registre;
pub mod restauration;
pub mod sceau;
pub mod succession;
pub mod tete;
pub mod trousseau;
pub mod verification;

pub use accuse::{Accuse, Comptes, Motif, StatutAccuse};
pub use chaine::{Decision, TeteNoeud, decider};
pub use cle::{ClePublique, CleSignature};
pub use contenu::{Contenu, ContenuDispositifs, ContenuIndicateurs, DispositifPublie, Origine, TerritoirePublie};
pub use empreinte::{Empreinte, empreinte_corps, empreinte_enveloppe};
pub use enveloppe::{Enveloppe, Genre, Raison, References, Serie};
pub use refus::{CodeRefus, Probleme, Refus};
pub use sceau::{Acte, Emission, EntreeSignee, Place, PublicationSignee, SuiteChaine, sceller, sceller_acte};
pub use verification::{Attendu, EnveloppeVerifiee, PublicationVerifiee, verifier, verifier_enveloppe, verifier_suite};

/// JSON bytes of a type of this crate. None of them can fail to be written (no map with keys other
/// than text, no writer that fails); if one ever did, the empty text is refused by every reader.
fn octets<T: serde::Serialize>(valeur: &T) -> Vec<u8> {
    serde_json::to_vec(valeur).unwrap_or_default()
}

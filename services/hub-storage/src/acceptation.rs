//! What the store takes: an entry of a chain once examined. There is one way to make it, which runs the
//! hub's validation on a verified publication; unverified bytes, or bytes nobody examined, do not compile.
//!
//! ```compile_fail
//! fn stocke(verifiee: publication::PublicationVerifiee) -> hub_storage::Examen {
//!     hub_storage::Examen::Acceptee(Box::new(hub_storage::PublicationAcceptee(verifiee))) // verified is not accepted
//! }
//! ```
//!
//! ```
//! fn examine(enveloppe: publication::EnveloppeVerifiee, corps: &[u8]) -> Result<hub_storage::Examen, publication::Refus> {
//!     let lecture = publication::verifier(enveloppe.clone(), corps);
//!     hub_storage::Examen::conduire(enveloppe, lecture, |publication| {
//!         assert!(publication.contenu().taille() > 0);
//!         vec![] // no objection
//!     })
//! }
//! ```

use ::publication::{Empreinte, Enveloppe, EnveloppeVerifiee, Genre, PublicationVerifiee, Refus};

/// A publication whose content passed the hub's validation. Made by [`Examen::conduire`] only.
#[derive(Debug, Clone)]
pub struct PublicationAcceptee(PublicationVerifiee);

impl PublicationAcceptee {
    /// The verified publication.
    pub fn publication(&self) -> &PublicationVerifiee {
        &self.0
    }
}

/// An entry whose signature holds and whose content is refused, with at least one reason.
#[derive(Debug, Clone)]
pub struct EntreeRefusee {
    enveloppe: EnveloppeVerifiee,
    motifs: Vec<Refus>,
    cellules: u64,
}

impl EntreeRefusee {
    /// The signed envelope.
    pub fn enveloppe(&self) -> &EnveloppeVerifiee {
        &self.enveloppe
    }

    /// The reasons.
    pub fn motifs(&self) -> &[Refus] {
        &self.motifs
    }

    /// Cells or fiches read, 0 when the content could not be read.
    pub fn cellules(&self) -> u64 {
        self.cellules
    }
}

/// Outcome of the examination of an entry.
#[derive(Debug, Clone)]
pub enum Examen {
    /// To be stored and shown.
    Acceptee(Box<PublicationAcceptee>),
    /// To be recorded with its reasons; its position is consumed all the same.
    Refusee(Box<EntreeRefusee>),
    /// A withdrawal, a rotation, a restore or a heartbeat: nothing to examine but its place.
    Acte(Box<EnveloppeVerifiee>),
}

impl Examen {
    /// An entry without a body; `None` for a publication, whose content must be examined.
    pub fn acte(enveloppe: EnveloppeVerifiee) -> Option<Self> {
        (enveloppe.enveloppe().kind != Genre::Publication).then(|| Self::Acte(Box::new(enveloppe)))
    }

    /// The signed envelope, as received, and what it says.
    pub(crate) fn enveloppe(&self) -> (&str, &Enveloppe, Empreinte) {
        match self {
            Self::Acceptee(a) => (a.0.jws(), a.0.enveloppe(), a.0.empreinte()),
            Self::Refusee(r) => (r.enveloppe.jws(), r.enveloppe.enveloppe(), r.enveloppe.empreinte()),
            Self::Acte(e) => (e.jws(), e.enveloppe(), e.empreinte()),
        }
    }

    /// Runs the validation on what was read. An error of the protocol (a body that is not the signed one)
    /// is no examination at all: it is given back, and nothing may be stored.
    pub fn conduire(
        enveloppe: EnveloppeVerifiee,
        lecture: Result<PublicationVerifiee, Refus>,
        valide: impl FnOnce(&PublicationVerifiee) -> Vec<Refus>,
    ) -> Result<Self, Refus> {
        let (motifs, cellules, publication) = match lecture {
            Ok(publication) => (valide(&publication), publication.contenu().taille() as u64, Some(publication)),
            Err(refus) if refus.code().consomme_la_position() => (vec![refus], 0, None),
            Err(refus) => return Err(refus),
        };
        Ok(match publication {
            Some(publication) if motifs.is_empty() => Self::Acceptee(Box::new(PublicationAcceptee(publication))),
            _ => Self::Refusee(Box::new(EntreeRefusee { enveloppe, motifs, cellules })),
        })
    }
}

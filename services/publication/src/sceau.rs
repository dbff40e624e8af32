//! Step 4 of the path: the only place where a publication is signed. Once sealed, its bytes never
//! change; they are kept, sent and sent again as they are.

use chrono::{DateTime, Utc};

use crate::cle::CleSignature;
use crate::contenu::Contenu;
use crate::empreinte::{Empreinte, empreinte_corps, empreinte_enveloppe};
use crate::enveloppe::{self, CorpsAnnonce, Enveloppe, Genre, Raison, References};
use crate::refus::Refus;
use crate::{jws, octets, pii};

/// `typ` of a signed envelope.
pub const TYPE: &str = "maillage-env+jws";

/// Where the entry stands: in the node's chain, and in its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteChaine {
    /// Position, from 1.
    pub seq: u64,
    /// Digest of the envelope just before; none for the first.
    pub prev: Option<Empreinte>,
    /// Revision of the series, from 1.
    pub rev: u64,
    /// Digest of the envelope of the revision replaced; none for the first.
    pub supersedes: Option<Empreinte>,
    /// Why this revision.
    pub raison: Raison,
}

/// To whom, with which references, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emission {
    /// Identifier of the hub, exact.
    pub hub: String,
    /// Region.
    pub region: String,
    /// Versions pinned.
    pub references: References,
    /// The node's clock.
    pub cree_le: DateTime<Utc>,
    /// True for a trial that must not be counted.
    pub essai: bool,
}

/// A sealed publication: ready for the outbox. Made by [`sceller`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationSignee {
    enveloppe_jws: String,
    corps: Vec<u8>,
    empreinte: Empreinte,
    enveloppe: Enveloppe,
}

impl PublicationSignee {
    /// The signed envelope, as it is sent.
    pub fn enveloppe_jws(&self) -> &str {
        &self.enveloppe_jws
    }

    /// The body, as it is sent.
    pub fn corps(&self) -> &[u8] {
        &self.corps
    }

    /// Identity of the publication: digest of the envelope's payload.
    pub fn empreinte(&self) -> Empreinte {
        self.empreinte
    }

    /// Digest of the body, under which it is deposited.
    pub fn empreinte_corps(&self) -> Empreinte {
        empreinte_corps(&self.corps)
    }

    /// The claims.
    pub fn enveloppe(&self) -> &Enveloppe {
        &self.enveloppe
    }
}

/// Seals a content at its place in the chain. What the hub would refuse on its form, and whatever
/// looks like a person (C-CF-03), is refused here first: nothing has left yet.
pub fn sceller(
    contenu: &Contenu,
    suite: &SuiteChaine,
    emission: &Emission,
    cle: &CleSignature,
) -> Result<PublicationSignee, Refus> {
    let corps = contenu.octets();
    Contenu::lire(&corps)?;
    if let Some(refus) = pii::inspecter(contenu) {
        return Err(refus);
    }
    let enveloppe = Enveloppe {
        v: enveloppe::VERSION,
        iss: contenu.emetteur().clone(),
        aud: emission.hub.clone(),
        region: emission.region.clone(),
        seq: suite.seq,
        prev: suite.prev,
        kind: Genre::Publication,
        series: Some(contenu.serie()),
        rev: Some(suite.rev),
        supersedes: suite.supersedes,
        reason: Some(suite.raison),
        body: Some(CorpsAnnonce {
            sha256: empreinte_corps(&corps),
            len: corps.len() as u64,
            media: contenu.media().to_owned(),
        }),
        references: Some(emission.references.clone()),
        next: None,
        created_at: enveloppe::tronque(emission.cree_le),
        test: emission.essai,
    };
    enveloppe.coherente()?;
    let charge = octets(&enveloppe);
    let empreinte = empreinte_enveloppe(&charge);
    Ok(PublicationSignee { enveloppe_jws: jws::signer(TYPE, &charge, cle), corps, empreinte, enveloppe })
}

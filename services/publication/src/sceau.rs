//! Step 4 of the path: the only place where an entry of the chain is signed. Once sealed, its bytes never
//! change; they are kept, sent and sent again as they are.

use chrono::{DateTime, Utc};
use referentiel::identifiant::IdentifiantNoeud;

use crate::cle::{ClePublique, CleSignature};
use crate::contenu::Contenu;
use crate::empreinte::{Empreinte, empreinte_corps, empreinte_enveloppe};
use crate::enveloppe::{self, CorpsAnnonce, Enveloppe, Genre, NouvelleCle, Raison, References, Serie};
use crate::possession::{self, Usage};
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
    let EntreeSignee { jws: enveloppe_jws, empreinte, enveloppe } = signer(enveloppe, cle)?;
    Ok(PublicationSignee { enveloppe_jws, corps, empreinte, enveloppe })
}

fn signer(enveloppe: Enveloppe, cle: &CleSignature) -> Result<EntreeSignee, Refus> {
    enveloppe.coherente()?;
    let charge = octets(&enveloppe);
    Ok(EntreeSignee { jws: jws::signer(TYPE, &charge, cle), empreinte: empreinte_enveloppe(&charge), enveloppe })
}

/// A position in the chain, for an entry that belongs to no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Position, from 1.
    pub seq: u64,
    /// Digest of the envelope just before; none for the first.
    pub prev: Option<Empreinte>,
}

/// What an entry without a body does.
#[derive(Debug)]
pub enum Acte<'a> {
    /// Withdraws a series: the hub shows it no more, its history stays.
    Retrait {
        /// Series withdrawn.
        serie: Serie,
        /// Its next revision.
        rev: u64,
        /// Digest of the envelope of the revision withdrawn.
        supersedes: Empreinte,
        /// Why.
        raison: Raison,
    },
    /// Announces the key that signs from the next entry on. Signed by the old one, agreed by the new
    /// one: after a crash between the two, the chain alone says which is in force.
    Rotation {
        /// The new key.
        nouvelle: &'a CleSignature,
    },
    /// The node came back from a backup and took its history from the hub.
    Restauration,
    /// The node lives and has nothing to say: silence is visible at the hub.
    Battement,
}

/// A sealed entry without a body. Made by [`sceller_acte`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntreeSignee {
    jws: String,
    empreinte: Empreinte,
    enveloppe: Enveloppe,
}

impl EntreeSignee {
    /// The signed envelope, as it is sent.
    pub fn enveloppe_jws(&self) -> &str {
        &self.jws
    }

    /// Identity of the entry.
    pub fn empreinte(&self) -> Empreinte {
        self.empreinte
    }

    /// The claims.
    pub fn enveloppe(&self) -> &Enveloppe {
        &self.enveloppe
    }
}

/// Claims of an entry sealed here. Nothing is verified: the entry is one's own.
pub fn relire(jws: &str) -> Option<Enveloppe> {
    let lu = jws::lire(jws, TYPE).ok()?;
    jws::lire_objet(&lu.charge).ok()
}

/// Key that an entry sealed here announces, if it is a rotation.
pub fn cle_annoncee(jws: &str) -> Option<ClePublique> {
    relire(jws)?.next.map(|n| n.x)
}

/// Seals an entry without a body at its place in the chain.
pub fn sceller_acte(
    acte: &Acte<'_>,
    noeud: &IdentifiantNoeud,
    place: Place,
    emission: &Emission,
    cle: &CleSignature,
) -> Result<EntreeSignee, Refus> {
    let mut enveloppe = Enveloppe {
        v: enveloppe::VERSION,
        iss: noeud.clone(),
        aud: emission.hub.clone(),
        region: emission.region.clone(),
        seq: place.seq,
        prev: place.prev,
        kind: Genre::Battement,
        series: None,
        rev: None,
        supersedes: None,
        reason: None,
        body: None,
        references: None,
        next: None,
        created_at: enveloppe::tronque(emission.cree_le),
        test: emission.essai,
    };
    match acte {
        Acte::Battement => {}
        Acte::Restauration => enveloppe.kind = Genre::Restauration,
        Acte::Retrait { serie, rev, supersedes, raison } => {
            enveloppe.kind = Genre::Retrait;
            enveloppe.series = Some(serie.clone());
            enveloppe.rev = Some(*rev);
            enveloppe.supersedes = Some(*supersedes);
            enveloppe.reason = Some(*raison);
        }
        Acte::Rotation { nouvelle } => {
            let usage = Usage::Rotation { seq: place.seq };
            enveloppe.kind = Genre::Rotation;
            let proof = possession::prouver(nouvelle, noeud, &emission.hub, usage);
            enveloppe.next = Some(NouvelleCle { x: nouvelle.publique(), proof });
        }
    }
    signer(enveloppe, cle)
}

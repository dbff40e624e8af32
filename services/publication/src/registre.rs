//! The hub's register: an append-only Merkle tree (RFC 6962) over accepted publications. A leaf holds
//! digests only, of an envelope and of its receipt: what a body says can be erased, the proof stays.
//!
//! Nothing is read here. The tree lives in one table `(index, hash)`; a [`Question`] says which of
//! its rows it needs, the store fetches them, and the answer is computed from them. The tree itself
//! is `tlog_tiles`; this module gives it our types and holds its bounds.

pub mod controle;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tlog_tiles::{Hash, HashReader};

pub use controle::{Alarme, PointDeControle, nom_du_registre, suivre};

use crate::empreinte::{Empreinte, empreinte_accuse};

/// Largest tree: an index stays an integer that every JSON reader keeps exact.
pub const TAILLE_MAXIMALE: u64 = 1 << 50;

/// Longest proof accepted (C2SP tlog-witness).
pub const PREUVE_MAXIMALE: usize = 63;

/// Rows of the table of hashes.
pub type Hachages = BTreeMap<u64, Empreinte>;

/// Why the register cannot answer, or why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ErreurRegistre {
    /// A row of the tree is missing from the store.
    #[error("Le registre est incomplet : le hachage d’indice {0} manque.")]
    HachageAbsent(u64),
    /// A position outside the tree.
    #[error("La position {rang} est hors du registre, qui compte {taille} feuilles.")]
    HorsRegistre {
        /// Position asked.
        rang: u64,
        /// Leaves of the tree.
        taille: u64,
    },
    /// The tree says otherwise.
    #[error("La preuve ne correspond pas au registre annoncé.")]
    PreuveFausse,
}

/// What is recorded of an accepted publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feuille {
    /// Digest of the envelope.
    pub env: Empreinte,
    /// SHA-256 of the signed receipt.
    pub accuse: Empreinte,
}

impl Feuille {
    /// The leaf of an envelope and its signed receipt.
    pub fn nouvelle(env: Empreinte, accuse_jws: &str) -> Self {
        Self { env, accuse: empreinte_accuse(accuse_jws) }
    }

    /// Hash of the leaf (RFC 6962: a zero byte, then the two digests).
    pub fn hachage(&self) -> Empreinte {
        hacher_feuille(&[*self.env.octets(), *self.accuse.octets()].concat())
    }
}

fn hacher_feuille(octets: &[u8]) -> Empreinte {
    Empreinte::depuis_octets(tlog_tiles::record_hash(octets).0)
}

/// What is asked of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Rows to write for one more leaf on a tree of this size.
    Ajout {
        /// Leaves before.
        taille: u64,
    },
    /// Root of the tree at this size.
    Racine {
        /// Leaves.
        taille: u64,
    },
    /// Path of a leaf.
    Inclusion {
        /// Position of the leaf, from 0.
        rang: u64,
        /// Leaves.
        taille: u64,
    },
    /// That the tree of one size begins with the tree of another.
    Coherence {
        /// Leaves of the older tree.
        ancienne: u64,
        /// Leaves of the newer one.
        nouvelle: u64,
    },
}

impl Question {
    /// Rows of the table that the answer needs.
    pub fn indices(&self) -> Vec<u64> {
        let releve = Releve::default();
        // The reader notes what it is asked and answers nothing: the failure is the point.
        let _ = match *self {
            Self::Ajout { taille } if taille < TAILLE_MAXIMALE => {
                tlog_tiles::stored_hashes_for_record_hash(taille, Hash::default(), &releve).map(|_| ())
            }
            Self::Racine { taille } if taille <= TAILLE_MAXIMALE => tlog_tiles::tree_hash(taille, &releve).map(|_| ()),
            Self::Inclusion { rang, taille } if taille <= TAILLE_MAXIMALE => {
                tlog_tiles::prove_record(taille, rang, &releve).map(|_| ())
            }
            Self::Coherence { ancienne, nouvelle } if nouvelle <= TAILLE_MAXIMALE => {
                tlog_tiles::prove_tree(nouvelle, ancienne, &releve).map(|_| ())
            }
            _ => Ok(()),
        };
        releve.0.into_inner()
    }
}

/// Rows to insert for one more leaf, from those of [`Question::Ajout`].
pub fn ajouter(taille: u64, feuille: &Feuille, connus: &Hachages) -> Result<Vec<(u64, Empreinte)>, ErreurRegistre> {
    ajouter_hachage(taille, feuille.hachage(), connus)
}

fn ajouter_hachage(
    taille: u64,
    feuille: Empreinte,
    connus: &Hachages,
) -> Result<Vec<(u64, Empreinte)>, ErreurRegistre> {
    if taille >= TAILLE_MAXIMALE {
        return Err(ErreurRegistre::HorsRegistre { rang: taille, taille: TAILLE_MAXIMALE });
    }
    let lecteur = Lecteur::sur(connus, Question::Ajout { taille })?;
    let hachages = tlog_tiles::stored_hashes_for_record_hash(taille, Hash(*feuille.octets()), &lecteur)
        .map_err(|_| ErreurRegistre::PreuveFausse)?;
    let premier = tlog_tiles::stored_hash_index(0, taille);
    Ok((premier..).zip(hachages.into_iter().map(|h| Empreinte::depuis_octets(h.0))).collect())
}

/// Root of the tree, from the rows of [`Question::Racine`].
pub fn racine(taille: u64, connus: &Hachages) -> Result<Empreinte, ErreurRegistre> {
    let lecteur = Lecteur::sur(connus, Question::Racine { taille })?;
    let hachage = tlog_tiles::tree_hash(taille, &lecteur).map_err(|_| ErreurRegistre::PreuveFausse)?;
    Ok(Empreinte::depuis_octets(hachage.0))
}

/// That a leaf stands in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreuveInclusion {
    /// Position of the leaf, from 0.
    pub leaf: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// Hashes beside the path, from the leaf up.
    pub path: Vec<Empreinte>,
}

/// Path of a leaf, from the rows of [`Question::Inclusion`].
pub fn prouver_inclusion(rang: u64, taille: u64, connus: &Hachages) -> Result<PreuveInclusion, ErreurRegistre> {
    if rang >= taille {
        return Err(ErreurRegistre::HorsRegistre { rang, taille });
    }
    let lecteur = Lecteur::sur(connus, Question::Inclusion { rang, taille })?;
    let chemin = tlog_tiles::prove_record(taille, rang, &lecteur).map_err(|_| ErreurRegistre::PreuveFausse)?;
    Ok(PreuveInclusion { leaf: rang, size: taille, path: empreintes(chemin) })
}

impl PreuveInclusion {
    /// The leaf stands at its position in the tree of this root.
    pub fn verifier(&self, feuille: &Feuille, racine: Empreinte) -> Result<(), ErreurRegistre> {
        self.verifier_hachage(feuille.hachage(), racine)
    }

    fn verifier_hachage(&self, feuille: Empreinte, racine: Empreinte) -> Result<(), ErreurRegistre> {
        borner(self.size, &self.path)?;
        let (racine, feuille) = (Hash(*racine.octets()), Hash(*feuille.octets()));
        tlog_tiles::check_record(&hachages(&self.path), self.size, racine, self.leaf, feuille)
            .map_err(|_| ErreurRegistre::PreuveFausse)
    }
}

/// That nothing was rewritten between two sizes of one incarnation of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreuveCoherence {
    /// Incarnation of the log: two logs of equal size would otherwise look like a rewritten one.
    pub epoch: u64,
    /// Leaves of the older tree.
    pub from: u64,
    /// Leaves of the newer one.
    pub to: u64,
    /// Hashes.
    pub path: Vec<Empreinte>,
}

/// Proof between two sizes, from the rows of [`Question::Coherence`].
pub fn prouver_coherence(
    epoque: u64,
    ancienne: u64,
    nouvelle: u64,
    connus: &Hachages,
) -> Result<PreuveCoherence, ErreurRegistre> {
    if ancienne == 0 || ancienne > nouvelle {
        return Err(ErreurRegistre::HorsRegistre { rang: ancienne, taille: nouvelle });
    }
    let lecteur = Lecteur::sur(connus, Question::Coherence { ancienne, nouvelle })?;
    let chemin = tlog_tiles::prove_tree(nouvelle, ancienne, &lecteur).map_err(|_| ErreurRegistre::PreuveFausse)?;
    Ok(PreuveCoherence { epoch: epoque, from: ancienne, to: nouvelle, path: empreintes(chemin) })
}

impl PreuveCoherence {
    /// The newer tree begins with the older one.
    pub fn verifier(&self, ancienne: Empreinte, nouvelle: Empreinte) -> Result<(), ErreurRegistre> {
        borner(self.to, &self.path)?;
        let (ancienne, nouvelle) = (Hash(*ancienne.octets()), Hash(*nouvelle.octets()));
        tlog_tiles::check_tree(&hachages(&self.path), self.to, nouvelle, self.from, ancienne)
            .map_err(|_| ErreurRegistre::PreuveFausse)
    }
}

/// A proof comes from the other side: bounded before the tree's own code sees it.
fn borner(taille: u64, chemin: &[Empreinte]) -> Result<(), ErreurRegistre> {
    if taille > TAILLE_MAXIMALE || chemin.len() > PREUVE_MAXIMALE { Err(ErreurRegistre::PreuveFausse) } else { Ok(()) }
}

fn empreintes(hachages: Vec<Hash>) -> Vec<Empreinte> {
    hachages.into_iter().map(|h| Empreinte::depuis_octets(h.0)).collect()
}

fn hachages(empreintes: &[Empreinte]) -> Vec<Hash> {
    empreintes.iter().map(|e| Hash(*e.octets())).collect()
}

/// Notes the rows asked for.
#[derive(Default)]
struct Releve(RefCell<Vec<u64>>);

impl HashReader for Releve {
    fn read_hashes(&self, indices: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        self.0.borrow_mut().extend_from_slice(indices);
        Err(tlog_tiles::Error::IndexesNotInTree)
    }
}

/// Gives the rows, all known to be there.
struct Lecteur<'a>(&'a Hachages);

impl<'a> Lecteur<'a> {
    fn sur(connus: &'a Hachages, question: Question) -> Result<Self, ErreurRegistre> {
        let absent = question.indices().into_iter().find(|indice| !connus.contains_key(indice));
        absent.map_or(Ok(Self(connus)), |indice| Err(ErreurRegistre::HachageAbsent(indice)))
    }
}

impl HashReader for Lecteur<'_> {
    fn read_hashes(&self, indices: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        let lus = indices.iter().map(|indice| self.0.get(indice).map(|e| Hash(*e.octets())));
        lus.collect::<Option<_>>().ok_or(tlog_tiles::Error::IndexesNotInTree)
    }
}

#[cfg(test)]
mod tests;

//! Pure decisions about a node's chain, the same at both ends and in the simulation: no store, no
//! clock. Contiguous positions, one digest for each position, `prev` that matches (invariant I3).

use crate::accuse::{Accuse, StatutAccuse};
use crate::empreinte::Empreinte;
use crate::enveloppe::Enveloppe;
use crate::refus::{CodeRefus, Refus};

/// Last entry of a node's chain. The default is the empty chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TeteNoeud {
    /// Position; 0 before the first entry.
    pub seq: u64,
    /// Digest of that entry; none before the first.
    pub empreinte: Option<Empreinte>,
}

/// What the hub does with an envelope whose signature holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It follows the head.
    Nouvelle,
    /// Already received at this position: answer the stored receipt, byte for byte.
    Doublon,
    /// An earlier entry is missing.
    Trou {
        /// Position the hub waits for.
        attendu: u64,
    },
    /// Another entry is already known at this position: keep both as evidence.
    Fourche {
        /// Digest held.
        connue: Empreinte,
    },
    /// It follows the head's position but not its entry: the two histories differ before it.
    AutreHistoire {
        /// Digest of the hub's head.
        tete: Option<Empreinte>,
    },
}

impl Decision {
    /// The refusal to answer, when the entry is neither new nor a duplicate.
    pub fn refus(&self) -> Option<Refus> {
        match self {
            Self::Nouvelle | Self::Doublon => None,
            Self::Trou { attendu } => {
                Some(Refus::nouveau(CodeRefus::ChainGap, format!("Position attendue : {attendu}.")))
            }
            Self::Fourche { connue } => Some(Refus::nouveau(
                CodeRefus::ChainFork,
                format!("Empreinte déjà connue à cette position : {connue}."),
            )),
            Self::AutreHistoire { tete } => Some(Refus::nouveau(
                CodeRefus::ChainFork,
                tete.map_or_else(
                    || "La chaîne est vide : la première entrée n’en suit aucune.".to_owned(),
                    |t| format!("L’entrée ne suit pas la dernière connue, d’empreinte {t}."),
                ),
            )),
        }
    }
}

impl TeteNoeud {
    /// The head after this entry.
    #[must_use]
    pub fn apres(seq: u64, empreinte: Empreinte) -> Self {
        Self { seq, empreinte: Some(empreinte) }
    }

    /// Position of the next entry.
    pub fn suivante(&self) -> u64 {
        self.seq + 1
    }
}

/// Decides on an envelope. `a_cette_place` is the digest already held at its position, if any: the
/// head alone cannot tell a duplicate of an older entry from a fork.
pub fn decider(
    tete: &TeteNoeud,
    enveloppe: &Enveloppe,
    empreinte: Empreinte,
    a_cette_place: Option<Empreinte>,
) -> Decision {
    match a_cette_place {
        Some(connue) if connue == empreinte => Decision::Doublon,
        Some(connue) => Decision::Fourche { connue },
        None if enveloppe.seq != tete.suivante() => Decision::Trou { attendu: tete.suivante() },
        None if enveloppe.prev == tete.empreinte => Decision::Nouvelle,
        None => Decision::AutreHistoire { tete: tete.empreinte },
    }
}

/// What a new revision does to its series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Succession {
    /// It becomes the current revision.
    Remplace,
    /// A greater or equal revision is already current: receipt `stale`, totals unchanged.
    Perimee {
        /// Revision that stays current.
        courante: u64,
    },
}

/// Compares a revision with the current one of its series (0 or none before the first). The order of
/// arrival never counts: revisions that cross on the way end in the same state.
pub fn succession(courante: Option<u64>, rev: u64) -> Succession {
    match courante {
        Some(courante) if courante >= rev => Succession::Perimee { courante },
        _ => Succession::Remplace,
    }
}

/// What a node does after it compared its own head with the one the hub announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reprise {
    /// Both hold the same history.
    AJour,
    /// The hub misses entries: send again, from this position, the very bytes that were sealed.
    Renvoyer {
        /// First position to send.
        depuis: u64,
    },
    /// The node misses entries (it came back from a backup): take its own history from the hub.
    Recuperer {
        /// First position to fetch.
        depuis: u64,
    },
    /// Two histories: stop, keep the evidence, call the administrator.
    Fourche,
}

/// Compares heads. `scellee_a` gives the digest the node sealed at a position, if it kept it.
pub fn comparer_tetes(
    locale: &TeteNoeud,
    distante: &TeteNoeud,
    scellee_a: impl Fn(u64) -> Option<Empreinte>,
) -> Reprise {
    if distante.seq > locale.seq {
        return Reprise::Recuperer { depuis: locale.suivante() };
    }
    if distante.seq > 0 && scellee_a(distante.seq) != distante.empreinte {
        return Reprise::Fourche;
    }
    if distante.seq == locale.seq { Reprise::AJour } else { Reprise::Renvoyer { depuis: distante.suivante() } }
}

/// What the node knows of the hub's log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EpoqueConnue {
    /// Greatest incarnation announced.
    pub epoque: u64,
    /// Last position of the node's chain that this incarnation kept from the one before.
    pub plancher: u64,
}

/// Accepts a receipt only if it answers the node's own bytes, and if the incarnation of the log that
/// gave it still holds that position. `scellee` is the digest the node sealed at `accuse.seq`.
pub fn accepter_accuse(
    accuse: &Accuse,
    scellee: Option<Empreinte>,
    connue: EpoqueConnue,
) -> Result<StatutAccuse, Refus> {
    let invalide = |detail: String| Err(Refus::nouveau(CodeRefus::ReceiptInvalid, detail));
    if scellee != Some(accuse.env) {
        return invalide(format!(
            "L’accusé répond à une autre enveloppe que celle scellée en position {}.",
            accuse.seq
        ));
    }
    if accuse.log_epoch < connue.epoque && accuse.seq > connue.plancher {
        return invalide(format!("L’accusé vient d’une époque du registre ({}) abandonnée depuis.", accuse.log_epoch));
    }
    Ok(accuse.status)
}

//! Pure decisions about a node's chain, the same at both ends and in the simulation: no store, no
//! clock. Contiguous positions, one digest for each position, `prev` that matches (invariant I3).

use serde::{Deserialize, Serialize};

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

/// What a restore of the hub kept, as its statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gardees {
    /// Incarnation left.
    pub de_epoque: u64,
    /// Leaves of it that were kept.
    pub feuilles: u64,
}

/// What the node knows of the hub's log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EpoqueConnue {
    /// Greatest incarnation announced.
    pub epoque: u64,
    /// Last position of the node's chain when it first heard of the hub: what was recorded before is believed.
    pub plancher: u64,
    /// Every restore since, in order.
    pub gardees: Vec<Gardees>,
}

impl EpoqueConnue {
    /// True when the incarnation that gave this receipt was left, and its leaf was not kept. Positions alone
    /// would not tell: the hub may have recorded again, under another receipt, what it had lost, before the
    /// node heard of the restore.
    fn perdu(&self, accuse: &Accuse) -> bool {
        let depuis = self.gardees.iter().filter(|g| g.de_epoque >= accuse.log_epoch);
        let connue = self.gardees.first().is_some_and(|g| g.de_epoque <= accuse.log_epoch);
        match depuis.map(|g| g.feuilles).min() {
            _ if accuse.log_epoch >= self.epoque => false,
            Some(gardees) if connue => accuse.leaf >= gardees,
            gardees => accuse.seq > self.plancher || gardees.is_some_and(|g| accuse.leaf >= g),
        }
    }
}

/// Accepts a receipt only if it answers the node's own bytes, and if the incarnation of the log that
/// gave it still holds that position. `scellee` is the digest the node sealed at `accuse.seq`.
pub fn accepter_accuse(
    accuse: &Accuse,
    scellee: Option<Empreinte>,
    connue: &EpoqueConnue,
) -> Result<StatutAccuse, Refus> {
    let invalide = |detail: String| Err(Refus::nouveau(CodeRefus::ReceiptInvalid, detail));
    if scellee != Some(accuse.env) {
        return invalide(format!(
            "L’accusé répond à une autre enveloppe que celle scellée en position {}.",
            accuse.seq
        ));
    }
    if connue.perdu(accuse) {
        return invalide(format!("L’accusé vient d’une époque du registre ({}) abandonnée depuis.", accuse.log_epoch));
    }
    Ok(accuse.status)
}

//! The protected table: the only thing that may be signed, and the node's private account of it.

use referentiel::Decimal;
use referentiel::cellule::{Cle, Statut};
use serde::{Deserialize, Serialize};

use crate::politique::Politique;

/// A value that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValeurPubliee {
    /// A count of persons.
    Effectif(u64),
    /// A figure with decimals.
    Decimal(Decimal),
    /// A rate, as its two terms: regional rate = Σ numerators / Σ denominators.
    Taux {
        /// Numerator.
        numerateur: Decimal,
        /// Denominator.
        denominateur: Decimal,
    },
}

/// Two ends of a masked count, both possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cadre {
    /// Smallest.
    pub bas: u64,
    /// Largest.
    pub haut: u64,
}

impl Cadre {
    /// True when the value lies between the ends.
    pub fn contient(self, valeur: u64) -> bool {
        (self.bas..=self.haut).contains(&valeur)
    }
}

/// A cell that may leave the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CelluleProtegee {
    /// What it is about.
    #[serde(flatten)]
    pub cle: Cle,
    /// The value, absent for every status that does not show one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valeur: Option<ValeurPubliee>,
    /// What a masked count lies between, where the jeu publishes intervals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadre: Option<Cadre>,
    /// Why there is a value, or none.
    pub statut: Statut,
}

/// Why a cell is masked; stays inside the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Motif {
    /// The count itself, or the number of contributors, is under the threshold.
    Seuil,
    /// Equal to its margin on a sensitive axis: would tell that everybody there has this value.
    Groupe,
    /// All of its margin but a few, on a sensitive axis.
    Ecart,
    /// One contributor makes up too much of an amount.
    Dominance,
    /// Shown before, changed by too few persons, and the old value no longer adds up.
    Revision,
    /// Would let a masked cell be computed.
    Complementaire,
    /// A term of the rate, or a term of the combination, is masked.
    Terme,
    /// Masked in an earlier vintage or for another audience.
    DejaMasquee,
}

impl Motif {
    /// True when the cell is sensitive by itself.
    pub fn est_primaire(self) -> bool {
        matches!(self, Self::Seuil | Self::Groupe | Self::Ecart | Self::Dominance)
    }

    /// The reason in a sentence, for the node's own agent.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Seuil => "l’effectif est inférieur au seuil",
            Self::Groupe => {
                "toute la marge est dans une seule modalité sensible : la montrer dirait le handicap de chacun"
            }
            Self::Ecart => {
                "il ne manque que quelques personnes pour que toute la marge soit dans cette modalité sensible"
            }
            Self::Dominance => "un seul contributeur fait presque tout le montant",
            Self::Revision => "la correction porte sur trop peu de personnes pour être montrée",
            Self::Complementaire => "sa valeur permettrait de calculer une cellule masquée",
            Self::Terme => "elle dépend d’une cellule masquée",
            Self::DejaMasquee => "elle a été masquée dans une publication antérieure ou pour une audience plus proche",
        }
    }
}

/// The reader that a table was proved against. He knows the rules, all that is shown, and what adds up to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lecteur {
    /// He knows that every zero is shown: whatever is masked holds somebody.
    #[default]
    SaitLesZerosMontres,
    /// He takes nothing for granted of a masked cell but that it is not negative.
    NeSupposeRien,
}

impl Lecteur {
    /// The threat, in a sentence, for the node's own agent.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::SaitLesZerosMontres => {
                "Contrôlé contre un lecteur qui connaît la règle, toutes les cases montrées et toutes les sommes ; il sait aussi que les zéros sont montrés, donc qu’une case masquée compte quelqu’un."
            }
            Self::NeSupposeRien => {
                "Contrôlé contre un lecteur qui connaît toutes les cases montrées et toutes les sommes, et qui ne tient pas pour acquis qu’une case masquée compte quelqu’un ; s’il le supposait, il pourrait calculer certaines cases."
            }
        }
    }
}

/// What a rounding is, and who it was proved against.
const ARRONDI: &str = "Chaque effectif est remplacé par un multiple de 5 voisin, et les sommes restent justes. Contrôlé contre un lecteur qui connaît la règle et tous les effectifs arrondis.";

/// What the node tells its own agent about a protection. Never serialised, never sent.
#[derive(Debug, Clone, Default)]
pub struct Rapport {
    /// Cells shown.
    pub publiees: usize,
    /// Cells masked by their own count.
    pub primaires: usize,
    /// Cells masked to protect others.
    pub complementaires: usize,
    /// Reason of each masked cell.
    pub motifs: Vec<(Cle, Motif)>,
    /// Crossings withdrawn whole, because no pattern of masks could protect them.
    pub croisements_retires: Vec<crate::retrait::Croisement>,
    /// Cells that still show their earlier value: the correction is of too few persons.
    pub differees: Vec<Cle>,
    /// Persons counted in the cells masked to protect others: what readers lose.
    pub perte: u64,
    /// Smallest width proved for a masked count; `None` when none is masked.
    pub largeur_atteinte: Option<u64>,
    /// Who that was proved against.
    pub lecteur: Lecteur,
    /// Counts shown as a multiple of five.
    pub arrondies: usize,
    /// Masked counts framed by two ends.
    pub encadrees: usize,
    /// Categories published without their detail.
    pub plis: Vec<crate::politiques::plis::Pli>,
    /// Why the table is masked though its jeu asks for something else.
    pub repli: Option<String>,
}

impl Rapport {
    /// What was done and who it was proved against, for the node's own agent; nothing when all is shown as it is.
    pub fn phrase(&self) -> Option<String> {
        let mut phrases: Vec<String> = self.repli.iter().cloned().collect();
        if self.arrondies > 0 {
            phrases.push(ARRONDI.to_owned());
        } else if let Some(largeur) = self.largeur_atteinte {
            phrases.push(format!(
                "Toute case masquée garde un intervalle d’au moins {largeur}. {}",
                self.lecteur.phrase()
            ));
        }
        if self.encadrees > 0 {
            phrases
                .push("Chaque effectif masqué est publié avec deux bornes, que ce lecteur connaît aussi.".to_owned());
        }
        phrases.extend(self.plis.iter().map(|pli| format!("Catégorie regroupée : {pli}.")));
        (!phrases.is_empty()).then(|| phrases.join(" "))
    }

    /// Why this cell is masked or delayed, in a sentence; nothing when it is shown as it is.
    pub fn expliquer(&self, cle: &Cle) -> Option<String> {
        if self.differees.contains(cle) {
            return Some(format!(
                "« {cle} » montre encore sa valeur antérieure : la correction porte sur moins de personnes que le seuil."
            ));
        }
        let (_, motif) = self.motifs.iter().find(|(c, _)| c == cle)?;
        Some(format!("« {cle} » est masquée : {}.", motif.phrase()))
    }
}

/// Step 3 of the path. Private fields: only [`crate::proteger`] makes one.
#[derive(Debug, Clone)]
pub struct TableProtegee {
    pub(crate) jeu: String,
    pub(crate) politique: Politique,
    pub(crate) cellules: Vec<CelluleProtegee>,
    pub(crate) rapport: Rapport,
}

impl TableProtegee {
    /// Name of the jeu.
    pub fn jeu(&self) -> &str {
        &self.jeu
    }

    /// Says, to the node's own agent, why the table is masked though its jeu asks for something else.
    pub fn explique_le_repli(&mut self, raison: &str) {
        self.rapport.repli = Some(raison.to_owned());
    }

    /// Rules that were applied.
    pub fn politique(&self) -> &Politique {
        &self.politique
    }

    /// The cells, sorted by key.
    pub fn cellules(&self) -> &[CelluleProtegee] {
        &self.cellules
    }

    /// The node's own account, for its preview.
    pub fn rapport(&self) -> &Rapport {
        &self.rapport
    }
}

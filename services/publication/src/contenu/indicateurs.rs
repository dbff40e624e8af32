//! Body of a data set made of protected tables, one for each audience.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use referentiel::cellule::{Audience, Statut};
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::jeu::Methode;
use referentiel::periode::Trimestre;
use referentiel::territoire::Niveau;
use secret_statistique::politiques::arrondi::BASE;
use secret_statistique::relations::Parents;
use secret_statistique::{CelluleProtegee, Politique, TableProtegee, ValeurPubliee};
use serde::{Deserialize, Serialize};

use super::{JEU_DISPOSITIF, Origine, Sel, VERSION, invalide};
use crate::refus::{CodeRefus, Refus};

/// Territory just above another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parent {
    /// Level.
    pub niveau: Niveau,
    /// Code at that level.
    pub code: String,
}

/// A territory that cells refer to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerritoirePublie {
    /// Level.
    pub niveau: Niveau,
    /// Code at that level: `70`, `BFC01`, `BFC01/Structure Horizon`.
    pub code: String,
    /// Name, when the hub cannot know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nom: Option<String>,
    /// Territory just above; none for the highest published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

/// A record of a declared list (a prestation, a good practice, a group of communes): texts by field, of
/// what the jeu publishes. Never a row about a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FichePubliee {
    /// List of the jeu.
    pub liste: String,
    /// What names it in the list.
    pub cle: String,
    /// Fields: texts, codes, decimals in digits, months as `2026-04`, `oui` and `non`.
    pub champs: BTreeMap<String, String>,
}

/// What one audience may see, and the rules it was protected with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContenuAudience {
    /// Rules applied, for the hub to check again.
    pub politique: Politique,
    /// Cells, sorted by key.
    #[serde(with = "super::cellule")]
    pub cellules: Vec<CelluleProtegee>,
    /// Records, sorted by list and name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fiches: Vec<FichePubliee>,
}

/// Protected tables of a data set. Private fields: made from protected tables, or read from signed bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContenuIndicateurs {
    salt: Sel,
    v: u64,
    jeu: String,
    version_jeu: String,
    emetteur: IdentifiantNoeud,
    periode: Trimestre,
    date: NaiveDate,
    territoires: Vec<TerritoirePublie>,
    audiences: Vec<ContenuAudience>,
}

impl ContenuIndicateurs {
    pub(super) fn nouveau(
        protegees: &[&TableProtegee],
        mut fiches: BTreeMap<Audience, Vec<FichePubliee>>,
        origine: Origine,
        mut territoires: Vec<TerritoirePublie>,
        salt: Sel,
    ) -> Result<Self, Refus> {
        let [premiere, autres @ ..] = protegees else {
            return Err(invalide("Aucune table à publier : protégez au moins une table."));
        };
        if let Some(autre) = autres.iter().find(|t| t.jeu() != premiere.jeu()) {
            return Err(invalide(format!("Deux jeux dans un même contenu : {} et {}.", premiere.jeu(), autre.jeu())));
        }
        territoires.sort();
        let mut audiences: Vec<ContenuAudience> = protegees
            .iter()
            .map(|t| {
                let mut fiches = fiches.remove(&t.politique().audience).unwrap_or_default();
                fiches.sort();
                ContenuAudience { politique: t.politique().clone(), cellules: t.cellules().to_vec(), fiches }
            })
            .collect();
        if let Some(audience) = fiches.keys().next() {
            return Err(invalide(format!("Des fiches pour l’audience « {} », qui n’a pas de table.", audience.code())));
        }
        audiences.sort_by_key(|a| a.politique.audience);
        let Origine { version_jeu, emetteur, periode, date } = origine;
        let jeu = premiere.jeu().to_owned();
        let contenu = Self { salt, v: VERSION, jeu, version_jeu, emetteur, periode, date, territoires, audiences };
        contenu.coherent()?;
        Ok(contenu)
    }

    pub(super) fn version(&self) -> u64 {
        self.v
    }

    /// Name of the data set.
    pub fn jeu(&self) -> &str {
        &self.jeu
    }

    /// Version of its definition.
    pub fn version_jeu(&self) -> &str {
        &self.version_jeu
    }

    /// Node that publishes.
    pub fn emetteur(&self) -> &IdentifiantNoeud {
        &self.emetteur
    }

    /// Quarter.
    pub fn periode(&self) -> Trimestre {
        self.periode
    }

    /// Date the figures describe.
    pub fn date(&self) -> NaiveDate {
        self.date
    }

    /// Territories that the cells refer to, sorted.
    pub fn territoires(&self) -> &[TerritoirePublie] {
        &self.territoires
    }

    /// Territory just above each, for whoever adds cells up.
    pub fn parents(&self) -> Parents {
        let place = |t: &TerritoirePublie| {
            let p = t.parent.as_ref()?;
            Some(((t.niveau, t.code.clone()), (p.niveau, p.code.clone())))
        };
        self.territoires.iter().filter_map(place).collect()
    }

    /// One table for each audience, sorted by audience.
    pub fn audiences(&self) -> &[ContenuAudience] {
        &self.audiences
    }

    /// The table of an audience.
    pub fn audience(&self, audience: Audience) -> Option<&ContenuAudience> {
        self.audiences.iter().find(|a| a.politique.audience == audience)
    }

    /// What the types alone do not hold: order, unicity, value against status, territories declared.
    pub(super) fn coherent(&self) -> Result<(), Refus> {
        if self.jeu == JEU_DISPOSITIF {
            return Err(invalide(format!("Le jeu {JEU_DISPOSITIF} se publie par fiches, non par tables.")));
        }
        if self.audiences.is_empty() {
            return Err(invalide("Aucune table d’audience."));
        }
        if !croissant(&self.audiences, |a| a.politique.audience) {
            return Err(invalide("Chaque audience doit figurer une seule fois, dans l’ordre."));
        }
        if !croissant(&self.territoires, |t| (t.niveau, t.code.as_str())) {
            return Err(invalide("Chaque territoire doit figurer une seule fois, dans l’ordre."));
        }
        let declares: BTreeSet<(Niveau, &str)> = self.territoires.iter().map(|t| (t.niveau, t.code.as_str())).collect();
        for audience in &self.audiences {
            if !croissant(&audience.cellules, |c| &c.cle) {
                return Err(invalide("Chaque cellule doit figurer une seule fois, dans l’ordre des clés."));
            }
            if !croissant(&audience.fiches, |f| (f.liste.as_str(), f.cle.as_str())) {
                return Err(invalide("Chaque fiche doit figurer une seule fois, dans l’ordre des listes et des noms."));
            }
            for cellule in &audience.cellules {
                if cellule.valeur.is_some() != cellule.statut.montre_valeur() {
                    let detail = format!("Le statut « {} » contredit la valeur.", cellule.statut.code());
                    return Err(invalide(detail).sur_cellule(&cellule.cle));
                }
                suit_la_methode(cellule, audience.politique.methode)?;
                if !declares.contains(&(cellule.cle.niveau, cellule.cle.territoire.as_str())) {
                    let detail = "Le territoire de la cellule n’est pas déclaré dans « territoires ».";
                    return Err(Refus::nouveau(CodeRefus::RefUnknownCode, detail).sur_cellule(&cellule.cle));
                }
            }
        }
        Ok(())
    }
}

/// Frames and roundings stand where the rules of the table announce them, and there alone.
fn suit_la_methode(cellule: &CelluleProtegee, methode: Methode) -> Result<(), Refus> {
    let refus = |detail: &str| Err(invalide(detail).sur_cellule(&cellule.cle));
    if cellule.cadre.is_some() && (cellule.statut != Statut::Secret || methode != Methode::Intervalles) {
        return refus("Un cadre est donné à une cellule qui n’en demande pas.");
    }
    if (cellule.statut == Statut::Arrondi) && methode != Methode::Arrondi {
        return refus("La cellule est arrondie, la politique de sa table ne l’est pas.");
    }
    match cellule.valeur {
        Some(ValeurPubliee::Effectif(n)) if methode == Methode::Arrondi => {
            if cellule.statut == Statut::Arrondi && n.is_multiple_of(BASE) {
                return Ok(());
            }
            refus("L’effectif devait être arrondi à un multiple de 5, et dit comme tel.")
        }
        _ => Ok(()),
    }
}

/// Strictly increasing, hence without duplicates.
pub(super) fn croissant<'a, T, C: Ord>(liste: &'a [T], cle: impl Fn(&'a T) -> C) -> bool {
    liste.windows(2).all(|paire| matches!(paire, [a, b] if cle(a) < cle(b)))
}

//! What is followed for each case, as data (`schema/conventions/suivi/*.toml`): supporting documents and when they are due,
//! steps and their order, tariffs, internal follow-up tables. Cases are nominative: nothing of this leaves the node.

use std::sync::LazyLock;

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::format::{date, euros};
use referentiel::texte::plie;
use serde::{Deserialize, Serialize};

use super::cas::Cas;
use super::duree::terme;
use super::modele::convention;

/// When a document is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Exigence {
    /// At each bilan.
    Bilan,
    /// When the FIPHFP asks for it.
    Demande,
}

/// A supporting document.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Actions it is due for; all of them when empty.
    pub actions: Vec<String>,
    /// Code.
    pub code: String,
    /// What it is.
    pub libelle: String,
    /// When it is due.
    pub exigence: Exigence,
    /// Fields that make it; without any, a file is to be deposited.
    #[serde(default)]
    pub champs: Vec<String>,
}

/// A step of a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Etape {
    /// Actions that have it; all of them when empty.
    pub actions: Vec<String>,
    /// Code; its date is the field `etape.<code>`.
    pub code: String,
    /// What is done.
    pub libelle: String,
}

/// A line of a decision table of tariffs. A criterion that is not named does not matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tarif {
    /// Action.
    pub action: String,
    /// First day it holds.
    pub depuis: NaiveDate,
    /// The employer is affiliated.
    #[serde(default)]
    pub affiliee: Option<bool>,
    /// The agent is followed by the commission.
    #[serde(default)]
    pub suivi_commission: Option<bool>,
    /// The employer has its own convention with the FIPHFP.
    #[serde(default)]
    pub convention_fiphfp: Option<bool>,
    /// Price; none when it cannot be done.
    #[serde(default)]
    pub prix_eur: Option<Decimal>,
    /// Why, in French.
    pub motif: String,
}

/// A column of a follow-up table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colonne {
    /// Field of the case.
    pub champ: String,
    /// Header.
    pub libelle: String,
}

/// An internal follow-up table: a view of the cases.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tableau {
    /// Actions it shows; all of them when empty.
    pub actions: Vec<String>,
    /// Name.
    pub nom: String,
    /// Columns.
    pub colonnes: Vec<Colonne>,
}

/// An indicator that cases carry (`indicateur.<code>`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicateur {
    /// Action.
    pub action: String,
    /// Code.
    pub code: String,
    /// What is counted.
    pub libelle: String,
}

/// An action that is followed without a convention of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionSuivie {
    /// Code.
    pub code: String,
    /// Title.
    pub libelle: String,
}

/// What is followed under one convention or offer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suivi {
    /// Code; that of the convention when there is one.
    pub code: String,
    /// Title.
    pub libelle: String,
    /// Actions, when no convention declares them.
    #[serde(default, rename = "action")]
    pub actions: Vec<ActionSuivie>,
    /// Documents.
    #[serde(default, rename = "piece")]
    pub pieces: Vec<Piece>,
    /// Steps, in order.
    #[serde(default, rename = "etape")]
    pub etapes: Vec<Etape>,
    /// All the steps of a case hold within so many months.
    #[serde(default)]
    pub etapes_en_mois: Option<u32>,
    /// Decision table of tariffs.
    #[serde(default, rename = "tarif")]
    pub tarifs: Vec<Tarif>,
    /// Follow-up tables.
    #[serde(default, rename = "tableau")]
    pub tableaux: Vec<Tableau>,
    /// Indicators.
    #[serde(default, rename = "indicateur")]
    pub indicateurs: Vec<Indicateur>,
}

/// A document that is missing, or there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EtatPiece {
    /// Identifier of the case.
    pub situation: String,
    /// Code of the document.
    pub piece: String,
    /// What it is.
    pub libelle: String,
    /// When it is due.
    pub exigence: Exigence,
    /// It is there.
    pub presente: bool,
    /// Fields to fill for it to be there.
    pub champs_manquants: Vec<String>,
}

/// A tariff and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TarifApplique {
    /// Price; none when it cannot be done.
    pub prix_eur: Option<Decimal>,
    /// Why, in French.
    pub motif: String,
}

impl Suivi {
    /// True when the action exists, here or in the convention of the same code.
    pub fn connait(&self, action: &str) -> bool {
        self.actions_connues().contains(&action)
    }

    /// Codes of the actions.
    pub fn actions_connues(&self) -> Vec<&str> {
        let d_une_convention = convention(&self.code).into_iter().flat_map(|c| &c.actions).map(|a| a.code.as_str());
        self.actions.iter().map(|a| a.code.as_str()).chain(d_une_convention).collect()
    }

    /// State of each document of a case; `deposees` are the codes of those deposited as files.
    pub fn pieces_de(&self, cas: &Cas, deposees: &[&str]) -> Vec<EtatPiece> {
        let dues = self.pieces.iter().filter(|p| concerne(&p.actions, &cas.situation.action));
        dues.map(|piece| {
            let vides = piece.champs.iter().filter(|champ| cas.lit(champ).is_none()).cloned();
            let deposee = deposees.contains(&piece.code.as_str());
            let champs_manquants: Vec<String> = if deposee { Vec::new() } else { vides.collect() };
            EtatPiece {
                situation: cas.situation.id.clone(),
                piece: piece.code.clone(),
                libelle: piece.libelle.clone(),
                exigence: piece.exigence,
                presente: deposee || (!piece.champs.is_empty() && champs_manquants.is_empty()),
                champs_manquants,
            }
        })
        .collect()
    }

    /// What is wrong with the steps of a case: one before its turn, or beyond the time they must hold in.
    pub fn defauts_d_etapes(&self, cas: &Cas) -> Vec<String> {
        let etapes = self.etapes.iter().filter(|e| concerne(&e.actions, &cas.situation.action));
        let dates: Vec<(&Etape, Option<NaiveDate>)> = etapes.map(|e| (e, cas.etapes.get(&e.code).copied())).collect();
        let mut defauts = Vec::new();
        for (avant, apres) in dates.iter().zip(dates.iter().skip(1)) {
            match (avant.1, apres.1) {
                (None, Some(jour)) => {
                    defauts.push(format!(
                        "« {} » le {}, sans « {} » avant.",
                        apres.0.libelle,
                        date(jour),
                        avant.0.libelle
                    ));
                }
                (Some(premier), Some(second)) if second < premier => defauts.push(format!(
                    "« {} » ({}) précède « {} » ({}).",
                    apres.0.libelle,
                    date(second),
                    avant.0.libelle,
                    date(premier)
                )),
                _ => {}
            }
        }
        let faites = || dates.iter().filter_map(|(_, jour)| *jour);
        if let (Some(mois), Some(debut), Some(fin)) = (self.etapes_en_mois, faites().min(), faites().max())
            && fin > terme(debut, mois)
        {
            let limite = date(terme(debut, mois));
            defauts.push(format!(
                "Les étapes vont du {} au {} : elles tiennent en {mois} mois, jusqu’au {limite}.",
                date(debut),
                date(fin)
            ));
        }
        defauts
    }

    /// The tariff of a case at a date, if the offer has a decision table for its action.
    pub fn tarif(&self, cas: &Cas, jour: NaiveDate) -> Option<TarifApplique> {
        let dit =
            |champ: &str| cas.suivi.get(champ).map(|v| matches!(plie(v).as_str(), "oui" | "o" | "x" | "vrai" | "1"));
        let affiliation = cas.situation.employeur.affiliation.as_deref();
        let affiliee = affiliation.map(|a| matches!(plie(a).as_str(), "obligatoire" | "volontaire"));
        let conventionnee = dit("convention_fiphfp").or(Some(cas.situation.employeur_conventionne_fiphfp));
        let convient = |critere: Option<bool>, fait: Option<bool>| critere.is_none_or(|critere| fait == Some(critere));
        let ligne = self.tarifs.iter().find(|t| {
            t.action == cas.situation.action
                && t.depuis <= jour
                && convient(t.affiliee, affiliee)
                && convient(t.suivi_commission, dit("suivi_commission"))
                && convient(t.convention_fiphfp, conventionnee)
        })?;
        let prix = ligne.prix_eur.map_or("impossible".to_owned(), euros);
        let motif = format!("{prix} : {} (tarif du {}).", ligne.motif, date(ligne.depuis));
        Some(TarifApplique { prix_eur: ligne.prix_eur, motif })
    }
}

/// The action is in the list, or the list is empty.
pub fn concerne(actions: &[String], action: &str) -> bool {
    actions.is_empty() || actions.iter().any(|a| a == action)
}

const SOURCES: [&str; 4] = [
    include_str!("../../../../schema/conventions/suivi/fiphfp-v5.toml"),
    include_str!("../../../../schema/conventions/suivi/fiphfp-v4.toml"),
    include_str!("../../../../schema/conventions/suivi/cdg31-bilans-reperes.toml"),
    include_str!("../../../../schema/conventions/suivi/cig-petite-couronne.toml"),
];

static TOUS: LazyLock<Vec<Suivi>> =
    LazyLock::new(|| SOURCES.iter().filter_map(|texte| toml::from_str(texte).ok()).collect());

/// What is followed, by convention or offer.
pub fn suivis() -> &'static [Suivi] {
    &TOUS
}

/// What is followed under this code.
pub fn suivi(code: &str) -> Option<&'static Suivi> {
    TOUS.iter().find(|s| s.code == code)
}

#[cfg(test)]
mod tests {
    use super::super::cas::genre;
    use super::*;

    fn cas(action: &str) -> Cas {
        let mut cas = Cas::default();
        cas.situation.id = "S1".to_owned();
        cas.situation.action = action.to_owned();
        cas
    }

    fn jour(texte: &str) -> NaiveDate {
        texte.parse().unwrap()
    }

    #[test]
    fn every_shipped_file_is_read_and_names_known_actions_and_fields() {
        for source in SOURCES {
            if let Err(e) = toml::from_str::<Suivi>(source) {
                panic!("{e}");
            }
        }
        for suivi in suivis() {
            let cites = suivi.pieces.iter().flat_map(|p| &p.actions);
            let cites = cites.chain(suivi.tableaux.iter().flat_map(|t| &t.actions));
            cites.for_each(|action| assert!(suivi.connait(action), "{} {action}", suivi.code));
            let champs = suivi.pieces.iter().flat_map(|p| &p.champs);
            let champs = champs.chain(suivi.tableaux.iter().flat_map(|t| t.colonnes.iter().map(|c| &c.champ)));
            champs.for_each(|champ| assert!(champ == "employeur" || genre(champ).is_some(), "{} {champ}", suivi.code));
        }
    }

    #[test]
    fn every_action_has_a_table_and_its_service_fait() {
        for suivi in suivis() {
            for action in suivi.actions_connues() {
                assert!(suivi.tableaux.iter().any(|t| concerne(&t.actions, action)), "{} {action}", suivi.code);
                let due = |p: &&Piece| p.code == "service_fait" && concerne(&p.actions, action);
                assert!(suivi.pieces.iter().any(|p| due(&p)), "{} {action}", suivi.code);
            }
        }
    }

    #[test]
    fn the_decision_table_of_the_bilans_reperes_is_the_one_of_the_source() {
        let suivi = suivi("cdg31-bilans-reperes").unwrap();
        let prix = |action: &str, affiliee: bool, commission: &str, convention: &str| {
            let mut cas = cas(action);
            cas.situation.employeur.affiliation = Some(if affiliee { "obligatoire" } else { "aucune" }.to_owned());
            cas.suivi.insert("suivi_commission".to_owned(), commission.to_owned());
            cas.suivi.insert("convention_fiphfp".to_owned(), convention.to_owned());
            let tarif = suivi.tarif(&cas, jour("2026-03-01")).unwrap();
            tarif.prix_eur.map_or("impossible".to_owned(), |p| p.to_string())
        };
        for (cas, attendu) in [
            (("realisation", true, "oui", "non"), "0"),
            (("realisation", true, "non", "non"), "640"),
            (("realisation", false, "oui", "non"), "663"),
            (("realisation", false, "oui", "oui"), "impossible"),
            (("realisation", false, "non", "non"), "663"),
            (("assistance", true, "oui", "non"), "0"),
            (("assistance", true, "non", "non"), "250"),
            (("assistance", false, "oui", "non"), "350"),
        ] {
            assert_eq!(prix(cas.0, cas.1, cas.2, cas.3), attendu, "{cas:?}");
        }
        assert_eq!(suivi.tarif(&cas("realisation"), jour("2026-03-01")), None, "without facts, no tariff");
    }

    #[test]
    fn five_interviews_hold_within_one_quarter_and_steps_follow_their_order() {
        let reperes = suivi("cdg31-bilans-reperes").unwrap();
        let mut bilan = cas("realisation");
        for (i, jour_dit) in ["2026-01-12", "2026-02-02", "2026-02-20", "2026-03-10", "2026-04-11"].iter().enumerate() {
            bilan.etapes.insert(format!("entretien_{}", i + 1), jour(jour_dit));
        }
        assert_eq!(reperes.defauts_d_etapes(&bilan), Vec::<String>::new());
        bilan.etapes.insert("entretien_5".to_owned(), jour("2026-04-12"));
        assert!(reperes.defauts_d_etapes(&bilan)[0].contains("jusqu’au 11/04/2026"));
        let cig = suivi("cig-petite-couronne").unwrap();
        let mut prestation = cas("2.2");
        prestation.etapes.insert("demande".to_owned(), jour("2026-01-10"));
        prestation.etapes.insert("bon_de_commande".to_owned(), jour("2026-01-05"));
        assert_eq!(
            cig.defauts_d_etapes(&prestation),
            ["« Bon de commande » le 05/01/2026, sans « Lettre de cadrage » avant."]
        );
    }

    #[test]
    fn a_document_is_there_when_its_fields_are_filled_or_its_file_deposited() {
        let v5 = suivi("fiphfp-v5").unwrap();
        let mut session = cas("1.1");
        session.situation.debut = Some(jour("2026-02-01"));
        let manquantes = |cas: &Cas, deposees: &[&str]| -> Vec<String> {
            let pieces = v5.pieces_de(cas, deposees).into_iter();
            pieces.filter(|p| p.exigence == Exigence::Bilan && !p.presente).map(|p| p.piece).collect()
        };
        assert_eq!(manquantes(&session, &[]), ["session", "service_fait"]);
        session.situation.service_fait = Some(true);
        assert_eq!(manquantes(&session, &["session"]), Vec::<String>::new());
        session.situation.service_fait = Some(false);
        assert_eq!(manquantes(&session, &["session"]), ["service_fait"]);
    }
}

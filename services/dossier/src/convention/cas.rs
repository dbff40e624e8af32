//! A case: a situation, what its follow-up tables hold beside it, its steps and its indicators. Fields have one name, the
//! same in a mapping, a list of documents and a follow-up table.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use referentiel::Decimal;
use referentiel::format::{date, decimal};
use serde::{Deserialize, Serialize};

use super::situation::{Contrat, Situation};

/// A case, nominative.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cas {
    /// Convention or offer it is followed under.
    pub suivi_par: String,
    /// What the rules look at.
    pub situation: Situation,
    /// What the follow-up tables hold beside.
    #[serde(default)]
    pub suivi: BTreeMap<String, String>,
    /// Days of the steps.
    #[serde(default)]
    pub etapes: BTreeMap<String, NaiveDate>,
    /// Indicators.
    #[serde(default)]
    pub indicateurs: BTreeMap<String, Decimal>,
    /// Last contact, when it is not the last date of the case.
    #[serde(default)]
    pub dernier_contact: Option<NaiveDate>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Genre {
    /// Text.
    Texte,
    /// Date.
    Date,
    /// Whole number.
    Entier,
    /// Amount or count.
    Montant,
    /// Yes or no.
    OuiNon,
}

/// A value to put in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValeurDeChamp {
    /// Text.
    Texte(String),
    /// Date.
    Date(NaiveDate),
    /// Whole number.
    Entier(u32),
    /// Amount or count.
    Montant(Decimal),
    /// Yes or no.
    OuiNon(bool),
}

/// Contracts a row may carry.
const CONTRATS: usize = 9;

/// What a field holds; `None` when there is no such field.
pub fn genre(champ: &str) -> Option<Genre> {
    if let Some((rang, reste)) = contrat(champ) {
        return match reste {
            _ if rang >= CONTRATS => None,
            "type" => Some(Genre::Texte),
            "debut" | "fin" => Some(Genre::Date),
            _ => None,
        };
    }
    match champ.split_once('.') {
        Some(("suivi", nom)) => (!nom.is_empty()).then_some(Genre::Texte),
        Some(("etape", nom)) => (!nom.is_empty()).then_some(Genre::Date),
        Some(("indicateur", nom)) => (!nom.is_empty()).then_some(Genre::Montant),
        Some(("employeur", "siret" | "bcr" | "versant" | "affiliation")) => Some(Genre::Texte),
        Some(_) => None,
        None => match champ {
            "id" | "action" | "personne" | "public" | "qualite" | "realisee_par" => Some(Genre::Texte),
            "debut" | "fin" | "fin_parcours" | "dernier_contact" => Some(Genre::Date),
            "quantite" => Some(Genre::Entier),
            "facturee_eur" => Some(Genre::Montant),
            "prescription_medicale"
            | "aides_mobilisees"
            | "avis_materiels"
            | "desinsertion_constatee_medecin"
            | "gratuite"
            | "employeur_conventionne_fiphfp"
            | "preuve_accompagnement"
            | "service_fait" => Some(Genre::OuiNon),
            _ => None,
        },
    }
}

/// Rank from 0 and field of a contract: `contrat2.debut`.
fn contrat(champ: &str) -> Option<(usize, &str)> {
    let (rang, reste) = champ.strip_prefix("contrat")?.split_once('.')?;
    Some((rang.parse::<usize>().ok()?.checked_sub(1)?, reste))
}

impl Cas {
    /// The text of a field, as people read it; `None` when it is empty. `employeur` is its SIRET or its BCR.
    pub fn lit(&self, champ: &str) -> Option<String> {
        let s = &self.situation;
        let texte = |t: &Option<String>| t.clone().filter(|t| !t.trim().is_empty());
        let jour = |d: Option<NaiveDate>| d.map(date);
        let oui = |fait: bool| fait.then(|| "oui".to_owned());
        if let Some((rang, reste)) = contrat(champ) {
            let contrat = s.contrats.get(rang)?;
            return match reste {
                "type" => Some(contrat.genre.clone()),
                "debut" => Some(date(contrat.debut)),
                _ => jour(contrat.fin),
            };
        }
        match champ.split_once('.') {
            Some(("suivi", nom)) => self.suivi.get(nom).cloned(),
            Some(("etape", nom)) => jour(self.etapes.get(nom).copied()),
            Some(("indicateur", nom)) => self.indicateurs.get(nom).map(|n| decimal(*n)),
            Some(("employeur", "siret")) => texte(&s.employeur.siret),
            Some(("employeur", "bcr")) => texte(&s.employeur.bcr),
            Some(("employeur", "versant")) => texte(&s.employeur.versant),
            Some(("employeur", "affiliation")) => texte(&s.employeur.affiliation),
            _ => match champ {
                "employeur" => s.employeur.identifiant().map(str::to_owned),
                "id" => Some(s.id.clone()),
                "action" => Some(s.action.clone()),
                "personne" => texte(&s.personne),
                "public" => texte(&s.public),
                "qualite" => texte(&s.qualite),
                "realisee_par" => texte(&s.realisee_par),
                "debut" => jour(s.date()),
                "fin" => jour(s.fin),
                "fin_parcours" => jour(s.fin_parcours),
                "dernier_contact" => jour(self.dernier_contact()),
                "quantite" => s.quantite.map(|n| n.to_string()),
                "facturee_eur" => s.facturee_eur.map(decimal),
                "prescription_medicale" => oui(s.prescription_medicale),
                "aides_mobilisees" => oui(s.aides_mobilisees),
                "avis_materiels" => oui(s.avis_materiels),
                "desinsertion_constatee_medecin" => oui(s.desinsertion_constatee_medecin),
                "gratuite" => oui(s.gratuite),
                "employeur_conventionne_fiphfp" => oui(s.employeur_conventionne_fiphfp),
                "preuve_accompagnement" => oui(s.preuve_accompagnement),
                "service_fait" => oui(s.service_fait == Some(true)),
                _ => None,
            },
        }
    }

    /// Puts a value in a field. False when the field does not hold such a value: nothing changes then.
    pub fn pose(&mut self, champ: &str, valeur: ValeurDeChamp) -> bool {
        match valeur {
            ValeurDeChamp::Texte(texte) => self.pose_texte(champ, texte),
            ValeurDeChamp::Date(jour) => self.pose_date(champ, jour),
            ValeurDeChamp::Entier(n) => {
                self.situation.quantite = Some(n);
                champ == "quantite"
            }
            ValeurDeChamp::Montant(montant) => self.pose_montant(champ, montant),
            ValeurDeChamp::OuiNon(fait) => self.pose_fait(champ, fait),
        }
    }

    fn pose_texte(&mut self, champ: &str, texte: String) -> bool {
        let s = &mut self.situation;
        if let Some((rang, "type")) = contrat(champ) {
            contrat_a(s, rang).genre = texte;
            return true;
        }
        let place = match champ.split_once('.') {
            Some(("suivi", nom)) => {
                self.suivi.insert(nom.to_owned(), texte);
                return true;
            }
            Some(("employeur", "siret")) => &mut s.employeur.siret,
            Some(("employeur", "bcr")) => &mut s.employeur.bcr,
            Some(("employeur", "versant")) => &mut s.employeur.versant,
            Some(("employeur", "affiliation")) => &mut s.employeur.affiliation,
            _ => match champ {
                "id" => {
                    s.id = texte;
                    return true;
                }
                "action" => {
                    s.action = texte;
                    return true;
                }
                "personne" => &mut s.personne,
                "public" => &mut s.public,
                "qualite" => &mut s.qualite,
                "realisee_par" => &mut s.realisee_par,
                _ => return false,
            },
        };
        *place = Some(texte);
        true
    }

    fn pose_date(&mut self, champ: &str, jour: NaiveDate) -> bool {
        let s = &mut self.situation;
        if let Some((rang, reste)) = contrat(champ) {
            let contrat = contrat_a(s, rang);
            match reste {
                "debut" => contrat.debut = jour,
                "fin" => contrat.fin = Some(jour),
                _ => return false,
            }
            return true;
        }
        let place = match champ {
            "debut" => &mut s.debut,
            "fin" => &mut s.fin,
            "fin_parcours" => &mut s.fin_parcours,
            "dernier_contact" => &mut self.dernier_contact,
            _ => {
                let Some(nom) = champ.strip_prefix("etape.") else { return false };
                self.etapes.insert(nom.to_owned(), jour);
                return true;
            }
        };
        *place = Some(jour);
        true
    }

    fn pose_montant(&mut self, champ: &str, montant: Decimal) -> bool {
        match champ.strip_prefix("indicateur.") {
            Some(nom) => {
                self.indicateurs.insert(nom.to_owned(), montant);
                true
            }
            None => {
                self.situation.facturee_eur = Some(montant);
                champ == "facturee_eur"
            }
        }
    }

    fn pose_fait(&mut self, champ: &str, fait: bool) -> bool {
        let s = &mut self.situation;
        let place = match champ {
            "prescription_medicale" => &mut s.prescription_medicale,
            "aides_mobilisees" => &mut s.aides_mobilisees,
            "avis_materiels" => &mut s.avis_materiels,
            "desinsertion_constatee_medecin" => &mut s.desinsertion_constatee_medecin,
            "gratuite" => &mut s.gratuite,
            "employeur_conventionne_fiphfp" => &mut s.employeur_conventionne_fiphfp,
            "preuve_accompagnement" => &mut s.preuve_accompagnement,
            "service_fait" => {
                s.service_fait = Some(fait);
                return true;
            }
            _ => return false,
        };
        *place = fait;
        true
    }

    /// The last day something is known to have happened: what the retention counts from.
    pub fn dernier_contact(&self) -> Option<NaiveDate> {
        let s = &self.situation;
        let contrats = s.contrats.iter().flat_map(|c| [Some(c.debut), c.fin]);
        let dates = [s.debut, s.fin, s.fin_parcours].into_iter().chain(contrats).flatten();
        self.dernier_contact.or_else(|| dates.chain(self.etapes.values().copied()).max())
    }
}

/// A contract whose start is not yet known starts at no date of a convention.
fn contrat_a(situation: &mut Situation, rang: usize) -> &mut Contrat {
    let vide = || Contrat { genre: String::new(), debut: NaiveDate::MIN, fin: None };
    let manquants = (rang + 1).saturating_sub(situation.contrats.len());
    situation.contrats.extend((0..manquants).map(|_| vide()));
    // The rank was just filled.
    let dernier = situation.contrats.len() - 1;
    &mut situation.contrats[rang.min(dernier)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_read_back_as_it_was_put() {
        let jour: NaiveDate = "2026-02-28".parse().unwrap();
        for champ in [
            "id",
            "action",
            "personne",
            "public",
            "qualite",
            "realisee_par",
            "employeur.siret",
            "employeur.bcr",
            "employeur.versant",
            "employeur.affiliation",
            "contrat1.type",
            "suivi.poste",
            "debut",
            "fin",
            "fin_parcours",
            "dernier_contact",
            "contrat1.debut",
            "contrat1.fin",
            "etape.demande",
            "quantite",
            "facturee_eur",
            "indicateur.relais_organises",
            "prescription_medicale",
            "aides_mobilisees",
            "avis_materiels",
            "desinsertion_constatee_medecin",
            "gratuite",
            "employeur_conventionne_fiphfp",
            "preuve_accompagnement",
            "service_fait",
        ] {
            let (valeur, attendu) = match genre(champ).unwrap() {
                Genre::Texte => (ValeurDeChamp::Texte("x".to_owned()), "x"),
                Genre::Date => (ValeurDeChamp::Date(jour), "28/02/2026"),
                Genre::Entier => (ValeurDeChamp::Entier(3), "3"),
                Genre::Montant => (ValeurDeChamp::Montant(Decimal::new(25, 1)), "2,5"),
                Genre::OuiNon => (ValeurDeChamp::OuiNon(true), "oui"),
            };
            let mut cas = Cas::default();
            assert!(cas.pose(champ, valeur), "{champ}");
            assert_eq!(cas.lit(champ).as_deref(), Some(attendu), "{champ}");
            let relu: Cas = serde_json::from_str(&serde_json::to_string(&cas).unwrap()).unwrap();
            assert_eq!(relu, cas, "{champ}");
        }
        for champ in ["nom", "suivi.", "contrat.debut", "contrat0.debut", "contrat10.fin", "employeur.nom"] {
            assert_eq!(genre(champ), None, "{champ}");
        }
    }

    #[test]
    fn the_last_contact_is_the_last_date_unless_it_is_said() {
        let mut cas = Cas::default();
        assert_eq!(cas.dernier_contact(), None);
        cas.situation.debut = "2026-02-01".parse().ok();
        cas.etapes.insert("livret".to_owned(), "2026-05-01".parse().unwrap());
        assert_eq!(cas.dernier_contact(), "2026-05-01".parse().ok());
        cas.dernier_contact = "2026-06-01".parse().ok();
        assert_eq!(cas.dernier_contact(), "2026-06-01".parse().ok());
    }
}

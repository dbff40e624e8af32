//! A case keyed in a form: its fields, from the follow-up tables and the documents of its action; what was typed is read as
//! the row of a follow-up table, so that a form and a file have the same checks and the same sentences.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dossier::convention::cas::{Cas, Genre, genre};
use dossier::convention::suivi::{Suivi, concerne};
use referentiel::format::date;
use tableur::ecriture::{EcritureImpossible, Vue, vues};

use super::correspondance::{Colonne, Correspondance};
use super::lecture::{TableauInterprete, interprete};

/// Mapping of the cases that are keyed in the pages.
pub const EN_PAGE: &str = "saisie-en-page";
/// Contracts of a form, beyond those that the case has.
const CONTRATS: usize = 2;

/// A field of the form of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChampDeCas {
    /// Field, as in a mapping.
    pub champ: String,
    /// Label.
    pub libelle: String,
    /// Title it stands under.
    pub groupe: &'static str,
}

/// Fields that the rules of the conventions look at.
const COMMUNS: [(&str, &str, &str); 22] = [
    ("Situation", "id", "Numéro de la situation"),
    ("Situation", "personne", "Agent (code neutre)"),
    ("Situation", "qualite", "Qualité"),
    ("Situation", "public", "Public"),
    ("Situation", "debut", "Début"),
    ("Situation", "fin", "Fin"),
    ("Situation", "quantite", "Quantité"),
    ("Employeur", "employeur.siret", "SIRET de l’employeur"),
    ("Employeur", "employeur.bcr", "Numéro BCR de l’employeur, à défaut de SIRET"),
    ("Employeur", "employeur.versant", "Versant de la fonction publique"),
    ("Employeur", "employeur.affiliation", "Affiliation au centre"),
    ("Employeur", "employeur_conventionne_fiphfp", "L’employeur a sa propre convention avec le FIPHFP"),
    (REGLES, "prescription_medicale", "Étude prescrite par la médecine"),
    (REGLES, "aides_mobilisees", "Aides existantes mobilisées"),
    (REGLES, "avis_materiels", "Avis demandé sur les matériels"),
    (REGLES, "desinsertion_constatee_medecin", "Risque de désinsertion constaté par le médecin du travail"),
    (REGLES, "realisee_par", "Réalisée par, si ce n’est pas le centre"),
    (REGLES, "gratuite", "Réalisée gratuitement"),
    (REGLES, "facturee_eur", "Montant facturé à la collectivité, en euros"),
    (REGLES, "preuve_accompagnement", "L’accompagnement a mené au recrutement, preuve à l’appui"),
    (REGLES, "fin_parcours", "Fin de l’apprentissage, de l’intérim ou de la recherche d’emploi"),
    (REGLES, "service_fait", "Service fait certifié"),
];
const REGLES: &str = "Ce que les règles vérifient";
const SUIVI: &str = "Suivi du centre";

/// The fields of a case of this action, in the order of the form.
pub fn champs(suivi: &Suivi, action: &str, contrats: usize) -> Vec<ChampDeCas> {
    let nouveau = |champ: &str, libelle: &str, groupe| ChampDeCas {
        champ: champ.to_owned(),
        libelle: libelle.to_owned(),
        groupe,
    };
    let mut champs: Vec<ChampDeCas> = COMMUNS.iter().map(|(groupe, c, l)| nouveau(c, l, groupe)).collect();
    let cites: Vec<(&str, &str)> = cites(suivi, action);
    if contrats > 0 || cites.iter().any(|(champ, _)| champ.starts_with("contrat")) {
        for rang in 1..=contrats.max(CONTRATS) {
            for (champ, libelle) in [("type", "type"), ("debut", "début"), ("fin", "fin")] {
                champs.push(nouveau(
                    &format!("contrat{rang}.{champ}"),
                    &format!("Contrat {rang} : {libelle}"),
                    "Contrats",
                ));
            }
        }
    }
    for (champ, libelle) in cites {
        let connu = champ == "employeur" || champ == "action" || champs.iter().any(|c| c.champ == champ);
        if !connu {
            let double = champs.iter().any(|c| c.libelle == libelle);
            let libelle = if double { format!("{libelle} ({champ})") } else { libelle.to_owned() };
            champs.push(nouveau(champ, &libelle, SUIVI));
        }
    }
    champs
}

/// What the tables, the steps, the indicators and the documents of an action name.
fn cites<'s>(suivi: &'s Suivi, action: &str) -> Vec<(&'s str, &'s str)> {
    let tableaux = suivi.tableaux.iter().filter(|t| concerne(&t.actions, action)).flat_map(|t| &t.colonnes);
    let colonnes = tableaux.map(|c| (c.champ.as_str(), c.libelle.as_str()));
    let pieces = suivi.pieces.iter().filter(|p| concerne(&p.actions, action)).flat_map(|p| &p.champs);
    let pieces = pieces.map(|champ| (champ.as_str(), champ.rsplit('.').next().unwrap_or(champ)));
    colonnes.chain(pieces).collect()
}

/// The values that a field takes, when it takes few: as they are kept, and in words.
pub fn modalites(champ: &str) -> &'static [(&'static str, &'static str)] {
    match champ {
        "qualite" => &[
            ("BOE", "Bénéficiaire de l’obligation d’emploi"),
            ("candidat_BOE", "Reconnaissance demandée"),
            ("apte_avec_restrictions", "Apte avec restrictions"),
            ("sans", "Sans reconnaissance"),
        ],
        "public" => {
            &[("interim", "Intérim"), ("demandeur_emploi", "Demandeur d’emploi"), ("apprenti", "Apprentie ou apprenti")]
        }
        "employeur.versant" => {
            &[("FPT", "Territoriale"), ("FPE", "État"), ("FPH", "Hospitalière"), ("prive", "Employeur privé")]
        }
        "employeur.affiliation" => {
            &[("obligatoire", "Obligatoire"), ("volontaire", "Volontaire"), ("aucune", "Aucune")]
        }
        _ if champ.starts_with("contrat") && champ.ends_with(".type") => {
            &[("CDD", "CDD"), ("CDI", "CDI"), ("nomination", "Nomination")]
        }
        _ if genre(champ) == Some(Genre::OuiNon) => &[("oui", "Oui"), ("non", "Non")],
        _ => &[],
    }
}

/// What a field of a case holds, as the form shows it.
pub fn texte(cas: &Cas, champ: &str) -> String {
    // The case answers with the date of its first contract; the form shows what was typed.
    if champ == "debut" {
        return cas.situation.debut.map(date).unwrap_or_default();
    }
    cas.lit(champ).unwrap_or_default()
}

/// Reads what was typed, field by field: the case and what is wrong, each in the column of its field.
pub fn lit(
    (suivi, action): (&Suivi, &str),
    champs: &[ChampDeCas],
    textes: &[String],
    jour: NaiveDate,
) -> Result<TableauInterprete, EcritureImpossible> {
    let correspondance = Correspondance {
        code: EN_PAGE.to_owned(),
        suivi: suivi.code.clone(),
        action: Some(action.to_owned()),
        feuille: None,
        remplace: false,
        ignorees: vec![],
        constantes: BTreeMap::new(),
        colonnes: champs
            .iter()
            .map(|c| Colonne { entete: c.libelle.clone(), champ: c.champ.clone(), valeurs: BTreeMap::new() })
            .collect(),
    };
    let entetes = champs.iter().map(|c| c.libelle.clone()).collect();
    let vue = Vue { nom: "Situation".to_owned(), entetes, lignes: vec![textes.to_vec()] };
    let octets = vues(&suivi.libelle, &[vue], jour)?;
    Ok(interprete(&octets, false, &correspondance)?)
}

/// The case that was typed, with what its form does not show of the one it replaces.
pub fn complete(mut saisi: Cas, ancien: &Cas, champs: &[ChampDeCas]) -> Cas {
    let montre = |champ: String| champs.iter().any(|c| c.champ == champ);
    for (nom, valeur) in ancien.suivi.iter().filter(|(nom, _)| !montre(format!("suivi.{nom}"))) {
        saisi.suivi.insert(nom.clone(), valeur.clone());
    }
    for (nom, jour) in ancien.etapes.iter().filter(|(nom, _)| !montre(format!("etape.{nom}"))) {
        saisi.etapes.insert(nom.clone(), *jour);
    }
    for (nom, valeur) in ancien.indicateurs.iter().filter(|(nom, _)| !montre(format!("indicateur.{nom}"))) {
        saisi.indicateurs.insert(nom.clone(), *valeur);
    }
    saisi.dernier_contact = ancien.dernier_contact;
    saisi
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::convention::suivi::{suivi, suivis};

    fn jour() -> NaiveDate {
        "2026-04-02".parse().unwrap()
    }

    fn tape(champs: &[ChampDeCas], valeurs: &[(&str, &str)]) -> Vec<String> {
        let dit = |champ: &str| valeurs.iter().find(|(c, _)| *c == champ).map_or("", |(_, v)| v);
        champs.iter().map(|c| dit(&c.champ).to_owned()).collect()
    }

    #[test]
    fn every_field_that_a_document_or_a_table_names_is_in_the_form() {
        for suivi in suivis() {
            for action in suivi.actions_connues() {
                let champs = champs(suivi, action, 0);
                for (champ, _) in cites(suivi, action).iter().filter(|(c, _)| *c != "employeur" && *c != "action") {
                    assert!(champs.iter().any(|c| c.champ == *champ), "{} {action} {champ}", suivi.code);
                }
                for c in &champs {
                    assert!(genre(&c.champ).is_some(), "{}", c.champ);
                    assert_eq!(champs.iter().filter(|d| d.libelle == c.libelle).count(), 1, "{} {}", action, c.libelle);
                }
            }
        }
    }

    #[test]
    fn a_form_is_read_as_the_row_of_a_table() {
        let v5 = suivi("fiphfp-v5").unwrap();
        let champs = champs(v5, "2.1", 0);
        let valeurs = [
            ("id", "R1"),
            ("personne", "A7"),
            ("qualite", "BOE"),
            ("public", "interim"),
            ("employeur.siret", "269 200 374 00016"),
            ("contrat1.type", "CDD"),
            ("contrat1.debut", "01/02/2026"),
            ("contrat1.fin", "31/07/2026"),
            ("service_fait", "oui"),
            ("suivi.poste", "=agent, d’accueil ; mi-temps"),
        ];
        let lu = lit((v5, "2.1"), &champs, &tape(&champs, &valeurs), jour()).unwrap();
        assert_eq!(lu.anomalies, vec![]);
        let cas = &lu.cas[0].cas;
        for (champ, valeur) in valeurs.iter().filter(|(c, _)| *c != "employeur.siret") {
            assert_eq!(texte(cas, champ), *valeur, "{champ}");
        }
        assert_eq!(cas.situation.employeur.siret.as_deref(), Some("26920037400016"));
        assert_eq!((cas.suivi_par.as_str(), cas.situation.action.as_str()), ("fiphfp-v5", "2.1"));
    }

    #[test]
    fn a_mistake_is_told_in_the_column_of_its_field_and_the_rest_of_the_case_is_kept() {
        let v5 = suivi("fiphfp-v5").unwrap();
        let champs = champs(v5, "3.1", 0);
        let lu = lit((v5, "3.1"), &champs, &tape(&champs, &[("id", "S1"), ("debut", "31/02/2026")]), jour()).unwrap();
        let rang = champs.iter().position(|c| c.champ == "debut").unwrap();
        let colonne = tableur::position::lettres(u32::try_from(rang).unwrap());
        assert!(lu.anomalies[0].cellule.as_deref().is_some_and(|c| c.starts_with(&colonne)), "{:?}", lu.anomalies);
        let mut ancien = Cas::default();
        ancien.suivi.insert("observations".to_owned(), "venues du tableau".to_owned());
        let complet = complete(lu.cas[0].cas.clone(), &ancien, &champs);
        assert_eq!(complet.suivi["observations"], "venues du tableau");
    }
}

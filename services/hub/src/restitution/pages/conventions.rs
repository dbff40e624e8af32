//! Conventions with the FIPHFP: all centres side by side, then one of them. Plan beside realised, ceilings, pace,
//! documents; charts and tables are made from the same figures, and a masked one is a word in both.

mod un_centre;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{Datelike as _, NaiveDate};
use referentiel::format;
use referentiel::periode::Trimestre;
use serde::Deserialize;
use web::graphique::{Graphique, Puce, Puces};
use web::{Cellule, Colonne, Lien, Table, Valeur};

use super::fichier::{Image, adresses, fichier};
use super::filtres::{self, Filtres, Liste};
use super::{Vue, libelle};
use crate::acces::{Guichet, Refus};
use crate::restitution::centre;
use crate::restitution::convention::alerte::{self, Alerte, SEUIL_RYTHME};
use crate::restitution::convention::{Etat, Lecture, Lu, Voulue, cellule, lit, modele, rythme};
use crate::service::Service;

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    periode: Option<String>,
    region: Option<String>,
    action: Option<String>,
    table: Option<String>,
    format: Option<String>,
}

impl Choix {
    fn voulue(&self) -> Voulue<'_> {
        self.periode.as_deref().filter(|p| !p.is_empty()).map_or(Voulue::Derniere, Voulue::Celle)
    }
}

#[derive(Debug, Template)]
#[template(path = "conventions.html")]
struct Conventions {
    periode: Option<String>,
    filtres: Filtres,
    objet: String,
    alertes: Vec<(String, String, Vec<Alerte>)>,
    complets: bool,
    puces: Option<Puces>,
    table: Table,
    exports: Vec<(String, &'static str)>,
    echeances: Vec<(String, &'static str)>,
    seuil: String,
    legende: &'static [(&'static str, &'static str)],
}

/// `GET /conventions`
pub async fn conventions(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    let contenu = match lit(&guichet, choix.voulue(), None).await {
        Ok(lecture) => compose(&service, &guichet, &choix, &lecture),
        Err(erreur) => return vue.refuse(&erreur),
    };
    let format = choix.format.as_deref();
    let graphique = contenu.puces.as_ref().filter(|_| contenu.complets).map(|p| p as &dyn Graphique);
    let titre = format!("Conventions avec le FIPHFP, {}", contenu.objet);
    if let Some(image) = Image::demandee(&service, &contenu.filtres, (graphique, &titre), format) {
        return image.reponse(&service, &vue, "conventions").await;
    }
    if let Some(reponse) = fichier(&service, &contenu.filtres, &contenu.table, "conventions", format) {
        return reponse;
    }
    let titre = format!("Conventions – {}", contenu.objet);
    vue.page(StatusCode::OK, "/conventions", &titre, &contenu)
}

/// `GET /conventions/{emetteur}`
pub async fn convention(
    State(service): State<Service>,
    Path(emetteur): Path<String>,
    Query(choix): Query<Choix>,
    guichet: Guichet,
) -> Response {
    let vue = Vue::de(&service, &guichet);
    let Some(noeud) =
        guichet.configuration().noeuds.iter().map(|(n, _)| n).find(|n| n.identifiant.as_str() == emetteur)
    else {
        let texte = "Ce centre n’est pas de ceux que ce hub connaît. Choisissez-le dans la liste des conventions.";
        return vue.message(StatusCode::NOT_FOUND, "Centre inconnu", texte);
    };
    let lecture = match lit(&guichet, choix.voulue(), None).await {
        Ok(lecture) => lecture,
        Err(erreur) => return vue.refuse(&erreur),
    };
    let Some(etat) = lecture.etats.iter().find(|e| e.noeud.identifiant == noeud.identifiant) else {
        if guichet.voit_la_convention(&emetteur) || guichet.regard().cellules.parts.is_empty() {
            let texte = "Rien n’est encore reçu de cette convention pour cette période.";
            return vue.message(StatusCode::NOT_FOUND, "Convention non transmise", texte);
        }
        return vue.refuse(&Refus::Acces("la convention de ce centre"));
    };
    let contenu = un_centre::compose(etat, &lecture, aujourdhui(&service));
    if let Some(image) = contenu.image(&service, &choix) {
        return image.reponse(&service, &vue, "convention").await;
    }
    if let Some(reponse) = contenu.fichier(&service, &choix) {
        return reponse;
    }
    let fil = [Lien::vers("/conventions", "Conventions", false), Lien::vers("", &etat.noeud.organisme, true)];
    vue.sous(&fil).page(StatusCode::OK, "/conventions", &format!("Convention – {}", etat.noeud.nom), &contenu)
}

fn aujourdhui(service: &Service) -> NaiveDate {
    service.horloge().maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive()
}

/// Name of a half-year, which is named by its last quarter.
pub(crate) fn nom_de_periode(code: &str) -> String {
    match code.parse::<Trimestre>() {
        Ok(t) if t.rang() == 2 => format!("1er semestre {}", t.annee()),
        Ok(t) if t.rang() == 4 => format!("2e semestre {}", t.annee()),
        _ => libelle(code),
    }
}

fn periodes(lecture: &Lecture) -> Liste {
    let choisie = lecture.periode.as_deref().unwrap_or_default();
    Liste::nouvelle("periode", "Période", lecture.periodes.iter().map(|p| (p.clone(), nom_de_periode(p))), choisie)
}

/// Reviews are yearly, the last one at the end of the convention.
fn echeances(jour: NaiveDate) -> Vec<(String, &'static str)> {
    let modele = modele();
    let bilan = NaiveDate::from_ymd_opt(jour.year(), 12, 31).filter(|b| *b < modele.fin);
    let dates =
        bilan.map(|b| (b, "bilan annuel")).into_iter().chain([(modele.fin, "fin de la convention et bilan final")]);
    dates.filter(|(d, _)| *d >= jour).map(|(d, mots)| (format::date_longue(d), mots)).collect()
}

fn compose(service: &Service, guichet: &Guichet, choix: &Choix, lecture: &Lecture) -> Conventions {
    let codes = filtres::codes_de_regions(guichet);
    let region = filtres::region_choisie(&codes, choix.region.as_deref());
    let action = choix.action.as_deref().and_then(|a| modele().actions.iter().find(|m| m.code == a));
    let actions = modele().actions.iter().map(|a| (a.code.clone(), format!("{} {}", a.code, a.libelle)));
    let code = action.map(|a| a.code.as_str());
    let filtres = Filtres {
        chemin: "/conventions".into(),
        bouton: "Afficher les conventions",
        recherche: None,
        listes: vec![
            periodes(lecture),
            filtres::regions(&codes, region.as_deref().unwrap_or_default()).avec_tout("Toutes les régions"),
            Liste::nouvelle("action", "Action", actions, code.unwrap_or_default())
                .avec_tout("Montants de la convention"),
        ],
    };
    let etats: Vec<&Etat> =
        lecture.etats.iter().filter(|e| region.as_ref().is_none_or(|r| e.noeud.regions.contains(r))).collect();
    let alertes: Vec<(&Etat, Vec<Alerte>)> = etats.iter().map(|e| (*e, alerte::alertes(e))).collect();
    let objet = action.map_or_else(|| "montants".to_owned(), |a| format!("action {}, {}", a.code, a.libelle));
    let periode = lecture.periode.as_deref().map(nom_de_periode);
    let titre = format!("Conventions, {objet}, {}", periode.clone().unwrap_or_default());
    let table = code.map_or_else(|| montants(&titre, &alertes), |c| quantites(&titre, c, &etats));
    Conventions {
        puces: (!etats.is_empty()).then(|| puces(&objet, code, &etats)),
        exports: adresses(&filtres),
        complets: etats.iter().any(|e| e.complet),
        alertes: alertes
            .into_iter()
            .filter(|(_, a)| !a.is_empty())
            .map(|(e, a)| (centre::nom(&e.noeud), adresse(e), a))
            .collect(),
        echeances: echeances(aujourdhui(service)),
        seuil: format::pourcentage(SEUIL_RYTHME),
        legende: web::statut::LEGENDE,
        periode,
        filtres,
        objet,
        table,
    }
}

fn adresse(etat: &Etat) -> String {
    format!("/conventions/{}?periode={}", etat.noeud.identifiant, etat.periode)
}

/// What the caller may not read is not « non transmis »: it is nothing of theirs.
fn montant(etat: &Etat, lu: Lu, forme: impl Fn(referentiel::Decimal) -> Valeur) -> Cellule {
    if etat.complet { cellule(lu, forme).into() } else { Valeur::Rien.into() }
}

pub(crate) fn montants(titre: &str, etats: &[(&Etat, Vec<Alerte>)]) -> Table {
    let ligne = |(e, alertes): &(&Etat, Vec<Alerte>)| -> Vec<Cellule> {
        let euros = |mesure| montant(e, e.lit(mesure, None), Valeur::Euros);
        vec![
            Cellule::from(centre::nom(&e.noeud)).vers(adresse(e)),
            euros("FP_DEMANDE"),
            euros("FP_VALORISE"),
            euros("FP_PLAFONNE"),
            euros("FP_PAYE"),
            montant(e, e.part_valorisee(), Valeur::Taux),
            cellule(e.temps(), Valeur::Taux).into(),
            montant(e, e.lit("FP_PIECES", None), |d| Valeur::Decimal(d.normalize())),
            if e.complet { alerte::resume(alertes).into() } else { Valeur::Rien.into() },
        ]
    };
    Table {
        identifiant: "conventions",
        titre: titre.to_owned(),
        colonnes: vec![
            Colonne::texte("Centre"),
            Colonne::nombre("Demandé"),
            Colonne::nombre("Valorisé"),
            Colonne::nombre("Payable"),
            Colonne::nombre("Payé"),
            Colonne::nombre("Part valorisée"),
            Colonne::nombre("Temps écoulé"),
            Colonne::nombre("Sans pièces"),
            Colonne::texte("Alertes"),
        ],
        lignes: etats.iter().map(ligne).collect(),
    }
}

fn quantites(titre: &str, action: &str, etats: &[&Etat]) -> Table {
    let nombre = |d: referentiel::Decimal| Valeur::Decimal(d.normalize());
    let ligne = |e: &&Etat| -> Vec<Cellule> {
        let part = e.part_realisee(action);
        let mot = alerte::mot_du_rythme(rythme(part, e.temps()));
        vec![
            Cellule::from(centre::nom(&e.noeud)).vers(adresse(e)),
            cellule(e.lit("FP_REALISE", Some(action)), nombre).into(),
            montant(e, e.lit("FP_CIBLE", Some(action)), nombre),
            montant(e, part, Valeur::Taux),
            cellule(e.temps(), Valeur::Taux).into(),
            if e.complet { mot.map_or_else(Valeur::Absente, Valeur::from).into() } else { Valeur::Rien.into() },
        ]
    };
    Table {
        identifiant: "conventions",
        titre: titre.to_owned(),
        colonnes: vec![
            Colonne::texte("Centre"),
            Colonne::nombre("Réalisé"),
            Colonne::nombre("Cible"),
            Colonne::nombre("Atteinte"),
            Colonne::nombre("Temps écoulé"),
            Colonne::texte("Rythme"),
        ],
        lignes: etats.iter().map(ligne).collect(),
    }
}

/// The share reached by each centre of its own aim.
pub(crate) fn puces(objet: &str, action: Option<&str>, etats: &[&Etat]) -> Puces {
    let part = |e: &Etat| {
        if e.complet { Some(action.map_or_else(|| e.part_valorisee(), |a| e.part_realisee(a))) } else { None }
    };
    let lues: Vec<(&Etat, Lu)> = etats.iter().filter_map(|e| Some((*e, part(e)?))).collect();
    let jugees: Vec<bool> =
        lues.iter().filter_map(|(e, p)| rythme(*p, e.temps()).ok()).map(|r| r >= SEUIL_RYTHME).collect();
    let (bons, sans) = (jugees.iter().filter(|b| **b).count() as u64, (lues.len() - jugees.len()) as u64);
    let centres = format::compte(bons, "centre suit le temps écoulé", "centres suivent le temps écoulé");
    let reste = if sans > 0 {
        format!(", {}", format::compte(sans, "centre n’est pas situé", "centres ne sont pas situés"))
    } else {
        String::new()
    };
    let constat = format!("Conventions, {objet} : {centres}, sur {}{reste}.", lues.len());
    let puce = |(e, p): &(&Etat, Lu)| Puce {
        libelle: e.noeud.organisme.clone(),
        valeur: cellule(*p, Valeur::Taux).to_string(),
        part: p.ok(),
        attendu: e.temps().ok(),
    };
    Puces::nouvelles(constat, "conventions", lues.iter().map(puce).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restitution::convention::tests::essai;

    #[test]
    fn a_masked_realisation_is_a_word_in_the_chart_and_in_the_table() {
        let masquee = essai(&[("FP_REALISE", "3.3", None), ("FP_CIBLE", "3.3", Some(20)), ("FP_TEMPS", "", Some(25))]);
        let table = quantites("t", "3.3", &[&masquee]);
        let mots: Vec<String> = table.lignes[0].iter().map(|c| c.valeur.to_string()).collect();
        assert_eq!(&mots[1..], ["secret", "20", "secret", "25,0\u{a0}%", "secret"]);
        let svg = puces("action 3.3", Some("3.3"), &[&masquee]).render().unwrap();
        assert!(svg.contains(">secret<") && !svg.contains("class=\"fait\"") && !svg.contains("class=\"temps\""));
        assert!(svg.contains("1\u{a0}centre n’est pas situé"), "{svg}");
    }

    #[test]
    fn a_peer_shows_what_it_publishes_and_nothing_of_its_amounts() {
        let mut pair = essai(&[("FP_REALISE", "3.3", Some(12)), ("FP_TEMPS", "", Some(25))]);
        pair.complet = false;
        let mots: Vec<String> =
            quantites("t", "3.3", &[&pair]).lignes[0].iter().map(|c| c.valeur.to_string()).collect();
        assert_eq!(&mots[1..], ["12", "–", "–", "25,0\u{a0}%", "–"]);
        assert!(alerte::alertes(&pair).is_empty());
    }

    #[test]
    fn reviews_are_yearly_until_the_end() {
        let dates = |jour: &str| echeances(jour.parse().unwrap()).into_iter().map(|e| e.0).collect::<Vec<_>>();
        assert_eq!(dates("2026-11-22"), ["31 décembre 2026", "31 décembre 2029"]);
        assert_eq!(dates("2029-06-01"), ["31 décembre 2029"]);
    }
}

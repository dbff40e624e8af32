//! Comparison of centres by one indicator: the funnel, the table that holds the same values, and the run chart of one
//! centre. Rows follow the départements; a masked centre is a word in its row, and nowhere else.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use hub_storage::noeud::Noeud;
use referentiel::Decimal;
use referentiel::format;
use serde::Deserialize;

use web::graphique::{Courbe, Donnees, Entonnoir, Etape, Graphique, Limite, Point};
use web::{Cellule, Colonne, Table, Valeur};

use super::fichier::{Image, adresses_de, fichier};
use super::filtres::{self, Filtres, Liste};
use super::{Vue, libelle};
use crate::acces::{Guichet, Refus};
use crate::restitution::centre;
use crate::restitution::comparaison::limites::{self, EXTREME, HABITUELLE};
use crate::restitution::comparaison::suivi::{self, Constat};
use crate::restitution::comparaison::{
    self, CENTRES_MINIMUM, Ensemble, INDICATEURS, Indicateur, Rapport, Situation, TAILLE_MINIMALE,
};
use crate::service::Service;

/// Quarters of the run chart.
const TRIMESTRES: usize = 16;
/// Points of each limit of the funnel.
const PAS: u32 = 40;

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    campagne: Option<String>,
    indicateur: Option<String>,
    region: Option<String>,
    centre: Option<String>,
    table: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "comparaison.html")]
struct Comparaison {
    campagne: String,
    titre: String,
    definition: String,
    filtres: Filtres,
    vide: bool,
    entonnoir: Option<Entonnoir>,
    montres: String,
    minimum: usize,
    taille_minimale: String,
    reference: String,
    ecarts: Vec<Ecart>,
    table: Table,
    exports_centres: Vec<(String, &'static str)>,
    suivi: Option<Suivi>,
    legende: &'static [(&'static str, &'static str)],
}

/// A favourable gap, and where the practices behind it may be read.
#[derive(Debug)]
struct Ecart {
    organisme: String,
    favorable: bool,
    pratiques: String,
}

/// How one centre moved.
#[derive(Debug)]
struct Suivi {
    nom: String,
    courbe: Courbe,
    table: Table,
    exports_suivi: Vec<(String, &'static str)>,
}

/// `GET /comparaison`
pub async fn comparaison(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    let contenu = match compose(&guichet, &choix).await {
        Ok(Some(contenu)) => contenu,
        Ok(None) => {
            let texte = "Cette campagne ou cet indicateur n’existe pas. Choisissez-en un autre dans la liste.";
            return vue.message(StatusCode::NOT_FOUND, "Rien à comparer", texte);
        }
        Err(erreur) => return vue.refuse(&erreur),
    };
    let (table, nom, graphique, titre) = match (&contenu.suivi, choix.table.as_deref()) {
        (Some(suivi), Some("suivi")) => {
            let titre = format!("{}, {}", contenu.titre, suivi.nom);
            (&suivi.table, "comparaison-suivi", Some(&suivi.courbe as &dyn Graphique), titre)
        }
        _ => {
            let entonnoir = contenu.entonnoir.as_ref().map(|e| e as &dyn Graphique);
            (&contenu.table, "comparaison-centres", entonnoir, format!("{}, {}", contenu.titre, contenu.campagne))
        }
    };
    if let Some(image) = Image::demandee(&service, &contenu.filtres, (graphique, &titre), choix.format.as_deref()) {
        return image.reponse(&service, &vue, nom).await;
    }
    if let Some(reponse) = fichier(&service, &contenu.filtres, table, nom, choix.format.as_deref()) {
        return reponse;
    }
    let titre = format!("Comparaison – {} – {}", contenu.titre, contenu.campagne);
    vue.page(StatusCode::OK, "/comparaison", &titre, &contenu)
}

async fn compose(guichet: &Guichet, choix: &Choix) -> Result<Option<Comparaison>, Refus> {
    let toutes = guichet.campagnes(None).await?;
    let rang = filtres::rang(&toutes, choix.campagne.as_deref());
    let Some((rang, choisie)) = rang.and_then(|r| Some((r, toutes.get(r)?))) else { return Ok(None) };
    let voulu = choix.indicateur.as_deref().filter(|i| !i.is_empty()).unwrap_or("EA10");
    let Some(indicateur) = Indicateur::de_code(voulu) else { return Ok(None) };
    let Some(mesure) = indicateur.mesure() else { return Ok(None) };
    let codes = filtres::codes_de_regions(guichet);
    let region = filtres::region_choisie(&codes, choix.region.as_deref());
    let situations = comparaison::lit(guichet, indicateur, &choisie.code, region.as_deref()).await?;
    let centre = choix.centre.as_deref().and_then(|c| situations.iter().find(|s| s.noeud.identifiant.as_str() == c));
    let filtres = filtres_de(&toutes, &choisie.code, indicateur, (&codes, region.as_deref()), &situations, centre);
    let ensemble = comparaison::ensemble(&situations);
    let campagne = libelle(&choisie.code);
    let titre = format!("{} ({})", mesure.libelle, mesure.unite);
    let suivi = match centre {
        Some(s) => {
            let quarts: Vec<String> = toutes.iter().skip(rang).take(TRIMESTRES).rev().map(|c| c.code.clone()).collect();
            let serie = comparaison::serie(guichet, indicateur, &s.noeud, &quarts).await?;
            Some(suivi_de(indicateur, &s.noeud, &titre, &serie, &filtres))
        }
        None => None,
    };
    let montres = situations.iter().filter(|s| s.termes().is_some()).count();
    Ok(Some(Comparaison {
        vide: situations.iter().all(|s| s.rapport == Err(referentiel::cellule::Statut::NonTransmis)),
        entonnoir: ensemble.as_ref().map(|e| entonnoir(indicateur, &titre, &situations, e)),
        montres: format::compte(montres as u64, "centre montre sa valeur", "centres montrent leur valeur"),
        minimum: CENTRES_MINIMUM,
        taille_minimale: format::entier(TAILLE_MINIMALE as i64),
        reference: ensemble.as_ref().map(|e| phrase_de_l_ensemble(indicateur, e)).unwrap_or_default(),
        ecarts: ecarts(indicateur, &situations, ensemble.as_ref()),
        table: table(indicateur, &format!("{titre}, {campagne}"), &situations, ensemble.as_ref()),
        exports_centres: adresses_de(&filtres, "centres"),
        definition: mesure.definition.clone(),
        legende: web::statut::LEGENDE,
        suivi,
        campagne,
        titre,
        filtres,
    }))
}

fn filtres_de(
    toutes: &[hub_storage::campagne::Campagne],
    campagne: &str,
    indicateur: &Indicateur,
    (codes, region): (&std::collections::BTreeSet<String>, Option<&str>),
    situations: &[Situation],
    centre: Option<&Situation>,
) -> Filtres {
    let indicateurs = INDICATEURS
        .iter()
        .filter_map(|i| Some((i.code.to_owned(), format!("{} ({})", i.mesure()?.libelle, i.mesure()?.unite))));
    let centres = situations.iter().map(|s| (s.noeud.identifiant.to_string(), s.noeud.nom.clone()));
    let choisi = centre.map_or("", |s| s.noeud.identifiant.as_str());
    Filtres {
        chemin: "/comparaison".into(),
        bouton: "Comparer les centres",
        recherche: None,
        listes: vec![
            filtres::campagnes(toutes, campagne),
            Liste::nouvelle("indicateur", "Indicateur", indicateurs, indicateur.code),
            filtres::regions(codes, region.unwrap_or_default()).avec_tout("Toutes les régions"),
            Liste::nouvelle("centre", "Évolution d’un centre", centres, choisi).avec_tout("Aucun centre"),
        ],
    }
}

/// A rate in the unit of its indicator.
fn valeur(indicateur: &Indicateur, taux: Decimal) -> Valeur {
    match indicateur.pour() {
        Some(pour) => Valeur::Decimal((taux * pour).round_dp(2).normalize()),
        None => Valeur::Taux(taux),
    }
}

fn mots(indicateur: &Indicateur, taux: f64) -> String {
    Decimal::try_from(taux).map_or_else(|_| "–".to_owned(), |t| valeur(indicateur, t).to_string())
}

pub(crate) fn phrase_de_l_ensemble(indicateur: &Indicateur, e: &Ensemble) -> String {
    let (reference, mediane) = (mots(indicateur, e.reference), mots(indicateur, e.mediane));
    format!("Taux de l’ensemble des centres montrés : {reference} ; médiane : {mediane}.")
}

fn ecarts(indicateur: &Indicateur, situations: &[Situation], ensemble: Option<&Ensemble>) -> Vec<Ecart> {
    let ecart = |s: &Situation| {
        let lecture = comparaison::lecture(indicateur, s, ensemble);
        lecture.est_un_ecart().then(|| Ecart {
            organisme: s.noeud.organisme.clone(),
            favorable: lecture == comparaison::Lecture::EcartFavorable,
            pratiques: format!("/pratiques?q=&theme={}&emetteur={}", indicateur.theme, s.noeud.identifiant),
        })
    };
    situations.iter().filter_map(ecart).collect()
}

pub(crate) fn entonnoir(indicateur: &Indicateur, titre: &str, situations: &[Situation], e: &Ensemble) -> Entonnoir {
    let points: Vec<Point> = situations
        .iter()
        .filter_map(|s| {
            let (n, taille) = s.termes()?;
            (taille >= TAILLE_MINIMALE).then(|| Point {
                libelle: s.noeud.organisme.clone(),
                taille,
                taux: n / taille,
                signale: comparaison::lecture(indicateur, s, Some(e)).est_un_ecart(),
            })
        })
        .collect();
    let plus_grande = points.iter().map(|p| p.taille).fold(TAILLE_MINIMALE, f64::max) * 1.15;
    let limites = (1..=PAS).filter_map(|rang| {
        let taille = (plus_grande * f64::from(rang) / f64::from(PAS)).round();
        let limite = |p| limites::limites(indicateur.loi, e.reference, taille, p);
        (taille >= TAILLE_MINIMALE)
            .then(|| Some(Limite { taille, habituelle: limite(HABITUELLE)?, extreme: limite(EXTREME)? }))?
    });
    let limites: Vec<Limite> = limites.collect();
    let signales: Vec<&str> = points.iter().filter(|p| p.signale).map(|p| p.libelle.as_str()).collect();
    let constat = match signales.as_slice() {
        [] => format!("{titre} : aucun centre ne sort de la variation attendue."),
        [seul] => format!("{titre} : {seul} sort de la variation attendue."),
        _ => format!("{titre} : {} sortent de la variation attendue.", signales.join(", ")),
    };
    let pour_cent = indicateur.pour().is_none();
    // In the unit of the indicator, as the table.
    let facteur = indicateur.pour().and_then(|p| f64::try_from(p).ok()).unwrap_or(1.0);
    let etire = |(bas, haut): (f64, f64)| (bas * facteur, haut * facteur);
    let donnees = Donnees {
        abscisse: indicateur.taille.to_owned(),
        points: points.into_iter().map(|p| Point { taux: p.taux * facteur, ..p }).collect(),
        limites: limites
            .into_iter()
            .map(|l| Limite { habituelle: etire(l.habituelle), extreme: etire(l.extreme), ..l })
            .collect(),
        reference: e.reference * facteur,
        pour_cent,
    };
    Entonnoir::nouveau(constat, "centres", donnees)
}

pub(crate) fn table(indicateur: &Indicateur, titre: &str, situations: &[Situation], e: Option<&Ensemble>) -> Table {
    let nombre = |d: Decimal| Valeur::Decimal(d.normalize());
    let ligne = |s: &Situation| -> Vec<Cellule> {
        let absente = |statut| Valeur::Absente(statut);
        let intervalle = s.termes().and_then(|(n, d)| limites::intervalle(indicateur.loi, n, d));
        let intervalle =
            intervalle.map(|(bas, haut)| format!("de {} à {}", mots(indicateur, bas), mots(indicateur, haut)));
        vec![
            Cellule::from(centre::nom(&s.noeud)),
            s.rapport.map_or_else(absente, |(_, d)| nombre(d)).into(),
            s.taux().map_or_else(absente, |t| valeur(indicateur, t)).into(),
            intervalle.map_or(Valeur::Rien, Valeur::from).into(),
            comparaison::lecture(indicateur, s, e).mot().into(),
        ]
    };
    Table {
        identifiant: "centres",
        titre: titre.to_owned(),
        colonnes: vec![
            Colonne::texte("Centre"),
            Colonne::nombre(indicateur.taille),
            Colonne::nombre("Valeur"),
            Colonne::texte("Intervalle à 95\u{a0}%"),
            Colonne::texte("Lecture"),
        ],
        lignes: situations.iter().map(ligne).collect(),
    }
}

fn suivi_de(
    indicateur: &Indicateur,
    noeud: &Noeud,
    titre: &str,
    serie: &[(String, Rapport)],
    filtres: &Filtres,
) -> Suivi {
    let taux = |r: &Rapport| r.ok().and_then(|(n, d)| f64::try_from(n.checked_div(d)?).ok());
    let valeurs: Vec<Option<f64>> = serie.iter().map(|(_, r)| taux(r)).collect();
    let constat = suivi::constat(&valeurs);
    let texte = |r: &Rapport| {
        r.and_then(|(n, d)| n.checked_div(d).ok_or(referentiel::cellule::Statut::SansObjet))
            .map_or_else(Valeur::Absente, |t| valeur(indicateur, t))
    };
    let signale = |rang: usize| constat.as_ref().is_some_and(|c| c.hors_limites.contains(&rang));
    let etapes = (0..).zip(serie).map(|(rang, (campagne, r))| Etape {
        libelle: court(campagne),
        texte: texte(r).to_string(),
        valeur: taux(r),
        signale: signale(rang),
    });
    let (centre, limites) = constat.as_ref().map_or((None, None), |c| (Some(c.centre), c.limites));
    let courbe = Courbe::nouvelle(
        phrase_du_suivi(titre, noeud, constat.as_ref()),
        "evolution",
        etapes.collect(),
        centre,
        limites,
    );
    let ligne = |(campagne, r): &(String, Rapport)| -> Vec<Cellule> {
        let taille = r.map_or_else(Valeur::Absente, |(_, d)| Valeur::Decimal(d.normalize()));
        vec![libelle(campagne).into(), taille.into(), texte(r).into()]
    };
    let table = Table {
        identifiant: "evolution",
        titre: format!("{titre}, {}, par trimestre", noeud.nom),
        colonnes: vec![Colonne::texte("Trimestre"), Colonne::nombre(indicateur.taille), Colonne::nombre("Valeur")],
        lignes: serie.iter().map(ligne).collect(),
    };
    Suivi { nom: noeud.nom.clone(), courbe, table, exports_suivi: adresses_de(filtres, "suivi") }
}

/// « 2026-T1 » as « T1 2026 ».
fn court(campagne: &str) -> String {
    campagne.split_once('-').map_or_else(|| campagne.to_owned(), |(annee, t)| format!("{t}\u{a0}{annee}"))
}

fn phrase_du_suivi(titre: &str, noeud: &Noeud, constat: Option<&Constat>) -> String {
    let suite = match constat {
        None => "aucune valeur ne peut être montrée.".to_owned(),
        Some(c) if c.limites.is_none() => {
            format!("moins de {} trimestres : la médiane, sans limites.", suivi::POINTS_PROVISOIRES)
        }
        Some(c) => {
            let limites = if c.provisoires { " (limites provisoires)" } else { "" };
            let signaux = if c.signaux.is_empty() { "variation attendue".to_owned() } else { c.signaux.join(" ; ") };
            format!("{signaux}{limites}.")
        }
    };
    format!("{titre}, {} : {suite}", noeud.organisme)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restitution::comparaison::limites::Loi;
    use crate::restitution::comparaison::tests::{situation, termes};
    use referentiel::cellule::Statut;

    fn indicateur() -> &'static Indicateur {
        Indicateur::de_code("EA10").unwrap()
    }

    #[test]
    fn a_masked_centre_is_a_word_in_its_row_and_nowhere_in_the_drawing() {
        let mut centres: Vec<Situation> = (0..5).map(|r| situation(r, termes(40, 100))).collect();
        centres.push(situation(5, Err(Statut::Secret)));
        let ensemble = comparaison::ensemble(&centres).unwrap();
        let svg = entonnoir(indicateur(), "Taux", &centres, &ensemble).render().unwrap();
        assert_eq!(svg.matches("<circle").count(), 5);
        assert!(!svg.contains("CDG5") && !svg.contains("secret"), "{svg}");
        let lignes = table(indicateur(), "t", &centres, Some(&ensemble)).lignes;
        let mots: Vec<String> = lignes[5].iter().map(|c| c.valeur.to_string()).collect();
        assert_eq!(mots, ["CDG5, Centre 5", "secret", "secret", "–", "non situé"]);
        // The row stays where its département puts it, whatever is masked.
        let codes: Vec<String> = lignes.iter().map(|l| l[0].valeur.to_string()).collect();
        assert!(codes.is_sorted());
    }

    #[test]
    fn a_favourable_gap_leads_to_the_practices_of_its_centre_and_theme() {
        let mut centres: Vec<Situation> = (0..5).map(|r| situation(r, termes(40, 100))).collect();
        centres.push(situation(5, termes(75, 100)));
        let ensemble = comparaison::ensemble(&centres);
        let trouves = ecarts(indicateur(), &centres, ensemble.as_ref());
        assert_eq!(trouves.len(), 1);
        assert!(trouves[0].favorable);
        assert_eq!(trouves[0].pratiques, "/pratiques?q=&theme=recrutement&emetteur=cdg-287800015");
        assert!(ecarts(indicateur(), &centres, None).is_empty(), "nothing is said while the gate is closed");
    }

    #[test]
    fn the_run_chart_says_how_much_it_knows() {
        let centre = situation(0, termes(1, 2)).noeud;
        assert!(phrase_du_suivi("Taux", &centre, None).contains("aucune valeur"));
        let court_ = suivi::constat(&[Some(0.4), Some(0.5)]);
        assert!(phrase_du_suivi("Taux", &centre, court_.as_ref()).contains("moins de 6 trimestres"));
        let long = suivi::constat(&[0.4, 0.5, 0.4, 0.5, 0.4, 0.5].map(Some));
        assert!(phrase_du_suivi("Taux", &centre, long.as_ref()).contains("variation attendue (limites provisoires)"));
        assert_eq!(court("2026-T1"), "T1\u{a0}2026");
    }

    #[test]
    fn a_rate_for_a_thousand_keeps_its_unit() {
        let fp = Indicateur::de_code("FP_MAINTIENS_1000").unwrap();
        assert_eq!(valeur(fp, Decimal::new(25, 4)).to_string(), "2,5");
        assert_eq!(fp.loi, Loi::Poisson);
    }
}

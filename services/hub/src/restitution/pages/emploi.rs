//! Emploi accompagné by département or by dispositif: tiles, bars and table made from one [`Table`], so that the
//! picture, the sentence and the figures cannot disagree. A masked value has no length, no class, no rank.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use referentiel::Decimal;
use referentiel::jeu::jeu;
use serde::Deserialize;
use web::graphique::{Barre, Barres};
use web::{Cellule, Colonne, Table, Valeur};

use super::pilotage::aujourdhui;
use super::{OptionListe, Vue, export, exports, libelle, nom_region};
use crate::acces::{Guichet, Refus};
use crate::restitution::tableau::{self, Colonnes, Tableau};
use crate::service::Service;

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    campagne: Option<String>,
    region: Option<String>,
    maille: Option<String>,
    indicateur: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "emploi.html")]
struct Emploi {
    campagne: String,
    region: String,
    campagnes: Vec<OptionListe>,
    regions: Vec<OptionListe>,
    mailles: Vec<OptionListe>,
    indicateurs: Vec<OptionListe>,
    indicateur: String,
    definition: String,
    total: String,
    tuiles: Vec<Tuile>,
    barres: Option<Barres>,
    table: Table,
    exports: Vec<(String, &'static str)>,
    legende: &'static [(&'static str, &'static str)],
}

/// A département on the tile map.
#[derive(Debug)]
struct Tuile {
    place: String,
    classe: &'static str,
    code: String,
    nom: String,
    valeur: String,
}

/// Place of each département on its region's grid: (column, row), from 1.
type Grilles = BTreeMap<String, BTreeMap<String, (u8, u8)>>;

static GRILLES: LazyLock<Grilles> =
    LazyLock::new(|| toml::from_str(include_str!("../../../../../schema/cartes/tuiles.toml")).unwrap_or_default());

/// `GET /emploi-accompagne`
pub async fn emploi(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    match compose(&guichet, &choix).await {
        Ok(Some(contenu)) => {
            let a_propos = vec![
                ("Titre".to_owned(), contenu.table.titre.clone()),
                ("Campagne".to_owned(), contenu.campagne.clone()),
                ("Région".to_owned(), contenu.region.clone()),
                ("Source".to_owned(), service.configuration().hub.nom.clone()),
                ("Extrait le".to_owned(), aujourdhui(&service)),
            ];
            if let Some(fichier) = export(&contenu.table, "emploi-accompagne", choix.format.as_deref(), a_propos) {
                return fichier;
            }
            let titre = format!("Emploi accompagné – {} – {}", contenu.campagne, contenu.region);
            vue.page(StatusCode::OK, "/emploi-accompagne", &titre, &contenu)
        }
        Ok(None) => vue.message(
            StatusCode::NOT_FOUND,
            "Aucune campagne à montrer",
            "Cette campagne ou cet indicateur n’existe pas. Choisissez-en un autre dans la liste.",
        ),
        Err(erreur) => vue.refuse(&erreur),
    }
}

async fn compose(guichet: &Guichet, choix: &Choix) -> Result<Option<Emploi>, Refus> {
    let toutes = guichet.campagnes(None).await?;
    let choisie = match &choix.campagne {
        Some(code) => toutes.iter().find(|c| &c.code == code),
        None => toutes.first(),
    };
    let Some(choisie) = choisie else { return Ok(None) };
    let noeuds = &guichet.configuration().noeuds;
    let codes: BTreeSet<&str> = noeuds.iter().flat_map(|(n, _)| &n.regions).map(String::as_str).collect();
    let region = choix.region.as_deref().filter(|r| codes.contains(r)).or(codes.first().copied()).unwrap_or_default();
    let (maille, colonnes) = match choix.maille.as_deref() {
        Some("dispositif") => ("dispositif", Colonnes::Dispositifs),
        _ => ("departement", Colonnes::Departements),
    };
    let tableau = tableau::de_la_region(guichet, &choisie.code, region, colonnes).await?;
    let voulu = choix.indicateur.as_deref().unwrap_or("EA01");
    let Some(mesure) = jeu("ea.indicateurs").and_then(|j| j.mesure(voulu)) else { return Ok(None) };
    let intitule = format!("{} ({})", mesure.libelle, mesure.unite);
    let table = table(&tableau, &format!("{}, {}", libelle(&choisie.code), nom_region(region)));
    let valeurs = colonne(&tableau, voulu);
    let total = tableau.lignes.iter().find(|l| l.code == voulu).map(|l| l.total.texte.clone());
    let option = |valeur: &str, libelle: &str, choisie| OptionListe {
        valeur: valeur.to_owned(),
        libelle: libelle.to_owned(),
        choisie,
    };
    let adresse =
        format!("/emploi-accompagne?campagne={}&region={region}&maille={maille}&indicateur={voulu}", choisie.code);
    Ok(Some(Emploi {
        campagne: libelle(&choisie.code),
        region: nom_region(region),
        campagnes: toutes.iter().map(|c| option(&c.code, &libelle(&c.code), c.code == choisie.code)).collect(),
        regions: codes.iter().map(|r| option(r, &nom_region(r), *r == region)).collect(),
        mailles: vec![
            option("departement", "Départements", maille == "departement"),
            option("dispositif", "Dispositifs", maille == "dispositif"),
        ],
        indicateurs: tableau
            .lignes
            .iter()
            .map(|l| option(&l.code, &format!("{} ({})", l.libelle, l.unite), l.code == voulu))
            .collect(),
        indicateur: intitule.clone(),
        definition: mesure.definition.clone(),
        total: total.unwrap_or_else(|| "non transmis".to_owned()),
        tuiles: if maille == "departement" { tuiles(region, &valeurs) } else { vec![] },
        barres: (!valeurs.is_empty()).then(|| barres(&intitule, &valeurs)),
        table,
        exports: exports(&adresse),
        legende: web::statut::LEGENDE,
    }))
}

/// Territories in rows, indicators in columns, the regional total last.
fn table(tableau: &Tableau, precision: &str) -> Table {
    let colonnes = tableau.lignes.iter().map(|l| Colonne::nombre(format!("{} ({})", l.libelle, l.unite)));
    let ligne = |rang: usize, nom: &String| -> Vec<Cellule> {
        let cases = tableau.lignes.iter().map(|l| l.cases.get(rang).map_or(Valeur::Rien, |c| c.valeur.clone()));
        std::iter::once(Valeur::from(nom.as_str())).chain(cases).map(Cellule::from).collect()
    };
    let mut lignes: Vec<Vec<Cellule>> =
        tableau.colonnes.iter().enumerate().map(|(rang, nom)| ligne(rang, nom)).collect();
    if !lignes.is_empty() {
        let totaux = tableau.lignes.iter().map(|l| l.total.valeur.clone());
        lignes.push(std::iter::once(Valeur::from("Total régional")).chain(totaux).map(Cellule::from).collect());
    }
    Table {
        identifiant: "territoires",
        titre: format!("Indicateurs par territoire, {precision}"),
        colonnes: std::iter::once(Colonne::texte("Territoire")).chain(colonnes).collect(),
        lignes,
    }
}

/// (territory, value) of one indicator, in the order of the table.
pub(crate) fn colonne(tableau: &Tableau, indicateur: &str) -> Vec<(String, Valeur)> {
    let Some(ligne) = tableau.lignes.iter().find(|l| l.code == indicateur) else { return vec![] };
    tableau.colonnes.iter().cloned().zip(ligne.cases.iter().map(|c| c.valeur.clone())).collect()
}

fn nombre(valeur: &Valeur) -> Option<Decimal> {
    match valeur {
        Valeur::Decimal(d) | Valeur::Taux(d) | Valeur::Euros(d) => Some(*d),
        Valeur::Entier(n) => Some((*n).into()),
        _ => None,
    }
}

/// The chart of one indicator and the sentence that reads it.
pub(crate) fn barres(intitule: &str, valeurs: &[(String, Valeur)]) -> Barres {
    let montrees: Vec<(&String, Decimal)> = valeurs.iter().filter_map(|(n, v)| Some((n, nombre(v)?))).collect();
    let plus_grande = montrees.iter().max_by_key(|(_, v)| *v);
    let constat = match (plus_grande, valeurs.len() - montrees.len()) {
        (None, _) => format!("{intitule} : aucune valeur ne peut être montrée."),
        (Some((nom, _)), absentes) => {
            let texte = valeurs.iter().find(|(n, _)| n == *nom).map(|(_, v)| v.to_string()).unwrap_or_default();
            let reste = match absentes {
                0 => "toutes les valeurs sont montrées".to_owned(),
                n => referentiel::format::compte(n as u64, "territoire sans valeur", "territoires sans valeur"),
            };
            format!("{intitule} : la plus grande valeur montrée est {texte}, {nom} ; {reste}.")
        }
    };
    let barre = |(nom, valeur): &(String, Valeur)| Barre {
        libelle: nom.clone(),
        valeur: valeur.to_string(),
        grandeur: nombre(valeur),
    };
    Barres::nouvelles(constat, "territoires", valeurs.iter().map(barre).collect())
}

/// Tiles of a region that has a grid. Three classes between zero and the largest value shown; a masked value has none.
fn tuiles(region: &str, valeurs: &[(String, Valeur)]) -> Vec<Tuile> {
    let Some(grille) = GRILLES.get(region) else { return vec![] };
    let maximum = valeurs.iter().filter_map(|(_, v)| nombre(v)).max();
    let tuile = |(code, (colonne, ligne)): (&String, &(u8, u8))| {
        let trouvee = valeurs.iter().find(|(nom, _)| nom.split(' ').next() == Some(code.as_str()));
        let nom = code.parse().ok().as_ref().and_then(referentiel::territoire::departement).map(|d| d.nom.clone());
        Tuile {
            place: format!("c{colonne} l{ligne}"),
            classe: trouvee.map_or("absente", |(_, v)| classe(v, maximum)),
            code: code.clone(),
            nom: nom.unwrap_or_default(),
            valeur: trouvee.map_or_else(|| "non transmis".to_owned(), |(_, v)| v.to_string()),
        }
    };
    grille.iter().map(tuile).collect()
}

fn classe(valeur: &Valeur, maximum: Option<Decimal>) -> &'static str {
    let Some(part) = nombre(valeur).zip(maximum).and_then(|(v, m)| v.checked_div(m)) else {
        return if matches!(valeur, Valeur::Absente(referentiel::cellule::Statut::Secret)) {
            "secrete"
        } else {
            "absente"
        };
    };
    match part * Decimal::from(3) {
        p if p <= Decimal::ONE => "faible",
        p if p <= Decimal::TWO => "moyenne",
        _ => "forte",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::cellule::Statut;

    fn valeurs() -> Vec<(String, Valeur)> {
        vec![
            ("25 Doubs".to_owned(), Valeur::Decimal(30.into())),
            ("70 Haute-Saône".to_owned(), Valeur::Absente(Statut::Secret)),
            ("39 Jura".to_owned(), Valeur::Texte("entre 4 et 9".to_owned())),
        ]
    }

    #[test]
    fn tiles_have_a_class_only_when_they_have_a_value() {
        let tuiles = tuiles("27", &valeurs());
        let de = |code: &str| tuiles.iter().find(|t| t.code == code).unwrap();
        assert_eq!((de("25").classe, de("70").classe, de("39").classe), ("forte", "secrete", "absente"));
        assert_eq!((de("58").valeur.as_str(), de("70").valeur.as_str()), ("non transmis", "secret"));
    }

    #[test]
    fn every_grid_places_the_departements_of_its_region_once() {
        assert!(!GRILLES.is_empty());
        for (region, grille) in GRILLES.iter() {
            let attendus: BTreeSet<String> = referentiel::territoire::departements()
                .iter()
                .filter(|d| &d.region == region)
                .map(|d| d.code.to_string())
                .collect();
            assert_eq!(grille.keys().cloned().collect::<BTreeSet<_>>(), attendus, "{region}");
            assert_eq!(
                grille.values().collect::<BTreeSet<_>>().len(),
                grille.len(),
                "{region}: two tiles in one place"
            );
            assert!(grille.values().all(|(c, l)| (1..=4).contains(c) && (1..=4).contains(l)), "{region}");
        }
    }

    #[test]
    fn the_sentence_of_the_chart_says_what_is_shown_and_no_more() {
        let barres = barres("File active (personnes)", &valeurs());
        assert!(barres.constat().contains("30, 25 Doubs ; 2\u{a0}territoires sans valeur"), "{}", barres.constat());
        let rien = super::barres("File active", &[("70".to_owned(), Valeur::Absente(Statut::Secret))]);
        assert!(rien.constat().contains("aucune valeur"));
    }
}

//! Emploi accompagné by département or by dispositif: tiles, bars and table made from one [`Table`], so that the
//! picture, the sentence and the figures cannot disagree. A masked value has no length, no class, no rank.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use referentiel::Decimal;
use referentiel::jeu::jeu;
use serde::Deserialize;
use web::graphique::{Barre, Barres, Graphique};
use web::{Cellule, Colonne, Table, Valeur};

use super::fichier::{Image, adresses, fichier};
use super::filtres::{self, Filtres, Liste};
use super::{Vue, libelle, nom_region};
use crate::acces::{Guichet, Refus};
use crate::restitution::tableau::{self, Colonnes, Tableau};
use crate::service::Service;

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    campagne: Option<String>,
    region: Option<String>,
    maille: Option<String>,
    departement: Option<String>,
    indicateur: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "emploi.html")]
struct Emploi {
    campagne: String,
    region: String,
    filtres: Filtres,
    indicateur: String,
    definition: String,
    total: String,
    departement: Option<(String, String)>,
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
    nom: String,
    adresse: String,
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
            let format = choix.format.as_deref();
            let graphique = contenu.barres.as_ref().map(|b| b as &dyn Graphique);
            let titre = format!("{}, {}, {}", contenu.indicateur, contenu.campagne, contenu.region);
            if let Some(image) = Image::demandee(&service, &contenu.filtres, (graphique, &titre), format) {
                return image.reponse(&service, &vue, "emploi-accompagne").await;
            }
            if let Some(reponse) = fichier(&service, &contenu.filtres, &contenu.table, "emploi-accompagne", format) {
                return reponse;
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
    let rang = filtres::rang(&toutes, choix.campagne.as_deref());
    let Some(choisie) = rang.and_then(|r| toutes.get(r)) else { return Ok(None) };
    let codes = filtres::codes_de_regions(guichet);
    let region = filtres::region_montree(guichet, &codes, choix.region.as_deref());
    let (maille, colonnes) = match choix.maille.as_deref() {
        Some("dispositif") => ("dispositif", Colonnes::Dispositifs),
        _ => ("departement", Colonnes::Departements),
    };
    let departements = tableau::departements_de(&region);
    let departement = choix.departement.as_deref().filter(|d| departements.iter().any(|code| code == d));
    let tableau = tableau::du_perimetre(guichet, &choisie.code, (&region, departement), colonnes).await?;
    let voulu = choix.indicateur.as_deref().unwrap_or("EA01");
    let Some(mesure) = jeu("ea.indicateurs").and_then(|j| j.mesure(voulu)) else { return Ok(None) };
    let intitule = format!("{} ({})", mesure.libelle, mesure.unite);
    let table = table(&tableau, &format!("{}, {}", libelle(&choisie.code), nom_region(&region)));
    let valeurs = colonne(&tableau, voulu);
    let total = tableau.lignes.iter().find(|l| l.code == voulu).map(|l| l.total.texte.clone());
    let indicateurs =
        tableau.lignes.iter().map(|l| (l.code.clone(), format!("{} ({})", l.libelle, l.unite))).collect::<Vec<_>>();
    let mailles = [("departement", "Départements"), ("dispositif", "Dispositifs")];
    let mailles = mailles.map(|(valeur, mots)| (valeur.to_owned(), mots.to_owned()));
    let filtres = Filtres {
        chemin: "/emploi-accompagne".into(),
        bouton: "Afficher les indicateurs",
        recherche: None,
        listes: vec![
            filtres::campagnes(&toutes, &choisie.code),
            filtres::regions(&codes, &region),
            Liste::nouvelle("maille", "Territoires", mailles, maille),
            Liste::nouvelle(
                "departement",
                "Département",
                departements.iter().map(|code| (code.clone(), nom_de_departement(code))),
                departement.unwrap_or_default(),
            )
            .avec_tout("Tous les départements"),
            Liste::nouvelle("indicateur", "Indicateur du graphique", indicateurs, voulu),
        ],
    };
    Ok(Some(Emploi {
        campagne: libelle(&choisie.code),
        region: nom_region(&region),
        indicateur: intitule.clone(),
        definition: mesure.definition.clone(),
        total: total.unwrap_or_else(|| "non transmis".to_owned()),
        tuiles: match (maille, departement) {
            ("departement", None) => tuiles(&region, &valeurs, &filtres),
            _ => vec![],
        },
        departement: departement.map(|code| (nom_de_departement(code), filtres.adresse_avec("departement", ""))),
        barres: (!valeurs.is_empty()).then(|| barres(&intitule, &valeurs)),
        table,
        exports: adresses(&filtres),
        filtres,
        legende: web::statut::LEGENDE,
    }))
}

fn nom_de_departement(code: &str) -> String {
    let connu = code.parse().ok().as_ref().and_then(referentiel::territoire::departement);
    connu.map_or_else(|| code.to_owned(), |d| format!("{code} {}", d.nom))
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
fn tuiles(region: &str, valeurs: &[(String, Valeur)], filtres: &Filtres) -> Vec<Tuile> {
    let Some(grille) = GRILLES.get(region) else { return vec![] };
    let maximum = valeurs.iter().filter_map(|(_, v)| nombre(v)).max();
    let tuile = |(code, (colonne, ligne)): (&String, &(u8, u8))| {
        let trouvee = valeurs.iter().find(|(nom, _)| nom.split(' ').next() == Some(code.as_str()));
        Tuile {
            place: format!("c{colonne} l{ligne}"),
            classe: trouvee.map_or("absente", |(_, v)| classe(v, maximum)),
            nom: nom_de_departement(code),
            adresse: filtres.adresse_avec("departement", code),
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
    use std::collections::BTreeSet;

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
        let filtres = Filtres {
            chemin: "/emploi-accompagne".into(),
            bouton: "",
            recherche: None,
            listes: vec![Liste::nouvelle("departement", "Département", [], "").avec_tout("Tous")],
        };
        let tuiles = tuiles("27", &valeurs(), &filtres);
        let de = |code: &str| tuiles.iter().find(|t| t.nom.starts_with(code)).unwrap();
        assert_eq!(de("25").adresse, "/emploi-accompagne?departement=25", "a tile leads to its département");
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

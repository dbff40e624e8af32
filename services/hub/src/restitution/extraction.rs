//! A data set whole, as long tables: one row per published cell, per record, per dispositif, in the order of
//! the API and with its statuses. What a caller may not see is not there; nothing is computed here.

pub mod sdmx;

use std::collections::BTreeMap;

use hub_storage::dispositif::{Dispositif, FiltreDispositif};
use hub_storage::fiche::{Fiche, FiltreFiche};
use hub_storage::observation::{Filtre, Observation};
use referentiel::Decimal;
use referentiel::cellule::Audience;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{GenreChamp, Liste};
use web::{Cellule, Colonne, Table, Valeur};

use super::tableau::chiffre;
use crate::acces::{Guichet, Refus};

/// Rows read at a time.
const PAGE: u32 = 1_000;

/// Data set that describes organisations: its rows are fiches dispositif.
const DISPOSITIFS: &str = "ea.dispositif";

/// A data set, as this caller may see it.
#[derive(Debug)]
pub struct Extraction {
    /// Its tables, each under the code that names it.
    pub tables: Vec<(String, Table)>,
    /// Its cells.
    pub observations: Vec<Observation>,
}

/// Reads a data set, of one period or of all.
pub async fn extrait(guichet: &Guichet, jeu: &Jeu, periode: Option<&str>) -> Result<Extraction, Refus> {
    let mut tables = Vec::new();
    if jeu.code == DISPOSITIFS {
        tables.push(("dispositifs".to_owned(), dispositifs(jeu, &lit_dispositifs(guichet, periode).await?)));
    }
    let observations = lit_cellules(guichet, jeu, periode).await?;
    if !jeu.mesures.is_empty() {
        tables.push(("indicateurs".to_owned(), cellules(jeu, &observations)));
    }
    for liste in jeu.listes.iter().filter(|l| l.get_ref().audience.is_some()) {
        let liste = liste.get_ref();
        tables.push((liste.code.clone(), fiches(jeu, liste, &lit_fiches(guichet, jeu, liste, periode).await?)));
    }
    Ok(Extraction { tables, observations })
}

/// The table of cells without a row: its columns come from the jeu alone.
pub fn sans_ligne(jeu: &Jeu) -> Table {
    cellules(jeu, &[])
}

/// Adds a page to what was read; true when another may follow.
fn suite<T>(page: Vec<T>, lues: &mut Vec<T>) -> bool {
    let pleine = page.len() >= PAGE as usize;
    lues.extend(page);
    pleine
}

async fn lit_cellules(guichet: &Guichet, jeu: &Jeu, periode: Option<&str>) -> Result<Vec<Observation>, Refus> {
    let mut filtre = Filtre::campagne(guichet.audience(None)?, "");
    filtre.campagnes = periode.map(str::to_owned).into_iter().collect();
    filtre.jeux = vec![jeu.code.clone()];
    let mut lues: Vec<Observation> = Vec::new();
    while suite(guichet.observations(&filtre, lues.last().map(|o| &o.rang), PAGE).await?, &mut lues) {}
    Ok(lues)
}

async fn lit_fiches(guichet: &Guichet, jeu: &Jeu, liste: &Liste, periode: Option<&str>) -> Result<Vec<Fiche>, Refus> {
    let filtre = FiltreFiche {
        // Records are made for the network at least: the convention audience has none of its own.
        audience: guichet.audience(Some(guichet.appelant().audience.max(Audience::Reseau)))?,
        jeu: jeu.code.clone(),
        campagne: periode.map(str::to_owned),
        liste: Some(liste.code.clone()),
        departement: None,
        emetteur: None,
    };
    let mut lues: Vec<Fiche> = Vec::new();
    while suite(guichet.fiches(&filtre, lues.last().map(|f| &f.rang), PAGE).await?, &mut lues) {}
    Ok(lues)
}

async fn lit_dispositifs(guichet: &Guichet, periode: Option<&str>) -> Result<Vec<Dispositif>, Refus> {
    let filtre = FiltreDispositif { campagne: periode.map(str::to_owned), ..FiltreDispositif::default() };
    let audience = guichet.audience(None)?;
    let rang = |d: &Dispositif| (d.campagne.clone(), d.reference.clone(), d.noeud.clone());
    let mut lues: Vec<Dispositif> = Vec::new();
    while suite(guichet.dispositifs(audience, &filtre, lues.last().map(rang).as_ref(), PAGE).await?, &mut lues) {}
    Ok(lues)
}

fn cellules(jeu: &Jeu, lues: &[Observation]) -> Table {
    let mots = ["Période", "Indicateur", "Libellé", "Unité", "Niveau", "Territoire", "Nom du territoire", "Centre"];
    let nombres = ["Valeur", "Numérateur", "Dénominateur"];
    Table {
        identifiant: "indicateurs",
        titre: jeu.libelle.clone(),
        colonnes: mots
            .into_iter()
            .map(Colonne::texte)
            .chain(jeu.axes.iter().map(|a| Colonne::texte(&a.libelle)))
            .chain([Colonne::texte("Statut")])
            .chain(nombres.map(Colonne::nombre))
            .collect(),
        lignes: lues.iter().map(|o| cellule(jeu, o)).collect(),
    }
}

fn cellule(jeu: &Jeu, o: &Observation) -> Vec<Cellule> {
    let mesure = jeu.mesure(&o.rang.indicateur);
    let unite = mesure.map(|m| m.unite.as_str()).unwrap_or_default();
    let lieu = [
        o.rang.campagne.clone(),
        o.rang.indicateur.clone(),
        mesure.map(|m| m.libelle.clone()).unwrap_or_default(),
        unite.to_owned(),
        o.rang.niveau.clone(),
        o.rang.territoire.clone(),
        o.territoire_nom.clone().unwrap_or_default(),
        o.emetteur_nom.clone(),
    ];
    let places: BTreeMap<&str, &str> = o.rang.ventilation.split(',').filter_map(|c| c.split_once('=')).collect();
    let axes = jeu.axes.iter().map(|axe| {
        let Some(code) = places.get(axe.code.as_str()) else { return "Ensemble".to_owned() };
        let modalite = jeu.nomenclature(&axe.code).and_then(|n| n.modalite(code));
        modalite.map_or(*code, |m| m.libelle.as_str()).to_owned()
    });
    let terme = |choisi: fn((Decimal, Decimal)) -> Decimal| {
        o.rapport.map_or(Valeur::Rien, |r| Valeur::Decimal(choisi(r).normalize()))
    };
    lieu.into_iter()
        .chain(axes)
        .chain([o.statut.code().to_owned()])
        .map(Cellule::from)
        .chain([valeur(o, unite), terme(|(n, _)| n), terme(|(_, d)| d)].map(Cellule::from))
        .collect()
}

/// What the screens show: a rate is the ratio of its terms.
fn valeur(o: &Observation, unite: &str) -> Valeur {
    match (o.valeur, o.rapport) {
        (Some(valeur), _) => Valeur::Decimal(valeur.normalize()),
        (None, Some((n, d))) => match n.checked_div(d) {
            Some(taux) if unite == "%" => Valeur::Taux(taux),
            Some(taux) => Valeur::Decimal(taux.round_dp(4).normalize()),
            None => Valeur::Absente(o.statut),
        },
        (None, None) => Valeur::Absente(o.statut),
    }
}

fn fiches(jeu: &Jeu, liste: &Liste, lues: &[Fiche]) -> Table {
    let nombre = |genre: GenreChamp| {
        matches!(genre, GenreChamp::Effectif | GenreChamp::Entier | GenreChamp::Decimal | GenreChamp::Montant)
    };
    let champs: Vec<_> = liste.champs.iter().filter(|c| !c.interne).collect();
    let colonnes = champs.iter().map(|c| Colonne { libelle: c.libelle.clone(), nombre: nombre(c.genre) });
    let ligne = |f: &Fiche| -> Vec<Cellule> {
        let lieu = [f.rang.campagne.clone(), f.emetteur_nom.clone(), f.territoire.clone()].map(Cellule::from);
        let valeurs = champs.iter().map(|c| {
            let Some(lue) = f.champs.get(&c.code) else { return Valeur::Rien };
            if nombre(c.genre) {
                return lue
                    .parse()
                    .map_or_else(|_| Valeur::Texte(lue.clone()), |d: Decimal| Valeur::Decimal(d.normalize()));
            }
            let nomenclature = c.nomenclature.as_deref().and_then(|nom| jeu.nomenclature_de_nom(nom));
            Valeur::Texte(nomenclature.and_then(|n| n.modalite(lue)).map_or(lue, |m| &m.libelle).clone())
        });
        lieu.into_iter().chain(valeurs.map(Cellule::from)).collect()
    };
    Table {
        identifiant: "fiches",
        titre: format!("{} – {}", jeu.libelle, liste.libelle),
        colonnes: ["Période", "Centre", "Département"].into_iter().map(Colonne::texte).chain(colonnes).collect(),
        lignes: lues.iter().map(ligne).collect(),
    }
}

fn dispositifs(jeu: &Jeu, lues: &[Dispositif]) -> Table {
    let mots =
        ["Période", "Référence", "Nom", "Département", "Région", "Centre", "Statut", "Structures accompagnantes"];
    let nombres = [
        "Places",
        "ETP",
        "ETP d’accompagnement",
        "Professionnels",
        "Liste d’attente",
        "Sans suite",
        "File active",
        "Taux d’occupation",
    ];
    let ligne = |d: &Dispositif| -> Vec<Cellule> {
        let decimal = |d: Option<Decimal>| d.map_or(Valeur::Rien, |d| Valeur::Decimal(d.normalize()));
        let entier = |n: Option<i64>| n.map_or(Valeur::Rien, Valeur::Entier);
        let valeurs: [Valeur; 16] = [
            d.campagne.clone().into(),
            d.reference.clone().into(),
            d.nom.clone().into(),
            d.departement.clone().into(),
            d.region.clone().into(),
            d.emetteur_nom.clone().into(),
            d.statut.clone().into(),
            d.structures.join(", ").into(),
            entier(d.capacite),
            decimal(d.etp_total),
            decimal(d.etp_hors_administratifs),
            entier(d.professionnels),
            entier(d.liste_attente),
            entier(d.sans_suite),
            chiffre(d.file_active.as_ref()),
            chiffre(d.taux_occupation.as_ref()),
        ];
        valeurs.map(Cellule::from).into()
    };
    Table {
        identifiant: "dispositifs",
        titre: jeu.libelle.clone(),
        colonnes: mots.map(Colonne::texte).into_iter().chain(nombres.map(Colonne::nombre)).collect(),
        lignes: lues.iter().map(ligne).collect(),
    }
}

//! The committee file of a campaign and a region: the sentences, charts and tables of the pages, in the order of a
//! meeting, under the rights of whoever asks. Nothing is computed here, and nothing depends on the clock: the same
//! register gives the same file.

mod impression;

use chrono::{DateTime, NaiveDate, Utc};
use hub_storage::campagne::{Campagne, EtatCampagne};
use hub_storage::dispositif::{Chiffre, Dispositif, FiltreDispositif};
use referentiel::Decimal;
use referentiel::format;
use referentiel::jeu::jeu;
use web::document::{Bloc, Document, Section};
use web::{Cellule, Colonne, Table, Valeur};

use super::pages::pilotage::{Avancement, avancement};
use super::pages::{emploi, libelle, nom_region};
use super::tableau::{self, Colonnes, Tableau};
use crate::acces::{Guichet, Refus};

pub use impression::{ImpressionImpossible, imprime};

/// Indicators drawn as charts, in the order of the domain notes §2.
const GRAPHIQUES: &[&str] = &["EA01", "EA07", "EA14"];

/// Fiches that one file may hold.
const DISPOSITIFS: u32 = 500;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Demande {
    /// Campaign.
    pub campagne: String,
    /// INSEE code of the region.
    pub region: String,
    /// The state of the register to describe; that of now without it.
    pub a_la_date: Option<DateTime<Utc>>,
    /// A word of whoever presents the file.
    pub commentaire: Option<String>,
}

/// The file; none when the campaign does not exist.
pub async fn compose(guichet: &Guichet, demande: &Demande) -> Result<Option<Document>, Refus> {
    let passe = guichet.a_la_date(demande.a_la_date, Some(&demande.campagne)).await?;
    let toutes = guichet.campagnes(demande.a_la_date).await?;
    let Some(rang) = toutes.iter().position(|c| c.code == demande.campagne) else { return Ok(None) };
    let Some(campagne) = toutes.get(rang) else { return Ok(None) };
    let recu = recu_le(&passe, campagne).await?;
    let moment = demande.a_la_date.or(recu);
    let jour = moment.map_or(campagne.date_evenement, |m| m.with_timezone(&chrono_tz::Europe::Paris).date_naive());
    let avance =
        match avancement(guichet, &toutes, rang, Some(&demande.region), demande.a_la_date, fin(moment, campagne)).await
        {
            // Who may not know who has sent reads the figures without that section.
            Err(Refus::Acces(_)) => None,
            lu => Some(lu?),
        };
    let departements = tableau::de_la_region(&passe, &campagne.code, &demande.region, Colonnes::Departements).await?;
    let fiches = dispositifs(&passe, campagne, &demande.region).await?;
    let mut sections = vec![synthese(demande, campagne, avance.as_ref(), &departements)];
    sections.extend(
        avance.map(|a| Section { titre: "Complétude et délais".to_owned(), blocs: vec![Bloc::Table(a.matrice)] }),
    );
    sections.push(emploi_accompagne(&departements));
    sections.push(plateformes(&fiches));
    sections.push(methode(&departements));
    let nom = libelle(&campagne.code);
    Ok(Some(Document {
        identifiant: format!("maillage/comite/{}/{}", campagne.code, demande.region),
        date: jour,
        titre: format!("Dossier de comité de pilotage, {nom}"),
        sous_titre: nom_region(&demande.region),
        auteur: guichet.configuration().hub.nom.clone(),
        provisoire: campagne.etat != EtatCampagne::Close,
        mentions: mentions(guichet, campagne, jour),
        sections,
    }))
}

async fn recu_le(guichet: &Guichet, campagne: &Campagne) -> Result<Option<DateTime<Utc>>, Refus> {
    match guichet.completude(&campagne.code).await {
        Err(Refus::Acces(_)) => Ok(None),
        lues => Ok(lues?.iter().filter_map(|l| l.recu_le).max()),
    }
}

/// Lateness is counted to the date of the file, not to the day it is printed.
fn fin(moment: Option<DateTime<Utc>>, campagne: &Campagne) -> DateTime<Utc> {
    moment.or(campagne.limite_depot).unwrap_or_default()
}

fn mentions(guichet: &Guichet, campagne: &Campagne, jour: NaiveDate) -> Vec<(String, String)> {
    let ligne = |nom: &str, mots: String| (nom.to_owned(), mots);
    vec![
        ligne(
            "Campagne",
            format!("{}, situation au {}", libelle(&campagne.code), format::date_longue(campagne.date_evenement)),
        ),
        ligne("Arrêté au", format::date_longue(jour)),
        ligne("Destinataire", guichet.appelant().role.map_or("tout public", |r| r.libelle()).to_owned()),
        ligne("Source", guichet.configuration().hub.nom.clone()),
    ]
}

fn synthese(demande: &Demande, campagne: &Campagne, avance: Option<&Avancement>, tableau: &Tableau) -> Section {
    let mut points = Vec::new();
    if let Some(avance) = avance {
        let chiffres = avance.chiffres();
        let mots: Vec<String> = chiffres.iter().map(|(n, mot)| format!("{} : {n}", mot.to_lowercase())).collect();
        points.push(format!("Centres de la région – {}.", mots.join(", ")));
        let manquants = avance.manquants();
        if !manquants.is_empty() {
            points.push(format!("Manque encore une remontée, en tout ou partie : {}.", manquants.join(", ")));
        }
    }
    let (montres, absents): (Vec<_>, Vec<_>) = tableau.lignes.iter().partition(|l| !l.total.absente);
    // A rate says its unit itself.
    points.extend(montres.iter().map(|l| match l.unite.as_str() {
        "%" => format!("{} : {}.", l.libelle, l.total.texte),
        unite => format!("{} : {} {unite}.", l.libelle, l.total.texte),
    }));
    if !absents.is_empty() {
        let noms: Vec<String> = absents.iter().map(|l| l.libelle.to_lowercase()).collect();
        points
            .push(format!("Sans valeur régionale, par secret statistique ou faute de données : {}.", noms.join(", ")));
    }
    let mut blocs = Vec::new();
    if campagne.etat != EtatCampagne::Close {
        blocs.push(Bloc::Paragraphe("La campagne n’est pas close : ce dossier est provisoire.".to_owned()));
    }
    blocs.extend(demande.commentaire.clone().map(Bloc::Paragraphe));
    blocs.push(Bloc::Liste(points));
    Section { titre: "Synthèse".to_owned(), blocs }
}

fn emploi_accompagne(tableau: &Tableau) -> Section {
    let titre = "Emploi accompagné par département".to_owned();
    if tableau.lignes.is_empty() || tableau.colonnes.is_empty() {
        let texte = "Aucun indicateur n’est reçu pour cette campagne dans cette région.".to_owned();
        return Section { titre, blocs: vec![Bloc::Paragraphe(texte)] };
    }
    let lignes = GRAPHIQUES.iter().filter_map(|code| tableau.lignes.iter().find(|l| l.code == *code));
    let graphiques = lignes.map(|l| {
        Bloc::Barres(emploi::barres(&format!("{} ({})", l.libelle, l.unite), &emploi::colonne(tableau, &l.code)))
    });
    let mut blocs: Vec<Bloc> = graphiques.collect();
    blocs.push(Bloc::Table(indicateurs(tableau)));
    blocs.push(Bloc::Paragraphe(
        "Un taux régional est le rapport des sommes, jamais la moyenne des taux ; il n’est pas montré quand son dénominateur est inférieur à 5.".to_owned(),
    ));
    Section { titre, blocs }
}

/// Indicators in rows: a printed page is higher than it is wide.
fn indicateurs(tableau: &Tableau) -> Table {
    let noms = tableau.colonnes.iter().map(Colonne::nombre);
    Table {
        identifiant: "indicateurs",
        titre: "Indicateurs par département".to_owned(),
        colonnes: std::iter::once(Colonne::texte("Indicateur"))
            .chain(noms)
            .chain([Colonne::nombre("Total régional")])
            .collect(),
        lignes: tableau
            .lignes
            .iter()
            .map(|l| {
                let cases = l.cases.iter().chain([&l.total]).map(|c| Cellule::from(c.valeur.clone()));
                std::iter::once(Cellule::from(format!("{} ({})", l.libelle, l.unite))).chain(cases).collect()
            })
            .collect(),
    }
}

async fn dispositifs(guichet: &Guichet, campagne: &Campagne, region: &str) -> Result<Vec<Dispositif>, Refus> {
    let filtre = FiltreDispositif {
        campagne: Some(campagne.code.clone()),
        region: Some(region.to_owned()),
        ..FiltreDispositif::default()
    };
    guichet.dispositifs(guichet.audience(None)?, &filtre, None, DISPOSITIFS).await
}

fn plateformes(fiches: &[Dispositif]) -> Section {
    let titre = "État des lieux des plateformes".to_owned();
    if fiches.is_empty() {
        let texte = "Aucune fiche dispositif n’est visible à ce titre pour cette campagne.".to_owned();
        return Section { titre, blocs: vec![Bloc::Paragraphe(texte)] };
    }
    let decimal = |d: Option<Decimal>| d.map_or(Valeur::Rien, |d| Valeur::Decimal(d.normalize()));
    let entier = |n: Option<i64>| n.map_or(Valeur::Rien, Valeur::Entier);
    let ligne = |d: &Dispositif| -> Vec<Cellule> {
        [
            format!("{} {}", d.reference, d.nom.as_deref().unwrap_or_default()).into(),
            d.departement.clone().into(),
            d.structures.join(", ").into(),
            entier(d.capacite),
            chiffre(d.file_active.as_ref()),
            chiffre(d.taux_occupation.as_ref()),
            decimal(d.etp_total),
            decimal(d.etp_hors_administratifs),
            entier(d.liste_attente),
            entier(d.sans_suite),
        ]
        .map(Cellule::from)
        .into()
    };
    let mots = ["Dispositif", "Département", "Structures"].map(Colonne::texte);
    let nombres =
        ["Places", "File active", "Occupation", "ETP", "ETP d’accompagnement", "Liste d’attente", "Sans suite"];
    let table = Table {
        identifiant: "plateformes",
        titre: "Dispositifs de la région".to_owned(),
        colonnes: mots.into_iter().chain(nombres.map(Colonne::nombre)).collect(),
        lignes: fiches.iter().map(ligne).collect(),
    };
    Section { titre, blocs: vec![Bloc::Table(table)] }
}

/// A figure of a list, or why there is none.
pub(super) fn chiffre(chiffre: Option<&Chiffre>) -> Valeur {
    let Some(c) = chiffre else { return Valeur::Rien };
    match (c.valeur, c.rapport) {
        (_, Some((n, d))) => n.checked_div(d).map_or(Valeur::Absente(c.statut), Valeur::Taux),
        (Some(v), None) => Valeur::Decimal(v.normalize()),
        (None, None) => Valeur::Absente(c.statut),
    }
}

fn methode(tableau: &Tableau) -> Section {
    let definitions = tableau.lignes.iter().map(|l| format!("{} : {}", l.libelle, l.definition)).collect();
    let legende = web::statut::LEGENDE.iter().map(|(mot, sens)| format!("« {mot} » : {sens}")).collect();
    let mut blocs = vec![
        Bloc::Paragraphe("Chaque centre de gestion garde ses dossiers nominatifs et ne transmet que des indicateurs, après application du secret statistique ; le hub vérifie, contrôle de nouveau et n’additionne que ce qui ne révèle aucune case masquée.".to_owned()),
        Bloc::Liste(legende),
        Bloc::Liste(definitions),
    ];
    let absents = jeu("ea.indicateurs").map(|j| j.non_collecte.join(", ")).unwrap_or_default();
    if !absents.is_empty() {
        blocs.push(Bloc::Paragraphe(format!("Ce que le modèle de remontée ne recueille pas : {absents}.")));
    }
    Section { titre: "Méthode et secret".to_owned(), blocs }
}

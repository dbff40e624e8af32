//! State of the platforms: the dispositifs of the region, who leads and operates them, by which conventions, what share of
//! the funds each structure gets beside its share of the caseload, and what is handed on with the funders' agreement
//! (circulaire DGEFP/DGCS 2021/237). Only for the dispositifs that the reader sees.

use std::collections::BTreeMap;

use hub_storage::dispositif::{Dispositif, FiltreDispositif};
use hub_storage::fiche::{Fiche, FiltreFiche};
use hub_storage::observation::Filtre;
use referentiel::Decimal;
use referentiel::cellule::{Audience, Statut};
use referentiel::jeu::declaration::GenreChamp;
use referentiel::jeu::jeu;
use referentiel::territoire::Niveau;
use referentiel::texte::plie;
use web::document::Bloc;
use web::{Cellule, Colonne, Table, Valeur};

use super::super::convention::{Lu, cellule, part};
use super::super::tableau::chiffre;
use super::Seance;
use crate::acces::Refus;

/// Data set of the declared state of the platforms.
const JEU: &str = "ea.plateforme";
/// Caseload at the date.
const FILE_ACTIVE: &str = "EA01";
/// Fiches that one file may hold.
const DISPOSITIFS: u32 = 500;
/// Records and cells read.
const LIGNES_MAXIMUM: u32 = 20_000;

pub(super) async fn blocs(seance: &Seance<'_>) -> Result<Option<Vec<Bloc>>, Refus> {
    let dispositifs = dispositifs(seance).await?;
    if dispositifs.is_empty() {
        return Ok(None);
    }
    let fiches = fiches(seance, &dispositifs).await?;
    let files = files_actives(seance).await?;
    let de = |liste: &str| fiches.iter().filter(|f| f.rang.liste == liste).collect::<Vec<_>>();
    let (structures, conventions, reversements) = (de("structure"), de("convention"), de("reversement"));
    let mut blocs = vec![Bloc::Table(organisation(&dispositifs)), Bloc::Paragraphe(bilan(&dispositifs, &structures))];
    blocs.extend(bloc(&structures, || table_structures(&structures, &files)));
    blocs.extend(bloc(&conventions, || table_conventions(&conventions)));
    blocs.extend(bloc(&reversements, || table_reversements(&reversements)));
    blocs.extend(sans_accord(&reversements).map(Bloc::Paragraphe));
    Ok(Some(blocs))
}

fn bloc(fiches: &[&Fiche], table: impl FnOnce() -> Table) -> Option<Bloc> {
    (!fiches.is_empty()).then(|| Bloc::Table(table()))
}

async fn dispositifs(seance: &Seance<'_>) -> Result<Vec<Dispositif>, Refus> {
    let filtre = FiltreDispositif {
        campagne: Some(seance.campagne.code.clone()),
        region: Some(seance.demande.region.clone()),
        ..FiltreDispositif::default()
    };
    seance.passe.dispositifs(seance.passe.audience(None)?, &filtre, None, DISPOSITIFS).await
}

/// The latest state of each centre at the campaign, for the dispositifs that the reader sees.
async fn fiches(seance: &Seance<'_>, dispositifs: &[Dispositif]) -> Result<Vec<Fiche>, Refus> {
    let mut lues = Vec::new();
    for guichet in seance.guichet.par_periode(seance.demande.a_la_date, &[JEU]).await? {
        let audience = guichet.appelant().audience.max(Audience::Reseau);
        let audience = match guichet.audience(Some(audience)) {
            Ok(Audience::Reseau) => Audience::Reseau,
            // Declared for the network alone.
            _ => return Ok(vec![]),
        };
        let filtre = FiltreFiche {
            audience,
            jeu: JEU.to_owned(),
            campagne: None,
            liste: None,
            departement: None,
            emetteur: None,
        };
        lues.extend(guichet.fiches(&filtre, None, LIGNES_MAXIMUM).await?);
    }
    lues.retain(|f| f.rang.campagne <= seance.campagne.code);
    let mut dernieres: BTreeMap<String, String> = BTreeMap::new();
    for f in &lues {
        let connue = dernieres.entry(f.rang.noeud.clone()).or_default();
        *connue = f.rang.campagne.clone().max(connue.clone());
    }
    lues.retain(|f| {
        dernieres.get(&f.rang.noeud) == Some(&f.rang.campagne)
            && dispositifs.iter().any(|d| d.noeud == f.rang.noeud && d.reference == champ(f, "dispositif"))
    });
    lues.sort_by(|a, b| (champ(a, "dispositif"), &a.rang.cle).cmp(&(champ(b, "dispositif"), &b.rang.cle)));
    Ok(lues)
}

/// Caseload by territory: « BFC01 » and « BFC01/Structure Horizon », the names compared as people write them.
async fn files_actives(seance: &Seance<'_>) -> Result<BTreeMap<String, Lu>, Refus> {
    let mut lues = BTreeMap::new();
    for niveau in [Niveau::Dispositif, Niveau::Structure] {
        let filtre = Filtre {
            indicateurs: vec![FILE_ACTIVE.to_owned()],
            niveau: Some(niveau),
            axes: Some(String::new()),
            ..Filtre::campagne(seance.passe.audience(None)?, &seance.campagne.code)
        };
        for o in seance.passe.observations(&filtre, None, LIGNES_MAXIMUM).await? {
            lues.insert(plie(&o.rang.territoire), o.valeur.ok_or(o.statut));
        }
    }
    Ok(lues)
}

fn champ<'f>(fiche: &'f Fiche, code: &str) -> &'f str {
    fiche.champs.get(code).map_or("", String::as_str)
}

/// A field as it is shown: its word when it has a code, a dash when nothing was declared.
fn dit(fiche: &Fiche, code: &str) -> Valeur {
    let lu = champ(fiche, code);
    let jeu = jeu(JEU);
    let genre = jeu.and_then(|j| j.liste(&fiche.rang.liste)).and_then(|l| l.champ(code));
    let modalite = || jeu?.nomenclature_de_nom(genre?.nomenclature.as_deref()?)?.modalite(lu);
    match (lu, modalite()) {
        ("", _) => Valeur::Rien,
        (_, Some(m)) => m.libelle.as_str().into(),
        _ if genre.is_some_and(|c| c.genre == GenreChamp::Date) => mois(lu).into(),
        _ => lu.into(),
    }
}

/// A date is published as its month: « 2025-12 » reads « 12/2025 ».
fn mois(lu: &str) -> String {
    lu.split_once('-').map_or_else(|| lu.to_owned(), |(annee, mois)| format!("{mois}/{annee}"))
}

/// A share keyed as a percentage.
fn pour_cent(fiche: &Fiche, code: &str) -> Valeur {
    champ(fiche, code).parse::<Decimal>().map_or(Valeur::Rien, |p| Valeur::Taux(p / Decimal::ONE_HUNDRED))
}

fn organisation(dispositifs: &[Dispositif]) -> Table {
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
    Table {
        identifiant: "plateformes",
        titre: "Dispositifs de la région".to_owned(),
        colonnes: mots.into_iter().chain(nombres.map(Colonne::nombre)).collect(),
        lignes: dispositifs.iter().map(ligne).collect(),
    }
}

/// Who has declared the state of its platform, and who is still expected to.
fn bilan(dispositifs: &[Dispositif], structures: &[&Fiche]) -> String {
    let declare = |d: &&Dispositif| structures.iter().any(|f| champ(f, "dispositif") == d.reference);
    let manquants: Vec<&str> = dispositifs.iter().filter(|d| !declare(d)).map(|d| d.reference.as_str()).collect();
    match manquants.as_slice() {
        [] => {
            "L’état des lieux de chaque plateforme est déclaré : chef de file, opérateurs, conventions, reversements."
                .to_owned()
        }
        noms => format!("État des lieux de la plateforme non déclaré : {}.", noms.join(", ")),
    }
}

fn table_structures(structures: &[&Fiche], files: &BTreeMap<String, Lu>) -> Table {
    let file = |cle: &str| files.get(&plie(cle)).copied().unwrap_or(Err(Statut::NonTransmis));
    let ligne = |f: &&Fiche| -> Vec<Cellule> {
        let dispositif = champ(f, "dispositif");
        let sienne = file(&format!("{dispositif}/{}", champ(f, "structure")));
        [
            dispositif.into(),
            dit(f, "structure"),
            dit(f, "role"),
            cellule(sienne, |d| Valeur::Decimal(d.normalize())),
            cellule(part(sienne, file(dispositif)), Valeur::Taux),
            pour_cent(f, "part_fonds"),
        ]
        .map(Cellule::from)
        .into()
    };
    let nombres = ["File active", "Part de la file active", "Part des financements"];
    Table {
        identifiant: "structures",
        titre: "Structures : part de la file active et part des financements".to_owned(),
        colonnes: ["Dispositif", "Structure", "Rôle"]
            .map(Colonne::texte)
            .into_iter()
            .chain(nombres.map(Colonne::nombre))
            .collect(),
        lignes: structures.iter().map(ligne).collect(),
    }
}

fn table_conventions(conventions: &[&Fiche]) -> Table {
    let champs = ["dispositif", "nature", "signataires", "signee_le", "echeance", "avenants", "dernier_avenant"];
    Table {
        identifiant: "conventions-plateformes",
        titre: "Conventions de gestion et de financement".to_owned(),
        colonnes: ["Dispositif", "Nature", "Signataires", "Signée en", "Échéance", "Avenants", "Dernier avenant"]
            .map(Colonne::texte)
            .into(),
        lignes: conventions.iter().map(|f| champs.map(|c| dit(f, c)).map(Cellule::from).into()).collect(),
    }
}

fn table_reversements(reversements: &[&Fiche]) -> Table {
    let ligne = |f: &&Fiche| -> Vec<Cellule> {
        let part = pour_cent(f, "part");
        [dit(f, "dispositif"), dit(f, "beneficiaire"), part, dit(f, "accord"), dit(f, "accord_le")]
            .map(Cellule::from)
            .into()
    };
    Table {
        identifiant: "reversements",
        titre: "Reversements du chef de file et accord des financeurs".to_owned(),
        colonnes: vec![
            Colonne::texte("Dispositif"),
            Colonne::texte("Structure bénéficiaire"),
            Colonne::nombre("Part reversée"),
            Colonne::texte("Accord de tous les financeurs"),
            Colonne::texte("Donné en"),
        ],
        lignes: reversements.iter().map(ligne).collect(),
    }
}

/// « Tout reversement doit faire l’objet d’un accord explicite de la part de l’ensemble des financeurs » (circulaire).
fn sans_accord(reversements: &[&Fiche]) -> Option<String> {
    let sans = reversements.iter().filter(|f| champ(f, "accord") != "oui");
    let noms: Vec<String> =
        sans.map(|f| format!("{} vers {}", champ(f, "dispositif"), champ(f, "beneficiaire"))).collect();
    (!noms.is_empty()).then(|| format!("Reversements sans accord de tous les financeurs : {}.", noms.join(", ")))
}

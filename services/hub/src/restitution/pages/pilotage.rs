//! Steering of a campaign: who has sent, when, how complete; a matrix centre × quarter in words, never in
//! colours alone. Filters in the address, the same table as a file.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use chrono::{DateTime, Utc};
use hub_storage::campagne::Campagne;
use hub_storage::completude::LigneCompletude;
use referentiel::Decimal;
use referentiel::format;
use serde::Deserialize;
use web::{Cellule, Colonne, Table, Valeur};

use super::fichier::{adresses, fichier};
use super::filtres::{self, Filtres};
use super::{Vue, libelle, nom_region};
use crate::acces::{Guichet, Refus};
use crate::service::Service;

/// Quarters of the matrix.
const TRIMESTRES: usize = 6;

/// What the reader chose.
#[derive(Debug, Default, Deserialize)]
pub struct Choix {
    campagne: Option<String>,
    region: Option<String>,
    format: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "pilotage.html")]
struct Pilotage {
    campagne: String,
    region: String,
    limite: Option<String>,
    filtres: Filtres,
    chiffres: Vec<(String, &'static str)>,
    retardataires: Vec<Retardataire>,
    matrice: Table,
    exports: Vec<(String, &'static str)>,
    /// What the addresses of the committee file ask, once a region is chosen.
    dossier: Option<String>,
}

/// What one centre did for one campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Etat {
    attendus: u64,
    recus: u64,
    dans_les_delais: u64,
    vides: u64,
    recu_le: Option<DateTime<Utc>>,
}

impl Etat {
    fn ajoute(&mut self, l: &LigneCompletude) {
        self.attendus += l.attendus;
        self.recus += l.recus;
        self.dans_les_delais += l.dans_les_delais;
        self.vides += l.vides;
        self.recu_le = [self.recu_le, l.recu_le].into_iter().flatten().min();
    }

    fn complet(self) -> bool {
        self.recus >= self.attendus
    }

    /// The state in words: the matrix is read without its colours.
    fn mot(self, close: bool) -> String {
        let jour = || {
            let jour = self.recu_le.map(|t| t.with_timezone(&chrono_tz::Europe::Paris).date_naive());
            jour.map(|j| format!(" {}", format::date(j))).unwrap_or_default()
        };
        match self {
            Self { attendus: 0, .. } => "sans objet".to_owned(),
            Self { recus: 0, .. } if close => "non reçu".to_owned(),
            Self { recus: 0, .. } => "attendu".to_owned(),
            Self { recus, attendus, .. } if recus < attendus => format!("incomplet, {recus} sur {attendus}"),
            Self { recus, vides, .. } if vides == recus => format!("reçu vide{}", jour()),
            Self { recus, dans_les_delais, .. } if dans_les_delais < recus => format!("tardif{}", jour()),
            _ => format!("reçu{}", jour()),
        }
    }
}

/// `GET /pilotage`
pub async fn pilotage(State(service): State<Service>, Query(choix): Query<Choix>, guichet: Guichet) -> Response {
    let vue = Vue::de(&service, &guichet);
    match compose(&service, &guichet, &choix).await {
        Ok(Some(contenu)) => {
            let format = choix.format.as_deref();
            if let Some(reponse) = fichier(&service, &contenu.filtres, &contenu.matrice, "pilotage", format) {
                return reponse;
            }
            let titre = format!("Pilotage – {} – {}", contenu.campagne, contenu.region);
            vue.page(StatusCode::OK, "/pilotage", &titre, &contenu)
        }
        Ok(None) => vue.message(
            StatusCode::NOT_FOUND,
            "Aucune campagne à piloter",
            "Cette campagne n’existe pas, ou aucune n’est encore ouverte.",
        ),
        Err(erreur) => vue.refuse(&erreur),
    }
}

async fn compose(service: &Service, guichet: &Guichet, choix: &Choix) -> Result<Option<Pilotage>, Refus> {
    let toutes = guichet.campagnes(None).await?;
    let rang = filtres::rang(&toutes, choix.campagne.as_deref());
    let Some((rang, choisie)) = rang.and_then(|r| Some((r, toutes.get(r)?))) else { return Ok(None) };
    let codes = filtres::codes_de_regions(guichet);
    // Without a choice, the region of whoever asks; « everything » is a choice.
    let usuelle = guichet.region_usuelle().filter(|_| choix.region.is_none());
    let region = filtres::region_choisie(&codes, choix.region.as_deref().or(usuelle.as_deref()));
    let region = region.as_deref();
    let avancement = avancement(guichet, &toutes, rang, region, None, service.horloge().maintenant()).await?;
    let regions = filtres::regions(&codes, region.unwrap_or_default()).avec_tout("Toutes les régions");
    let filtres = Filtres {
        chemin: "/pilotage".into(),
        bouton: "Afficher la campagne",
        recherche: None,
        listes: vec![filtres::campagnes(&toutes, &choisie.code), regions],
    };
    Ok(Some(Pilotage {
        campagne: libelle(&choisie.code),
        region: region.map_or_else(|| "toutes les régions".to_owned(), nom_region),
        limite: choisie
            .limite_depot
            .map(|l| format::date_longue(l.with_timezone(&chrono_tz::Europe::Paris).date_naive())),
        chiffres: avancement.chiffres(),
        retardataires: retardataires(guichet, &choisie.code, &avancement),
        matrice: avancement.matrice,
        exports: adresses(&filtres),
        filtres,
        dossier: region.map(|r| format!("campagne={}&region={r}", choisie.code)),
    }))
}

/// What each centre of a region did, quarter after quarter, up to a campaign.
pub(crate) struct Avancement {
    /// Centres in rows, quarters in columns, in words.
    pub matrice: Table,
    centres: BTreeMap<(String, String), Vec<Etat>>,
}

impl Avancement {
    fn derniers(&self) -> impl Iterator<Item = (&(String, String), Etat)> {
        self.centres.iter().filter_map(|(centre, etats)| Some((centre, *etats.last()?)))
    }

    /// Expected, received, complete, in time.
    pub fn chiffres(&self) -> Vec<(String, &'static str)> {
        chiffres(&self.derniers().map(|(_, etat)| etat).collect::<Vec<_>>())
    }

    /// Names of the centres from which something is missing.
    pub fn manquants(&self) -> Vec<&str> {
        self.derniers().filter(|(_, etat)| !etat.complet()).map(|((nom, _), _)| nom.as_str()).collect()
    }
}

/// Reads the progress of the campaign of this rank, and of those before it, as they are or as they were.
pub(crate) async fn avancement(
    guichet: &Guichet,
    toutes: &[Campagne],
    rang: usize,
    region: Option<&str>,
    a_la_date: Option<DateTime<Utc>>,
    maintenant: DateTime<Utc>,
) -> Result<Avancement, Refus> {
    let noeuds = &guichet.configuration().noeuds;
    let retenu = |noeud: &str| {
        let connu = noeuds.iter().find(|(n, _)| n.identifiant.as_str() == noeud);
        region.is_none_or(|r| connu.is_some_and(|(n, _)| n.regions.iter().any(|x| x == r)))
    };
    // From the oldest quarter to the one chosen, as a row is read.
    let montrees: Vec<&Campagne> = toutes.iter().skip(rang).take(TRIMESTRES).rev().collect();
    let mut centres: BTreeMap<(String, String), Vec<Etat>> = BTreeMap::new();
    for (colonne, campagne) in montrees.iter().enumerate() {
        let guichet = guichet.a_la_date(a_la_date, Some(&campagne.code)).await?;
        for l in guichet.completude(&campagne.code).await?.iter().filter(|l| retenu(&l.noeud)) {
            let etats = centres
                .entry((l.nom.clone(), l.noeud.clone()))
                .or_insert_with(|| vec![Etat::default(); montrees.len()]);
            if let Some(etat) = etats.get_mut(colonne) {
                etat.ajoute(l);
            }
        }
    }
    let closes: Vec<bool> = montrees.iter().map(|c| c.limite_depot.is_some_and(|l| l < maintenant)).collect();
    let limite = montrees.last().and_then(|c| c.limite_depot);
    let lignes = centres.iter().map(|((nom, _), etats)| {
        let mut ligne = ligne(nom, etats, &closes);
        let dernier = etats.last().copied().unwrap_or_default();
        ligne.push(taux(dernier));
        ligne.push(retard(dernier, limite, maintenant));
        ligne
    });
    let matrice = Table {
        identifiant: "matrice",
        titre: "Transmissions de chaque centre, par trimestre".to_owned(),
        colonnes: std::iter::once(Colonne::texte("Centre"))
            .chain(montrees.iter().map(|c| Colonne::texte(libelle(&c.code))))
            .chain([Colonne::nombre("Complétude"), Colonne::nombre("Retard en jours")])
            .collect(),
        lignes: lignes.collect(),
    };
    Ok(Avancement { matrice, centres })
}

/// A centre from which something is missing.
#[derive(Debug)]
struct Retardataire {
    nom: String,
    /// Address of its reminder, where the reader may remind it.
    relance: Option<String>,
    /// Address of its convention, where the reader may read it.
    convention: Option<String>,
}

/// Where a centre is reminded.
pub(super) fn adresse_de_relance(campagne: &str, noeud: &str) -> String {
    format!("/pilotage/relance?campagne={campagne}&centre={noeud}")
}

fn retardataires(guichet: &Guichet, campagne: &str, avancement: &Avancement) -> Vec<Retardataire> {
    let manque = avancement.derniers().filter(|(_, etat)| !etat.complet());
    let de = |((nom, noeud), _): (&(String, String), Etat)| Retardataire {
        nom: nom.clone(),
        relance: guichet.peut_relancer(campagne, noeud).then(|| adresse_de_relance(campagne, noeud)),
        convention: guichet.voit_la_convention(noeud).then(|| format!("/conventions/{noeud}")),
    };
    manque.map(de).collect()
}

fn ligne(nom: &str, etats: &[Etat], closes: &[bool]) -> Vec<Cellule> {
    let mots = etats.iter().zip(closes).map(|(etat, close)| Cellule::from(etat.mot(*close)));
    std::iter::once(Cellule::from(nom)).chain(mots).collect()
}

fn taux(etat: Etat) -> Cellule {
    let taux = Decimal::from(etat.recus).checked_div(Decimal::from(etat.attendus));
    taux.map_or(Valeur::Rien, Valeur::Taux).into()
}

/// Days after the limit for what is still missing.
fn retard(etat: Etat, limite: Option<DateTime<Utc>>, maintenant: DateTime<Utc>) -> Cellule {
    match limite {
        Some(limite) if !etat.complet() && limite < maintenant => {
            Valeur::Entier((maintenant - limite).num_days()).into()
        }
        _ => Valeur::Rien.into(),
    }
}

/// Expected, received, complete, in time: counted on centres, never beyond what is expected.
fn chiffres(etats: &[Etat]) -> Vec<(String, &'static str)> {
    let attendus: Vec<&Etat> = etats.iter().filter(|e| e.attendus > 0).collect();
    let part = |n: usize| {
        let taux = Decimal::from(n).checked_div(Decimal::from(attendus.len()));
        taux.map_or_else(|| "0".to_owned(), |t| format!("{n} ({})", format::pourcentage(t)))
    };
    let combien = |f: &dyn Fn(&&&Etat) -> bool| attendus.iter().filter(f).count();
    vec![
        (attendus.len().to_string(), "Attendus"),
        (part(combien(&|e| e.recus > 0)), "Ont transmis"),
        (part(combien(&|e| e.complet())), "Complets"),
        (part(combien(&|e| e.complet() && e.dans_les_delais >= e.attendus)), "Complets dans les délais"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etat(attendus: u64, recus: u64, dans_les_delais: u64, vides: u64) -> Etat {
        let recu_le = (recus > 0).then(|| "2026-04-02T10:00:00Z".parse().unwrap());
        Etat { attendus, recus, dans_les_delais, vides, recu_le }
    }

    #[test]
    fn each_state_has_its_words() {
        let mots: Vec<String> = [
            etat(0, 0, 0, 0),
            etat(2, 0, 0, 0),
            etat(2, 1, 1, 0),
            etat(2, 2, 2, 2),
            etat(2, 2, 1, 0),
            etat(2, 2, 2, 1),
        ]
        .into_iter()
        .map(|e| e.mot(false))
        .collect();
        let attendus = [
            "sans objet",
            "attendu",
            "incomplet, 1 sur 2",
            "reçu vide 02/04/2026",
            "tardif 02/04/2026",
            "reçu 02/04/2026",
        ];
        assert_eq!(mots, attendus);
        assert_eq!(etat(2, 0, 0, 0).mot(true), "non reçu");
    }

    #[test]
    fn the_counts_never_pass_what_is_expected() {
        let c = chiffres(&[etat(2, 2, 2, 0), etat(2, 1, 0, 0), etat(0, 0, 0, 0)]);
        assert_eq!(c[0].0, "2");
        assert_eq!(c[1].0, "2 (100\u{a0}%)");
        assert_eq!((c[2].0.as_str(), c[3].0.as_str()), ("1 (50,0\u{a0}%)", "1 (50,0\u{a0}%)"));
    }

    #[test]
    fn only_what_is_missing_after_the_limit_is_late() {
        let limite: Option<DateTime<Utc>> = Some("2026-04-10T00:00:00Z".parse().unwrap());
        let a = |jour: &str| jour.parse().unwrap();
        assert_eq!(retard(etat(1, 0, 0, 0), limite, a("2026-04-14T12:00:00Z")).valeur, Valeur::Entier(4));
        assert_eq!(retard(etat(1, 1, 0, 0), limite, a("2026-04-14T12:00:00Z")).valeur, Valeur::Rien);
        assert_eq!(retard(etat(1, 0, 0, 0), limite, a("2026-04-01T12:00:00Z")).valeur, Valeur::Rien);
    }
}

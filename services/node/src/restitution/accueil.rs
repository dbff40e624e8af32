//! The dashboard: what is due, what waits for somebody, what went wrong, what was sent.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use chrono_tz::Europe::Paris;
use node_storage::envoi::{Envoi, EtatEnvoi};
use node_storage::import::ImportListe;
use node_storage::saisie_en_cours::SaisieEnCours;
use referentiel::Decimal;
use referentiel::format::{compte, date, date_longue};
use referentiel::jeu::jeu;
use referentiel::periode::Trimestre;
use referentiel::territoire::Niveau;
use web::{Cellule, Colonne, Table, Valeur};

use super::Pages;
use super::envois::table;
use super::rendu::{Entete, Onglet, Refus, nom_campagne};
use super::saisie::PREFIXE;
use super::session::Agent;
use crate::emission::JEUX;
use crate::jeux::periode::en_toutes_lettres;
use crate::preparation::table_brute;
use crate::reference::{avertissements, limite_de_depot};

/// Measures of the table « Ce trimestre ».
const MESURES: [&str; 5] = ["EA01", "EA02", "EA03", "EA04", "EA05"];

/// Something to do, with the page where it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tache {
    texte: String,
    adresse: String,
    libelle: String,
}

impl Tache {
    fn nouvelle(texte: String, adresse: impl Into<String>, libelle: &str) -> Self {
        Self { texte, adresse: adresse.into(), libelle: libelle.to_owned() }
    }
}

#[derive(Debug, Template)]
#[template(path = "accueil.html")]
struct Accueil<'a> {
    campagne: Option<Campagne>,
    alarmes: Vec<String>,
    taches: Vec<Tache>,
    chiffres: Option<Table>,
    envois: Option<Table>,
    jeton: &'a str,
}

/// The campaign under way.
#[derive(Debug)]
struct Campagne {
    nom: String,
    echeance: String,
    attendus: u64,
    recus: u64,
    suite: Tache,
    /// Where its events are keyed, while none is stored.
    saisir: Option<String>,
}

/// `GET /`
pub async fn montre(State(pages): State<Arc<Pages>>, agent: Agent) -> Result<Response, Refus> {
    let base = &pages.service.base;
    let envois = base.envois(6).await?;
    let imports = base.imports(50).await?;
    let campagne = match pages.campagnes().await?.first() {
        Some(trimestre) => Some(en_cours(&pages, *trimestre, &imports).await?),
        None => None,
    };
    let contenu = Accueil {
        alarmes: [alarmes(&envois), avertissements(base, pages.service.horloge.maintenant()).await?].concat(),
        taches: taches(&pages, &imports).await?,
        chiffres: chiffres(&pages).await?,
        envois: (!envois.is_empty()).then(|| table("derniers-envois", "Derniers envois", &envois)),
        campagne,
        jeton: &agent.jeton,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Accueil, "Tableau de bord"), &contenu))
}

async fn en_cours(pages: &Pages, trimestre: Trimestre, imports: &[ImportListe]) -> Result<Campagne> {
    let annoncee = pages.service.configuration.campagne_de(trimestre);
    let presents: BTreeSet<String> = {
        let remontees = pages.service.base.remontees(trimestre).await?;
        remontees.iter().flat_map(|r| &r.dispositifs).map(|d| d.reference.to_string()).collect()
    };
    let attendus = match annoncee.map(|c| &c.dispositifs).filter(|d| !d.is_empty()) {
        Some(dispositifs) => dispositifs.len(),
        None => presents.len(),
    };
    let suite = if presents.is_empty() {
        Tache::nouvelle(String::new(), "/imports", "Importer un classeur")
    } else if a_envoyer(pages, trimestre, imports).await? {
        Tache::nouvelle(String::new(), format!("/apercu?campagne={trimestre}"), "Reprendre la publication")
    } else {
        Tache::nouvelle(String::new(), "/envois", "Voir les accusés")
    };
    // What the centre wrote comes first; without it, the calendar that the hub hands down.
    let limite = match annoncee.and_then(|c| c.limite_depot) {
        Some(jour) => Some(jour),
        None => limite_de_depot(&pages.service.base, trimestre).await?.map(|t| t.with_timezone(&Paris).date_naive()),
    };
    let connue = presents.is_empty() && !pages.remontees_a_tenir(trimestre).await?.is_empty();
    Ok(Campagne {
        saisir: connue.then(|| format!("/dispositifs?campagne={trimestre}")),
        nom: trimestre.libelle_long(),
        echeance: echeance(limite, pages.aujourdhui()),
        attendus: attendus as u64,
        recus: presents.len() as u64,
        suite,
    })
}

fn echeance(limite: Option<NaiveDate>, aujourdhui: NaiveDate) -> String {
    let Some(limite) = limite else { return "Aucune échéance n’est annoncée pour cette campagne.".to_owned() };
    let jours = (limite - aujourdhui).num_days();
    let reste = compte(jours.unsigned_abs(), "jour", "jours");
    let jour = date_longue(limite);
    match jours {
        0 => format!("À envoyer aujourd’hui, {jour}."),
        1.. => format!("À envoyer avant le {jour}, dans {reste}."),
        _ => format!("L’échéance était le {jour}, il y a {reste}."),
    }
}

/// Whether fiches changed since the last sealing of the campaign.
async fn a_envoyer(pages: &Pages, trimestre: Trimestre, imports: &[ImportListe]) -> Result<bool> {
    let periode = trimestre.to_string();
    let dernier_import = imports.iter().filter(|i| i.trimestre == periode && !i.annule).map(|i| i.importe_le).max();
    let mut scelles = Vec::new();
    for code in JEUX {
        scelles.push(pages.service.base.derniere_revision(code, &periode).await?.map(|e| e.scelle_le));
    }
    Ok(scelles.iter().any(|s| s.is_none() || *s < dernier_import))
}

fn alarmes(envois: &[Envoi]) -> Vec<String> {
    let alarme = |e: &Envoi| match (e.etat, &e.derniere_erreur) {
        (EtatEnvoi::Refuse, _) => Some(format!(
            "L’envoi n° {} ({} {}) a été refusé par le hub : ouvrez son accusé pour lire le motif.",
            e.seq, e.jeu, e.periode
        )),
        (EtatEnvoi::Scelle, Some(erreur)) => Some(format!(
            "L’envoi n° {} n’est pas arrivé ({}) : {erreur} Vos données sont enregistrées ici ; l’envoi repartira seul.",
            e.seq,
            compte(u64::from(e.tentatives), "essai", "essais")
        )),
        _ => None,
    };
    envois.iter().filter_map(alarme).collect()
}

async fn taches(pages: &Pages, imports: &[ImportListe]) -> Result<Vec<Tache>> {
    let mut taches = Vec::new();
    for b in pages.service.base.brouillons().await? {
        let depose = date(b.depose_le.with_timezone(&Paris).date_naive());
        taches.push(Tache::nouvelle(
            format!("Le classeur « {} », déposé le {depose}, n’est pas encore enregistré.", b.fichier),
            format!("/imports/brouillons/{}", b.id),
            "Reprendre l’import",
        ));
    }
    let saisies = pages.service.base.saisies_en_cours().await?;
    for b in &saisies {
        if let Some(reference) = b.jeu.strip_prefix(PREFIXE) {
            // A draft that is stored already waits for nothing.
            let ouverte = pages.ouvre_campagne(reference, b.periode.parse().ok()).await;
            if ouverte.is_ok_and(|o| o.preparation.saisies.est_vide()) {
                continue;
            }
            taches.push(Tache::nouvelle(
                format!("La saisie de {reference} pour le {} n’est pas encore enregistrée.", nom_campagne(&b.periode)),
                format!("/dispositifs/{reference}?campagne={}", b.periode),
                "Reprendre les évènements",
            ));
        }
        let Some(jeu) = jeu(&b.jeu) else { continue };
        let periode = b.periode.parse().map_or_else(|_| b.periode.clone(), |p| en_toutes_lettres(jeu, p));
        taches.push(Tache::nouvelle(
            format!("La saisie « {} » ({periode}) n’est pas encore enregistrée.", jeu.libelle),
            format!("/jeux/{}?periode={}", b.jeu, b.periode),
            "Reprendre la saisie",
        ));
    }
    taches.extend(campagne_a_ouvrir(pages, &saisies).await?);
    taches.extend(saisies_a_envoyer(pages).await?);
    for trimestre in pages.service.base.campagnes().await? {
        if a_envoyer(pages, trimestre, imports).await? {
            taches.push(Tache::nouvelle(
                format!("Des fiches du {} ont changé depuis le dernier envoi.", trimestre.libelle_long()),
                format!("/apercu?campagne={trimestre}"),
                "Relire ce qui sort",
            ));
        }
    }
    Ok(taches)
}

/// The campaign that has begun since the last one that has fiches, while nobody has keyed anything of it.
async fn campagne_a_ouvrir(pages: &Pages, saisies: &[SaisieEnCours]) -> Result<Option<Tache>> {
    let Some(trimestre) = pages.campagnes_a_tenir().await?.first().copied() else { return Ok(None) };
    let periode = trimestre.to_string();
    let commencee = saisies.iter().any(|s| s.jeu.starts_with(PREFIXE) && s.periode == periode);
    let connue = pages.service.base.campagnes().await?.last().is_some_and(|derniere| *derniere < trimestre);
    Ok((connue && !commencee).then(|| {
        Tache::nouvelle(
            format!(
                "Le {} n’a pas encore de fiches : importez son classeur, ou ajoutez ses évènements ici.",
                trimestre.libelle_long()
            ),
            format!("/dispositifs?campagne={trimestre}"),
            "Ajouter les évènements",
        )
    }))
}

/// Declared jeux that were kept since they were last sent.
async fn saisies_a_envoyer(pages: &Pages) -> Result<Vec<Tache>> {
    let mut vues = BTreeSet::new();
    let mut taches = Vec::new();
    for s in pages.service.base.declarations(100).await?.into_iter().filter(|s| !s.annulee) {
        let Some(jeu) = jeu(&s.jeu).filter(|_| vues.insert((s.jeu.clone(), s.periode.clone()))) else { continue };
        let envoi = pages.service.base.derniere_revision(&s.jeu, &s.periode).await?;
        if envoi.is_none_or(|e| e.scelle_le < s.importe_le) {
            let periode = s.periode.parse().map_or_else(|_| s.periode.clone(), |p| en_toutes_lettres(jeu, p));
            taches.push(Tache::nouvelle(
                format!("« {} » ({periode}) n’est pas envoyé depuis sa dernière saisie.", jeu.libelle),
                format!("/apercu?jeu={}&campagne={}", s.jeu, s.periode),
                "Relire ce qui sort",
            ));
        }
    }
    Ok(taches)
}

/// The centre's own figures of the last campaign beside those of the one before.
async fn chiffres(pages: &Pages) -> Result<Option<Table>> {
    let base = &pages.service.base;
    let Some(trimestre) = base.campagnes().await?.last().copied() else { return Ok(None) };
    let Some(jeu) = jeu("ea.indicateurs") else { return Ok(None) };
    let mut tables = Vec::new();
    for t in [trimestre, trimestre.precedent()] {
        let courantes = base.remontees(t).await?;
        let precedentes = base.remontees(t.precedent()).await?;
        tables.push(if courantes.is_empty() { None } else { table_brute(jeu, &courantes, &precedentes).ok() });
    }
    let figure = |rang: usize, code: &str| -> Option<Decimal> {
        let brute = tables.get(rang)?.as_ref()?;
        let regions = brute
            .cellules()
            .iter()
            .filter(|c| c.cle.indicateur == code && c.cle.niveau == Niveau::Region && c.cle.ventilation.est_total());
        regions.map(|c| brute.figure(&c.grandeur)).sum()
    };
    let lignes = MESURES.iter().filter_map(|code| jeu.mesure(code)).map(|mesure| {
        let cellule = |rang| Cellule::from(figure(rang, &mesure.code).map_or(Valeur::Rien, Valeur::Decimal));
        vec![format!("{} ({})", mesure.libelle, mesure.unite).into(), cellule(0), cellule(1)]
    });
    Ok(Some(Table {
        identifiant: "chiffres",
        titre: "Chiffres du centre, avant tout secret : ils ne sortent pas d’ici".to_owned(),
        colonnes: vec![
            Colonne::texte("Indicateur"),
            Colonne::nombre(trimestre.libelle_long()),
            Colonne::nombre(trimestre.precedent().libelle_long()),
        ],
        lignes: lignes.collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deadline_counts_days_in_french() {
        let jour = |j| NaiveDate::from_ymd_opt(2026, 4, j).unwrap();
        assert_eq!(echeance(Some(jour(10)), jour(4)), "À envoyer avant le 10 avril 2026, dans 6\u{a0}jours.");
        assert_eq!(echeance(Some(jour(10)), jour(10)), "À envoyer aujourd’hui, 10 avril 2026.");
        assert_eq!(echeance(Some(jour(10)), jour(11)), "L’échéance était le 10 avril 2026, il y a 1\u{a0}jour.");
        assert!(echeance(None, jour(1)).starts_with("Aucune"));
    }
}

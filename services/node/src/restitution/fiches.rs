//! The fiches as they are stored: dispositifs, persons under their pseudonym, events. Read from the same rows
//! as the workbook, so that a field has one name and one form everywhere.
//!
//! A person is found in an address by a mark drawn from the node's key, never by the reference.

use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use dossier::{FicheDispositif, FichePersonne, Remontee};
use referentiel::controle::Fiche;
use referentiel::format::{compte, date};
use referentiel::periode::Trimestre;
use sha2::{Digest, Sha256};
use tableur::ecriture::Saisie;
use tableur::modele::{Auto, Champ, Genre};
use tableur::{Modele, Valeur};
use web::{Cellule, Colonne, Table};

use super::Pages;
use super::campagne::{Choix, Modalite};
use super::rendu::{Entete, Onglet, Refus};
use super::session::Agent;
use crate::saisie::modele::Tranche;

#[derive(Debug, Template)]
#[template(path = "dispositifs.html")]
struct Dispositifs {
    campagne: String,
    campagnes: Vec<Modalite>,
    table: Table,
}

#[derive(Debug, Template)]
#[template(path = "dispositif.html")]
struct Dispositif {
    titre: String,
    campagne: String,
    modifier: String,
    champs: Vec<Lu>,
    bilan: String,
    personnes: Table,
}

#[derive(Debug, Template)]
#[template(path = "personne.html")]
struct Personne {
    reference: String,
    campagne: String,
    modifier: String,
    fiche: Vec<Lu>,
    evenement: Vec<Lu>,
    age: Option<String>,
}

/// A field shown.
#[derive(Debug)]
struct Lu {
    libelle: String,
    valeur: String,
    portee: &'static str,
}

/// A slice of a campaign, as stored and as rows of the workbook.
pub struct Dossier {
    /// Campaign.
    pub trimestre: Trimestre,
    /// The fiches.
    pub remontee: Remontee,
    /// The same, as rows.
    pub tranche: Tranche,
    /// Layout of the rows.
    pub modele: std::borrow::Cow<'static, Modele>,
}

impl Dossier {
    /// Where a person stands, by mark.
    pub fn rang_de(&self, pages: &Pages, repere: &str) -> Result<usize, Refus> {
        let rang = self.remontee.personnes.iter().position(|p| pages.repere(p) == repere);
        rang.ok_or_else(|| {
            Refus::introuvable(
                "Cette fiche n’existe pas dans cette campagne : elle a peut-être été retirée par un import. Revenez au dispositif.",
            )
        })
    }

    /// Row of the event of a person, when there is one.
    pub fn evenement_de(&self, rang: usize) -> Option<usize> {
        let personne = self.remontee.personnes.get(rang)?.reference;
        self.remontee.evenements.iter().position(|e| e.personne == personne)
    }

    /// A row of a sheet.
    pub fn ligne(&self, fiche: Fiche, rang: usize) -> Option<&Saisie> {
        let Tranche([dispositifs, personnes, evenements]) = &self.tranche;
        match fiche {
            Fiche::Dispositif => dispositifs.get(rang),
            Fiche::Personne => personnes.get(rang),
            Fiche::Evenement => evenements.get(rang),
        }
    }

    fn lus(&self, fiche: Fiche, rang: usize) -> Vec<Lu> {
        let feuille = self.modele.feuille(fiche);
        let Some(ligne) = self.ligne(fiche, rang) else { return vec![] };
        let montres = feuille.champs().iter().filter(|c| !matches!(c.auto, Some(Auto::Outil | Auto::Calcule)));
        montres
            .map(|c| Lu {
                libelle: c.entete.clone(),
                valeur: Some(texte(c, &ligne.valeur(feuille, &c.identifiant)))
                    .filter(|t| !t.is_empty())
                    .unwrap_or_else(|| "non renseigné".to_owned()),
                portee: portee(fiche, c),
            })
            .collect()
    }
}

/// What a cell of the workbook holds, as a person reads and writes it.
pub fn texte(champ: &Champ, valeur: &Valeur<'_>) -> String {
    match valeur {
        Valeur::Vide | Valeur::Absente | Valeur::Fautive => String::new(),
        Valeur::Texte(t) => t.to_string(),
        Valeur::Liste(textes) => textes.join("; "),
        Valeur::Date(jour) => date(*jour),
        Valeur::Entier(n) => n.to_string(),
        Valeur::Decimal(d) => d.normalize().to_string().replace('.', ","),
        Valeur::Modalite(code) | Valeur::Heures { code, .. } => match &champ.genre {
            Genre::Modalite(liste, _) => liste.modalite(code).map_or_else(|| (*code).to_owned(), |m| m.libelle.clone()),
            _ => (*code).to_owned(),
        },
    }
}

/// Whether a field leaves the node, and in which form.
pub fn portee(fiche: Fiche, champ: &Champ) -> &'static str {
    match (fiche, champ.identifiant.as_str()) {
        (Fiche::Dispositif, "email_responsable" | "nom_responsable" | "prenom_responsable" | "emails_conseillers") => {
            "reste ici"
        }
        (Fiche::Dispositif, _) => "sort en clair",
        (Fiche::Personne, "date_naissance") => "reste ici\u{202f}; comptée par tranche d’âge",
        (Fiche::Personne, "reference_personne") | (Fiche::Evenement, "evt_reference_personne") => "reste ici",
        (Fiche::Personne | Fiche::Evenement, _) => "reste ici\u{202f}; comptée avec d’autres",
    }
}

/// `GET /dispositifs`
pub async fn liste(
    State(pages): State<Arc<Pages>>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let trimestre = pages.campagne(choix.campagne).await?;
    let remontees = pages.service.base.remontees(trimestre).await?;
    let lignes = remontees.iter().flat_map(|r| lignes(r, trimestre)).collect();
    let contenu = Dispositifs {
        campagne: trimestre.libelle_long(),
        campagnes: pages.choix_de_campagne(trimestre).await?,
        table: Table {
            identifiant: "dispositifs",
            titre: format!("Dispositifs enregistrés, {}", trimestre.libelle_long()),
            colonnes: vec![
                Colonne::texte("Dispositif"),
                Colonne::texte("Nom"),
                Colonne::texte("Département"),
                Colonne::texte("Statut"),
                Colonne::nombre("Capacité"),
                Colonne::nombre("Fiches personne"),
                Colonne::nombre("Sans date de sortie"),
            ],
            lignes,
        },
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Dispositifs, "Dispositifs et fiches"), &contenu))
}

fn lignes(remontee: &Remontee, trimestre: Trimestre) -> Vec<Vec<Cellule>> {
    let ligne = |d: &FicheDispositif| {
        let personnes = remontee.personnes.iter().filter(|p| p.dispositif == d.reference);
        let presentes = personnes.clone().filter(|p| p.sortie.is_none()).count();
        vec![
            Cellule::from(d.reference.to_string()).vers(format!("/dispositifs/{}?campagne={trimestre}", d.reference)),
            d.nom.clone().into(),
            d.departement.as_ref().map(ToString::to_string).into(),
            d.statut.libelle().into(),
            d.capacite.map(u64::from).into(),
            (personnes.count() as u64).into(),
            (presentes as u64).into(),
        ]
    };
    remontee.dispositifs.iter().map(ligne).collect()
}

/// `GET /dispositifs/{reference}`
pub async fn dispositif(
    State(pages): State<Arc<Pages>>,
    Path(reference): Path<String>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let dossier = pages.dossier(&reference, choix.campagne).await?;
    let trimestre = dossier.trimestre;
    let lignes = dossier.remontee.personnes.iter().enumerate().map(|(rang, p)| {
        let evenement = dossier.evenement_de(rang).and_then(|e| dossier.remontee.evenements.get(e));
        vec![
            Cellule::from(p.reference.as_str()).vers(adresse(&reference, &pages.repere(p), trimestre)),
            p.structure.as_str().into(),
            p.entree.into(),
            p.sortie.into(),
            evenement.map(|e| e.statut.libelle()).into(),
            evenement.map(|e| e.emploi.libelle()).into(),
        ]
    });
    let titre = match dossier.remontee.dispositifs.first().and_then(|d| d.nom.as_deref()) {
        Some(nom) => format!("{reference}, {nom}"),
        None => reference.clone(),
    };
    let (n, e) = (dossier.remontee.personnes.len() as u64, dossier.remontee.evenements.len() as u64);
    let contenu = Dispositif {
        titre: titre.clone(),
        campagne: trimestre.libelle_long(),
        modifier: format!("/dispositifs/{reference}/modifier?campagne={trimestre}"),
        champs: dossier.lus(Fiche::Dispositif, 0),
        bilan: format!("{}, {}", compte(n, "personne", "personnes"), compte(e, "évènement", "évènements")),
        personnes: Table {
            identifiant: "personnes",
            titre: "Personnes, par référence".to_owned(),
            colonnes: ["Référence", "Structure", "Entrée", "Sortie", "Statut à la date", "Emploi à la date"]
                .map(Colonne::texte)
                .into(),
            lignes: lignes.collect(),
        },
    };
    let entete = Entete::nouveau(Onglet::Dispositifs, &titre)
        .sous(format!("/dispositifs?campagne={trimestre}"), "Dispositifs et fiches");
    Ok(pages.page(&agent, entete, &contenu))
}

/// `GET /dispositifs/{reference}/personnes/{repere}`
pub async fn personne(
    State(pages): State<Arc<Pages>>,
    Path((reference, repere)): Path<(String, String)>,
    Query(choix): Query<Choix>,
    agent: Agent,
) -> Result<Response, Refus> {
    let dossier = pages.dossier(&reference, choix.campagne).await?;
    let rang = dossier.rang_de(&pages, &repere)?;
    let fiche = dossier.remontee.personnes.get(rang);
    let trimestre = dossier.trimestre;
    let contenu = Personne {
        reference: fiche.map(|p| p.reference.as_str().to_owned()).unwrap_or_default(),
        campagne: trimestre.libelle_long(),
        modifier: format!("/dispositifs/{reference}/personnes/{repere}/modifier?campagne={trimestre}"),
        fiche: dossier.lus(Fiche::Personne, rang),
        evenement: dossier.evenement_de(rang).map(|e| dossier.lus(Fiche::Evenement, e)).unwrap_or_default(),
        age: fiche.and_then(|p| p.tranche_age(dossier.remontee.date)).map(|t| t.libelle().to_owned()),
    };
    // The title goes into the browser's history: it names no one.
    let entete = Entete::nouveau(Onglet::Dispositifs, "Fiche personne")
        .sous(format!("/dispositifs?campagne={trimestre}"), "Dispositifs et fiches")
        .sous(format!("/dispositifs/{reference}?campagne={trimestre}"), reference);
    Ok(pages.page(&agent, entete, &contenu))
}

/// Where a person's fiche is shown.
pub fn adresse(reference: &str, repere: &str, trimestre: Trimestre) -> String {
    format!("/dispositifs/{reference}/personnes/{repere}?campagne={trimestre}")
}

impl Pages {
    /// Mark of a person in an address: says nothing without the node's key, and stays the same.
    pub(super) fn repere(&self, personne: &FichePersonne) -> String {
        let condense = Sha256::new().chain_update(self.cle_repere).chain_update(personne.reference.as_str()).finalize();
        condense.iter().take(10).map(|o| format!("{o:02x}")).collect()
    }

    /// The fiches of a dispositif in a campaign.
    pub(super) async fn dossier(&self, reference: &str, choix: Option<Trimestre>) -> Result<Dossier, Refus> {
        let trimestre = self.campagne(choix).await?;
        let remontees = self.service.base.remontees(trimestre).await?;
        let trouvee = remontees.into_iter().find(|r| r.dispositifs.iter().any(|d| d.reference.as_str() == reference));
        let Some(remontee) = trouvee else {
            return Err(Refus::introuvable(format!(
                "Le dispositif {reference} n’a pas de fiche pour le {}.",
                trimestre.libelle_long()
            )));
        };
        let modele = self.modele()?;
        let tranche = Tranche::de(&modele, &remontee);
        Ok(Dossier { trimestre, remontee, tranche, modele })
    }
}

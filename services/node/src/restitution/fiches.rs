//! The fiches as they are stored: dispositifs, persons under their pseudonym, events. Read from the same rows
//! as the workbook, so that a field has one name and one form everywhere.
//!
//! A campaign that is not stored yet shows the fiches it starts from, and what is keyed of it in the pages.
//!
//! A person is found in an address by a mark drawn from the node's key, never by the reference.

use std::sync::Arc;

use anyhow::Result;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
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
use super::saisie::{CampagneOuverte, Formule, Objet};
use super::session::Agent;
use crate::saisie::modele::Tranche;
use crate::saisie::preparation::Preparation;

#[derive(Debug, Template)]
#[template(path = "dispositifs.html")]
struct Dispositifs<'a> {
    campagne: String,
    campagnes: Vec<Modalite>,
    table: Table,
    jeton: &'a str,
}

#[derive(Debug, Template)]
#[template(path = "dispositif.html")]
struct Dispositif<'a> {
    titre: String,
    campagne: String,
    /// Where the stored fiche is corrected.
    modifier: Option<String>,
    champs: Vec<Lu>,
    bilan: String,
    personnes: Table,
    saisie: Option<EnSaisie<'a>>,
    nouvelle: String,
    remarques: Vec<Remarque>,
    jeton: &'a str,
}

/// A campaign that is being keyed in the pages.
#[derive(Debug)]
struct EnSaisie<'a> {
    o: &'a CampagneOuverte,
    faits: u64,
    attendus: u64,
}

/// What blocks, and where it is mended.
#[derive(Debug)]
pub struct Remarque {
    /// Sentence.
    pub texte: String,
    /// Page.
    pub adresse: Option<String>,
}

#[derive(Debug, Template)]
#[template(path = "personne.html")]
struct Personne<'a> {
    reference: String,
    campagne: String,
    /// Where the stored fiche is corrected.
    modifier: Option<String>,
    fiche: Vec<Lu>,
    evenement: Vec<Lu>,
    formule: Option<Formule<'a>>,
    /// The same person in the campaigns beside.
    voisines: Vec<(String, String)>,
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
    /// False when the campaign is not stored yet: these fiches are those it starts from.
    pub enregistre: bool,
}

impl Dossier {
    fn nouveau(remontee: Remontee, modele: std::borrow::Cow<'static, Modele>, enregistre: bool) -> Self {
        let tranche = Tranche::de(&modele, &remontee);
        Self { trimestre: remontee.trimestre, remontee, tranche, modele, enregistre }
    }

    /// The same, once stored: only what is stored is corrected.
    pub fn enregistre(self) -> Result<Self, Refus> {
        if self.enregistre {
            return Ok(self);
        }
        Err(Refus::introuvable(format!(
            "La campagne du {} n’est pas encore enregistrée : ajoutez d’abord ses évènements depuis la page du dispositif.",
            self.trimestre.libelle_long()
        )))
    }

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
    let remontees = pages.remontees_a_tenir(trimestre).await?;
    let lignes = remontees.iter().flat_map(|(r, enregistree)| lignes(r, *enregistree, trimestre)).collect();
    let contenu = Dispositifs {
        campagne: trimestre.libelle_long(),
        campagnes: pages.choix_de_campagne(trimestre).await?,
        table: Table {
            identifiant: "dispositifs",
            titre: format!("Dispositifs, {}", trimestre.libelle_long()),
            colonnes: vec![
                Colonne::texte("Dispositif"),
                Colonne::texte("Nom"),
                Colonne::texte("Département"),
                Colonne::texte("Statut"),
                Colonne::nombre("Capacité"),
                Colonne::nombre("Fiches personne"),
                Colonne::nombre("Sans date de sortie"),
                Colonne::texte("Campagne"),
            ],
            lignes,
        },
        jeton: &agent.jeton,
    };
    Ok(pages.page(&agent, Entete::nouveau(Onglet::Dispositifs, "Dispositifs et fiches"), &contenu))
}

fn lignes(remontee: &Remontee, enregistree: bool, trimestre: Trimestre) -> Vec<Vec<Cellule>> {
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
            if enregistree { "enregistrée" } else { "à saisir" }.into(),
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
    let ouverte = pages.ouvre_campagne(&reference, choix.campagne).await?;
    page_dispositif(&pages, &agent, &ouverte, vec![]).await
}

/// The page of a dispositif, with what keeps its campaign from being stored.
pub async fn page_dispositif(
    pages: &Pages,
    agent: &Agent,
    o: &CampagneOuverte,
    remarques: Vec<Remarque>,
) -> Result<Response, Refus> {
    let Preparation { depart, enregistree, .. } = &o.preparation;
    let dossier = Dossier::nouveau(depart.clone(), o.modele.clone(), *enregistree);
    let (reference, trimestre) = (&o.reference, o.trimestre());
    let titre = match depart.dispositifs.first().and_then(|d| d.nom.as_deref()) {
        Some(nom) => format!("{reference}, {nom}"),
        None => reference.clone(),
    };
    let (n, e) = (depart.personnes.len() as u64, depart.evenements.len() as u64);
    let (faits, attendus) = o.preparation.avancement();
    let statut = if remarques.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let contenu = Dispositif {
        titre: titre.clone(),
        campagne: trimestre.libelle_long(),
        modifier: enregistree.then(|| format!("/dispositifs/{reference}/modifier?campagne={trimestre}")),
        champs: dossier.lus(Fiche::Dispositif, 0),
        bilan: format!("{}, {}", compte(n, "personne", "personnes"), compte(e, "évènement", "évènements")),
        personnes: Table {
            identifiant: "personnes",
            titre: "Personnes, par référence".to_owned(),
            colonnes: [
                "Référence",
                "Structure",
                "Entrée",
                "Sortie",
                "Statut à la date",
                "Emploi à la date",
                "Évènement",
            ]
            .map(Colonne::texte)
            .into(),
            lignes: lignes_des_personnes(pages, o),
        },
        saisie: (!enregistree || !o.preparation.saisies.est_vide()).then_some(EnSaisie { o, faits, attendus }),
        nouvelle: o.geste(&Objet::Nouvelle(o.preparation.saisies.nouvelles.len()).code()),
        remarques,
        jeton: &agent.jeton,
    };
    let entete = Entete::nouveau(Onglet::Dispositifs, &titre)
        .sous(format!("/dispositifs?campagne={trimestre}"), "Dispositifs et fiches");
    let avis = pages.sessions.avis(agent);
    Ok(pages.page_avec(statut, entete, avis.as_ref(), &contenu))
}

fn lignes_des_personnes(pages: &Pages, o: &CampagneOuverte) -> Vec<Vec<Cellule>> {
    let Preparation { depart, saisies, .. } = &o.preparation;
    let connues = depart.personnes.iter().map(|p| {
        let evenement = depart.evenements.iter().find(|e| e.personne == p.reference);
        let repere = pages.repere(p);
        let saisie = o.geste(&repere);
        let saisi = saisies.evenements.get(p.reference.as_str());
        let tape = |champ: &str| saisi.and_then(|t| t.get(champ)).filter(|t| !t.is_empty()).map(String::as_str);
        vec![
            Cellule::from(p.reference.as_str()).vers(adresse(&o.reference, &repere, o.trimestre())),
            p.structure.as_str().into(),
            p.entree.into(),
            p.sortie.into(),
            evenement.map(|e| e.statut.libelle()).or(tape("statut_evenement")).into(),
            evenement.map(|e| e.emploi.libelle()).or(tape("emploi_date_evenement")).into(),
            match (evenement, saisi) {
                (Some(_), _) => "enregistré".into(),
                (None, Some(_)) => Cellule::from("en brouillon").vers(saisie),
                (None, None) => Cellule::from("à saisir").vers(saisie),
            },
        ]
    });
    let nouvelles = saisies.nouvelles.iter().enumerate().map(|(rang, n)| {
        let dit = |champ: &str| n.personne.get(champ).filter(|t| !t.is_empty()).map(String::as_str);
        vec![
            dit("reference_personne").unwrap_or("sans référence").into(),
            dit("structure_accompagnante").into(),
            dit("date_entree").into(),
            dit("date_sortie").into(),
            n.evenement.get("statut_evenement").map(String::as_str).into(),
            n.evenement.get("emploi_date_evenement").map(String::as_str).into(),
            Cellule::from("en brouillon").vers(o.geste(&Objet::Nouvelle(rang).code())),
        ]
    });
    connues.chain(nouvelles).collect()
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
    let evenement = dossier.evenement_de(rang).map(|e| dossier.lus(Fiche::Evenement, e)).unwrap_or_default();
    let objet = Objet::Personne { rang, repere: repere.clone() };
    // The form stands on the fiche itself: an event is added without another page.
    let formule = if evenement.is_empty() {
        let ouverte = pages.ouvre_campagne(&reference, Some(trimestre)).await?;
        Some(Formule::nouvelle(&ouverte, &objet, None, &agent.jeton))
    } else {
        None
    };
    let contenu = Personne {
        reference: fiche.map(|p| p.reference.as_str().to_owned()).unwrap_or_default(),
        campagne: trimestre.libelle_long(),
        modifier: dossier
            .enregistre
            .then(|| format!("/dispositifs/{reference}/personnes/{repere}/modifier?campagne={trimestre}")),
        fiche: dossier.lus(Fiche::Personne, rang),
        evenement,
        formule,
        voisines: pages.voisines(&reference, &repere, trimestre).await?,
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
        let (remontee, enregistre) = self.depart(reference, trimestre).await?;
        Ok(Dossier::nouveau(remontee, self.modele()?, enregistre))
    }

    /// The same person a campaign before and after, where she has a fiche.
    async fn voisines(&self, reference: &str, repere: &str, ici: Trimestre) -> Result<Vec<(String, String)>> {
        let mut voisines = Vec::new();
        for trimestre in self.campagnes_a_tenir().await? {
            if trimestre != ici.precedent() && trimestre != ici.suivant() {
                continue;
            }
            let remontees = self.remontees_a_tenir(trimestre).await?;
            if remontees.iter().flat_map(|(r, _)| &r.personnes).any(|p| self.repere(p) == repere) {
                voisines.push((adresse(reference, repere, trimestre), trimestre.libelle_long()));
            }
        }
        Ok(voisines)
    }
}

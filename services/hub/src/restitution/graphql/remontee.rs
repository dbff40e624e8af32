//! Remontées and the transitions of the two state machines, as the API shows them: the label of a state
//! depends on who reads, `droits` on what they may do now.

use async_graphql::{Enum, SimpleObject};
use chrono::{DateTime, Utc};
use hub_storage::etat;
use hub_storage::remontee::{Remontee as RemonteeLue, Transition as TransitionLue};

use super::types::Emetteur;
use crate::acces::{Guichet, Role};

/// État d’une campagne.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "etat::EtatCampagne")]
pub enum EtatCampagne {
    /// En préparation.
    Brouillon,
    /// Les dépôts sont attendus.
    Ouverte,
    /// Le dépôt est fini, les corrections sont attendues.
    EnCorrection,
    /// Plus rien n’est attendu.
    Close,
    /// Publiée, figée.
    Publiee,
}

/// État d’une remontée.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "etat::EtatRemontee")]
pub enum EtatRemontee {
    /// Rien n’est reçu.
    Attendue,
    /// Une partie des jeux est reçue.
    EnPreparation,
    /// Tout est reçu.
    Transmise,
    /// Renvoyée, avec un motif par indicateur.
    EnCorrection,
    /// Contrôlée par le gestionnaire du hub.
    Controlee,
    /// Validée par le chef de file.
    Validee,
    /// Sans objet, avec son motif.
    SansObjet,
    /// Jamais reçue avant la clôture.
    NonRecue,
}

/// Ce que l’appelant peut faire d’une remontée, dans son état présent.
#[derive(SimpleObject, Debug, Clone, Copy)]
pub struct DroitsRemontee {
    /// La transmettre.
    pub transmettre: bool,
    /// Demander une correction.
    pub demander_correction: bool,
    /// La déclarer contrôlée.
    pub controler: bool,
    /// La valider.
    pub valider: bool,
    /// La déclarer sans objet.
    pub declarer_sans_objet: bool,
}

/// Motif d’une demande de correction, par indicateur.
#[derive(SimpleObject, async_graphql::InputObject, Debug, Clone)]
#[graphql(input_name = "MotifDeCorrectionDemande")]
pub struct MotifDeCorrection {
    /// Code de l’indicateur.
    pub indicateur: String,
    /// Motif, en clair ; jamais de nom ni de chiffre.
    pub motif: String,
}

/// Un changement d’état.
#[derive(SimpleObject, Debug, Clone)]
pub struct Transition {
    /// État quitté.
    pub de: EtatRemontee,
    /// État atteint.
    pub vers: EtatRemontee,
    /// Qui.
    pub par: String,
    /// Quand.
    pub le: DateTime<Utc>,
    /// Pourquoi.
    pub motif: Option<String>,
    /// Pourquoi, par indicateur.
    pub motifs: Vec<MotifDeCorrection>,
}

impl From<TransitionLue> for Transition {
    fn from(t: TransitionLue) -> Self {
        let motifs = t.motifs.into_iter().map(|m| MotifDeCorrection { indicateur: m.indicateur, motif: m.motif });
        Self { de: t.de.into(), vers: t.vers.into(), par: t.par, le: t.le, motif: t.motif, motifs: motifs.collect() }
    }
}

/// Ce qu’une campagne attend d’un dispositif, ou d’un centre entier.
#[derive(SimpleObject, Debug, Clone)]
pub struct Remontee {
    /// Campagne.
    pub campagne: String,
    /// Centre.
    pub emetteur: Emetteur,
    /// Dispositif ; rien pour le centre entier.
    pub dispositif: Option<String>,
    /// État.
    pub etat: EtatRemontee,
    /// L’état, dans les mots de qui lit.
    pub libelle: String,
    /// Changements d’état, du plus ancien au plus récent.
    pub historique: Vec<Transition>,
    /// Ce que l’appelant peut en faire.
    pub droits: DroitsRemontee,
}

impl Remontee {
    /// A remontée, what happened to it and what this caller may do of it.
    pub fn nouvelle(lue: RemonteeLue, historique: Vec<Transition>, guichet: &Guichet) -> Self {
        let peut = |vers| guichet.peut_passer(&lue, vers);
        let droits = DroitsRemontee {
            transmettre: peut(etat::EtatRemontee::Transmise),
            demander_correction: peut(etat::EtatRemontee::EnCorrection),
            controler: peut(etat::EtatRemontee::Controlee),
            valider: peut(etat::EtatRemontee::Validee),
            declarer_sans_objet: peut(etat::EtatRemontee::SansObjet),
        };
        Self {
            campagne: lue.cle.campagne,
            emetteur: Emetteur { identifiant: lue.cle.noeud, nom: lue.emetteur_nom, organisme: lue.organisme },
            dispositif: Some(lue.cle.dispositif).filter(|d| !d.is_empty()),
            etat: lue.etat.into(),
            libelle: libelle(lue.etat, guichet.appelant().role).to_owned(),
            historique,
            droits,
        }
    }
}

/// What a state means for who reads it: something to do, or something to know.
fn libelle(etat: etat::EtatRemontee, role: Option<Role>) -> &'static str {
    use etat::EtatRemontee as E;
    let depose = matches!(role, Some(Role::Cdg | Role::ChefDeFile));
    let controle = role == Some(Role::GestionnaireHub);
    match etat {
        E::Attendue if depose => "À transmettre",
        E::Attendue => "Attendue",
        E::EnPreparation if depose => "À compléter",
        E::EnPreparation => "En préparation",
        E::Transmise if controle => "À contrôler",
        E::Transmise => "Transmise",
        E::EnCorrection if depose => "À corriger",
        E::EnCorrection => "En correction",
        E::Controlee if depose => "À valider",
        E::Controlee => "Contrôlée",
        E::Validee => "Validée",
        E::SansObjet => "Sans objet",
        E::NonRecue => "Non reçue",
    }
}

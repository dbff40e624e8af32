//! The nodes of the connections, made whole from one row each: no field runs a statement of its own.

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};
use hub_storage::campagne::{Campagne as CampagneLue, EtatCampagne as EtatLu};
use hub_storage::completude::LigneCompletude;
use hub_storage::dispositif::{Chiffre as ChiffreLu, Dispositif as DispositifLu};
use hub_storage::observation::Observation as ObservationLue;
use hub_storage::publication::Publication as PublicationLue;
use referentiel::Decimal;
use referentiel::jeu::{Jeu, jeux};
use referentiel::periode::Trimestre;

use crate::acces::Guichet;
use crate::campagne::calendrier::{self, ETAPES};

use super::remontee::EtatCampagne;
use super::types::{Audience, Coordonnee, Emetteur, Indicateur, Jour, Niveau, Nombre, Statut, Territoire};

/// Qui demande, et avec quels droits.
#[derive(SimpleObject)]
pub struct Moi {
    /// Nom dans le journal : jeton:…, compte:…, anonyme.
    pub nom: String,
    /// Rôle ; rien sans identification.
    pub role: Option<String>,
    /// Libellé du rôle.
    pub libelle: Option<String>,
    /// Territoires du rôle.
    pub territoires: Vec<String>,
    /// Jeux auxquels le jeton est restreint ; rien pour tous.
    pub jeux: Option<Vec<String>>,
    /// Audience servie par défaut.
    pub audience: Audience,
    /// Vrai pour qui peut aussi agir.
    pub ecriture: bool,
}

impl From<&Guichet> for Moi {
    fn from(guichet: &Guichet) -> Self {
        let appelant = guichet.appelant();
        Self {
            nom: appelant.nom.clone(),
            role: appelant.role.map(|r| r.code().to_owned()),
            libelle: appelant.role.map(|r| r.libelle().to_owned()),
            territoires: appelant.territoires.clone(),
            jeux: appelant.jeux.clone(),
            audience: appelant.audience.into(),
            ecriture: appelant.ecriture,
        }
    }
}

/// Une campagne trimestrielle.
#[derive(SimpleObject)]
pub struct Campagne {
    /// Code : 2026-T1.
    pub code: String,
    /// Libellé : 1er trimestre 2026.
    pub libelle: String,
    /// Date de l’évènement.
    pub date_evenement: Jour,
    /// Dernier moment du dépôt.
    pub limite_depot: Option<DateTime<Utc>>,
    /// Premier moment du dépôt, s’il est prévu.
    pub ouverture: Option<DateTime<Utc>>,
    /// Dernier moment des corrections, s’il est prévu.
    pub fin_correction: Option<DateTime<Utc>>,
    /// Faux quand la campagne a été ouverte par une première publication.
    pub declaree: bool,
    /// État.
    pub etat: EtatCampagne,
    /// Calendrier de référence, en jours ouvrés.
    pub calendrier: Vec<EtapeCalendrier>,
    /// Ce que l’appelant peut en faire.
    pub droits: DroitsCampagne,
}

/// Ce que l’appelant peut faire d’une campagne, dans son état présent.
#[derive(SimpleObject)]
pub struct DroitsCampagne {
    /// L’ouvrir.
    pub ouvrir: bool,
    /// Ouvrir ou rouvrir les corrections.
    pub corriger: bool,
    /// La clore.
    pub clore: bool,
    /// La publier.
    pub publier: bool,
}

/// Une étape du calendrier d’une campagne.
#[derive(SimpleObject)]
pub struct EtapeCalendrier {
    /// Nom stable.
    pub code: &'static str,
    /// Jour : ouvré, sauf la date de l’évènement.
    pub jour: Jour,
    /// Ce qui se passe.
    pub libelle: &'static str,
    /// Qui le fait.
    pub qui: &'static str,
}

impl Campagne {
    /// A campaign, its calendar, and what this caller may do of it.
    pub fn nouvelle(c: CampagneLue, guichet: &Guichet) -> Self {
        let libelle = c.code.parse::<Trimestre>().map_or_else(|_| c.code.clone(), Trimestre::libelle_long);
        let droit = guichet.configuration().droit();
        let calendrier = ETAPES.iter().map(|e| EtapeCalendrier {
            code: e.code,
            jour: Jour(calendrier::jour(c.date_evenement, e, droit)),
            libelle: e.libelle,
            qui: e.qui,
        });
        let peut = |vers| guichet.peut_passer_campagne(&c, vers);
        Self {
            libelle,
            date_evenement: Jour(c.date_evenement),
            limite_depot: c.limite_depot,
            ouverture: c.ouverture,
            fin_correction: c.fin_correction,
            declaree: c.declaree,
            etat: c.etat.into(),
            calendrier: calendrier.collect(),
            droits: DroitsCampagne {
                ouvrir: peut(EtatLu::Ouverte),
                corriger: peut(EtatLu::EnCorrection),
                clore: peut(EtatLu::Close),
                publier: peut(EtatLu::Publiee),
            },
            code: c.code,
        }
    }
}

/// Une cellule publiée.
#[derive(SimpleObject)]
pub struct Observation {
    /// Indicateur.
    pub indicateur: Indicateur,
    /// Période : 2026-T1.
    pub periode: String,
    /// Audience pour laquelle la cellule a été protégée.
    pub audience: Audience,
    /// Territoire.
    pub territoire: Territoire,
    /// Coordonnées ; vide pour le total.
    pub ventilation: Vec<Coordonnee>,
    /// Centre qui publie.
    pub emetteur: Emetteur,
    /// Valeur d’un effectif ou d’un chiffre.
    pub valeur: Option<Nombre>,
    /// Numérateur d’un taux.
    pub numerateur: Option<Nombre>,
    /// Dénominateur d’un taux.
    pub denominateur: Option<Nombre>,
    /// Taux, entre 0 et 1 le plus souvent, arrondi à quatre décimales.
    pub taux: Option<Nombre>,
    /// Pourquoi il y a une valeur, ou non.
    pub statut: Statut,
    /// Plus petit effectif possible d’une cellule masquée, d’après ce que son centre publie.
    pub au_moins: Option<Nombre>,
    /// Plus grand effectif possible d’une cellule masquée, d’après ce que son centre publie.
    pub au_plus: Option<Nombre>,
}

impl From<ObservationLue> for Observation {
    fn from(o: ObservationLue) -> Self {
        let (indicateur, ventilation) = definition(&o.rang.indicateur, &o.rang.ventilation);
        Self {
            indicateur,
            periode: o.rang.campagne,
            audience: o.audience.into(),
            territoire: Territoire::nouveau(Niveau::depuis_code(&o.rang.niveau), o.rang.territoire, o.territoire_nom),
            ventilation,
            emetteur: Emetteur { identifiant: o.rang.noeud, nom: o.emetteur_nom, organisme: o.organisme },
            valeur: o.valeur.map(Nombre),
            numerateur: o.rapport.map(|(n, _)| Nombre(n)),
            denominateur: o.rapport.map(|(_, d)| Nombre(d)),
            taux: o.rapport.and_then(taux),
            statut: o.statut.into(),
            au_moins: o.bornes.map(|(bas, _)| Nombre(bas.into())),
            au_plus: o.bornes.and_then(|(_, haut)| haut).map(|haut| Nombre(haut.into())),
        }
    }
}

fn taux((numerateur, denominateur): (Decimal, Decimal)) -> Option<Nombre> {
    numerateur.checked_div(denominateur).map(|t| Nombre(t.round_dp(4)))
}

fn definition(code: &str, ventilation: &str) -> (Indicateur, Vec<Coordonnee>) {
    let trouve = jeux().into_iter().find_map(|j| Some((j, j.mesure(code)?)));
    let indicateur = trouve.map_or_else(
        || Indicateur {
            code: code.to_owned(),
            libelle: code.to_owned(),
            unite: String::new(),
            nature: referentiel::jeu::Nature::Operationnel.into(),
            definition: String::new(),
            source: String::new(),
            jeu: String::new(),
            pour: None,
            perimetre: None,
        },
        |(jeu, mesure)| Indicateur::du_jeu(jeu, mesure),
    );
    let coordonnees = ventilation.split(',').filter_map(|c| c.split_once('='));
    let coordonnees = coordonnees.map(|(axe, modalite)| Coordonnee {
        axe: axe.to_owned(),
        modalite: modalite.to_owned(),
        libelle: trouve.and_then(|(jeu, _)| libelle(jeu, axe, modalite)).unwrap_or(modalite).to_owned(),
    });
    (indicateur, coordonnees.collect())
}

fn libelle(jeu: &'static Jeu, axe: &str, modalite: &str) -> Option<&'static str> {
    jeu.nomenclature(axe)?.modalite(modalite).map(|m| m.libelle.as_str())
}

/// Un chiffre et son statut.
#[derive(SimpleObject)]
pub struct Chiffre {
    /// Valeur.
    pub valeur: Option<Nombre>,
    /// Pourquoi il y a une valeur, ou non.
    pub statut: Statut,
}

impl From<ChiffreLu> for Chiffre {
    fn from(c: ChiffreLu) -> Self {
        Self { valeur: c.valeur.map(Nombre).or_else(|| c.rapport.and_then(taux)), statut: c.statut.into() }
    }
}

/// Une fiche dispositif, telle que son centre la publie.
#[derive(SimpleObject)]
pub struct Dispositif {
    /// Référence : BFC01.
    pub reference: String,
    /// Campagne de la fiche.
    pub campagne: String,
    /// Nom.
    pub nom: Option<String>,
    /// Département.
    pub departement: Option<Territoire>,
    /// Région.
    pub region: Option<Territoire>,
    /// Code du statut.
    pub statut: String,
    /// Structures accompagnantes.
    pub structures: Vec<String>,
    /// Places conventionnées.
    pub capacite: Option<i64>,
    /// ETP au total.
    pub etp_total: Option<Nombre>,
    /// ETP qui accompagnent.
    pub etp_hors_administratifs: Option<Nombre>,
    /// Professionnels qui accompagnent.
    pub professionnels: Option<i64>,
    /// Personnes en attente.
    pub liste_attente: Option<i64>,
    /// Prescriptions sans suite depuis le 1er janvier.
    pub sans_suite: Option<i64>,
    /// File active à date (EA01).
    pub file_active: Option<Chiffre>,
    /// Taux d’occupation (EA07).
    pub taux_occupation: Option<Chiffre>,
    /// Centre qui publie.
    pub emetteur: Emetteur,
}

impl From<DispositifLu> for Dispositif {
    fn from(d: DispositifLu) -> Self {
        Self {
            reference: d.reference,
            campagne: d.campagne,
            nom: d.nom,
            departement: d.departement.map(|code| Territoire::nouveau(Niveau::Departement, code, None)),
            region: d.region.map(|code| Territoire::nouveau(Niveau::Region, code, None)),
            statut: d.statut,
            structures: d.structures,
            capacite: d.capacite,
            etp_total: d.etp_total.map(Nombre),
            etp_hors_administratifs: d.etp_hors_administratifs.map(Nombre),
            professionnels: d.professionnels,
            liste_attente: d.liste_attente,
            sans_suite: d.sans_suite,
            file_active: d.file_active.map(Chiffre::from),
            taux_occupation: d.taux_occupation.map(Chiffre::from),
            emetteur: Emetteur { identifiant: d.noeud, nom: d.emetteur_nom, organisme: d.organisme },
        }
    }
}

/// Ce qu’un centre a transmis d’un jeu, sur ce que la campagne attend de lui.
#[derive(SimpleObject)]
pub struct Completude {
    /// Centre.
    pub emetteur: Emetteur,
    /// Jeu de données.
    pub jeu: String,
    /// Dispositifs attendus, ou 1 pour un centre sans liste.
    pub attendues: i64,
    /// Reçus parmi eux.
    pub recues: i64,
    /// Reçus avant la fin du dépôt.
    pub dans_les_delais: i64,
    /// Reçus, mais vides.
    pub vides: i64,
    /// Attendus, et jamais reçus.
    pub jamais_recues: i64,
    /// Première réception.
    pub recue_le: Option<DateTime<Utc>>,
}

impl From<LigneCompletude> for Completude {
    fn from(l: LigneCompletude) -> Self {
        let entier = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Self {
            emetteur: Emetteur { identifiant: l.noeud, nom: l.nom, organisme: l.organisme },
            jeu: l.jeu,
            attendues: entier(l.attendus),
            recues: entier(l.recus),
            dans_les_delais: entier(l.dans_les_delais),
            vides: entier(l.vides),
            jamais_recues: entier(l.attendus.saturating_sub(l.recus)),
            recue_le: l.recu_le,
        }
    }
}

/// Un motif de refus.
#[derive(SimpleObject)]
pub struct MotifRefus {
    /// URN stable.
    pub code: String,
    /// Cellule, s’il y en a une.
    pub cellule: Option<String>,
    /// Phrase.
    pub message: String,
}

/// Une publication reçue, et ce qui lui a été répondu.
#[derive(SimpleObject)]
pub struct Publication {
    /// Empreinte de l’enveloppe : son identité.
    pub empreinte: String,
    /// Centre.
    pub emetteur: Emetteur,
    /// Position dans la chaîne du centre.
    pub position: i64,
    /// Jeu de données.
    pub jeu: Option<String>,
    /// Campagne.
    pub campagne: Option<String>,
    /// Révision de la série.
    pub revision: Option<i64>,
    /// Suite donnée.
    pub statut: StatutPublication,
    /// Motifs, quand elle n’est pas acceptée.
    pub motifs: Vec<MotifRefus>,
    /// Cellules ou fiches lues.
    pub cellules: i64,
    /// Moment de la réception.
    pub recue_le: DateTime<Utc>,
}

/// Suite donnée à une publication.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatutPublication {
    /// Acceptée : elle est, ou a été, la révision montrée.
    Acceptee,
    /// Refusée, avec ses motifs.
    Refusee,
    /// Périmée : une révision plus récente était connue.
    Perimee,
}

impl StatutPublication {
    /// Name in the register.
    pub fn code(self) -> &'static str {
        match self {
            Self::Acceptee => "accepted",
            Self::Refusee => "refused",
            Self::Perimee => "stale",
        }
    }
}

impl From<PublicationLue> for Publication {
    fn from(p: PublicationLue) -> Self {
        let entier = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let motifs: Vec<publication::Motif> = serde_json::from_str(&p.motifs).unwrap_or_default();
        Self {
            empreinte: p.digest,
            emetteur: Emetteur { identifiant: p.noeud, nom: p.emetteur_nom, organisme: p.organisme },
            position: entier(p.seq),
            jeu: p.jeu,
            campagne: p.periode,
            revision: p.rev.map(entier),
            statut: match p.statut.as_str() {
                "accepted" => StatutPublication::Acceptee,
                "stale" => StatutPublication::Perimee,
                _ => StatutPublication::Refusee,
            },
            motifs: motifs
                .into_iter()
                .map(|m| MotifRefus { code: m.code.urn(), cellule: m.cell, message: m.msg })
                .collect(),
            cellules: entier(p.cellules),
            recue_le: p.recu_le,
        }
    }
}

/// Ce que le hub détient.
#[derive(SimpleObject)]
pub struct Bilan {
    /// Cellules montrées, toutes audiences.
    pub observations: i64,
    /// Publications acceptées.
    pub publications: i64,
    /// Accusés signés.
    pub accuses: i64,
    /// Publications refusées.
    pub refus: i64,
}

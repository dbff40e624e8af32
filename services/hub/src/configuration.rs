//! The configuration file of the hub: itself, its nodes, its campaigns, its thresholds. Unknown keys are
//! refused by name and line; paths are relative to the file.

mod courriel;
mod proconnect;
mod questions;
mod tls;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Europe::Paris;
use hub_storage::campagne::{CENTRE_ENTIER, CampagneDeclaree};
use hub_storage::noeud::Noeud;
use lettre::message::Mailbox;
use publication::ClePublique;
use referentiel::cellule::Audience;
use referentiel::identifiant::{CodeDepartement, IdentifiantNoeud, ReferenceDispositif};
use referentiel::jeu::{Seuils, jeu, jeux};
use referentiel::periode::Trimestre;
use referentiel::territoire::{organismes, region};
use serde::Deserialize;
use web::journal::FormatJournal;
use web::reglage::{self, Contradiction, Environnement, ReglageRefuse};

use crate::campagne::calendrier::jour_de;
use crate::campagne::jour_ouvre::Droit;

pub use courriel::Courriel;
pub use proconnect::ProConnect;
pub use questions::Questions;
pub use tls::Tls;

/// What the variables that take the place of keys begin with: `MAILLAGE_HUB__HUB__BASE` for `[hub] base`.
pub const VARIABLES: &str = "MAILLAGE_HUB__";

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationInvalide {
    /// Not readable.
    #[error("{0} : le fichier ne peut pas être lu ({1}).")]
    Illisible(PathBuf, std::io::Error),
    /// A key, at its line or in its variable, is not what it should be.
    #[error("{0}, {1}")]
    Refusee(PathBuf, ReglageRefuse),
}

/// A configuration, checked.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The hub itself.
    pub hub: Hub,
    /// Its nodes.
    pub noeuds: Vec<(Noeud, Option<ClePublique>)>,
    /// Declared campaigns.
    pub campagnes: Vec<CampagneDeclaree>,
    /// Thresholds over the floor, by audience.
    pub seuils: BTreeMap<Audience, Seuils>,
    /// OpenID provider, if any.
    pub proconnect: Option<ProConnect>,
    /// Mail server, if any.
    pub courriel: Option<Courriel>,
    /// Where each centre is reminded.
    pub contacts: BTreeMap<IdentifiantNoeud, Mailbox>,
    /// How much each caller may ask.
    pub debits: Debits,
    /// What may be asked without a token.
    pub questions: Questions,
    /// The hub's own HTTPS, when no proxy does it.
    pub tls: Option<Tls>,
}

/// Section `[debits]`: requests a second, ten times as many at once.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Debits {
    /// By node.
    pub noeud: NonZeroU32,
    /// By address.
    pub adresse: NonZeroU32,
}

impl Default for Debits {
    fn default() -> Self {
        // A node that sends four hundred publications after an outage makes about a thousand requests.
        const PAR_NOEUD: NonZeroU32 = NonZeroU32::new(100).unwrap();
        const PAR_ADRESSE: NonZeroU32 = NonZeroU32::new(400).unwrap();
        Self { noeud: PAR_NOEUD, adresse: PAR_ADRESSE }
    }
}

/// Section `[hub]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Identifier, which envelopes name as their addressee.
    pub identifiant: String,
    /// Name shown on the pages.
    #[serde(default = "nom_par_defaut")]
    pub nom: String,
    /// Address listened on.
    pub ecoute: String,
    /// Public address, when a proxy stands in front: what nodes write in their requests.
    #[serde(default)]
    pub adresse: Option<String>,
    /// Database address.
    pub base: String,
    /// Private key file.
    pub cle: PathBuf,
    /// Private key file of the register, made at the first start.
    #[serde(default = "cle_registre_par_defaut")]
    pub cle_registre: PathBuf,
    /// Private key file of the reference data and of the feed, made at the first start; beside `cle` without it.
    #[serde(default)]
    pub cle_reference: PathBuf,
    /// Secret file of one-time codes, made at the first need.
    #[serde(default = "secret_acces_par_defaut")]
    pub secret_acces: PathBuf,
    /// Program that prints committee files; beside this one without it.
    #[serde(default)]
    pub imprimerie: Option<PathBuf>,
    /// Audience served when nothing narrower is asked for.
    #[serde(default = "audience_par_defaut")]
    pub audience_par_defaut: Audience,
    /// True to let anybody read the GraphQL schema by introspection.
    #[serde(default = "vrai")]
    pub introspection: bool,
    /// Answers of the API kept while the database says that nothing changed, in mebibytes; 0 keeps none.
    #[serde(default = "reponses_gardees_par_defaut")]
    pub reponses_gardees: u64,
    /// Longest time for an answer, in seconds.
    #[serde(default = "delai_par_defaut")]
    pub delai: u64,
    /// Form of the log lines.
    #[serde(default)]
    pub journal: FormatJournal,
    /// Address of the measures, for operators only; none without it.
    #[serde(default)]
    pub mesures: Option<SocketAddr>,
    /// OpenTelemetry collector that the traces go to, OTLP over HTTP.
    #[serde(default)]
    pub traces: Option<String>,
    /// Address to write to about accessibility.
    #[serde(default)]
    pub contact: Option<String>,
    /// Folder of further data sets, one TOML file each.
    #[serde(default)]
    pub jeux: Option<PathBuf>,
}

impl Hub {
    /// Paths from the folder of the file; what contradicts itself is refused.
    fn verifie(mut self, dossier: &Path) -> Result<Self, Contradiction> {
        self.cle = dossier.join(&self.cle);
        self.cle_registre = dossier.join(&self.cle_registre);
        self.cle_reference = match self.cle_reference.as_os_str().is_empty() {
            true => self.cle.with_file_name("reference.pem"),
            false => dossier.join(&self.cle_reference),
        };
        self.secret_acces = dossier.join(&self.secret_acces);
        self.imprimerie = self.imprimerie.map(|programme| dossier.join(programme));
        self.base = base_relative(&self.base, dossier);
        if porte_un_secret(&self.base) {
            return Err(Contradiction::a(
                "hub.base",
                "[hub] base : le mot de passe se met dans un fichier, que la variable PGPASSFILE nomme.",
            ));
        }
        if let Some(jeux) = &self.jeux {
            self.jeux = Some(ajoute_les_jeux(&dossier.join(jeux)).map_err(|e| Contradiction::a("hub.jeux", e))?);
        }
        if self.audience_par_defaut == Audience::Convention {
            return Err(Contradiction::a(
                "hub.audience_par_defaut",
                "[hub] audience_par_defaut : « convention » n’est servie qu’à une personne identifiée ; écrivez « reseau » ou « public ».",
            ));
        }
        if self.mesures.is_some_and(|m| m.port() != 0 && self.ecoute.parse() == Ok(m)) {
            return Err(Contradiction::a("hub.mesures", "[hub] mesures : les mesures ont une adresse à elles."));
        }
        Ok(self)
    }

    /// The program that prints committee files.
    pub fn imprimerie(&self) -> PathBuf {
        const NOM: &str = "maillage-imprimerie";
        let ici = std::env::current_exe().ok().and_then(|p| Some(p.parent()?.join(NOM)));
        self.imprimerie.clone().or(ici).unwrap_or_else(|| PathBuf::from(NOM))
    }
}

fn cle_registre_par_defaut() -> PathBuf {
    PathBuf::from("registre.pem")
}

fn secret_acces_par_defaut() -> PathBuf {
    PathBuf::from("acces.secret")
}

fn nom_par_defaut() -> String {
    "Maillage".to_owned()
}

fn audience_par_defaut() -> Audience {
    Audience::Reseau
}

fn vrai() -> bool {
    true
}

fn reponses_gardees_par_defaut() -> u64 {
    32
}

fn delai_par_defaut() -> u64 {
    30
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fichier {
    hub: Hub,
    #[serde(default, rename = "noeud")]
    noeuds: Vec<NoeudLu>,
    #[serde(default, rename = "campagne")]
    campagnes: Vec<CampagneLue>,
    #[serde(default)]
    seuils: BTreeMap<Audience, Seuils>,
    #[serde(default)]
    proconnect: Option<ProConnect>,
    #[serde(default)]
    courriel: Option<Courriel>,
    #[serde(default)]
    debits: Debits,
    #[serde(default)]
    questions: Option<questions::Section>,
    #[serde(default)]
    tls: Option<Tls>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoeudLu {
    identifiant: IdentifiantNoeud,
    nom: String,
    organisme: String,
    region: UnOuPlusieurs,
    /// Without one, the node is invited and enrols itself.
    #[serde(default)]
    cle_publique: Option<ClePublique>,
    #[serde(default)]
    contact: Option<Mailbox>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum UnOuPlusieurs {
    Un(String),
    Plusieurs(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CampagneLue {
    code: Trimestre,
    #[serde(default)]
    date: Option<NaiveDate>,
    #[serde(default)]
    ouverture: Option<NaiveDate>,
    #[serde(default)]
    limite_depot: Option<NaiveDate>,
    #[serde(default)]
    fin_correction: Option<NaiveDate>,
    /// True to take the days that are not written from the calendar of campaigns.
    #[serde(default)]
    calendrier: bool,
    #[serde(default)]
    jeux: Option<Vec<String>>,
    #[serde(default, rename = "attendu")]
    attendus: Vec<AttenduLu>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttenduLu {
    noeud: IdentifiantNoeud,
    #[serde(default)]
    dispositifs: Vec<ReferenceDispositif>,
}

impl Configuration {
    /// Reads and checks a file, with what the environment says.
    pub fn lit(fichier: &Path) -> Result<Self, ConfigurationInvalide> {
        let texte =
            std::fs::read_to_string(fichier).map_err(|e| ConfigurationInvalide::Illisible(fichier.to_owned(), e))?;
        Self::avec_environnement(&texte, fichier, &Environnement::de(VARIABLES, std::env::vars()))
    }

    /// Checks a text; `fichier` names it in messages and anchors its relative paths.
    pub fn depuis_texte(texte: &str, fichier: &Path) -> Result<Self, ConfigurationInvalide> {
        Self::avec_environnement(texte, fichier, &Environnement::default())
    }

    fn avec_environnement(texte: &str, fichier: &Path, e: &Environnement) -> Result<Self, ConfigurationInvalide> {
        let lus = reglage::lit(texte, e).map_err(|refus| ConfigurationInvalide::Refusee(fichier.to_owned(), refus))?;
        let lue = lus.en().and_then(|lu| {
            let dossier = fichier.parent().unwrap_or(Path::new(""));
            Self::verifie(lu, dossier).map_err(|contradiction| lus.refuse(contradiction))
        });
        lue.map_err(|refus| ConfigurationInvalide::Refusee(fichier.to_owned(), refus))
    }

    fn verifie(lu: Fichier, dossier: &Path) -> Result<Self, Contradiction> {
        let hub = lu.hub.verifie(dossier)?;
        verifie_seuils(&lu.seuils)?;
        let a = |cle: &'static str| move |detail: String| Contradiction::a(cle, detail);
        let proconnect = lu.proconnect.map(|p| p.verifie(dossier, hub.adresse.as_deref())).transpose();
        let courriel = lu.courriel.map(|c| c.verifie(dossier)).transpose().map_err(a("courriel.serveur"))?;
        let proconnect = proconnect.map_err(a("proconnect"))?;
        let questions = lu.questions.map(|q| q.lit(dossier)).transpose().map_err(a("questions"))?.unwrap_or_default();
        let contacts = lu.noeuds.iter().filter_map(|n| Some((n.identifiant.clone(), n.contact.clone()?))).collect();
        let noeuds = noeuds(lu.noeuds)?;
        let campagnes = campagnes(lu.campagnes, &noeuds)?;
        Ok(Self {
            hub,
            noeuds,
            campagnes,
            seuils: lu.seuils,
            proconnect,
            courriel,
            contacts,
            debits: lu.debits,
            questions,
            tls: lu.tls.map(|tls| tls.depuis(dossier)),
        })
    }

    /// Reads what the configuration names and the hub needs to start: keys, certificates, secrets.
    pub fn verifie_les_fichiers(&self) -> anyhow::Result<()> {
        crate::cle::lit(&self.hub.cle)?;
        if let Some(tls) = &self.tls {
            tls.charge()?;
        }
        let secrets =
            [self.proconnect.as_ref().map(|p| &p.secret), self.courriel.as_ref().and_then(|c| c.secret.as_ref())];
        for secret in secrets.into_iter().flatten() {
            std::fs::metadata(secret)
                .map_err(|e| anyhow::anyhow!("Le secret {} ne se lit pas ({e})", secret.display()))?;
        }
        Ok(())
    }

    /// The roster: which node answers for a dispositif, where a campaign says so.
    pub fn responsable(&self, campagne: Trimestre, dispositif: &str) -> Option<&str> {
        let campagne = self.campagnes.iter().find(|c| c.code == campagne)?;
        campagne.attendus.iter().find(|(_, d)| d == dispositif).map(|(noeud, _)| noeud.as_str())
    }

    /// Départements of a centre, when the official list knows it.
    pub fn departements(&self, noeud: &IdentifiantNoeud) -> Option<&'static [CodeDepartement]> {
        let (noeud, _) = self.noeuds.iter().find(|(n, _)| &n.identifiant == noeud)?;
        organismes().iter().find(|o| o.code == noeud.organisme).map(|o| o.departements.as_slice())
    }

    /// Whose holidays the calendars of this hub keep.
    pub fn droit(&self) -> Droit {
        droit(&self.noeuds)
    }

    /// Data sets of a campaign nobody declared: those computed from the fiches every quarter. A declared jeu is
    /// expected only where a campaign names it.
    pub fn jeux_trimestriels() -> Vec<String> {
        let calcules = jeux().into_iter().filter(|j| !j.est_declare());
        let trimestriels = calcules.filter(|j| j.periodicite == referentiel::jeu::Periodicite::Trimestre);
        trimestriels.map(|j| j.code.clone()).collect()
    }
}

/// Holidays of the centres of this hub.
fn droit(noeuds: &[(Noeud, Option<ClePublique>)]) -> Droit {
    let connus = organismes().iter().filter(|o| noeuds.iter().any(|(n, _)| n.organisme == o.code));
    Droit::des_departements(connus.flat_map(|o| o.departements.iter().map(CodeDepartement::as_str)))
}

/// Moment at which a day starts, in Paris.
fn debut_du_jour(jour: NaiveDate) -> DateTime<Utc> {
    let minuit = Paris.from_local_datetime(&jour.and_time(NaiveTime::MIN)).earliest();
    minuit.map_or_else(|| jour.and_time(NaiveTime::MIN).and_utc(), |m| m.with_timezone(&Utc))
}

/// Moment at which a deposit day ends, in Paris.
pub(crate) fn fin_du_jour(jour: NaiveDate) -> DateTime<Utc> {
    debut_du_jour(jour.succ_opt().unwrap_or(jour)) - chrono::TimeDelta::microseconds(1)
}

/// Adds the data sets of a folder, and other versions of known ones; gives the folder back.
fn ajoute_les_jeux(dossier: &Path) -> Result<PathBuf, String> {
    let illisible =
        |e: std::io::Error| format!("[hub] jeux : le dossier « {} » ne se lit pas ({e}).", dossier.display());
    let entrees = std::fs::read_dir(dossier).map_err(illisible)?;
    let mut fichiers: Vec<PathBuf> =
        entrees.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>().map_err(illisible)?;
    fichiers.retain(|f| f.extension().is_some_and(|e| e == "toml"));
    fichiers.sort();
    for fichier in fichiers {
        let texte = std::fs::read_to_string(&fichier).map_err(illisible)?;
        referentiel::jeu::admet(&texte).map_err(|e| format!("[hub] jeux, {} : {e}", fichier.display()))?;
    }
    Ok(dossier.to_owned())
}

fn verifie_seuils(seuils: &BTreeMap<Audience, Seuils>) -> Result<(), Contradiction> {
    for (audience, s) in seuils {
        if s.seuil < Seuils::PLANCHER || s.seuil_sensible < s.seuil {
            let (code, plancher) = (audience.code(), Seuils::PLANCHER);
            let detail = format!(
                "[seuils.{code}] : le seuil doit être d’au moins {plancher}, et le seuil sensible d’au moins le seuil."
            );
            return Err(Contradiction::a(format!("seuils.{code}.seuil"), detail));
        }
    }
    Ok(())
}

fn noeuds(lus: Vec<NoeudLu>) -> Result<Vec<(Noeud, Option<ClePublique>)>, Contradiction> {
    let mut connus = BTreeSet::new();
    let mut cles = BTreeSet::new();
    let mut noeuds = Vec::with_capacity(lus.len());
    for (rang, lu) in lus.into_iter().enumerate() {
        let id = lu.identifiant;
        let contradiction = |cle: &str, detail: String| Err(Contradiction::a(format!("noeud.{rang}.{cle}"), detail));
        if !connus.insert(id.clone()) {
            return contradiction("identifiant", format!("le nœud « {id} » figure deux fois."));
        }
        if lu.cle_publique.is_some_and(|cle| !cles.insert(cle.to_string())) {
            let detail = format!("le nœud « {id} » a la clé d’un autre : chaque nœud a la sienne.");
            return contradiction("cle_publique", detail);
        }
        let regions = match lu.region {
            UnOuPlusieurs::Un(code) => vec![code],
            UnOuPlusieurs::Plusieurs(codes) => codes,
        };
        if let Some(inconnue) = regions.iter().find(|r| region(r).is_none()) {
            let detail =
                format!("le nœud « {id} » cite la région « {inconnue} », absente du code officiel géographique.");
            return contradiction("region", detail);
        }
        let noeud = Noeud { identifiant: id, nom: lu.nom, organisme: lu.organisme, regions, actif: true };
        noeuds.push((noeud, lu.cle_publique));
    }
    Ok(noeuds)
}

fn campagnes(
    lues: Vec<CampagneLue>,
    noeuds: &[(Noeud, Option<ClePublique>)],
) -> Result<Vec<CampagneDeclaree>, Contradiction> {
    let mut codes = BTreeSet::new();
    let mut campagnes = Vec::with_capacity(lues.len());
    for (rang, lue) in lues.into_iter().enumerate() {
        let code = lue.code;
        let contradiction = |cle: &str, detail: String| Err(Contradiction::a(format!("campagne.{rang}.{cle}"), detail));
        if !codes.insert(code) {
            return contradiction("code", format!("la campagne « {code} » figure deux fois."));
        }
        let jeux = lue.jeux.unwrap_or_else(Configuration::jeux_trimestriels);
        if let Some(inconnu) = jeux.iter().find(|j| jeu(j).is_none()) {
            return contradiction("jeux", format!("la campagne « {code} » cite le jeu inconnu « {inconnu} »."));
        }
        let evenement = lue.date.unwrap_or(code.fin());
        let jour = |ecrit: Option<NaiveDate>, etape| {
            ecrit.or_else(|| lue.calendrier.then(|| jour_de(evenement, etape, droit(noeuds))).flatten())
        };
        let (ouverture, depot, correction) =
            (jour(lue.ouverture, "ouverture"), jour(lue.limite_depot, "depot"), jour(lue.fin_correction, "correction"));
        let dates: Vec<NaiveDate> = [ouverture, depot, correction].into_iter().flatten().collect();
        if !dates.is_sorted() {
            let detail = format!(
                "la campagne « {code} » ouvre, finit son dépôt et finit ses corrections dans cet ordre : relisez ses dates."
            );
            return contradiction("limite_depot", detail);
        }
        campagnes.push(CampagneDeclaree {
            code,
            date_evenement: evenement,
            ouverture: ouverture.map(debut_du_jour),
            limite_depot: depot.map(fin_du_jour),
            fin_correction: correction.map(fin_du_jour),
            jeux,
            attendus: attendus(code, lue.attendus, noeuds).map_err(|(place, detail)| {
                Contradiction::a(format!("campagne.{rang}.attendu.{place}.noeud"), detail)
            })?,
        });
    }
    Ok(campagnes)
}

/// Roster of a campaign; without one, every centre is expected as a whole.
fn attendus(
    code: Trimestre,
    lus: Vec<AttenduLu>,
    noeuds: &[(Noeud, Option<ClePublique>)],
) -> Result<Vec<(String, String)>, (usize, String)> {
    if lus.is_empty() {
        return Ok(noeuds.iter().map(|(n, _)| (n.identifiant.to_string(), CENTRE_ENTIER.to_owned())).collect());
    }
    let mut liste = Vec::new();
    let mut vus = BTreeSet::new();
    for (rang, lu) in lus.into_iter().enumerate() {
        if !noeuds.iter().any(|(n, _)| n.identifiant == lu.noeud) {
            let detail = format!("la campagne « {code} » attend le nœud « {} », qui n’est pas déclaré.", lu.noeud);
            return Err((rang, detail));
        }
        let mut dispositifs: Vec<String> = lu.dispositifs.iter().map(ToString::to_string).collect();
        if dispositifs.is_empty() {
            dispositifs.push(CENTRE_ENTIER.to_owned());
        }
        for dispositif in dispositifs {
            let unite = if dispositif.is_empty() { lu.noeud.to_string() } else { dispositif.clone() };
            if !vus.insert(unite.clone()) {
                return Err((rang, format!("la campagne « {code} » attend « {unite} » deux fois.")));
            }
            liste.push((lu.noeud.to_string(), dispositif));
        }
    }
    Ok(liste)
}

/// `sqlite:hub.db` is beside the configuration file.
fn base_relative(base: &str, dossier: &Path) -> String {
    match base.strip_prefix("sqlite:") {
        Some(chemin) => {
            let chemin = chemin.strip_prefix("//").unwrap_or(chemin);
            format!("sqlite:{}", dossier.join(chemin).display())
        }
        None => base.to_owned(),
    }
}

/// True when the address of a database holds a password.
fn porte_un_secret(base: &str) -> bool {
    let avant_hote = base.split_once("://").and_then(|(_, reste)| reste.rsplit_once('@'));
    avant_hote.is_some_and(|(qui, _)| qui.contains(':')) || base.contains("password=")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = "[hub]\nidentifiant = \"https://hub.example/maillage\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n";

    fn erreur(texte: &str) -> String {
        Configuration::depuis_texte(texte, Path::new("/etc/maillage/hub.toml")).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_example_is_valid() {
        let texte = include_str!("../../../deploy/hub.exemple.toml");
        let c = Configuration::depuis_texte(texte, Path::new("/etc/maillage/hub.toml")).unwrap();
        assert_eq!(c.hub.base, "sqlite:/etc/maillage/hub.db");
        assert_eq!(c.hub.cle, Path::new("/etc/maillage/hub.pem"));
        assert!(!c.noeuds.is_empty() && !c.campagnes.is_empty());
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line() {
        let e = erreur(&format!("{MINIMAL}graphical = true\n"));
        assert!(e.starts_with("/etc/maillage/hub.toml, ligne 6 : la clé « graphical » est inconnue"), "{e}");
        assert!(e.contains("identifiant"), "{e}");
        assert!(erreur("[hub]\nidentifiant = \"x\"\n").contains("la clé « ecoute » manque"));
    }

    #[test]
    fn contradictions_are_explained() {
        let noeud = |siren: &str, cle: &str| {
            format!(
                "[[noeud]]\nidentifiant = \"cdg-{siren}\"\nnom = \"N\"\norganisme = \"CDG70\"\nregion = \"27\"\ncle_publique = \"{cle}\"\n"
            )
        };
        let cle = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let base = format!("{MINIMAL}{}", noeud("287000012", cle));
        let deux_fois = format!("{base}{}", noeud("287000012", cle));
        assert!(erreur(&deux_fois).contains("figure deux fois") || erreur(&deux_fois).contains("SIREN"));
        assert!(erreur(&format!("{MINIMAL}[seuils.reseau]\nseuil = 4\nseuil_sensible = 11\n")).contains("au moins 5"));
        assert!(
            erreur(&format!("{MINIMAL}audience_par_defaut = \"convention\"\n")).contains("« reseau » ou « public »")
        );
        let campagne = "[[campagne]]\ncode = \"2026-T1\"\n[[campagne.attendu]]\nnoeud = \"cdg-287000012\"\n";
        assert!(
            erreur(&format!("{MINIMAL}{campagne}")).contains("n’est pas déclaré")
                || erreur(&format!("{MINIMAL}{campagne}")).contains("SIREN")
        );
    }

    #[test]
    fn a_contradiction_is_named_with_its_line() {
        let seuil = erreur(&format!("{MINIMAL}\n[seuils.reseau]\nseuil_sensible = 11\nseuil = 4\n"));
        assert!(seuil.starts_with("/etc/maillage/hub.toml, ligne 9 : [seuils.reseau]"), "{seuil}");
        let secret = erreur(&MINIMAL.replace("sqlite:hub.db", "postgres://moi:secret@hote/base"));
        assert!(
            secret.contains("ligne 4 ") && secret.contains("PGPASSFILE") && !secret.contains("secret@"),
            "{secret}"
        );
        let mesures = erreur(&format!("{}mesures = \"127.0.0.1:8080\"\n", MINIMAL.replace(":0", ":8080")));
        assert!(mesures.contains("ligne 6 : [hub] mesures"), "{mesures}");
    }

    #[test]
    fn the_environment_takes_the_place_of_a_key() {
        let variable = ("MAILLAGE_HUB__HUB__BASE".to_owned(), "sqlite:autre.db".to_owned());
        let e = Environnement::de(VARIABLES, [variable].into_iter());
        let c = Configuration::avec_environnement(MINIMAL, Path::new("/etc/maillage/hub.toml"), &e).unwrap();
        assert_eq!(c.hub.base, "sqlite:/etc/maillage/autre.db");
    }

    #[test]
    fn the_deposit_ends_with_the_day_in_paris() {
        let fin = |jour: &str| fin_du_jour(jour.parse().unwrap()).to_rfc3339();
        assert_eq!(fin("2026-04-10"), "2026-04-10T21:59:59.999999+00:00");
        assert_eq!(fin("2026-01-10"), "2026-01-10T22:59:59.999999+00:00");
    }
}

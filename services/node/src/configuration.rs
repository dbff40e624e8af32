//! Configuration of a node: one TOML file, unknown keys refused by name, relative paths taken from
//! the file's folder. `deploy/node.exemple.toml` documents every key and is parsed by a test.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::NaiveDate;
use referentiel::identifiant::{CodeDepartement, IdentifiantNoeud, ReferenceDispositif};
use referentiel::periode::Trimestre;
use serde::Deserialize;
use web::journal::FormatJournal;
use web::reglage::{self, Contradiction, Environnement};

/// What the variables that take the place of keys begin with: `MAILLAGE_NODE__NOEUD__BASE` for `[noeud] base`.
pub const VARIABLES: &str = "MAILLAGE_NODE__";

/// The whole file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Who this node is.
    pub noeud: Noeud,
    /// The hub it publishes to; without it the node works alone.
    #[serde(default)]
    pub hub: Option<Hub>,
    /// What is published and how.
    #[serde(default)]
    pub publication: Publication,
    /// How long the cases of the conventions are kept.
    #[serde(default)]
    pub conservation: Conservation,
    /// One crontab line for each jeu, in Europe/Paris.
    #[serde(default)]
    pub horaire: BTreeMap<String, String>,
    /// Campaigns announced to this node; without one, the workbook's own date decides.
    #[serde(default)]
    pub campagne: Vec<Campagne>,
}

/// Identity and files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noeud {
    /// `cdg-` and the centre's SIREN.
    pub identifiant: IdentifiantNoeud,
    /// Name shown to people.
    #[serde(default)]
    pub nom: String,
    /// INSEE code of the region the envelopes are addressed to.
    #[serde(default)]
    pub region: String,
    /// SQLite file.
    #[serde(default = "base_par_defaut")]
    pub base: PathBuf,
    /// Private key, PKCS#8 PEM, readable by the service only.
    #[serde(default = "cle_par_defaut")]
    pub cle: PathBuf,
    /// Address of the node's own pages and health endpoint.
    #[serde(default = "ecoute_par_defaut")]
    pub ecoute: String,
    /// Address of the measures, for operators only; none without it.
    #[serde(default)]
    pub mesures: Option<SocketAddr>,
    /// Form of the log lines.
    #[serde(default)]
    pub journal: FormatJournal,
    /// OpenTelemetry collector that the traces go to, OTLP over HTTP.
    #[serde(default)]
    pub traces: Option<String>,
    /// Layout of the workbook, when the real one differs from the default.
    #[serde(default)]
    pub modele_classeur: Option<PathBuf>,
    /// Département the declared jeux are published for: that of the centre, of its seat for several.
    #[serde(default)]
    pub departement: Option<CodeDepartement>,
    /// Folder of further data sets, one TOML file each.
    #[serde(default)]
    pub jeux: Option<PathBuf>,
}

/// The hub, as agreed at enrolment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Where it answers; https except on the loopback address.
    pub adresse: String,
    /// Its identifier, the exact audience of everything signed for it.
    pub identifiant: String,
    /// Its receipt key (base64url), read aloud at enrolment.
    pub cle_publique: String,
    /// Certificate authority of the hub, when it is not a public one.
    #[serde(default)]
    pub autorite: Option<PathBuf>,
    /// Certificate of this node and its private key in one PEM file, when the hub asks its clients for one.
    #[serde(default)]
    pub certificat: Option<PathBuf>,
}

/// What is published and how.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Publication {
    /// Whether the first publication of a campaign waits for a human.
    pub approbation: Approbation,
    /// What becomes of the fiches personne and évènement.
    pub fiches: ModeFiches,
    /// Public keys (age) of those who may open the CFEA package.
    pub destinataires: Vec<String>,
}

/// How long the cases of the conventions are kept (CNIL, référentiel 2023-095: two years after the last contact).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conservation {
    /// Months after the last contact.
    pub mois: u32,
    /// What is done then.
    pub sort: SortDesCas,
}

impl Default for Conservation {
    fn default() -> Self {
        Self { mois: 24, sort: SortDesCas::Archiver }
    }
}

/// What is done with a case whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum SortDesCas {
    /// Put away, still counted.
    Archiver,
    /// Erased; only a count by action is left.
    Effacer,
}

/// Who releases the first publication of a campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Approbation {
    /// Somebody reads the preview and publishes.
    #[default]
    Humaine,
    /// The schedule publishes by itself.
    Automatique,
}

/// What becomes of the fiches personne and évènement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModeFiches {
    /// They never leave; only protected indicators do.
    #[default]
    Aucune,
    /// Whole, in a package that its recipients alone can open.
    Scellees,
    /// Pseudonyms, months and age bands, in such a package.
    Pseudonymisees,
}

impl ModeFiches {
    /// Name in the file and in the journal.
    pub fn code(self) -> &'static str {
        match self {
            Self::Aucune => "aucune",
            Self::Scellees => "scellees",
            Self::Pseudonymisees => "pseudonymisees",
        }
    }
}

/// A campaign as announced.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Campagne {
    /// Quarter.
    pub code: Trimestre,
    /// Event date announced; the quarter's end by default.
    #[serde(default)]
    pub date: Option<NaiveDate>,
    /// First day deposits are taken.
    #[serde(default)]
    pub ouverture: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub limite_depot: Option<NaiveDate>,
    /// Dispositifs this node answers for.
    #[serde(default)]
    pub dispositifs: Vec<ReferenceDispositif>,
}

fn base_par_defaut() -> PathBuf {
    "maillage-node.db".into()
}

fn cle_par_defaut() -> PathBuf {
    "maillage-node.pem".into()
}

fn ecoute_par_defaut() -> String {
    "127.0.0.1:8081".to_owned()
}

impl Configuration {
    /// Reads and verifies a file.
    pub fn lit(chemin: &Path) -> Result<Self> {
        let texte = std::fs::read_to_string(chemin)
            .with_context(|| format!("La configuration « {} » est introuvable ou illisible.", chemin.display()))?;
        let dossier = chemin.parent().unwrap_or(Path::new("."));
        Self::avec_environnement(&texte, dossier, &Environnement::de(VARIABLES, std::env::vars()))
            .with_context(|| format!("La configuration « {} » n’est pas utilisable.", chemin.display()))
    }

    /// Same from a text alone; relative paths are taken from `dossier`.
    pub fn lit_texte(texte: &str, dossier: &Path) -> Result<Self> {
        Self::avec_environnement(texte, dossier, &Environnement::default())
    }

    fn avec_environnement(texte: &str, dossier: &Path, environnement: &Environnement) -> Result<Self> {
        let lus = reglage::lit(texte, environnement)?;
        let mut c: Self = lus.en()?;
        c.noeud.base = dossier.join(&c.noeud.base);
        c.noeud.cle = dossier.join(&c.noeud.cle);
        c.noeud.modele_classeur = c.noeud.modele_classeur.map(|m| dossier.join(m));
        if let Some(jeux) = &c.noeud.jeux {
            c.noeud.jeux = Some(ajoute_les_jeux(&dossier.join(jeux))?);
        }
        if let Some(hub) = &mut c.hub {
            hub.autorite = hub.autorite.take().map(|a| dossier.join(a));
            hub.certificat = hub.certificat.take().map(|c| dossier.join(c));
        }
        c.verifie().map_err(|contradiction| lus.refuse(contradiction))?;
        Ok(c)
    }

    fn verifie(&self) -> Result<(), Contradiction> {
        if self.publication.fiches != ModeFiches::Aucune {
            crate::paquet::destinataires(&self.publication.destinataires).map_err(|e| {
                Contradiction::a("publication.destinataires", format!("[publication] destinataires : {e}"))
            })?;
        }
        for (jeu, ligne) in &self.horaire {
            let contradiction = |detail: String| Contradiction::a(format!("horaire.{jeu}"), detail);
            if referentiel::jeu::jeu(jeu).is_none() {
                return Err(contradiction(format!("[horaire] « {jeu} » n’est pas un jeu de données connu.")));
            }
            crate::horaire::Horaire::lit(ligne).map_err(|e| contradiction(format!("[horaire] « {jeu} » : {e:#}")))?;
        }
        if let Some(hub) = &self.hub {
            verifie_adresse(&hub.adresse)
                .map_err(|e| Contradiction::a("hub.adresse", format!("[hub] adresse : {e:#}")))?;
        }
        if self.noeud.mesures.is_some_and(|m| m.port() != 0 && self.noeud.ecoute.parse() == Ok(m)) {
            return Err(Contradiction::a("noeud.mesures", "[noeud] mesures : les mesures ont une adresse à elles."));
        }
        Ok(())
    }

    /// The campaign announced for a quarter.
    pub fn campagne_de(&self, trimestre: Trimestre) -> Option<&Campagne> {
        self.campagne.iter().find(|c| c.code == trimestre)
    }
}

/// A hub is contacted over https, except on the machine itself.
pub fn verifie_adresse(adresse: &str) -> Result<()> {
    let url = reqwest::Url::parse(adresse).with_context(|| format!("« {adresse} » n’est pas une adresse web."))?;
    let boucle = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if url.scheme() != "https" && !boucle {
        bail!("« {adresse} » doit commencer par https:// (http n’est admis que sur la machine même).");
    }
    Ok(())
}

/// Adds the data sets of a folder; gives the folder back.
fn ajoute_les_jeux(dossier: &Path) -> Result<PathBuf> {
    let entrees = std::fs::read_dir(dossier)
        .with_context(|| format!("[noeud] jeux : le dossier « {} » ne se lit pas.", dossier.display()))?;
    let mut fichiers: Vec<PathBuf> = entrees.map(|e| Ok(e?.path())).collect::<Result<_>>()?;
    fichiers.retain(|f| f.extension().is_some_and(|e| e == "toml"));
    fichiers.sort();
    for fichier in fichiers {
        let texte = std::fs::read_to_string(&fichier)?;
        referentiel::jeu::ajoute(&texte)
            .with_context(|| format!("Le jeu « {} » n’est pas utilisable.", fichier.display()))?;
    }
    Ok(dossier.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMALE: &str = "[noeud]\nidentifiant = 'cdg-287000012'\n";

    #[test]
    fn the_documented_sample_is_valid() {
        let c = Configuration::lit_texte(include_str!("../../../deploy/node.exemple.toml"), Path::new("/etc/maillage"))
            .unwrap();
        assert_eq!(c.noeud.base, Path::new("/var/lib/maillage/node.db"));
        assert_eq!(c.horaire.len(), 2);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_and_line() {
        let e = Configuration::lit_texte(&format!("{MINIMALE}seuil = 3\n"), Path::new(".")).unwrap_err().to_string();
        assert!(e.contains("ligne 3") && e.contains("« seuil » est inconnue"), "{e}");
    }

    #[test]
    fn a_contradiction_is_named_with_its_line_and_the_environment_takes_the_place_of_a_key() {
        let e = Configuration::lit_texte(&format!("{MINIMALE}[horaire]\n'ea.x' = '0 6 * * 1'\n"), Path::new("."));
        assert!(e.unwrap_err().to_string().starts_with("ligne 4 : [horaire] « ea.x »"));
        let variable = ("MAILLAGE_NODE__NOEUD__BASE".to_owned(), "autre.db".to_owned());
        let e = Environnement::de(VARIABLES, [variable].into_iter());
        let c = Configuration::avec_environnement(MINIMALE, Path::new("/etc"), &e).unwrap();
        assert_eq!(c.noeud.base, Path::new("/etc/autre.db"));
    }

    #[test]
    fn a_hub_far_away_must_be_https() {
        let avec =
            |adresse: &str| format!("{MINIMALE}[hub]\nadresse = '{adresse}'\nidentifiant = 'x'\ncle_publique = 'y'\n");
        assert!(Configuration::lit_texte(&avec("http://127.0.0.1:8080"), Path::new(".")).is_ok());
        assert!(Configuration::lit_texte(&avec("http://hub.example"), Path::new(".")).is_err());
        assert!(Configuration::lit_texte(&avec("https://hub.example"), Path::new(".")).is_ok());
    }

    #[test]
    fn a_schedule_that_never_runs_is_refused() {
        let e = Configuration::lit_texte(
            &format!("{MINIMALE}[horaire]\n'ea.indicateurs' = '0 6 30 2 *'\n"),
            Path::new("."),
        );
        assert!(e.is_err());
    }
}

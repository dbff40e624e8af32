//! The demonstration's folder: keys, configurations, workbooks, databases.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::processus::programme;
use xtask::recit::{CENTRES, Centre, TRIMESTRES, bornes, classeur, quarts};

use crate::outil::sortie;

const HUB: &str = "https://hub.demo.example/maillage";

/// The folder.
pub struct Dossier {
    chemin: PathBuf,
    ports: Vec<u16>,
    _ephemere: Option<TempDir>,
}

impl Dossier {
    /// Makes everything the services need before they start.
    pub fn prepare(garder: Option<&Path>, programmes: &Path) -> Result<Self> {
        let (chemin, ephemere) = match garder {
            Some(d) => {
                if d.read_dir().is_ok_and(|mut entrees| entrees.next().is_some()) {
                    bail!("Le dossier {} n’est pas vide : choisissez-en un autre.", d.display());
                }
                fs::create_dir_all(d)?;
                (fs::canonicalize(d)?, None)
            }
            None => {
                let d = tempfile::Builder::new().prefix("maillage-demo-").tempdir()?;
                (d.path().to_path_buf(), Some(d))
            }
        };
        let dossier = Self { chemin, ports: ports_libres(CENTRES.len() + 1)?, _ephemere: ephemere };
        dossier.configure(programmes)?;
        dossier.ecrit_classeurs()?;
        Ok(dossier)
    }

    /// The folder itself.
    pub fn chemin(&self) -> &Path {
        &self.chemin
    }

    /// The hub's configuration file.
    pub fn hub(&self) -> PathBuf {
        self.chemin.join("hub.toml")
    }

    /// The configuration file of a centre's node.
    pub fn noeud(&self, centre: &Centre) -> PathBuf {
        self.chemin.join(centre.dossier).join("node.toml")
    }

    /// Where the hub answers.
    pub fn adresse_hub(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[0])
    }

    /// Where a node answers.
    pub fn adresse_noeud(&self, centre: &Centre) -> String {
        let rang = CENTRES.iter().position(|c| c.siren == centre.siren).unwrap_or(0);
        format!("http://127.0.0.1:{}", self.ports[rang + 1])
    }

    fn configure(&self, programmes: &Path) -> Result<()> {
        let cle = |nom: &str, fichier: &Path| -> Result<String> {
            Ok(sortie(Command::new(programme(programmes, nom)).args(["cle", "creer", "-o"]).arg(fichier))?
                .trim()
                .to_owned())
        };
        let cle_hub = cle("maillage-hub", &self.chemin.join("hub.pem"))?;
        let mut hub = format!(
            "[hub]\nidentifiant = \"{HUB}\"\necoute = \"127.0.0.1:{}\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n",
            self.ports[0]
        );
        for (centre, port) in CENTRES.iter().zip(&self.ports[1..]) {
            let dossier = self.chemin.join(centre.dossier);
            fs::create_dir_all(dossier.join("classeurs"))?;
            let publique = cle("maillage-node", &dossier.join("node.pem"))?;
            fs::write(dossier.join("node.toml"), self.node_toml(centre, *port, &cle_hub))?;
            hub += &format!(
                "\n[[noeud]]\nidentifiant = \"cdg-{}\"\nnom = \"{}\"\norganisme = \"{}\"\nregion = \"{}\"\ncle_publique = \"{publique}\"\n",
                centre.siren, centre.nom, centre.organisme, centre.region
            );
        }
        for code in TRIMESTRES {
            hub += &campagne_du_hub(code)?;
        }
        fs::write(self.hub(), hub)?;
        Ok(())
    }

    fn node_toml(&self, centre: &Centre, port: u16, cle_hub: &str) -> String {
        let adresse = self.adresse_hub();
        let departement = centre.dispositifs.first().map_or("", |d| d.departement.0);
        format!(
            "[noeud]\nidentifiant = \"cdg-{}\"\nnom = \"{}\"\nregion = \"{}\"\ndepartement = \"{departement}\"\nbase = \"node.db\"\ncle = \"node.pem\"\n\
             ecoute = \"127.0.0.1:{port}\"\n\n[hub]\nadresse = \"{adresse}\"\nidentifiant = \"{HUB}\"\n\
             cle_publique = \"{cle_hub}\"\n\n[horaire]\n\"ea.dispositif\" = \"0 6 * * 1\"\n\"ea.indicateurs\" = \"30 6 * * 1\"\n",
            centre.siren, centre.nom, centre.region
        )
    }

    fn ecrit_classeurs(&self) -> Result<()> {
        for centre in CENTRES {
            for dispositif in centre.dispositifs {
                for (code, trimestre) in quarts(dispositif) {
                    classeur::ecrit(&trimestre, &self.classeur(centre, dispositif.reference, code))?;
                }
            }
        }
        Ok(())
    }

    fn classeur(&self, centre: &Centre, reference: &str, code: &str) -> PathBuf {
        self.chemin.join(centre.dossier).join("classeurs").join(format!("{reference}_{code}.xlsx"))
    }

    /// A command of a centre's node.
    pub fn commande(&self, programmes: &Path, centre: &Centre) -> Command {
        let mut commande = Command::new(programme(programmes, "maillage-node"));
        commande.arg("--configuration").arg(self.noeud(centre));
        commande
    }

    /// A command of the hub.
    pub fn commande_du_hub(&self, programmes: &Path) -> Command {
        let mut commande = Command::new(programme(programmes, "maillage-hub"));
        commande.arg("--configuration").arg(self.hub());
        commande
    }

    /// Imports the workbooks of a centre for a quarter; gives their number.
    pub fn importe(&self, programmes: &Path, centre: &Centre, code: &str) -> Result<usize> {
        for dispositif in centre.dispositifs {
            let fichier = self.classeur(centre, dispositif.reference, code);
            sortie(self.commande(programmes, centre).arg("importer").arg(&fichier))
                .with_context(|| format!("import of {}", fichier.display()))?;
        }
        Ok(centre.dispositifs.len())
    }

    /// Imports and publishes quarters; `None` when asked to stop on the way.
    pub fn publie(&self, programmes: &Path, trimestres: &[&str], arrete: impl Fn() -> bool) -> Result<Option<Value>> {
        let mut classeurs = 0;
        for code in trimestres {
            println!("\nCampagne {code}");
            for centre in CENTRES {
                if arrete() {
                    return Ok(None);
                }
                classeurs += self.importe(programmes, centre, code)?;
                let envoye = sortie(self.commande(programmes, centre).args(["publier", "--campagne", code]))
                    .with_context(|| format!("publication of {}", centre.nom))?;
                println!("  {} : {}", centre.nom, envoye.trim().replace('\n', " "));
            }
        }
        Ok(Some(json!({ "classeurs": classeurs })))
    }
}

fn campagne_du_hub(code: &str) -> Result<String> {
    let (_, fin) = bornes(code).context("a quarter")?;
    let limite = fin + chrono::Days::new(10);
    let mut texte = format!(
        "\n[[campagne]]\ncode = \"{code}\"\ndate = \"{fin}\"\nlimite_depot = \"{limite}\"\njeux = [\"ea.dispositif\", \"ea.indicateurs\"]\n"
    );
    for centre in CENTRES {
        let references: Vec<String> = centre.dispositifs.iter().map(|d| format!("\"{}\"", d.reference)).collect();
        texte += &format!(
            "[[campagne.attendu]]\nnoeud = \"cdg-{}\"\ndispositifs = [{}]\n",
            centre.siren,
            references.join(", ")
        );
    }
    Ok(texte)
}

fn ports_libres(nombre: usize) -> Result<Vec<u16>> {
    // All are held at once, so that none is given twice; then released for the services.
    let ecoutes: Vec<TcpListener> = (0..nombre).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    Ok(ecoutes.iter().map(|e| e.local_addr().map(|a| a.port())).collect::<Result<_, _>>()?)
}

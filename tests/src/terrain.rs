//! A hub and nodes on free ports in a fresh folder, driven through their commands as people drive them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use xtask::recit::{CENTRES, Centre, TRIMESTRES, bornes, classeur, partage, quarts};

/// Identifier of the hub of the tests.
const HUB: &str = "https://hub.essai.example/maillage";

/// The folder of a test.
#[derive(Debug)]
pub struct Terrain {
    dossier: PathBuf,
    port: u16,
    _ephemere: tempfile::TempDir,
}

/// A running service; killed when dropped, as a power cut would.
#[derive(Debug)]
pub struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // Under a tracer the service is a child of the process started: it would outlive it and keep its port.
        let pid = self.0.id();
        let enfants = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        for enfant in enfants.split_whitespace() {
            let _ = Command::new("kill").args(["-9", enfant]).status();
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Service {
    /// Asks for a polite stop and waits for it: the database is whole afterwards.
    pub fn arrete(mut self) -> Result<()> {
        let pid = self.0.id().to_string();
        anyhow::ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "kill -TERM {pid}");
        self.0.wait()?;
        Ok(())
    }

    /// Waits for the process to end by itself.
    pub fn attend(mut self) -> Result<()> {
        self.0.wait()?;
        Ok(())
    }
}

/// Folder of the built programs: that of the test command, else that of the test itself.
pub fn programmes() -> Result<PathBuf> {
    if let Some(d) = std::env::var_os("MAILLAGE_PROGRAMMES") {
        return Ok(d.into());
    }
    let ici = std::env::current_exe()?;
    ici.ancestors().nth(2).map(Path::to_path_buf).context("no target folder")
}

/// A port that nobody listens on.
pub fn port_libre() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn programme(nom: &str) -> Result<PathBuf> {
    let chemin = programmes()?.join(nom);
    if !chemin.is_file() {
        bail!("{} is not built: run the tests with « cargo xtask test »", chemin.display());
    }
    Ok(chemin)
}

impl Terrain {
    /// Keys, configurations and workbooks of some centres of the story.
    pub fn prepare(centres: &[&Centre]) -> Result<Self> {
        let ephemere = tempfile::Builder::new().prefix("maillage-essai-").tempdir()?;
        let dossier = ephemere.path().to_path_buf();
        let port = port_libre()?;
        let terrain = Self { dossier, port, _ephemere: ephemere };
        let cle_hub = terrain.cle("maillage-hub", &terrain.dossier.join("hub.pem"))?;
        let mut hub = format!(
            "[hub]\nidentifiant = \"{HUB}\"\necoute = \"127.0.0.1:{port}\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n"
        );
        for centre in centres {
            hub += &terrain.prepare_centre(centre, &cle_hub)?;
        }
        for code in TRIMESTRES {
            hub += &campagne(code, centres)?;
        }
        fs::write(terrain.dossier.join("hub.toml"), hub)?;
        Ok(terrain)
    }

    fn prepare_centre(&self, centre: &Centre, cle_hub: &str) -> Result<String> {
        let dossier = self.dossier.join(centre.dossier);
        fs::create_dir_all(&dossier)?;
        let publique = self.cle("maillage-node", &dossier.join("node.pem"))?;
        let departement = centre.dispositifs.first().map_or("", |d| d.departement.0);
        fs::write(
            dossier.join("node.toml"),
            format!(
                "[noeud]\nidentifiant = \"cdg-{}\"\nnom = \"{}\"\nregion = \"{}\"\ndepartement = \"{departement}\"\nbase = \"node.db\"\ncle = \"node.pem\"\n\
                 ecoute = \"127.0.0.1:0\"\n[hub]\nadresse = \"http://127.0.0.1:{}\"\nidentifiant = \"{HUB}\"\ncle_publique = \"{cle_hub}\"\n",
                centre.siren, centre.nom, centre.region, self.port
            ),
        )?;
        for d in centre.dispositifs {
            for (code, trimestre) in quarts(d) {
                classeur::ecrit(&trimestre, &self.classeur(centre, d.reference, code))?;
            }
        }
        Ok(format!(
            "\n[[noeud]]\nidentifiant = \"cdg-{}\"\nnom = \"{}\"\norganisme = \"{}\"\nregion = \"{}\"\ncle_publique = \"{publique}\"\n",
            centre.siren, centre.nom, centre.organisme, centre.region
        ))
    }

    fn cle(&self, nom: &str, fichier: &Path) -> Result<String> {
        let sortie = Command::new(programme(nom)?).args(["cle", "creer", "-o"]).arg(fichier).output()?;
        Ok(reussie(&sortie)?.lines().last().unwrap_or_default().trim().to_owned())
    }

    /// The folder.
    pub fn dossier(&self) -> &Path {
        &self.dossier
    }

    /// Workbook of a dispositif for a quarter.
    pub fn classeur(&self, centre: &Centre, reference: &str, code: &str) -> PathBuf {
        self.dossier.join(centre.dossier).join(format!("{reference}_{code}.xlsx"))
    }

    /// A command of a node.
    pub fn noeud(&self, centre: &Centre, arguments: &[&str]) -> Result<Command> {
        let mut c = Command::new(programme("maillage-node")?);
        c.arg("--configuration").arg(self.dossier.join(centre.dossier).join("node.toml")).args(arguments);
        Ok(c)
    }

    /// Runs a command of a node to its success and gives what it printed.
    pub fn execute(&self, centre: &Centre, arguments: &[&str]) -> Result<String> {
        reussie(&self.noeud(centre, arguments)?.output()?)
    }

    /// A command of the hub.
    pub fn hub(&self, arguments: &[&str]) -> Result<Command> {
        let mut c = Command::new(programme("maillage-hub")?);
        c.arg("--configuration").arg(self.dossier.join("hub.toml")).args(arguments);
        Ok(c)
    }

    /// Starts the hub and waits until it listens.
    pub fn sert(&self) -> Result<Service> {
        let hub = self.hub(&["servir"])?;
        self.demarre(hub)?.context("the hub stopped before it listened")
    }

    /// Starts a command that serves; `None` when it ended before it listened.
    pub fn demarre(&self, mut commande: Command) -> Result<Option<Service>> {
        let journal = fs::OpenOptions::new().create(true).append(true).open(self.dossier.join("hub.journal"))?;
        let mut enfant = commande.stdout(Stdio::piped()).stderr(journal).spawn()?;
        let sortie = enfant.stdout.take().context("no standard output")?;
        let mut ligne = String::new();
        BufReader::new(sortie).read_line(&mut ligne)?;
        let service = Service(enfant);
        Ok((!ligne.is_empty()).then_some(service))
    }

    /// Address of the hub.
    pub fn adresse(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks the hub a GraphQL question.
    pub fn demande(&self, question: &str) -> Result<Value> {
        let mut r = ureq::post(format!("{}/graphql", self.adresse())).send_json(json!({ "query": question }))?;
        let r: Value = r.body_mut().read_json()?;
        anyhow::ensure!(r.get("errors").is_none(), "{r}");
        Ok(r["data"].clone())
    }

    /// Reads a page of the hub.
    pub fn page(&self, chemin: &str) -> Result<String> {
        Ok(ureq::get(format!("{}{chemin}", self.adresse())).call()?.body_mut().read_to_string()?)
    }

    /// Imports and publishes one quarter of a centre.
    pub fn publie(&self, centre: &Centre, code: &str) -> Result<()> {
        for d in centre.dispositifs {
            let fichier = self.classeur(centre, d.reference, code);
            self.execute(centre, &["importer", &fichier.to_string_lossy()])?;
        }
        self.execute(centre, &["publier", "--campagne", code])?;
        Ok(())
    }
}

impl Terrain {
    /// Publishes what a centre shares beside its figures: good practices, offer of service, convention.
    pub fn partage(&self, centre: &Centre) -> Result<()> {
        let dossier = self.dossier.join(centre.dossier);
        let node = |arguments: &[&str]| self.execute(centre, arguments);
        partage::publie(centre, &dossier, node)?;
        partage::publie_convention(centre, &dossier, node)?;
        Ok(())
    }
}

fn campagne(code: &str, centres: &[&Centre]) -> Result<String> {
    let (_, fin) = bornes(code).context("a quarter")?;
    let mut texte = format!(
        "\n[[campagne]]\ncode = \"{code}\"\ndate = \"{fin}\"\nlimite_depot = \"{}\"\njeux = [\"ea.dispositif\", \"ea.indicateurs\"]\n",
        fin + chrono::Days::new(10)
    );
    for c in centres {
        let d: Vec<String> = c.dispositifs.iter().map(|d| format!("\"{}\"", d.reference)).collect();
        texte += &format!("[[campagne.attendu]]\nnoeud = \"cdg-{}\"\ndispositifs = [{}]\n", c.siren, d.join(", "));
    }
    Ok(texte)
}

/// Standard output of a command that succeeded.
pub fn reussie(sortie: &Output) -> Result<String> {
    let texte = String::from_utf8_lossy(&sortie.stdout).into_owned();
    if sortie.status.success() {
        return Ok(texte);
    }
    bail!("{}\n{texte}\n{}", sortie.status, String::from_utf8_lossy(&sortie.stderr))
}

/// A centre of the story, by the name of its folder.
pub fn centre(dossier: &str) -> Result<&'static Centre> {
    CENTRES.iter().find(|c| c.dossier == dossier).context("no such centre in the story")
}

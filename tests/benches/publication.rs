//! A campaign of 5 000 persons from the workbooks to the hub's store: milliseconds of each stage.
//! Run by `cargo xtask bench publication`.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use dossier::Remontee;
use node::configuration::Configuration;
use node::emission::Emetteur;
use node::preparation::table_brute;
use node::saisie::{self, Contexte};
use node_storage::Base;
use node_storage::import::AImporter;
use publication::CleSignature;
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use referentiel::cellule::Audience;
use referentiel::horloge::HorlogeSysteme;
use referentiel::jeu::jeu;
use secret_statistique::{Passe, Politique, proteger};
use xtask::recit::{Dispositif, Histoire, bornes, classeur};

const DISPOSITIFS: usize = 20;
const PERSONNES: u32 = 5_000;

fn main() -> Result<()> {
    let dossier = tempfile::tempdir()?;
    tokio::runtime::Runtime::new()?.block_on(mesure(dossier.path()))
}

async fn mesure(dossier: &Path) -> Result<()> {
    let (lecture, remontees) = lit(dossier)?;
    imprime("lecture et contrôles (20 classeurs)", lecture);
    let personnes: usize = remontees.iter().map(|r| r.personnes.len()).sum();

    let hub = demarre_hub(dossier).await?;
    let configuration = configuration_du_noeud(dossier, &hub)?;
    let base = Base::ouvre(&configuration.noeud.base, &configuration.noeud.identifiant).await?;
    let debut = Instant::now();
    for (rang, remontee) in remontees.iter().enumerate() {
        let empreinte = rang.to_string();
        base.importe(AImporter { remontee, empreinte: &empreinte, fichier: "banc.xlsx" }, maintenant()).await?;
    }
    imprime("enregistrement des fiches", debut.elapsed());

    let jeu = jeu("ea.indicateurs").context("the jeu")?;
    let debut = Instant::now();
    let brute = table_brute(jeu, &remontees, &[])?;
    imprime("calcul des indicateurs", debut.elapsed());
    let debut = Instant::now();
    for audience in [Audience::Reseau, Audience::Public] {
        proteger(&brute, &Politique::du_jeu(jeu, audience).context("a policy")?, &Passe::default())?;
    }
    imprime("secret statistique, deux audiences", debut.elapsed());

    let cle = node::cle::lit(&configuration.noeud.cle)?;
    let emetteur = Emetteur { configuration: &configuration, base: &base, cle: &cle, horloge: &HorlogeSysteme };
    let declaration = configuration.hub.as_ref().context("a hub")?;
    let debut = Instant::now();
    emetteur.scelle(declaration, jeu, "2026-T1".parse()?, "banc").await?;
    imprime("lecture de la base, calcul, secret et scellement", debut.elapsed());
    let debut = Instant::now();
    let bilan = node::service::envoie(&configuration, &base, &HorlogeSysteme).await?;
    imprime("envoi, vérification, contrôle et enregistrement au hub", debut.elapsed());
    let accuse = bilan.accuses.first().context("a receipt")?;
    anyhow::ensure!(accuse.reasons.is_empty(), "refused: {:?}", accuse.reasons.first());
    println!(
        "{personnes} personnes, {} cellules brutes, {} cellules publiées",
        brute.cellules().len(),
        accuse.counts.cells
    );
    Ok(())
}

fn imprime(etape: &str, duree: Duration) {
    println!("{etape:<58} {:>8.0} ms", duree.as_secs_f64() * 1000.0);
}

fn maintenant() -> chrono::DateTime<chrono::Utc> {
    use referentiel::horloge::Horloge;
    HorlogeSysteme.maintenant()
}

fn lit(dossier: &Path) -> Result<(Duration, Vec<Remontee>)> {
    let (debut, fin) = bornes("2026-T1").context("a quarter")?;
    let mut fichiers = Vec::new();
    for rang in 1..=DISPOSITIFS {
        let reference: &'static str = Box::leak(format!("BFC{rang:02}").into_boxed_str());
        let dispositif = Dispositif {
            reference,
            nom: reference,
            departement: [("70", "Haute-Saône"), ("25", "Doubs"), ("21", "Côte-d’Or"), ("90", "Territoire de Belfort")]
                .map(|(code, nom)| (code, nom, "Bourgogne-Franche-Comté"))[rang % 4],
            structures: &["Structure Horizon", "Structure Passerelle", "Structure Les Tilleuls"],
            capacite: PERSONNES / DISPOSITIFS as u32,
            etp_dixiemes: (200, 160),
        };
        let fichier = dossier.join(format!("{reference}.xlsx"));
        classeur::ecrit(&Histoire::nouvelle(dispositif, rang as u64, debut).trimestre(debut, fin), &fichier)?;
        fichiers.push(std::fs::read(fichier)?);
    }
    let debut = Instant::now();
    let remontees = fichiers
        .iter()
        .map(|octets| {
            let verdict = saisie::verifier(octets, &Contexte::default());
            verdict.remontee.with_context(|| format!("refused: {:?}", verdict.anomalies.first()))
        })
        .collect::<Result<_>>()?;
    Ok((debut.elapsed(), remontees))
}

async fn demarre_hub(dossier: &Path) -> Result<String> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let noeud = node::cle::cree(&dossier.join("node.pem"), &mut rng)?;
    hub::cle::cree(&dossier.join("hub.pem"), &mut rng)?;
    let texte = format!(
        "[hub]\nidentifiant = \"https://hub.example\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n\
         [[noeud]]\nidentifiant = \"cdg-287000012\"\nnom = \"CDG\"\norganisme = \"CDG70\"\nregion = \"27\"\ncle_publique = \"{}\"\n",
        noeud.publique()
    );
    let configuration = hub::configuration::Configuration::depuis_texte(&texte, &dossier.join("hub.toml"))?;
    let service = hub::service::Service::ouvre(configuration, Arc::new(HorlogeSysteme), &mut rng).await?;
    let ecoute = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let adresse = format!("http://{}", ecoute.local_addr()?);
    let routes = service.routes();
    tokio::spawn(async move { axum::serve(ecoute, routes).await });
    Ok(adresse)
}

fn configuration_du_noeud(dossier: &Path, adresse: &str) -> Result<Configuration> {
    let cle_hub = CleSignature::depuis_pem(&std::fs::read_to_string(dossier.join("hub.pem"))?)?;
    let texte = format!(
        "[noeud]\nidentifiant = \"cdg-287000012\"\nregion = \"27\"\nbase = \"node.db\"\ncle = \"node.pem\"\n\
         [hub]\nadresse = \"{adresse}\"\nidentifiant = \"https://hub.example\"\ncle_publique = \"{}\"\n",
        cle_hub.publique()
    );
    Configuration::lit_texte(&texte, dossier)
}

//! `maillage-node enroler`: presents this node's key to a hub with the one-time token it was given, and prints
//! what both administrators read aloud on the telephone. The token comes from a file or standard input, never
//! from an argument, which every process of the machine can see.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use publication::empreinte::empreinte_invitation;
use publication::possession::{self, Usage};
use publication::trousseau::Trousseau;
use publication::{CleSignature, Probleme};
use referentiel::horloge::Horloge as _;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Acces, dit};
use crate::configuration::{Hub, verifie_adresse};
use crate::fil::{Fil as _, Https, Reponse, Requete};
use crate::{cle, service};

/// Options of `enroler`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Adresse du hub.
    #[arg(long, value_name = "URL")]
    hub: String,
    /// Fichier qui contient le jeton d’invitation ; « - » pour l’entrée standard.
    #[arg(long, value_name = "FICHIER", default_value = "-")]
    jeton: PathBuf,
    /// Autorité de certification du hub, quand elle n’est pas publique.
    #[arg(long, value_name = "FICHIER")]
    autorite: Option<PathBuf>,
    /// Certificat de ce nœud et sa clé, dans un même fichier PEM, quand le hub en demande un à ses clients.
    #[arg(long, value_name = "FICHIER")]
    certificat: Option<PathBuf>,
}

/// The hub's answer.
#[derive(Deserialize)]
struct Recu {
    kid: String,
    fingerprint: String,
}

/// Presents the key.
pub fn execute(acces: &Acces, o: &Options) -> Result<ExitCode> {
    verifie_adresse(&o.hub)?;
    let jeton = lit_jeton(&o.jeton)?;
    let noeud = &acces.configuration.noeud;
    let cle = cle_du_noeud(&noeud.cle)?;
    let mut hub = Hub {
        adresse: o.hub.trim_end_matches('/').to_owned(),
        identifiant: String::new(),
        cle_publique: String::new(),
        autorite: o.autorite.clone(),
        certificat: o.certificat.clone(),
    };
    let fil = Https::vers(&hub)?;
    let (trousseau, recu) = acces.attends(async {
        let trousseau = Trousseau::presenter(&lit(demande(&fil, Method::GET, &hub, "/v1/keys", vec![]).await?)?)?;
        let preuve = Usage::Enrolement { token: empreinte_invitation(&jeton) };
        let preuve = possession::prouver(&cle, &noeud.identifiant, &trousseau.iss, preuve);
        let corps = json!({
            "node": noeud.identifiant, "token": jeton, "x": cle.publique().to_string(), "proof": preuve,
        });
        let texte = lit(demande(&fil, Method::POST, &hub, "/v1/enrol", corps.to_string().into_bytes()).await?)?;
        let recu: Recu = serde_json::from_str(&texte).context("La réponse du hub est illisible.")?;
        refait_ce_qui_attend(acces).await?;
        Ok::<_, anyhow::Error>((trousseau, recu))
    })?;
    if recu.kid != cle.publique().kid() || recu.fingerprint != cle.publique().empreinte_lisible() {
        bail!("Le hub a reçu une autre clé que celle de ce nœud : n’allez pas plus loin, prévenez son administrateur.");
    }
    hub.identifiant = trousseau.iss.clone();
    hub.cle_publique = trousseau.receipts.to_string();
    raconte(&hub, &cle, &trousseau)?;
    Ok(ExitCode::SUCCESS)
}

/// What was sealed under a lost key and never acknowledged is sealed again under the new one.
async fn refait_ce_qui_attend(acces: &Acces) -> Result<()> {
    let Some(base) = acces.base_existante().await? else { return Ok(()) };
    if let Some(seq) = base.premiere_sans_accuse().await? {
        base.annule_et_recupere(seq, &[], acces.horloge.maintenant()).await?;
    }
    base.note(acces.maintenant(), &acces.acteur(), "enroler", "clé présentée au hub").await?;
    base.ferme().await;
    Ok(())
}

fn lit_jeton(fichier: &Path) -> Result<String> {
    let mut texte = String::new();
    if fichier == Path::new("-") {
        std::io::stdin().take(1024).read_to_string(&mut texte).context("lecture du jeton sur l’entrée standard")?;
    } else {
        texte = std::fs::read_to_string(fichier).with_context(|| format!("lecture du jeton {}", fichier.display()))?;
    }
    let jeton = texte.trim().to_owned();
    if jeton.is_empty() {
        bail!("Le jeton d’invitation est vide.");
    }
    Ok(jeton)
}

/// The key of the configuration; made when it is missing, as after a loss.
fn cle_du_noeud(fichier: &Path) -> Result<CleSignature> {
    if fichier.exists() { cle::lit(fichier) } else { cle::cree(fichier, &mut service::hasard()) }
}

async fn demande(fil: &Https, methode: Method, hub: &Hub, chemin: &str, corps: Vec<u8>) -> Result<Reponse> {
    let url = format!("{}{chemin}", hub.adresse);
    let requete = Requete { methode, url, preuve: String::new(), media: "application/json", corps };
    fil.envoie(requete).await.map_err(|e| anyhow::anyhow!("Le hub n’a pas répondu : {e}"))
}

fn lit(reponse: Reponse) -> Result<String> {
    let texte = String::from_utf8(reponse.corps).context("La réponse du hub est illisible.")?;
    if reponse.statut == 200 {
        return Ok(texte);
    }
    match serde_json::from_str::<Probleme>(&texte) {
        Ok(p) => bail!("Le hub refuse : {} {}", p.title, p.detail),
        Err(_) => bail!("Ce qui a répondu ({}) n’est pas un hub.", reponse.statut),
    }
}

fn raconte(hub: &Hub, cle: &CleSignature, trousseau: &Trousseau) -> Result<()> {
    dit("La clé de ce nœud est présentée. Lisez au téléphone avec l’administrateur du hub :")?;
    dit(&format!("  clé de ce nœud : {}", cle.publique().empreinte_lisible()))?;
    dit(&format!("  clé du hub     : {}", trousseau.receipts.empreinte_lisible()))?;
    dit("Si les deux concordent, il approuve, et la configuration de ce nœud reçoit :\n")?;
    dit(&format!(
        "[hub]\nadresse = \"{}\"\nidentifiant = \"{}\"\ncle_publique = \"{}\"",
        hub.adresse, hub.identifiant, hub.cle_publique
    ))?;
    for (cle, fichier) in [("autorite", &hub.autorite), ("certificat", &hub.certificat)] {
        if let Some(fichier) = fichier {
            dit(&format!("{cle} = \"{}\"", std::path::absolute(fichier)?.display()))?;
        }
    }
    Ok(())
}

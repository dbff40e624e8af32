//! The incarnations of the register that were announced, kept beside the key and outside the database: a
//! backup put back twice would otherwise announce the same incarnation twice, with two different contents.
//!
//! Nodes are the other memory: each knows the last incarnation it was told, and says so when it is older.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Utc};
use hub_storage::arbre::{self, Etat};
use hub_storage::{Db, restauration};
use publication::CleSignature;
use publication::restauration::{Restauration, VERSION};

use crate::configuration::Hub;

fn fichier(hub: &Hub) -> PathBuf {
    hub.cle.with_extension("epoque")
}

/// Last incarnation announced, as the file says; 1 before any restore.
pub fn annoncee(hub: &Hub) -> Result<u64> {
    let fichier = fichier(hub);
    match fs::read_to_string(&fichier) {
        Ok(texte) => texte.trim().parse().with_context(|| format!("{} : un nombre est attendu", fichier.display())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(1),
        Err(e) => Err(e).with_context(|| fichier.display().to_string()),
    }
}

/// Refuses to serve an incarnation older than one that was announced.
pub async fn refuse_l_ancienne(db: &Db, hub: &Hub) -> Result<()> {
    let (annoncee, presente) = (annoncee(hub)?, arbre::etat(db).await?.epoque);
    if presente < annoncee {
        bail!(
            "La base est à l’époque {presente} du registre, et l’époque {annoncee} a déjà été annoncée : une sauvegarde \
             a été remise. Lancez « maillage-hub restaurer »."
        );
    }
    Ok(())
}

/// Opens the next incarnation that nobody was told yet, or the one asked for, with a signed statement for
/// each step. The file is written first: cut short, a number is lost, never told twice.
pub async fn ouvre(
    db: &Db,
    hub: &Hub,
    cle: &CleSignature,
    demandee: Option<u64>,
    instant: DateTime<Utc>,
) -> Result<Etat> {
    let derniere = annoncee(hub)?.max(arbre::etat(db).await?.epoque);
    let vers = demandee.unwrap_or(derniere + 1);
    if vers <= derniere {
        bail!("L’époque {vers} du registre a déjà été annoncée : la prochaine possible est {}.", derniere + 1);
    }
    note(&fichier(hub), vers)?;
    let declare = |depuis: u64, etat: &Etat| {
        let declaration = Restauration {
            v: VERSION,
            iss: hub.identifiant.clone(),
            from_epoch: depuis,
            to_epoch: depuis + 1,
            size: etat.taille,
            root: etat.racine,
            restored_at: instant,
        };
        declaration.signer(cle)
    };
    Ok(restauration::ouvre_epoque(db, vers, instant, declare).await?)
}

/// Whole or not at all, also after a power cut.
fn note(fichier: &Path, epoque: u64) -> Result<()> {
    let provisoire = fichier.with_extension("epoque.nouvelle");
    let ecrit = || -> std::io::Result<()> {
        let mut ouvert = File::create(&provisoire)?;
        writeln!(ouvert, "{epoque}")?;
        ouvert.sync_all()?;
        fs::rename(&provisoire, fichier)
    };
    ecrit().with_context(|| format!("écriture de {}", fichier.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    fn hub(dossier: &Path) -> Hub {
        let texte = "[hub]\nidentifiant = \"https://hub.example/m\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n";
        crate::configuration::Configuration::depuis_texte(texte, &dossier.join("hub.toml")).unwrap().hub
    }

    #[tokio::test]
    async fn the_same_backup_put_back_twice_opens_two_incarnations() {
        let dossier = tempfile::tempdir().unwrap();
        let hub = hub(dossier.path());
        let cle = CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(1));
        let instant = DateTime::UNIX_EPOCH;
        let mut vues = Vec::new();
        for _ in 0..2 {
            // A database made anew stands for the same backup put back: it knows nothing of the first time.
            let _ = fs::remove_file(dossier.path().join("hub.db"));
            let db = Db::ouvre(&hub.base).await.unwrap();
            assert_eq!(refuse_l_ancienne(&db, &hub).await.is_ok(), vues.is_empty());
            vues.push(ouvre(&db, &hub, &cle, None, instant).await.unwrap().epoque);
            assert!(refuse_l_ancienne(&db, &hub).await.is_ok());
            assert_eq!(restauration::declarations(&db, 1).await.unwrap().len(), vues.len());
            db.ferme().await;
        }
        assert_eq!(vues, [2, 3]);
    }

    #[tokio::test]
    async fn an_incarnation_already_announced_is_refused_and_a_later_one_can_be_asked_for() {
        let dossier = tempfile::tempdir().unwrap();
        let hub = hub(dossier.path());
        let cle = CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(1));
        let db = Db::ouvre(&hub.base).await.unwrap();
        let ouvre_en = async |n| ouvre(&db, &hub, &cle, Some(n), DateTime::UNIX_EPOCH).await;
        assert_eq!(ouvre_en(4).await.unwrap().epoque, 4);
        let refus = ouvre_en(4).await.unwrap_err().to_string();
        assert!(refus.contains("la prochaine possible est 5"), "{refus}");
        assert_eq!(restauration::declarations(&db, 1).await.unwrap().len(), 3, "a statement for each step");
        db.ferme().await;
    }
}

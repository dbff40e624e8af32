//! Changing a key of the hub: the next one is made and announced, in the key set, by the key it replaces; a month
//! later it takes its place. The announcements stay for ever beside the keys, outside the database: a node that
//! slept through a change still follows it, and what the old keys signed can still be verified.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, TimeDelta, Utc};
use publication::succession::{ClesSuccessives, DELAI_EN_JOURS, SuccessionDeCle, UsageCle, VERSION};
use publication::{ClePublique, CleSignature};
use rand::CryptoRng;

use super::{ecris, lit};
use crate::configuration::Hub;

fn annonces(hub: &Hub) -> PathBuf {
    hub.cle.with_extension("successions")
}

fn fichier(hub: &Hub, usage: UsageCle) -> &Path {
    match usage {
        UsageCle::Accuses => &hub.cle,
        UsageCle::Registre => &hub.cle_registre,
    }
}

/// Where the next key waits.
fn suivante(hub: &Hub, usage: UsageCle) -> PathBuf {
    fichier(hub, usage).with_extension("suivante.pem")
}

/// The announcements made so far, in order.
pub fn lues(hub: &Hub) -> Result<Vec<String>> {
    let fichier = annonces(hub);
    match fs::read_to_string(&fichier) {
        Ok(texte) => Ok(texte.lines().map(str::to_owned).collect()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(e) => Err(e).with_context(|| fichier.display().to_string()),
    }
}

/// The key of the receipts and those it replaced: what they signed stands.
pub fn cles_des_accuses(hub: &Hub, actuelle: ClePublique) -> Result<ClesSuccessives> {
    let lues: Vec<SuccessionDeCle> =
        lues(hub)?.iter().map(|texte| SuccessionDeCle::presenter(texte)).collect::<Result<_, _>>()?;
    Ok(ClesSuccessives::jusqu_a(actuelle, UsageCle::Accuses, &lues))
}

/// Makes the next key and announces it.
pub fn annonce(
    hub: &Hub,
    usage: UsageCle,
    instant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<SuccessionDeCle> {
    let presente = lit(fichier(hub, usage))?;
    let attente = suivante(hub, usage);
    if attente.exists() {
        bail!(
            "Une clé suivante est déjà annoncée ({}) : « maillage-hub cle succeder » la met en service.",
            attente.display()
        );
    }
    let nouvelle = CleSignature::generer(rng);
    let annonce = SuccessionDeCle {
        v: VERSION,
        iss: hub.identifiant.clone(),
        purpose: usage,
        from: presente.publique(),
        to: nouvelle.publique(),
        announced_at: instant,
        effective_from: instant + TimeDelta::days(DELAI_EN_JOURS),
    };
    // The key first: announced and lost, it would have to be announced again, which nodes take for a theft.
    ecris(&attente, nouvelle.pem()?.as_ref())?;
    ajoute(&annonces(hub), &annonce.signer(&presente))?;
    Ok(annonce)
}

/// When the first key that was announced and waits may be put in service.
pub fn en_attente(hub: &Hub) -> Result<Option<DateTime<Utc>>> {
    let lues = lues(hub)?;
    let annonces = lues.iter().map(|texte| SuccessionDeCle::presenter(texte)).collect::<Result<Vec<_>, _>>()?;
    let attend = |a: &SuccessionDeCle| {
        lit(&suivante(hub, a.purpose)).is_ok_and(|cle| cle.publique() == a.to).then_some(a.effective_from)
    };
    Ok(annonces.iter().filter_map(attend).min())
}

fn ajoute(fichier: &Path, ligne: &str) -> Result<()> {
    let ecrit = || -> std::io::Result<()> {
        let mut ouvert = fs::OpenOptions::new().create(true).append(true).open(fichier)?;
        writeln!(ouvert, "{ligne}")?;
        ouvert.sync_all()
    };
    ecrit().with_context(|| format!("écriture de {}", fichier.display()))
}

/// Puts the announced key in service, once its time has come. The old one is kept aside, to be destroyed by hand.
pub fn succede(hub: &Hub, usage: UsageCle, instant: DateTime<Utc>) -> Result<ClePublique> {
    let (presente, attente) = (fichier(hub, usage), suivante(hub, usage));
    if !attente.exists() {
        bail!("Aucune clé n’est annoncée : « maillage-hub cle annoncer » d’abord.");
    }
    let (ancienne, nouvelle) = (lit(presente)?.publique(), lit(&attente)?.publique());
    let annonce = ClesSuccessives::seule(ancienne).annonce(usage, &lues(hub)?, &hub.identifiant)?;
    let annonce = annonce.filter(|a| a.to == nouvelle).with_context(|| {
        format!("La clé {} n’a pas été annoncée par celle en service : elle ne peut pas servir.", attente.display())
    })?;
    if instant < annonce.effective_from {
        bail!(
            "La clé annoncée le {} ne sert qu’à partir du {} : les nœuds la refuseraient.",
            referentiel::format::date(annonce.announced_at.date_naive()),
            referentiel::format::date(annonce.effective_from.date_naive())
        );
    }
    let gardee = presente.with_extension(format!("ancienne-{}.pem", ancienne.kid().get(..8).unwrap_or_default()));
    fs::rename(presente, &gardee).with_context(|| gardee.display().to_string())?;
    fs::rename(&attente, presente).with_context(|| presente.display().to_string())?;
    Ok(nouvelle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    #[test]
    fn a_key_is_announced_a_month_before_it_serves_and_the_old_one_is_kept() {
        let dossier = tempfile::tempdir().unwrap();
        let texte = "[hub]\nidentifiant = \"https://hub.example/m\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n";
        let hub =
            crate::configuration::Configuration::depuis_texte(texte, &dossier.path().join("hub.toml")).unwrap().hub;
        let mut rng = rand::rngs::StdRng::seed_from_u64(1);
        let premiere = super::super::cree(&hub.cle, &mut rng).unwrap();
        let jour = |n: i64| DateTime::UNIX_EPOCH + TimeDelta::days(n);
        assert!(succede(&hub, UsageCle::Accuses, jour(0)).is_err(), "nothing was announced");
        let annonce_faite = annonce(&hub, UsageCle::Accuses, jour(0), &mut rng).unwrap();
        assert!(annonce(&hub, UsageCle::Accuses, jour(1), &mut rng).is_err(), "one at a time");
        assert!(succede(&hub, UsageCle::Accuses, jour(29)).unwrap_err().to_string().contains("31/01/1970"));
        assert_eq!(lit(&hub.cle).unwrap().publique(), premiere);
        let seconde = succede(&hub, UsageCle::Accuses, jour(30)).unwrap();
        assert_eq!((seconde, lit(&hub.cle).unwrap().publique()), (annonce_faite.to, annonce_faite.to));
        let suite = cles_des_accuses(&hub, seconde).unwrap();
        assert_eq!(suite, ClesSuccessives::seule(premiere).puis(seconde));
    }
}

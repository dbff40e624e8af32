//! The reference data of the hub, fetched at each contact: signed list, parts by digest, thresholds and calendar.
//! What goes back in time, or comes past its date, is refused and told; what is kept stays in force.
//!
//! A threshold received may make this node stricter, never laxer: it only rises, until the centre agrees.

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use node_storage::Base;
use publication::manifeste::{Manifeste, Partie};
use publication::reference::{CAMPAGNES, CampagneAnnoncee, SEUILS, SeuilExige, convention, embarquees, lire};
use publication::trousseau::Trousseau;
use rand::CryptoRng;
use referentiel::periode::Trimestre;
use secret_statistique::Politique;

use crate::outbox::Outbox;
use crate::transport::Transport;

/// Fetches the manifest and the parts that are missing here. Gives true when a newer one was kept.
pub async fn suit(
    outbox: &Outbox<'_>,
    trousseau: &Trousseau,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<bool> {
    // A hub that names no key of the references hands nothing down yet.
    let Some(cle) = &trousseau.reference else { return Ok(false) };
    let texte = transport.public("/v1/ref/manifest", rng).await?;
    let maintenant = outbox.horloge.maintenant();
    let connu = outbox.base.manifeste().await?.map(|m| m.connu);
    let presente = match Manifeste::verifier(&texte, cle, outbox.hub) {
        Ok(presente) => presente,
        Err(refus) => {
            outbox.base.alarme_manifeste(&refus.to_string(), maintenant).await?;
            return Err(refus.into());
        }
    };
    match presente.suivre(connu.as_ref()) {
        Err(alarme) => {
            tracing::error!(%alarme, "le manifeste du hub est refusé");
            outbox.base.alarme_manifeste(&alarme.to_string(), maintenant).await?;
            return Ok(false);
        }
        Ok(false) => return Ok(false),
        Ok(true) => {}
    }
    if presente.perime(maintenant) {
        let motif = format!("Le hub présente un manifeste périmé depuis le {}.", presente.valid_until);
        outbox.base.alarme_manifeste(&motif, maintenant).await?;
        return Ok(false);
    }
    let recues = manquantes(outbox.base, &presente, transport, rng).await?;
    let seuils = seuils(outbox.base, &presente, &recues).await?;
    outbox.base.garde_manifeste(&presente, &texte, &recues, &seuils, maintenant).await?;
    Ok(true)
}

/// The parts not held yet, each checked by its length and its digest.
async fn manquantes(
    base: &Base,
    manifeste: &Manifeste,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Vec<(Partie, Vec<u8>)>> {
    let mut recues = Vec::new();
    for partie in &manifeste.parts {
        if base.tient_partie(partie).await? {
            continue;
        }
        // What this program was built with need not travel.
        let embarquee = embarquees_ici().into_iter().find(|(p, _)| p.sha256 == partie.sha256);
        let octets = match embarquee {
            Some((_, octets)) => octets,
            None => transport.public(&format!("/v1/ref/parts/{}", partie.sha256), rng).await?.into_bytes(),
        };
        anyhow::ensure!(
            partie.convient(&octets),
            "La partie « {} » reçue du hub n’est pas celle que nomme son manifeste.",
            partie.name
        );
        recues.push((partie.clone(), octets));
    }
    Ok(recues)
}

async fn seuils(base: &Base, manifeste: &Manifeste, recues: &[(Partie, Vec<u8>)]) -> Result<Vec<SeuilExige>> {
    let Some(partie) = manifeste.versions(SEUILS).last() else { return Ok(vec![]) };
    match recues.iter().find(|(p, _)| p == partie) {
        Some((_, octets)) => Ok(lire(octets)?),
        // Held already, hence retained already.
        None => Ok(base.seuils_retenus().await?),
    }
}

/// Code lists, data sets and rules of conventions that this program was built with.
pub fn embarquees_ici() -> Vec<(Partie, Vec<u8>)> {
    let conventions = dossier::convention::modele::textes().map(|(code, texte)| convention(code, texte));
    embarquees().into_iter().chain(conventions).collect()
}

/// What a manifest says otherwise than this program: a publication made here would be judged by other rules.
pub fn ecarts(du_hub: &[Partie]) -> Vec<String> {
    if du_hub.is_empty() {
        return vec![];
    }
    embarquees_ici().iter().filter_map(|(ici, _)| ecart(ici, du_hub)).collect()
}

fn ecart(ici: &Partie, du_hub: &[Partie]) -> Option<String> {
    let tenues: Vec<&Partie> = du_hub.iter().filter(|p| p.name == ici.name).collect();
    match tenues.iter().find(|p| p.semver == ici.semver) {
        Some(meme) if meme.sha256 == ici.sha256 => None,
        Some(_) => Some(format!(
            "« {} », version {}, n’a pas le même contenu ici et au hub : mettez ce logiciel à jour avant de publier.",
            ici.name, ici.semver
        )),
        None if tenues.is_empty() => {
            Some(format!("Le hub ne connaît pas « {} » : ce qui en serait publié serait refusé.", ici.name))
        }
        None => Some(format!(
            "Le hub ne tient pas la version {} de « {} » (il tient : {}) : mettez ce logiciel à jour avant de publier.",
            ici.semver,
            ici.name,
            tenues.iter().map(|p| p.semver.as_str()).collect::<Vec<_>>().join(", ")
        )),
    }
}

/// Raises a policy to the thresholds retained for its jeu and audience; never lowers it.
pub fn releve(politique: &mut Politique, jeu: &str, retenus: &[SeuilExige]) {
    for retenu in retenus.iter().filter(|s| s.jeu == jeu && s.audience == politique.audience) {
        politique.seuil = politique.seuil.max(retenu.seuil);
        politique.seuil_sensible = politique.seuil_sensible.max(retenu.seuil_sensible);
    }
}

/// Thresholds that the hub lowered since, and that this node does not follow until the centre agrees.
pub async fn abaisses(base: &Base) -> Result<Vec<(SeuilExige, SeuilExige)>> {
    let annonces = annonces(base).await?;
    let retenus = base.seuils_retenus().await?;
    let plus_bas = |a: &SeuilExige, r: &SeuilExige| a.seuil < r.seuil || a.seuil_sensible < r.seuil_sensible;
    let paires = retenus.into_iter().filter_map(|r| {
        let annonce = annonces.iter().find(|a| a.jeu == r.jeu && a.audience == r.audience)?;
        plus_bas(annonce, &r).then(|| (r, annonce.clone()))
    });
    Ok(paires.collect())
}

/// Thresholds of the manifest in force.
pub async fn annonces(base: &Base) -> Result<Vec<SeuilExige>> {
    match base.octets_de_partie(SEUILS).await? {
        Some(octets) => Ok(lire(&octets)?),
        None => Ok(vec![]),
    }
}

/// Campaigns that the hub announces, the last one first.
pub async fn campagnes(base: &Base) -> Result<Vec<CampagneAnnoncee>> {
    let Some(octets) = base.octets_de_partie(CAMPAGNES).await? else { return Ok(vec![]) };
    let mut campagnes: Vec<CampagneAnnoncee> = lire(&octets)?;
    campagnes.sort_by_key(|c| std::cmp::Reverse(c.code));
    Ok(campagnes)
}

/// Last moment of the deposit of a campaign, as the hub announces it.
pub async fn limite_de_depot(base: &Base, campagne: Trimestre) -> Result<Option<DateTime<Utc>>> {
    let annoncee = campagnes(base).await?.into_iter().find(|c| c.code == campagne);
    Ok(annoncee.and_then(|c| c.limite_depot))
}

/// What must be said of the reference data, in French: refusals, staleness, differences.
pub async fn avertissements(base: &Base, maintenant: DateTime<Utc>) -> Result<Vec<String>> {
    let Some(garde) = base.manifeste().await? else { return Ok(vec![]) };
    let mut dits: Vec<String> = garde.alarme.into_iter().collect();
    if maintenant > garde.valable_jusqu_au {
        dits.push(
            "Les données de référence du hub sont périmées ici : « maillage-node envoyer » les renouvelle.".to_owned(),
        );
    }
    dits.extend(ecarts(&base.parties().await.context("données de référence")?));
    for (retenu, annonce) in abaisses(base).await? {
        dits.push(format!(
            "Le hub abaisse un seuil de {} ({}) : {} au lieu de {}. Ce nœud garde le plus strict ; « maillage-node \
             reference --accepter-seuils » l’accepterait.",
            annonce.jeu,
            annonce.audience.code(),
            annonce.seuil.min(annonce.seuil_sensible),
            retenu.seuil.min(retenu.seuil_sensible)
        ));
    }
    Ok(dits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::cellule::Audience;
    use referentiel::jeu::jeu;

    #[test]
    fn a_hub_of_the_same_build_says_nothing_else_and_an_edited_list_is_told() {
        let parts: Vec<Partie> = embarquees_ici().into_iter().map(|(p, _)| p).collect();
        assert_eq!(ecarts(&parts), Vec::<String>::new());
        assert!(ecarts(&[]).is_empty(), "before any manifest there is nothing to compare with");
        let change = |f: &dyn Fn(&mut Partie)| {
            let mut parts = parts.clone();
            f(parts.iter_mut().find(|p| p.name == "nomenclature/emploi").unwrap());
            ecarts(&parts)
        };
        let autre = Partie::decrire("x", "1", b"edited").sha256;
        let [edite] = change(&|p| p.sha256 = autre).try_into().unwrap();
        assert!(edite.contains("nomenclature/emploi") && edite.contains("même contenu"), "{edite}");
        let [version] = change(&|p| p.semver = "3000".to_owned()).try_into().unwrap();
        assert!(version.contains("3000"), "{version}");
        // Both versions live at once at the hub: nothing to say.
        let mut deux = parts.clone();
        deux.push(Partie { semver: "3000".to_owned(), sha256: autre, ..parts[0].clone() });
        assert!(ecarts(&deux).is_empty());
    }

    #[test]
    fn a_policy_is_raised_and_never_lowered() {
        let retenu = |seuil, seuil_sensible| SeuilExige {
            jeu: "ea.indicateurs".to_owned(),
            audience: Audience::Reseau,
            seuil,
            seuil_sensible,
        };
        let politique = |retenu: SeuilExige| {
            let mut p = Politique::du_jeu(jeu("ea.indicateurs").unwrap(), Audience::Reseau).unwrap();
            releve(&mut p, "ea.indicateurs", &[retenu]);
            (p.seuil, p.seuil_sensible)
        };
        assert_eq!(politique(retenu(1, 1)), (5, 11));
        assert_eq!(politique(retenu(8, 20)), (8, 20));
        let autre = SeuilExige { audience: Audience::Public, ..retenu(30, 30) };
        assert_eq!(politique(autre), (5, 11), "another audience");
    }
}

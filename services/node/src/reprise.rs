//! Coming back from a backup, on either side. A node that lost its history takes it from the hub and says
//! so in its chain; a hub that lost the end of its register announces a new incarnation, and the node
//! sends again, byte for byte, what the hub no longer has.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use node_storage::chaine::EntreeRecuperee;
use node_storage::envoi::{Envoi, EtatEnvoi};
use node_storage::temoin::{PointGarde, Temoin};
use publication::chaine::{EpoqueConnue, Gardees, accepter_accuse};
use publication::registre::{PointDeControle, PreuveCoherence, nom_du_registre};
use publication::restauration::Restauration;
use publication::tete::TeteSignee;
use publication::{Attendu, CodeRefus, Empreinte, EnveloppeVerifiee, Genre, StatutAccuse, TeteNoeud, verifier_suite};
use rand::CryptoRng;
use serde::Deserialize;

use crate::outbox::{Outbox, connue, etat};
use crate::transport::Transport;

#[derive(Deserialize)]
struct Page {
    entries: Vec<Entree>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Entree {
    envelope: String,
    receipt: String,
    body: Option<Empreinte>,
}

/// Both sides hold entries of this node that exclude one another, and both were acknowledged: nothing is
/// sent, and people decide.
const DEUX_HISTOIRES: &str = "Le hub et cette base tiennent deux histoires différentes de ce nœud. Rien n’est envoyé ; \
     prévenez l’administrateur du hub et gardez cette base comme preuve.";

/// Takes this node's own history back from the hub, after the last entry that both sides hold. What this node
/// sealed since on a history it had forgotten, and that nobody acknowledged, is voided to make room: its
/// content is sealed again afterwards (see [`crate::refait`]). All or nothing.
pub async fn recupere(
    outbox: &Outbox<'_>,
    connue: &EpoqueConnue,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<u64> {
    let depuis = match outbox.base.premiere_sans_accuse().await? {
        Some(seq) => seq,
        None => outbox.base.tete().await?.map_or(1, |(seq, _)| seq + 1),
    };
    let entrees = historique(depuis, transport, rng).await?;
    if entrees.is_empty() {
        bail!("{DEUX_HISTOIRES}");
    }
    let attendu = Attendu { noeud: outbox.noeud.clone(), hub: outbox.hub.to_owned() };
    let jws: Vec<&str> = entrees.iter().map(|e| e.envelope.as_str()).collect();
    let socle = socle(outbox, depuis).await?;
    let verifiees = verifier_suite(&jws, &socle, &transport.cles(), &attendu).map_err(|refus| match refus.code() {
        CodeRefus::ChainFork => anyhow::anyhow!("{DEUX_HISTOIRES} ({refus})"),
        _ => refus.into(),
    })?;
    let locales = outbox.base.envois_depuis(depuis).await?;
    let meme = |(ici, la): &(&Envoi, &EnveloppeVerifiee)| ici.empreinte == la.empreinte().to_string();
    let communes = locales.iter().zip(&verifiees).take_while(meme).count();
    if communes == verifiees.len() {
        // The hub's history is the beginning of this one: nothing excludes what comes after.
        return Ok(0);
    }
    let mut recuperees = Vec::new();
    for (entree, enveloppe) in entrees.iter().zip(&verifiees).skip(communes) {
        recuperees.push(reprend(outbox, entree, enveloppe, transport, rng).await?);
    }
    annule(outbox, connue, depuis + communes as u64, &recuperees).await?;
    tracing::warn!(envois = recuperees.len(), "historique repris du hub après une restauration");
    Ok(recuperees.len() as u64)
}

/// Voids what this node holds from a position on, and puts the hub's entries there. What the present
/// incarnation of the hub acknowledged is never voided.
pub async fn annule(
    outbox: &Outbox<'_>,
    connue: &EpoqueConnue,
    depuis: u64,
    recuperees: &[EntreeRecuperee],
) -> Result<u64> {
    for envoi in outbox.base.envois_depuis(depuis).await? {
        let Some(jws) = &envoi.accuse else { continue };
        let accuse = outbox.cles_hub.accuse(jws)?;
        if accepter_accuse(&accuse, Some(accuse.env), connue).is_ok() {
            bail!("{DEUX_HISTOIRES}");
        }
    }
    let annules = outbox.base.annule_et_recupere(depuis, recuperees, outbox.horloge.maintenant()).await?;
    if annules > 0 {
        tracing::warn!(annules, depuis, "envois scellés sur une histoire oubliée : annulés, leur contenu sera refait");
    }
    Ok(annules)
}

async fn historique(depuis: u64, transport: &mut Transport<'_>, rng: &mut impl CryptoRng) -> Result<Vec<Entree>> {
    let mut entrees = Vec::new();
    let mut depuis = Some(depuis);
    while let Some(position) = depuis {
        let page: Page = serde_json::from_str(&transport.historique(position, rng).await?)
            .context("L’historique rendu par le hub est illisible.")?;
        // A page that does not advance would be asked for ever.
        depuis = page.next.filter(|suivante| *suivante > position);
        entrees.extend(page.entries);
    }
    Ok(entrees)
}

/// The entry that the history must follow.
async fn socle(outbox: &Outbox<'_>, depuis: u64) -> Result<TeteNoeud> {
    if depuis <= 1 {
        return Ok(TeteNoeud::default());
    }
    let avant = outbox.base.envoi(depuis - 1).await?;
    Ok(TeteNoeud::apres(avant.seq, avant.empreinte.parse().context("Une empreinte enregistrée est illisible.")?))
}

async fn reprend(
    outbox: &Outbox<'_>,
    entree: &Entree,
    verifiee: &EnveloppeVerifiee,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<EntreeRecuperee> {
    let claims = verifiee.enveloppe();
    let accuse = outbox.cles_hub.accuse(&entree.receipt)?;
    let statut = accepter_accuse(&accuse, Some(verifiee.empreinte()), &EpoqueConnue::default())?;
    let corps = match (&claims.body, statut) {
        (Some(annonce), StatutAccuse::Acceptee) => {
            if entree.body != Some(annonce.sha256) {
                bail!("Le hub désigne un autre corps que celui de l’enveloppe {}.", claims.seq);
            }
            let octets = transport.corps(annonce.sha256, rng).await?;
            if publication::empreinte_corps(&octets) != annonce.sha256 {
                bail!("Le corps de l’envoi {} rendu par le hub n’est pas celui qui a été signé.", claims.seq);
            }
            Some(octets)
        }
        _ => None,
    };
    // A stale publication has lost its body too, and like a refused one it is nobody's last word.
    let etat = if claims.kind == Genre::Publication && corps.is_none() { EtatEnvoi::Refuse } else { etat(statut) };
    Ok(EntreeRecuperee {
        seq: claims.seq,
        genre: claims.kind,
        serie: claims.serie().map(|s| (s.dataset.clone(), s.period.clone(), claims.rev.unwrap_or(1))),
        empreinte: verifiee.empreinte().to_string(),
        enveloppe: entree.envelope.clone(),
        corps,
        etat,
        accuse: entree.receipt.clone(),
        scelle_le: claims.created_at,
    })
}

/// Follows the hub's incarnation: nothing to do while it is the known one; a newer one needs the signed
/// statement of each restore in between.
pub async fn suit_l_epoque(
    outbox: &Outbox<'_>,
    tete: &TeteSignee,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Temoin> {
    let maintenant = outbox.horloge.maintenant();
    let connu = match outbox.base.temoin().await? {
        Some(connu) => connu,
        None => {
            // Met for the first time, the hub is asked for every restore since its register began.
            let premier = Temoin { epoque: 1, plancher: 0, gardees: vec![], point: None, alarme: None };
            outbox.base.note_temoin(&premier, maintenant, |_| false).await?;
            premier
        }
    };
    if tete.log_epoch == connu.epoque {
        return Ok(connu);
    }
    if tete.log_epoch < connu.epoque {
        bail!(
            "Le hub annonce une époque du registre ({}) plus ancienne que celle connue ({}). Rien n’est envoyé ; \
             prévenez l’administrateur du hub : « maillage-hub restaurer --epoque {} » si une sauvegarde a été remise.",
            tete.log_epoch,
            connu.epoque,
            connu.epoque + 1
        );
    }
    let (point, franchies) = franchit(outbox, &connu, tete.log_epoch, transport, rng, maintenant).await?;
    let gardees = [connu.gardees, franchies].concat();
    let suivant = Temoin { epoque: tete.log_epoch, plancher: connu.plancher, gardees, point, alarme: connu.alarme };
    let suite = connue(&suivant);
    let perdu = |envoi: &Envoi| {
        let accuse = envoi.accuse.as_deref().and_then(|jws| outbox.cles_hub.accuse(jws).ok());
        accuse.is_none_or(|a| accepter_accuse(&a, Some(a.env), &suite).is_err())
    };
    let rouverts = outbox.base.note_temoin(&suivant, maintenant, perdu).await?;
    tracing::warn!(epoque = tete.log_epoch, rouverts, "le hub revient d’une sauvegarde : ce qui lui manque repart");
    Ok(suivant)
}

/// Applies the statements from the known incarnation to the announced one to the checkpoint kept; gives it,
/// and what each of them kept.
async fn franchit(
    outbox: &Outbox<'_>,
    connu: &Temoin,
    annoncee: u64,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
    maintenant: DateTime<Utc>,
) -> Result<(Option<PointGarde>, Vec<Gardees>)> {
    let texte = transport.public(&format!("/v1/log/restores?from={}", connu.epoque), rng).await?;
    let declarations: Vec<String> =
        serde_json::from_str(&texte).context("Les déclarations de restauration du hub sont illisibles.")?;
    let mut epoque = connu.epoque;
    let mut gardees = Vec::new();
    let mut garde = connu.point.as_ref().map(|p| point_connu(outbox.hub, connu.epoque, p)).transpose()?;
    for texte in &declarations {
        let declaration = outbox.cles_hub.restauration(texte, outbox.hub)?;
        if declaration.from_epoch != epoque {
            bail!("Le hub ne déclare pas comment il a quitté l’époque {epoque} de son registre.");
        }
        epoque = declaration.to_epoch;
        gardees.push(Gardees { de_epoque: declaration.from_epoch, feuilles: declaration.size });
        if let Some(point) = &garde {
            let preuve = coherence(point, &declaration, annoncee, transport, rng).await?;
            match declaration.appliquer(point, preuve.as_ref()) {
                Ok(suivant) => garde = Some(suivant),
                Err(alarme) => {
                    outbox.base.alarme(&alarme.to_string(), texte, maintenant).await?;
                    return Err(alarme.into());
                }
            }
        }
    }
    if epoque != annoncee {
        bail!("Le hub ne déclare pas comment il est arrivé à l’époque {annoncee} de son registre.");
    }
    Ok((garde.map(|p| PointGarde { taille: p.taille, racine: p.racine.to_string(), texte: None }), gardees))
}

/// Proof, asked of the present incarnation, that what was kept begins with what the witness knew.
async fn coherence(
    connu: &PointDeControle,
    declaration: &Restauration,
    annoncee: u64,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<Option<PreuveCoherence>> {
    if connu.taille == 0 || connu.taille >= declaration.size {
        return Ok(None);
    }
    let (from, to) = (connu.taille, declaration.size);
    let texte = transport.public(&format!("/v1/log/consistency?epoch={annoncee}&from={from}&to={to}"), rng).await?;
    let preuve: PreuveCoherence =
        serde_json::from_str(&texte).context("La preuve de cohérence du hub est illisible.")?;
    // The leaves kept are the same in every later incarnation: the proof is about them.
    Ok(Some(PreuveCoherence { epoch: declaration.to_epoch, ..preuve }))
}

/// The checkpoint kept, as the register's own code reads it.
pub fn point_connu(hub: &str, epoque: u64, garde: &PointGarde) -> Result<PointDeControle> {
    let racine = garde.racine.parse().context("La racine du registre gardée ici est illisible.")?;
    Ok(PointDeControle { hub: nom_du_registre(hub), epoque, taille: garde.taille, racine })
}

//! Coming back from a backup, on either side. A node that lost its history takes it from the hub and says
//! so in its chain; a hub that lost the end of its register announces a new incarnation, and the node
//! sends again, byte for byte, what the hub no longer has.

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use node_storage::chaine::EntreeRecuperee;
use node_storage::envoi::EtatEnvoi;
use node_storage::temoin::{PointGarde, Temoin};
use publication::chaine::{EpoqueConnue, accepter_accuse};
use publication::registre::{PointDeControle, PreuveCoherence, nom_du_registre};
use publication::restauration::Restauration;
use publication::tete::TeteSignee;
use publication::{Accuse, Attendu, Empreinte, EnveloppeVerifiee, Genre, StatutAccuse, TeteNoeud, verifier_suite};
use rand::CryptoRng;
use serde::Deserialize;

use crate::outbox::{Outbox, etat};
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

/// Takes this node's own history back from the hub, after the local head. All or nothing.
pub async fn recupere(
    outbox: &Outbox<'_>,
    locale: &TeteNoeud,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<u64> {
    let mut entrees = Vec::new();
    let mut depuis = Some(locale.suivante());
    while let Some(position) = depuis {
        let page: Page = serde_json::from_str(&transport.historique(position, rng).await?)
            .context("L’historique rendu par le hub est illisible.")?;
        // A page that does not advance would be asked for ever.
        depuis = page.next.filter(|suivante| *suivante > position);
        entrees.extend(page.entries);
    }
    let attendu = Attendu { noeud: outbox.noeud.clone(), hub: outbox.hub.to_owned() };
    let jws: Vec<&str> = entrees.iter().map(|e| e.envelope.as_str()).collect();
    let verifiees = verifier_suite(&jws, locale, &outbox.cle.publique(), &attendu)?;
    let mut recuperees = Vec::with_capacity(entrees.len());
    for (entree, enveloppe) in entrees.iter().zip(&verifiees) {
        recuperees.push(reprend(outbox, entree, enveloppe, transport, rng).await?);
    }
    outbox.base.recupere(&recuperees, outbox.horloge.maintenant()).await?;
    tracing::warn!(envois = recuperees.len(), "historique repris du hub après une restauration");
    Ok(recuperees.len() as u64)
}

async fn reprend(
    outbox: &Outbox<'_>,
    entree: &Entree,
    verifiee: &EnveloppeVerifiee,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
) -> Result<EntreeRecuperee> {
    let claims = verifiee.enveloppe();
    let accuse = Accuse::verifier(&entree.receipt, outbox.cle_hub)?;
    let statut = accepter_accuse(&accuse, Some(verifiee.empreinte()), EpoqueConnue::default())?;
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
    let Some(connu) = outbox.base.temoin().await? else {
        let premier = Temoin { epoque: tete.log_epoch, plancher: tete.seq, point: None, alarme: None };
        outbox.base.note_temoin(&premier, maintenant).await?;
        return Ok(premier);
    };
    if tete.log_epoch == connu.epoque {
        return Ok(connu);
    }
    if tete.log_epoch < connu.epoque {
        bail!(
            "Le hub annonce une époque du registre ({}) plus ancienne que celle connue ({}). Rien n’est envoyé ; \
             prévenez l’administrateur du hub.",
            tete.log_epoch,
            connu.epoque
        );
    }
    let point = franchit(outbox, &connu, tete.log_epoch, transport, rng, maintenant).await?;
    let suivant = Temoin { epoque: tete.log_epoch, plancher: tete.seq, point, alarme: connu.alarme };
    let rouverts = outbox.base.note_temoin(&suivant, maintenant).await?;
    tracing::warn!(epoque = tete.log_epoch, rouverts, "le hub revient d’une sauvegarde : ce qui lui manque repart");
    Ok(suivant)
}

/// Applies the statements from the known incarnation to the announced one to the checkpoint kept.
async fn franchit(
    outbox: &Outbox<'_>,
    connu: &Temoin,
    annoncee: u64,
    transport: &mut Transport<'_>,
    rng: &mut impl CryptoRng,
    maintenant: DateTime<Utc>,
) -> Result<Option<PointGarde>> {
    let texte = transport.public(&format!("/v1/log/restores?from={}", connu.epoque), rng).await?;
    let declarations: Vec<String> =
        serde_json::from_str(&texte).context("Les déclarations de restauration du hub sont illisibles.")?;
    let mut epoque = connu.epoque;
    let mut garde = connu.point.as_ref().map(|p| point_connu(outbox.hub, connu.epoque, p)).transpose()?;
    for texte in &declarations {
        let declaration = Restauration::verifier(texte, outbox.cle_hub, outbox.hub)?;
        if declaration.from_epoch != epoque {
            bail!("Le hub ne déclare pas comment il a quitté l’époque {epoque} de son registre.");
        }
        epoque = declaration.to_epoch;
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
    Ok(garde.map(|p| PointGarde { taille: p.taille, racine: p.racine.to_string(), texte: None }))
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

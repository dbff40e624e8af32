//! Sealing again what was voided after a backup was put back: the same content or the same act, in a new
//! envelope, after the history taken back from the hub. Done once, in the order in which it was sealed.

use anyhow::{Context, Result};
use node_storage::annulation::{EnvoiAnnule, Refait};
use node_storage::envoi::{Envoi, EtatEnvoi, Suite};
use publication::{
    Acte, CleSignature, Contenu, Emission, Enveloppe, Genre, Place, Raison, References, Serie, sceau, sceller,
    sceller_acte,
};

use crate::emission::suite_chaine;
use crate::outbox::Outbox;

/// Seals again everything that waits for it; gives the number of entries sealed. `suivante` is the key that a
/// voided rotation announced, when it still waits beside the present one.
pub async fn rescelle(outbox: &Outbox<'_>, suivante: Option<&CleSignature>) -> Result<u64> {
    let mut scelles = 0;
    for annule in outbox.base.a_refaire().await? {
        // Until a rotation is settled nobody can say which key signs: the next run goes on.
        if outbox.base.rotation_en_cours().await?.is_some() {
            break;
        }
        let signe = |suite: &Suite, derniere: Option<&Envoi>| devient(outbox, &annule, suite, derniere, suivante);
        if let Some(seq) = outbox.base.refait(&annule, outbox.horloge.maintenant(), signe).await? {
            tracing::warn!(avant = annule.seq, seq, "envoi annulé, son contenu est scellé de nouveau");
            scelles += 1;
        }
    }
    Ok(scelles)
}

fn devient(
    outbox: &Outbox<'_>,
    annule: &EnvoiAnnule,
    suite: &Suite,
    derniere: Option<&Envoi>,
    suivante: Option<&CleSignature>,
) -> Result<Refait> {
    let ancienne = sceau::relire(&annule.enveloppe).context("Une enveloppe annulée est illisible.")?;
    match annule.genre {
        Genre::Publication => match &annule.corps {
            Some(corps) => publie(outbox, &ancienne, corps, suite, derniere),
            None => Ok(Refait::Depasse),
        },
        Genre::Retrait => match (ancienne.serie(), derniere) {
            (Some(serie), Some(d)) if d.genre != Genre::Retrait || d.etat == EtatEnvoi::Refuse => {
                retire(outbox, serie, &ancienne, suite)
            }
            _ => Ok(Refait::Depasse),
        },
        Genre::Rotation => match suivante.filter(|s| ancienne.next.as_ref().is_some_and(|n| n.x == s.publique())) {
            Some(nouvelle) => acte(outbox, &Acte::Rotation { nouvelle }, suite),
            None => Ok(Refait::Depasse),
        },
        // They spoke of a moment that has passed; the restore of now is told by its own entry.
        Genre::Restauration | Genre::Battement => Ok(Refait::Depasse),
    }
}

fn publie(
    outbox: &Outbox<'_>,
    ancienne: &Enveloppe,
    corps: &[u8],
    suite: &Suite,
    derniere: Option<&Envoi>,
) -> Result<Refait> {
    if derniere.is_some_and(|d| d.genre == Genre::Publication && d.etat != EtatEnvoi::Refuse && d.corps == corps) {
        return Ok(Refait::Depasse);
    }
    let contenu = Contenu::lire(corps)?;
    let references = ancienne.references.clone().context("Une publication annulée n’a pas de références.")?;
    let emission = Emission { essai: ancienne.test, ..emission(outbox, references) };
    Ok(Refait::Publication(sceller(&contenu, &suite_chaine(suite)?, &emission, outbox.cle)?))
}

fn retire(outbox: &Outbox<'_>, serie: &Serie, ancienne: &Enveloppe, suite: &Suite) -> Result<Refait> {
    let place = suite_chaine(suite)?;
    let Some(supersedes) = place.supersedes else { return Ok(Refait::Depasse) };
    let raison = ancienne.reason.unwrap_or(Raison::Correction);
    acte(outbox, &Acte::Retrait { serie: serie.clone(), rev: place.rev, supersedes, raison }, suite)
}

fn acte(outbox: &Outbox<'_>, acte: &Acte<'_>, suite: &Suite) -> Result<Refait> {
    let place = suite_chaine(suite)?;
    let place = Place { seq: place.seq, prev: place.prev };
    Ok(Refait::Acte(sceller_acte(acte, outbox.noeud, place, &emission(outbox, sans_references()), outbox.cle)?))
}

fn emission(outbox: &Outbox<'_>, references: References) -> Emission {
    Emission {
        hub: outbox.hub.to_owned(),
        region: outbox.region.to_owned(),
        references,
        cree_le: outbox.horloge.maintenant(),
        essai: false,
    }
}

/// An entry without a content was made with no version of anything.
pub fn sans_references() -> References {
    References { catalogue: String::new(), thresholds: String::new(), campaign: String::new() }
}

//! Entries of a chain that carry no body: a withdrawal empties its slice, a rotation opens the next key,
//! a restore and a heartbeat are only recorded. The same functions at ingest and when everything is rebuilt.

use ::publication::chaine::{Succession, succession};
use ::publication::{CodeRefus, Enveloppe, Genre, Refus, Serie};

use crate::base::{ErreurBase, Tx};
use crate::projection::Tranche;
use crate::valeur::args;
use crate::{noeud, observation};

/// What an entry without a body meets in the state of its node.
pub(crate) async fn juge(tx: &mut Tx, enveloppe: &Enveloppe) -> Result<Option<Refus>, ErreurBase> {
    if let Some(nouvelle) = &enveloppe.next
        && noeud::cle_deja_vue(tx, enveloppe.iss.as_str(), &nouvelle.x.kid()).await?
    {
        return Ok(Some(Refus::nouveau(CodeRefus::AuthKeyRevoked, "Une clé qui a servi ne sert plus.")));
    }
    let courante = revision(tx, enveloppe).await?;
    Ok(objection(enveloppe, courante))
}

/// What a withdrawal meets, given the present revision of its series.
fn objection(enveloppe: &Enveloppe, courante: Option<u64>) -> Option<Refus> {
    if enveloppe.kind != Genre::Retrait {
        return None;
    }
    if courante.is_none() {
        return Some(Refus::nouveau(CodeRefus::SeriesUnknown, "Rien de cette série n’a été accepté."));
    }
    match succession(courante, enveloppe.rev.unwrap_or(0)) {
        Succession::Perimee { courante } => {
            Some(Refus::nouveau(CodeRefus::RevNotGreater, format!("Révision courante : {courante}.")))
        }
        Succession::Remplace => None,
    }
}

/// Applies an accepted entry.
pub(crate) async fn applique(tx: &mut Tx, enveloppe: &Enveloppe) -> Result<(), ErreurBase> {
    match (&enveloppe.kind, &enveloppe.series, &enveloppe.next) {
        (Genre::Retrait, Some(serie), _) => retire(tx, enveloppe.iss.as_str(), serie).await,
        (Genre::Rotation, _, Some(nouvelle)) => {
            noeud::tourne(tx, enveloppe.iss.as_str(), enveloppe.seq, &nouvelle.x).await
        }
        _ => Ok(()),
    }
}

/// Nothing of the slice is shown any more; what was accepted stays in the register.
pub(crate) async fn retire(tx: &mut Tx, noeud: &str, serie: &Serie) -> Result<(), ErreurBase> {
    let tranche = Tranche { noeud, jeu: &serie.dataset, campagne: &serie.period };
    observation::vide(tx, &tranche).await?;
    for sql in [
        "/* territoire.retire */ DELETE FROM territoire WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
        "/* fiche.retire */ DELETE FROM fiche WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
    ] {
        tx.execute(sql, args![tranche.campagne, tranche.noeud, tranche.jeu]).await?;
    }
    if serie.dataset == ::publication::contenu::JEU_DISPOSITIF {
        tx.execute(
            "/* dispositif.retire */ DELETE FROM dispositif WHERE campagne = $1 AND noeud = $2",
            args![tranche.campagne, tranche.noeud],
        )
        .await?;
    }
    tx.execute(
        "/* completude.retire */ DELETE FROM completude WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
        args![tranche.campagne, tranche.noeud, tranche.jeu],
    )
    .await
    .map(|_| ())
}

/// Present revision of the series of an entry.
pub(crate) async fn revision(tx: &mut Tx, enveloppe: &Enveloppe) -> Result<Option<u64>, ErreurBase> {
    let Some(serie) = enveloppe.serie() else { return Ok(None) };
    let ligne = tx
        .ligne(
            "/* serie.revision */ SELECT rev FROM serie WHERE jeu = $1 AND noeud = $2 AND periode = $3",
            args![&serie.dataset, enveloppe.iss.as_str(), &serie.period],
        )
        .await?;
    ligne.map(|l| l.int(0).map(i64::unsigned_abs)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::publication::{Acte, CleSignature, Emission, Empreinte, Place, Raison, References, sceller_acte};
    use rand::SeedableRng as _;

    fn retrait(rev: u64) -> Enveloppe {
        let cle = CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(1));
        let serie = Serie { dataset: "ea.indicateurs".into(), period: "2026-T1".into(), scope: "cdg".into() };
        let emission = Emission {
            hub: "https://hub.example".into(),
            region: "27".into(),
            references: References { catalogue: String::new(), thresholds: String::new(), campaign: String::new() },
            cree_le: chrono::DateTime::UNIX_EPOCH,
            essai: false,
        };
        let acte =
            Acte::Retrait { serie, rev, supersedes: Empreinte::depuis_octets([1; 32]), raison: Raison::Correction };
        let place = Place { seq: 2, prev: Some(Empreinte::depuis_octets([2; 32])) };
        let noeud = "cdg-287000012".parse().unwrap();
        sceller_acte(&acte, &noeud, place, &emission, &cle).unwrap().enveloppe().clone()
    }

    #[test]
    fn only_what_was_accepted_and_is_older_is_withdrawn() {
        let code = |courante, rev| objection(&retrait(rev), courante).map(|r| r.code());
        assert_eq!(code(Some(1), 2), None);
        assert_eq!(code(Some(2), 2), Some(CodeRefus::RevNotGreater));
        assert_eq!(code(None, 2), Some(CodeRefus::SeriesUnknown));
    }
}

//! The centres as they were: a row each time the configuration says something else of one. Without it, a committee
//! file of two years ago would call a renamed centre by its new name.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::noeud::Noeud;
use crate::valeur::args;

/// Writes what is no longer as it was last written.
pub(crate) async fn note(tx: &mut Tx, noeuds: &[Noeud], moment: DateTime<Utc>) -> Result<(), ErreurBase> {
    let lignes = tx
        .lignes(
            "/* noeud_passe.derniers */ SELECT noeud, nom, organisme, actif, regions FROM noeud_passe p
             WHERE depuis = (SELECT MAX(depuis) FROM noeud_passe WHERE noeud = p.noeud)",
            args![],
        )
        .await?;
    let derniers = par_identifiant(&lignes)?;
    for n in noeuds.iter().filter(|n| derniers.get(n.identifiant.as_str()) != Some(n)) {
        tx.execute(
            "/* noeud_passe.note */ INSERT INTO noeud_passe (noeud, depuis, nom, organisme, actif, regions)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (noeud, depuis) DO UPDATE SET nom = excluded.nom, organisme = excluded.organisme,
             actif = excluded.actif, regions = excluded.regions",
            args![n.identifiant.as_str(), moment, &n.nom, &n.organisme, n.actif, n.regions.join(",")],
        )
        .await?;
    }
    Ok(())
}

/// The centres known at a moment, by name, as they were then.
pub async fn liste(db: &Db, moment: DateTime<Utc>) -> Result<Vec<Noeud>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* noeud_passe.liste */ SELECT noeud, nom, organisme, actif, regions FROM noeud_passe p
             WHERE depuis = (SELECT MAX(depuis) FROM noeud_passe WHERE noeud = p.noeud AND depuis <= $1)",
            args![moment],
        )
        .await?;
    let mut noeuds: Vec<Noeud> = par_identifiant(&lignes)?.into_values().collect();
    noeuds.sort_by(|a, b| (&a.nom, &a.identifiant).cmp(&(&b.nom, &b.identifiant)));
    Ok(noeuds)
}

fn par_identifiant(lignes: &[Row]) -> Result<BTreeMap<String, Noeud>, ErreurBase> {
    lignes.iter().map(|l| lit(l).map(|n| (n.identifiant.to_string(), n))).collect()
}

fn lit(l: &Row) -> Result<Noeud, ErreurBase> {
    Ok(Noeud {
        identifiant: l.text(0)?.parse().map_err(|_| ErreurBase::ValeurIllisible(0))?,
        nom: l.text(1)?,
        organisme: l.text(2)?,
        actif: l.bool(3)?,
        regions: l.text(4)?.split(',').filter(|r| !r.is_empty()).map(str::to_owned).collect(),
    })
}

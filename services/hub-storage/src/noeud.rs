//! The nodes: a roster copied from the configuration at start, and the keys each one signs with. A key
//! is valid for a range of positions, so that what an old key signed stays verifiable for ever.

use std::collections::BTreeMap;

use ::publication::ClePublique;
use chrono::{DateTime, Utc};
use referentiel::identifiant::IdentifiantNoeud;

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::noeud_passe;
use crate::registre::seq_sql;
use crate::valeur::args;

/// A centre's node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noeud {
    /// `cdg-<SIREN>`.
    pub identifiant: IdentifiantNoeud,
    /// Name of the centre.
    pub nom: String,
    /// Code of the centre (`CDG70`).
    pub organisme: String,
    /// INSEE codes of its regions.
    pub regions: Vec<String>,
    /// False when the configuration no longer lists it: its history stays, nothing new is expected.
    pub actif: bool,
}

/// A key of a node and the positions it may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleNoeud {
    /// The key.
    pub cle: ClePublique,
    /// First position.
    pub depuis: u64,
    /// Last position, when another key took over.
    pub jusqua: Option<u64>,
}

impl CleNoeud {
    /// True when the key may sign this position.
    pub fn couvre(&self, seq: u64) -> bool {
        seq >= self.depuis && self.jusqua.is_none_or(|fin| seq <= fin)
    }
}

/// Makes the roster that of the configuration. A node that left becomes inactive; a new key opens after
/// the last position received under the old one. What changed is noted with its moment.
pub async fn synchronise(
    db: &Db,
    noeuds: &[(Noeud, Option<ClePublique>)],
    moment: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* noeud.desactive */ UPDATE noeud SET actif = $1", args![false]).await?;
    for (noeud, cle) in noeuds {
        let identifiant = noeud.identifiant.as_str();
        tx.execute(
            "/* noeud.inscrit */ INSERT INTO noeud (identifiant, nom, organisme, actif, etat) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (identifiant) DO UPDATE SET nom = excluded.nom, organisme = excluded.organisme, actif = excluded.actif",
            args![identifiant, &noeud.nom, &noeud.organisme, true, if cle.is_some() { "actif" } else { "enregistre" }],
        )
        .await?;
        tx.execute("/* noeud.vide_regions */ DELETE FROM noeud_region WHERE noeud = $1", args![identifiant]).await?;
        for region in &noeud.regions {
            tx.execute(
                "/* noeud.place */ INSERT INTO noeud_region (noeud, region) VALUES ($1, $2)",
                args![identifiant, region],
            )
            .await?;
        }
        if let Some(cle) = cle {
            inscrit_cle(&mut tx, identifiant, cle).await?;
        }
    }
    let tous = range(&tx.lignes(TOUS, args![]).await?)?;
    noeud_passe::note(&mut tx, &tous, moment).await?;
    tx.commit().await
}

async fn inscrit_cle(tx: &mut Tx, noeud: &str, cle: &ClePublique) -> Result<(), ErreurBase> {
    let courante = tx
        .ligne("/* cle.courante */ SELECT kid FROM cle WHERE noeud = $1 AND jusqua_seq IS NULL", args![noeud])
        .await?;
    let kid = cle.kid();
    if courante.map(|l| l.text(0)).transpose()?.is_some_and(|connue| connue == kid) {
        return Ok(());
    }
    // A key of the past in the configuration: the chain announced another one since, and the chain decides.
    // A revoked node has no key until it is invited again.
    if cle_deja_vue(tx, noeud, &kid).await? || enrole_autrement(tx, noeud).await? {
        return Ok(());
    }
    let tete = tete(tx, noeud).await?;
    // A key that never signed anything has no history to keep: it simply goes.
    tx.execute("/* cle.oublie */ DELETE FROM cle WHERE noeud = $1 AND depuis_seq > $2", args![noeud, seq_sql(tete)])
        .await?;
    tourne(tx, noeud, tete, cle).await
}

/// True when the node was revoked, or is being enrolled again after that.
async fn enrole_autrement(tx: &mut Tx, noeud: &str) -> Result<bool, ErreurBase> {
    let sql = "/* noeud.revoque_lit */ SELECT 1 FROM noeud WHERE identifiant = $1
               AND etat IN ('revoque', 'en_attente_approbation')";
    Ok(tx.ligne(sql, args![noeud]).await?.is_some())
}

/// Position of the node's last entry; 0 before the first.
pub(crate) async fn tete(tx: &mut Tx, noeud: &str) -> Result<u64, ErreurBase> {
    let tete = tx.ligne("/* cle.tete */ SELECT seq FROM chaine WHERE noeud = $1", args![noeud]).await?;
    Ok(tete.map(|l| l.int(0)).transpose()?.unwrap_or(0).unsigned_abs())
}

/// True when this key was ever one of the node's.
pub(crate) async fn cle_deja_vue(tx: &mut Tx, noeud: &str, kid: &str) -> Result<bool, ErreurBase> {
    let sql = "/* cle.passee */ SELECT kid FROM cle WHERE noeud = $1 AND kid = $2";
    Ok(tx.ligne(sql, args![noeud, kid]).await?.is_some())
}

/// Opens a key after a position, and closes the one before it there.
pub(crate) async fn tourne(tx: &mut Tx, noeud: &str, seq: u64, cle: &ClePublique) -> Result<(), ErreurBase> {
    tx.execute(
        "/* cle.ferme */ UPDATE cle SET jusqua_seq = $2 WHERE noeud = $1 AND jusqua_seq IS NULL",
        args![noeud, seq_sql(seq)],
    )
    .await?;
    tx.execute(
        "/* cle.ouvre */ INSERT INTO cle (noeud, kid, cle, depuis_seq, jusqua_seq) VALUES ($1, $2, $3, $4, NULL)",
        args![noeud, cle.kid(), cle.to_string(), seq_sql(seq + 1)],
    )
    .await?;
    Ok(())
}

/// The node whose present key has this thumbprint.
pub async fn du_kid(db: &Db, kid: &str) -> Result<Option<(IdentifiantNoeud, ClePublique)>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* cle.en_vigueur */ SELECT c.noeud, c.cle FROM cle c JOIN noeud n ON n.identifiant = c.noeud
             WHERE c.kid = $1 AND c.jusqua_seq IS NULL AND n.actif = $2",
            args![kid, true],
        )
        .await?;
    ligne
        .map(|l| {
            let noeud = l.text(0)?.parse().map_err(|_| ErreurBase::ValeurIllisible(0))?;
            Ok((noeud, l.text(1)?.parse().map_err(|_| ErreurBase::ValeurIllisible(1))?))
        })
        .transpose()
}

/// The key of a node with this thumbprint.
pub async fn find_cle(db: &Db, noeud: &IdentifiantNoeud, kid: &str) -> Result<Option<CleNoeud>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* cle.par_kid */ SELECT cle, depuis_seq, jusqua_seq FROM cle WHERE noeud = $1 AND kid = $2",
            args![noeud.as_str(), kid],
        )
        .await?;
    ligne
        .map(|l| {
            let cle = l.text(0)?.parse().map_err(|_| ErreurBase::ValeurIllisible(0))?;
            Ok(CleNoeud { cle, depuis: l.int(1)?.unsigned_abs(), jusqua: l.opt_int(2)?.map(i64::unsigned_abs) })
        })
        .transpose()
}

const TOUS: &str = "/* noeud.liste */ SELECT n.identifiant, n.nom, n.organisme, n.actif, r.region
     FROM noeud n LEFT JOIN noeud_region r ON r.noeud = n.identifiant ORDER BY n.nom, n.identifiant, r.region";

/// All nodes, by name.
pub async fn liste(db: &Db) -> Result<Vec<Noeud>, ErreurBase> {
    range(&db.lignes(TOUS, args![]).await?)
}

/// One node for all the rows of its regions.
fn range(lignes: &[Row]) -> Result<Vec<Noeud>, ErreurBase> {
    let mut rangs: BTreeMap<String, usize> = BTreeMap::new();
    let mut noeuds: Vec<Noeud> = Vec::new();
    for l in lignes {
        let identifiant = l.text(0)?;
        let rang = match rangs.get(&identifiant) {
            Some(rang) => *rang,
            None => {
                let lu = identifiant.parse().map_err(|_| ErreurBase::ValeurIllisible(0))?;
                noeuds.push(Noeud {
                    identifiant: lu,
                    nom: l.text(1)?,
                    organisme: l.text(2)?,
                    regions: vec![],
                    actif: l.bool(3)?,
                });
                rangs.insert(identifiant, noeuds.len() - 1);
                noeuds.len() - 1
            }
        };
        if let (Some(noeud), Some(region)) = (noeuds.get_mut(rang), l.opt_text(4)?) {
            noeud.regions.push(region);
        }
    }
    Ok(noeuds)
}

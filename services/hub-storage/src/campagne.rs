//! Campaigns and their roster of expected reporters. The configuration declares them; a publication for
//! a period nobody declared opens one, in which every active centre is expected as a whole.

use chrono::{DateTime, NaiveDate, Utc};
use referentiel::periode::Trimestre;

use crate::base::{Db, ErreurBase, Tx};
use crate::valeur::args;

/// Roster entry « the centre, whichever its dispositifs ».
pub const CENTRE_ENTIER: &str = "";

/// A campaign as the configuration declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampagneDeclaree {
    /// Quarter.
    pub code: Trimestre,
    /// Date the figures describe.
    pub date_evenement: NaiveDate,
    /// Last moment of the deposit.
    pub limite_depot: Option<DateTime<Utc>>,
    /// Data sets expected.
    pub jeux: Vec<String>,
    /// (node, dispositif) expected; [`CENTRE_ENTIER`] for a centre without a list.
    pub attendus: Vec<(String, String)>,
}

/// A campaign as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campagne {
    /// `2026-T1`.
    pub code: String,
    /// Date the figures describe.
    pub date_evenement: NaiveDate,
    /// Last moment of the deposit.
    pub limite_depot: Option<DateTime<Utc>>,
    /// False when it was opened by a first publication.
    pub declaree: bool,
}

/// Makes the declared campaigns those of the configuration. Undeclared ones stay, and expect every active centre.
pub async fn synchronise(db: &Db, declarees: &[CampagneDeclaree], jeux: &[String]) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* campagne.oublie_declaration */ UPDATE campagne SET declaree = $1", args![false]).await?;
    for c in declarees {
        let code = c.code.to_string();
        tx.execute(
            "/* campagne.declare */ INSERT INTO campagne (code, date_evenement, limite_depot, declaree)
             VALUES ($1, $2, $3, $4) ON CONFLICT (code) DO UPDATE SET date_evenement = excluded.date_evenement,
             limite_depot = excluded.limite_depot, declaree = excluded.declaree",
            args![&code, c.date_evenement, c.limite_depot, true],
        )
        .await?;
        vide_liste(&mut tx, &code).await?;
        inscrit_liste(&mut tx, &code, &c.jeux, &c.attendus).await?;
    }
    let orphelines =
        tx.lignes("/* campagne.non_declarees */ SELECT code FROM campagne WHERE declaree = $1", args![false]).await?;
    for l in orphelines {
        let code = l.text(0)?;
        vide_liste(&mut tx, &code).await?;
        let attendus = centres_actifs(&mut tx).await?;
        inscrit_liste(&mut tx, &code, jeux, &attendus).await?;
    }
    tx.commit().await
}

/// Opens the campaign of a period when nobody declared it.
pub(crate) async fn ouvre_si_absente(tx: &mut Tx, periode: Trimestre, jeux: &[String]) -> Result<(), ErreurBase> {
    let code = periode.to_string();
    let nouvelle = tx
        .execute(
            "/* campagne.ouvre */ INSERT INTO campagne (code, date_evenement, limite_depot, declaree)
             VALUES ($1, $2, NULL, $3) ON CONFLICT (code) DO NOTHING",
            args![&code, periode.fin(), false],
        )
        .await?;
    if nouvelle > 0 {
        let attendus = centres_actifs(tx).await?;
        inscrit_liste(tx, &code, jeux, &attendus).await?;
    }
    Ok(())
}

async fn centres_actifs(tx: &mut Tx) -> Result<Vec<(String, String)>, ErreurBase> {
    let lignes =
        tx.lignes("/* noeud.actifs */ SELECT identifiant FROM noeud WHERE actif = $1 ORDER BY 1", args![true]).await?;
    lignes.iter().map(|l| Ok((l.text(0)?, CENTRE_ENTIER.to_owned()))).collect()
}

async fn vide_liste(tx: &mut Tx, code: &str) -> Result<(), ErreurBase> {
    tx.execute("/* attendu.vide */ DELETE FROM attendu WHERE campagne = $1", args![code]).await?;
    tx.execute("/* campagne_jeu.vide */ DELETE FROM campagne_jeu WHERE campagne = $1", args![code]).await?;
    Ok(())
}

async fn inscrit_liste(
    tx: &mut Tx,
    code: &str,
    jeux: &[String],
    attendus: &[(String, String)],
) -> Result<(), ErreurBase> {
    for jeu in jeux {
        tx.execute(
            "/* campagne_jeu.insere */ INSERT INTO campagne_jeu (campagne, jeu) VALUES ($1, $2)",
            args![code, jeu],
        )
        .await?;
    }
    for (noeud, dispositif) in attendus {
        tx.execute(
            "/* attendu.insere */ INSERT INTO attendu (campagne, noeud, dispositif) VALUES ($1, $2, $3)",
            args![code, noeud, dispositif],
        )
        .await?;
    }
    Ok(())
}

/// All campaigns, most recent first.
pub async fn liste(db: &Db) -> Result<Vec<Campagne>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* campagne.liste */ SELECT code, date_evenement, limite_depot, declaree FROM campagne ORDER BY code DESC",
            args![],
        )
        .await?;
    lignes
        .iter()
        .map(|l| {
            Ok(Campagne {
                code: l.text(0)?,
                date_evenement: l.date(1)?,
                limite_depot: l.opt_ts(2)?,
                declaree: l.bool(3)?,
            })
        })
        .collect()
}

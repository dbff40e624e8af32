//! Vintages: a campaign as it was at a moment, replayed from the register into a database in memory, which
//! the ordinary queries then read. Nothing is kept twice, and no correction can change what was.

use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase, Tx};
use crate::valeur::args;
use crate::{campagne, campagne_passee, rebuild};

/// The campaign as it was, with the centres’ names and the roster of then.
pub async fn de_la_campagne(
    source: &Db,
    campagne: &str,
    moment: DateTime<Utc>,
    jeux: &[String],
) -> Result<Db, ErreurBase> {
    let passe = Db::en_memoire().await?;
    let mut tx = passe.begin().await?;
    rebuild::rejoue_passe(source, &mut tx, campagne, moment, jeux).await?;
    rejoue_liste(source, &mut tx, campagne, moment).await?;
    rejoue_remontees(source, &mut tx, campagne, moment).await?;
    tx.commit().await?;
    Ok(passe)
}

/// Who was expected, and of what.
async fn rejoue_liste(source: &Db, tx: &mut Tx, campagne: &str, moment: DateTime<Utc>) -> Result<(), ErreurBase> {
    let Some(declaration) = campagne_passee::a(source, campagne, moment).await? else { return Ok(()) };
    tx.execute(
        "/* passe.dates */ UPDATE campagne SET date_evenement = $1, limite_depot = $2, declaree = $3 WHERE code = $4",
        args![declaration.date_evenement, declaration.limite_depot, declaration.declaree, campagne],
    )
    .await?;
    // The replay of a publication that opened the campaign expected every centre of it.
    for sql in [
        "/* passe.sans_attendus */ DELETE FROM attendu WHERE campagne = $1",
        "/* passe.sans_jeux */ DELETE FROM campagne_jeu WHERE campagne = $1",
        "/* passe.sans_remontees */ DELETE FROM remontee WHERE campagne = $1",
    ] {
        tx.execute(sql, args![campagne]).await?;
    }
    campagne::inscrit_liste(tx, campagne, &declaration.jeux, &declaration.attendus).await
}

/// The remontées in their first state, those of the roster and those that somebody moved, then what moved them.
async fn rejoue_remontees(source: &Db, tx: &mut Tx, campagne: &str, moment: DateTime<Utc>) -> Result<(), ErreurBase> {
    let touchees = source
        .lignes(
            "/* passe.remontees */ SELECT DISTINCT noeud, dispositif FROM remontee_transition
             WHERE campagne = $1 AND le <= $2",
            args![campagne, moment],
        )
        .await?;
    for l in touchees {
        tx.execute(
            "/* passe.remontee */ INSERT INTO remontee (campagne, noeud, dispositif) VALUES ($1, $2, $3)
             ON CONFLICT DO NOTHING",
            args![campagne, l.text(0)?, l.text(1)?],
        )
        .await?;
    }
    rejoue_transitions(source, tx, campagne, moment).await
}

/// The transitions up to the moment, in order: the triggers of the fresh database check them once more.
async fn rejoue_transitions(source: &Db, tx: &mut Tx, campagne: &str, moment: DateTime<Utc>) -> Result<(), ErreurBase> {
    let lignes = source
        .lignes(
            "/* passe.transitions */ SELECT noeud, dispositif, de, vers, par, le, motif, motifs FROM remontee_transition
             WHERE campagne = $1 AND le <= $2 ORDER BY ordre",
            args![campagne, moment],
        )
        .await?;
    for l in lignes {
        tx.execute(
            "/* passe.transition */ INSERT INTO remontee_transition
             (campagne, noeud, dispositif, de, vers, par, le, motif, motifs) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![
                campagne,
                l.text(0)?,
                l.text(1)?,
                l.text(2)?,
                l.text(3)?,
                l.text(4)?,
                l.ts(5)?,
                l.opt_text(6)?,
                l.text(7)?
            ],
        )
        .await?;
    }
    Ok(())
}

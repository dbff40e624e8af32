//! Vintages: a campaign as it was at a moment, replayed from the register into a database in memory, which
//! the ordinary queries then read. Nothing is kept twice, and no correction can change what was.

use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase, Tx};
use crate::rebuild;
use crate::valeur::{Val, args};

/// The campaign as it was, with the centres’ names of then. The declared roster is that of today.
pub async fn de_la_campagne(
    source: &Db,
    campagne: &str,
    moment: DateTime<Utc>,
    jeux: &[String],
) -> Result<Db, ErreurBase> {
    let passe = Db::en_memoire().await?;
    let mut tx = passe.begin().await?;
    rebuild::rejoue_passe(source, &mut tx, campagne, moment, jeux).await?;
    for (lit, ecrit) in COPIES {
        let lignes = source.lignes(*lit, args![campagne]).await?;
        for l in lignes {
            let valeurs = [0, 1, 2].map(|rang| l.text(rang));
            let valeurs = valeurs.into_iter().map(|v| v.map(Val::from)).collect::<Result<Vec<_>, _>>()?;
            tx.execute(*ecrit, valeurs).await?;
        }
    }
    rejoue_transitions(source, &mut tx, campagne, moment).await?;
    tx.commit().await?;
    Ok(passe)
}

/// What the replay does not bring: the declared roster, and the remontées in their first state.
const COPIES: &[(&str, &str)] = &[
    (
        "/* passe.attendus */ SELECT campagne, noeud, dispositif FROM attendu WHERE campagne = $1",
        "/* passe.attendu */ INSERT INTO attendu (campagne, noeud, dispositif) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    ),
    (
        "/* passe.jeux */ SELECT campagne, jeu, jeu FROM campagne_jeu WHERE campagne = $1",
        "/* passe.jeu */ INSERT INTO campagne_jeu (campagne, jeu) SELECT $1, $2 WHERE $3 <> '' ON CONFLICT DO NOTHING",
    ),
    (
        "/* passe.remontees */ SELECT campagne, noeud, dispositif FROM remontee WHERE campagne = $1",
        "/* passe.remontee */ INSERT INTO remontee (campagne, noeud, dispositif) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    ),
];

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

//! Campaigns as they were declared: a row each time their dates, their jeux or their roster become others. Without it,
//! a dispositif struck off today would not have been late last year.

use chrono::{DateTime, NaiveDate, Utc};

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::valeur::args;

/// What is declared of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub declaree: bool,
    pub date_evenement: NaiveDate,
    pub limite_depot: Option<DateTime<Utc>>,
    pub ouverture: Option<DateTime<Utc>>,
    pub fin_correction: Option<DateTime<Utc>>,
    pub jeux: Vec<String>,
    /// (node, dispositif), in order.
    pub attendus: Vec<(String, String)>,
}

/// Writes what is declared now of a campaign, when it is no longer what was last written.
pub(crate) async fn note(tx: &mut Tx, campagne: &str, moment: DateTime<Utc>) -> Result<(), ErreurBase> {
    let presente = presente(tx, campagne).await?;
    let derniere = tx
        .ligne(
            "/* campagne_passee.derniere */ SELECT declaree, date_evenement, limite_depot, ouverture, fin_correction,
             jeux, attendus FROM campagne_passee WHERE campagne = $1 ORDER BY depuis DESC LIMIT 1",
            args![campagne],
        )
        .await?;
    if derniere.map(|l| lit(&l)).transpose()?.as_ref() == Some(&presente) {
        return Ok(());
    }
    tx.execute(
        "/* campagne_passee.note */ INSERT INTO campagne_passee
         (campagne, depuis, declaree, date_evenement, limite_depot, ouverture, fin_correction, jeux, attendus)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (campagne, depuis) DO UPDATE SET declaree = excluded.declaree,
         date_evenement = excluded.date_evenement, limite_depot = excluded.limite_depot, ouverture = excluded.ouverture,
         fin_correction = excluded.fin_correction, jeux = excluded.jeux, attendus = excluded.attendus",
        args![
            campagne,
            moment,
            presente.declaree,
            presente.date_evenement,
            presente.limite_depot,
            presente.ouverture,
            presente.fin_correction,
            lue(5, serde_json::to_string(&presente.jeux))?,
            lue(6, serde_json::to_string(&presente.attendus))?
        ],
    )
    .await?;
    Ok(())
}

/// What was declared of a campaign at a moment; nothing when it was not known yet.
pub(crate) async fn a(db: &Db, campagne: &str, moment: DateTime<Utc>) -> Result<Option<Declaration>, ErreurBase> {
    let ligne = db
        .ligne(
            "/* campagne_passee.a */ SELECT declaree, date_evenement, limite_depot, ouverture, fin_correction, jeux,
             attendus FROM campagne_passee WHERE campagne = $1 AND depuis <= $2 ORDER BY depuis DESC LIMIT 1",
            args![campagne, moment],
        )
        .await?;
    ligne.map(|l| lit(&l)).transpose()
}

async fn presente(tx: &mut Tx, campagne: &str) -> Result<Declaration, ErreurBase> {
    let ligne = tx
        .ligne(
            "/* campagne_passee.presente */ SELECT declaree, date_evenement, limite_depot, ouverture, fin_correction
             FROM campagne WHERE code = $1",
            args![campagne],
        )
        .await?
        .ok_or(ErreurBase::ValeurIllisible(0))?;
    let jeux = tx
        .lignes(
            "/* campagne_passee.jeux */ SELECT jeu FROM campagne_jeu WHERE campagne = $1 ORDER BY jeu",
            args![campagne],
        )
        .await?;
    let attendus = tx
        .lignes(
            "/* campagne_passee.attendus */ SELECT noeud, dispositif FROM attendu WHERE campagne = $1
             ORDER BY noeud, dispositif",
            args![campagne],
        )
        .await?;
    Ok(Declaration {
        jeux: jeux.iter().map(|l| l.text(0)).collect::<Result<_, _>>()?,
        attendus: attendus.iter().map(|l| Ok((l.text(0)?, l.text(1)?))).collect::<Result<_, ErreurBase>>()?,
        ..dates(&ligne)?
    })
}

fn lit(l: &Row) -> Result<Declaration, ErreurBase> {
    Ok(Declaration {
        jeux: lue(5, serde_json::from_str(&l.text(5)?))?,
        attendus: lue(6, serde_json::from_str(&l.text(6)?))?,
        ..dates(l)?
    })
}

fn dates(l: &Row) -> Result<Declaration, ErreurBase> {
    Ok(Declaration {
        declaree: l.bool(0)?,
        date_evenement: l.date(1)?,
        limite_depot: l.opt_ts(2)?,
        ouverture: l.opt_ts(3)?,
        fin_correction: l.opt_ts(4)?,
        jeux: vec![],
        attendus: vec![],
    })
}

fn lue<T>(rang: usize, json: Result<T, serde_json::Error>) -> Result<T, ErreurBase> {
    json.map_err(|_| ErreurBase::ValeurIllisible(rang))
}

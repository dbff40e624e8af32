//! Reminders sent to centres: written down before they leave, so that none is sent without a trace, and
//! completed by what the mail server answered. Never a figure and never a person's name inside.

use chrono::{DateTime, Utc};

use crate::base::{Db, ErreurBase};
use crate::journal::{self, Fait};
use crate::ligne::Row;
use crate::valeur::args;

/// A reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relance {
    /// Identifier, also that of the message.
    pub identifiant: String,
    /// Campaign.
    pub campagne: String,
    /// Centre.
    pub noeud: String,
    /// Address it was sent to.
    pub destinataire: String,
    /// When somebody asked for it.
    pub demandee_le: DateTime<Utc>,
    /// Who asked.
    pub par: String,
    /// When the mail server took it.
    pub envoyee_le: Option<DateTime<Utc>>,
    /// Why it did not.
    pub erreur: Option<String>,
}

/// Writes a reminder down before it leaves; false when it was already: the same form, sent twice, reminds once.
pub async fn demande(db: &Db, r: &Relance, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* relance.demande */ INSERT INTO relance (identifiant, campagne, noeud, destinataire, demandee_le, par)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (identifiant) DO NOTHING",
            args![&r.identifiant, &r.campagne, &r.noeud, &r.destinataire, r.demandee_le, &r.par],
        )
        .await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

/// Writes down what became of it.
pub async fn conclut(
    db: &Db,
    identifiant: &str,
    moment: DateTime<Utc>,
    erreur: Option<&str>,
) -> Result<(), ErreurBase> {
    let envoyee_le = erreur.is_none().then_some(moment);
    let mut tx = db.begin().await?;
    tx.execute(
        "/* relance.conclut */ UPDATE relance SET envoyee_le = $2, erreur = $3 WHERE identifiant = $1",
        args![identifiant, envoyee_le, erreur.map(str::to_owned)],
    )
    .await?;
    tx.commit().await
}

/// The reminders of a campaign, latest first.
pub async fn de_la_campagne(db: &Db, campagne: &str) -> Result<Vec<Relance>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* relance.liste */ SELECT identifiant, campagne, noeud, destinataire, demandee_le, par, envoyee_le, erreur
             FROM relance WHERE campagne = $1 ORDER BY demandee_le DESC, identifiant",
            args![campagne],
        )
        .await?;
    lignes.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Relance, ErreurBase> {
    Ok(Relance {
        identifiant: l.text(0)?,
        campagne: l.text(1)?,
        noeud: l.text(2)?,
        destinataire: l.text(3)?,
        demandee_le: l.ts(4)?,
        par: l.text(5)?,
        envoyee_le: l.opt_ts(6)?,
        erreur: l.opt_text(7)?,
    })
}

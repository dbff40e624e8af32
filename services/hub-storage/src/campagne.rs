//! Campaigns and their roster of expected reporters. The configuration declares them; a publication for
//! a period nobody declared opens one, in which every active centre is expected as a whole.

use chrono::{DateTime, NaiveDate, Utc};
use referentiel::periode::Trimestre;

use crate::base::{Db, ErreurBase, Travail, Tx};
pub use crate::etat::EtatCampagne;
use crate::etat::{self, TransitionRefusee};
use crate::journal::Fait;
use crate::ligne::Row;
use crate::valeur::args;
use crate::{campagne_passee, remontee};

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
    /// First moment of the deposit: before it, the campaign is a draft.
    pub ouverture: Option<DateTime<Utc>>,
    /// Last moment of the corrections: after it, the campaign closes by itself.
    pub fin_correction: Option<DateTime<Utc>>,
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
    /// First moment of the deposit, when it is planned.
    pub ouverture: Option<DateTime<Utc>>,
    /// Last moment of the corrections, when it is planned.
    pub fin_correction: Option<DateTime<Utc>>,
    /// False when it was opened by a first publication.
    pub declaree: bool,
    /// State.
    pub etat: EtatCampagne,
}

/// Makes the declared campaigns those of the configuration. Undeclared ones stay, and expect every active centre.
pub async fn synchronise(
    db: &Db,
    declarees: &[CampagneDeclaree],
    jeux: &[String],
    moment: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    tx.execute("/* campagne.oublie_declaration */ UPDATE campagne SET declaree = $1", args![false]).await?;
    for c in declarees {
        let code = c.code.to_string();
        tx.execute(
            "/* campagne.declare */ INSERT INTO campagne
             (code, date_evenement, limite_depot, declaree, ouverture, fin_correction, etat)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code) DO UPDATE SET date_evenement = excluded.date_evenement,
             limite_depot = excluded.limite_depot, declaree = excluded.declaree, ouverture = excluded.ouverture,
             fin_correction = excluded.fin_correction",
            args![
                &code,
                c.date_evenement,
                c.limite_depot,
                true,
                c.ouverture,
                c.fin_correction,
                c.ouverture.map_or(EtatCampagne::Ouverte, |_| EtatCampagne::Brouillon).code()
            ],
        )
        .await?;
        vide_liste(&mut tx, &code).await?;
        inscrit_liste(&mut tx, &code, &c.jeux, &c.attendus).await?;
        campagne_passee::note(&mut tx, &code, moment).await?;
    }
    let orphelines =
        tx.lignes("/* campagne.non_declarees */ SELECT code FROM campagne WHERE declaree = $1", args![false]).await?;
    for l in orphelines {
        let code = l.text(0)?;
        vide_liste(&mut tx, &code).await?;
        let attendus = centres_actifs(&mut tx).await?;
        inscrit_liste(&mut tx, &code, jeux, &attendus).await?;
        campagne_passee::note(&mut tx, &code, moment).await?;
    }
    tx.commit().await
}

/// Opens the campaign of a period when nobody declared it.
pub(crate) async fn ouvre_si_absente(
    tx: &mut Tx,
    periode: Trimestre,
    jeux: &[String],
    moment: DateTime<Utc>,
) -> Result<(), ErreurBase> {
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
        campagne_passee::note(tx, &code, moment).await?;
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

pub(crate) async fn inscrit_liste(
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
    remontee::inscrit(tx, code).await
}

/// Moves a campaign, on the word of somebody. Closing it gives up what never came.
pub async fn passe(
    db: &Db,
    code: &str,
    vers: EtatCampagne,
    motif: Option<&str>,
    fait: &Fait,
) -> Result<EtatCampagne, TransitionRefusee> {
    let mut tx = db.begin().await?;
    let ligne = tx.ligne("/* campagne.presente */ SELECT etat FROM campagne WHERE code = $1", args![code]).await?;
    let de = etat(&ligne.ok_or(TransitionRefusee::Inconnu)?, 0)?;
    if !de.suivants().contains(&vers) {
        return Err(TransitionRefusee::Etat(de.code()));
    }
    passe_dans(&mut tx, code, de, vers, motif, fait).await?;
    tx.commit().await?;
    Ok(vers)
}

async fn passe_dans(
    tx: &mut Tx,
    code: &str,
    de: EtatCampagne,
    vers: EtatCampagne,
    motif: Option<&str>,
    fait: &Fait,
) -> Result<(), ErreurBase> {
    etat::passe_campagne(tx, code, de, vers, motif, fait).await?;
    if vers == EtatCampagne::Close { remontee::abandonne(tx, code, fait).await } else { Ok(()) }
}

/// Moves what the calendar says has come: opens, ends the deposit, closes. Run by one replica at a time
/// and without effect when run again.
pub async fn echeances(db: &Db, maintenant: DateTime<Utc>) -> Result<u64, ErreurBase> {
    let mut tx = db.begin().await?;
    if !tx.seul(Travail::Echeances).await? {
        return Ok(0);
    }
    let lignes = tx
        .lignes(
            "/* campagne.echues */ SELECT code, etat, ouverture, limite_depot, fin_correction FROM campagne
             WHERE etat IN ('brouillon', 'ouverte', 'en_correction') AND (ouverture IS NOT NULL OR fin_correction IS NOT NULL)",
            args![],
        )
        .await?;
    let mut passees = 0;
    for l in lignes {
        let code = l.text(0)?;
        let mut de = etat(&l, 1)?;
        let venu = |rang: usize| -> Result<bool, ErreurBase> { Ok(l.opt_ts(rang)?.is_some_and(|t| t <= maintenant)) };
        // One state at a time: a hub that slept for a month writes each passage.
        while let Some(vers) = match de {
            EtatCampagne::Brouillon if venu(2)? => Some(EtatCampagne::Ouverte),
            EtatCampagne::Ouverte if venu(3)? && l.opt_ts(4)?.is_some() => Some(EtatCampagne::EnCorrection),
            EtatCampagne::EnCorrection if venu(4)? => Some(EtatCampagne::Close),
            _ => None,
        } {
            let fait = Fait {
                moment: maintenant,
                acteur: "calendrier".to_owned(),
                action: "campagne.passer",
                objet: code.clone(),
                detail: serde_json::json!({ "de": de.code(), "vers": vers.code() }),
            };
            passe_dans(&mut tx, &code, de, vers, None, &fait).await?;
            de = vers;
            passees += 1;
        }
    }
    tx.commit().await?;
    Ok(passees)
}

fn etat(l: &Row, rang: usize) -> Result<EtatCampagne, ErreurBase> {
    EtatCampagne::depuis_code(&l.text(rang)?).ok_or(ErreurBase::ValeurIllisible(rang))
}

/// All campaigns, most recent first.
pub async fn liste(db: &Db) -> Result<Vec<Campagne>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* campagne.liste */ SELECT code, date_evenement, limite_depot, declaree, ouverture, fin_correction, etat
             FROM campagne ORDER BY code DESC",
            args![],
        )
        .await?;
    lignes.iter().map(lit).collect()
}

/// The campaigns as they were: as declared and in the state of that moment, without those that came later.
pub async fn liste_a(db: &Db, moment: DateTime<Utc>) -> Result<Vec<Campagne>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* campagne.liste_passee */ SELECT c.code, p.date_evenement, p.limite_depot, p.declaree, p.ouverture,
             p.fin_correction, COALESCE((SELECT t.vers FROM campagne_transition t WHERE t.campagne = c.code AND t.le <= $1
                       ORDER BY t.ordre DESC LIMIT 1),
                      (SELECT t.de FROM campagne_transition t WHERE t.campagne = c.code ORDER BY t.ordre LIMIT 1), c.etat)
             FROM campagne c JOIN campagne_passee p ON p.campagne = c.code AND p.depuis =
                 (SELECT MAX(depuis) FROM campagne_passee WHERE campagne = c.code AND depuis <= $1)
             WHERE p.declaree = $2 OR EXISTS (SELECT 1 FROM publication q WHERE q.periode = c.code AND q.recu_le <= $1)
             ORDER BY c.code DESC",
            args![moment, true],
        )
        .await?;
    lignes.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Campagne, ErreurBase> {
    Ok(Campagne {
        code: l.text(0)?,
        date_evenement: l.date(1)?,
        limite_depot: l.opt_ts(2)?,
        declaree: l.bool(3)?,
        ouverture: l.opt_ts(4)?,
        fin_correction: l.opt_ts(5)?,
        etat: etat(l, 6)?,
    })
}

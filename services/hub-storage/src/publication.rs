//! Reading the register: the list of publications, a node's own history, and the entries in order for
//! `verifier` and `rebuild`.

use chrono::{DateTime, Utc};
use referentiel::identifiant::IdentifiantNoeud;
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase};
use crate::ligne::Row;
use crate::registre::seq_sql;
use crate::valeur::{Conditions, args};
use crate::visibilite::{self, Zone};

/// An entry as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Place in the register.
    pub ordre: u64,
    /// Centre.
    pub noeud: String,
    /// Its name.
    pub emetteur_nom: String,
    /// Its code.
    pub organisme: String,
    /// Position in its chain.
    pub seq: u64,
    /// Digest of the envelope.
    pub digest: String,
    /// Data set.
    pub jeu: Option<String>,
    /// Period.
    pub periode: Option<String>,
    /// Revision of the series.
    pub rev: Option<u64>,
    /// `accepted`, `refused` or `stale`.
    pub statut: String,
    /// Reasons, as JSON.
    pub motifs: String,
    /// Cells or fiches read.
    pub cellules: u64,
    /// Moment of record.
    pub recu_le: DateTime<Utc>,
}

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct FiltrePublication {
    /// Campaign.
    pub campagne: Option<String>,
    /// Centre.
    pub emetteur: Option<IdentifiantNoeud>,
    /// `accepted`, `refused` or `stale`.
    pub statut: Option<String>,
    /// Data sets; empty for all.
    pub jeux: Vec<String>,
    /// Received after this moment.
    pub depuis: Option<DateTime<Utc>>,
    /// Received up to this moment.
    pub jusqua: Option<DateTime<Utc>>,
}

/// A page of entries, most recent first, after a place.
pub async fn page(
    db: &Db,
    zone: &Zone,
    filtre: &FiltrePublication,
    apres: Option<u64>,
    limite: u32,
) -> Result<Vec<Publication>, ErreurBase> {
    let mut c = Conditions::default();
    c.egale("p.periode", filtre.campagne.as_deref());
    c.egale("p.noeud", filtre.emetteur.as_ref().map(IdentifiantNoeud::as_str));
    c.egale("p.statut", filtre.statut.as_deref());
    visibilite::centres(&mut c, "p.noeud", zone);
    c.parmi("p.jeu", &filtre.jeux);
    c.ou("p.recu_le > {}", filtre.depuis);
    c.ou("p.recu_le <= {}", filtre.jusqua);
    c.ou("p.ordre < {}", apres.map(seq_sql));
    let limite = c.lie(i64::from(limite));
    let sql = format!(
        "/* publication.page */ SELECT p.ordre, p.noeud, n.nom, n.organisme, p.seq, p.digest, p.jeu, p.periode, p.rev,
         p.statut, p.motifs, p.cellules, p.recu_le
         FROM publication p JOIN noeud n ON n.identifiant = p.noeud{} ORDER BY p.ordre DESC LIMIT {limite}",
        c.sql()
    );
    db.lignes(AssertSqlSafe(sql), c.valeurs()).await?.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Publication, ErreurBase> {
    Ok(Publication {
        ordre: l.int(0)?.unsigned_abs(),
        noeud: l.text(1)?,
        emetteur_nom: l.text(2)?,
        organisme: l.text(3)?,
        seq: l.int(4)?.unsigned_abs(),
        digest: l.text(5)?,
        jeu: l.opt_text(6)?,
        periode: l.opt_text(7)?,
        rev: l.opt_int(8)?.map(i64::unsigned_abs),
        statut: l.text(9)?,
        motifs: l.text(10)?,
        cellules: l.int(11)?.unsigned_abs(),
        recu_le: l.ts(12)?,
    })
}

/// An entry with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entree {
    /// Place in the register.
    pub ordre: u64,
    /// Centre.
    pub noeud: String,
    /// Position in its chain.
    pub seq: u64,
    /// Digest of the envelope.
    pub digest: String,
    /// Digest of the envelope before.
    pub prev: Option<String>,
    /// Thumbprint of the key that signed.
    pub kid: String,
    /// Signed envelope.
    pub jws: String,
    /// Digest of the body.
    pub corps: Option<String>,
    /// `accepted`, `refused` or `stale`.
    pub statut: String,
    /// Signed receipt.
    pub accuse: String,
    /// True for a trial that is not counted.
    pub essai: bool,
    /// Moment of record.
    pub recu_le: DateTime<Utc>,
}

macro_rules! colonnes_entree {
    () => {
        "ordre, noeud, seq, digest, prev, kid, jws, corps, statut, accuse, essai, recu_le FROM publication"
    };
}

/// The entries of a node from a position on, for the node that lost its own history.
pub async fn historique(
    db: &Db,
    noeud: &IdentifiantNoeud,
    depuis: u64,
    limite: u32,
) -> Result<Vec<Entree>, ErreurBase> {
    let sql = concat!(
        "/* publication.historique */ SELECT ",
        colonnes_entree!(),
        " WHERE noeud = $1 AND seq >= $2 ORDER BY seq LIMIT $3"
    );
    let lignes = db.lignes(sql, args![noeud.as_str(), seq_sql(depuis), i64::from(limite)]).await?;
    lignes.iter().map(lit_entree).collect()
}

/// The entries of the register after a place, in order.
pub async fn suite(db: &Db, apres: u64, limite: u32) -> Result<Vec<Entree>, ErreurBase> {
    let sql =
        concat!("/* publication.suite */ SELECT ", colonnes_entree!(), " WHERE ordre > $1 ORDER BY ordre LIMIT $2");
    let lignes = db.lignes(sql, args![seq_sql(apres), i64::from(limite)]).await?;
    lignes.iter().map(lit_entree).collect()
}

/// A state of a data set of a period: what it was after so many accepted publications.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Period.
    pub periode: String,
    /// Publications accepted until then.
    pub rang: u64,
    /// Reception of the last of them.
    pub depuis: DateTime<Utc>,
    /// True when nothing came since.
    pub derniere: bool,
}

/// The present state of each period of a data set, most recent period first.
pub async fn versions(db: &Db, jeu: &str) -> Result<Vec<Version>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* publication.versions */ SELECT periode, COUNT(*), MAX(recu_le) FROM publication
             WHERE jeu = $1 AND statut = 'accepted' AND essai = $2 GROUP BY periode ORDER BY periode DESC",
            args![jeu, false],
        )
        .await?;
    lignes
        .iter()
        .map(|l| Ok(Version { periode: l.text(0)?, rang: l.int(1)?.unsigned_abs(), depuis: l.ts(2)?, derniere: true }))
        .collect()
}

/// The state of this rank; nothing when there was none.
pub async fn version(db: &Db, jeu: &str, periode: &str, rang: u64) -> Result<Option<Version>, ErreurBase> {
    let Some(avant) = rang.checked_sub(1) else { return Ok(None) };
    let lignes = db
        .lignes(
            "/* publication.version */ SELECT recu_le FROM publication WHERE periode = $1 AND jeu = $2
             AND statut = 'accepted' AND essai = $3 ORDER BY ordre LIMIT 2 OFFSET $4",
            args![periode, jeu, false, seq_sql(avant)],
        )
        .await?;
    let Some(premiere) = lignes.first() else { return Ok(None) };
    Ok(Some(Version { periode: periode.to_owned(), rang, depuis: premiere.ts(0)?, derniere: lignes.len() == 1 }))
}

/// The entries about a period, up to a moment, in order.
pub(crate) async fn de_la_periode(db: &Db, periode: &str, jusqua: DateTime<Utc>) -> Result<Vec<Entree>, ErreurBase> {
    let sql = concat!(
        "/* publication.de_la_periode */ SELECT ",
        colonnes_entree!(),
        " WHERE periode = $1 AND recu_le <= $2 ORDER BY ordre"
    );
    db.lignes(sql, args![periode, jusqua]).await?.iter().map(lit_entree).collect()
}

fn lit_entree(l: &Row) -> Result<Entree, ErreurBase> {
    Ok(Entree {
        ordre: l.int(0)?.unsigned_abs(),
        noeud: l.text(1)?,
        seq: l.int(2)?.unsigned_abs(),
        digest: l.text(3)?,
        prev: l.opt_text(4)?,
        kid: l.text(5)?,
        jws: l.text(6)?,
        corps: l.opt_text(7)?,
        statut: l.text(8)?,
        accuse: l.text(9)?,
        essai: l.bool(10)?,
        recu_le: l.ts(11)?,
    })
}

//! Good practices proposed from the pages, what was decided of them, and which centres adopted one. Each act and its
//! line of the journal commit together. Never a case about a person.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase};
use crate::journal::{self, Fait};
use crate::ligne::Row;
use crate::valeur::{Conditions, args};
use crate::visibilite::Visibilite;

/// Where a proposed practice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EtatPratique {
    /// Waits to be read.
    Proposee,
    /// Read by the other centres.
    Publiee,
    /// Sent back, with a reason.
    Refusee,
}

impl EtatPratique {
    const TOUS: [Self; 3] = [Self::Proposee, Self::Publiee, Self::Refusee];

    /// Code, as stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Proposee => "proposee",
            Self::Publiee => "publiee",
            Self::Refusee => "refusee",
        }
    }

    /// Words for people.
    pub fn libelle(self) -> &'static str {
        match self {
            Self::Proposee => "proposée",
            Self::Publiee => "publiée",
            Self::Refusee => "refusée",
        }
    }
}

/// A practice proposed from the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pratique {
    /// Identifier, that of the form that brought it.
    pub identifiant: String,
    /// Centre that proposes it.
    pub noeud: String,
    /// Its département; empty when it has none.
    pub territoire: String,
    /// Fields of the jeu `pratiques`.
    pub champs: BTreeMap<String, String>,
    /// Where it stands.
    pub etat: EtatPratique,
    /// When it was proposed.
    pub proposee_le: DateTime<Utc>,
    /// By whom.
    pub proposee_par: String,
    /// Why it was refused.
    pub motif: Option<String>,
    /// When it was published or refused.
    pub decidee_le: Option<DateTime<Utc>>,
    /// Name of the centre.
    pub emetteur_nom: String,
    /// Code of the centre.
    pub organisme: String,
}

/// A centre that adopted a practice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adoption {
    /// Practice.
    pub pratique: String,
    /// Centre.
    pub noeud: String,
    /// Code of the centre.
    pub organisme: String,
    /// When it said so.
    pub adoptee_le: DateTime<Utc>,
}

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposition {
    /// Identifier made for the form.
    pub identifiant: String,
    /// Centre.
    pub noeud: String,
    /// Its département; empty when it has none.
    pub territoire: String,
    /// Fields of the jeu `pratiques`.
    pub champs: BTreeMap<String, String>,
}

/// Writes a proposal down; false when this form was already taken.
pub async fn propose(db: &Db, p: &Proposition, fait: &Fait) -> Result<bool, ErreurBase> {
    let champs = serde_json::to_string(&p.champs).map_err(|_| ErreurBase::ValeurIllisible(3))?;
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* pratique.propose */ INSERT INTO pratique (identifiant, noeud, territoire, champs, proposee_le, proposee_par)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (identifiant) DO NOTHING",
            args![&p.identifiant, &p.noeud, &p.territoire, champs, fait.moment, &fait.acteur],
        )
        .await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

/// Publishes or refuses what waits to be read; false when it no longer does, or when its own author decides.
pub async fn decide(
    db: &Db,
    identifiant: &str,
    vers: EtatPratique,
    motif: Option<&str>,
    fait: &Fait,
) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* pratique.decide */ UPDATE pratique SET etat = $2, motif = $3, decidee_le = $4, decidee_par = $5
             WHERE identifiant = $1 AND etat = 'proposee' AND proposee_par <> $5",
            args![identifiant, vers.code(), motif.map(str::to_owned), fait.moment, &fait.acteur],
        )
        .await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

/// Says that a centre does the same; false when it already did.
pub async fn adopte(db: &Db, pratique: &str, noeud: &str, fait: &Fait) -> Result<bool, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = tx
        .execute(
            "/* adoption.declare */ INSERT INTO adoption (pratique, noeud, adoptee_le, adoptee_par)
             VALUES ($1, $2, $3, $4) ON CONFLICT (pratique, noeud) DO NOTHING",
            args![pratique, noeud, fait.moment, &fait.acteur],
        )
        .await?;
    if n > 0 {
        journal::inscrit(&mut tx, fait).await?;
    }
    tx.commit().await?;
    Ok(n > 0)
}

/// Published practices that a reader may see, by the rule of the records of the jeu `pratiques`.
pub async fn publiees(db: &Db, visibilite: &Visibilite) -> Result<Vec<Pratique>, ErreurBase> {
    let mut c = Conditions::default();
    c.egale("f.etat", Some(EtatPratique::Publiee.code()));
    visibilite.fiches(&mut c);
    liste(db, c).await
}

/// Every practice that was proposed, whatever became of it: the caller keeps those it may tell.
pub async fn toutes(db: &Db) -> Result<Vec<Pratique>, ErreurBase> {
    liste(db, Conditions::default()).await
}

async fn liste(db: &Db, c: Conditions) -> Result<Vec<Pratique>, ErreurBase> {
    let sql = format!(
        "/* pratique.liste */ SELECT f.identifiant, f.noeud, f.territoire, f.champs, f.etat, f.proposee_le,
         f.proposee_par, f.motif, f.decidee_le, n.nom, n.organisme
         FROM (SELECT p.*, 'pratiques' AS jeu FROM pratique p) f JOIN noeud n ON n.identifiant = f.noeud{}
         ORDER BY f.proposee_le DESC, f.identifiant",
        c.sql()
    );
    db.lignes(AssertSqlSafe(sql), c.valeurs()).await?.iter().map(lit).collect()
}

/// Every adoption, by practice then by centre.
pub async fn adoptions(db: &Db) -> Result<Vec<Adoption>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* adoption.liste */ SELECT a.pratique, a.noeud, n.organisme, a.adoptee_le
             FROM adoption a JOIN noeud n ON n.identifiant = a.noeud ORDER BY a.pratique, n.organisme",
            args![],
        )
        .await?;
    let lit =
        |l: &Row| Ok(Adoption { pratique: l.text(0)?, noeud: l.text(1)?, organisme: l.text(2)?, adoptee_le: l.ts(3)? });
    lignes.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Pratique, ErreurBase> {
    let etat = l.text(4)?;
    Ok(Pratique {
        identifiant: l.text(0)?,
        noeud: l.text(1)?,
        territoire: l.text(2)?,
        champs: serde_json::from_str(&l.text(3)?).map_err(|_| ErreurBase::ValeurIllisible(3))?,
        etat: EtatPratique::TOUS.into_iter().find(|e| e.code() == etat).ok_or(ErreurBase::ValeurIllisible(4))?,
        proposee_le: l.ts(5)?,
        proposee_par: l.text(6)?,
        motif: l.opt_text(7)?,
        decidee_le: l.opt_ts(8)?,
        emetteur_nom: l.text(9)?,
        organisme: l.text(10)?,
    })
}

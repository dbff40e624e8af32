//! The audit journal: who did what, when, to what. Append-only by trigger, and hash-chained, so that a
//! line changed, removed or inserted afterwards is found. Never a figure, a body or a secret inside.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::valeur::{args, texte_instant};

/// Lines read at a time.
const PAGE: i64 = 500;

/// What is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fait {
    /// When.
    pub moment: DateTime<Utc>,
    /// Who: an account, a token, a node, the operator of the machine, the hub itself.
    pub acteur: String,
    /// What was done, as `objet.verbe`.
    pub action: &'static str,
    /// To what.
    pub objet: String,
    /// Circumstances: a JSON object, never a figure.
    pub detail: serde_json::Value,
}

/// A line as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ligne {
    /// Place.
    pub ordre: u64,
    /// When.
    pub moment: DateTime<Utc>,
    /// Who.
    pub acteur: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub objet: String,
    /// Circumstances, as JSON.
    pub detail: String,
    precedent: String,
    condense: String,
}

/// What the verification of the chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constat {
    /// Lines read.
    pub lignes: u64,
    /// Digest of the last one: written elsewhere, it also proves that none was cut off the end.
    pub tete: String,
    /// What does not hold, in French.
    pub defauts: Vec<String>,
}

/// Adds a line, in the transaction of the fact itself: neither can be there without the other.
pub async fn inscrit(tx: &mut Tx, fait: &Fait) -> Result<(), ErreurBase> {
    let tete = tx
        .ligne(
            "/* journal.avance */ UPDATE journal_tete SET ordre = ordre + 1 WHERE id = 1 RETURNING ordre, condense",
            args![],
        )
        .await?;
    let tete = tete.ok_or_else(|| ErreurBase::RegistreAltere("la tête du journal manque".to_owned()))?;
    let (ordre, precedent) = (tete.int(0)?, tete.text(1)?);
    let detail = fait.detail.to_string();
    let condense = condense(ordre, &fait.moment, [&fait.acteur, fait.action, &fait.objet, &detail, &precedent]);
    tx.execute(
        "/* journal.insere */ INSERT INTO journal (ordre, moment, acteur, action, objet, detail, precedent, condense)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![ordre, fait.moment, &fait.acteur, fait.action, &fait.objet, detail, precedent, &condense],
    )
    .await?;
    tx.execute("/* journal.tete */ UPDATE journal_tete SET condense = $1 WHERE id = 1", args![condense]).await?;
    Ok(())
}

/// Adds a line that stands alone: a refused sign-in, an export.
pub async fn ajoute(db: &Db, fait: &Fait) -> Result<(), ErreurBase> {
    let mut tx = db.begin().await?;
    inscrit(&mut tx, fait).await?;
    tx.commit().await
}

/// Walks the whole chain and says where it breaks.
pub async fn verifie(db: &Db) -> Result<Constat, ErreurBase> {
    let mut constat = Constat::default();
    let mut apres = 0;
    loop {
        let page = suite(db, apres).await?;
        let Some(derniere) = page.last() else { break };
        let fin = derniere.ordre;
        for ligne in page {
            constat.lignes += 1;
            if ligne.ordre != apres + 1 {
                constat.defauts.push(format!("ligne {} : la ligne {} manque.", ligne.ordre, apres + 1));
            }
            if ligne.precedent != constat.tete {
                constat.defauts.push(format!("ligne {} : elle ne suit pas la précédente.", ligne.ordre));
            }
            if ligne.recalcule() != ligne.condense {
                constat.defauts.push(format!("ligne {} : son contenu a changé après coup.", ligne.ordre));
            }
            apres = ligne.ordre;
            constat.tete = ligne.condense;
        }
        apres = fin;
    }
    let tete = db.ligne("/* journal.fin */ SELECT ordre, condense FROM journal_tete WHERE id = 1", args![]).await?;
    let tete = tete.map(|l| Ok::<_, ErreurBase>((l.int(0)?.unsigned_abs(), l.text(1)?))).transpose()?;
    if tete.as_ref() != Some(&(apres, constat.tete.clone())) {
        constat.defauts.push("la fin du journal n’est pas celle qui a été écrite : des lignes manquent.".to_owned());
    }
    Ok(constat)
}

/// The last lines, most recent first.
pub async fn dernieres(db: &Db, avant: Option<u64>, limite: u32) -> Result<Vec<Ligne>, ErreurBase> {
    let avant = avant.map_or(i64::MAX, crate::registre::seq_sql);
    let lignes = db
        .lignes(
            "/* journal.dernieres */ SELECT ordre, moment, acteur, action, objet, detail, precedent, condense
             FROM journal WHERE ordre < $1 ORDER BY ordre DESC LIMIT $2",
            args![avant, i64::from(limite)],
        )
        .await?;
    lignes.iter().map(lit).collect()
}

async fn suite(db: &Db, apres: u64) -> Result<Vec<Ligne>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* journal.suite */ SELECT ordre, moment, acteur, action, objet, detail, precedent, condense
             FROM journal WHERE ordre > $1 ORDER BY ordre LIMIT $2",
            args![crate::registre::seq_sql(apres), PAGE],
        )
        .await?;
    lignes.iter().map(lit).collect()
}

fn lit(l: &Row) -> Result<Ligne, ErreurBase> {
    Ok(Ligne {
        ordre: l.int(0)?.unsigned_abs(),
        moment: l.ts(1)?,
        acteur: l.text(2)?,
        action: l.text(3)?,
        objet: l.text(4)?,
        detail: l.text(5)?,
        precedent: l.text(6)?,
        condense: l.text(7)?,
    })
}

impl Ligne {
    fn recalcule(&self) -> String {
        let textes = [&self.acteur, self.action.as_str(), &self.objet, &self.detail, &self.precedent];
        condense(crate::registre::seq_sql(self.ordre), &self.moment, textes)
    }
}

/// Each text is preceded by its length: no two lines can be written the same.
fn condense(ordre: i64, moment: &DateTime<Utc>, textes: [&str; 5]) -> String {
    let mut h = Sha256::new_with_prefix(b"maillage/journal/v1\0");
    h.update(ordre.to_be_bytes());
    h.update(texte_instant(moment).as_bytes());
    for texte in textes {
        h.update((texte.len() as u64).to_be_bytes());
        h.update(texte.as_bytes());
    }
    h.finalize().iter().map(|o| format!("{o:02x}")).collect()
}

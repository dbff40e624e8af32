//! The Merkle tree of the register (RFC 6962), one row per hash. A leaf is added in the transaction that
//! records its entry; every question reads a number of rows that grows with the logarithm of the size.

use ::publication::Empreinte;
use ::publication::registre::{ErreurRegistre, Feuille, Hachages, Question, ajouter, racine};
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::ligne::Row;
use crate::publication::suite;
use crate::registre::{empreinte, seq_sql, tete_registre};
use crate::valeur::{args, lots};

/// Entries read at a time when the tree is grown anew.
const PAGE: u32 = 200;

/// Size and root of the tree, and the incarnation of the register it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Etat {
    /// Incarnation.
    pub epoque: u64,
    /// Leaves.
    pub taille: u64,
    /// Root.
    pub racine: Empreinte,
}

/// Where the tree stands now.
pub async fn etat(db: &Db) -> Result<Etat, ErreurBase> {
    let (epoque, taille) = tete_registre(db).await?;
    let connus = hachages(db, Question::Racine { taille }).await?;
    Ok(Etat { epoque, taille, racine: racine(taille, &connus).map_err(altere)? })
}

/// Rows that the answer to a question needs.
pub async fn hachages(db: &Db, question: Question) -> Result<Hachages, ErreurBase> {
    match requete(&question) {
        Some(sql) => lit(&db.lignes(AssertSqlSafe(sql), args![]).await?),
        None => Ok(Hachages::new()),
    }
}

/// Every row of the tree, for the verification.
pub async fn tout(db: &Db) -> Result<Hachages, ErreurBase> {
    lit(&db.lignes("/* arbre.tout */ SELECT indice, hachage FROM arbre", args![]).await?)
}

/// Adds the leaf at this place, which must be the next one.
pub(crate) async fn ajoute(tx: &mut Tx, rang: u64, feuille: &Feuille) -> Result<(), ErreurBase> {
    let connus = match requete(&Question::Ajout { taille: rang }) {
        Some(sql) => lit(&tx.lignes(AssertSqlSafe(sql), args![]).await?)?,
        None => Hachages::new(),
    };
    let nouveaux = ajouter(rang, feuille, &connus).map_err(altere)?;
    let sql = format!(
        "/* arbre.insere */ INSERT INTO arbre (indice, hachage) VALUES {}",
        lots(tx.dialecte(), nouveaux.len(), 2)
    );
    let mut valeurs = Vec::with_capacity(nouveaux.len() * 2);
    for (indice, hachage) in nouveaux {
        valeurs.extend(args![seq_sql(indice), hachage.to_string()]);
    }
    tx.execute(AssertSqlSafe(sql), valeurs).await?;
    Ok(())
}

/// Grows the tree of a register recorded before there was one. Does nothing once a leaf is there.
pub async fn complete(db: &Db) -> Result<u64, ErreurBase> {
    let (_, taille) = tete_registre(db).await?;
    let deja = db.ligne("/* arbre.existe */ SELECT indice FROM arbre LIMIT 1", args![]).await?.is_some();
    if taille == 0 || deja {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    let mut apres = 0;
    loop {
        let page = suite(db, apres, PAGE).await?;
        let Some(derniere) = page.last() else { break };
        apres = derniere.ordre;
        for entree in &page {
            ajoute(&mut tx, entree.ordre - 1, &Feuille::nouvelle(empreinte(&entree.digest)?, &entree.accuse)).await?;
        }
    }
    tx.commit().await?;
    Ok(apres)
}

/// The indices come from the tree's own arithmetic: numbers, nothing to escape.
fn requete(question: &Question) -> Option<String> {
    let indices: Vec<String> = question.indices().iter().map(u64::to_string).collect();
    let liste = indices.join(", ");
    (!indices.is_empty())
        .then(|| format!("/* arbre.lit */ SELECT indice, hachage FROM arbre WHERE indice IN ({liste})"))
}

fn lit(lignes: &[Row]) -> Result<Hachages, ErreurBase> {
    lignes.iter().map(|l| Ok((l.int(0)?.unsigned_abs(), empreinte(&l.text(1)?)?))).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
fn altere(erreur: ErreurRegistre) -> ErreurBase {
    ErreurBase::RegistreAltere(erreur.to_string())
}

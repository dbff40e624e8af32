//! Rows by the thousand on PostgreSQL: `COPY`, several times faster than bound statements. SQLite has no such
//! road, and binds as fast.

use sqlx::{Postgres, Transaction};

use crate::base::ErreurBase;
use crate::valeur::{Val, texte_instant};

/// What stands for an absent value. Codes, figures and moments never begin with a backslash.
const ABSENTE: &str = r"\N";
/// Rows are sent by pieces of this size, so that a whole publication is never held twice.
const MORCEAU: usize = 1 << 18;

/// Copies rows in the order of the columns. A statement such as `COPY t (a, b) FROM STDIN`: the format is said here.
pub(crate) async fn copie(
    tx: &mut Transaction<'static, Postgres>,
    sql: &str,
    lignes: impl Iterator<Item = Vec<Val>>,
) -> Result<u64, ErreurBase> {
    let mut entree = tx.copy_in_raw(&format!("{sql} WITH (FORMAT csv, NULL '{ABSENTE}')")).await?;
    let mut ecrivain = csv::Writer::from_writer(Vec::with_capacity(MORCEAU + 4096));
    for ligne in lignes {
        ecrivain.write_record(ligne.iter().map(texte)).map_err(illisible)?;
        if ecrivain.get_ref().len() >= MORCEAU {
            let morceau = ecrivain.into_inner().map_err(|e| illisible(e.into_error().into()))?;
            entree.send(morceau).await?;
            ecrivain = csv::Writer::from_writer(Vec::with_capacity(MORCEAU + 4096));
        }
    }
    let reste = ecrivain.into_inner().map_err(|e| illisible(e.into_error().into()))?;
    entree.send(reste).await?;
    Ok(entree.finish().await?)
}

fn illisible(erreur: csv::Error) -> ErreurBase {
    ErreurBase::Sql(sqlx::Error::Encode(Box::new(erreur)))
}

fn texte(valeur: &Val) -> String {
    match valeur {
        Val::Null => ABSENTE.to_owned(),
        Val::Int(v) => v.to_string(),
        Val::Bool(v) => v.to_string(),
        Val::Text(v) => v.clone(),
        Val::Bytes(v) => v.iter().fold(r"\x".to_owned(), |texte, octet| format!("{texte}{octet:02x}")),
        Val::Dec(v) => v.to_string(),
        Val::Ts(v) => texte_instant(v),
        Val::Date(v) => v.to_string(),
    }
}

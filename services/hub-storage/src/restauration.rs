//! After a backup was put back: the register goes on under the next incarnation, and a signed statement
//! tells the nodes what was kept.

use chrono::{DateTime, Utc};

use crate::arbre::{self, Etat};
use crate::base::{Db, ErreurBase};
use crate::registre::seq_sql;
use crate::valeur::args;

/// Opens the incarnation `vers`, once; `declare` signs what was kept, for each incarnation left: several when
/// the same backup was put back before and its statement went with the database replaced.
pub async fn ouvre_epoque(
    db: &Db,
    vers: u64,
    instant: DateTime<Utc>,
    declare: impl Fn(u64, &Etat) -> String,
) -> Result<Etat, ErreurBase> {
    let etat = arbre::etat(db).await?;
    let mut tx = db.begin().await?;
    let avancees = tx
        .execute(
            "/* registre.epoque */ UPDATE registre SET epoque = $3 WHERE id = 1 AND epoque = $1 AND tete = $2 AND epoque < $3",
            args![seq_sql(etat.epoque), seq_sql(etat.taille), seq_sql(vers)],
        )
        .await?;
    if avancees != 1 {
        return Err(ErreurBase::RegistreAltere("le registre avance pendant sa restauration".to_owned()));
    }
    for depuis in etat.epoque..vers {
        tx.execute(
            "/* restauration.insere */ INSERT INTO restauration (de_epoque, declaration, restauree_le) VALUES ($1, $2, $3)",
            args![seq_sql(depuis), declare(depuis, &etat), instant],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(Etat { epoque: vers, ..etat })
}

/// The statements from an incarnation on, in order.
pub async fn declarations(db: &Db, depuis: u64) -> Result<Vec<String>, ErreurBase> {
    let lignes = db
        .lignes(
            "/* restauration.liste */ SELECT declaration FROM restauration WHERE de_epoque >= $1 ORDER BY de_epoque",
            args![seq_sql(depuis)],
        )
        .await?;
    lignes.iter().map(|l| l.text(0)).collect()
}

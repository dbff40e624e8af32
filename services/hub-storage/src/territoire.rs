//! Territories that the cells of a slice refer to, with the names only their centre knows (structures,
//! dispositifs) and the territory above each.

use ::publication::TerritoirePublie;
use sqlx::AssertSqlSafe;

use crate::base::{ErreurBase, Tx};
use crate::projection::Tranche;
use crate::valeur::{args, lots};

const COLONNES: usize = 8;

pub(crate) async fn remplace(
    tx: &mut Tx,
    tranche: &Tranche<'_>,
    territoires: &[TerritoirePublie],
) -> Result<(), ErreurBase> {
    tx.execute(
        "/* territoire.vide */ DELETE FROM territoire WHERE campagne = $1 AND noeud = $2 AND jeu = $3",
        args![tranche.campagne, tranche.noeud, tranche.jeu],
    )
    .await?;
    for lot in territoires.chunks(100) {
        let sql = format!(
            "/* territoire.insere */ INSERT INTO territoire
             (campagne, niveau, code, noeud, jeu, nom, parent_niveau, parent_code) VALUES {}",
            lots(tx.dialecte(), lot.len(), COLONNES)
        );
        let mut valeurs = Vec::with_capacity(lot.len() * COLONNES);
        for t in lot {
            let parent = t.parent.as_ref();
            valeurs.extend(args![
                tranche.campagne,
                t.niveau.code(),
                &t.code,
                tranche.noeud,
                tranche.jeu,
                t.nom.clone(),
                parent.map(|p| p.niveau.code()),
                parent.map(|p| p.code.clone()),
            ]);
        }
        tx.execute(AssertSqlSafe(sql), valeurs).await?;
    }
    Ok(())
}

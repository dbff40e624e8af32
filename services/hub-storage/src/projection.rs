//! From an accepted content to the read models: the same function at ingest and when everything is
//! rebuilt, so that a rebuild cannot give another result. A content replaces its whole slice
//! (jeu × centre × period): what disappeared at the node disappears here.

use ::publication::Contenu;
use chrono::{DateTime, Utc};

use crate::base::{ErreurBase, Tx};
use crate::changement::Changement;
use crate::{campagne, completude, dispositif, fiche, observation, territoire};

/// The slice a content replaces.
pub(crate) struct Tranche<'a> {
    pub noeud: &'a str,
    pub jeu: &'a str,
    pub campagne: &'a str,
}

/// Replaces the slice of a content in every read model, of which only the cells that changed are written.
pub(crate) async fn remplace(
    tx: &mut Tx,
    contenu: &Contenu,
    changement: &Changement<'_>,
    jeux: &[String],
    recu_le: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    // A jeu that no campaign of the quarter expects (a year’s tables, an offer) opens none.
    if jeux.iter().any(|j| j == contenu.jeu()) {
        campagne::ouvre_si_absente(tx, contenu.periode(), jeux, recu_le).await?;
    }
    let code = contenu.periode().to_string();
    let tranche = Tranche { noeud: contenu.emetteur().as_str(), jeu: contenu.jeu(), campagne: &code };
    match contenu {
        Contenu::Indicateurs(c) => {
            observation::applique(tx, &tranche, &changement.cellules).await?;
            fiche::remplace(tx, &tranche, c).await?;
            territoire::remplace(tx, &tranche, c.territoires()).await?;
        }
        Contenu::Dispositifs(c) => dispositif::remplace(tx, &tranche, c.dispositifs()).await?,
    }
    completude::remplace(tx, &tranche, &completude::recus(contenu), recu_le).await
}

//! Whom a file is made for: the role whose rights it is read with.

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use hub_storage::Db;
use serde_json::json;

use crate::acces::{Appelant, Role, sortie};

/// Who reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Public {
    /// ARS et DREETS d’une région.
    ComiteRegional,
    /// Comité de suivi d’un département.
    ComiteDepartemental,
    /// Directeur territorial au handicap du FIPHFP.
    Dth,
}

impl Public {
    /// The caller that this public stands for, on this territory.
    pub(super) fn appelant(self, territoire: String) -> Appelant {
        let role = match self {
            Self::ComiteRegional => Role::Ars,
            Self::ComiteDepartemental => Role::Ddets,
            Self::Dth => Role::Dth,
        };
        Appelant::de_role("exploitant".to_owned(), role, vec![territoire])
    }

    /// The region of the territory; an error when it is not one of this public.
    pub(super) fn region(self, territoire: &str) -> Result<String> {
        let region = match self {
            Self::ComiteDepartemental => territoire
                .parse()
                .ok()
                .as_ref()
                .and_then(referentiel::territoire::departement)
                .map(|d| d.region.clone()),
            Self::ComiteRegional | Self::Dth => referentiel::territoire::region(territoire).map(|r| r.code.clone()),
        };
        region.with_context(|| format!("« {territoire} » n’est pas un territoire de ce public : une région pour le comité régional et le DTH, un département pour le comité départemental"))
    }
}

/// What leaves in a file is written down, like what leaves by a page.
pub(super) async fn note_la_sortie(db: &Db, objet: &str, destinataire: &str, moment: DateTime<Utc>) -> Result<()> {
    Ok(sortie::note(db, moment, ("exploitant", objet), json!({ "destinataire": destinataire })).await?)
}

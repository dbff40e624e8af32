//! Section `[questions]`: what may be asked of the API by somebody who shows no token. A stored question is
//! a GraphQL file that the operator read; its name is the name of the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// As written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    dossier: Option<PathBuf>,
    #[serde(default = "super::vrai")]
    libres: bool,
}

/// Stored questions, and whether others may be asked without a token.
#[derive(Debug, Clone)]
pub struct Questions {
    /// Text of each, by its name.
    pub enregistrees: BTreeMap<String, String>,
    /// True when anybody may ask anything that the limits allow.
    pub libres: bool,
}

impl Default for Questions {
    fn default() -> Self {
        Self { enregistrees: BTreeMap::new(), libres: true }
    }
}

impl Section {
    /// Reads the folder.
    pub(super) fn lit(self, racine: &Path) -> Result<Questions, String> {
        let enregistrees = self.dossier.map(|d| enregistrees(&racine.join(d))).transpose()?.unwrap_or_default();
        if enregistrees.is_empty() && !self.libres {
            return Err(
                "[questions] libres = false demande un « dossier » d’au moins une question enregistrée (*.graphql)."
                    .to_owned(),
            );
        }
        Ok(Questions { enregistrees, libres: self.libres })
    }
}

fn enregistrees(dossier: &Path) -> Result<BTreeMap<String, String>, String> {
    let illisible = |chemin: &Path, e: &std::io::Error| {
        format!("[questions] dossier : « {} » ne peut pas être lu ({e}).", chemin.display())
    };
    let entrees = std::fs::read_dir(dossier).map_err(|e| illisible(dossier, &e))?;
    let mut lues = BTreeMap::new();
    for entree in entrees {
        let chemin = entree.map_err(|e| illisible(dossier, &e))?.path();
        if chemin.extension().is_some_and(|e| e == "graphql")
            && let Some(nom) = chemin.file_stem().and_then(|n| n.to_str())
        {
            let texte = std::fs::read_to_string(&chemin).map_err(|e| illisible(&chemin, &e))?;
            crate::restitution::graphql::verifie_question(&texte)
                .map_err(|e| format!("[questions] « {} » : {e}", chemin.display()))?;
            lues.insert(nom.to_owned(), texte);
        }
    }
    Ok(lues)
}

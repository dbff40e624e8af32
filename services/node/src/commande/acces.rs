//! What every command starts from: the configuration, the clock, the store when it is needed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use node_storage::Base;
use publication::cle::CleSignature;
use referentiel::horloge::{Horloge, HorlogeSysteme};
use web::journal::{self, Garde, Journal};

use crate::configuration::Configuration;

/// Used when there is no configuration at all: a node that only verifies, imports and computes.
const SANS_CONFIGURATION: &str = "[noeud]\nidentifiant = \"cdg-000000000\"\nnom = \"Nœud sans configuration\"\n";

/// Access of a command to its node.
pub struct Acces {
    /// The configuration.
    pub configuration: Configuration,
    /// The machine's clock.
    pub horloge: HorlogeSysteme,
    execution: tokio::runtime::Runtime,
    // Last: the spans that still wait leave when everything else has ended.
    _journal: Garde,
}

impl Acces {
    /// Reads the configuration: the file given, else `node.toml` if there is one, else the defaults.
    /// `filtre` says how much is logged.
    pub fn ouvre(chemin: Option<&Path>, filtre: &str) -> Result<Self> {
        let par_defaut = PathBuf::from("node.toml");
        let configuration = match chemin {
            Some(chemin) => Configuration::lit(chemin)?,
            None if par_defaut.exists() => Configuration::lit(&par_defaut)?,
            None => Configuration::lit_texte(SANS_CONFIGURATION, Path::new("."))?,
        };
        let (format, collecteur) = (configuration.noeud.journal, configuration.noeud.traces.as_deref());
        let _journal = journal::installe(Journal { service: "maillage-node", format, filtre, collecteur })?;
        let execution = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { configuration, horloge: HorlogeSysteme, execution, _journal })
    }

    /// Runs an asynchronous step to its end.
    pub fn attends<T>(&self, tache: impl Future<Output = T>) -> T {
        self.execution.block_on(tache)
    }

    /// Opens (or creates) the node's store.
    pub async fn base(&self) -> Result<Base> {
        let noeud = &self.configuration.noeud;
        Base::ouvre(&noeud.base, &noeud.identifiant)
            .await
            .with_context(|| format!("La base « {} » ne s’ouvre pas.", noeud.base.display()))
    }

    /// Opens the store only if it exists: a dry run creates nothing.
    pub async fn base_existante(&self) -> Result<Option<Base>> {
        if self.configuration.noeud.base.exists() { Ok(Some(self.base().await?)) } else { Ok(None) }
    }

    /// The node's signing key.
    pub fn cle(&self) -> Result<CleSignature> {
        crate::cle::lit(&self.configuration.noeud.cle)
    }

    /// The present moment.
    pub fn maintenant(&self) -> chrono::DateTime<chrono::Utc> {
        self.horloge.maintenant()
    }

    /// Who acts, for the journal: the account of the operating system.
    pub fn acteur(&self) -> String {
        crate::service::compte_du_systeme()
    }
}

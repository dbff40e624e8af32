//! What an administrator does to a node at work: put its presented key in force, suspend it, let it rest, take it up
//! again. The same acts from the command line and from the page, each under the name of who did it.

use chrono::{DateTime, Utc};
use hub_storage::enrolement::{self, EtatNoeud};
use hub_storage::journal::Fait;
use hub_storage::{Db, ErreurBase};
use referentiel::identifiant::IdentifiantNoeud;
use serde_json::json;

use crate::acces::Refus;

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Geste {
    /// Put the presented key in force, its fingerprint read aloud.
    Approuver(String),
    /// Move the node to a state.
    Passer(EtatNoeud),
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum ActeImpossible {
    /// Nobody declared it.
    #[error("Le nœud {0} n’est pas déclaré : ajoutez une section [[noeud]] à la configuration.")]
    Inconnu(IdentifiantNoeud),
    /// Its state does not allow it.
    #[error("Le nœud {noeud} est {avant} : il ne peut pas devenir {vers}.")]
    Etat {
        /// Node.
        noeud: IdentifiantNoeud,
        /// Present state.
        avant: &'static str,
        /// State asked for.
        vers: &'static str,
    },
    /// No key to approve.
    #[error("Le nœud {0} n’a pas présenté de clé : invitez-le d’abord.")]
    SansCle(IdentifiantNoeud),
    /// What was read aloud is not the presented key.
    #[error("L’empreinte lue n’est pas celle de la clé présentée : n’approuvez pas, et invitez le nœud de nouveau.")]
    Empreinte,
    /// The key changed between the reading and the approval.
    #[error("Une autre clé vient d’être présentée : relisez son empreinte.")]
    AutreCle,
    /// The caller, or the database.
    #[error(transparent)]
    Refus(#[from] Refus),
}

impl From<ErreurBase> for ActeImpossible {
    fn from(erreur: ErreurBase) -> Self {
        Self::Refus(erreur.into())
    }
}

/// State of a node that somebody declared.
pub async fn etat(db: &Db, noeud: &IdentifiantNoeud) -> Result<EtatNoeud, ActeImpossible> {
    enrolement::etat(db, noeud.as_str()).await?.ok_or_else(|| ActeImpossible::Inconnu(noeud.clone()))
}

/// Does it, and writes who did in the same transaction.
pub async fn agit(
    db: &Db,
    noeud: &IdentifiantNoeud,
    geste: &Geste,
    acteur: &str,
    moment: DateTime<Utc>,
) -> Result<(), ActeImpossible> {
    let avant = etat(db, noeud).await?;
    let fait = |action, vers: EtatNoeud| Fait {
        moment,
        acteur: acteur.to_owned(),
        action,
        objet: noeud.to_string(),
        detail: json!({ "avant": avant.code(), "apres": vers.code() }),
    };
    match geste {
        Geste::Passer(vers) => {
            if !enrolement::passe(db, noeud, *vers, &fait("noeud.changer_etat", *vers)).await? {
                let (avant, vers) = (avant.libelle(), vers.libelle());
                return Err(ActeImpossible::Etat { noeud: noeud.clone(), avant, vers });
            }
        }
        Geste::Approuver(lue) => {
            let presentee = enrolement::presentee(db, noeud).await?;
            let cle = presentee.ok_or_else(|| ActeImpossible::SansCle(noeud.clone()))?;
            if chiffres(lue) != chiffres(&cle.empreinte_lisible()) {
                return Err(ActeImpossible::Empreinte);
            }
            if !enrolement::approuve(db, noeud, &cle, &fait("noeud.approuver", EtatNoeud::Actif)).await? {
                return Err(ActeImpossible::AutreCle);
            }
        }
    }
    Ok(())
}

/// Fingerprints are compared without the spaces they are read with.
fn chiffres(texte: &str) -> String {
    texte.chars().filter(char::is_ascii_digit).collect()
}

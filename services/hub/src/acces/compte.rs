//! Local accounts: a password kept as an argon2id digest, a session kept as the digest of its cookie.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use chrono::{DateTime, TimeDelta, Utc};
use hub_storage::compte::{self, Compte};
use hub_storage::journal::Fait;
use hub_storage::{Db, ErreurBase};
use rand::{CryptoRng, RngExt as _};
use serde_json::json;

use super::jeton::{alea, condense};
use super::territoire::{self, TerritoireInvalide};
use super::{Appelant, Role};
use crate::configuration::Configuration;

/// How long a session lasts: a working day.
pub const DUREE_DE_SESSION: TimeDelta = TimeDelta::hours(10);

/// Shortest password (ANSSI: length before complexity, beside a limited number of trials).
const LONGUEUR_MINIMALE: usize = 12;

/// Why no account is made.
#[derive(Debug, thiserror::Error)]
pub enum CompteImpossible {
    /// The territory does not suit the role.
    #[error(transparent)]
    Territoire(#[from] TerritoireInvalide),
    /// The public signs in nowhere.
    #[error("Le rôle « public » ne demande pas de compte.")]
    Public,
    /// Too short.
    #[error("Le mot de passe doit compter au moins {LONGUEUR_MINIMALE} caractères.")]
    MotDePasseCourt,
    /// The identifier is taken.
    #[error("Le compte « {0} » existe déjà.")]
    Pris(String),
    /// The digest could not be computed.
    #[error("Le mot de passe n’a pas pu être condensé ({0}).")]
    Condense(String),
    /// The database.
    #[error(transparent)]
    Base(#[from] ErreurBase),
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Demande {
    /// What the person types.
    pub identifiant: String,
    /// Name shown.
    pub nom: String,
    /// Role.
    pub role: Role,
    /// Territories.
    pub territoires: Vec<String>,
}

/// Makes an account.
pub async fn cree(
    db: &Db,
    configuration: &Configuration,
    demande: Demande,
    mot_de_passe: &str,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<(), CompteImpossible> {
    if demande.role == Role::Public {
        return Err(CompteImpossible::Public);
    }
    territoire::verifie(demande.role, &demande.territoires, configuration)?;
    if mot_de_passe.chars().count() < LONGUEUR_MINIMALE {
        return Err(CompteImpossible::MotDePasseCourt);
    }
    let sel: [u8; 16] = rng.random();
    let condense: PasswordHash = Argon2::default()
        .hash_password_with_salt(mot_de_passe.as_bytes(), &sel)
        .map_err(|e| CompteImpossible::Condense(e.to_string()))?;
    let fait = Fait {
        moment: maintenant,
        acteur: "exploitant".to_owned(),
        action: "compte.creer",
        objet: demande.identifiant.clone(),
        detail: json!({ "role": demande.role.code(), "territoires": demande.territoires }),
    };
    let compte = Compte {
        identifiant: demande.identifiant,
        nom: demande.nom,
        role: demande.role.code().to_owned(),
        territoires: demande.territoires,
        condense: condense.to_string(),
        en_repos: false,
    };
    if compte::cree(db, &compte, &fait).await? { Ok(()) } else { Err(CompteImpossible::Pris(compte.identifiant)) }
}

/// Opens a session; none when the identifier, the password or the moment is wrong, without saying which.
pub async fn connecte(
    db: &Db,
    identifiant: &str,
    mot_de_passe: String,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<Option<String>, ErreurBase> {
    let compte = compte::find(db, identifiant, maintenant).await?;
    // An unknown identifier takes as long as a wrong password.
    let connu = compte.as_ref().map_or_else(|| TEMOIN.to_owned(), |c| c.condense.clone());
    let juste = tokio::task::spawn_blocking(move || verifie(&connu, &mot_de_passe)).await.unwrap_or(false);
    let Some(compte) = compte else { return Ok(None) };
    let fait = |action| Fait {
        moment: maintenant,
        acteur: format!("compte:{}", compte.identifiant),
        action,
        objet: compte.identifiant.clone(),
        detail: json!({ "moyen": "mot de passe" }),
    };
    if compte.en_repos {
        return Ok(None);
    }
    if !juste {
        compte::compte_echec(db, &compte, &fait("connexion.refuser")).await?;
        return Ok(None);
    }
    let session = alea::<32>(rng);
    let fin = maintenant + DUREE_DE_SESSION;
    compte::ouvre_session(db, &compte, &condense(&session), fin, &fait("connexion.ouvrir")).await?;
    Ok(Some(session))
}

/// Digest of no password at all, with the parameters of the others.
const TEMOIN: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn verifie(condense: &str, mot_de_passe: &str) -> bool {
    PasswordHash::new(condense)
        .is_ok_and(|connu| Argon2::default().verify_password(mot_de_passe.as_bytes(), &connu).is_ok())
}

/// The caller of a session.
pub async fn appelant(db: &Db, session: &str, maintenant: DateTime<Utc>) -> Result<Option<Appelant>, ErreurBase> {
    let Some(compte) = compte::de_la_session(db, &condense(session), maintenant).await? else { return Ok(None) };
    let Some(role) = Role::depuis_code(&compte.role) else { return Ok(None) };
    let mut appelant = Appelant::de_role(format!("compte:{}", compte.identifiant), role, compte.territoires);
    appelant.ecriture = true;
    Ok(Some(appelant))
}

/// Closes a session.
pub async fn deconnecte(
    db: &Db,
    session: &str,
    appelant: &Appelant,
    maintenant: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let fait = Fait {
        moment: maintenant,
        acteur: appelant.nom.clone(),
        action: "connexion.fermer",
        objet: appelant.nom.clone(),
        detail: json!({}),
    };
    compte::ferme_session(db, &condense(session), &fait).await
}

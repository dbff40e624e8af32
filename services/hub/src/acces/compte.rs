//! Accounts of persons: who may come in, with a password and a one-time code or through the OpenID provider.
//! A password is kept as an argon2id digest, a session as the digest of its cookie.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hub_storage::compte::{self, Attache, Compte, Moyen};
use hub_storage::journal::Fait;
use hub_storage::{Db, ErreurBase};
use rand::{CryptoRng, RngExt as _};
use referentiel::identifiant::Siret;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::code::SecretDAcces;
use super::jeton::{alea, condense};
use super::territoire::{self, TerritoireInvalide};
use super::{Appelant, Role, Session};
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
    /// Nothing to come in with.
    #[error("Donnez un mot de passe, ou une adresse et un SIRET pour une connexion par ProConnect.")]
    SansMoyen,
    /// An address or a SIRET that is none.
    #[error("{0}")]
    Attache(String),
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
    /// By which the OpenID provider names the person, for an account that signs in there.
    pub attache: Option<Attache>,
    /// Password, for an account that signs in here.
    pub mot_de_passe: Option<String>,
}

/// Makes an account.
pub async fn cree(
    db: &Db,
    configuration: &Configuration,
    demande: Demande,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<Compte, CompteImpossible> {
    if demande.role == Role::Public {
        return Err(CompteImpossible::Public);
    }
    territoire::verifie(demande.role, &demande.territoires, configuration)?;
    // Without a password here, one that nobody knows: the account opens through the provider only.
    let mot_de_passe = match (demande.mot_de_passe, &demande.attache) {
        (Some(mot_de_passe), _) if mot_de_passe.chars().count() < LONGUEUR_MINIMALE => {
            return Err(CompteImpossible::MotDePasseCourt);
        }
        (Some(mot_de_passe), _) => mot_de_passe,
        (None, Some(_)) => alea::<32>(rng),
        (None, None) => return Err(CompteImpossible::SansMoyen),
    };
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
        generation: 1,
        attache: demande.attache,
    };
    if compte::cree(db, &compte, &fait).await? { Ok(compte) } else { Err(CompteImpossible::Pris(compte.identifiant)) }
}

/// What an account is recognised by at the provider: an address and the SIRET of the employer.
pub fn attache(courriel: &str, siret: &str) -> Result<Attache, CompteImpossible> {
    let courriel = courriel.trim().to_lowercase();
    if courriel.parse::<lettre::Address>().is_err() {
        return Err(CompteImpossible::Attache(format!("« {courriel} » n’est pas une adresse électronique.")));
    }
    let siret = siret.parse::<Siret>().map_err(|e| CompteImpossible::Attache(e.to_string()))?;
    Ok(Attache { courriel, siret: siret.to_string() })
}

/// What a person typed.
#[derive(Clone, Deserialize)]
pub struct Saisie {
    /// Identifier.
    pub identifiant: String,
    /// Password.
    pub mot_de_passe: String,
    /// One-time code.
    pub code: String,
}

/// Opens a session; none when the identifier, the password, the code or the moment is wrong, without saying which.
pub async fn connecte(
    db: &Db,
    (secret, produit): (&SecretDAcces, &str),
    saisie: Saisie,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<Option<String>, ErreurBase> {
    let compte = compte::find(db, saisie.identifiant.trim(), maintenant).await?;
    // An unknown identifier takes as long as a wrong password.
    let connu = compte.as_ref().map_or_else(|| TEMOIN.to_owned(), |c| c.condense.clone());
    let mot_de_passe = saisie.mot_de_passe;
    let juste = tokio::task::spawn_blocking(move || verifie(&connu, &mot_de_passe)).await.unwrap_or(false);
    let Some(compte) = compte.filter(|c| !c.en_repos) else { return Ok(None) };
    let chiffres: String = saisie.code.chars().filter(char::is_ascii_digit).collect();
    let instant = u64::try_from(maintenant.timestamp()).unwrap_or_default();
    let pas = secret.codes(produit, &compte).ok().and_then(|codes| codes.check(&chiffres, instant));
    match pas.filter(|_| juste) {
        Some(pas) => ouvre(db, &compte, Moyen::Code(pas), maintenant, rng).await,
        None => {
            compte::compte_echec(db, &compte, &fait(&compte, "connexion.refuser", "mot de passe", maintenant)).await?;
            Ok(None)
        }
    }
}

/// Opens a session for an account; gives its cookie, none when the code was used already.
pub async fn ouvre(
    db: &Db,
    compte: &Compte,
    moyen: Moyen<'_>,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<Option<String>, ErreurBase> {
    let session = alea::<32>(rng);
    let nom = match moyen {
        Moyen::Code(_) => "mot de passe et code",
        Moyen::Preuve(_) => "fournisseur d’identité",
    };
    let fait = fait(compte, "connexion.ouvrir", nom, maintenant);
    let ouverte =
        compte::ouvre_session(db, compte, &condense(&session), moyen, maintenant + DUREE_DE_SESSION, &fait).await?;
    Ok(ouverte.then_some(session))
}

fn fait(compte: &Compte, action: &'static str, moyen: &str, moment: DateTime<Utc>) -> Fait {
    Fait {
        moment,
        acteur: format!("compte:{}", compte.identifiant),
        action,
        objet: compte.identifiant.clone(),
        detail: json!({ "moyen": moyen }),
    }
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
    appelant.session = Some(Session { nom: compte.nom, jeton: jeton_de_formulaire(session) });
    Ok(Some(appelant))
}

/// What every form of a session sends back: only pages served to that session can write it (CSRF).
pub fn jeton_de_formulaire(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::new_with_prefix(b"maillage/formulaire/v1\0").chain_update(cookie).finalize())
}

/// Closes a session; gives what its provider must be told, when one opened it.
pub async fn deconnecte(
    db: &Db,
    session: &str,
    appelant: &Appelant,
    maintenant: DateTime<Utc>,
) -> Result<Option<String>, ErreurBase> {
    let fait = Fait {
        moment: maintenant,
        acteur: appelant.nom.clone(),
        action: "connexion.fermer",
        objet: appelant.nom.clone(),
        detail: json!({}),
    };
    compte::ferme_session(db, &condense(session), &fait).await
}

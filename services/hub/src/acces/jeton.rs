//! Tokens of machines: made once, shown once, kept as a digest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use hub_storage::jeton::{self, Jeton};
use hub_storage::journal::Fait;
use hub_storage::{Db, ErreurBase};
use rand::{CryptoRng, RngExt as _};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::territoire::{self, TerritoireInvalide};
use super::{Appelant, Role};
use crate::configuration::{Configuration, fin_du_jour};

/// What a token starts with, so that a leak is recognised wherever it is found.
const PREFIXE: &str = "mlg_";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Demande {
    /// What it is for.
    pub nom: String,
    /// Role.
    pub role: Role,
    /// Territories.
    pub territoires: Vec<String>,
    /// Data sets; empty for all.
    pub jeux: Vec<String>,
    /// True to let it act.
    pub ecriture: bool,
    /// End.
    pub expire_le: Option<DateTime<Utc>>,
}

/// Why no token is made.
#[derive(Debug, thiserror::Error)]
pub enum JetonImpossible {
    /// The territory does not suit the role.
    #[error(transparent)]
    Territoire(#[from] TerritoireInvalide),
    /// A data set nobody knows.
    #[error("Le jeu « {0} » est inconnu.")]
    Jeu(String),
    /// Ends before it starts.
    #[error("L’échéance est déjà passée.")]
    Passe,
    /// The public writes nothing.
    #[error("Le rôle « public » ne peut pas écrire.")]
    EcriturePublique,
    /// The database.
    #[error(transparent)]
    Base(#[from] ErreurBase),
}

/// Makes a token; its text is in the answer and nowhere else.
pub async fn cree(
    db: &Db,
    configuration: &Configuration,
    demande: Demande,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<(String, Jeton), JetonImpossible> {
    territoire::verifie(demande.role, &demande.territoires, configuration)?;
    if let Some(inconnu) = demande.jeux.iter().find(|j| referentiel::jeu::jeu(j).is_none()) {
        return Err(JetonImpossible::Jeu(inconnu.clone()));
    }
    if demande.expire_le.is_some_and(|fin| fin <= maintenant) {
        return Err(JetonImpossible::Passe);
    }
    if demande.ecriture && demande.role == Role::Public {
        return Err(JetonImpossible::EcriturePublique);
    }
    // Hexadecimal: it is typed as an argument, and must not start with a dash.
    let octets: [u8; 5] = rng.random();
    let identifiant: String = octets.iter().map(|o| format!("{o:02x}")).collect();
    let texte = format!("{PREFIXE}{identifiant}_{}", alea::<32>(rng));
    let fait = Fait {
        moment: maintenant,
        acteur: "exploitant".to_owned(),
        action: "jeton.creer",
        objet: identifiant.clone(),
        detail: json!({ "nom": demande.nom, "role": demande.role.code(), "territoires": demande.territoires }),
    };
    let jeton = Jeton {
        identifiant,
        nom: demande.nom,
        role: demande.role.code().to_owned(),
        territoires: demande.territoires,
        jeux: demande.jeux,
        ecriture: demande.ecriture,
        cree_le: maintenant,
        expire_le: demande.expire_le,
        dernier_usage: None,
        revoque_le: None,
    };
    jeton::cree(db, &jeton, &condense(&texte), &fait).await?;
    Ok((texte, jeton))
}

/// The caller a token stands for; none when it opens nothing any more.
pub async fn appelant(db: &Db, texte: &str, maintenant: DateTime<Utc>) -> Result<Option<Appelant>, ErreurBase> {
    match jeton::find(db, &condense(texte)).await? {
        Some(jeton) => de(db, jeton, maintenant).await,
        None => Ok(None),
    }
}

/// The same for a token already read.
pub async fn de(db: &Db, jeton: Jeton, maintenant: DateTime<Utc>) -> Result<Option<Appelant>, ErreurBase> {
    let Some(role) = Role::depuis_code(&jeton.role).filter(|_| jeton.vaut(maintenant)) else { return Ok(None) };
    jeton::a_servi(db, &jeton, maintenant).await?;
    let mut appelant = Appelant::de_role(format!("jeton:{}", jeton.identifiant), role, jeton.territoires);
    appelant.ecriture = jeton.ecriture;
    appelant.jeux = (!jeton.jeux.is_empty()).then_some(jeton.jeux);
    Ok(Some(appelant))
}

/// Digest under which a secret of high entropy is kept.
pub(crate) fn condense(secret: &str) -> String {
    let condense = Sha256::new_with_prefix(b"maillage/jeton/v1\0").chain_update(secret.as_bytes()).finalize();
    URL_SAFE_NO_PAD.encode(condense)
}

/// Random bytes as text.
pub(crate) fn alea<const N: usize>(rng: &mut impl CryptoRng) -> String {
    let octets: [u8; N] = rng.random();
    URL_SAFE_NO_PAD.encode(octets)
}

/// `90j`, `12h` or a day: when a token ends.
pub fn echeance(texte: &str, maintenant: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let illisible = || format!("« {texte} » n’est pas une durée : écrivez 90j, 12h, ou un jour comme 2027-03-31.");
    if let Ok(jour) = texte.parse::<NaiveDate>() {
        return Ok(fin_du_jour(jour));
    }
    let fin = if let Some(jours) = texte.strip_suffix('j') {
        maintenant.checked_add_days(Days::new(jours.parse().map_err(|_| illisible())?))
    } else if let Some(heures) = texte.strip_suffix('h') {
        TimeDelta::try_hours(heures.parse().map_err(|_| illisible())?).and_then(|d| maintenant.checked_add_signed(d))
    } else {
        None
    };
    fin.ok_or_else(illisible)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_a_number_of_days_or_hours_or_a_day() {
        let maintenant: DateTime<Utc> = "2026-04-02T08:00:00Z".parse().unwrap();
        let fin = |texte| echeance(texte, maintenant).map(|t| t.to_rfc3339());
        assert_eq!(fin("90j").unwrap(), "2026-07-01T08:00:00+00:00");
        assert_eq!(fin("12h").unwrap(), "2026-04-02T20:00:00+00:00");
        assert_eq!(fin("2026-04-10").unwrap(), "2026-04-10T21:59:59.999999+00:00");
        for illisible in ["", "90", "j", "-3j", "999999999999999999j", "bientôt"] {
            assert!(fin(illisible).unwrap_err().contains("90j"), "{illisible}");
        }
    }
}

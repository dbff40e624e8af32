//! Request-bound proof of possession: `Authorization: Maillage-Preuve <JWT>`. It says who asks, what,
//! of whom and when, and lives two minutes at most; it never authorises a content by itself.
//!
//! `jsonwebtoken` makes and verifies the token, behind a stricter reading: the crate accepts lists of
//! audiences, unknown `crit`, foreign `typ` and year-long lives, and reads the machine's clock. Here
//! the header and the claims are exact types, and the present moment is a parameter.

use std::sync::Once;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rand::CryptoRng;
use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Deserializer, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::empreinte::{Empreinte, empreinte_requete};
use crate::jws;
use crate::refus::{CodeRefus, Refus};

/// `typ` of a proof.
pub const TYPE: &str = "maillage-preuve+jwt";

/// Scheme of the `Authorization` header.
pub const SCHEMA: &str = "Maillage-Preuve";

/// Longest life of a proof, in seconds.
pub const VIE_MAXIMALE: i64 = 120;

/// Largest difference between the request's time and the hub's clock, in seconds.
pub const FENETRE: i64 = 300;

/// The request a proof is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demande {
    /// Verb, in capitals.
    pub methode: String,
    /// Address, without query nor fragment, exactly as the node wrote it.
    pub uri: String,
    /// SHA-256 of the body before any compression, empty body included.
    pub bsh: Empreinte,
    /// Bytes of that body: a compressed one is read to there and no further (§2.2).
    pub longueur: u64,
}

impl Demande {
    /// A request and its body.
    pub fn nouvelle(methode: impl Into<String>, uri: impl Into<String>, corps: &[u8]) -> Self {
        Self { methode: methode.into(), uri: uri.into(), bsh: empreinte_requete(corps), longueur: corps.len() as u64 }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revendications {
    iss: IdentifiantNoeud,
    sub: IdentifiantNoeud,
    aud: String,
    iat: i64,
    exp: i64,
    jti: String,
    htm: String,
    htu: String,
    bsh: Empreinte,
    /// Length of the body. Optional: what proofs of before it said is still true.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    bln: Option<u64>,
}

/// A member that is there has a value: `null` is none.
fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<u64>, D::Error> {
    u64::deserialize(d).map(Some)
}

/// A proof that holds, but for the body, which is not read yet: nobody unknown makes the hub decompress a byte.
#[derive(Debug)]
pub struct PreuveSansCorps {
    preuve: PreuveVerifiee,
    bsh: Empreinte,
    bln: Option<u64>,
}

impl PreuveSansCorps {
    /// Node that asks.
    pub fn noeud(&self) -> &IdentifiantNoeud {
        &self.preuve.noeud
    }

    /// Length that the body will have, as signed.
    pub fn longueur(&self) -> Option<u64> {
        self.bln
    }

    /// The proof, when the body is the signed one.
    pub fn avec_corps(self, corps: &[u8]) -> Result<PreuveVerifiee, Refus> {
        self.lie(empreinte_requete(corps), corps.len() as u64)
    }

    fn lie(self, bsh: Empreinte, longueur: u64) -> Result<PreuveVerifiee, Refus> {
        if self.bsh != bsh || self.bln.is_some_and(|bln| bln != longueur) {
            return Err(refuse("La preuve est liée à une autre requête : le corps est différent."));
        }
        Ok(self.preuve)
    }
}

/// A proof that holds. Made by [`verifier`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreuveVerifiee {
    noeud: IdentifiantNoeud,
    jti: String,
    expire: DateTime<Utc>,
}

impl PreuveVerifiee {
    /// Node that asks.
    pub fn noeud(&self) -> &IdentifiantNoeud {
        &self.noeud
    }

    /// Unique name of the proof; the hub remembers it fifteen minutes and refuses it a second time
    /// on every request that is not idempotent by itself.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// End of its life.
    pub fn expire(&self) -> DateTime<Utc> {
        self.expire
    }
}

/// Value of the `Authorization` header for a request.
pub fn signer(
    demande: &Demande,
    noeud: &IdentifiantNoeud,
    hub: &str,
    cle: &CleSignature,
    maintenant: DateTime<Utc>,
    rng: &mut impl CryptoRng,
) -> Result<String, Refus> {
    fournisseur();
    let mut nonce = [0u8; 16];
    rng.fill_bytes(&mut nonce);
    let revendications = Revendications {
        iss: noeud.clone(),
        sub: noeud.clone(),
        aud: hub.to_owned(),
        iat: maintenant.timestamp(),
        exp: maintenant.timestamp() + VIE_MAXIMALE,
        jti: URL_SAFE_NO_PAD.encode(nonce),
        htm: demande.methode.clone(),
        htu: demande.uri.clone(),
        bsh: demande.bsh,
        bln: Some(demande.longueur),
    };
    let mut en_tete = Header::new(Algorithm::EdDSA);
    en_tete.typ = Some(TYPE.to_owned());
    en_tete.kid = Some(cle.publique().kid());
    let der = cle.der().map_err(|e| refuse(e.to_string()))?;
    let jeton = jsonwebtoken::encode(&en_tete, &revendications, &EncodingKey::from_ed_der(der.as_bytes()))
        .map_err(|e| refuse(e.to_string()))?;
    Ok(format!("{SCHEMA} {jeton}"))
}

/// Thumbprint that a proof announces, for looking the key up; nothing is verified yet.
pub fn kid_annonce(autorisation: &str) -> Result<String, Refus> {
    jws::lire(jeton(autorisation)?, TYPE).map(|lu| lu.en_tete.kid).map_err(|e| refuse(e.to_string()))
}

/// Verifies the `Authorization` header of a request to this hub, under the address of this node.
pub fn verifier(
    autorisation: &str,
    demande: &Demande,
    noeud: &IdentifiantNoeud,
    hub: &str,
    cle: &ClePublique,
    maintenant: DateTime<Utc>,
) -> Result<PreuveVerifiee, Refus> {
    let sans_corps = verifier_sans_corps(autorisation, (&demande.methode, &demande.uri), noeud, hub, cle, maintenant)?;
    sans_corps.lie(demande.bsh, demande.longueur)
}

/// The same before the body is read, for a verb and an address.
pub fn verifier_sans_corps(
    autorisation: &str,
    (methode, uri): (&str, &str),
    noeud: &IdentifiantNoeud,
    hub: &str,
    cle: &ClePublique,
    maintenant: DateTime<Utc>,
) -> Result<PreuveSansCorps, Refus> {
    let jeton = jeton(autorisation)?;
    let lues = lire(jeton, cle)?;
    if lues.iss != lues.sub || lues.aud != hub {
        return Err(refuse("Émetteur et sujet doivent être le nœud, et le destinataire ce hub."));
    }
    if &lues.iss != noeud {
        return Err(Refus::nouveau(CodeRefus::AuthWrongNode, format!("La preuve est de {}.", lues.iss)));
    }
    if lues.htm != methode || lues.htu != uri {
        return Err(refuse("La preuve est liée à une autre requête : verbe ou adresse différents."));
    }
    if !(16..=64).contains(&lues.jti.len()) {
        return Err(refuse("« jti » doit compter de 16 à 64 caractères."));
    }
    let expire = echeance(&lues, maintenant)?;
    let preuve = PreuveVerifiee { noeud: lues.iss, jti: lues.jti, expire };
    Ok(PreuveSansCorps { preuve, bsh: lues.bsh, bln: lues.bln })
}

fn lire(jeton: &str, cle: &ClePublique) -> Result<Revendications, Refus> {
    fournisseur();
    let charge = jws::verifier(jeton, TYPE, cle).map_err(|e| refuse(e.to_string()))?;
    jws::lire_objet::<Revendications>(&charge).map_err(|e| refuse(e.to_string()))?;
    // Time, audience and issuer are checked by `verifier`, on exact types and on the given clock.
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = ["exp", "iss", "sub", "aud"].map(str::to_owned).into();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let cle = DecodingKey::from_ed_der(cle.octets());
    let lues = jsonwebtoken::decode::<Revendications>(jeton, &cle, &validation).map_err(|e| refuse(e.to_string()))?;
    Ok(lues.claims)
}

fn echeance(lues: &Revendications, maintenant: DateTime<Utc>) -> Result<DateTime<Utc>, Refus> {
    let present = maintenant.timestamp();
    let vie = lues.exp.checked_sub(lues.iat).filter(|vie| (1..=VIE_MAXIMALE).contains(vie));
    if vie.is_none() {
        return Err(refuse(format!("La preuve doit vivre de 1 à {VIE_MAXIMALE} secondes.")));
    }
    let ecart = present.checked_sub(lues.iat).filter(|ecart| ecart.abs() <= FENETRE);
    let expire = DateTime::from_timestamp(lues.exp, 0);
    match (ecart, expire) {
        (Some(_), Some(expire)) => Ok(expire),
        _ => Err(Refus::nouveau(CodeRefus::ClockSkew, format!("Écart permis : {FENETRE} secondes."))),
    }
}

fn jeton(autorisation: &str) -> Result<&str, Refus> {
    let (schema, jeton) = autorisation.split_once(' ').ok_or_else(|| refuse(format!("Schéma attendu : {SCHEMA}.")))?;
    if schema == SCHEMA { Ok(jeton) } else { Err(refuse(format!("Schéma attendu : {SCHEMA}."))) }
}

fn refuse(detail: impl Into<String>) -> Refus {
    Refus::nouveau(CodeRefus::AuthProofInvalid, detail)
}

/// The crate panics at its first token when it finds no provider, or two, among its features; named
/// here, the provider does not depend on what other crates enable.
fn fournisseur() {
    static UNE_FOIS: Once = Once::new();
    UNE_FOIS.call_once(|| {
        // Already chosen by the program: then that choice stands.
        let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    });
}

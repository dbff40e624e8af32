//! The signed list of what the hub gives its nodes to work with: nomenclatures, data sets, rules of the
//! conventions, thresholds, calendar of the campaigns. Each part is named by its digest; several versions of
//! one part may stand side by side, because publications made with each are still to come.
//!
//! A node never goes back to an older list, and never takes two lists for one version. A list whose time has
//! passed still serves: it says so. Signed by a key of its own purpose, which the hub's key set vouches for.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::empreinte::{Empreinte, empreinte_partie};
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// `typ` of a manifest.
pub const TYPE: &str = "maillage-manifeste+jws";

/// Version of the manifests this crate writes and reads.
pub const VERSION: u64 = 1;

/// Largest part.
pub const PARTIE_MAXIMALE: u64 = 1024 * 1024;

/// Most parts of a manifest.
pub const PARTIES_MAXIMUM: usize = 200;

/// A part: what it is, which version, and the bytes it must have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partie {
    /// Kind and name: `nomenclature/emploi`, `jeu/ea.indicateurs`, `convention/fiphfp-v5`, `seuils`, `campagnes`.
    pub name: String,
    /// Version of the part, as its own text says.
    pub semver: String,
    /// Digest of its bytes.
    pub sha256: Empreinte,
    /// Length in bytes.
    pub len: u64,
}

impl Partie {
    /// Describes bytes.
    pub fn decrire(name: impl Into<String>, semver: impl Into<String>, octets: &[u8]) -> Self {
        let (sha256, len) = (empreinte_partie(octets), octets.len() as u64);
        Self { name: name.into(), semver: semver.into(), sha256, len }
    }

    /// True when these bytes are the part's: their length first, which costs nothing.
    pub fn convient(&self, octets: &[u8]) -> bool {
        octets.len() as u64 == self.len && empreinte_partie(octets) == self.sha256
    }
}

/// Digest of a list of parts: two manifests of the same list say the same thing at two moments.
pub fn empreinte_des_parties(parts: &[Partie]) -> Empreinte {
    empreinte_partie(&serde_json::to_vec(parts).unwrap_or_default())
}

/// Claims of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifeste {
    /// Version of the format.
    pub v: u64,
    /// Hub.
    pub iss: String,
    /// Version of the manifest: only ever grows.
    pub version: u64,
    /// Time of issue, by the hub's clock.
    pub issued: DateTime<Utc>,
    /// Time after which a fresher one must be asked for.
    pub valid_until: DateTime<Utc>,
    /// Parts, sorted by name and version.
    pub parts: Vec<Partie>,
}

/// A manifest known before: its version and its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifesteConnu {
    /// Version.
    pub version: u64,
    /// Digest of its claims.
    pub empreinte: Empreinte,
}

/// Why a well-signed manifest is not taken: the hub, or somebody in its place, goes back in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlarmeManifeste {
    /// Older than the one kept.
    #[error("Le hub présente un manifeste plus ancien (version {lue}) que celui déjà reçu (version {connue}).")]
    Recul {
        /// Version presented.
        lue: u64,
        /// Version kept.
        connue: u64,
    },
    /// Another content under the same version.
    #[error("Le hub présente deux manifestes différents sous la version {0}.")]
    Double(u64),
}

impl Manifeste {
    /// Signs with the key of the references.
    pub fn signer(&self, cle: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), cle)
    }

    /// Reads a manifest of this hub.
    pub fn verifier(texte: &str, cle: &ClePublique, hub: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::ManifestInvalid, detail);
        let charge = jws::verifier(texte, TYPE, cle).map_err(|e| invalide(e.to_string()))?;
        let lu: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if lu.v != VERSION || lu.iss != hub {
            return Err(invalide(format!("Manifeste de « {} », version {} du format.", lu.iss, lu.v)));
        }
        lu.borne().map_err(invalide)?;
        Ok(lu)
    }

    fn borne(&self) -> Result<(), String> {
        if self.valid_until <= self.issued {
            return Err("Le manifeste expire avant d’être émis.".to_owned());
        }
        if self.parts.len() > PARTIES_MAXIMUM {
            return Err(format!("{} parties lues, {PARTIES_MAXIMUM} permises.", self.parts.len()));
        }
        if let Some(grosse) = self.parts.iter().find(|p| p.len > PARTIE_MAXIMALE) {
            return Err(format!("La partie « {} » dépasse {PARTIE_MAXIMALE} octets.", grosse.name));
        }
        let noms: BTreeSet<(&str, &str)> = self.parts.iter().map(|p| (p.name.as_str(), p.semver.as_str())).collect();
        if noms.len() == self.parts.len() { Ok(()) } else { Err("Une partie figure deux fois.".to_owned()) }
    }

    /// Its identity.
    pub fn connu(&self) -> ManifesteConnu {
        ManifesteConnu { version: self.version, empreinte: empreinte_partie(&octets(self)) }
    }

    /// Whether it follows the one kept: true when it is newer, false when it is the very same.
    pub fn suivre(&self, connu: Option<&ManifesteConnu>) -> Result<bool, AlarmeManifeste> {
        match connu {
            None => Ok(true),
            Some(connu) if self.version > connu.version => Ok(true),
            Some(connu) if self.version < connu.version => {
                Err(AlarmeManifeste::Recul { lue: self.version, connue: connu.version })
            }
            Some(connu) if self.connu() == *connu => Ok(false),
            Some(_) => Err(AlarmeManifeste::Double(self.version)),
        }
    }

    /// True when a fresher one should have come.
    pub fn perime(&self, maintenant: DateTime<Utc>) -> bool {
        maintenant > self.valid_until
    }

    /// Every version of a part.
    pub fn versions<'a>(&'a self, nom: &'a str) -> impl Iterator<Item = &'a Partie> {
        self.parts.iter().filter(move |p| p.name == nom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    const HUB: &str = "https://hub.example/maillage";

    fn cle(graine: u64) -> CleSignature {
        CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(graine))
    }

    fn manifeste(version: u64) -> Manifeste {
        Manifeste {
            v: VERSION,
            iss: HUB.to_owned(),
            version,
            issued: DateTime::UNIX_EPOCH,
            valid_until: DateTime::UNIX_EPOCH + chrono::TimeDelta::days(7),
            parts: vec![Partie::decrire("nomenclature/emploi", "2", b"CDI"), Partie::decrire("seuils", "1", b"{}")],
        }
    }

    fn relu(m: &Manifeste) -> Result<Manifeste, Refus> {
        Manifeste::verifier(&m.signer(&cle(1)), &cle(1).publique(), HUB)
    }

    #[test]
    fn a_manifest_reads_back_under_its_key_and_within_its_bounds_only() {
        let m = manifeste(4);
        assert_eq!(relu(&m).unwrap(), m);
        assert!(Manifeste::verifier(&m.signer(&cle(1)), &cle(2).publique(), HUB).is_err());
        assert!(Manifeste::verifier(&m.signer(&cle(1)), &cle(1).publique(), "https://autre.example").is_err());
        assert!(relu(&Manifeste { valid_until: m.issued, ..m.clone() }).is_err());
        assert!(relu(&Manifeste { parts: [m.parts.clone(), m.parts.clone()].concat(), ..m.clone() }).is_err());
        let geante = Partie { len: PARTIE_MAXIMALE + 1, ..m.parts[0].clone() };
        assert!(relu(&Manifeste { parts: vec![geante], ..m }).is_err());
    }

    /// Matrix 41: nothing goes back, and one version has one content.
    #[test]
    fn matrix_41_an_older_manifest_or_another_of_the_same_version_is_refused() {
        let garde = manifeste(4).connu();
        assert_eq!(manifeste(4).suivre(None), Ok(true));
        assert_eq!(manifeste(5).suivre(Some(&garde)), Ok(true));
        assert_eq!(manifeste(4).suivre(Some(&garde)), Ok(false));
        assert_eq!(manifeste(3).suivre(Some(&garde)), Err(AlarmeManifeste::Recul { lue: 3, connue: 4 }));
        let autre = Manifeste { parts: vec![], ..manifeste(4) };
        assert_eq!(autre.suivre(Some(&garde)), Err(AlarmeManifeste::Double(4)));
        assert!(
            !manifeste(4).perime(DateTime::UNIX_EPOCH) && manifeste(4).perime("2026-01-01T00:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn a_part_is_its_bytes_and_no_others() {
        let partie = Partie::decrire("seuils", "1", b"{}");
        assert!(partie.convient(b"{}") && !partie.convient(b"[]") && !partie.convient(b"{} "));
    }
}

//! The announcement of a hub's next key, signed by the key it replaces: published in the key set weeks before
//! the new key signs anything. A node follows announcements from the key it pinned, one after the other; a key
//! that nobody announced is nobody's, and two announcements by one key are an alarm.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::refus::{CodeRefus, Refus};
use crate::restauration::Restauration;
use crate::{Accuse, jws, octets};

/// `typ` of an announcement.
pub const TYPE: &str = "maillage-succession+jws";

/// Version of the announcements this crate writes and reads.
pub const VERSION: u64 = 1;

/// Days between an announcement and the first signature of the new key.
pub const DELAI_EN_JOURS: i64 = 30;

/// What a key of the hub signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum UsageCle {
    /// Receipts, heads, statements, the key set.
    #[serde(rename = "receipts")]
    Accuses,
    /// Checkpoints of the register.
    #[serde(rename = "log")]
    Registre,
}

impl UsageCle {
    /// Name on the wire, which the stores use too.
    pub fn code(self) -> &'static str {
        match self {
            Self::Accuses => "receipts",
            Self::Registre => "log",
        }
    }
}

/// Claims of an announcement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuccessionDeCle {
    /// Version.
    pub v: u64,
    /// Hub.
    pub iss: String,
    /// What the key signs.
    pub purpose: UsageCle,
    /// Key replaced, which signs the announcement.
    pub from: ClePublique,
    /// Next key.
    pub to: ClePublique,
    /// Time of the announcement, by the hub's clock.
    pub announced_at: DateTime<Utc>,
    /// Time from which the next key may sign.
    pub effective_from: DateTime<Utc>,
}

impl SuccessionDeCle {
    /// Signs with the key replaced.
    pub fn signer(&self, ancienne: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), ancienne)
    }

    /// Reads an announcement by this key.
    pub fn verifier(texte: &str, ancienne: &ClePublique, hub: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::SuccessionInvalid, detail);
        let charge = jws::verifier(texte, TYPE, ancienne).map_err(|e| invalide(e.to_string()))?;
        let lue: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if lue.v != VERSION || lue.iss != hub || lue.from != *ancienne || lue.to == lue.from {
            return Err(invalide(format!("Annonce de « {} », version {}.", lue.iss, lue.v)));
        }
        if lue.effective_from < lue.announced_at {
            return Err(invalide("La clé servirait avant d’être annoncée.".to_owned()));
        }
        Ok(lue)
    }

    /// Reads an announcement under the key it names itself: for who keeps the announcements it made.
    pub fn presenter(texte: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::SuccessionInvalid, detail);
        let lu = jws::lire(texte, TYPE).map_err(|e| invalide(e.to_string()))?;
        let dite: Self = jws::lire_objet(&lu.charge).map_err(|e| invalide(e.to_string()))?;
        Self::verifier(texte, &dite.from, &dite.iss)
    }
}

/// Keys of one purpose, from the one pinned to the one in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClesSuccessives {
    actuelle: ClePublique,
    anciennes: Vec<ClePublique>,
}

impl ClesSuccessives {
    /// A single key, which nothing replaced.
    pub fn seule(cle: ClePublique) -> Self {
        Self { actuelle: cle, anciennes: vec![] }
    }

    /// The key in force and those it replaced, from the announcements that this hub keeps.
    pub fn jusqu_a(actuelle: ClePublique, usage: UsageCle, annonces: &[SuccessionDeCle]) -> Self {
        let mut anciennes = Vec::new();
        let mut cle = actuelle;
        while let Some(annonce) = annonces.iter().find(|a| a.purpose == usage && a.to == cle) {
            if annonce.from == actuelle || anciennes.contains(&annonce.from) {
                break;
            }
            cle = annonce.from;
            anciennes.insert(0, cle);
        }
        Self { actuelle, anciennes }
    }

    /// The same, once a key has taken the place of the last.
    #[must_use]
    pub fn puis(mut self, cle: ClePublique) -> Self {
        self.anciennes.push(std::mem::replace(&mut self.actuelle, cle));
        self
    }

    /// The key in force.
    pub fn actuelle(&self) -> ClePublique {
        self.actuelle
    }

    /// All of them, from the first.
    pub fn toutes(&self) -> impl Iterator<Item = &ClePublique> {
        self.anciennes.iter().chain([&self.actuelle])
    }

    /// What the key in force announced: the next key, whether or not its time has come. Two different
    /// announcements by one key are refused: somebody holds it who should not.
    pub fn annonce(&self, usage: UsageCle, annonces: &[String], hub: &str) -> Result<Option<SuccessionDeCle>, Refus> {
        let lues = annonces.iter().filter_map(|texte| SuccessionDeCle::verifier(texte, &self.actuelle, hub).ok());
        let mut suite: Option<SuccessionDeCle> = None;
        for lue in lues.filter(|s| s.purpose == usage) {
            if suite.as_ref().is_some_and(|autre| autre.to != lue.to) {
                let detail = "Une même clé du hub en annonce deux autres : prévenez son administrateur.";
                return Err(Refus::nouveau(CodeRefus::SuccessionInvalid, detail));
            }
            suite = Some(lue);
        }
        Ok(suite)
    }

    /// Follows announcements from the key in force to the one presented, which must not be an older one.
    pub fn avance(
        &self,
        presentee: ClePublique,
        usage: UsageCle,
        annonces: &[String],
        hub: &str,
        maintenant: DateTime<Utc>,
    ) -> Result<Self, Refus> {
        let mut suite = self.clone();
        // As many steps as announcements at most: a loop of them ends too.
        for _ in 0..=annonces.len() {
            if suite.actuelle == presentee {
                return Ok(suite);
            }
            match suite.annonce(usage, annonces, hub)? {
                Some(annonce) if annonce.effective_from <= maintenant => suite = suite.puis(annonce.to),
                Some(annonce) => {
                    let detail = format!("La clé suivante ne sert qu’à partir du {}.", annonce.effective_from);
                    return Err(Refus::nouveau(CodeRefus::SuccessionInvalid, detail));
                }
                None => break,
            }
        }
        let detail = "Le hub signe d’une clé que celle connue de ce nœud n’a pas annoncée.";
        Err(Refus::nouveau(CodeRefus::SuccessionInvalid, detail))
    }

    /// Reads a restore statement under the key in force or one it replaced.
    pub fn restauration(&self, jws: &str, hub: &str) -> Result<Restauration, Refus> {
        let presente = Restauration::verifier(jws, &self.actuelle, hub);
        let ancienne = || self.anciennes.iter().rev().find_map(|cle| Restauration::verifier(jws, cle, hub).ok());
        presente.or_else(|refus| ancienne().ok_or(refus))
    }

    /// Reads a receipt under the key in force or one it replaced: what they signed stands.
    pub fn accuse(&self, jws: &str) -> Result<Accuse, Refus> {
        let presente = Accuse::verifier(jws, &self.actuelle);
        let ancien = || self.anciennes.iter().rev().find_map(|cle| Accuse::verifier(jws, cle).ok());
        presente.or_else(|refus| ancien().ok_or(refus))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use rand::SeedableRng as _;

    const HUB: &str = "https://hub.example/maillage";

    fn cle(graine: u64) -> CleSignature {
        CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(graine))
    }

    fn annonce(de: u64, vers: u64, jour: i64) -> String {
        let announced_at = DateTime::UNIX_EPOCH + TimeDelta::days(jour);
        let annonce = SuccessionDeCle {
            v: VERSION,
            iss: HUB.to_owned(),
            purpose: UsageCle::Accuses,
            from: cle(de).publique(),
            to: cle(vers).publique(),
            announced_at,
            effective_from: announced_at + TimeDelta::days(DELAI_EN_JOURS),
        };
        annonce.signer(&cle(de))
    }

    fn avance(annonces: &[String], presentee: u64, jour: i64) -> Result<ClesSuccessives, Refus> {
        let maintenant = DateTime::UNIX_EPOCH + TimeDelta::days(jour);
        let epinglee = ClesSuccessives::seule(cle(1).publique());
        epinglee.avance(cle(presentee).publique(), UsageCle::Accuses, annonces, HUB, maintenant)
    }

    #[test]
    fn a_key_serves_once_announced_long_enough_by_the_one_it_replaces() {
        let annonces = [annonce(1, 2, 0), annonce(2, 3, 100)];
        assert_eq!(avance(&annonces, 1, 10).unwrap().actuelle(), cle(1).publique());
        assert!(avance(&annonces, 2, 29).is_err(), "its time has not come");
        assert_eq!(avance(&annonces, 2, 31).unwrap().actuelle(), cle(2).publique());
        // A node that slept through both changes follows one after the other.
        assert_eq!(avance(&annonces, 3, 200).unwrap().actuelle(), cle(3).publique());
        assert!(avance(&annonces, 4, 200).is_err(), "nobody announced it");
        assert!(avance(&annonces, 1, 200).is_ok(), "the hub may go on with the key in force");
        let suivi = avance(&annonces, 3, 200).unwrap();
        let revenu = suivi.avance(cle(1).publique(), UsageCle::Accuses, &annonces, HUB, DateTime::UNIX_EPOCH);
        assert!(revenu.is_err(), "a key that was replaced never comes back");
    }

    #[test]
    fn an_announcement_of_another_hub_or_purpose_or_by_another_key_is_none() {
        assert!(avance(&[annonce(5, 2, 0)], 2, 200).is_err());
        let ailleurs = ClesSuccessives::seule(cle(1).publique());
        assert_eq!(ailleurs.annonce(UsageCle::Registre, &[annonce(1, 2, 0)], HUB).unwrap(), None);
        assert_eq!(ailleurs.annonce(UsageCle::Accuses, &[annonce(1, 2, 0)], "https://autre.example").unwrap(), None);
    }

    #[test]
    fn a_hub_finds_its_old_keys_in_what_it_announced() {
        let annonces: Vec<_> = [annonce(1, 2, 0), annonce(2, 3, 100), annonce(3, 4, 200)]
            .iter()
            .map(|texte| SuccessionDeCle::presenter(texte).unwrap())
            .collect();
        let suite = ClesSuccessives::jusqu_a(cle(3).publique(), UsageCle::Accuses, &annonces);
        assert_eq!(suite, ClesSuccessives::seule(cle(1).publique()).puis(cle(2).publique()).puis(cle(3).publique()));
        assert_eq!(
            ClesSuccessives::jusqu_a(cle(3).publique(), UsageCle::Registre, &annonces),
            ClesSuccessives::seule(cle(3).publique())
        );
    }

    #[test]
    fn two_announcements_by_one_key_are_refused_and_a_loop_ends() {
        assert!(avance(&[annonce(1, 2, 0), annonce(1, 3, 0)], 2, 200).is_err());
        assert!(avance(&[annonce(1, 2, 0), annonce(2, 1, 0)], 4, 200).is_err());
    }
}

//! The statement of a hub that came back from a backup: which part of the register it still has, and
//! under which incarnation it goes on. Without it a shorter register is a rewritten one, and every
//! node raises the alarm; with it they send again what was lost, and nothing else changes.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::empreinte::Empreinte;
use crate::refus::{CodeRefus, Refus};
use crate::registre::{Alarme, PointDeControle, PreuveCoherence};
use crate::{jws, octets};

/// `typ` of a restore statement.
pub const TYPE: &str = "maillage-restauration+jws";

/// Version of the statements this crate writes and reads.
pub const VERSION: u64 = 1;

/// Claims of a restore statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Restauration {
    /// Version.
    pub v: u64,
    /// Hub.
    pub iss: String,
    /// Incarnation left.
    pub from_epoch: u64,
    /// Incarnation opened: the next one.
    pub to_epoch: u64,
    /// Leaves of the old incarnation that were kept.
    pub size: u64,
    /// Root of these leaves.
    pub root: Empreinte,
    /// Time of the restore, by the hub's clock.
    pub restored_at: DateTime<Utc>,
}

impl Restauration {
    /// Signs with the key of the receipts.
    pub fn signer(&self, cle: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), cle)
    }

    /// Reads a statement of this hub.
    pub fn verifier(texte: &str, cle_hub: &ClePublique, hub: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::RestoreInvalid, detail);
        let charge = jws::verifier(texte, TYPE, cle_hub).map_err(|e| invalide(e.to_string()))?;
        let lue: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if lue.v != VERSION || lue.iss != hub || lue.to_epoch != lue.from_epoch + 1 {
            return Err(invalide(format!("Déclaration de « {} », version {}.", lue.iss, lue.v)));
        }
        Ok(lue)
    }

    /// The checkpoint a witness holds after the statement: what was kept, under the new incarnation.
    /// `preuve` shows, in the new incarnation, that the kept leaves begin with those the witness knew.
    pub fn appliquer(
        &self,
        connu: &PointDeControle,
        preuve: Option<&PreuveCoherence>,
    ) -> Result<PointDeControle, Alarme> {
        if self.from_epoch != connu.epoque {
            return Err(Alarme::EpoqueNouvelle { annoncee: self.to_epoch });
        }
        let garde =
            PointDeControle { hub: connu.hub.clone(), epoque: self.to_epoch, taille: self.size, racine: self.root };
        // What the witness knew beyond the kept part is lost by admission: nothing is left to compare.
        if connu.taille > self.size {
            return Ok(garde);
        }
        let meme_passe = PointDeControle { epoque: self.to_epoch, ..connu.clone() };
        crate::registre::suivre(&meme_passe, &garde, preuve).map(|()| garde)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::empreinte::empreinte_accuse;
    use rand::SeedableRng as _;

    const HUB: &str = "https://hub.example/maillage";

    fn declaration(size: u64) -> Restauration {
        Restauration {
            v: VERSION,
            iss: HUB.to_owned(),
            from_epoch: 1,
            to_epoch: 2,
            size,
            root: empreinte_accuse("gardee"),
            restored_at: DateTime::UNIX_EPOCH,
        }
    }

    fn connu(taille: u64, racine: &str) -> PointDeControle {
        PointDeControle { hub: "hub.example".to_owned(), epoque: 1, taille, racine: empreinte_accuse(racine) }
    }

    #[test]
    fn a_statement_reads_back_and_opens_the_next_epoch_only() {
        let cle = CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(1));
        let lu = |d: &Restauration| Restauration::verifier(&d.signer(&cle), &cle.publique(), HUB);
        assert_eq!(lu(&declaration(4)).unwrap(), declaration(4));
        assert!(lu(&Restauration { to_epoch: 3, ..declaration(4) }).is_err());
        assert!(lu(&Restauration { iss: "https://autre.example".to_owned(), ..declaration(4) }).is_err());
    }

    #[test]
    fn a_witness_goes_on_from_what_was_kept_and_keeps_its_alarm_for_a_rewritten_past() {
        let suite = declaration(4).appliquer(&connu(9, "perdue"), None).unwrap();
        assert_eq!((suite.epoque, suite.taille, suite.racine), (2, 4, empreinte_accuse("gardee")));
        assert_eq!(declaration(4).appliquer(&connu(4, "gardee"), None).unwrap(), suite);
        assert_eq!(declaration(4).appliquer(&connu(4, "autre"), None), Err(Alarme::Reecriture));
        assert_eq!(declaration(4).appliquer(&connu(3, "gardee"), None), Err(Alarme::SansPreuve));
        let autre_epoque = PointDeControle { epoque: 3, ..connu(4, "gardee") };
        assert_eq!(declaration(4).appliquer(&autre_epoque, None), Err(Alarme::EpoqueNouvelle { annoncee: 2 }));
    }
}

//! Steps 6 and 7 of the path: bytes received become a verified envelope, then a verified publication.
//! The signature is checked before anything that depends on the hub's state; unverified bytes cannot
//! reach the store, because the store takes a [`PublicationVerifiee`].

use referentiel::identifiant::IdentifiantNoeud;
use serde::Deserialize;

use crate::chaine::TeteNoeud;
use crate::cle::ClePublique;
use crate::contenu::{Contenu, TAILLE_MAXIMALE};
use crate::empreinte::{Empreinte, empreinte_corps, empreinte_enveloppe};
use crate::enveloppe::{Enveloppe, NouvelleCle, VERSION};
use crate::jws::{self, JetonInvalide};
use crate::pii;
use crate::possession::{self, Usage};
use crate::refus::{CodeRefus, Refus};
use crate::sceau::TYPE;

/// Whom the envelope must come from and be meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendu {
    /// Node of the address.
    pub noeud: IdentifiantNoeud,
    /// Identifier of the hub, exact.
    pub hub: String,
}

/// An envelope whose signature, sender, addressee and members hold. Made by [`verifier_enveloppe`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnveloppeVerifiee {
    jws: String,
    empreinte: Empreinte,
    enveloppe: Enveloppe,
}

impl EnveloppeVerifiee {
    /// The signed text, as received.
    pub fn jws(&self) -> &str {
        &self.jws
    }

    /// Identity of the entry.
    pub fn empreinte(&self) -> Empreinte {
        self.empreinte
    }

    /// The claims.
    pub fn enveloppe(&self) -> &Enveloppe {
        &self.enveloppe
    }
}

/// A publication whose envelope and body hold together. Made by [`verifier`] only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationVerifiee {
    enveloppe: EnveloppeVerifiee,
    contenu: Contenu,
    corps: Vec<u8>,
}

impl PublicationVerifiee {
    /// The claims.
    pub fn enveloppe(&self) -> &Enveloppe {
        &self.enveloppe.enveloppe
    }

    /// The content, read.
    pub fn contenu(&self) -> &Contenu {
        &self.contenu
    }

    /// The body, as received.
    pub fn corps(&self) -> &[u8] {
        &self.corps
    }

    /// The signed envelope, as received.
    pub fn jws(&self) -> &str {
        &self.enveloppe.jws
    }

    /// Identity of the publication.
    pub fn empreinte(&self) -> Empreinte {
        self.enveloppe.empreinte
    }
}

/// Thumbprint that an envelope announces: for looking the key up under the node of the address,
/// and for nothing else, since nothing is verified yet.
pub fn kid_annonce(jws: &str) -> Result<String, Refus> {
    jws::lire(jws, TYPE).map(|lu| lu.en_tete.kid).map_err(|e| refus_du_jeton(&e))
}

/// Step 6: the signature, the sender, the addressee, the members.
pub fn verifier_enveloppe(jws: &str, cle: &ClePublique, attendu: &Attendu) -> Result<EnveloppeVerifiee, Refus> {
    let charge = jws::verifier(jws, TYPE, cle).map_err(|e| refus_du_jeton(&e))?;
    let enveloppe = lire_enveloppe(&charge)?;
    if enveloppe.iss != attendu.noeud {
        let detail = format!("L’enveloppe est de {}, l’adresse de {}.", enveloppe.iss, attendu.noeud);
        return Err(Refus::nouveau(CodeRefus::AuthWrongNode, detail));
    }
    if enveloppe.aud != attendu.hub {
        let detail = format!("Destinataire attendu : {}.", attendu.hub);
        return Err(Refus::nouveau(CodeRefus::EnvWrongAudience, detail));
    }
    enveloppe.coherente()?;
    if let Some(NouvelleCle { x, proof }) = &enveloppe.next {
        if x == cle {
            return Err(Refus::nouveau(CodeRefus::EnvMalformed, "La clé annoncée est déjà la clé en vigueur."));
        }
        possession::verifier(proof, x, &enveloppe.iss, &enveloppe.aud, Usage::Rotation { seq: enveloppe.seq })?;
    }
    Ok(EnveloppeVerifiee { jws: jws.to_owned(), empreinte: empreinte_enveloppe(&charge), enveloppe })
}

/// A node's own history, given back by the hub: entries that follow `apres` without a hole, each naming the
/// one before. The last must be signed by one of the node's own keys, present or past: a hub put back before
/// a rotation holds a history that the key of that time ends. It vouches for the others by their digests,
/// whatever key signed them.
pub fn verifier_suite(
    suite: &[&str],
    apres: &TeteNoeud,
    cles: &[ClePublique],
    attendu: &Attendu,
) -> Result<Vec<EnveloppeVerifiee>, Refus> {
    let Some((derniere, _)) = suite.split_last() else { return Ok(vec![]) };
    let kid = kid_annonce(derniere)?;
    let Some(cle) = cles.iter().find(|cle| cle.kid() == kid) else {
        let detail = format!("L’historique se termine par une entrée signée d’une clé inconnue de ce nœud ({kid}).");
        return Err(Refus::nouveau(CodeRefus::AuthKeyUnknown, detail));
    };
    verifier_enveloppe(derniere, cle, attendu)?;
    let mut tete = *apres;
    let mut verifiees = Vec::with_capacity(suite.len());
    for jws in suite {
        let lu = jws::lire(jws, TYPE).map_err(|e| refus_du_jeton(&e))?;
        let enveloppe = lire_enveloppe(&lu.charge)?;
        enveloppe.coherente()?;
        let empreinte = empreinte_enveloppe(&lu.charge);
        if enveloppe.iss != attendu.noeud || enveloppe.aud != attendu.hub {
            return Err(Refus::nouveau(
                CodeRefus::AuthWrongNode,
                "L’historique est celui d’un autre nœud ou d’un autre hub.",
            ));
        }
        if enveloppe.seq != tete.suivante() || enveloppe.prev != tete.empreinte {
            let detail = format!("L’historique se rompt à la position {}.", tete.suivante());
            return Err(Refus::nouveau(CodeRefus::ChainFork, detail));
        }
        tete = TeteNoeud::apres(enveloppe.seq, empreinte);
        verifiees.push(EnveloppeVerifiee { jws: (*jws).to_owned(), empreinte, enveloppe });
    }
    Ok(verifiees)
}

/// Step 7: the body is the signed one, it reads strictly, nothing in it looks like a person, and it
/// speaks of what the envelope says.
pub fn verifier(enveloppe: EnveloppeVerifiee, corps: &[u8]) -> Result<PublicationVerifiee, Refus> {
    let claims = &enveloppe.enveloppe;
    let Some(annonce) = &claims.body else {
        return Err(Refus::nouveau(CodeRefus::EnvMalformed, "Cette entrée de la chaîne ne porte pas de corps."));
    };
    if annonce.len != corps.len() as u64 || annonce.sha256 != empreinte_corps(corps) {
        let detail = format!("{} octets signés, {} reçus.", annonce.len, corps.len());
        return Err(Refus::nouveau(CodeRefus::BodyHashMismatch, detail));
    }
    // A body that does not read may hold anything: a suspected person is the reason that counts, because
    // such a body is put aside and never shown.
    let contenu = Contenu::lire(corps).map_err(|refus| pii::inspecter_octets(corps).unwrap_or(refus))?;
    if let Some(refus) = pii::inspecter(&contenu) {
        return Err(refus);
    }
    let discordance = |detail: String| Err(Refus::nouveau(CodeRefus::SchemaSeriesMismatch, detail));
    if annonce.media != contenu.media() {
        return discordance(format!("Type annoncé : {} ; type du contenu : {}.", annonce.media, contenu.media()));
    }
    if contenu.emetteur() != &claims.iss {
        return discordance(format!("Émetteur du contenu : {} ; signataire : {}.", contenu.emetteur(), claims.iss));
    }
    if claims.serie() != Some(&contenu.serie()) {
        return discordance("Le jeu, la période ou le périmètre diffèrent.".to_owned());
    }
    Ok(PublicationVerifiee { enveloppe, contenu, corps: corps.to_vec() })
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

fn lire_enveloppe(charge: &[u8]) -> Result<Enveloppe, Refus> {
    let malformee = |detail: String| Refus::nouveau(CodeRefus::EnvMalformed, detail);
    // The version first: a later one may have members that this one does not know.
    let Version { v } = jws::lire_objet(charge).map_err(|e| malformee(e.to_string()))?;
    if v != VERSION {
        let detail = format!("Version lue : {v} ; version connue : {VERSION}.");
        return Err(Refus::nouveau(CodeRefus::EnvUnsupportedVersion, detail));
    }
    let enveloppe: Enveloppe = jws::lire_objet(charge).map_err(|e| malformee(e.to_string()))?;
    if enveloppe.body.as_ref().is_some_and(|b| b.len > TAILLE_MAXIMALE as u64) {
        return Err(malformee(format!("Le corps annoncé dépasse {TAILLE_MAXIMALE} octets.")));
    }
    Ok(enveloppe)
}

fn refus_du_jeton(erreur: &JetonInvalide) -> Refus {
    let code = match erreur {
        JetonInvalide::Cle => CodeRefus::AuthKeyUnknown,
        JetonInvalide::Signature => CodeRefus::EnvSignatureInvalid,
        _ => CodeRefus::EnvMalformed,
    };
    Refus::nouveau(code, erreur.to_string())
}

//! The CFEA package of a campaign: the fiches of the centre in the CFEA’s own workbook, cut down to what its recipients
//! need, and encrypted to their keys (age) before anything is written. The hub never reads one; nothing is published here,
//! and nothing leaves unless the configuration of the centre says so.
//!
//! Pseudonymised fiches are still personal data (health, RGPD article 9): they are sealed like the others.

use std::io::Write as _;

use age::x25519::Recipient;
use chrono::{Datelike as _, NaiveDate};
use dossier::modalite::TrancheAge;
use dossier::{FicheEvenement, FichePersonne, Remontee};
use hmac::{Hmac, KeyInit as _, Mac as _};
use referentiel::identifiant::{IdentifiantInvalide, ReferenceDispositif, ReferencePersonne};
use sha2::Sha256;

/// Letters and digits of a pseudonym: none that is taken for another when read aloud.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKMNPQRSTUVWXYZ123456789";
/// Signs of a pseudonym after the reference of the dispositif: 45 bits.
const SIGNES: usize = 9;

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum PaquetImpossible {
    /// A recipient's key.
    #[error("« {0} » n’est pas une clé publique age : elle commence par « age1 » et le destinataire l’a donnée.")]
    Destinataire(String),
    /// Nobody to seal for.
    #[error("Aucun destinataire : donnez leurs clés publiques sous [publication] destinataires.")]
    SansDestinataire,
    /// The encryption.
    #[error("Le paquet n’a pas pu être scellé ({0}).")]
    Scellement(String),
    /// A pseudonym that is no reference.
    #[error(transparent)]
    Pseudonyme(#[from] IdentifiantInvalide),
}

/// Turns references into pseudonyms: keyed by the node, different for each recipient list and campaign, so that two
/// packages cannot be put side by side, and nobody but the node can go back.
pub struct Pseudonymes {
    cle: Hmac<Sha256>,
}

impl Pseudonymes {
    /// The pseudonyms of a campaign for these recipients. The secret is of this node and never leaves it.
    pub fn nouveaux(secret: &[u8], campagne: &str, destinataires: &[String]) -> Self {
        let mut tries: Vec<&str> = destinataires.iter().map(String::as_str).collect();
        tries.sort_unstable();
        let contexte = ["maillage/pseudonyme/v1", campagne].into_iter().chain(tries).collect::<Vec<_>>().join("\0");
        let derivee = empreinte(secret, contexte.as_bytes());
        Self { cle: cle(&derivee) }
    }

    fn de(
        &self,
        reference: &ReferencePersonne,
        dispositif: &ReferenceDispositif,
    ) -> Result<ReferencePersonne, IdentifiantInvalide> {
        let mut mac = self.cle.clone();
        mac.update(reference.as_str().as_bytes());
        let octets = mac.finalize().into_bytes();
        // Five bits for each sign.
        let signe = |rang: usize| {
            let bits = octets.iter().skip(rang * 5 / 8).take(2).fold(0usize, |n, o| (n << 8) | usize::from(*o));
            ALPHABET.get((bits >> (11 - rang * 5 % 8)) & 31).copied().map_or('A', char::from)
        };
        format!("{dispositif}{}", (0..SIGNES).map(signe).collect::<String>()).parse()
    }
}

fn cle(secret: &[u8]) -> Hmac<Sha256> {
    // Keys of any length are taken (RFC 2104).
    Hmac::new_from_slice(secret).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

fn empreinte(secret: &[u8], contexte: &[u8]) -> [u8; 32] {
    cle(secret).chain_update(contexte).finalize().into_bytes().into()
}

/// What every package leaves out: those who answer for a dispositif are known to the CFEA by its own lists.
pub fn sans_contacts(mut remontee: Remontee) -> Remontee {
    for dispositif in &mut remontee.dispositifs {
        dispositif.acces = Default::default();
    }
    remontee
}

/// Pseudonyms in the place of references, months in the place of days, an age band in the place of a birth date; in an
/// order that tells nothing of the first one.
pub fn pseudonymise(remontee: Remontee, pseudonymes: &Pseudonymes) -> Result<Remontee, PaquetImpossible> {
    let mut remontee = sans_contacts(remontee);
    let date = remontee.date;
    // An event of a person whose fiche is not there stays here: it would leave with its reference.
    let suivis = remontee.evenements.iter().filter_map(|e| {
        let personne = remontee.personnes.iter().find(|p| p.reference == e.personne)?;
        let pseudonyme = pseudonymes.de(&personne.reference, &personne.dispositif);
        Some(pseudonyme.map(|personne| FicheEvenement { personne, ..e.clone() }))
    });
    remontee.evenements = suivis.collect::<Result<_, _>>()?;
    for personne in &mut remontee.personnes {
        *personne = reduite(personne, date, pseudonymes)?;
    }
    remontee.personnes.sort_by(|a, b| a.reference.as_str().cmp(b.reference.as_str()));
    remontee.evenements.sort_by(|a, b| a.personne.as_str().cmp(b.personne.as_str()));
    Ok(remontee)
}

fn reduite(p: &FichePersonne, date: NaiveDate, pseudonymes: &Pseudonymes) -> Result<FichePersonne, PaquetImpossible> {
    let mois = |jour: NaiveDate| jour.with_day(1).unwrap_or(jour);
    Ok(FichePersonne {
        reference: pseudonymes.de(&p.reference, &p.dispositif)?,
        naissance: p.tranche_age(date).and_then(|tranche| naissance_de_la_tranche(tranche, date)),
        entree: p.entree.map(mois),
        sortie: p.sortie.map(mois),
        // Whole years: « a year » and « two years » without work stay told.
        duree_sans_emploi: p.duree_sans_emploi.map(|n| n / 12 * 12),
        ..p.clone()
    })
}

/// The workbook has a column for a birth date and none for a band: the first day of one same year for the whole band.
fn naissance_de_la_tranche(tranche: TrancheAge, date: NaiveDate) -> Option<NaiveDate> {
    let ans = match tranche {
        TrancheAge::Moins26 => 22,
        TrancheAge::De26A49 => 38,
        TrancheAge::Plus50 => 55,
    };
    NaiveDate::from_ymd_opt(date.year() - ans, 1, 1)
}

/// The keys of the recipients.
pub fn destinataires(cles: &[String]) -> Result<Vec<Recipient>, PaquetImpossible> {
    if cles.is_empty() {
        return Err(PaquetImpossible::SansDestinataire);
    }
    let lit = |cle: &String| cle.trim().parse().map_err(|_| PaquetImpossible::Destinataire(cle.clone()));
    cles.iter().map(lit).collect()
}

/// Seals a workbook: only the recipients can open it, the node that sealed it cannot.
pub fn scelle(classeur: &[u8], destinataires: &[Recipient]) -> Result<Vec<u8>, PaquetImpossible> {
    let echec = |e: String| PaquetImpossible::Scellement(e);
    let pour = destinataires.iter().map(|d| d as &dyn age::Recipient);
    let sceau = age::Encryptor::with_recipients(pour).map_err(|e| echec(e.to_string()))?;
    let mut scelle = Vec::new();
    let mut flux = sceau.wrap_output(&mut scelle).map_err(|e| echec(e.to_string()))?;
    flux.write_all(classeur).and_then(|()| flux.finish().map(|_| ())).map_err(|e| echec(e.to_string()))?;
    Ok(scelle)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn reference(rang: u32) -> ReferencePersonne {
        format!("BFC01{rang:09}").parse().unwrap()
    }

    fn dispositif() -> ReferenceDispositif {
        "BFC01".parse().unwrap()
    }

    #[test]
    fn a_pseudonym_is_of_one_node_one_campaign_and_one_list_of_recipients() {
        let (cfea, autre) = (vec!["age1a".to_owned()], vec!["age1b".to_owned()]);
        let de = |secret: &[u8], campagne: &str, pour: &[String]| {
            Pseudonymes::nouveaux(secret, campagne, pour).de(&reference(1), &dispositif()).unwrap()
        };
        let premier = de(b"s", "2026-T1", &cfea);
        assert_eq!(premier, de(b"s", "2026-T1", &cfea));
        assert!(premier.as_str().starts_with("BFC01") && premier != reference(1));
        for different in [de(b"t", "2026-T1", &cfea), de(b"s", "2026-T2", &cfea), de(b"s", "2026-T1", &autre)] {
            assert_ne!(premier, different);
        }
        let tous = Pseudonymes::nouveaux(b"s", "2026-T1", &cfea);
        let tires: BTreeSet<String> =
            (0..5_000).map(|n| tous.de(&reference(n), &dispositif()).unwrap().as_str().to_owned()).collect();
        assert_eq!(tires.len(), 5_000);
        let derniers: BTreeSet<char> = tires.iter().filter_map(|t| t.chars().last()).collect();
        assert_eq!(derniers.len(), ALPHABET.len(), "every sign of the alphabet, to the last place");
    }

    #[test]
    fn the_band_of_a_birth_date_is_the_band_of_the_person() {
        let date: NaiveDate = "2026-03-31".parse().unwrap();
        for tranche in [TrancheAge::Moins26, TrancheAge::De26A49, TrancheAge::Plus50] {
            let naissance = naissance_de_la_tranche(tranche, date).unwrap();
            let age = dossier::fiche::age(naissance, date);
            assert_eq!(TrancheAge::Moins26 == tranche, age < 26, "{age}");
            assert_eq!(TrancheAge::Plus50 == tranche, age >= 50, "{age}");
        }
    }

    #[test]
    fn only_a_recipient_opens_what_is_sealed() {
        let (sienne, autre) = (age::x25519::Identity::generate(), age::x25519::Identity::generate());
        let pour = destinataires(&[sienne.to_public().to_string()]).unwrap();
        let scelle = scelle(b"classeur", &pour).unwrap();
        assert_eq!(age::decrypt(&sienne, &scelle).unwrap(), b"classeur");
        assert!(age::decrypt(&autre, &scelle).is_err());
        assert!(!scelle.windows(8).any(|f| f == b"classeur"));
        assert!(matches!(destinataires(&[]), Err(PaquetImpossible::SansDestinataire)));
        assert!(destinataires(&["ssh-rsa".to_owned()]).unwrap_err().to_string().contains("age1"));
    }
}

//! Fixed keys, a fixed generator, one small content, and a forge that signs anything: what a test
//! needs to play the node, the hub and the forger.

use std::collections::BTreeMap;
use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, NaiveDate, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use publication::contenu::Parent;
use publication::*;
use rand::{TryCryptoRng, TryRng};
use referentiel::Decimal;
use referentiel::cellule::{Audience, Cle, Ventilation};
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::territoire::Niveau;
use secret_statistique::{CelluleBrute, Grandeur, Passe, Politique, TableBrute, proteger};
use serde_json::{Value, json};

pub const HUB: &str = "https://hub.example/maillage";
pub const NOEUD: &str = "cdg-287000012";

/// Secret keys of RFC 8032 §7.1, tests 1 to 3 and 1024: published, hence recognisable and worth nothing.
const SECRET_NOEUD: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const SECRET_HUB: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
const SECRET_REGISTRE: &str = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
const SECRET_REFERENCE: &str = "f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5";

/// PKCS#8 of an Ed25519 key: a constant prefix, then the 32 bytes.
fn pem(hexadecimal: &str) -> String {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend(octets_de(hexadecimal));
    let base64 = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n")
}

fn octets_de(hexadecimal: &str) -> [u8; 32] {
    let octets: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&hexadecimal[2 * i..2 * i + 2], 16).unwrap()).collect();
    octets.try_into().unwrap()
}

pub fn cle_noeud() -> CleSignature {
    CleSignature::depuis_pem(&pem(SECRET_NOEUD)).unwrap()
}

pub fn cle_hub() -> CleSignature {
    CleSignature::depuis_pem(&pem(SECRET_HUB)).unwrap()
}

pub fn cle_registre() -> CleSignature {
    CleSignature::depuis_pem(&pem(SECRET_REGISTRE)).unwrap()
}

pub fn cle_reference() -> CleSignature {
    CleSignature::depuis_pem(&pem(SECRET_REFERENCE)).unwrap()
}

/// The node's key outside the crate's types, to forge what they refuse to write.
pub fn forge() -> SigningKey {
    SigningKey::from_bytes(&octets_de(SECRET_NOEUD))
}

pub fn noeud() -> IdentifiantNoeud {
    NOEUD.parse().unwrap()
}

pub fn instant(texte: &str) -> DateTime<Utc> {
    texte.parse().unwrap()
}

/// Counts upwards: the same bytes in every run, on every version of every crate.
pub struct Compteur(pub u8);

impl TryRng for Compteur {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_le_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_le_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        for octet in octets {
            *octet = self.0;
            self.0 = self.0.wrapping_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Compteur {}

pub fn origine() -> Origine {
    Origine {
        version_jeu: "1.0.0".to_owned(),
        emetteur: noeud(),
        periode: "2026-T1".parse().unwrap(),
        date: NaiveDate::from_ymd_opt(2026, 3, 31).unwrap(),
    }
}

fn cle(indicateur: &str, niveau: Niveau, territoire: &str, axes: &[(&str, &str)]) -> Cle {
    let ventilation = Ventilation::nouvelle(axes.iter().copied());
    Cle { indicateur: indicateur.to_owned(), niveau, territoire: territoire.to_owned(), ventilation }
}

/// A small table through the disclosure control: a file active of 40, places, the rate between them.
pub fn protegee(audience: Audience) -> secret_statistique::TableProtegee {
    let dispositif = |indicateur| cle(indicateur, Niveau::Dispositif, "BFC01", &[]);
    let taux = Grandeur::Taux { numerateur: dispositif("EA01"), denominateur: dispositif("EA08") };
    let cellules = vec![
        (cle("EA01", Niveau::Departement, "70", &[]), Grandeur::Effectif(40)),
        (dispositif("EA01"), Grandeur::Effectif(40)),
        (cle("EA01", Niveau::Dispositif, "BFC01", &[("sexe", "F")]), Grandeur::Effectif(3)),
        (cle("EA01", Niveau::Dispositif, "BFC01", &[("sexe", "M")]), Grandeur::Effectif(37)),
        (dispositif("EA08"), Grandeur::Operationnel("45.50".parse::<Decimal>().unwrap())),
        (dispositif("EA09"), taux),
    ];
    let cellules = cellules.into_iter().map(|(cle, grandeur)| CelluleBrute { cle, grandeur }).collect();
    let dessus = (Niveau::Departement, "70".to_owned());
    let parents = BTreeMap::from([((Niveau::Dispositif, "BFC01".to_owned()), dessus)]);
    let brute = TableBrute::nouvelle("ea.indicateurs", cellules, parents).unwrap();
    let politique = Politique::du_jeu(referentiel::jeu::jeu("ea.indicateurs").unwrap(), audience).unwrap();
    proteger(&brute, &politique, &Passe::default()).unwrap()
}

pub fn territoires() -> Vec<TerritoirePublie> {
    let parent = Some(Parent { niveau: Niveau::Departement, code: "70".to_owned() });
    vec![
        TerritoirePublie {
            niveau: Niveau::Dispositif,
            code: "BFC01".to_owned(),
            nom: Some("Plateforme emploi accompagné 70".to_owned()),
            parent,
        },
        TerritoirePublie { niveau: Niveau::Departement, code: "70".to_owned(), nom: None, parent: None },
    ]
}

/// A body as it travels: what is frozen must not depend on how the disclosure control chooses what to mask.
const CORPS: &str = concat!(
    r#"{"salt":"AAECAwQFBgcICQoLDA0ODw","v":1,"jeu":"ea.indicateurs","version_jeu":"1.0.0","#,
    r#""emetteur":"cdg-287000012","periode":"2026-T1","date":"2026-03-31","territoires":["#,
    r#"{"niveau":"dispositif","code":"BFC01","nom":"Plateforme emploi accompagné 70","parent":{"niveau":"departement","code":"70"}},"#,
    r#"{"niveau":"departement","code":"70"}],"audiences":["#,
    r#"{"politique":{"audience":"reseau","seuil":5,"seuil_sensible":11,"axes_sensibles":["handicap"],"zeros":"montres","denominateur_minimal":5,"largeur":3},"cellules":["#,
    r#"{"indicateur":"EA01","niveau":"dispositif","territoire":"BFC01","valeur":{"effectif":40},"statut":"publie"},"#,
    r#"{"indicateur":"EA01","niveau":"dispositif","territoire":"BFC01","ventilation":{"sexe":"F"},"statut":"secret"},"#,
    r#"{"indicateur":"EA01","niveau":"dispositif","territoire":"BFC01","ventilation":{"sexe":"M"},"statut":"secret"},"#,
    r#"{"indicateur":"EA01","niveau":"departement","territoire":"70","valeur":{"effectif":40},"statut":"publie"},"#,
    r#"{"indicateur":"EA08","niveau":"dispositif","territoire":"BFC01","valeur":{"decimal":"45.50"},"statut":"publie"},"#,
    r#"{"indicateur":"EA09","niveau":"dispositif","territoire":"BFC01","valeur":{"taux":{"numerateur":"40","denominateur":"45.50"}},"statut":"publie"},"#,
    r#"{"indicateur":"EA10","niveau":"dispositif","territoire":"BFC01","statut":"sans_objet"}]},"#,
    r#"{"politique":{"audience":"public","seuil":11,"seuil_sensible":11,"axes_sensibles":["handicap"],"zeros":"montres","denominateur_minimal":5,"largeur":3},"cellules":["#,
    r#"{"indicateur":"EA01","niveau":"departement","territoire":"70","valeur":{"effectif":40},"statut":"publie"}]}]}"#,
);

/// A body of a declared jeu: records beside the tables.
const CORPS_DECLARE: &str = concat!(
    r#"{"salt":"AAECAwQFBgcICQoLDA0ODw","v":1,"jeu":"offre.services","version_jeu":"2026-01","#,
    r#""emetteur":"cdg-287000012","periode":"2026-T1","date":"2026-03-31","territoires":["#,
    r#"{"niveau":"departement","code":"70"}],"audiences":["#,
    r#"{"politique":{"audience":"reseau","seuil":5,"seuil_sensible":11,"axes_sensibles":[],"zeros":"montres","denominateur_minimal":5,"largeur":3},"cellules":[],"fiches":["#,
    r#"{"liste":"outil","cle":"GPEEC","champs":{"annees":"3","en_vigueur":"2026-01","prix_annuel":"171","prix_total":"513","titre":"Module GPEEC"}},"#,
    r#"{"liste":"outil","cle":"Qlik","champs":{"annees":"3","en_vigueur":"2026-01","prix_annuel":"310","prix_total":"930","titre":"Plateforme Qlik"}}]}]}"#,
);

pub fn declare() -> Contenu {
    Contenu::lire(CORPS_DECLARE.as_bytes()).unwrap()
}

pub fn contenu() -> Contenu {
    Contenu::lire(CORPS.as_bytes()).unwrap()
}

pub fn dispositif(reference: &str) -> DispositifPublie {
    DispositifPublie {
        reference: reference.parse().unwrap(),
        nom: Some("Plateforme emploi accompagné 70".to_owned()),
        departement: Some("70".parse().unwrap()),
        region: Some("27".to_owned()),
        statut: "ACT".to_owned(),
        structures: vec!["Structure Les Tilleuls".to_owned(), "Structure Horizon".to_owned()],
        capacite: Some(40),
        etp_total: Some("4.5".parse().unwrap()),
        etp_hors_administratifs: None,
        professionnels: Some(5),
        liste_attente: Some(13),
        sans_suite: Some(0),
    }
}

pub fn dispositifs() -> Contenu {
    Contenu::dispositifs(origine(), vec![dispositif("BFC02"), dispositif("BFC01")], &mut Compteur(0)).unwrap()
}

pub fn emission() -> Emission {
    Emission {
        hub: HUB.to_owned(),
        region: "27".to_owned(),
        references: References {
            catalogue: "1.0.0#catalogue".to_owned(),
            thresholds: "2026-1#seuils".to_owned(),
            campaign: "2026-T1".to_owned(),
        },
        cree_le: instant("2026-04-03T02:17:09Z"),
        essai: false,
    }
}

pub fn premiere() -> SuiteChaine {
    SuiteChaine { seq: 1, prev: None, rev: 1, supersedes: None, raison: Raison::Premiere }
}

pub fn scellee() -> PublicationSignee {
    sceller(&contenu(), &premiere(), &emission(), &cle_noeud()).unwrap()
}

pub fn attendu() -> Attendu {
    Attendu { noeud: noeud(), hub: HUB.to_owned() }
}

/// Any header and payload, signed by the node's true key.
pub fn forger(en_tete: &[u8], charge: &[u8]) -> String {
    let signe = format!("{}.{}", URL_SAFE_NO_PAD.encode(en_tete), URL_SAFE_NO_PAD.encode(charge));
    let signature = URL_SAFE_NO_PAD.encode(forge().sign(signe.as_bytes()).to_bytes());
    format!("{signe}.{signature}")
}

pub fn en_tete(typ: &str) -> Value {
    json!({"alg": "EdDSA", "typ": typ, "kid": cle_noeud().publique().kid()})
}

/// The sealed envelope's claims, changed and signed again by the true key.
pub fn enveloppe_modifiee(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = serde_json::to_value(scellee().enveloppe()).unwrap();
    change(&mut claims);
    forger(en_tete(sceau::TYPE).to_string().as_bytes(), claims.to_string().as_bytes())
}

/// The header our own writer makes, as text: a vector must not depend on the order of a map.
pub fn en_tete_texte(typ: &str) -> String {
    format!(r#"{{"alg":"EdDSA","typ":"{typ}","kid":"{}"}}"#, cle_noeud().publique().kid())
}

/// The sealed envelope's text, with pieces replaced, signed again by the true key.
pub fn enveloppe_remplacee(remplacements: &[(&str, &str)]) -> String {
    let texte = serde_json::to_string(scellee().enveloppe()).unwrap();
    let texte = remplacements.iter().fold(texte, |texte, (avant, apres)| {
        assert!(texte.contains(avant), "« {avant} » n’est pas dans l’enveloppe de référence");
        texte.replacen(avant, apres, 1)
    });
    forger(en_tete_texte(sceau::TYPE).as_bytes(), texte.as_bytes())
}

/// A body and an envelope that announces it truthfully, both signed by the true key.
pub fn publication_forgee(corps: &[u8]) -> String {
    let scellee = scellee();
    let longueur = |n: usize| format!(r#""len":{n}"#);
    enveloppe_remplacee(&[
        (&scellee.empreinte_corps().to_string(), &empreinte_corps(corps).to_string()),
        (&longueur(scellee.corps().len()), &longueur(corps.len())),
    ])
}

/// The canonical body, with one text replaced.
pub fn corps_modifie(avant: &str, apres: &str) -> Vec<u8> {
    let texte = String::from_utf8(contenu().octets()).unwrap();
    assert!(texte.contains(avant), "« {avant} » n’est pas dans le corps de référence");
    texte.replacen(avant, apres, 1).into_bytes()
}

/// What the hub answers to an envelope and a body.
pub fn recevoir(jws: &str, corps: &[u8]) -> Result<PublicationVerifiee, Refus> {
    verifier(verifier_enveloppe(jws, &cle_noeud().publique(), &attendu())?, corps)
}

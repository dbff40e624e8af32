//! Last look before a content leaves the node, and first look when it reaches the hub: nothing in it
//! may look like one person (check C-CF-03). Names of structures, references of dispositifs and codes
//! of territories are legitimate; what they contain is looked at all the same.
//!
//! A suspicion is never logged with what raised it: only its kind and its place are told.

use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use regex::RegexSet;
use serde_json::Value;

use crate::contenu::{Contenu, ContenuDispositifs, ContenuIndicateurs};
use crate::refus::{CodeRefus, Refus};

/// What a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Soupcon {
    /// Fourteen letters and digits: reference of an accompanied person (annexe 2).
    Reference,
    /// Address of a person.
    Courriel,
    /// Number of social security.
    Nir,
    /// A day of a calendar.
    Date,
    /// A member of the nominative fiches.
    Membre,
}

impl fmt::Display for Soupcon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reference => "une référence de personne (14 caractères)",
            Self::Courriel => "une adresse électronique",
            Self::Nir => "un numéro de sécurité sociale",
            Self::Date => "une date précise au jour",
            Self::Membre => "un champ des fiches nominatives",
        })
    }
}

/// Shapes, each with what it betrays. Boundaries are written out: `\b` takes `_` for a letter.
const FORMES: [(&str, Soupcon); 6] = [
    (r"(?i)(?:^|[^a-z0-9])[a-z]{3}[0-9]{2}[ ._-]?[a-z0-9]{9}(?:[^a-z0-9]|$)", Soupcon::Reference),
    (r"[^\s@]@[^\s@]+\.[^\s@]", Soupcon::Courriel),
    (
        r"(?i)(?:^|[^a-z0-9])[1-478][\s.-]?[0-9]{2}[\s.-]?(?:0[1-9]|1[0-2]|[2-9][0-9])[\s.-]?(?:[0-9]{2}|2[ab])[\s.-]?[0-9]{3}[\s.-]?[0-9]{3}(?:[\s.-]?[0-9]{2})?(?:[^a-z0-9]|$)",
        Soupcon::Nir,
    ),
    (
        r"(?:^|[^0-9])(?:0?[1-9]|[12][0-9]|3[01])[/. -](?:0?[1-9]|1[0-2])[/. -](?:19|20)[0-9]{2}(?:[^0-9]|$)",
        Soupcon::Date,
    ),
    (
        r"(?:^|[^0-9])(?:19|20)[0-9]{2}[/.-](?:0?[1-9]|1[0-2])[/.-](?:0?[1-9]|[12][0-9]|3[01])(?:[^0-9]|$)",
        Soupcon::Date,
    ),
    (
        r"(?:^|[^0-9])(?:(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])|(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])(?:19|20)[0-9]{2})(?:[^0-9]|$)",
        Soupcon::Date,
    ),
];

/// Compiled once. Should they not compile, every text is suspected: a filter that is absent lets nothing through.
static MOTIFS: LazyLock<Result<RegexSet, regex::Error>> =
    LazyLock::new(|| RegexSet::new(FORMES.iter().map(|(forme, _)| forme)));

/// What this text looks like, if it looks like something of a person.
pub fn soupcon(texte: &str) -> Option<Soupcon> {
    let Ok(motifs) = MOTIFS.as_ref() else {
        return Some(Soupcon::Reference);
    };
    let trouve = motifs.matches(texte).iter().next().and_then(|rang| FORMES.get(rang)).map(|(_, soupcon)| *soupcon);
    trouve.or_else(|| texte.split(|c: char| !c.is_alphanumeric()).any(est_reference).then_some(Soupcon::Reference))
}

/// Fourteen letters and digits with at least one digit: « accompagnement » has fourteen letters too.
fn est_reference(mot: &str) -> bool {
    mot.len() == 14 && mot.bytes().all(|o| o.is_ascii_alphanumeric()) && mot.bytes().any(|o| o.is_ascii_digit())
}

/// Looks at every text of a content. The salt, the quarter and the date of the figures are typed and not looked at.
pub fn inspecter(contenu: &Contenu) -> Option<Refus> {
    let textes = match contenu {
        Contenu::Indicateurs(c) => textes_indicateurs(c),
        Contenu::Dispositifs(c) => textes_dispositifs(c),
    };
    // The same suspicion is told whatever the order of the set.
    let soupcons = textes.into_iter().filter_map(|(place, texte)| Some((place, soupcon(texte)?)));
    soupcons.min().map(|(place, s)| refus(place, s))
}

/// Looks at bytes that are not, or not yet, a content: a body refused by the strict reading, an
/// answer of the hub. Members that no publication has are suspected by their name alone.
pub fn inspecter_octets(octets: &[u8]) -> Option<Refus> {
    match serde_json::from_slice::<Value>(octets) {
        Ok(valeur) => inspecter_valeur("", &valeur),
        Err(_) => soupcon(&String::from_utf8_lossy(octets)).map(|s| refus("octets", s)),
    }
}

/// Members that are typed elsewhere and cannot hold a person: salt, dates of the figures and of the receipt.
const MEMBRES_NEUTRES: [&str; 5] = ["salt", "date", "periode", "created_at", "received_at"];

/// Members of the nominative fiches (annexe 2) and their usual names.
const MEMBRES_NOMINATIFS: [&str; 12] = [
    "reference_personne",
    "personne",
    "personnes",
    "naissance",
    "date_naissance",
    "nir",
    "nom_responsable",
    "prenom_responsable",
    "email_responsable",
    "emails_conseillers",
    "prenom",
    "adresse",
];

fn inspecter_valeur(membre: &str, valeur: &Value) -> Option<Refus> {
    match valeur {
        Value::Object(objet) => objet.iter().find_map(|(cle, valeur)| {
            if MEMBRES_NOMINATIFS.contains(&cle.to_ascii_lowercase().as_str()) {
                return Some(refus("membre", Soupcon::Membre));
            }
            let par_la_cle = soupcon(cle).map(|s| refus("membre", s));
            par_la_cle.or_else(|| inspecter_valeur(cle, valeur))
        }),
        Value::Array(liste) => liste.iter().find_map(|valeur| inspecter_valeur(membre, valeur)),
        Value::String(texte) if !MEMBRES_NEUTRES.contains(&membre) => soupcon(texte).map(|s| refus(membre, s)),
        Value::Number(nombre) => soupcon(&nombre.to_string()).map(|s| refus(membre, s)),
        _ => None,
    }
}

/// Distinct texts with their place; a table of twenty thousand cells holds a few hundred of them.
type Textes<'a> = HashSet<(&'static str, &'a str)>;

fn textes_indicateurs(contenu: &ContenuIndicateurs) -> Textes<'_> {
    let mut textes: Textes<'_> = [("jeu", contenu.jeu()), ("version_jeu", contenu.version_jeu())].into();
    for territoire in contenu.territoires() {
        textes.insert(("territoires.code", &territoire.code));
        textes.extend(territoire.nom.iter().map(|nom| ("territoires.nom", nom.as_str())));
        textes.extend(territoire.parent.iter().map(|p| ("territoires.parent", p.code.as_str())));
    }
    for audience in contenu.audiences() {
        textes.extend(audience.politique.axes_sensibles.iter().map(|axe| ("politique.axes", axe.as_str())));
        for cellule in &audience.cellules {
            textes.insert(("indicateur", &cellule.cle.indicateur));
            let axes = cellule.cle.ventilation.axes();
            textes.extend(axes.flat_map(|(axe, code)| [("ventilation", axe), ("ventilation", code)]));
        }
        for fiche in &audience.fiches {
            textes.extend([("fiches.liste", fiche.liste.as_str()), ("fiches.cle", fiche.cle.as_str())]);
            textes.extend(fiche.champs.iter().flat_map(|(c, t)| [("fiches.champs", c.as_str()), ("fiches.champs", t)]));
        }
    }
    textes
}

fn textes_dispositifs(contenu: &ContenuDispositifs) -> Textes<'_> {
    let mut textes: Textes<'_> = [("version_jeu", contenu.version_jeu())].into();
    for dispositif in contenu.dispositifs() {
        textes.insert(("statut", &dispositif.statut));
        textes.extend(dispositif.nom.iter().map(|nom| ("nom", nom.as_str())));
        textes.extend(dispositif.region.iter().map(|region| ("region", region.as_str())));
        textes.extend(dispositif.structures.iter().map(|s| ("structures", s.as_str())));
    }
    textes
}

fn refus(place: &str, soupcon: Soupcon) -> Refus {
    // A place comes from the received bytes too: only a short plain name is repeated.
    let sur =
        !place.is_empty() && place.len() <= 32 && place.bytes().all(|o| o.is_ascii_lowercase() || b"._".contains(&o));
    let place = if sur { place } else { "contenu" };
    Refus::nouveau(CodeRefus::PiiSuspected, format!("Le champ « {place} » contient {soupcon}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_shapes_compile() {
        assert!(MOTIFS.is_ok());
    }

    #[test]
    fn what_identifies_a_person_is_suspected() {
        let cas = [
            ("BFC01829794086", Soupcon::Reference),
            ("bfc01829794086", Soupcon::Reference),
            ("Structure (BFC01829794086)", Soupcon::Reference),
            ("ref_BFC01829794086_x", Soupcon::Reference),
            ("BFC01 829794086", Soupcon::Reference),
            ("26920037400016", Soupcon::Reference), // a SIRET has no place here either
            ("A1B2C3D4E5F6G7", Soupcon::Reference),
            ("responsable@bfc01.example", Soupcon::Courriel),
            ("Structure Horizon <c.d@e.fr>", Soupcon::Courriel),
            ("185057800608436", Soupcon::Nir),
            ("1 85 05 78 006 084 36", Soupcon::Nir),
            ("2 85 05 2A 006 084", Soupcon::Nir),
            ("Structure du 13/07/1994", Soupcon::Date),
            ("13-7-1994", Soupcon::Date),
            ("1994-07-13", Soupcon::Date),
            ("19940713", Soupcon::Date),
            ("13071994", Soupcon::Date),
        ];
        for (texte, attendu) in cas {
            assert_eq!(soupcon(texte), Some(attendu), "{texte}");
        }
    }

    #[test]
    fn names_of_structures_and_codes_are_not_suspected() {
        let textes = [
            "Accompagnement", // fourteen letters
            "ACCOMPAGNEMENT 70",
            "Plateforme emploi accompagné 70",
            "BFC01",
            "BFC01/Structure Les Tilleuls",
            "BFC01/Structure Passerelle 2",
            "ESAT n° 12 de l’avenue du 8 mai 1945",
            "Cap emploi 54 – 57",
            "cdg-267000016",
            "2026-T1",
            "1.0.0",
            "EA05A",
            "moins_de_26",
            "5+",
            "974",
        ];
        for texte in textes {
            assert_eq!(soupcon(texte), None, "{texte}");
        }
    }

    #[test]
    fn unread_bytes_are_looked_at_too() {
        let suspect = |json: &str| inspecter_octets(json.as_bytes()).map(|r| r.detail().to_owned());
        assert!(suspect(r#"{"salt":"AAAABBBBCCCC12","date":"2026-03-31","v":1}"#).is_none());
        assert!(suspect(r#"{"cellules":[{"territoire":"BFC01829794086"}]}"#).unwrap().contains("territoire"));
        assert!(suspect(r#"{"personne":"x"}"#).unwrap().contains("nominatives"));
        assert!(suspect(r#"{"n":185057800608436}"#).is_some());
        assert!(suspect(r#"{"BFC01829794086":1}"#).is_some());
        assert!(suspect("pas du JSON, BFC01829794086").is_some());
    }

    #[test]
    fn the_refusal_never_repeats_what_it_saw() {
        let refus = inspecter_octets(br#"{"a":{"BFC01829794086":"x@y.fr"}}"#).unwrap();
        assert_eq!(refus.code(), CodeRefus::PiiSuspected);
        assert!(!refus.to_string().contains("829794086") && !refus.to_string().contains('@'));
    }

    proptest! {
        #[test]
        fn any_reference_is_found_in_any_sentence(
            avant in "[a-zéè’ ]{0,12}[ (/_.;]", reference in "[A-Z]{3}[0-9]{2}[A-Z0-9]{9}", apres in "[ )/_.;][a-z ]{0,12}",
        ) {
            prop_assert_eq!(soupcon(&format!("{avant}{reference}{apres}")), Some(Soupcon::Reference));
        }

        #[test]
        fn nothing_panics(texte in "\\PC{0,60}", octets in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = soupcon(&texte);
            let _ = inspecter_octets(&octets);
        }
    }
}

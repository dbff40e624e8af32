//! Strict reading of a body, in two passes: a guard over the raw JSON, which keeps nothing and stops
//! at the first excess, then the typed decoding. JSON readers disagree on duplicate keys, on `1.0` and
//! on integers over 2^53; what they disagree on is refused before anybody interprets it (§2.2).

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use super::{Contenu, ContenuDispositifs, ContenuIndicateurs, JEU_DISPOSITIF, TAILLE_MAXIMALE, VERSION, invalide};
use crate::refus::{CodeRefus, Refus};

const PROFONDEUR_MAXIMALE: usize = 16;
const MEMBRES_MAXIMUM: usize = 64;
const TEXTE_MAXIMUM: usize = 1024;
const ENTIER_MAXIMAL: u64 = (1 << 53) - 1;

/// Members that hold a list. The JSON crate would also fill a struct from one, which other readers do not.
const LISTES: [&str; 12] = [
    "audiences",
    "axes_sensibles",
    "cellules",
    "dispositifs",
    "fiches",
    "items",
    "parts",
    "path",
    "reasons",
    "structures",
    "successions",
    "territoires",
];

/// Key under which `serde_json`, with `arbitrary_precision`, hands over the text of a number.
const NOMBRE: &str = "$serde_json::private::Number";

/// First pass: limits, duplicate keys, numbers, texts.
pub(super) fn garder(octets: &[u8]) -> Result<(), Refus> {
    if octets.len() > TAILLE_MAXIMALE {
        let detail = format!("{} octets lus, {TAILLE_MAXIMALE} permis.", octets.len());
        return Err(Refus::nouveau(CodeRefus::BodyTooLarge, detail));
    }
    let texte = std::str::from_utf8(octets).map_err(|_| invalide("Le corps n’est pas en UTF-8."))?;
    if !texte.starts_with(r#"{"salt":""#) {
        return Err(invalide("Le premier membre doit être « salt »."));
    }
    garder_json(texte)
}

/// The same guard for any JSON of the protocol.
pub(crate) fn garder_json(texte: &str) -> Result<(), Refus> {
    let code = Cell::new(CodeRefus::SchemaInvalid);
    let mut lecteur = serde_json::Deserializer::from_str(texte);
    let garde = Garde { profondeur: 0, liste_permise: false, code: &code };
    garde.deserialize(&mut lecteur).and_then(|()| lecteur.end()).map_err(|e| Refus::nouveau(code.get(), phrase(&e)))
}

/// Second pass: the types.
pub(super) fn decoder(octets: &[u8]) -> Result<Contenu, Refus> {
    #[derive(Deserialize)]
    struct Sonde {
        v: u64,
        jeu: String,
    }
    // Tables are by far the largest bodies and read at once; whatever does not read as tables is first
    // asked what it is.
    if let Ok(tables) = serde_json::from_slice::<ContenuIndicateurs>(octets)
        && tables.version() == VERSION
    {
        return Ok(Contenu::Indicateurs(tables));
    }
    let illisible = |e: serde_json::Error| invalide(phrase(&e));
    let sonde: Sonde = serde_json::from_slice(octets).map_err(illisible)?;
    if sonde.v != VERSION {
        let detail = format!("Version du contenu lue : {} ; version connue : {VERSION}.", sonde.v);
        return Err(Refus::nouveau(CodeRefus::RefWrongVersion, detail));
    }
    if sonde.jeu == JEU_DISPOSITIF {
        serde_json::from_slice::<ContenuDispositifs>(octets).map(Contenu::Dispositifs).map_err(illisible)
    } else {
        serde_json::from_slice::<ContenuIndicateurs>(octets).map(Contenu::Indicateurs).map_err(illisible)
    }
}

/// Place of the error only: the parser's own sentence may quote what was read.
fn phrase(erreur: &serde_json::Error) -> String {
    format!("Ligne {}, colonne {} : {}.", erreur.line(), erreur.column(), cause(erreur))
}

fn cause(erreur: &serde_json::Error) -> &'static str {
    use serde_json::error::Category;
    match erreur.classify() {
        Category::Data => "membre inconnu, absent, répété ou d’un autre type que celui attendu",
        Category::Eof => "le texte s’arrête trop tôt",
        Category::Syntax | Category::Io => "ce n’est pas du JSON",
    }
}

/// Walks a value and keeps nothing of it.
#[derive(Clone, Copy)]
struct Garde<'a> {
    profondeur: usize,
    liste_permise: bool,
    code: &'a Cell<CodeRefus>,
}

impl Garde<'_> {
    fn refuse<E: serde::de::Error>(&self, code: CodeRefus) -> E {
        self.code.set(code);
        E::custom(code.phrase())
    }

    fn descend<E: serde::de::Error>(self, liste_permise: bool) -> Result<Self, E> {
        if self.profondeur == PROFONDEUR_MAXIMALE {
            return Err(self.refuse(CodeRefus::SchemaTooDeep));
        }
        Ok(Self { profondeur: self.profondeur + 1, liste_permise, ..self })
    }

    fn texte<E: serde::de::Error>(&self, texte: &str) -> Result<(), E> {
        let trop_long = texte.len() > TEXTE_MAXIMUM;
        // Codes are plain ASCII: most texts need no decoding.
        let imprimable = texte.bytes().all(|octet| (b' '..=b'~').contains(&octet));
        if trop_long || !imprimable && texte.chars().any(interdit) {
            Err(self.refuse(CodeRefus::SchemaText))
        } else {
            Ok(())
        }
    }

    /// A plain integer: digits only, no leading zero (JSON forbids it), at most 2^53-1.
    fn nombre<E: serde::de::Error>(&self, texte: &str) -> Result<(), E> {
        let chiffres = texte.bytes().all(|o| o.is_ascii_digit());
        let convient = chiffres && texte.parse::<u64>().is_ok_and(|n| n <= ENTIER_MAXIMAL);
        if convient { Ok(()) } else { Err(self.refuse(CodeRefus::SchemaNumber)) }
    }
}

/// Control, invisible and direction-changing characters: what a reader would not see as it is.
pub(crate) fn interdit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

impl<'de> DeserializeSeed<'de> for Garde<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Garde<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("du JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, texte: &str) -> Result<(), E> {
        self.texte(texte)
    }

    // Without `arbitrary_precision`, numbers come here.
    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<(), E> {
        self.nombre(&n.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Err(self.refuse(CodeRefus::SchemaNumber))
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.refuse(CodeRefus::SchemaNumber))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut liste: A) -> Result<(), A::Error> {
        if !self.liste_permise {
            return Err(self.refuse(CodeRefus::SchemaInvalid));
        }
        let dedans = self.descend(false)?;
        while liste.next_element_seed(dedans)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut objet: A) -> Result<(), A::Error> {
        let mut vues: Vec<Cow<'de, str>> = Vec::new();
        while let Some(cle) = objet.next_key_seed(Cle)? {
            if cle == NOMBRE {
                // A body may also spell this key itself: either way, one text of digits and nothing after.
                self.nombre::<A::Error>(&objet.next_value::<String>()?)?;
                return match objet.next_key_seed(Cle)? {
                    None if vues.is_empty() => Ok(()),
                    _ => Err(self.refuse(CodeRefus::SchemaInvalid)),
                };
            }
            self.texte::<A::Error>(&cle)?;
            if vues.contains(&cle) {
                return Err(self.refuse(CodeRefus::SchemaDuplicateKey));
            }
            if vues.len() == MEMBRES_MAXIMUM {
                return Err(A::Error::custom("trop de membres"));
            }
            let dedans = self.descend(LISTES.contains(&cle.as_ref()))?;
            vues.push(cle);
            objet.next_value_seed(dedans)?;
        }
        Ok(())
    }
}

/// A key, borrowed from the text unless an escape had to be read.
struct Cle;

impl<'de> DeserializeSeed<'de> for Cle {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Cow<'de, str>, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Cle {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("une clé")
    }

    fn visit_borrowed_str<E>(self, cle: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(cle))
    }

    fn visit_str<E>(self, cle: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(cle.to_owned()))
    }
}

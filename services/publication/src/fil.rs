//! What the hub hands down to its nodes, one article after the other and never rewritten: benchmarks of a
//! campaign, good practices of the centres. A node holds a prefix of it (I9) and asks for what follows by a
//! cursor; the incarnation of the cursor is that of the hub's register, and another one means starting over.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use referentiel::Decimal;
use referentiel::identifiant::IdentifiantNoeud;
use serde::{Deserialize, Serialize};

use crate::cle::{ClePublique, CleSignature};
use crate::contenu::decimale;
use crate::empreinte::empreinte_requete;
use crate::refus::{CodeRefus, Refus};
use crate::{jws, octets};

/// `typ` of a page.
pub const TYPE: &str = "maillage-fil+jws";

/// Version of the pages this crate writes and reads.
pub const VERSION: u64 = 1;

/// Fewest centres a benchmark is made of (publication protocol, §3.4: no minimum, no maximum, five contributors).
pub const CONTRIBUTEURS_MINIMUM: u64 = 5;

/// A place in the feed: incarnation, and number of articles before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Curseur {
    /// Incarnation.
    pub epoque: u64,
    /// Articles before.
    pub position: u64,
}

/// Why a text is not a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("« {0} » n’est pas un curseur : époque et position sont attendues, comme dans « 1.250 ».")]
pub struct CurseurInvalide(pub String);

impl fmt::Display for Curseur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoque, self.position)
    }
}

impl FromStr for Curseur {
    type Err = CurseurInvalide;

    fn from_str(texte: &str) -> Result<Self, Self::Err> {
        let entier = |chiffres: &str| -> Option<u64> {
            let lu = chiffres.parse::<u64>().ok().filter(|n| n.to_string() == chiffres)?;
            (lu < 1 << 53).then_some(lu)
        };
        let lu = texte.split_once('.').and_then(|(e, p)| Some(Self { epoque: entier(e)?, position: entier(p)? }));
        lu.ok_or_else(|| CurseurInvalide(texte.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Curseur {
    type Error = CurseurInvalide;

    fn try_from(texte: String) -> Result<Self, Self::Error> {
        texte.parse()
    }
}

impl From<Curseur> for String {
    fn from(curseur: Curseur) -> Self {
        curseur.to_string()
    }
}

/// Where the centres of a network stand on one measure: median and quartiles, of figures that each of them shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repere {
    /// Campaign.
    pub campaign: String,
    /// Measure.
    pub indicator: String,
    /// Centres whose figure counts.
    pub contributors: u64,
    /// First quartile.
    #[serde(with = "decimale")]
    pub q1: Decimal,
    /// Median.
    #[serde(with = "decimale")]
    pub median: Decimal,
    /// Third quartile.
    #[serde(with = "decimale")]
    pub q3: Decimal,
}

/// A good practice, as its centre published it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pratique {
    /// Centre.
    pub node: IdentifiantNoeud,
    /// Name of the centre.
    pub center: String,
    /// Fields of its sheet, by code (jeu `pratiques`).
    pub fields: BTreeMap<String, String>,
}

/// An article. The last of a key is in force; without a benchmark nor a practice, the key is withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    /// What the article is about; a later one of the same key takes its place.
    pub key: String,
    /// Benchmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benchmark: Option<Repere>,
    /// Practice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practice: Option<Pratique>,
}

impl Article {
    /// The article of a benchmark.
    pub fn repere(repere: Repere) -> Self {
        Self {
            key: format!("repere/{}/{}", repere.campaign, repere.indicator),
            benchmark: Some(repere),
            practice: None,
        }
    }

    /// The article of a practice; `cle`, of any length, names it at its centre.
    pub fn pratique(cle: &str, pratique: Pratique) -> Self {
        let key = format!("pratique/{}/{}", pratique.node, empreinte_requete(cle.as_bytes()));
        Self { key, benchmark: None, practice: Some(pratique) }
    }

    /// The article that takes a key back.
    pub fn retrait(key: impl Into<String>) -> Self {
        Self { key: key.into(), benchmark: None, practice: None }
    }

    /// Text of the article, as it is stored and compared.
    pub fn texte(&self) -> String {
        String::from_utf8(octets(self)).unwrap_or_default()
    }

    /// Reads a stored article.
    pub fn lire(texte: &str) -> Result<Self, Refus> {
        jws::lire_objet(texte.as_bytes()).map_err(|e| Refus::nouveau(CodeRefus::FeedInvalid, e.to_string()))
    }

    fn coherent(&self) -> bool {
        let assez = |r: &Repere| r.contributors >= CONTRIBUTEURS_MINIMUM && r.q1 <= r.median && r.median <= r.q3;
        let une_chose_au_plus = self.benchmark.is_none() || self.practice.is_none();
        !self.key.is_empty() && une_chose_au_plus && self.benchmark.as_ref().is_none_or(assez)
    }
}

/// A page of the feed, signed by the key of the references.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Version of the format.
    pub v: u64,
    /// Hub.
    pub iss: String,
    /// Incarnation.
    pub epoch: u64,
    /// Articles before the first of the page.
    pub from: u64,
    /// Articles.
    pub items: Vec<Article>,
    /// Where to go on; none at the end.
    pub next: Option<Curseur>,
}

impl Page {
    /// Signs with the key of the references.
    pub fn signer(&self, cle: &CleSignature) -> String {
        jws::signer(TYPE, &octets(self), cle)
    }

    /// Reads a page of this hub.
    pub fn verifier(texte: &str, cle: &ClePublique, hub: &str) -> Result<Self, Refus> {
        let invalide = |detail: String| Refus::nouveau(CodeRefus::FeedInvalid, detail);
        let charge = jws::verifier(texte, TYPE, cle).map_err(|e| invalide(e.to_string()))?;
        let lue: Self = jws::lire_objet(&charge).map_err(|e| invalide(e.to_string()))?;
        if lue.v != VERSION || lue.iss != hub {
            return Err(invalide(format!("Page de « {} », version {} du format.", lue.iss, lue.v)));
        }
        if let Some(faux) = lue.items.iter().find(|a| !a.coherent()) {
            return Err(invalide(format!("L’article « {} » se contredit.", faux.key)));
        }
        let fin = Curseur { epoque: lue.epoch, position: lue.from + lue.items.len() as u64 };
        if lue.next.is_some_and(|suite| suite != fin || lue.items.is_empty()) {
            return Err(invalide("La page suivante ne commence pas où celle-ci finit.".to_owned()));
        }
        Ok(lue)
    }

    /// How many of its articles a reader who stands there holds already; none when the page is not for them.
    pub fn deja_tenus(&self, tenu: Curseur) -> Option<usize> {
        if self.epoch != tenu.epoque {
            return None;
        }
        let avance = tenu.position.checked_sub(self.from)?;
        Some(usize::try_from(avance).unwrap_or(usize::MAX).min(self.items.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;

    const HUB: &str = "https://hub.example/maillage";

    fn cle() -> CleSignature {
        CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(1))
    }

    fn repere(contributors: u64) -> Article {
        let d = |n: i64| Decimal::new(n, 1);
        Article::repere(Repere {
            campaign: "2026-T1".to_owned(),
            indicator: "EA01".to_owned(),
            contributors,
            q1: d(101),
            median: d(125),
            q3: d(400),
        })
    }

    fn page(items: Vec<Article>, next: Option<&str>) -> Page {
        Page { v: VERSION, iss: HUB.to_owned(), epoch: 2, from: 3, items, next: next.map(|c| c.parse().unwrap()) }
    }

    fn relue(p: &Page) -> Result<Page, Refus> {
        Page::verifier(&p.signer(&cle()), &cle().publique(), HUB)
    }

    #[test]
    fn a_page_reads_back_and_a_benchmark_of_four_centres_does_not() {
        let bonne = page(vec![repere(5), Article::retrait("repere/2026-T1/EA02")], Some("2.5"));
        assert_eq!(relue(&bonne).unwrap(), bonne);
        assert!(relue(&page(vec![repere(4)], None)).is_err());
        assert!(relue(&page(vec![repere(5)], Some("2.9"))).is_err(), "a hole before the next page");
        assert!(relue(&page(vec![], Some("2.3"))).is_err(), "a page that does not advance");
        assert_eq!(Article::lire(&repere(7).texte()).unwrap(), repere(7));
    }

    /// Matrix 42: what is held is told from what is new, and another incarnation is not for this reader.
    #[test]
    fn matrix_42_a_page_says_what_is_new_to_a_reader() {
        let p = page(vec![repere(5), repere(6)], None);
        let a = |texte: &str| p.deja_tenus(texte.parse().unwrap());
        assert_eq!((a("2.3"), a("2.4"), a("2.5"), a("2.9")), (Some(0), Some(1), Some(2), Some(2)));
        assert_eq!((a("2.2"), a("1.3")), (None, None), "a page that comes too early, and another incarnation");
    }

    #[test]
    fn a_cursor_has_one_spelling() {
        for faux in ["", "1", "1.", ".1", "01.2", "1.-2", "1.2.3", "1.99999999999999999999", "+1.2"] {
            assert!(faux.parse::<Curseur>().is_err(), "{faux}");
        }
        assert_eq!("1.250".parse::<Curseur>().unwrap().to_string(), "1.250");
    }
}

//! Settings of both services: one TOML text, and variables of the environment that take the place of its keys
//! (`MAILLAGE_HUB__HUB__BASE` for `[hub] base`). What is wrong is named by its key, and by its line or its variable.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use referentiel::texte::explique_toml;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

/// Where a setting was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Line of the text.
    Ligne(usize),
    /// Variable of the environment.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ligne(n) => write!(f, "ligne {n}"),
            Self::Variable(nom) => write!(f, "variable {nom}"),
        }
    }
}

/// Why settings are not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} : {detail}")]
pub struct ReglageRefuse {
    /// Where.
    pub place: Place,
    /// What is wrong, in French.
    pub detail: String,
}

/// What contradicts the rest of the settings: the key, by its path (`noeud.2.region`), and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// Path of the key, `.` between its parts, tables of a list by their rank from 0.
    pub cle: String,
    /// What is wrong, in French.
    pub detail: String,
}

impl Contradiction {
    /// A contradiction at a key.
    pub fn a(cle: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { cle: cle.into(), detail: detail.into() }
    }
}

/// Variables of the environment that begin with a prefix, without it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environnement {
    prefixe: &'static str,
    variables: Vec<(String, String)>,
}

impl Environnement {
    /// Among these variables, those of a service.
    pub fn de(prefixe: &'static str, variables: impl Iterator<Item = (String, String)>) -> Self {
        let mut notres: Vec<_> =
            variables.filter_map(|(nom, valeur)| Some((nom.strip_prefix(prefixe)?.to_owned(), valeur))).collect();
        notres.sort();
        Self { prefixe, variables: notres }
    }

    fn place(&self, rang: usize) -> Place {
        let nom = self.variables.get(rang).map_or("", |(nom, _)| nom);
        Place::Variable(format!("{}{nom}", self.prefixe))
    }
}

/// Settings read, with what it takes to say where each was written.
#[derive(Debug, Clone)]
pub struct Lus<'t> {
    texte: &'t str,
    table: Spanned<DeTable<'t>>,
    environnement: &'t Environnement,
}

/// Reads a text and puts in it what the environment says.
pub fn lit<'t>(texte: &'t str, environnement: &'t Environnement) -> Result<Lus<'t>, ReglageRefuse> {
    let table = DeTable::parse(texte).map_err(|e| ReglageRefuse {
        place: Place::Ligne(ligne(texte, e.span().unwrap_or_default().start)),
        detail: explique_toml(e.message()),
    })?;
    let mut lus = Lus { texte, table, environnement };
    for rang in 0..environnement.variables.len() {
        lus.remplace(rang).map_err(|detail| ReglageRefuse { place: environnement.place(rang), detail })?;
    }
    Ok(lus)
}

impl<'t> Lus<'t> {
    /// The settings in their type.
    pub fn en<T: DeserializeOwned>(&self) -> Result<T, ReglageRefuse> {
        T::deserialize(Deserializer::from(self.table.clone())).map_err(|e| ReglageRefuse {
            place: self.place_de(e.span().unwrap_or_default()),
            detail: explique_toml(e.message()),
        })
    }

    /// Where a contradiction stands: at its key, else at the closest table that holds it.
    pub fn refuse(&self, contradiction: Contradiction) -> ReglageRefuse {
        let (mut etendue, mut valeur): (_, Option<&DeValue<'t>>) = (0..0, None);
        let mut reste = contradiction.cle.as_str();
        while !reste.is_empty() {
            let trouve = |mot: &str| match valeur {
                None => self.table.get_ref().get(mot),
                Some(DeValue::Table(table)) => table.get(mot),
                Some(DeValue::Array(liste)) => mot.parse::<usize>().ok().and_then(|rang| liste.get(rang)),
                Some(_) => None,
            };
            // A key may hold a point of its own, as the name of a data set does.
            let (mot, suite) = reste.split_once('.').unwrap_or((reste, ""));
            let pas = trouve(reste).map(|entiere| (entiere, "")).or_else(|| Some((trouve(mot)?, suite)));
            let Some((suivante, suite)) = pas else { break };
            (etendue, valeur, reste) = (suivante.span(), Some(suivante.get_ref()), suite);
        }
        ReglageRefuse { place: self.place_de(etendue), detail: contradiction.detail }
    }

    /// What comes from the environment stands after the end of the text, one place for each variable.
    fn place_de(&self, etendue: Range<usize>) -> Place {
        match etendue.start.checked_sub(self.texte.len() + 1) {
            Some(rang) => self.environnement.place(rang),
            None => Place::Ligne(ligne(self.texte, etendue.start)),
        }
    }

    fn remplace(&mut self, rang: usize) -> Result<(), String> {
        let Some((nom, valeur)) = self.environnement.variables.get(rang) else { return Ok(()) };
        let place = self.texte.len() + 1 + rang;
        let chemin: Vec<String> = nom.split("__").map(str::to_lowercase).collect();
        let Some((cle, sections)) = chemin.split_last().filter(|(_, s)| !s.is_empty()) else {
            return Err("écrivez SECTION__CLE, par exemple HUB__BASE.".to_owned());
        };
        let mut table = self.table.get_mut();
        for section in sections {
            let nom = Spanned::new(place..place, Cow::Owned(section.clone()));
            let vide = || Spanned::new(place..place, DeValue::Table(DeTable::default()));
            table = match table.entry(nom).or_insert_with(vide).get_mut() {
                DeValue::Table(table) => table,
                _ => return Err(format!("« {section} » n’est pas une section simple : écrivez-la dans le fichier.")),
            };
        }
        let avant = table.get(cle.as_str()).map(|v| v.get_ref().is_str());
        let valeur = match DeValue::parse(valeur) {
            // A text that looks like a number stays a text where the file has one.
            Ok(lue) if avant != Some(true) || lue.get_ref().is_str() => lue.into_inner(),
            _ => DeValue::String(Cow::Borrowed(valeur.as_str())),
        };
        // Removed first: the key would keep the place of the one in the text.
        table.remove(cle.as_str());
        table.insert(Spanned::new(place..place, Cow::Owned(cle.clone())), Spanned::new(place..place, valeur));
        Ok(())
    }
}

fn ligne(texte: &str, position: usize) -> usize {
    texte.get(..position).map_or_else(|| texte.lines().count(), |avant| avant.matches('\n').count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Exemple {
        hub: Hub,
        #[serde(default)]
        noeud: Vec<Noeud>,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Hub {
        base: String,
        #[serde(default)]
        delai: u64,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Noeud {
        region: String,
    }

    const TEXTE: &str = "# essai\n[hub]\nbase = \"a\"\n\n[[noeud]]\nregion = \"27\"\n[[noeud]]\nregion = \"28\"\n";

    fn environnement(variables: &[(&str, &str)]) -> Environnement {
        Environnement::de("M__", variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn a_variable_takes_the_place_of_a_key_and_gives_one_that_is_missing() {
        let e = environnement(&[("M__HUB__BASE", "42"), ("M__HUB__DELAI", "7"), ("AUTRE", "x")]);
        let lu: Exemple = lit(TEXTE, &e).unwrap().en().unwrap();
        assert_eq!(lu.hub, Hub { base: "42".to_owned(), delai: 7 });
        let e = environnement(&[("M__HUB__BASE", "postgres://hote/base")]);
        let lu: Exemple = lit("", &e).unwrap().en().unwrap();
        assert_eq!(lu.hub.base, "postgres://hote/base");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_line_or_its_variable() {
        let refus = |texte: &str, e: &Environnement| lit(texte, e).and_then(|l| l.en::<Exemple>()).unwrap_err();
        let sans = environnement(&[]);
        assert_eq!(refus(&format!("{TEXTE}couleur = 1\n"), &sans).place, Place::Ligne(9));
        assert_eq!(refus("[hub]\nbase = \"a\"\nbase = \"b\"\n", &sans).place, Place::Ligne(3));
        assert!(refus("[hub]\n", &sans).detail.contains("« base »"));
        let inconnue = refus(TEXTE, &environnement(&[("M__HUB__COULEUR", "1")]));
        assert_eq!(inconnue.place, Place::Variable("M__HUB__COULEUR".to_owned()));
        assert!(inconnue.to_string().contains("« couleur »"), "{inconnue}");
        let mauvaise = refus(TEXTE, &environnement(&[("M__HUB__DELAI", "long")]));
        assert_eq!(mauvaise.place, Place::Variable("M__HUB__DELAI".to_owned()));
        assert!(refus(TEXTE, &environnement(&[("M__NOEUD__REGION", "1")])).detail.contains("dans le fichier"));
        assert!(refus(TEXTE, &environnement(&[("M__BASE", "1")])).detail.contains("SECTION__CLE"));
    }

    #[test]
    fn a_contradiction_stands_at_its_key_or_at_the_closest_table() {
        let e = environnement(&[("M__HUB__BASE", "x")]);
        let lus = lit(TEXTE, &e).unwrap();
        let place = |cle: &str| lus.refuse(Contradiction::a(cle, "non.")).place;
        assert_eq!(place("noeud.1.region"), Place::Ligne(8));
        assert_eq!(place("noeud.1.cle"), Place::Ligne(7));
        assert_eq!(place("hub.delai"), Place::Ligne(2));
        let points = lit("[horaire]\n'ea.x' = 1\n", &e).unwrap();
        assert_eq!(points.refuse(Contradiction::a("horaire.ea.x", "non.")).place, Place::Ligne(2));
        assert_eq!(place("hub.base"), Place::Variable("M__HUB__BASE".to_owned()));
    }
}

//! Nomenclatures of `schema/nomenclatures/*.toml`: code lists with labels, versioned, sometimes a tree.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::texte::plie;

/// One value of a code list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modalite {
    /// Short code, stable for ever: what is stored and published.
    pub code: String,
    /// Label of the official text.
    pub libelle: String,
    /// Expanded label.
    #[serde(default)]
    pub libelle_long: Option<String>,
    /// Definition of the official text.
    #[serde(default)]
    pub definition: Option<String>,
    /// Code of the grouping this value belongs to.
    #[serde(default)]
    pub parent: Option<String>,
    /// A grouping of other values: published, never typed.
    #[serde(default)]
    pub regroupement: bool,
    /// Computed (age band, « non renseigné »): published, never typed.
    #[serde(default)]
    pub hors_saisie: bool,
}

/// A versioned code list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nomenclature {
    /// Name of the list, also the name of its file.
    pub code: String,
    /// Version of the list, that of the model which introduced it.
    pub version: String,
    /// Label shown to people.
    pub libelle: String,
    /// Remark for readers of the documentation.
    #[serde(default)]
    pub note: Option<String>,
    /// The values, in the order of the official text.
    #[serde(rename = "modalite")]
    pub modalites: Vec<Modalite>,
}

impl Nomenclature {
    /// The value of this code.
    pub fn modalite(&self, code: &str) -> Option<&Modalite> {
        self.modalites.iter().find(|m| m.code == code)
    }

    /// Values that a person may type or choose, in order.
    pub fn saisissables(&self) -> impl Iterator<Item = &Modalite> {
        self.modalites.iter().filter(|m| !m.regroupement && !m.hors_saisie)
    }

    /// Reads what a person wrote: code, label or long label, without case, accents or double spaces.
    /// Never guesses: « CDI intérimaire » is nothing.
    pub fn reconnait(&self, texte: &str) -> Option<&Modalite> {
        let lu = plie(texte);
        self.saisissables().find(|m| {
            plie(&m.libelle) == lu || plie(&m.code) == lu || m.libelle_long.as_deref().is_some_and(|l| plie(l) == lu)
        })
    }

    /// Values grouped under `parent`, in order.
    pub fn enfants<'a>(&'a self, parent: &'a str) -> impl Iterator<Item = &'a Modalite> {
        self.modalites.iter().filter(move |m| m.parent.as_deref() == Some(parent))
    }

    /// Values at the top of the tree: their counts add up to the total.
    pub fn racines(&self) -> impl Iterator<Item = &Modalite> {
        self.modalites.iter().filter(|m| m.parent.is_none())
    }
}

macro_rules! nomenclatures {
    ($($nom:literal),+ $(,)?) => {
        const SOURCES: &[(&str, &str)] = &[
            $(($nom, include_str!(concat!("../../../schema/nomenclatures/", $nom, ".toml")))),+
        ];
    };
}

nomenclatures!(
    "statut_dispositif",
    "statut_accompagnement",
    "niveau_soutien",
    "emploi",
    "formation",
    "handicap",
    "orientation",
    "sexe",
    "tranche_age",
    "duree_sans_emploi",
    "oui_non",
);

static TOUTES: LazyLock<HashMap<String, Nomenclature>> = LazyLock::new(|| {
    SOURCES.iter().filter_map(|(nom, texte)| Some(((*nom).to_owned(), toml::from_str(texte).ok()?))).collect()
});

/// The nomenclature of this name, or `None` when the product has no such list.
pub fn nomenclature(nom: &str) -> Option<&'static Nomenclature> {
    TOUTES.get(nom)
}

/// All nomenclatures of the product, by name.
pub fn toutes() -> impl Iterator<Item = &'static Nomenclature> {
    SOURCES.iter().filter_map(|(nom, _)| nomenclature(nom))
}

/// Every list as its file says it, byte for byte: what a hub and its nodes compare.
pub fn textes() -> impl Iterator<Item = (&'static Nomenclature, &'static str)> {
    SOURCES.iter().filter_map(|(nom, texte)| Some((nomenclature(nom)?, *texte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_list_is_well_formed() {
        for (nom, texte) in SOURCES {
            let n: Nomenclature = toml::from_str(texte).unwrap_or_else(|e| panic!("{nom} : {e}"));
            assert_eq!(&n.code, nom);
            for m in &n.modalites {
                assert_eq!(n.modalites.iter().filter(|x| x.code == m.code).count(), 1, "{nom} {}", m.code);
                assert!(m.parent.as_ref().is_none_or(|p| n.modalite(p).is_some_and(|p| p.regroupement)));
            }
        }
    }

    #[test]
    fn labels_are_read_with_tolerance_but_never_guessed() {
        let emploi = nomenclature("emploi").unwrap();
        assert_eq!(emploi.reconnait(" cdi ").unwrap().code, "CDI");
        assert_eq!(emploi.reconnait("PMSMP OU ÉQUIVALENT").unwrap().code, "PMS");
        assert!(emploi.reconnait("CDI intérimaire").is_none());
        assert!(emploi.reconnait("En emploi").is_none(), "a grouping cannot be typed");
        assert_eq!(emploi.enfants("EMP").count(), 4);
        assert_eq!(emploi.racines().map(|m| m.code.as_str()).collect::<Vec<_>>(), ["EMP", "PMS", "SAN"]);
    }
}

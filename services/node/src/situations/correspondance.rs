//! The mapping a centre declares for one of its tables: which column is which field, and how its values are written.

use std::collections::{BTreeMap, BTreeSet};

use dossier::convention::cas::{Genre, genre};
use dossier::convention::suivi::{Suivi, suivi, suivis};
use referentiel::texte::plie;
use serde::Deserialize;
use tableur::modele::{Champ, Genre as GenreDeCellule};

/// A column of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Colonne {
    /// Header in the file.
    pub entete: String,
    /// Field of the case.
    pub champ: String,
    /// How the table writes the values, and what they mean.
    #[serde(default)]
    pub valeurs: BTreeMap<String, String>,
}

/// A mapping.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correspondance {
    /// Code: importing again through the same mapping replaces the same cases.
    pub code: String,
    /// Convention or offer the cases are followed under.
    pub suivi: String,
    /// Action of every row, when no column gives it.
    #[serde(default)]
    pub action: Option<String>,
    /// Name of the sheet; the first visible one unless said.
    #[serde(default)]
    pub feuille: Option<String>,
    /// A row that left the table leaves the store.
    #[serde(default = "oui")]
    pub remplace: bool,
    /// Headers that are known and not read.
    #[serde(default)]
    pub ignorees: Vec<String>,
    /// Values of the fields that are the same on every row.
    #[serde(default)]
    pub constantes: BTreeMap<String, String>,
    /// Columns.
    #[serde(rename = "colonne")]
    pub colonnes: Vec<Colonne>,
}

fn oui() -> bool {
    true
}

/// Why a mapping is refused.
#[derive(Debug, thiserror::Error)]
pub enum CorrespondanceInvalide {
    /// Not readable; the message carries line and column.
    #[error("La correspondance est illisible : {0}")]
    Forme(#[from] toml::de::Error),
    /// No such convention or offer.
    #[error("« {0} » n’est pas un suivi connu : écrivez {1}.")]
    Suivi(String, String),
    /// No such action.
    #[error("« {0} » n’est pas une action de {1} : écrivez {2}.")]
    Action(String, String, String),
    /// No such field.
    #[error(
        "La colonne « {0} » va dans « {1} », qui n’est pas un champ : voyez la liste dans schema/conventions/README.md."
    )]
    Champ(String, String),
    /// Two columns for one field, or one header twice.
    #[error("« {0} » figure deux fois dans la correspondance : gardez-en une.")]
    Double(String),
    /// Nothing names the rows.
    #[error("Aucune colonne ne donne le champ « {0} » : il en faut une.")]
    Absent(&'static str),
}

impl Correspondance {
    /// Reads and verifies a mapping.
    pub fn lit(texte: &str) -> Result<Self, CorrespondanceInvalide> {
        let lue: Self = toml::from_str(texte)?;
        let suivi = lue.suivi().ok_or_else(|| {
            let connus: Vec<&str> = suivis().iter().map(|s| s.code.as_str()).collect();
            CorrespondanceInvalide::Suivi(lue.suivi.clone(), connus.join(", "))
        })?;
        if let Some(action) = lue.action.as_ref().filter(|action| !suivi.connait(action)) {
            let connues = suivi.actions_connues().join(", ");
            return Err(CorrespondanceInvalide::Action(action.clone(), suivi.libelle.clone(), connues));
        }
        let mut vus = BTreeSet::new();
        for (entete, champ) in lue.colonnes.iter().map(|c| (&c.entete, &c.champ)) {
            if genre(champ).is_none() {
                return Err(CorrespondanceInvalide::Champ(entete.clone(), champ.clone()));
            }
            for nom in [plie(entete), format!("champ {champ}")] {
                if !vus.insert(nom) {
                    return Err(CorrespondanceInvalide::Double(entete.clone()));
                }
            }
        }
        if let Some(champ) = lue.constantes.keys().find(|champ| genre(champ) != Some(Genre::Texte)) {
            return Err(CorrespondanceInvalide::Champ("constantes".to_owned(), champ.clone()));
        }
        let donne = |champ: &str| lue.colonnes.iter().any(|c| c.champ == champ);
        if !donne("id") {
            return Err(CorrespondanceInvalide::Absent("id"));
        }
        if lue.action.is_none() && !donne("action") {
            return Err(CorrespondanceInvalide::Absent("action"));
        }
        Ok(lue)
    }

    /// What the cases are followed under.
    pub fn suivi(&self) -> Option<&'static Suivi> {
        suivi(&self.suivi)
    }

    /// The columns as the reader wants them.
    pub fn champs(&self) -> Vec<Champ> {
        let champ = |c: &Colonne| {
            let genre = match genre(&c.champ) {
                Some(Genre::Date) => GenreDeCellule::Date,
                Some(Genre::Entier) => GenreDeCellule::Entier,
                Some(Genre::Montant) => GenreDeCellule::Decimal,
                // A SIRET typed as a number keeps its fourteen digits.
                Some(Genre::Texte) if c.champ == "employeur.siret" => GenreDeCellule::Code(14),
                _ => GenreDeCellule::Texte,
            };
            Champ::libre(&c.champ, &c.entete, genre, matches!(c.champ.as_str(), "id" | "action"))
        };
        self.colonnes.iter().map(champ).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refus(texte: &str) -> String {
        Correspondance::lit(texte).unwrap_err().to_string()
    }

    #[test]
    fn a_mapping_is_refused_with_its_reason() {
        let tete = "code = \"t\"\nsuivi = \"fiphfp-v5\"\naction = \"3.2\"\n";
        let colonne = |entete: &str, champ: &str| format!("[[colonne]]\nentete = \"{entete}\"\nchamp = \"{champ}\"\n");
        assert!(Correspondance::lit(&format!("{tete}{}", colonne("N°", "id"))).is_ok());
        assert!(refus(&format!("{tete}{}", colonne("Début", "debut"))).contains("« id »"));
        assert!(refus(&format!("{tete}{}", colonne("Nom", "nom"))).contains("n’est pas un champ"));
        assert!(refus(&format!("{tete}{}{}", colonne("N°", "id"), colonne("Autre", "id"))).contains("deux fois"));
        assert!(refus(&tete.replace("3.2", "9.9")).contains("colonne"), "columns are looked for first");
        assert!(refus(&format!("{}{}", tete.replace("3.2", "9.9"), colonne("N°", "id"))).contains("3.1, 3.2"));
        assert!(
            refus(&format!("{}{}", tete.replace("fiphfp-v5", "v9"), colonne("N°", "id")))
                .contains("cdg31-bilans-reperes")
        );
        assert!(refus(&format!("couleur = 1\n{tete}")).contains("couleur"));
    }
}

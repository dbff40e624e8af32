//! A field of a form, the same on every page: visible label, where its value goes, an example, the errors beside it.

use askama::Template;

use super::campagne::Modalite;

/// A field.
#[derive(Debug, Template)]
#[template(path = "champ.html")]
pub struct ChampSaisi {
    /// Name, and anchor.
    pub nom: String,
    /// Label.
    pub libelle: String,
    /// What it holds.
    pub valeur: String,
    /// The form is refused without it.
    pub obligatoire: bool,
    /// What it means, or how it is written.
    pub aide: Option<String>,
    /// Whether it leaves the node.
    pub portee: &'static str,
    /// What is wrong with it, in sentences.
    pub erreurs: Vec<String>,
    /// Values to choose from.
    pub choix: Option<Vec<Modalite>>,
    /// Several lines of text.
    pub long: bool,
}

impl ChampSaisi {
    /// The texts tied to the field, in reading order.
    fn decrit_par(&self) -> String {
        let mut textes = vec![format!("{}-portee", self.nom)];
        textes.extend(self.aide.as_ref().map(|_| format!("{}-aide", self.nom)));
        textes.extend((1..=self.erreurs.len()).map(|rang| format!("{}-erreur{rang}", self.nom)));
        textes.join(" ")
    }
}

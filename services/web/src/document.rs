//! A document to print or to take away: sections of sentences, charts and tables, the very values of the pages. It
//! is described in JSON for the program that lays it out, and written as a workbook with a sheet per table or as a
//! document to edit.

mod docx;

use serde::Serialize;
use serde_json::{Value, json};

use crate::graphique::Barres;
use crate::table::{APropos, ExportImpossible, Table, classeur_ods, classeur_xlsx};
use crate::typographie::typo;

/// What a section holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bloc {
    /// A sentence or several.
    Paragraphe(String),
    /// Short points.
    Liste(Vec<String>),
    /// A chart and the sentence that reads it.
    Barres(Barres),
    /// A table.
    Table(Table),
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Title.
    pub titre: String,
    /// Content.
    pub blocs: Vec<Bloc>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What identifies it, the same for the same content of the same date.
    pub identifiant: String,
    /// Its date: that of its data, never that of the clock.
    pub date: chrono::NaiveDate,
    /// Title.
    pub titre: String,
    /// What it is about.
    pub sous_titre: String,
    /// Who makes it.
    pub auteur: String,
    /// True before the campaign is closed: every page says so.
    pub provisoire: bool,
    /// (heading, words) under the title, and in the workbook.
    pub mentions: Vec<(String, String)>,
    /// Sections.
    pub sections: Vec<Section>,
}

impl Serialize for Bloc {
    fn serialize<S: serde::Serializer>(&self, sortie: S) -> Result<S::Ok, S::Error> {
        self.decrit().serialize(sortie)
    }
}

impl Bloc {
    fn decrit(&self) -> Value {
        match self {
            Self::Paragraphe(texte) => json!({ "genre": "paragraphe", "texte": texte }),
            Self::Liste(points) => json!({ "genre": "liste", "points": points }),
            Self::Barres(barres) => json!({
                "genre": "barres",
                "constat": barres.constat(),
                "barres": barres.parts().map(|(b, part)| json!({
                    "libelle": b.libelle, "valeur": b.valeur, "part": part.map(|p| p.normalize().to_string())
                })).collect::<Vec<_>>(),
            }),
            Self::Table(table) => json!({
                "genre": "table",
                "titre": table.titre,
                "colonnes": table.colonnes.iter().map(|c| json!({ "libelle": c.libelle, "nombre": c.nombre })).collect::<Vec<_>>(),
                "lignes": table.lignes.iter().map(|l| l.iter().map(|c| c.valeur.to_string()).collect()).collect::<Vec<Vec<_>>>(),
            }),
        }
    }
}

impl Document {
    /// The description that the printing program reads.
    pub fn json(&self) -> Value {
        let sections: Vec<Value> =
            self.sections.iter().map(|s| json!({ "titre": s.titre, "blocs": s.blocs })).collect();
        composee(json!({
            "identifiant": self.identifiant, "date": self.date, "titre": self.titre, "sous_titre": self.sous_titre,
            "auteur": self.auteur, "provisoire": self.provisoire, "mentions": self.mentions, "sections": sections,
        }))
    }

    /// Every table, in order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.sections.iter().flat_map(|s| &s.blocs).filter_map(|b| if let Bloc::Table(t) = b { Some(t) } else { None })
    }

    /// The tables as a workbook, a sheet each, then « À propos ».
    pub fn xlsx(&self) -> Result<Vec<u8>, ExportImpossible> {
        classeur_xlsx(self.feuilles(), &self.a_propos())
    }

    /// The same sheets as an OpenDocument spreadsheet.
    pub fn ods(&self) -> Result<Vec<u8>, ExportImpossible> {
        classeur_ods(self.feuilles(), &self.a_propos())
    }

    fn feuilles(&self) -> impl Iterator<Item = (String, &Table)> {
        self.tables().enumerate().map(|(rang, t)| (nom_de_feuille(rang + 1, &t.titre), t))
    }

    fn a_propos(&self) -> APropos {
        let titre = [("Titre".to_owned(), format!("{}, {}", self.titre, self.sous_titre))];
        APropos { lignes: titre.into_iter().chain(self.mentions.clone()).collect(), date: Some(self.date) }
    }
}

/// Every text with the spaces of French; identifiers and names of kinds have none to change.
fn composee(valeur: Value) -> Value {
    match valeur {
        Value::String(texte) => typo(&texte).into(),
        Value::Array(valeurs) => valeurs.into_iter().map(composee).collect(),
        Value::Object(champs) => champs.into_iter().map(|(nom, v)| (nom, composee(v))).collect(),
        autre => autre,
    }
}

/// A name that a spreadsheet takes: 31 characters, none of those it forbids, and never twice the same.
fn nom_de_feuille(rang: usize, titre: &str) -> String {
    let permis = |c: &char| !"[]:*?/\\'".contains(*c);
    format!("{rang} {}", titre.chars().filter(permis).collect::<String>())
        .chars()
        .take(31)
        .collect::<String>()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphique::Barre;
    use crate::table::Colonne;
    use crate::{Cellule, Valeur};
    use referentiel::cellule::Statut;

    pub(super) fn document() -> Document {
        let table = Table {
            identifiant: "territoires",
            titre: "Indicateurs : par territoire, 1er trimestre 2026".to_owned(),
            colonnes: vec![Colonne::texte("Territoire"), Colonne::nombre("File active")],
            lignes: vec![
                vec![Cellule::from("25 Doubs"), Cellule::from(30u64)],
                vec![Cellule::from("70"), Valeur::Absente(Statut::Secret).into()],
            ],
        };
        let barre = |libelle: &str, valeur: &str, grandeur: Option<i64>| Barre {
            libelle: libelle.to_owned(),
            valeur: valeur.to_owned(),
            grandeur: grandeur.map(Into::into),
        };
        let barres = Barres::nouvelles(
            "Constat.".to_owned(),
            "territoires",
            vec![barre("25", "30", Some(30)), barre("39", "15", Some(15)), barre("70", "secret", None)],
        );
        Document {
            identifiant: "d".to_owned(),
            date: "2026-04-20".parse().unwrap(),
            titre: "Dossier".to_owned(),
            sous_titre: "Région".to_owned(),
            auteur: "Maillage".to_owned(),
            provisoire: false,
            mentions: vec![("Campagne".to_owned(), "2026-T1".to_owned())],
            sections: vec![Section { titre: "A".to_owned(), blocs: vec![Bloc::Barres(barres), Bloc::Table(table)] }],
        }
    }

    #[test]
    fn the_description_holds_the_words_of_the_screen_and_no_length_for_what_is_masked() {
        let json = document().json();
        let blocs = &json["sections"][0]["blocs"];
        assert_eq!(blocs[1]["lignes"], json!([["25 Doubs", "30"], ["70", "secret"]]));
        let parts: Vec<&str> = (0..2).map(|i| blocs[0]["barres"][i]["part"].as_str().unwrap()).collect();
        assert_eq!(parts, ["100", "50"]);
        assert!(blocs[0]["barres"][2]["part"].is_null());
    }

    #[test]
    fn the_workbook_has_a_sheet_per_table_with_names_that_a_spreadsheet_takes() {
        assert!(document().xlsx().unwrap().starts_with(b"PK"));
        assert!(document().ods().unwrap().starts_with(b"PK"));
        assert_eq!(nom_de_feuille(1, "Indicateurs : par territoire, 1er trimestre"), "1 Indicateurs  par territoire,");
        assert_eq!(nom_de_feuille(2, "é".repeat(40).as_str()).chars().count(), 31);
    }
}

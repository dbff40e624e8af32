//! The open forms of a table: JSON with the status of each figure, and the Table Schema (Frictionless Data)
//! that says what each column of the open CSV holds. Both come from the columns: they cannot disagree.

use serde_json::{Map, Number, Value as Json, json};

use super::export::{colonnes_ouvertes, ouverte, statut};
use super::{APropos, Colonne, ExportImpossible, Table, Valeur};

impl Table {
    /// JSON: what it is about, then each row as an object; a figure is `{"valeur", "statut"}`.
    pub fn json(&self, a_propos: &APropos) -> Result<Vec<u8>, ExportImpossible> {
        let lignes: Vec<Json> = self
            .lignes
            .iter()
            .map(|ligne| {
                let cases = ligne.iter().zip(&self.colonnes);
                cases.map(|(c, colonne)| (colonne.libelle.clone(), case(colonne, &c.valeur))).collect::<Map<_, _>>()
            })
            .map(Json::Object)
            .collect();
        let a_propos: Map<String, Json> =
            a_propos.lignes.iter().map(|(nom, mots)| (nom.clone(), mots.clone().into())).collect();
        Ok(serde_json::to_vec(&json!({ "titre": self.titre, "a_propos": a_propos, "lignes": lignes }))?)
    }

    /// The Table Schema of the open CSV (specs.frictionlessdata.io/table-schema).
    pub fn schema_ouvert(&self) -> Json {
        let champs: Vec<Json> = colonnes_ouvertes(&self.colonnes)
            .map(|(nom, colonne, de_statut)| match (colonne.nombre, de_statut) {
                (_, true) => json!({
                    "name": nom, "type": "string", "title": format!("Pourquoi « {} » a une valeur, ou non", colonne.libelle),
                    "constraints": { "enum": ["publie", "secret", "non_transmis", "sans_objet", "non_significatif"] },
                }),
                (true, false) => json!({ "name": nom, "type": "number", "decimalChar": ".", "title": colonne.libelle }),
                (false, false) => json!({ "name": nom, "type": "string", "title": colonne.libelle }),
            })
            .collect();
        json!({
            "$schema": "https://specs.frictionlessdata.io/schemas/table-schema.json",
            "title": self.titre,
            "fields": champs,
            "missingValues": [""],
        })
    }
}

fn case(colonne: &Colonne, valeur: &Valeur) -> Json {
    let texte = ouverte(valeur);
    if !colonne.nombre {
        return if texte.is_empty() { Json::Null } else { texte.into() };
    }
    // The exact decimals, as they are in the CSV.
    let nombre = texte.parse::<Number>().map_or(Json::Null, Json::Number);
    json!({ "valeur": nombre, "statut": statut(valeur) })
}

#[cfg(test)]
mod tests {
    use super::super::tests::exemple;
    use super::*;

    #[test]
    fn json_says_the_same_as_the_open_csv() {
        let a_propos = APropos { lignes: vec![("Campagne".to_owned(), "T1 2026".to_owned())], date: None };
        let lu: Json = serde_json::from_slice(&exemple().json(&a_propos).unwrap()).unwrap();
        assert_eq!(lu["a_propos"]["Campagne"], "T1 2026");
        assert_eq!(lu["lignes"][0]["Personnes"], json!({ "valeur": 1234, "statut": "publie" }));
        assert_eq!(lu["lignes"][0]["En emploi"]["valeur"].to_string(), "0.6154");
        assert_eq!(lu["lignes"][1]["Personnes"], json!({ "valeur": null, "statut": "secret" }));
    }

    #[test]
    fn the_schema_has_a_field_for_each_column_of_the_csv() {
        let csv = String::from_utf8(exemple().csv_ouvert().unwrap()).unwrap();
        let schema = exemple().schema_ouvert();
        let noms: Vec<&str> =
            schema["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(noms.join(","), csv.lines().next().unwrap());
    }
}

//! Reads and writes the tables of `secret` : `{"cells":[{"id","value",…}],"relations":[{"total","parts"}]}`.
//! Names may be texts or numbers and come out as they came in. Every refusal says which cell or relation,
//! in French; what is unreadable ends with code 2.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use secret_statistique::audit::{CelluleVue, Publication};
use secret_statistique::systeme::fichier::{CelluleLue, FichierInvalide, Protection, RelationLue, TableLue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest file read.
const OCTETS_MAXIMAUX: u64 = 1 << 30;

/// Why a file is not a table.
#[derive(Debug, thiserror::Error)]
pub enum Illisible {
    #[error("Le fichier « {0} » est introuvable ou illisible : {1}")]
    Lecture(String, #[source] std::io::Error),
    #[error("Le fichier « {0} » dépasse 1 Go ; découpez la table.")]
    TropGros(String),
    #[error(
        "« {fichier} » n’est pas une table JSON : contenu inattendu à la ligne {ligne}, colonne {colonne}. \
         Il faut {{\"cells\": [{{\"id\", \"value\"}}], \"relations\": [{{\"total\", \"parts\": […]}}]}}."
    )]
    Json { fichier: String, ligne: usize, colonne: usize },
    #[error("La cellule n° {0} n’a pas de nom : « id » doit être un texte ou un nombre.")]
    SansNom(usize),
    #[error("La relation n° {0} cite une cellule sans nom : il faut un texte ou un nombre.")]
    RelationSansNom(usize),
    #[error("La cellule « {0} » n’a pas d’effectif : « value » doit être un nombre entier.")]
    SansValeur(String),
    #[error("La cellule « {0} » n’est pas masquée et n’a pas de valeur : rien ne peut être vérifié.")]
    MontreeSansValeur(String),
    #[error(transparent)]
    Contenu(#[from] FichierInvalide),
    #[error("La relation n° {0} cite « {1} », qui n’est pas dans « cells ».")]
    Inconnue(usize, String),
    #[error("Les chiffres montrés se contredisent : {0}.")]
    Contradictoire(#[from] secret_statistique::audit::Contradiction),
}

/// Gives code 2 to what could not be read, and says why.
pub fn ou_illisible(resultat: Result<ExitCode>) -> Result<ExitCode> {
    match resultat {
        Err(e) if e.is::<Illisible>() => {
            writeln!(std::io::stderr(), "{e}")?;
            Ok(ExitCode::from(2))
        }
        autre => autre,
    }
}

/// A cell, as read and as written.
#[derive(Debug, Serialize, Deserialize)]
struct Cellule {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    suppressed: bool,
    #[serde(default)]
    primary: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct Relation {
    #[serde(default)]
    total: Value,
    #[serde(default)]
    parts: Vec<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coef: Option<Vec<i64>>,
}

/// A table read from a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Table {
    cells: Vec<Cellule>,
    #[serde(default)]
    relations: Vec<Relation>,
    #[serde(skip)]
    noms: Vec<Box<str>>,
}

/// A masked cell of a protected table.
pub struct Masquee<'t> {
    /// Position.
    pub place: usize,
    /// Name.
    pub nom: &'t str,
}

impl Table {
    /// Reads a file.
    pub fn lit(chemin: &Path) -> Result<Self, Illisible> {
        let fichier = chemin.display().to_string();
        let lecture = |e| Illisible::Lecture(fichier.clone(), e);
        if std::fs::metadata(chemin).map_err(lecture)?.len() > OCTETS_MAXIMAUX {
            return Err(Illisible::TropGros(fichier));
        }
        let octets = std::fs::read(chemin).map_err(lecture)?;
        let mut table: Self = serde_json::from_slice(&octets).map_err(|e| Illisible::Json {
            fichier,
            ligne: e.line(),
            colonne: e.column(),
        })?;
        let noms = table.cells.iter().enumerate().map(|(i, c)| nom(&c.id).ok_or(Illisible::SansNom(i + 1)));
        table.noms = noms.collect::<Result<_, _>>()?;
        Ok(table)
    }

    /// The table to protect.
    pub fn brute(&self) -> Result<TableLue, Illisible> {
        let cellule = |(i, c): (usize, &Cellule)| match &c.value {
            Value::Number(value) => Ok(CelluleLue { id: self.nom(i).into(), value: value.clone() }),
            _ => Err(Illisible::SansValeur(self.nom(i).to_owned())),
        };
        let relation = |(i, r): (usize, &Relation)| {
            let nomme = |v: &Value| nom(v).ok_or(Illisible::RelationSansNom(i + 1));
            let parts = r.parts.iter().map(nomme).collect::<Result<_, _>>()?;
            Ok(RelationLue { total: nomme(&r.total)?, parts, coef: r.coef.clone() })
        };
        Ok(TableLue {
            cells: self.cells.iter().enumerate().map(cellule).collect::<Result<_, Illisible>>()?,
            relations: self.relations.iter().enumerate().map(relation).collect::<Result<_, Illisible>>()?,
        })
    }

    /// Masks what was decided.
    pub fn masque(&mut self, protection: &Protection) {
        for (c, ecrite) in self.cells.iter_mut().zip(&protection.table.cells) {
            c.value = ecrite.value.map_or(Value::Null, Value::from);
            (c.suppressed, c.primary) = (ecrite.suppressed, ecrite.primary);
        }
    }

    /// Writes the table, whole or not at all.
    pub fn ecrit(&self, chemin: &Path) -> Result<()> {
        let dossier = chemin.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let nom = chemin.file_name().context("« -o » doit nommer un fichier.")?;
        let brouillon = dossier.join(format!(".{}.partiel", nom.to_string_lossy()));
        let ecriture =
            std::fs::write(&brouillon, serde_json::to_vec(self)?).and_then(|()| std::fs::rename(&brouillon, chemin));
        ecriture.with_context(|| format!("Le fichier « {} » ne peut pas être écrit.", chemin.display()))
    }

    /// What a reader of this protected table holds. `sait` adds what it knows of a masked cell, told
    /// whether the file marks it as primary.
    pub fn publication(
        &self,
        largeur: u64,
        sait: impl Fn(CelluleVue, bool) -> CelluleVue,
    ) -> Result<Publication, Illisible> {
        let vue = |(i, c): (usize, &Cellule)| match c.value.as_u64() {
            _ if c.suppressed => Ok(sait(CelluleVue::masquee(largeur), c.primary)),
            Some(valeur) => Ok(CelluleVue::montree(valeur)),
            None => Err(Illisible::MontreeSansValeur(self.nom(i).to_owned())),
        };
        let vues = self.cells.iter().enumerate().map(vue).collect::<Result<_, _>>()?;
        let mut publication = Publication::nouvelle(vues);
        let mut place: HashMap<&str, usize> = HashMap::with_capacity(self.noms.len());
        for (i, nom) in self.noms.iter().enumerate() {
            if place.insert(nom, i).is_some() {
                return Err(FichierInvalide::Doublon(nom.to_string()).into());
            }
        }
        for (i, r) in self.relations.iter().enumerate() {
            let de = |v: &Value| {
                let nom = nom(v).ok_or(Illisible::RelationSansNom(i + 1))?;
                place.get(&*nom).copied().ok_or_else(|| Illisible::Inconnue(i + 1, nom.into()))
            };
            let parties: Vec<usize> = r.parts.iter().map(de).collect::<Result<_, _>>()?;
            let coefficients = r.coef.iter().flatten().copied().chain(std::iter::repeat(1));
            publication.relie(de(&r.total)?, parties.into_iter().zip(coefficients))?;
        }
        Ok(publication)
    }

    /// Name of a cell.
    pub fn nom(&self, place: usize) -> &str {
        self.noms.get(place).map_or("", |nom| nom)
    }

    /// True value of each cell, where the file holds it.
    pub fn valeurs(&self) -> Vec<Option<u64>> {
        self.cells.iter().map(|c| c.value.as_u64()).collect()
    }

    /// The masked cells, in the order of the file.
    pub fn masquees(&self) -> impl Iterator<Item = Masquee<'_>> {
        let cellules = self.cells.iter().zip(&self.noms).enumerate();
        let masquees = cellules.filter(|(_, (c, _))| c.suppressed);
        masquees.map(|(place, (_, nom))| Masquee { place, nom })
    }
}

/// A name: a text, or the digits of a number.
fn nom(valeur: &Value) -> Option<Box<str>> {
    match valeur {
        Value::String(s) => Some(s.as_str().into()),
        Value::Number(n) => Some(n.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secret_statistique::systeme::fichier::proteger;

    fn lit(json: &str) -> Result<Table, Illisible> {
        let dossier = tempfile::tempdir().unwrap();
        let chemin = dossier.path().join("table.json");
        std::fs::write(&chemin, json).unwrap();
        Table::lit(&chemin)
    }

    #[test]
    fn names_that_are_numbers_come_out_as_numbers() {
        let json = r#"{"cells":[{"id":1,"value":30},{"id":2,"value":3},{"id":"trois","value":27}],
                       "relations":[{"total":1,"parts":[2,"trois"]}]}"#;
        let mut table = lit(json).unwrap();
        table.masque(&proteger(table.brute().unwrap(), 5, 3, false).unwrap());
        let ecrite = serde_json::to_value(&table).unwrap();
        assert_eq!(
            ecrite["cells"][1],
            serde_json::json!({"id": 2, "value": null, "suppressed": true, "primary": true})
        );
        assert_eq!(ecrite["relations"], serde_json::json!([{"total": 1, "parts": [2, "trois"]}]));
    }

    #[test]
    fn what_is_not_a_table_is_refused_in_french() {
        for (json, attendu) in [
            ("{", "n’est pas une table JSON"),
            (r#"{"cells":3}"#, "ligne 1"),
            (r#"{"cells":[{"value":1}]}"#, "La cellule n° 1 n’a pas de nom"),
        ] {
            let refus = lit(json).unwrap_err().to_string();
            assert!(refus.contains(attendu), "{refus}");
        }
        let sans_valeur = lit(r#"{"cells":[{"id":"a","value":"trois"}]}"#).unwrap().brute().unwrap_err();
        assert!(sans_valeur.to_string().contains("« a » n’a pas d’effectif"), "{sans_valeur}");
    }

    #[test]
    fn a_protected_table_without_its_shown_values_cannot_be_audited() {
        let table = lit(r#"{"cells":[{"id":"a","value":null,"suppressed":false}],"relations":[]}"#).unwrap();
        let refus = table.publication(3, |vue, _| vue).unwrap_err();
        assert!(matches!(refus, Illisible::MontreeSansValeur(_)), "{refus}");
    }
}

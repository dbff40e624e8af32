//! Emploi accompagné by département: charts, the table they are drawn from, and how a regional rate is made.

use web::document::Bloc;
use web::{Cellule, Colonne, Table};

use super::super::pages::emploi;
use super::super::tableau::Tableau;

/// Indicators drawn as charts, in the order of the domain notes §2.
const GRAPHIQUES: &[&str] = &["EA01", "EA07", "EA14"];

pub(super) fn blocs(tableau: &Tableau) -> Vec<Bloc> {
    if tableau.lignes.is_empty() || tableau.colonnes.is_empty() {
        let texte = "Aucun indicateur n’est reçu pour cette campagne dans cette région.".to_owned();
        return vec![Bloc::Paragraphe(texte)];
    }
    let lignes = GRAPHIQUES.iter().filter_map(|code| tableau.lignes.iter().find(|l| l.code == *code));
    let graphiques = lignes.map(|l| {
        Bloc::Barres(emploi::barres(&format!("{} ({})", l.libelle, l.unite), &emploi::colonne(tableau, &l.code)))
    });
    let mut blocs: Vec<Bloc> = graphiques.collect();
    blocs.push(Bloc::Table(table(tableau)));
    blocs.push(Bloc::Paragraphe(
        "Un taux régional est le rapport des sommes, jamais la moyenne des taux ; il n’est pas montré quand son dénominateur est inférieur à 5.".to_owned(),
    ));
    blocs
}

/// Indicators in rows: a printed page is higher than it is wide.
fn table(tableau: &Tableau) -> Table {
    let noms = tableau.colonnes.iter().map(Colonne::nombre);
    Table {
        identifiant: "indicateurs",
        titre: "Indicateurs par département".to_owned(),
        colonnes: std::iter::once(Colonne::texte("Indicateur"))
            .chain(noms)
            .chain([Colonne::nombre("Total régional")])
            .collect(),
        lignes: tableau
            .lignes
            .iter()
            .map(|l| {
                let cases = l.cases.iter().chain([&l.total]).map(|c| Cellule::from(c.valeur.clone()));
                std::iter::once(Cellule::from(format!("{} ({})", l.libelle, l.unite))).chain(cases).collect()
            })
            .collect(),
    }
}

//! The internal follow-up tables of the convention, as views of the store: entered once, printed as often as needed.

use chrono::NaiveDate;
use dossier::convention::cas::Cas;
use dossier::convention::suivi::{Suivi, concerne};
use tableur::ecriture::{EcritureImpossible, Vue, vues};

/// The tables that have a row, one sheet each, with the number and the action of each case first.
pub fn tableaux(suivi: &Suivi, cas: &[Cas], jour: NaiveDate) -> Result<Vec<u8>, EcritureImpossible> {
    let mut feuilles = Vec::new();
    for tableau in &suivi.tableaux {
        let concernes: Vec<&Cas> = cas.iter().filter(|c| concerne(&tableau.actions, &c.situation.action)).collect();
        let colonnes = tableau.colonnes.iter().map(|c| c.libelle.as_str());
        let entetes: Vec<String> = ["N°"].into_iter().chain(colonnes).map(str::to_owned).collect();
        let ligne = |c: &&Cas| {
            let valeurs = tableau.colonnes.iter().map(|colonne| c.lit(&colonne.champ).unwrap_or_default());
            [c.situation.id.clone()].into_iter().chain(valeurs).collect()
        };
        let lignes = concernes.iter().map(ligne).collect();
        feuilles.push(Vue { nom: tableau.nom.clone(), entetes, lignes });
    }
    vues(&suivi.libelle, &feuilles, jour)
}

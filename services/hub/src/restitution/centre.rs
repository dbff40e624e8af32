//! In what order centres are shown side by side: by département, then by code. Never by a figure: the order would tell
//! what is masked, and would be a ranking.

use hub_storage::noeud::Noeud;

use crate::acces::Guichet;

/// Code of the first département of a centre; none when nothing official says it.
pub fn departement(guichet: &Guichet, noeud: &Noeud) -> Option<String> {
    guichet.configuration().departements(&noeud.identifiant)?.first().map(ToString::to_string)
}

/// Place of a centre in a list; those whose département is not known come last.
pub fn rang_de_centre(guichet: &Guichet, noeud: &Noeud) -> (bool, String, String) {
    let code = departement(guichet, noeud);
    (code.is_none(), code.unwrap_or_default(), noeud.organisme.clone())
}

/// Name of a centre in a row: its code, then its name.
pub fn nom(noeud: &Noeud) -> String {
    format!("{}, {}", noeud.organisme, noeud.nom)
}

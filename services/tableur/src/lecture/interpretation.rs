//! One cell of one column: from what the file holds to the typed value that the layout wants, or to a fault.

use referentiel::controle::Severite;

use super::anomalie::Faute;
use super::brut::{Brut, rogne};
use super::liste::Memoire;
use super::{code, date, liste, nombre};
use crate::modele::{Champ, Genre};
use crate::valeur::Valeur;

/// What is remembered of a column from row to row.
#[derive(Debug, Default)]
pub(super) struct Colonne {
    memoire: Memoire,
    /// Faults found so far, and the check and severity of the last one.
    pub fautes: u32,
    pub derniere: Option<(String, Severite)>,
}

/// The value of a cell, or what is wrong with its form.
pub(super) fn interprete<'a>(
    champ: &Champ,
    colonne: &mut Colonne,
    brut: &'a Brut<'_>,
    epoque_1904: bool,
) -> Result<Valeur<'a>, Faute> {
    match brut {
        _ if brut.vide() => return Ok(Valeur::Vide),
        Brut::Erreur(erreur) => return Err(formule_en_erreur(champ, erreur)),
        Brut::SansResultat => return Err(formule_sans_resultat(champ)),
        _ => {}
    }
    Ok(match &champ.genre {
        Genre::Texte => Valeur::Texte(brut.affiche()),
        Genre::Liste(separateurs) => Valeur::Liste(decoupe(&brut.affiche(), separateurs)),
        Genre::Code(_) => Valeur::Texte(code::code(brut)),
        Genre::Reference(longueur) => Valeur::Texte(code::reference(brut, *longueur)?),
        Genre::Departement => Valeur::Texte(code::departement(brut)?),
        Genre::Entier => Valeur::Entier(nombre::entier(champ, brut)?),
        Genre::Decimal => Valeur::Decimal(nombre::decimal(champ, brut)?),
        Genre::Date => Valeur::Date(date::lit(brut, epoque_1904)?),
        Genre::Modalite(nomenclature, tranches) => {
            liste::modalite(champ, (nomenclature, tranches), brut, &mut colonne.memoire)?
        }
    })
}

fn decoupe(texte: &str, separateurs: &str) -> Vec<String> {
    let morceaux = texte.split(|c| separateurs.contains(c)).map(rogne);
    morceaux.filter(|m| !m.is_empty()).map(str::to_owned).collect()
}

fn formule_en_erreur(champ: &Champ, erreur: &str) -> Faute {
    let message = format!(
        "La cellule contient une formule en erreur ({erreur}) : « {} » n’a pas pu être lu. Corrigez la formule ou saisissez la valeur.",
        champ.entete
    );
    Faute::nouvelle("C-CL-07", erreur, "une valeur", message)
}

fn formule_sans_resultat(champ: &Champ) -> Faute {
    let message = format!(
        "La cellule contient une formule dont le résultat n’est pas enregistré : « {} » n’a pas pu être lu. Ouvrez le classeur \
         dans votre tableur, enregistrez-le et déposez-le à nouveau.",
        champ.entete
    );
    Faute::nouvelle("C-CL-07", "formule sans résultat", "une valeur", message)
}

//! The campaign in sentences: who has sent, what the region counts, what cannot be told.

use hub_storage::campagne::EtatCampagne;
use web::document::Bloc;

use super::Seance;

pub(super) fn blocs(seance: &Seance<'_>) -> Vec<Bloc> {
    let mut points = Vec::new();
    if let Some(avance) = &seance.avancement {
        let chiffres = avance.chiffres();
        let mots: Vec<String> = chiffres.iter().map(|(n, mot)| format!("{} : {n}", mot.to_lowercase())).collect();
        points.push(format!("Centres de la région – {}.", mots.join(", ")));
        let manquants = avance.manquants();
        if !manquants.is_empty() {
            points.push(format!("Manque encore une remontée, en tout ou partie : {}.", manquants.join(", ")));
        }
    }
    let (montres, absents): (Vec<_>, Vec<_>) = seance.departements.lignes.iter().partition(|l| !l.total.absente);
    // A rate says its unit itself.
    points.extend(montres.iter().map(|l| match l.unite.as_str() {
        "%" => format!("{} : {}.", l.libelle, l.total.texte),
        unite => format!("{} : {} {unite}.", l.libelle, l.total.texte),
    }));
    if !absents.is_empty() {
        let noms: Vec<String> = absents.iter().map(|l| dans_la_phrase(&l.libelle)).collect();
        points
            .push(format!("Sans valeur régionale, par secret statistique ou faute de données : {}.", noms.join(", ")));
    }
    let mut blocs = Vec::new();
    if seance.campagne.etat != EtatCampagne::Close {
        blocs.push(Bloc::Paragraphe("La campagne n’est pas close : ce dossier est provisoire.".to_owned()));
    }
    blocs.push(Bloc::Liste(points));
    blocs
}

/// A label inside a sentence: its first letter small, its acronyms as they are.
fn dans_la_phrase(libelle: &str) -> String {
    let mut lettres = libelle.chars();
    lettres.next().map_or_else(String::new, |premiere| premiere.to_lowercase().chain(lettres).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acronym_keeps_its_capitals_inside_a_sentence() {
        assert_eq!(dans_la_phrase("Part des CDI"), "part des CDI");
        assert_eq!(dans_la_phrase("Équivalents"), "équivalents");
    }
}

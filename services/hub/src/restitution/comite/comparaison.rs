//! Centres of the region beside all those that show a value: what chance alone explains, and what is worth looking at
//! together. No ranking; the tables of the gaps and of the first indicator, sentences for the others.

use web::document::Bloc;

use super::super::comparaison::{self, CENTRES_MINIMUM, INDICATEURS, Indicateur, Situation};
use super::super::pages::comparaison::{entonnoir, phrase_de_l_ensemble, table};
use super::Seance;
use crate::acces::Refus;

/// Data set whose indicators a quarter compares; those of the conventions are half-yearly and have their section.
const JEU: &str = "ea.indicateurs";

pub(super) async fn blocs(seance: &Seance<'_>) -> Result<Option<Vec<Bloc>>, Refus> {
    let (mut phrases, mut tus, mut tables) = (Vec::new(), Vec::new(), Vec::new());
    for indicateur in INDICATEURS.iter().filter(|i| i.jeu == JEU) {
        let Some(mesure) = indicateur.mesure() else { continue };
        let titre = format!("{} ({})", mesure.libelle, mesure.unite);
        let situations = comparaison::lit(&seance.passe, indicateur, &seance.campagne.code, None).await?;
        match phrase(indicateur, &titre, &situations) {
            Some(phrase) => phrases.push(phrase),
            None => tus.push(mesure.libelle.as_str()),
        }
        if let Some(montree) = table_de_la_region(seance, indicateur, &titre, &situations, tables.is_empty()) {
            tables.push(Bloc::Table(montree));
        }
    }
    if tables.is_empty() {
        return Ok(None);
    }
    if !tus.is_empty() {
        phrases.push(format!("Moins de {CENTRES_MINIMUM} centres montrent leur valeur : {}.", tus.join(" ; ")));
    }
    let regle = format!(
        "Un centre est à examiner ensemble quand sa valeur sort de ce que le hasard seul explique 998 fois sur 1\u{202f}000 ; sous {CENTRES_MINIMUM} centres qui montrent leur valeur, ni médiane ni limites. L’ordre est celui des départements : ce n’est pas un classement."
    );
    Ok(Some([vec![Bloc::Paragraphe(regle), Bloc::Liste(phrases)], tables].concat()))
}

fn phrase(indicateur: &Indicateur, titre: &str, situations: &[Situation]) -> Option<String> {
    let ensemble = comparaison::ensemble(situations)?;
    let constat = entonnoir(indicateur, titre, situations, &ensemble);
    Some(format!("{} {}", constat.constat(), phrase_de_l_ensemble(indicateur, &ensemble)))
}

/// The centres of the region, judged by the whole; only when one of them shows or stands out.
fn table_de_la_region(
    seance: &Seance<'_>,
    indicateur: &Indicateur,
    titre: &str,
    situations: &[Situation],
    premiere: bool,
) -> Option<web::Table> {
    let ensemble = comparaison::ensemble(situations);
    let siens: Vec<Situation> =
        situations.iter().filter(|s| s.noeud.regions.contains(&seance.demande.region)).cloned().collect();
    let montre = siens.iter().any(|s| s.termes().is_some());
    let ecart = siens.iter().any(|s| comparaison::lecture(indicateur, s, ensemble.as_ref()).est_un_ecart());
    (montre && (premiere || ecart)).then(|| table(indicateur, titre, &siens, ensemble.as_ref()))
}

//! The effect of a higher threshold, before anybody asks the nodes for it. Computed from what the hub holds, and said so.

use referentiel::cellule::Audience;
use referentiel::format::compte;
use referentiel::jeu::{Jeu, Seuils, jeu, jeux};
use referentiel::periode::Trimestre;

use crate::acces::{Guichet, Refus};
use crate::configuration::Configuration;

/// What the reader simulates, in the address.
#[derive(Debug, Clone, Default)]
pub struct Voulue {
    /// Jeu and audience.
    pub sur: String,
    /// Threshold.
    pub seuil: String,
    /// Threshold of the sensitive crossings.
    pub seuil_sensible: String,
}

/// The form and its answer.
#[derive(Debug)]
pub struct Simulation {
    /// Jeux and audiences: value, words, present choice.
    pub choix: Vec<(String, String, bool)>,
    /// Threshold typed.
    pub seuil: String,
    /// Threshold typed for the sensitive crossings.
    pub seuil_sensible: String,
    /// The answer, in sentences.
    pub reponse: Option<String>,
    /// What cannot be simulated.
    pub erreur: Option<&'static str>,
}

/// Highest threshold that means something.
const PLAFOND: u64 = 1_000;

/// Reads what is simulated and answers.
pub async fn simule(guichet: &Guichet, voulue: &Voulue) -> Result<Simulation, Refus> {
    let mut simulation = Simulation {
        choix: choix(&voulue.sur),
        seuil: voulue.seuil.clone(),
        seuil_sensible: voulue.seuil_sensible.clone(),
        reponse: None,
        erreur: None,
    };
    let Some((jeu, audience)) = vise(&voulue.sur) else { return Ok(simulation) };
    let Some(actuels) = en_vigueur(guichet.configuration(), jeu, audience) else { return Ok(simulation) };
    match seuils(voulue, actuels) {
        Ok(simules) => {
            let effet = guichet.effet_d_un_seuil(jeu, audience, simules).await?;
            simulation.reponse = Some(effet.map_or_else(
                || "Rien n’est encore reçu de ce jeu pour cette audience : il n’y a rien à simuler.".to_owned(),
                |e| phrase(jeu, audience, (actuels, simules), &e),
            ));
        }
        Err(erreur) => simulation.erreur = Some(erreur),
    }
    Ok(simulation)
}

/// Thresholds in force: those of the jeu, or higher where the hub asks for more.
pub fn en_vigueur(configuration: &Configuration, jeu: &Jeu, audience: Audience) -> Option<Seuils> {
    let du_jeu = jeu.audiences.get(&audience)?;
    let du_hub = configuration.seuils.get(&audience);
    Some(Seuils {
        seuil: du_hub.map_or(du_jeu.seuil, |h| h.seuil.max(du_jeu.seuil)),
        seuil_sensible: du_hub.map_or(du_jeu.seuil_sensible, |h| h.seuil_sensible.max(du_jeu.seuil_sensible)),
    })
}

fn choix(sur: &str) -> Vec<(String, String, bool)> {
    let paires = jeux().into_iter().flat_map(|j| j.audiences.keys().map(move |a| (j, *a)));
    paires
        .map(|(j, a)| {
            let valeur = format!("{}:{}", j.code, a.code());
            let choisie = valeur == sur;
            (valeur, format!("{}, audience « {} »", j.libelle, a.code()), choisie)
        })
        .collect()
}

fn vise(sur: &str) -> Option<(&'static Jeu, Audience)> {
    let (code, audience) = sur.split_once(':')?;
    Some((jeu(code)?, Audience::depuis_code(audience)?))
}

fn seuils(voulue: &Voulue, actuels: Seuils) -> Result<Seuils, &'static str> {
    let lu = |texte: &str, actuel: u64| match texte.trim() {
        "" => Ok(actuel),
        texte => texte.parse::<u64>().map_err(|_| "Écrivez un seuil en chiffres, par exemple 11."),
    };
    let seuil = lu(&voulue.seuil, actuels.seuil)?;
    let seuil_sensible = lu(&voulue.seuil_sensible, actuels.seuil_sensible)?.max(seuil);
    if seuil < actuels.seuil || seuil_sensible < actuels.seuil_sensible {
        return Err(
            "Un seuil plus bas ne se simule pas ici : le hub ne détient aucune valeur masquée, seuls les nœuds savent ce qu’il montrerait.",
        );
    }
    if seuil_sensible > PLAFOND {
        return Err("Un seuil au-delà de 1\u{202f}000 masquerait tout : écrivez-en un plus petit.");
    }
    Ok(Seuils { seuil, seuil_sensible })
}

fn phrase(
    jeu: &Jeu,
    audience: Audience,
    (actuels, simules): (Seuils, Seuils),
    e: &hub_storage::seuil::Effet,
) -> String {
    let periode = e.campagne.parse::<Trimestre>().map_or_else(|_| e.campagne.clone(), Trimestre::libelle_long);
    let restantes = compte(e.montrees.saturating_sub(e.perdues), "effectif montré", "effectifs montrés");
    format!(
        "{}, audience « {} », {periode} : avec un seuil de {} au lieu de {} ({} au lieu de {} avec le handicap), {restantes}, {}, \
         dont {} de plus qu’aujourd’hui au moins, chez {}. Le hub ne détient aucune valeur masquée : il compte ce qu’il montre \
         aujourd’hui et ne montrerait plus. Les nœuds masqueraient aussi ce qui protège ces cellules, et les taux qui en dépendent.",
        jeu.libelle,
        audience.code(),
        simules.seuil,
        actuels.seuil,
        simules.seuil_sensible,
        actuels.seuil_sensible,
        compte(e.masquees + e.perdues, "masqué", "masqués"),
        e.perdues,
        compte(e.centres, "centre", "centres"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTUELS: Seuils = Seuils { seuil: 5, seuil_sensible: 11 };

    fn voulue(seuil: &str, seuil_sensible: &str) -> Voulue {
        Voulue { sur: String::new(), seuil: seuil.to_owned(), seuil_sensible: seuil_sensible.to_owned() }
    }

    #[test]
    fn only_a_higher_threshold_is_simulated_and_the_sensitive_one_is_never_under_the_other() {
        assert_eq!(seuils(&voulue("11", ""), ACTUELS), Ok(Seuils { seuil: 11, seuil_sensible: 11 }));
        assert_eq!(seuils(&voulue("20", ""), ACTUELS), Ok(Seuils { seuil: 20, seuil_sensible: 20 }));
        assert_eq!(seuils(&voulue("", "30"), ACTUELS), Ok(Seuils { seuil: 5, seuil_sensible: 30 }));
        for faux in [voulue("4", ""), voulue("", "5"), voulue("onze", ""), voulue("5000", "")] {
            assert!(seuils(&faux, ACTUELS).is_err(), "{faux:?}");
        }
    }
}

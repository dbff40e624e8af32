//! The periods of a declared jeu: which one somebody means, what stood before it, what a new one starts from.

use anyhow::{Context, Result, bail};
use node_storage::{Base, ErreurBase};
use referentiel::jeu::declaration::Declaration;
use referentiel::jeu::{Jeu, Periodicite, jeu, jeux};
use referentiel::periode::Trimestre;

/// A declared jeu and a period it admits.
pub fn declare(code: &str, periode: Trimestre) -> Result<&'static Jeu> {
    let declares =
        || jeux().into_iter().filter(|j| j.est_declare()).map(|j| j.code.as_str()).collect::<Vec<_>>().join(", ");
    let jeu = jeu(code).filter(|j| j.est_declare());
    let jeu = jeu.with_context(|| format!("« {code} » n’est pas un jeu qui se saisit : écrivez {}.", declares()))?;
    if !jeu.periodicite.admet(periode) {
        bail!("Une période de {code} est {} ; « {periode} » n’en est pas une.", jeu.periodicite.exemple());
    }
    Ok(jeu)
}

/// A period in words.
pub fn en_toutes_lettres(jeu: &Jeu, periode: Trimestre) -> String {
    match jeu.periodicite {
        Periodicite::Annee => format!("année {}", periode.annee()),
        Periodicite::Semestre if periode.rang() == 2 => format!("1er semestre {}", periode.annee()),
        Periodicite::Semestre => format!("2e semestre {}", periode.annee()),
        Periodicite::Trimestre | Periodicite::Changement => periode.libelle_long(),
    }
}

/// What a new keying starts from: what stands for the period; an offer goes on from its version before, but figures of
/// another period would be wrong.
pub async fn connue(base: &Base, jeu: &Jeu, periode: Trimestre) -> Result<Option<Declaration>, ErreurBase> {
    let texte = periode.to_string();
    match base.declaration(&jeu.code, &texte).await? {
        None if jeu.periodicite == Periodicite::Changement => base.declaration_avant(&jeu.code, &texte).await,
        saisie => Ok(saisie),
    }
}

/// What the checks compare with: the period before in the rhythm, or the last version.
pub async fn precedente(base: &Base, jeu: &Jeu, periode: Trimestre) -> Result<Option<Declaration>, ErreurBase> {
    match jeu.periodicite {
        // The version of this very period when it is corrected, else the one before.
        Periodicite::Changement => connue(base, jeu, periode).await,
        rythme => base.declaration(&jeu.code, &rythme.precedente(periode).to_string()).await,
    }
}

/// The periods of a rhythm that have begun, the last first.
pub fn commencees(rythme: Periodicite, aujourdhui: Trimestre, combien: usize) -> Vec<Trimestre> {
    let suivants = std::iter::successors(Some(aujourdhui), |t| Some(t.suivant()));
    let Some(derniere) = suivants.take(4).find(|t| rythme.admet(*t)) else { return vec![] };
    std::iter::successors(Some(derniere), |t| Some(rythme.precedente(*t))).take(combien).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_under_way_comes_first_whatever_the_rhythm() {
        let dit = |rythme| {
            let lues = commencees(rythme, "2026-T2".parse().unwrap(), 2);
            lues.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(dit(Periodicite::Annee), ["2026-T4", "2025-T4"]);
        assert_eq!(dit(Periodicite::Semestre), ["2026-T2", "2025-T4"]);
        assert_eq!(dit(Periodicite::Trimestre), ["2026-T2", "2026-T1"]);
    }
}

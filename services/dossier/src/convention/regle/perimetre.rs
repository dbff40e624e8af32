//! Who and when: the period of the convention, the employer, its affiliation, the papers of a bilan.

use referentiel::format::date;

use super::{Avis, Examen, dit, figure};

/// R-DUREE: the action starts during the convention.
pub(super) fn duree(e: &Examen<'_>) -> Avis {
    let Some(debut) = e.situation.date() else {
        return Err("La date de début de l’action n’est pas renseignée.".to_owned());
    };
    if debut < e.convention.debut || debut > e.convention.fin {
        return Err(format!(
            "L’action commence le {}, hors de la convention ({} – {}).",
            date(debut),
            date(e.convention.debut),
            date(e.convention.fin)
        ));
    }
    let contrats = e.situation.contrats.iter().map(|c| (c.debut, c.fin));
    let action = e.situation.debut.map(|debut| (debut, e.situation.fin));
    match contrats.chain(action).find_map(|(debut, fin)| fin.filter(|fin| *fin < debut).map(|fin| (debut, fin))) {
        Some((debut, fin)) => Err(format!("La fin ({}) précède le début ({}).", date(fin), date(debut))),
        None => Ok(()),
    }
}

/// R-PIECES: the list of a bilan names each employer by its BCR or SIRET, and the service fait is certified.
pub(super) fn pieces(e: &Examen<'_>) -> Avis {
    if e.situation.employeur.identifiant().is_none() && !e.action.sans_employeur {
        return Err("L’employeur n’a ni BCR ni SIRET.".to_owned());
    }
    if e.situation.service_fait == Some(false) {
        return Err("Le service fait n’est pas certifié.".to_owned());
    }
    Ok(())
}

/// R-AFFIL: the beneficiary of axes 1 and 3 is affiliated.
pub(super) fn affiliation(e: &Examen<'_>) -> Avis {
    let affiliation = e.situation.employeur.affiliation.as_deref();
    if figure(&e.convention.affiliations, affiliation) {
        return Ok(());
    }
    Err(format!(
        "L’employeur n’est pas affilié au centre (affiliation lue : {}) : l’axe {} s’adresse aux collectivités affiliées, \
         à titre obligatoire ou volontaire.",
        dit(affiliation),
        e.action.axe
    ))
}

/// R-EMPL: a public employer; when it has its own convention, the centre’s support must be proved.
/// The proof concerns axis 4 alone.
pub(super) fn employeur_public(e: &Examen<'_>) -> Avis {
    let versant = e.situation.employeur.versant.as_deref();
    if !figure(&e.convention.versants, versant) {
        return Err(format!(
            "L’employeur n’est pas un employeur public (versant lu : {}) : il faut {}.",
            dit(versant),
            e.convention.versants.join(", ")
        ));
    }
    if e.action.axe == 4 && e.situation.employeur_conventionne_fiphfp && !e.situation.preuve_accompagnement {
        return Err(
            "L’employeur a sa propre convention avec le FIPHFP et l’accompagnement du centre n’est pas prouvé."
                .to_owned(),
        );
    }
    Ok(())
}

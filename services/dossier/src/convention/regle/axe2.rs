//! Axis 2: employability (2.1) and lasting employment (2.2).

use chrono::NaiveDate;
use referentiel::format::date;

use super::super::duree::{Periode, jours_couverts, mois_et_jours, plus_mois, terme};
use super::super::modele::Action;
use super::super::parametre::SixMois;
use super::{Avis, Examen, dit, figure};

/// R-A2-PUBLIC: where the person comes from, and BOE.
pub(super) fn public(e: &Examen<'_>) -> Avis {
    let public = e.situation.public.as_deref();
    if !figure(&e.action.publics, public) {
        return Err(format!(
            "Le public {} ne relève pas de l’action {} : il faut {}.",
            dit(public),
            e.action.code,
            e.action.publics.join(" ou ")
        ));
    }
    e.qualite_admise()
}

/// R-A2-6MOIS: one contract that is long enough, or several that add up within the window.
pub(super) fn six_mois(e: &Examen<'_>) -> Avis {
    let periodes: Vec<Periode> =
        e.contrats(&e.action.contrats_a_terme).filter_map(|c| Some((c.debut, c.fin?))).collect();
    let Some(debut) = periodes.iter().map(|p| p.0).min() else {
        return Err(format!("Aucun {} daté n’est renseigné.", e.action.contrats_a_terme.join(" ni ")));
    };
    let mois = e.action.mois_minimum.unwrap_or(0);
    let suffit_seul = |(debut, fin): &Periode| *fin >= terme(*debut, mois);
    let mode = e.parametres.six_mois;
    if mode != SixMois::Jours && periodes.iter().any(suffit_seul) {
        return Ok(());
    }
    match (mode, periodes.as_slice()) {
        (SixMois::Mixte, [(debut, fin)]) | (SixMois::CddUnique, [(debut, fin), ..]) => Err(format!(
            "Le CDD du {} au {} finit avant le {}, terme des {mois} mois.",
            date(*debut),
            date(*fin),
            date(terme(*debut, mois))
        )),
        _ => cumul(e.action, &periodes, debut, mode == SixMois::Mois),
    }
}

fn cumul(action: &Action, periodes: &[Periode], debut: NaiveDate, en_mois: bool) -> Avis {
    let fenetre = (debut, action.fenetre_mois.map_or(NaiveDate::MAX, |mois| terme(debut, mois)));
    if en_mois {
        let dedans = periodes.iter().map(|p| mois_et_jours((p.0, p.1.min(fenetre.1))));
        let (mois, jours) = dedans.fold((0, 0), |(m, j), (mois, jours)| (m + mois, j + jours));
        // Days left over add up by months of thirty days, as civil time limits do.
        let mois_entiers = u64::from(mois) + jours / 30;
        let minimum = action.mois_minimum.unwrap_or(0);
        if mois_entiers >= u64::from(minimum) {
            return Ok(());
        }
        return Err(format!(
            "{mois} mois et {jours} jours cumulés dans l’année qui suit le {} : il en faut {minimum} mois.",
            date(debut)
        ));
    }
    let jours = jours_couverts(periodes, fenetre);
    let minimum = action.jours_minimum.unwrap_or(0);
    if jours >= minimum {
        return Ok(());
    }
    Err(format!(
        "{jours} jours de CDD dans l’année qui suit le début du premier contrat ({} – {}) : il en faut {minimum}.",
        date(fenetre.0),
        date(fenetre.1)
    ))
}

/// First day of each lasting contract: a CDI, a nomination, or a CDD of more than a year.
fn recrutements<'e>(e: &'e Examen<'_>) -> impl Iterator<Item = NaiveDate> + 'e {
    let mois = e.action.mois_minimum.unwrap_or(0);
    let assez_long = move |debut, fin| {
        let terme = terme(debut, mois);
        fin > terme || (e.parametres.un_an_suffit && fin == terme)
    };
    let a_terme = e.contrats(&e.action.contrats_a_terme);
    let longs = a_terme.filter(move |c| c.fin.is_some_and(|fin| assez_long(c.debut, fin)));
    e.contrats(&e.action.contrats_perennes).chain(longs).map(|c| c.debut)
}

/// R-A2-PERENNE: one of the contracts is lasting.
pub(super) fn perenne(e: &Examen<'_>) -> Avis {
    if recrutements(e).next().is_some() {
        return Ok(());
    }
    let contrat = e.contrats(&e.action.contrats_a_terme).find_map(|c| Some((c.debut, c.fin?)));
    Err(match contrat {
        Some((debut, fin)) => format!(
            "Le CDD du {} au {} ne dépasse pas un an (terme : {}) : il relève de l’employabilité (2.1), pas de l’emploi pérenne.",
            date(debut),
            date(fin),
            date(terme(debut, e.action.mois_minimum.unwrap_or(0)))
        ),
        None => format!(
            "Aucun contrat pérenne : il faut un CDD de plus d’un an, ou {}.",
            e.action.contrats_perennes.join(" ou ")
        ),
    })
}

/// R-A2-DELAI: the recruitment follows the earlier path within the delay. An early one is never late.
pub(super) fn delai(e: &Examen<'_>) -> Avis {
    let Some(fin_parcours) = e.situation.fin_parcours else {
        return Err("La fin du parcours (apprentissage, demande d’emploi ou intérim) n’est pas renseignée.".to_owned());
    };
    let Some(recrutement) = recrutements(e).min().or_else(|| e.situation.date()) else {
        return Err("La date du recrutement n’est pas renseignée.".to_owned());
    };
    let limite = e.action.delai_mois.map_or(NaiveDate::MAX, |mois| plus_mois(fin_parcours, mois));
    if recrutement <= limite {
        return Ok(());
    }
    Err(format!(
        "Recrutement le {}, plus d’un an après la fin du parcours ({}) : il fallait recruter au plus tard le {}.",
        date(recrutement),
        date(fin_parcours),
        date(limite)
    ))
}

/// R-A2-UNIQUE: nobody is funded twice on the axis.
pub(super) fn unique(e: &Examen<'_>) -> Avis {
    match e.financees.iter().find(|(_, action)| action.axe == e.action.axe) {
        Some((premiere, action)) => Err(format!(
            "Cet agent est déjà financé au titre de l’action {} (situation {}{}).",
            action.code,
            premiere.id,
            premiere.date().map_or(String::new(), |jour| format!(", {}", date(jour)))
        )),
        None => Ok(()),
    }
}

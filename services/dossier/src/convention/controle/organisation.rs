//! Figures of the text on their own (section 9 of the catalogue): staff of the policy, rates, evolutions, prices, lists,
//! dates of effect, and totals over several periods.

use referentiel::Decimal;
use referentiel::format::{date, euros};

use super::indice::{arrondi, chiffres_inverses, dit, imprime_comme, partie_oubliee, pour_cent, somme_dite};
use super::recit::{Etp, Recit, Serie, ServiceEtp};
use super::recueil::{AnomalieDocument, Recueil};

pub(super) fn controle(recit: &Recit, recueil: &mut Recueil) {
    if let Some(etp) = &recit.etp {
        staff(etp, recueil);
    }
    taux(recit, recueil);
    effectifs(recit, recueil);
    evolutions(recit, recueil);
    prix(recit, recueil);
    listes_et_effets(recit, recueil);
    recit.totaux.iter().enumerate().for_each(|(rang, serie)| total(rang, serie, recueil));
}

fn part_du_service(service: &ServiceEtp) -> Decimal {
    let parts = service.lignes.iter().map(|f| f.etp.0 * f.part_pct.0 / Decimal::ONE_HUNDRED);
    parts.sum::<Decimal>().normalize()
}

/// C-OR-01: staff × share = sub-total, sum of the sub-totals = total.
fn staff(etp: &Etp, recueil: &mut Recueil) {
    for (rang, service) in etp.services.iter().enumerate() {
        let Some(imprime) = service.sous_total_imprime else { continue };
        let juste = part_du_service(service);
        let calcul = service.lignes.iter().map(|f| f.etp.0 * f.part_pct.0 / Decimal::ONE_HUNDRED);
        let calcul = format!("{} ETP", somme_dite(calcul));
        let rubrique = format!("recit.etp.services[{rang}].sous_total_imprime");
        egal_ou_signale(
            ("C-OR-01", rubrique, service.source.as_ref().or(etp.source.as_ref())),
            (imprime.0, juste),
            format!("{} : {calcul}.", service.libelle),
            || format!("{} : {calcul}, pas {}. Corrigez le sous-total.", service.libelle, dit(imprime.0)),
            recueil,
        );
    }
    if let Some(imprime) = etp.total_imprime {
        let juste: Decimal = etp.services.iter().map(part_du_service).sum();
        let imprimes: Option<Decimal> = etp.services.iter().map(|s| s.sous_total_imprime.map(|t| t.0)).sum();
        let indice = if imprimes == Some(imprime.0) && imprime.0 != juste {
            " : il additionne des sous-totaux dont un est faux"
        } else {
            ""
        };
        egal_ou_signale(
            ("C-OR-01", "recit.etp.total_imprime".to_owned(), etp.source.as_ref()),
            (imprime.0, juste),
            format!("Total des ETP de la politique : {}.", dit(juste)),
            || {
                format!(
                    "Le total est imprimé {} ETP, recalculé {}{indice}. Corrigez le total.",
                    dit(imprime.0),
                    dit(juste)
                )
            },
            recueil,
        );
    }
    if let Some(imprime) = etp.total_etp_imprime {
        let services = etp.services.iter().map(|s| s.lignes.iter().map(|f| f.etp.0).sum::<Decimal>());
        let juste: Decimal = services.clone().sum();
        let calcul = format!("{} ETP", somme_dite(services));
        egal_ou_signale(
            ("C-OR-01", "recit.etp.total_etp_imprime".to_owned(), etp.source.as_ref()),
            (imprime.0, juste),
            format!("{calcul}."),
            || format!("Le total des ETP est imprimé {}, {calcul}. Corrigez le total.", dit(imprime.0)),
            recueil,
        );
    }
}

/// Notes that two numbers agree, or says that they do not and proposes the right one.
fn egal_ou_signale(
    (controle, rubrique, source): (&str, String, Option<&String>),
    (lu, juste): (Decimal, Decimal),
    constat: String,
    message: impl FnOnce() -> String,
    recueil: &mut Recueil,
) {
    if lu == juste {
        return recueil.conforme(controle, rubrique, constat);
    }
    recueil.signale(
        AnomalieDocument::nouvelle(controle, rubrique, (dit(lu), dit(juste)), message())
            .propose(dit(juste))
            .source(source),
    );
}

/// C-OR-02: a count and its rate agree.
fn taux(recit: &Recit, recueil: &mut Recueil) {
    for (rang, t) in recit.taux.iter().enumerate() {
        let Some(rapport) = t.numerateur.checked_div(t.denominateur.0) else { continue };
        let rapport = rapport * Decimal::ONE_HUNDRED;
        let rubrique = format!("recit.taux[{rang}]");
        let calcul = format!("{} sur {} font {}", dit(t.numerateur.0), dit(t.denominateur.0), pour_cent(rapport));
        if imprime_comme(rapport, t.taux_imprime_pct.0) {
            recueil.conforme("C-OR-02", rubrique, format!("{} : {calcul}.", t.libelle));
            continue;
        }
        let imprime = pour_cent(t.taux_imprime_pct.0);
        let suppose = (t.numerateur.0 * Decimal::ONE_HUNDRED).checked_div(t.taux_imprime_pct.0);
        let suppose =
            suppose.map_or(String::new(), |n| format!(" {imprime} suppose un effectif de {}.", dit(arrondi(n, 0))));
        let message = format!("{} : {calcul}, pas {imprime}.{suppose} Corrigez le taux ou l’effectif.", t.libelle);
        recueil.signale(
            AnomalieDocument::nouvelle("C-OR-02", rubrique, (imprime, pour_cent(rapport)), message)
                .propose(pour_cent(rapport))
                .source(t.source.as_ref()),
        );
    }
}

/// C-OR-02: one number said everywhere alike.
fn effectifs(recit: &Recit, recueil: &mut Recueil) {
    for (rang, e) in recit.effectifs.iter().enumerate() {
        let rubrique = format!("recit.effectifs[{rang}]");
        let somme = (!e.detail.is_empty()).then(|| e.detail.values().map(|n| n.0).sum::<Decimal>());
        let mut valeurs: Vec<Decimal> = e.valeurs.iter().map(|n| n.0).chain(somme).collect();
        valeurs.sort_unstable();
        valeurs.dedup();
        if valeurs.len() < 2 {
            let calcul = somme.map_or(String::new(), |_| format!(" : {}", somme_dite(e.detail.values().map(|n| n.0))));
            recueil.conforme("C-OR-02", rubrique, format!("{}{calcul}.", e.libelle));
            continue;
        }
        let lues = valeurs.iter().map(|v| dit(*v)).collect::<Vec<_>>().join(", ");
        let appui = somme.map_or(String::new(), |s| format!(" Le détail donne {}.", dit(s)));
        let message = format!("{} : {lues} selon la page.{appui} Écrivez le même nombre partout.", e.libelle);
        let attendu = somme.map_or("un seul nombre".to_owned(), dit);
        let mut anomalie =
            AnomalieDocument::nouvelle("C-OR-02", rubrique, (lues, attendu), message).source(e.source.as_ref());
        anomalie.correction = somme.map(dit);
        recueil.signale(anomalie);
    }
}

/// C-OR-03: evolutions computed again.
fn evolutions(recit: &Recit, recueil: &mut Recueil) {
    for (rang, e) in recit.evolutions.iter().enumerate() {
        let Some(rapport) = e.a.checked_div(e.de.0) else { continue };
        let evolution = (rapport - Decimal::ONE) * Decimal::ONE_HUNDRED;
        let rubrique = format!("recit.evolutions[{rang}]");
        let juste = pour_cent(evolution);
        if imprime_comme(evolution, e.taux_imprime_pct.0) {
            recueil.conforme("C-OR-03", rubrique, format!("{} : {juste}.", e.libelle));
            continue;
        }
        let message = format!(
            "{} : de {} à {}, l’évolution est de {juste}, pas de {}. Corrigez le taux.",
            e.libelle,
            euros(e.de.0),
            euros(e.a.0),
            pour_cent(e.taux_imprime_pct.0)
        );
        let lu = pour_cent(e.taux_imprime_pct.0);
        recueil.signale(
            AnomalieDocument::nouvelle("C-OR-03", rubrique, (lu, juste.clone()), message)
                .propose(juste)
                .source(e.source.as_ref()),
        );
    }
}

/// C-OR-03: price × quantity, and a lump sum.
fn prix(recit: &Recit, recueil: &mut Recueil) {
    for (rang, p) in recit.prix.iter().enumerate() {
        let forfait = p.forfait.map_or(Decimal::ZERO, |f| f.0);
        let juste = p.prix.0 * p.quantite.0 + forfait;
        let plus = if forfait.is_zero() { String::new() } else { format!(" + {}", euros(forfait)) };
        let calcul = format!("{} × {}{plus} = {}", dit(p.quantite.0), euros(p.prix.0), euros(juste));
        let rubrique = format!("recit.prix[{rang}]");
        if juste == p.montant.0 {
            recueil.conforme("C-OR-03", rubrique, format!("{} : {calcul}.", p.libelle));
            continue;
        }
        let suppose = (p.montant.0 - forfait).checked_div(p.prix.0);
        let suppose = suppose
            .map_or(String::new(), |n| format!(" {} suppose {} unités.", euros(p.montant.0), dit(arrondi(n, 1))));
        let message = format!("{} : {calcul}, pas {}.{suppose} Vérifiez la quantité.", p.libelle, euros(p.montant.0));
        recueil.signale(
            AnomalieDocument::nouvelle("C-OR-03", rubrique, (euros(p.montant.0), euros(juste)), message)
                .source(p.source.as_ref()),
        );
    }
}

/// C-TX-01 and C-TX-03.
fn listes_et_effets(recit: &Recit, recueil: &mut Recueil) {
    for (rang, e) in recit.enumerations.iter().enumerate() {
        let rubrique = format!("recit.enumerations[{rang}]");
        if e.annonce == e.liste {
            recueil.conforme("C-TX-01", rubrique, format!("{} : {} annoncés et listés.", e.libelle, e.liste));
            continue;
        }
        let message = format!("{} : {} annoncés, {} listés. Accordez l’un à l’autre.", e.libelle, e.annonce, e.liste);
        let (annonce, liste) = (e.annonce.to_string(), e.liste.to_string());
        recueil.signale(
            AnomalieDocument::nouvelle("C-TX-01", rubrique, (annonce, liste.clone()), message)
                .propose(liste)
                .source(e.source.as_ref()),
        );
    }
    for (rang, e) in recit.effets.iter().enumerate() {
        let rubrique = format!("recit.effets[{rang}]");
        if e.effet >= e.decision {
            recueil.conforme("C-TX-03", rubrique, format!("{} : effet au {}.", e.libelle, date(e.effet)));
            continue;
        }
        let message = format!(
            "{} : effet au {}, décision du {}. Une décision ne prend pas effet avant d’être prise : expliquez, ou redatez.",
            e.libelle,
            date(e.effet),
            date(e.decision)
        );
        recueil.signale(
            AnomalieDocument::nouvelle(
                "C-TX-03",
                rubrique,
                (date(e.effet), format!("{} ou après", date(e.decision))),
                message,
            )
            .source(e.source.as_ref()),
        );
    }
}

/// A total and its parts, period by period: the row that is left out, the digits in the wrong order.
fn total(rang: usize, serie: &Serie, recueil: &mut Recueil) {
    let controle = serie.controle.as_deref().unwrap_or("C-FI-07");
    for (i, periode) in serie.periodes.iter().enumerate() {
        let Some(total) = serie.total.get(i).map(|t| t.0) else { continue };
        let parties: Vec<(&str, Decimal)> =
            serie.parties.iter().filter_map(|(nom, valeurs)| Some((nom.as_str(), valeurs.get(i)?.0))).collect();
        let juste: Decimal = parties.iter().map(|(_, valeur)| *valeur).sum();
        let calcul = somme_dite(parties.iter().map(|(_, valeur)| *valeur));
        let oubliee = partie_oubliee(total, &parties).map(|nom| format!(" La ligne « {nom} » est oubliée."));
        let inverses = chiffres_inverses(total, juste).then(|| " Chiffres inversés ?".to_owned());
        egal_ou_signale(
            (controle, format!("recit.totaux[{rang}].total[{i}]"), serie.source.as_ref()),
            (total, juste),
            format!("{}, {} : {calcul}.", serie.libelle, &**periode),
            || {
                let indice = oubliee.or(inverses).unwrap_or_default();
                format!("{}, {} : {calcul}, pas {}.{indice} Corrigez le total.", serie.libelle, &**periode, dit(total))
            },
            recueil,
        );
    }
}

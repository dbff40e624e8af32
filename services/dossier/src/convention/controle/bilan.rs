//! A financial bilan: totals, printed rates and what they are over (C-FI-04), prices (C-FI-02), what is beyond the ceiling
//! (C-FI-06), transfers between axes (C-FI-13).

use referentiel::Decimal;
use referentiel::controle::Severite;
use referentiel::format::euros;

use super::super::modele::{Convention, Plafonnement};
use super::super::plan::{self, Montants};
use super::document::{Bilan, DocumentConvention, LigneBilan};
use super::indice::{arrondi, chiffres_inverses, dit, imprime_comme, partie_oubliee, pour_cent, somme_dite};
use super::montant::par_paliers;
use super::nombre::Nombre;
use super::recueil::{AnomalieDocument, Recueil};

/// `cloture` is the convention the bilan closes, `modele` the one that is asked for.
pub(super) fn controle(
    document: &DocumentConvention,
    cloture: Option<&Convention>,
    modele: Option<&Convention>,
    recueil: &mut Recueil,
) {
    let Some(bilan) = &document.bilan else { return };
    for (rang, ligne) in bilan.lignes.iter().enumerate() {
        taux(rang, ligne, bilan.base_taux.as_deref(), recueil);
        detail(rang, ligne, recueil);
        prix(rang, ligne, cloture, recueil);
    }
    totaux(bilan, recueil);
    plafond(bilan, cloture, recueil);
    if cloture.or(modele).is_none_or(|c| c.plafonnement == Plafonnement::Axe) {
        fongibilite(bilan, recueil);
    }
}

/// C-FI-04: the printed rate is done over aimed at, over the base that is announced.
fn taux(rang: usize, ligne: &LigneBilan, base: Option<&str>, recueil: &mut Recueil) {
    let Some(imprime) = ligne.taux_imprime_pct else { return };
    let rapport = |haut: Nombre, bas: Nombre| haut.checked_div(bas.0).map(|r| r * Decimal::ONE_HUNDRED);
    let (Some(quantite), Some(montant)) =
        (rapport(ligne.resultat, ligne.objectif), rapport(ligne.depense, ligne.montant_initial))
    else {
        return;
    };
    let rubrique = format!("bilan.lignes[{rang}].taux_imprime_pct");
    let bases = [("montant", montant), ("quantite", quantite)];
    let (attendus, autres): (Vec<_>, Vec<_>) = bases.into_iter().partition(|(nom, _)| base.is_none_or(|b| b == *nom));
    let juste = |(_, valeur): &(&str, Decimal)| imprime_comme(*valeur, imprime.0);
    if attendus.iter().all(juste) {
        let constat = format!("{} : {}\u{a0}%.", ligne.action, dit(imprime.0));
        recueil.conforme("C-FI-04", rubrique, constat);
        return;
    }
    let lu = format!("{}\u{a0}%", dit(imprime.0));
    let melange = attendus.iter().chain(&autres).any(juste);
    let (en_montant, en_quantite) = (pour_cent(montant), pour_cent(quantite));
    let calculs = format!(
        "{} sur {} font {en_montant}, {} sur {} font {en_quantite}",
        euros(ligne.depense.0),
        euros(ligne.montant_initial.0),
        dit(ligne.resultat.0),
        dit(ligne.objectif.0)
    );
    let attendu = format!("{en_montant} (montant) ou {en_quantite} (quantité)");
    let mut anomalie = if melange {
        let message = format!(
            "« {} » : {calculs} ; {lu} mêle les deux bases. Choisissez une base pour tout le tableau et écrivez-la.",
            ligne.action
        );
        AnomalieDocument::nouvelle("C-FI-04", rubrique, (lu, attendu), message)
    } else {
        let inverses = chiffres_inverses(imprime.0, montant) || chiffres_inverses(imprime.0, quantite);
        let indice = if inverses { " (chiffres inversés ?)" } else { "" };
        let message = format!("« {} » : {calculs}, pas {lu}{indice} : corrigez le taux.", ligne.action);
        AnomalieDocument::nouvelle("C-FI-04", rubrique, (lu, attendu), message)
    };
    // Without an announced base, the right number over the other base is a choice to write, not an error to mend.
    if melange && base.is_none() {
        anomalie = anomalie.severite(Severite::Avertissement);
    }
    let correction = if base == Some("quantite") { en_quantite } else { en_montant };
    recueil.signale(anomalie.propose(correction));
}

/// Parts of a line, where each is `{objectif, resultat}` or a result alone.
fn parties(ligne: &LigneBilan, champ: &str) -> Vec<(String, Decimal)> {
    let lit = |valeur: &serde_json::Value| {
        let nombre = valeur.get(champ).or_else(|| (champ == "resultat" && valeur.is_number()).then_some(valeur))?;
        nombre.to_string().parse::<Decimal>().ok()
    };
    ligne.detail.iter().filter_map(|(nom, valeur)| Some((nom.clone(), lit(valeur)?))).collect()
}

/// C-FI-07: the parts of a line add up to it.
fn detail(rang: usize, ligne: &LigneBilan, recueil: &mut Recueil) {
    for (champ, total) in [("objectif", ligne.objectif.0), ("resultat", ligne.resultat.0)] {
        let parties = parties(ligne, champ);
        if parties.is_empty() {
            continue;
        }
        let somme: Decimal = parties.iter().map(|(_, valeur)| *valeur).sum();
        let calcul = somme_dite(parties.iter().map(|(_, valeur)| *valeur));
        let rubrique = format!("bilan.lignes[{rang}].detail");
        if somme == total {
            recueil.conforme("C-FI-07", rubrique, format!("« {} », {champ} : {calcul}.", ligne.action));
            continue;
        }
        let message = format!(
            "« {} » : le détail fait {calcul}, la ligne annonce {} : corrigez l’un ou l’autre.",
            ligne.action,
            dit(total)
        );
        recueil.signale(AnomalieDocument::nouvelle("C-FI-07", rubrique, (dit(total), dit(somme)), message));
    }
}

/// C-FI-02 on what was done: at the prices of the convention when they are known.
fn prix(rang: usize, ligne: &LigneBilan, cloture: Option<&Convention>, recueil: &mut Recueil) {
    let Some(cloture) = cloture else { return };
    for (champ, montant, seul) in
        [("objectif", ligne.montant_initial.0, ligne.objectif.0), ("resultat", ligne.depense.0, ligne.resultat.0)]
    {
        let valorise = |code: &str, quantite: Decimal| {
            let action = cloture.action(code)?;
            let premier = action.prix_eur.or_else(|| action.paliers.first().map(|p| p.prix_eur))?;
            Some(par_paliers(premier, quantite, Some(action)).unwrap_or(premier * quantite))
        };
        let attendu = match &ligne.code {
            Some(code) => valorise(code, seul),
            None => {
                let parties = parties(ligne, champ);
                let montants: Option<Vec<Decimal>> = parties.iter().map(|(code, n)| valorise(code, *n)).collect();
                montants.filter(|m| !m.is_empty()).map(|m| m.into_iter().sum())
            }
        };
        let Some(attendu) = attendu else { continue };
        let rubrique = format!("bilan.lignes[{rang}]");
        if attendu == montant {
            let constat = format!("« {} », {champ} : {} au prix de la convention.", ligne.action, euros(attendu));
            recueil.conforme("C-FI-02", rubrique, constat);
            continue;
        }
        let message = format!(
            "« {} » ({champ}) : {} au prix de la convention, {} lus : corrigez le montant ou la quantité.",
            ligne.action,
            euros(attendu),
            euros(montant)
        );
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-02", rubrique, (euros(montant), euros(attendu)), message)
                .propose(euros(attendu)),
        );
    }
}

/// C-FI-01 on the bilan: printed totals are sums of the lines.
fn totaux(bilan: &Bilan, recueil: &mut Recueil) {
    let colonne = |valeur: fn(&LigneBilan) -> Nombre, axe: Option<u8>| -> Vec<(&str, Decimal)> {
        let lignes = bilan.lignes.iter().filter(|l| axe.is_none_or(|axe| l.axe == axe));
        lignes.map(|l| (l.action.as_str(), valeur(l).0)).collect()
    };
    let initial: fn(&LigneBilan) -> Nombre = |l| l.montant_initial;
    let depense: fn(&LigneBilan) -> Nombre = |l| l.depense;
    let mut imprimes = vec![
        ("total_initial_eur".to_owned(), bilan.total_initial_eur, colonne(initial, None)),
        ("total_depense_eur".to_owned(), bilan.total_depense_eur, colonne(depense, None)),
    ];
    for (rang, axe) in bilan.par_axe.iter().enumerate() {
        imprimes.push((format!("par_axe[{rang}].initial"), Some(axe.initial), colonne(initial, Some(axe.axe))));
        imprimes.push((format!("par_axe[{rang}].depense"), Some(axe.depense), colonne(depense, Some(axe.axe))));
    }
    for (champ, imprime, lignes) in imprimes {
        let Some(imprime) = imprime.filter(|_| !lignes.is_empty()) else { continue };
        let somme: Decimal = lignes.iter().map(|(_, valeur)| *valeur).sum();
        let rubrique = format!("bilan.{champ}");
        if somme == imprime.0 {
            recueil.conforme("C-FI-01", rubrique, format!("Somme des lignes : {}.", euros(somme)));
            continue;
        }
        let indice =
            partie_oubliee(imprime.0, &lignes).map_or(String::new(), |nom| format!(" (« {nom} » est oubliée)"));
        let message = format!(
            "Le total imprimé est {}, la somme des lignes {}{indice} : corrigez le total.",
            euros(imprime.0),
            euros(somme)
        );
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-01", rubrique, (euros(imprime.0), euros(somme)), message)
                .propose(euros(somme)),
        );
    }
}

/// C-FI-06: what was valued, what the ceiling leaves of it.
fn plafond(bilan: &Bilan, cloture: Option<&Convention>, recueil: &mut Recueil) {
    let (mut accorde, mut valorise) = (Montants::new(), Montants::new());
    for ligne in &bilan.lignes {
        *accorde.entry(ligne.axe).or_default() += ligne.montant_initial.0;
        *valorise.entry(ligne.axe).or_default() += ligne.depense.0;
    }
    for axe in bilan.par_axe.iter().filter(|_| bilan.lignes.is_empty()) {
        accorde.insert(axe.axe, axe.initial.0);
        valorise.insert(axe.axe, axe.depense.0);
    }
    let (total_accorde, total): (Decimal, Decimal) = (accorde.values().sum(), valorise.values().sum());
    let payable = match cloture {
        Some(convention) => plan::payable(convention, &accorde, &valorise),
        None => total.min(total_accorde),
    };
    let rubrique = "bilan.total_depense_eur";
    match bilan.total_plafonne_eur {
        Some(imprime) if imprime.0 == payable => {
            recueil.conforme("C-FI-06", rubrique, format!("Montant payable : {}.", euros(payable)));
        }
        None if payable == total => recueil.conforme("C-FI-06", rubrique, "Le réalisé reste sous le plafond."),
        imprime => {
            let exces = total - payable;
            let taux =
                total.checked_div(total_accorde).map(|t| pour_cent(t * Decimal::ONE_HUNDRED)).unwrap_or_default();
            let message = format!(
                "Le réalisé ({}) dépasse le plafond ({}) de {} ({taux}) : affichez valorisé, plafonné et payé ; montant \
                 payable {}.",
                euros(total),
                euros(total_accorde),
                euros(exces),
                euros(payable)
            );
            let lu = imprime.map_or_else(|| euros(total), |i| euros(i.0));
            recueil.signale(
                AnomalieDocument::nouvelle("C-FI-06", rubrique, (lu, euros(payable)), message).propose(euros(payable)),
            );
        }
    }
}

/// C-FI-13: no money from one axis to another.
fn fongibilite(bilan: &Bilan, recueil: &mut Recueil) {
    for (rang, transfert) in bilan.transferts.iter().filter(|t| t.de != t.vers).enumerate() {
        let montant = euros(transfert.montant_eur.0);
        let message = format!(
            "{montant} de l’axe {} sont dépensés en axe {} : les montants d’un axe ne servent pas à un autre. Retirez le \
             transfert.",
            transfert.de, transfert.vers
        );
        let rubrique = format!("bilan.transferts[{rang}]");
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-13", rubrique, (montant, "0\u{a0}€"), message).propose("0\u{a0}€"),
        );
    }
    for (rang, axe) in bilan.par_axe.iter().enumerate() {
        let Some(paye) = axe.paye.filter(|paye| paye.0 > axe.initial.0) else { continue };
        let accorde = euros(axe.initial.0);
        let message = format!(
            "L’axe {} est payé {} pour {accorde} accordés : l’excédent de {} ne peut venir d’un autre axe.",
            axe.axe,
            euros(paye.0),
            euros(arrondi(paye.0 - axe.initial.0, 2))
        );
        let rubrique = format!("bilan.par_axe[{rang}].paye");
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-13", rubrique, (euros(paye.0), accorde.clone()), message).propose(accorde),
        );
    }
}

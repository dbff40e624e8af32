//! Amounts of a plan d’actions: the total told everywhere alike (C-FI-01), price times quantity (C-FI-02), ceilings of the
//! axes and their printed shares (C-FI-03).

use std::collections::BTreeMap;

use referentiel::Decimal;
use referentiel::format::{euros, pourcentage};

use super::super::modele::{Action, Convention};
use super::super::plan::{self, Montants};
use super::document::{ActionImprimee, DocumentConvention};
use super::indice::{arrondi, dit, imprime_comme};
use super::recueil::{AnomalieDocument, Recueil};

pub(super) fn controle(document: &DocumentConvention, modele: Option<&Convention>, recueil: &mut Recueil) {
    total(document, modele, recueil);
    document.actions.iter().enumerate().for_each(|(rang, action)| ligne(rang, action, modele, recueil));
    axes(document, recueil);
    plafonds(document, modele, recueil);
}

/// Amounts asked by axis: those of the actions, else the printed totals.
pub(super) fn par_axe(document: &DocumentConvention) -> Montants {
    let mut montants = Montants::new();
    for action in &document.actions {
        *montants.entry(action.axe).or_default() += action.montant_demande_eur.map_or(Decimal::ZERO, |m| m.0);
    }
    if montants.is_empty() {
        let imprimes = document.axes.iter().filter_map(|axe| Some((axe.axe, axe.total_imprime_eur?.0)));
        montants.extend(imprimes);
    }
    montants
}

/// Amount asked for an action, its publics together.
pub(super) fn du_sous_axe(document: &DocumentConvention, code: &str) -> Option<Decimal> {
    let montants: Vec<Decimal> = document
        .actions
        .iter()
        .filter(|a| a.sous_axe() == code)
        .filter_map(|a| Some(a.montant_demande_eur?.0))
        .collect();
    (!montants.is_empty()).then(|| montants.iter().sum())
}

/// One place where the total can be read, or computed.
struct Temoin {
    rubrique: &'static str,
    nom: String,
    valeur: Decimal,
}

/// C-FI-01: the total that most of the places agree on; the others are wrong.
fn total(document: &DocumentConvention, modele: Option<&Convention>, recueil: &mut Recueil) {
    let temoins = temoins(document, modele);
    let mut voix: BTreeMap<Decimal, usize> = BTreeMap::new();
    temoins.iter().for_each(|t| *voix.entry(t.valeur).or_default() += 1);
    let soutien = |valeur: Decimal| voix.get(&valeur).copied().unwrap_or(0);
    // The computed sum comes first: on equal support it is the reference.
    let Some(reference) = temoins.iter().rev().max_by_key(|t| soutien(t.valeur)).map(|t| t.valeur) else { return };
    let noms: Vec<&str> = temoins.iter().filter(|t| t.valeur == reference).map(|t| t.nom.as_str()).collect();
    for faux in temoins.iter().filter(|t| t.valeur != reference) {
        let message = format!(
            "Le montant demandé est {} dans {}, {} dans {} : écrivez {} partout.",
            euros(faux.valeur),
            faux.nom,
            euros(reference),
            noms.join(", "),
            euros(reference)
        );
        let lu = format!("{} ({})", euros(faux.valeur), faux.nom);
        let attendu = format!("{} ({})", euros(reference), noms.join(", "));
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-01", faux.rubrique, (lu, attendu), message).propose(euros(reference)),
        );
    }
    if noms.len() > 1 {
        recueil.conforme("C-FI-01", "convention", format!("{} : {}.", euros(reference), noms.join(", ")));
    }
}

fn temoins(document: &DocumentConvention, modele: Option<&Convention>) -> Vec<Temoin> {
    let entete = &document.convention;
    let temoin = |rubrique, nom: String, valeur| Temoin { rubrique, nom, valeur };
    let mut temoins = Vec::new();
    let somme: Decimal = par_axe(document).values().sum();
    if !somme.is_zero() {
        temoins.push(temoin("actions", "la somme des axes".to_owned(), somme));
    }
    if let Some(tableau) = entete.montant_total_eur {
        temoins.push(temoin("convention.montant_total_eur", "le tableau".to_owned(), tableau.0));
    }
    if let Some(texte) = entete.montant_texte_eur {
        temoins.push(temoin("convention.montant_texte_eur", "le texte".to_owned(), texte.0));
    }
    let taux = entete.taux_acompte.map(|t| t.0).or_else(|| modele?.taux_acompte);
    if let (Some(acompte), Some(taux)) = (entete.acompte_eur, taux)
        && let Some(total) = acompte.checked_div(taux)
    {
        let nom = format!("l’acompte de {} à {}", euros(acompte.0), pourcentage(taux));
        temoins.push(temoin("convention.acompte_eur", nom, arrondi(total, 2).normalize()));
    }
    temoins
}

/// C-FI-02: price times quantity, at the price of the convention.
fn ligne(rang: usize, action: &ActionImprimee, modele: Option<&Convention>, recueil: &mut Recueil) {
    let (Some(prix), Some(cible), Some(montant)) = (action.prix_unitaire_eur, action.cible, action.montant_demande_eur)
    else {
        return;
    };
    let regle = modele.and_then(|m| m.action(action.sous_axe()));
    prix_du_modele(rang, action, prix.0, regle, recueil);
    let attendu = par_paliers(prix.0, cible.0, regle).unwrap_or(prix.0 * cible.0);
    let calcul = format!("{} × {}", dit(cible.0), euros(prix.0));
    if attendu == montant.0 {
        recueil.conforme("C-FI-02", format!("actions[{rang}]"), format!("{calcul} = {}.", euros(attendu)));
        return;
    }
    let message = format!(
        "Action {} : {calcul} font {}, pas {} : corrigez le montant, ou la cible.",
        action.code,
        euros(attendu),
        euros(montant.0)
    );
    let rubrique = format!("actions[{rang}].montant_demande_eur");
    recueil.signale(
        AnomalieDocument::nouvelle("C-FI-02", rubrique, (euros(montant.0), euros(attendu)), message)
            .propose(euros(attendu)),
    );
}

fn prix_du_modele(rang: usize, action: &ActionImprimee, prix: Decimal, regle: Option<&Action>, recueil: &mut Recueil) {
    let Some(attendu) = regle.and_then(|a| a.prix_eur.or_else(|| a.paliers.first().map(|p| p.prix_eur))) else {
        return;
    };
    if attendu == prix {
        return;
    }
    let message = format!(
        "L’action {} est à {} dans le plan, à {} dans la convention : reprenez le prix de la convention.",
        action.code,
        euros(prix),
        euros(attendu)
    );
    let rubrique = format!("actions[{rang}].prix_unitaire_eur");
    recueil.signale(
        AnomalieDocument::nouvelle("C-FI-02", rubrique, (euros(prix), euros(attendu)), message).propose(euros(attendu)),
    );
}

/// Amount of so many units priced by tiers, each at the price of its rank.
pub(super) fn par_paliers(premier: Decimal, quantite: Decimal, action: Option<&Action>) -> Option<Decimal> {
    let paliers = &action?.paliers;
    if paliers.first()?.prix_eur != premier {
        return None;
    }
    let suivants = paliers.iter().skip(1).map(|p| Decimal::from(p.a_partir_de - 1)).chain([Decimal::MAX]);
    let depuis = paliers.iter().map(|p| Decimal::from(p.a_partir_de.saturating_sub(1)));
    let tranches = depuis.zip(suivants).zip(paliers);
    Some(tranches.map(|((de, a), palier)| (quantite.min(a) - de).max(Decimal::ZERO) * palier.prix_eur).sum())
}

/// Totals and shares of the axes, as printed.
fn axes(document: &DocumentConvention, recueil: &mut Recueil) {
    let montants = par_axe(document);
    let total: Decimal = montants.values().sum();
    for (rang, axe) in document.axes.iter().enumerate() {
        let Some(somme) = montants.get(&axe.axe).copied() else { continue };
        if let Some(imprime) = axe.total_imprime_eur.filter(|_| !document.actions.is_empty()) {
            total_d_axe(rang, axe.axe, imprime.0, somme, recueil);
        }
        let (Some(part), Some(imprimee)) = (somme.checked_div(total), axe.part_imprimee_pct) else { continue };
        let part = part * Decimal::ONE_HUNDRED;
        let attendu = format!("{}\u{a0}%", dit(arrondi(part, imprimee.scale())));
        if imprime_comme(part, imprimee.0) {
            recueil.conforme("C-FI-03", format!("axes[{rang}]"), format!("Axe {} : {attendu} du total.", axe.axe));
            continue;
        }
        let lu = format!("{}\u{a0}%", dit(imprimee.0));
        let message = format!(
            "L’axe {} fait {attendu} du total ({} sur {}), pas {lu} : corrigez la part.",
            axe.axe,
            euros(somme),
            euros(total)
        );
        let rubrique = format!("axes[{rang}].part_imprimee_pct");
        recueil
            .signale(AnomalieDocument::nouvelle("C-FI-03", rubrique, (lu, attendu.clone()), message).propose(attendu));
    }
}

fn total_d_axe(rang: usize, axe: u8, imprime: Decimal, somme: Decimal, recueil: &mut Recueil) {
    if imprime == somme {
        recueil.conforme("C-FI-01", format!("axes[{rang}]"), format!("Total de l’axe {axe} : {}.", euros(somme)));
        return;
    }
    let message = format!(
        "Le total de l’axe {axe} est imprimé {}, ses actions font {} : corrigez le total.",
        euros(imprime),
        euros(somme)
    );
    let rubrique = format!("axes[{rang}].total_imprime_eur");
    recueil.signale(
        AnomalieDocument::nouvelle("C-FI-01", rubrique, (euros(imprime), euros(somme)), message).propose(euros(somme)),
    );
}

/// C-FI-03: the rule of the convention, and the most an axis may ask when the others do not change.
fn plafonds(document: &DocumentConvention, modele: Option<&Convention>, recueil: &mut Recueil) {
    let Some(modele) = modele else { return };
    let montants = par_axe(document);
    let total: Decimal = montants.values().sum();
    let depassements = plan::plafonds(modele, &montants);
    for (axe, plafond) in modele.axes.iter().filter_map(|axe| Some((axe.numero, axe.plafond_part?))) {
        let demande = montants.get(&axe).copied().unwrap_or_default();
        let rubrique = format!("axe {axe}");
        let Some(depassement) = depassements.iter().find(|d| d.regle == format!("R-CAP{axe}")) else {
            if !total.is_zero() {
                let part = demande.checked_div(total).unwrap_or_default();
                let constat = format!("Axe {axe} : {} du total, plafond {}.", pourcentage(part), pourcentage(plafond));
                recueil.conforme("C-FI-03", rubrique, constat);
            }
            continue;
        };
        let maximum = (total - demande) * plafond / (Decimal::ONE - plafond);
        let maximum = euros(maximum.trunc_with_scale(2));
        let message =
            format!("{} Ramenez l’axe {axe} à {maximum} au plus, les autres inchangés.", depassement.explication);
        let attendu = format!("{} au plus ({maximum})", pourcentage(plafond));
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-03", rubrique, (euros(demande), attendu), message).propose(maximum),
        );
    }
}

//! Checks on records: bounds of a field, products, sums over a list, and the steps of a life cycle.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::controle::Severite;
use crate::indice::dit;
use crate::texte::meme_libelle;

use super::super::declaration::{Liste, Rangee, ValeurDeclaree};
use super::super::regle::{Cumul, Produit, Rangee as RegleRangee, Tete};
use super::{Constat, Examen, Place, au_centime, hors_des_bornes};

pub(super) fn examiner(e: &Examen<'_>) -> Vec<Constat> {
    let c = &e.jeu.controles;
    let mut constats = Vec::new();
    c.rangee.iter().for_each(|r| constats.extend(bornes(e, r.get_ref())));
    c.produit.iter().for_each(|r| constats.extend(produits(e, r.get_ref())));
    c.cumul.iter().for_each(|r| constats.extend(cumul(e, r.get_ref())));
    e.jeu.listes.iter().for_each(|l| constats.extend(etapes(e, l.get_ref())));
    e.jeu.listes.iter().for_each(|l| constats.extend(incomplete(e, l.get_ref())));
    constats
}

/// True when every field named has the value named.
fn convient(rangee: &Rangee, valeurs: &BTreeMap<String, String>) -> bool {
    valeurs.iter().all(|(champ, attendu)| rangee.get(champ).is_some_and(|v| meme_libelle(&v.to_string(), attendu)))
}

fn place(liste: &str, rang: usize, champ: &str) -> Place {
    Place::Rangee { liste: liste.to_owned(), rang, champ: champ.to_owned() }
}

fn bornes(e: &Examen<'_>, r: &RegleRangee) -> Vec<Constat> {
    let de = |constante: Option<Decimal>, parametre: &Option<String>| {
        constante.or_else(|| parametre.as_ref().and_then(|code| e.parametre(code)))
    };
    let (min, max) = (de(r.min, &r.min_parametre), de(r.max, &r.max_parametre));
    let visees = e.courante.rangees(&r.liste).iter().enumerate();
    let visees = visees.filter(|(_, rangee)| r.sauf.is_empty() || !convient(rangee, &r.sauf));
    visees
        .filter_map(|(rang, rangee)| {
            let lu = rangee.get(&r.champ)?;
            let attendu = match (&r.egal, lu.nombre()) {
                (Some(egal), _) => (!meme_libelle(&lu.to_string(), egal)).then(|| format!("«\u{a0}{egal}\u{a0}»"))?,
                (None, Some(n)) => hors_des_bornes(n, min, max, &dit)?,
                (None, None) => return None,
            };
            Some(r.tete().constat(place(&r.liste, rang, &r.champ), lu.to_string(), attendu, None))
        })
        .collect()
}

fn produits(e: &Examen<'_>, r: &Produit) -> Vec<Constat> {
    let Some(coefficients) = r.parametres.iter().map(|p| e.parametre(p)).collect::<Option<Vec<_>>>() else {
        return vec![];
    };
    let coefficient: Decimal = coefficients.iter().product();
    let rangees = e.courante.rangees(&r.liste).iter().enumerate();
    rangees
        .filter_map(|(rang, rangee)| {
            let nombre = |champ: &String| rangee.get(champ).and_then(ValeurDeclaree::nombre);
            let lu = nombre(&r.champ)?;
            let facteurs: Option<Vec<Decimal>> = r.facteurs.iter().map(nombre).collect();
            let attendu = au_centime(facteurs?.iter().product::<Decimal>() * coefficient);
            let faux = (lu - attendu).abs() > r.tolerance;
            let place = place(&r.liste, rang, &r.champ);
            faux.then(|| r.tete().constat(place, dit(lu), dit(attendu), Some(dit(attendu))))
        })
        .collect()
}

fn cumul(e: &Examen<'_>, r: &Cumul) -> Option<Constat> {
    let total = e.valeur(&r.total)?;
    let rangees = e.courante.rangees(&r.liste).iter().filter(|rangee| convient(rangee, &r.si));
    let somme: Decimal = match &r.champ {
        Some(champ) => rangees.filter_map(|rangee| rangee.get(champ).and_then(ValeurDeclaree::nombre)).sum(),
        None => Decimal::from(rangees.count()),
    };
    let faux = (total - somme).abs() > r.tolerance;
    faux.then(|| r.tete().constat(e.cellule(&r.total), dit(total), dit(somme), Some(dit(somme))))
}

/// A list that must hold something holds it.
fn incomplete(e: &Examen<'_>, liste: &Liste) -> Option<Constat> {
    let lues = e.courante.rangees(&liste.code).len();
    let regle = format!("La liste «\u{a0}{}\u{a0}» est à remplir", liste.libelle);
    let tete = Tete { code: "liste-incomplete", severite: Severite::Bloquant, regle: &regle };
    let attendu = format!("au moins {}", liste.minimum);
    (lues < liste.minimum).then(|| tete.constat(Place::Ensemble, lues.to_string(), attendu, None))
}

/// A record passes from a state to the next, or comes back to correct; it skips none.
fn etapes(e: &Examen<'_>, liste: &Liste) -> Vec<Constat> {
    let Some(cycle) = &liste.cycle else { return vec![] };
    let etat = |rangee: &Rangee| {
        let lu = rangee.get(&cycle.champ)?.texte()?;
        cycle.etats.iter().position(|etat| etat == lu)
    };
    let avant: BTreeMap<&ValeurDeclaree, usize> = e
        .precedente
        .map_or(&[][..], |p| p.rangees(&liste.code))
        .iter()
        .filter_map(|rangee| Some((rangee.get(&liste.cle)?, etat(rangee)?)))
        .collect();
    let rangees = e.courante.rangees(&liste.code).iter().enumerate();
    rangees
        .filter_map(|(rang, rangee)| {
            let present = etat(rangee)?;
            let depuis = rangee.get(&liste.cle).and_then(|cle| avant.get(cle)).copied();
            let permis = depuis.map_or(0, |avant| avant + 1);
            let (lu, attendu) = (cycle.etats.get(present)?, cycle.etats.get(permis)?);
            let regle = "Une fiche passe par chaque étape, dans l’ordre";
            let tete = Tete { code: "cycle", severite: Severite::Bloquant, regle };
            let constat = || tete.constat(place(&liste.code, rang, &cycle.champ), lu.clone(), attendu.clone(), None);
            (present > permis).then(constat)
        })
        .collect()
}

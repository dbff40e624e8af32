//! Local closure: every relation has no masked cell, or enough of them to trade the required width.
//! A necessary condition only, found in time proportional to the relations; the certificate says the rest.

use std::collections::VecDeque;

use crate::systeme::Sort;
use crate::systeme::noyau::Noyau;

/// What a relation lacks to protect the masked cells it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manque {
    Rien,
    /// A partner, or this much slack on the side where everything masked stands.
    Jeu {
        signe: i64,
        reste: i64,
    },
}

/// Masks partners until every relation can trade. Returns the classes it masked.
pub(crate) fn ferme(noyau: &Noyau, masques: &mut [bool]) -> Vec<u32> {
    let mut ajoutes = vec![];
    let mut ouvertes: Vec<u32> = (0..noyau.lignes.len() as u32).map(|l| compte(noyau, masques, l)).collect();
    let mut file: VecDeque<u32> = (0..noyau.lignes.len() as u32).collect();
    let mut attend = vec![true; noyau.lignes.len()];
    while let Some(ligne) = file.pop_front() {
        attend[ligne as usize] = false;
        while let Manque::Jeu { signe, reste } = manque(noyau, masques, ligne) {
            let Some(choisie) = partenaire(noyau, masques, &ouvertes, ligne, signe, reste) else { break };
            masques[choisie as usize] = true;
            ajoutes.push(choisie);
            for (l, _) in noyau.colonnes.ligne(choisie) {
                ouvertes[*l as usize] += 1;
                if !std::mem::replace(&mut attend[*l as usize], true) {
                    file.push_back(*l);
                }
            }
        }
    }
    ajoutes
}

/// True when the relation can trade the width that its masked cells require.
pub(crate) fn est_fermee(noyau: &Noyau, masques: &[bool], ligne: u32) -> bool {
    manque(noyau, masques, ligne) == Manque::Rien
}

fn compte(noyau: &Noyau, masques: &[bool], ligne: u32) -> u32 {
    noyau.lignes.ligne(ligne).iter().filter(|(k, _)| masques[*k as usize]).count() as u32
}

/// When all masked cells stand on one side, none can grow by more than the others can shrink.
fn manque(noyau: &Noyau, masques: &[bool], ligne: u32) -> Manque {
    let (mut besoin, mut nombre, mut jeu, mut signes) = (0, 0, 0i64, (false, false));
    for (k, coef) in noyau.lignes.ligne(ligne) {
        if masques[*k as usize] {
            let c = &noyau.classes[*k as usize];
            nombre += 1;
            if c.sort != Sort::Auxiliaire {
                besoin = besoin.max(c.largeur.saturating_mul(coef.abs()));
            }
            jeu = jeu.saturating_add((c.valeur - c.plancher).saturating_mul(coef.abs()));
            if *coef > 0 { signes.0 = true } else { signes.1 = true }
        }
    }
    if besoin == 0 || (signes.0 && signes.1) || (nombre > 1 && jeu >= besoin) {
        return Manque::Rien;
    }
    Manque::Jeu { signe: if signes.0 { 1 } else { -1 }, reste: (besoin - jeu).max(0) }
}

/// Cheapest cell that completes the relation: its cost grows with the relations it would open in turn.
fn partenaire(noyau: &Noyau, masques: &[bool], ouvertes: &[u32], ligne: u32, signe: i64, reste: i64) -> Option<u32> {
    let prix = |k: u32, coef: i64| {
        let c = &noyau.classes[k as usize];
        let nouvelles = noyau.colonnes.ligne(k).iter().filter(|(l, _)| ouvertes[*l as usize] == 0).count() as i64;
        let suffit = coef.signum() != signe || (c.valeur - c.plancher).saturating_mul(coef.abs()) >= reste;
        (!suffit, c.cout.saturating_mul(1 + nouvelles), k)
    };
    let candidates = noyau.lignes.ligne(ligne).iter().filter(|(k, _)| {
        let c = &noyau.classes[*k as usize];
        !masques[*k as usize] && c.sort == Sort::Libre && c.valeur > 0
    });
    candidates.map(|(k, coef)| prix(*k, *coef)).min().map(|(_, _, k)| k)
}

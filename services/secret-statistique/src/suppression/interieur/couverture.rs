//! Masks on zeros. Were they all shown, a reader would know that whatever is masked holds somebody, and three
//! masked cells whose sum is 3 would each be 1. So the rule does not look at the value: a zero is shown only
//! where the counts shown leave it too little room to be anything else, the very room that every masked cell
//! must keep. Nothing that holds somebody is masked for it, and nothing known of this rule tells an empty masked
//! cell from a full one.

use super::etude::bornee;
use super::nuage::Nuage;
use super::polyedre::Polyedre;
use super::preuve;
use crate::certificat::Certificat;
use crate::suppression::base::Base;
use crate::suppression::libertes::Libertes;
use crate::suppression::zeros_montres;
use crate::systeme::Sort;
use crate::systeme::noyau::Noyau;

/// Masks every zero that may be so, and adds its proof to the one of the pattern.
pub(crate) fn couvre(noyau: &Noyau, masques: &mut [bool], certificat: &mut Certificat) {
    let mut essai = masques.to_vec();
    for (k, c) in noyau.classes.iter().enumerate() {
        essai[k] |= c.sort == Sort::Libre && c.valeur == 0;
    }
    while essai != masques {
        let base = Base::du_noyau(noyau, &zeros_montres(noyau, &essai));
        let Some((libertes, nuage)) = nuage(noyau, &base, &essai) else { return };
        let etroit = |k: usize| libertes.variable(k as u32).is_none_or(|v| nuage.manque(v) > 0.0);
        let etroits: Vec<usize> = (0..essai.len()).filter(|k| essai[*k] && !masques[*k] && etroit(*k)).collect();
        if etroits.is_empty() {
            certificat.joint(preuve::certifie(noyau, &libertes, &nuage));
            masques.copy_from_slice(&essai);
            return;
        }
        etroits.into_iter().for_each(|k| essai[k] = false);
    }
}

/// Points that show the width of zeros under a pattern.
fn nuage(noyau: &Noyau, base: &Base, masques: &[bool]) -> Option<(Libertes, Nuage)> {
    let mut bloques = vec![false; noyau.classes.len()];
    loop {
        let libertes = Libertes::strictes(noyau, base, masques, &bloques).ok()?;
        let polyedre = Polyedre::nouveau(noyau, &libertes, |k| bornee(noyau, base, k));
        let (centre, fixes) = polyedre.interieur();
        if fixes.is_empty() {
            let mut nuage = Nuage::nouveau(noyau, &libertes);
            nuage.ne_demande_qu(|v| noyau.classes.get(libertes.classes[v] as usize).is_some_and(|c| c.valeur == 0));
            nuage.souleve(&polyedre, centre);
            return Some((libertes, nuage));
        }
        let avant = bloques.iter().filter(|b| **b).count();
        for v in fixes {
            bloques[libertes.classes[v as usize] as usize] = true;
        }
        if bloques.iter().filter(|b| **b).count() == avant {
            return None;
        }
    }
}

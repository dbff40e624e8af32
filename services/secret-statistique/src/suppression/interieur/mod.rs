//! Proofs made of points deep inside the polyhedron that the attacker faces: where a pattern leaves so
//! little that whatever moves moves hundreds of cells, only fractions of such changes stay inside bounds.

mod couverture;
mod etude;
mod lineaire;
mod nuage;
mod passage;
mod polyedre;
mod preuve;
mod reduction;

use super::base::Base;
use super::{Decision, Ebauche, SansIssue, TOURS, fermeture, positions, zeros_montres};
pub(crate) use couverture::couvre;
use etude::Etude;

/// Proves every masked class; masks more where that takes more, then shows again what it can.
pub(crate) fn prouve(ebauche: &Ebauche) -> Result<Decision, SansIssue> {
    let (noyau, mut travail) = (&ebauche.noyau, ebauche.travail);
    let mut masques = ebauche.masques.clone();
    let mut base = Base::du_noyau(noyau, &zeros_montres(noyau, &masques));
    let mut connus = vec![];
    loop {
        let mut etude = Etude::nouvelle(noyau, &base, &mut masques, &connus);
        let etroites = etude.etroites(&masques);
        if etroites.is_empty() {
            travail.reparation = ebauche.complementaires(&masques).saturating_sub(travail.fermeture);
            travail.reduction = reduction::reduit(&mut etude, &ebauche.gardes, &mut masques);
            return Ok(ebauche.decision(&masques, preuve::certifie(noyau, &etude.libertes, &etude.nuage), travail));
        }
        connus = etude.points();
        let zeros = zeros_montres(noyau, &masques);
        if travail.tours == TOURS || !passage::renforce(&etude, &mut masques, &etroites) {
            return Err(SansIssue::TropEtroites(positions(noyau, &etroites)));
        }
        fermeture::ferme(noyau, &mut masques);
        if zeros_montres(noyau, &masques) != zeros {
            base = Base::du_noyau(noyau, &zeros_montres(noyau, &masques));
        }
        travail.tours += 1;
    }
}

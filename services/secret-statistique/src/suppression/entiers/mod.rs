//! Proofs made of whole tables: every masked cell is taken far from its true value by changes of a few
//! cells each, found by plain additions. Fast wherever the pattern leaves changes that small.

mod allegement;
mod etude;
mod mobilite;
mod recherche;
mod reduction;
pub(crate) mod reprise;
mod temoins;

use super::{Decision, Ebauche, SansIssue, TOURS, fermeture, positions, renfort};
use etude::Etude;
pub(crate) use temoins::Temoins;

/// Masked classes up to which points inside are looked for too before giving up: past it they take minutes.
const SECOND_AVIS: usize = 2_000;

/// What became of a first pattern.
pub(crate) enum Issue {
    /// Every masked cell is proved.
    Prouvee(Decision),
    /// Changes of a few cells do not tell: what may move moves too many at once, or some cells stay too narrow.
    Indecise(Box<Ebauche>),
}

/// Proves every masked class; masks more where that takes more, then shows again what it can.
pub(crate) fn prouve(mut ebauche: Ebauche) -> Result<Issue, SansIssue> {
    let mut travail = ebauche.travail;
    let mut temoins = std::mem::take(&mut ebauche.temoins);
    let mut masques = ebauche.masques.clone();
    let noyau = &ebauche.noyau;
    if temoins.etroites(&masques).is_empty() {
        return Ok(Issue::Prouvee(ebauche.decision(&masques, temoins.certificat(noyau), travail)));
    }
    let mut etude = loop {
        let mut etude = Etude::nouvelle(noyau, &mut masques, temoins);
        if travail.tours == 0 && etude.est_trop_dense() {
            return Ok(Issue::Indecise(Box::new(ebauche)));
        }
        etude.cherche_toutes(&masques, true);
        let etroites = etude.etroites(&masques);
        if etroites.is_empty() {
            break etude;
        }
        if travail.tours == TOURS || !renfort::renforce(noyau, &mut masques, &etroites) {
            let peu = masques.iter().filter(|m| **m).count() <= SECOND_AVIS;
            let echec = SansIssue::TropEtroites(positions(noyau, &etroites));
            return if peu { Ok(Issue::Indecise(Box::new(ebauche))) } else { Err(echec) };
        }
        temoins = etude.temoins;
        fermeture::ferme(noyau, &mut masques);
        travail.tours += 1;
    };
    travail.reparation = ebauche.complementaires(&masques).saturating_sub(travail.fermeture);
    travail.reduction = reduction::reduit(&mut etude, &ebauche.gardes, &mut masques);
    Ok(Issue::Prouvee(ebauche.decision(&masques, etude.temoins.certificat(noyau), travail)))
}

//! Frames in place of blanks. Each masked cell is framed wide enough to hold every table of the
//! certificate, so that the certificate still stands for a reader who knows all the frames.

use super::Montre;
use crate::certificat::{self, Certificat, Defaut};
use crate::protegee::Cadre;
use crate::systeme::fichier::Protection;
use crate::systeme::{Cellule, Systeme};

/// Frames start and end on multiples of this: a frame tight around the true value would tell it.
const PAS: i128 = 5;

/// A frame for each masked cell of these values, none for the others.
pub fn cadres(valeurs: &[u64], masquees: &[bool], certificat: &Certificat) -> Vec<Option<Cadre>> {
    let echelle = i128::from(certificat.echelle.max(1));
    let mut extremes = vec![(0i128, 0i128); valeurs.len()];
    for (i, change) in certificat.mouvements.iter().flatten() {
        let (bas, haut) = &mut extremes[*i as usize];
        let change = i128::from(*change);
        (*bas, *haut) = ((*bas).min(change.div_euclid(echelle)), (*haut).max(-(-change).div_euclid(echelle)));
    }
    let borne = |x: i128| u64::try_from(x.max(0)).unwrap_or(u64::MAX);
    let cadre = |((v, masquee), (bas, haut)): ((&u64, &bool), (i128, i128))| {
        let (bas, haut) = (i128::from(*v) + bas, i128::from(*v) + haut);
        let (bas, haut) = (borne(bas.div_euclid(PAS) * PAS), borne((haut.div_euclid(PAS) + 1) * PAS - 1));
        masquee.then_some(Cadre { bas, haut })
    };
    valeurs.iter().zip(masquees).zip(extremes).map(cadre).collect()
}

/// Checks the certificate again for who knows these frames besides.
pub(crate) fn verifie(
    systeme: &Systeme,
    masquees: &[bool],
    certificat: &Certificat,
    cadres: &[Option<Cadre>],
) -> Result<(), Defaut> {
    let vue = |i: usize, c: &Cellule| match cadres[i] {
        Some(Cadre { bas, haut }) => {
            let plafond = c.plafond.map_or(haut, |p| p.min(haut));
            Cellule { plancher: c.plancher.max(bas), plafond: Some(plafond), ..c.clone() }
        }
        None => c.clone(),
    };
    let vu = systeme.vu_par(vue).map_err(|_| Defaut::Relation)?;
    certificat::verifier(&vu, masquees, certificat).map(|_| ())
}

/// The masked cells of a protected file, framed. The protection holds the true values.
pub fn encadre(protection: &Protection) -> Vec<Montre> {
    let cells = &protection.table.cells;
    // The certificate counts the cells in the order of their names.
    let mut ordre: Vec<usize> = (0..cells.len()).collect();
    ordre.sort_by(|a, b| cells[*a].id.cmp(&cells[*b].id));
    let valeur = |lue: &usize| cells[*lue].value.unwrap_or_default();
    let valeurs: Vec<u64> = ordre.iter().map(valeur).collect();
    let masquees: Vec<bool> = ordre.iter().map(|lue| cells[*lue].suppressed).collect();
    let mut montrees: Vec<Montre> = cells.iter().map(|c| Montre::Exacte(c.value.unwrap_or_default())).collect();
    for (lue, cadre) in ordre.iter().zip(cadres(&valeurs, &masquees, &protection.decision.certificat)) {
        if let Some(Cadre { bas, haut }) = cadre {
            montrees[*lue] = Montre::Entre(bas, haut);
        }
    }
    montrees
}

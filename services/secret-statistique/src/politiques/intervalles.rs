//! Frames in place of blanks. Each masked cell is framed wide enough to hold every table of the
//! certificate, so that the certificate still stands for a reader who knows all the frames.

use super::Montre;
use crate::systeme::fichier::Protection;

/// Frames start and end on multiples of this: a frame tight around the true value would tell it.
const PAS: i128 = 5;

/// The masked cells of a protection, framed. The protection holds the true values.
pub fn encadre(protection: &Protection) -> Vec<Montre> {
    let cells = &protection.table.cells;
    // The certificate counts the cells in the order of their names.
    let mut ordre: Vec<usize> = (0..cells.len()).collect();
    ordre.sort_by(|a, b| cells[*a].id.cmp(&cells[*b].id));
    let certificat = &protection.decision.certificat;
    let echelle = i128::from(certificat.echelle.max(1));
    let mut extremes = vec![(0i128, 0i128); cells.len()];
    for (rang, change) in certificat.mouvements.iter().flatten() {
        let (bas, haut) = &mut extremes[ordre[*rang as usize]];
        let change = i128::from(*change);
        (*bas, *haut) = ((*bas).min(change.div_euclid(echelle)), (*haut).max(-(-change).div_euclid(echelle)));
    }
    let cadre = |(c, (bas, haut)): (&crate::systeme::fichier::CelluleEcrite, (i128, i128))| {
        let vraie = c.value.unwrap_or_default();
        if !c.suppressed {
            return Montre::Exacte(vraie);
        }
        let (bas, haut) = (i128::from(vraie) + bas, i128::from(vraie) + haut);
        let borne = |x: i128| u64::try_from(x.max(0)).unwrap_or(u64::MAX);
        Montre::Entre(borne(bas.div_euclid(PAS) * PAS), borne((haut.div_euclid(PAS) + 1) * PAS - 1))
    };
    cells.iter().zip(extremes).map(cadre).collect()
}

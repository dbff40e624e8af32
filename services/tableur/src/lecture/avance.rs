//! Reads each sheet ahead in a thread of its own, while the rows already read are checked. Only so many cells ahead:
//! memory does not grow with the file.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::brut::{Cellule, Source};
use crate::illisible::Illisible;

/// Cells sent at once.
const LOT: usize = 2048;
/// Lots of a sheet that may wait: half a million cells, so that a sheet of 30 000 rows is all read while those before
/// it are checked, in 25 MB.
const LOTS: usize = 256;

type Lot<'a> = Result<Vec<Cellule<'a>>, Illisible>;

/// Hands the sources over to `lecture` as sources of the same cells, read ahead.
pub(super) fn en_avance<'a, T>(
    sources: Vec<impl Source<'a> + Send>,
    lecture: impl FnOnce(Vec<Avance<'a>>) -> Result<T, Illisible>,
) -> Result<T, Illisible> {
    thread::scope(|portee| {
        let lance = |source| {
            let (envoi, reception) = sync_channel(LOTS);
            portee.spawn(move || pompe(source, &envoi));
            Avance { reception, lot: Vec::new().into_iter() }
        };
        // When this ends, in error or not, the channels close and the threads with them.
        lecture(sources.into_iter().map(lance).collect())
    })
}

fn pompe<'a>(mut source: impl Source<'a>, envoi: &SyncSender<Lot<'a>>) {
    let mut lot = Vec::with_capacity(LOT);
    loop {
        let fin = match source.suivante() {
            Ok(Some(cellule)) => {
                lot.push(cellule);
                None
            }
            Ok(None) => Some(None),
            Err(erreur) => Some(Some(erreur)),
        };
        if fin.is_some() || lot.len() == LOT {
            let plein = std::mem::replace(&mut lot, Vec::with_capacity(if fin.is_some() { 0 } else { LOT }));
            if envoi.send(Ok(plein)).is_err() {
                return;
            }
        }
        if let Some(erreur) = fin {
            // Nobody listens any more when this fails: the reading has already ended in another error.
            let _ = erreur.map(|e| envoi.send(Err(e)));
            return;
        }
    }
}

/// The cells of a sheet, as the other thread sends them.
pub(super) struct Avance<'a> {
    reception: Receiver<Lot<'a>>,
    lot: std::vec::IntoIter<Cellule<'a>>,
}

impl<'a> Source<'a> for Avance<'a> {
    fn suivante(&mut self) -> Result<Option<Cellule<'a>>, Illisible> {
        loop {
            if let Some(cellule) = self.lot.next() {
                return Ok(Some(cellule));
            }
            match self.reception.recv() {
                Ok(lot) => self.lot = lot?.into_iter(),
                Err(_) => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lecture::brut::Brut;

    /// So many cells, then the end or an error.
    struct Compteur(u32, u32, Option<Illisible>);

    impl Source<'static> for Compteur {
        fn suivante(&mut self) -> Result<Option<Cellule<'static>>, Illisible> {
            if self.0 == self.1 {
                return self.2.take().map_or(Ok(None), Err);
            }
            self.0 += 1;
            Ok(Some(Cellule { ligne: self.0, colonne: 0, brut: Brut::Vide, formule: false }))
        }
    }

    fn compte(avances: Vec<Avance<'_>>) -> Result<u32, Illisible> {
        avances.into_iter().map(compte_une).sum()
    }

    fn compte_une(mut avance: Avance<'_>) -> Result<u32, Illisible> {
        let mut attendue = 0;
        while let Some(cellule) = avance.suivante()? {
            attendue += 1;
            assert_eq!(cellule.ligne, attendue);
        }
        Ok(attendue)
    }

    #[test]
    fn every_cell_arrives_in_order() {
        for n in [0, 1, 2047, 2048, 2049, 100_000] {
            let sources = vec![Compteur(0, n, None), Compteur(0, 3, None)];
            assert_eq!(en_avance(sources, compte), Ok(n + 3));
        }
    }

    #[test]
    fn an_error_arrives_after_the_cells_before_it() {
        let mut lues = 0;
        let erreur = en_avance(vec![Compteur(0, 5000, Some(Illisible::Tronque))], |avances| {
            for mut avance in avances {
                while avance.suivante()?.is_some() {
                    lues += 1;
                }
            }
            Ok(())
        });
        assert_eq!((erreur, lues), (Err(Illisible::Tronque), 5000));
    }

    #[test]
    fn a_reading_that_stops_early_stops_the_thread() {
        let arret = en_avance(vec![Compteur(0, u32::MAX, None)], |_| Err::<(), _>(Illisible::Doctype));
        assert_eq!(arret, Err(Illisible::Doctype));
    }
}

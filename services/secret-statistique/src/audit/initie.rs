//! Readers who know one figure more than the others: a person alone in a cell knows that it is her. She
//! must not find the figure of anybody else.

use std::collections::BTreeMap;

use super::publication::Publication;
use super::reduction::Groupes;
use super::{EchecAudit, Effort, attaque};

/// A person alone in her cells, and the cells of others that she can compute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initie {
    /// Cells that hold her and nobody else, by position.
    pub sait: Vec<usize>,
    /// Masked cells whose figure she finds, by position.
    pub trouve: Vec<usize>,
}

/// Attacks in the name of each person alone in a masked cell; gives those who find something.
/// `valeurs` are the true figures, where they are at hand.
pub fn inities(publication: &Publication, valeurs: &[Option<u64>]) -> Result<Vec<Initie>, EchecAudit> {
    let mut tous = vec![];
    for sait in seules(publication, valeurs) {
        let mut vue = publication.clone().avec_largeur(1);
        for i in &sait {
            vue = vue.vue_par(*i, 1);
        }
        let audit = attaque(&vue, Effort::Largeur)?;
        let exactes = audit.intervalles.iter().enumerate().filter(|(_, i)| i.is_some_and(|i| i.est_exact()));
        // What follows from her own cells alone (she is nowhere else) is hers, and empty.
        let trouve: Vec<usize> =
            exactes.map(|(i, _)| i).filter(|i| !sait.contains(i) && valeurs[*i] != Some(0)).collect();
        if !trouve.is_empty() {
            tous.push(Initie { sait, trouve });
        }
    }
    Ok(tous)
}

/// Masked cells of one person, those of the same person together: a total of one and its only full part.
fn seules(publication: &Publication, valeurs: &[Option<u64>]) -> Vec<Vec<usize>> {
    let seule = |i: u32| {
        publication.cellules()[i as usize].valeur.is_none() && valeurs.get(i as usize).copied().flatten() == Some(1)
    };
    let mut groupes = Groupes::de(publication.cellules().len());
    for relation in &publication.relations {
        let mut totaux = relation.iter().filter(|(i, c)| *c < 0 && seule(*i));
        if let (Some((total, _)), None) = (totaux.next(), totaux.next()) {
            relation.iter().filter(|(i, c)| *c > 0 && seule(*i)).for_each(|(i, _)| groupes.unit(*total, *i));
        }
    }
    let mut personnes: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for i in (0..publication.cellules().len() as u32).filter(|i| seule(*i)) {
        personnes.entry(groupes.racine(i)).or_default().push(i as usize);
    }
    personnes.into_values().collect()
}

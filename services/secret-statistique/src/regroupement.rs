//! Groups of places large enough to be shown: the communes of the beneficiaries of an aid, put together
//! until each group reaches the threshold. Nothing is masked, so nothing can be computed by difference;
//! a grouped place is not even named, since a name alone tells that somebody lives there.

use std::collections::BTreeMap;

/// A place, or a group of places, and how many persons it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Groupe {
    /// Name it is shown under.
    pub nom: String,
    /// Wider place it is a part of.
    pub ensemble: Option<String>,
    /// Persons.
    pub effectif: u64,
}

/// Name of what is left.
pub const AUTRES: &str = "Autres communes";

/// Groups places until each group counts `seuil` persons at least: those of one wider place together first,
/// then all that is left. None when all of them together do not reach it. Called again on its own result with
/// a higher threshold, it only merges: a reader of both cannot subtract one from the other.
pub fn regrouper(places: &[Groupe], seuil: u64) -> Option<Vec<Groupe>> {
    let habitees = places.iter().filter(|p| p.effectif > 0);
    let (mut groupes, petites): (Vec<Groupe>, Vec<Groupe>) = habitees.cloned().partition(|p| p.effectif >= seuil);
    let mut ensembles: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for petite in petites {
        *ensembles.entry(petite.ensemble).or_default() += petite.effectif;
    }
    let mut reste = 0;
    for (ensemble, effectif) in ensembles {
        match ensemble {
            Some(nom) if effectif >= seuil => {
                groupes.push(Groupe { nom: format!("{nom} (communes regroupées)"), ensemble: Some(nom), effectif });
            }
            _ => reste += effectif,
        }
    }
    if reste > 0 {
        if reste < seuil {
            // The smallest group takes it in; it then has the name of no place.
            let plus_petit = groupes.iter().enumerate().min_by_key(|(_, g)| (g.effectif, g.nom.clone()))?.0;
            reste += groupes.swap_remove(plus_petit).effectif;
        }
        groupes.push(Groupe { nom: AUTRES.to_owned(), ensemble: None, effectif: reste });
    }
    groupes.sort();
    Some(fusionne(groupes))
}

/// Two groups of one name are one.
fn fusionne(groupes: Vec<Groupe>) -> Vec<Groupe> {
    let mut fusionnes: Vec<Groupe> = Vec::with_capacity(groupes.len());
    for groupe in groupes {
        match fusionnes.last_mut().filter(|dernier| dernier.nom == groupe.nom) {
            Some(dernier) => dernier.effectif += groupe.effectif,
            None => fusionnes.push(groupe),
        }
    }
    fusionnes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(nom: &str, ensemble: &str, effectif: u64) -> Groupe {
        Groupe { nom: nom.to_owned(), ensemble: Some(ensemble.to_owned()), effectif }
    }

    fn lus(groupes: Option<Vec<Groupe>>) -> Vec<String> {
        groupes.into_iter().flatten().map(|g| format!("{} {}", g.nom, g.effectif)).collect()
    }

    #[test]
    fn small_communes_join_their_epci_then_what_is_left() {
        let places = [
            place("Vesoul", "CA Vesoul", 9),
            place("Vy-lès-Lure", "CC Lure", 1),
            place("Lure", "CC Lure", 4),
            place("Gray", "CC Gray", 6),
        ];
        assert_eq!(lus(regrouper(&places, 5)), ["CC Lure (communes regroupées) 5", "Gray 6", "Vesoul 9"]);
        let seul = [place("Vesoul", "CA Vesoul", 9), place("Vy-lès-Lure", "CC Lure", 1)];
        assert_eq!(lus(regrouper(&seul, 5)), ["Autres communes 10"], "nine and one would tell the one");
        assert_eq!(regrouper(&[place("Vy-lès-Lure", "CC Lure", 1)], 5), None);
        assert_eq!(lus(regrouper(&[], 5)), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn every_group_reaches_the_threshold_nobody_is_lost_and_a_higher_one_only_merges(
            effectifs in prop::collection::vec((0u64..12, 0usize..4), 0..20)
        ) {
            let places: Vec<Groupe> = effectifs.iter().enumerate()
                .map(|(n, (effectif, e))| place(&format!("c{n}"), &format!("e{e}"), *effectif)).collect();
            let total: u64 = effectifs.iter().map(|(n, _)| n).sum();
            match regrouper(&places, 5) {
                None => prop_assert!(total < 5),
                Some(groupes) => {
                    prop_assert!(groupes.iter().all(|g| g.effectif >= 5));
                    prop_assert_eq!(groupes.iter().map(|g| g.effectif).sum::<u64>(), total);
                    let publics = regrouper(&groupes, 11);
                    for public in publics.into_iter().flatten() {
                        prop_assert!(public.effectif >= 11);
                        // Made of whole groups: a union of them has exactly this count, or it is one of them.
                        let noms: std::collections::BTreeSet<_> = groupes.iter().map(|g| g.nom.clone()).collect();
                        prop_assert!(noms.contains(&public.nom) || public.nom.contains("regroupées") || public.nom == AUTRES);
                    }
                }
            }
        }
    }
}

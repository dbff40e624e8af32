//! What a content changes to the revision it replaces: what the receipt counts, the dispositifs whose figures are
//! no longer the same, and the only rows that need writing. A correction of ten cells writes ten rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ::publication::{Contenu, ContenuDispositifs, ContenuIndicateurs};
use referentiel::cellule::{Audience, Cle};
use referentiel::territoire::Niveau;
use secret_statistique::CelluleProtegee;
use secret_statistique::recontrole::{Bornes, encadrer};

/// The difference between a content and the one it replaces.
pub(crate) struct Changement<'a> {
    /// Cells or fiches changed, new or gone.
    pub total: u64,
    /// Dispositifs whose figures or fiche changed, those that came or went included.
    pub dispositifs: BTreeSet<String>,
    /// Cells to write; those of a content of fiches are none.
    pub cellules: Cellules<'a>,
}

/// What becomes of the stored cells of a slice.
#[derive(Default)]
pub(crate) struct Cellules<'a> {
    /// Cells that the replaced revision did not have.
    pub nouvelles: Vec<Cellule<'a>>,
    /// Cells that it had otherwise.
    pub changees: Vec<Cellule<'a>>,
    /// Cells that it alone had; none when nothing is known of it, and the whole slice is to be emptied.
    pub disparues: Option<Vec<(Audience, Cle)>>,
}

/// A cell, and what its readers can tell of it when it is masked.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Cellule<'a> {
    /// Audience it was protected for.
    pub audience: Audience,
    /// The cell.
    pub publiee: &'a CelluleProtegee,
    /// Frame of a masked count.
    pub cadre: Option<Bornes>,
}

impl<'a> Changement<'a> {
    /// Compares a content with the one it replaces, if any was kept.
    pub fn entre(ancien: Option<&Contenu>, nouveau: &'a Contenu) -> Self {
        match (ancien, nouveau) {
            (Some(Contenu::Indicateurs(a)), Contenu::Indicateurs(n)) => Self::de_tables(Some(a), n),
            (_, Contenu::Indicateurs(n)) => Self::de_tables(None, n),
            (Some(Contenu::Dispositifs(a)), Contenu::Dispositifs(n)) => Self::de_fiches(Some(a), n),
            (_, Contenu::Dispositifs(n)) => Self::de_fiches(None, n),
        }
    }

    fn de_tables(ancien: Option<&ContenuIndicateurs>, nouveau: &'a ContenuIndicateurs) -> Self {
        let mut connues: HashMap<(Audience, &Cle), Cellule<'_>> =
            ancien.into_iter().flat_map(cellules).map(|c| ((c.audience, &c.publiee.cle), c)).collect();
        let mut dispositifs = BTreeSet::new();
        let mut valeurs = 0;
        let mut retient = |cle: &Cle| {
            valeurs += 1;
            if let Some(d) = dispositif(cle)
                && !dispositifs.contains(d)
            {
                dispositifs.insert(d.to_owned());
            }
        };
        let (mut nouvelles, mut changees) = (vec![], vec![]);
        for cellule in cellules(nouveau) {
            let cle = &cellule.publiee.cle;
            match connues.remove(&(cellule.audience, cle)) {
                None => {
                    retient(cle);
                    nouvelles.push(cellule);
                }
                Some(connue) if connue == cellule => {}
                Some(connue) => {
                    // A frame alone may move, by what the neighbours show: the cell itself did not change.
                    if connue.publiee != cellule.publiee {
                        retient(cle);
                    }
                    changees.push(cellule);
                }
            }
        }
        let disparues = connues.into_keys().map(|(audience, cle)| {
            retient(cle);
            (audience, cle.clone())
        });
        let disparues = disparues.collect();
        let total = valeurs + fiches_changees(ancien, nouveau);
        let cellules = Cellules { nouvelles, changees, disparues: ancien.map(|_| disparues) };
        Self { total, dispositifs, cellules }
    }

    fn de_fiches(ancien: Option<&ContenuDispositifs>, nouveau: &ContenuDispositifs) -> Self {
        let par_reference = |c: &ContenuDispositifs| -> BTreeMap<_, _> {
            c.dispositifs().iter().map(|d| (d.reference.to_string(), d.clone())).collect()
        };
        let dispositifs = differents(&ancien.map(par_reference).unwrap_or_default(), &par_reference(nouveau));
        Self { total: dispositifs.len() as u64, dispositifs, cellules: Cellules::default() }
    }
}

/// The cells of a content with their frames, audience by audience.
fn cellules(contenu: &ContenuIndicateurs) -> impl Iterator<Item = Cellule<'_>> {
    let parents = contenu.parents();
    contenu.audiences().iter().flat_map(move |table| {
        let cadres = encadrer(contenu.jeu(), &table.cellules, &parents);
        table.cellules.iter().zip(cadres).map(|(publiee, cadre)| {
            let cadre = cadre.filter(|_| publiee.statut == referentiel::cellule::Statut::Secret);
            Cellule { audience: table.politique.audience, publiee, cadre }
        })
    })
}

/// Dispositif of a cell about one, or about one of its structures (`BFC01/Structure Horizon`).
fn dispositif(cle: &Cle) -> Option<&str> {
    matches!(cle.niveau, Niveau::Dispositif | Niveau::Structure)
        .then(|| cle.territoire.split('/').next().unwrap_or_default())
}

fn fiches_changees(ancien: Option<&ContenuIndicateurs>, nouveau: &ContenuIndicateurs) -> u64 {
    let par_cle = |c: &ContenuIndicateurs| -> BTreeMap<_, _> {
        let fiches = c.audiences().iter().flat_map(|t| t.fiches.iter().map(|f| (t.politique.audience, f)));
        fiches.map(|(p, f)| ((p, f.liste.clone(), f.cle.clone()), f.champs.clone())).collect()
    };
    differents(&ancien.map(par_cle).unwrap_or_default(), &par_cle(nouveau)).len() as u64
}

/// Keys that one side alone has, or that differ.
fn differents<K: Ord + Clone, V: PartialEq>(avant: &BTreeMap<K, V>, apres: &BTreeMap<K, V>) -> BTreeSet<K> {
    avant.keys().chain(apres.keys()).filter(|k| avant.get(*k) != apres.get(*k)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    /// Cells of one audience: three départements by sex, each absent, shown or masked.
    fn contenu(cellules: &[Option<Option<u64>>]) -> Contenu {
        let territoires = ["25", "39", "70"];
        let places = territoires.iter().flat_map(|t| ["", "F", "H"].map(|sexe| (t, sexe)));
        let cellules: Vec<_> = places
            .zip(cellules)
            .filter_map(|((territoire, sexe), valeur)| {
                let mut cellule = json!({ "indicateur": "EA01", "niveau": "departement", "territoire": territoire });
                if !sexe.is_empty() {
                    cellule["ventilation"] = json!({ "sexe": sexe });
                }
                cellule["statut"] = json!(if (*valeur)?.is_some() { "publie" } else { "secret" });
                if let Some(Some(n)) = valeur {
                    cellule["valeur"] = json!({ "effectif": n });
                }
                Some(cellule)
            })
            .collect();
        let jeu = referentiel::jeu::jeu("ea.indicateurs").unwrap();
        let politique = secret_statistique::Politique::du_jeu(jeu, Audience::Reseau).unwrap();
        let corps = format!(
            r#"{{"salt":"AAAAAAAAAAAAAAAAAAAAAA","v":1,"jeu":"{}","version_jeu":"{}","emetteur":"cdg-287000012","periode":"2026-T1","date":"2026-03-31","territoires":{},"audiences":{}}}"#,
            jeu.code,
            jeu.version,
            json!(territoires.map(|t| json!({ "niveau": "departement", "code": t }))),
            json!([{ "politique": politique, "cellules": cellules }]),
        );
        Contenu::lire(corps.as_bytes()).unwrap()
    }

    type Lignes = BTreeMap<(Audience, Cle), (CelluleProtegee, Option<Bornes>)>;

    fn ajoute(lignes: &mut Lignes, cellules: &[Cellule<'_>]) {
        lignes.extend(cellules.iter().map(|c| ((c.audience, c.publiee.cle.clone()), (c.publiee.clone(), c.cadre))));
    }

    fn tout(contenu: &Contenu) -> Lignes {
        let changement = Changement::entre(None, contenu);
        assert!(changement.cellules.disparues.is_none() && changement.cellules.changees.is_empty());
        let mut lignes = Lignes::new();
        ajoute(&mut lignes, &changement.cellules.nouvelles);
        lignes
    }

    fn revision() -> impl Strategy<Value = Vec<Option<Option<u64>>>> {
        prop::collection::vec(prop_oneof![Just(None), Just(Some(None)), (0..9_u64).prop_map(|n| Some(Some(n)))], 9)
    }

    proptest! {
        #[test]
        fn what_is_written_turns_the_old_rows_into_the_new_and_touches_nothing_else(
            avant in revision(),
            apres in revision(),
        ) {
            let (avant, apres) = (contenu(&avant), contenu(&apres));
            let (anciennes, attendues) = (tout(&avant), tout(&apres));
            let Changement { total, cellules, .. } = Changement::entre(Some(&avant), &apres);
            let mut lignes = anciennes.clone();
            let disparues = cellules.disparues.unwrap();
            for cle in &disparues {
                prop_assert!(lignes.remove(cle).is_some());
            }
            prop_assert!(cellules.nouvelles.iter().all(|c| !lignes.contains_key(&(c.audience, c.publiee.cle.clone()))));
            for c in &cellules.changees {
                let avant = &lignes[&(c.audience, c.publiee.cle.clone())];
                prop_assert!((&avant.0, avant.1) != (c.publiee, c.cadre));
            }
            ajoute(&mut lignes, &cellules.nouvelles);
            ajoute(&mut lignes, &cellules.changees);
            prop_assert_eq!(&lignes, &attendues);
            let cles: BTreeSet<_> = anciennes.keys().chain(attendues.keys()).collect();
            let differentes = cles.into_iter()
                .filter(|c| anciennes.get(*c).map(|(c, _)| c) != attendues.get(*c).map(|(c, _)| c));
            prop_assert_eq!(total, differentes.count() as u64);
        }
    }
}

//! From an accepted content to the read models: the same function at ingest and when everything is
//! rebuilt, so that a rebuild cannot give another result. A content replaces its whole slice
//! (jeu × centre × period): what disappeared at the node disappears here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ::publication::{Contenu, ContenuIndicateurs};
use chrono::{DateTime, Utc};
use referentiel::cellule::{Audience, Cle, Statut};
use referentiel::territoire::Niveau;
use secret_statistique::{CelluleProtegee, ValeurPubliee};

use crate::base::{ErreurBase, Tx};
use crate::{campagne, completude, dispositif, fiche, observation, territoire};

/// The slice a content replaces.
pub(crate) struct Tranche<'a> {
    pub noeud: &'a str,
    pub jeu: &'a str,
    pub campagne: &'a str,
}

/// Replaces the slice of a content in every read model.
pub(crate) async fn remplace(
    tx: &mut Tx,
    contenu: &Contenu,
    jeux: &[String],
    recu_le: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    // A jeu that no campaign of the quarter expects (a year’s tables, an offer) opens none.
    if jeux.iter().any(|j| j == contenu.jeu()) {
        campagne::ouvre_si_absente(tx, contenu.periode(), jeux).await?;
    }
    let code = contenu.periode().to_string();
    let tranche = Tranche { noeud: contenu.emetteur().as_str(), jeu: contenu.jeu(), campagne: &code };
    match contenu {
        Contenu::Indicateurs(c) => {
            observation::remplace(tx, &tranche, c).await?;
            fiche::remplace(tx, &tranche, c).await?;
            territoire::remplace(tx, &tranche, c.territoires()).await?;
        }
        Contenu::Dispositifs(c) => dispositif::remplace(tx, &tranche, c.dispositifs()).await?,
    }
    completude::remplace(tx, &tranche, &completude::recus(contenu), recu_le).await
}

type Valeurs<'a> = HashMap<(Audience, &'a Cle), (&'a Option<ValeurPubliee>, Statut)>;

/// How many cells or fiches differ from the revision replaced: changed, new or gone.
pub(crate) fn changements(ancien: Option<&Contenu>, nouveau: &Contenu) -> u64 {
    let n = match (ancien, nouveau) {
        (Some(Contenu::Indicateurs(a)), Contenu::Indicateurs(n)) => {
            let index: Valeurs<'_> = cellules(a).map(|(p, c)| ((p, &c.cle), (&c.valeur, c.statut))).collect();
            let communs = cellules(n).filter_map(|(p, c)| Some((c, *index.get(&(p, &c.cle))?)));
            let (communs, identiques) = communs.fold((0, 0), |(communs, identiques), (c, connue)| {
                (communs + 1, identiques + usize::from((&c.valeur, c.statut) == connue))
            });
            differences(index.len(), cellules(n).count(), communs, identiques) + fiches_changees(a, n)
        }
        (Some(Contenu::Dispositifs(a)), Contenu::Dispositifs(n)) => {
            let index: BTreeMap<_, _> = a.dispositifs().iter().map(|d| (&d.reference, d)).collect();
            let communs = n.dispositifs().iter().filter_map(|d| Some((d, *index.get(&d.reference)?)));
            let (communs, identiques) =
                communs.fold((0, 0), |(c, i), (nouveau, ancien)| (c + 1, i + usize::from(nouveau == ancien)));
            differences(a.dispositifs().len(), n.dispositifs().len(), communs, identiques)
        }
        _ => nouveau.taille(),
    };
    n as u64
}

/// Dispositifs whose figures or fiche differ from the revision replaced, those that came or went included.
pub(crate) fn dispositifs_changes(ancien: Option<&Contenu>, nouveau: &Contenu) -> BTreeSet<String> {
    match (ancien, nouveau) {
        (Some(Contenu::Indicateurs(a)), Contenu::Indicateurs(n)) => {
            let (avant, apres) = (par_dispositif(a), par_dispositif(n));
            let cles = avant.keys().chain(apres.keys()).copied();
            cles.filter(|d| avant.get(d) != apres.get(d)).map(str::to_owned).collect()
        }
        (None, Contenu::Indicateurs(n)) => par_dispositif(n).into_keys().map(str::to_owned).collect(),
        (ancien, Contenu::Dispositifs(n)) => {
            let connues: BTreeMap<_, _> = match ancien {
                Some(Contenu::Dispositifs(a)) => a.dispositifs().iter().map(|d| (&d.reference, d)).collect(),
                _ => BTreeMap::new(),
            };
            let nouvelles: BTreeMap<_, _> = n.dispositifs().iter().map(|d| (&d.reference, d)).collect();
            let references = connues.keys().chain(nouvelles.keys());
            references.filter(|r| connues.get(*r) != nouvelles.get(*r)).map(ToString::to_string).collect()
        }
        (Some(Contenu::Dispositifs(_)), Contenu::Indicateurs(n)) => {
            par_dispositif(n).into_keys().map(str::to_owned).collect()
        }
    }
}

/// Cells of each dispositif and of its structures (`BFC01/Structure Horizon`).
fn par_dispositif(contenu: &ContenuIndicateurs) -> BTreeMap<&str, Valeurs<'_>> {
    let mut tries: BTreeMap<&str, Valeurs<'_>> = BTreeMap::new();
    for (audience, c) in cellules(contenu) {
        if matches!(c.cle.niveau, Niveau::Dispositif | Niveau::Structure) {
            let dispositif = c.cle.territoire.split('/').next().unwrap_or_default();
            tries.entry(dispositif).or_default().insert((audience, &c.cle), (&c.valeur, c.statut));
        }
    }
    tries
}

fn cellules(contenu: &ContenuIndicateurs) -> impl Iterator<Item = (Audience, &CelluleProtegee)> {
    contenu.audiences().iter().flat_map(|t| t.cellules.iter().map(|c| (t.politique.audience, c)))
}

fn fiches_changees(ancien: &ContenuIndicateurs, nouveau: &ContenuIndicateurs) -> usize {
    let de = |c: &ContenuIndicateurs| -> BTreeMap<(Audience, String, String), BTreeMap<String, String>> {
        let fiches = c.audiences().iter().flat_map(|t| t.fiches.iter().map(|f| (t.politique.audience, f)));
        fiches.map(|(p, f)| ((p, f.liste.clone(), f.cle.clone()), f.champs.clone())).collect()
    };
    let (avant, apres) = (de(ancien), de(nouveau));
    let communs = apres.keys().filter(|cle| avant.contains_key(*cle)).count();
    let identiques = apres.iter().filter(|(cle, champs)| avant.get(*cle) == Some(*champs)).count();
    differences(avant.len(), apres.len(), communs, identiques)
}

/// Gone + new + changed.
fn differences(avant: usize, apres: usize, communs: usize, identiques: usize) -> usize {
    (avant - communs) + (apres - communs) + (communs - identiques)
}

//! From the records of a jeu to what each audience may read of them: those in the last state of their cycle,
//! without their internal fields, dates as months, and groups in the place of small counts.

use std::collections::BTreeMap;

use publication::contenu::FichePubliee;
use referentiel::cellule::Audience;
use referentiel::jeu::Jeu;
use referentiel::jeu::declaration::{Declaration, Liste, Rangee, Regroupement, ValeurDeclaree};
use rust_decimal::prelude::ToPrimitive as _;
use secret_statistique::TableProtegee;
use secret_statistique::regroupement::{Groupe, regrouper};

/// The records published for each audience that the jeu has.
pub fn publiees(
    jeu: &Jeu,
    declaration: &Declaration,
    protegees: &[TableProtegee],
) -> BTreeMap<Audience, Vec<FichePubliee>> {
    let mut toutes: BTreeMap<Audience, Vec<FichePubliee>> = BTreeMap::new();
    for liste in jeu.listes.iter().map(|l| l.get_ref()) {
        let rangees: Vec<&Rangee> = declaration.rangees(&liste.code).iter().filter(|r| publiable(liste, r)).collect();
        let mut places = liste.regroupement.as_ref().map(|r| places(r, &rangees));
        for (audience, seuils) in jeu.audiences.iter().filter(|(a, _)| liste.publiee_pour(**a)) {
            let fiches = match (&liste.regroupement, &mut places) {
                (Some(r), Some(places)) => {
                    // From the nearest audience to the widest: the next one groups these groups.
                    *places = regrouper(places, seuils.seuil).unwrap_or_default();
                    if !total_montre(jeu, liste, *audience, protegees) {
                        continue;
                    }
                    places.iter().map(|g| groupe(liste, r, g)).collect()
                }
                _ => rangees.iter().filter_map(|r| fiche(liste, r)).collect::<Vec<_>>(),
            };
            toutes.entry(*audience).or_default().extend(fiches);
        }
    }
    toutes
}

/// Groups give back their total: where it is masked, they would undo the mask.
fn total_montre(jeu: &Jeu, liste: &Liste, audience: Audience, protegees: &[TableProtegee]) -> bool {
    let Some(total) = jeu.total_des_groupes(liste) else { return false };
    let mut cellules = protegees.iter().filter(|t| t.politique().audience == audience).flat_map(|t| t.cellules());
    cellules.any(|c| c.cle.indicateur == total.mesure && c.cle.ventilation == total.place() && c.valeur.is_some())
}

fn publiable(liste: &Liste, rangee: &Rangee) -> bool {
    liste.cycle.as_ref().is_none_or(|cycle| {
        let etat = rangee.get(&cycle.champ).and_then(ValeurDeclaree::texte);
        etat.is_some() && etat == cycle.etats.last().map(String::as_str)
    })
}

fn fiche(liste: &Liste, rangee: &Rangee) -> Option<FichePubliee> {
    let champs = liste.publies().filter_map(|c| Some((c.code.clone(), texte(rangee.get(&c.code)?))));
    let cle = texte(rangee.get(&liste.cle)?);
    Some(FichePubliee { liste: liste.code.clone(), cle, champs: champs.collect() })
}

fn texte(valeur: &ValeurDeclaree) -> String {
    match valeur {
        ValeurDeclaree::Texte(texte) => texte.clone(),
        ValeurDeclaree::Nombre(n) => n.normalize().to_string(),
        ValeurDeclaree::Date(jour) => jour.format("%Y-%m").to_string(),
        ValeurDeclaree::OuiNon(oui) => if *oui { "oui" } else { "non" }.to_owned(),
    }
}

fn places(r: &Regroupement, rangees: &[&Rangee]) -> Vec<Groupe> {
    let mut places: BTreeMap<(String, Option<String>), u64> = BTreeMap::new();
    for rangee in rangees {
        let lu = |champ: &String| rangee.get(champ).map(texte);
        let effectif = rangee.get(&r.effectif).and_then(ValeurDeclaree::nombre).and_then(|n| n.to_u64());
        if let (Some(nom), Some(effectif)) = (lu(&r.champ), effectif) {
            *places.entry((nom, r.ensemble.as_ref().and_then(lu))).or_default() += effectif;
        }
    }
    places.into_iter().map(|((nom, ensemble), effectif)| Groupe { nom, ensemble, effectif }).collect()
}

fn groupe(liste: &Liste, r: &Regroupement, g: &Groupe) -> FichePubliee {
    let champs = [(r.champ.clone(), g.nom.clone()), (r.effectif.clone(), g.effectif.to_string())];
    FichePubliee { liste: liste.code.clone(), cle: g.nom.clone(), champs: champs.into() }
}

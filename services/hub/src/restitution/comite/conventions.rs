//! Conventions with the FIPHFP of the centres of the region: amounts and pace for those who may read them, what was
//! done by action for all. At the half-year that holds the quarter, or the last one received before.

use referentiel::periode::Trimestre;
use web::document::Bloc;
use web::{Cellule, Colonne, Table, Valeur};

use super::super::convention::alerte::{self, Alerte};
use super::super::convention::{Etat, Voulue, cellule, lit, modele};
use super::super::pages::conventions::{montants, nom_de_periode, puces};
use super::Seance;
use crate::acces::Refus;

pub(super) async fn blocs(seance: &Seance<'_>) -> Result<Option<Vec<Bloc>>, Refus> {
    let Ok(trimestre) = seance.campagne.code.parse::<Trimestre>() else { return Ok(None) };
    let lecture =
        lit(seance.guichet, Voulue::AuPlusTard(&fin_du_semestre(trimestre)), seance.demande.a_la_date).await?;
    let etats: Vec<&Etat> = lecture.etats.iter().filter(|e| e.noeud.regions.contains(&seance.demande.region)).collect();
    let Some(periode) = lecture.periode.as_deref().filter(|_| !etats.is_empty()) else { return Ok(None) };
    let periode = nom_de_periode(periode);
    let mut blocs = vec![Bloc::Paragraphe(format!("Situation à la fin du {periode}."))];
    let complets: Vec<(&Etat, Vec<Alerte>)> =
        etats.iter().filter(|e| e.complet).map(|e| (*e, alerte::alertes(e))).collect();
    if !complets.is_empty() {
        let suivis: Vec<&Etat> = complets.iter().map(|(e, _)| *e).collect();
        blocs.push(Bloc::Barres(puces("part valorisée du montant demandé", None, &suivis).en_barres()));
        blocs.push(Bloc::Table(montants(&format!("Montants des conventions, {periode}"), &complets)));
        let dites = complets.iter().flat_map(|(e, alertes)| {
            alertes.iter().map(|a| format!("{}, {} : {}", e.noeud.organisme, a.sujet.libelle().to_lowercase(), a.texte))
        });
        let dites: Vec<String> = dites.collect();
        if !dites.is_empty() {
            blocs.push(Bloc::Liste(dites));
        }
    }
    blocs.push(Bloc::Table(realise(&periode, &etats)));
    Ok(Some(blocs))
}

/// The half-year that holds a quarter is known by its last quarter.
fn fin_du_semestre(trimestre: Trimestre) -> String {
    let dernier = if trimestre.rang() <= 2 { 2 } else { 4 };
    format!("{}-T{dernier}", trimestre.annee())
}

/// What was done, actions in rows and centres in columns.
fn realise(periode: &str, etats: &[&Etat]) -> Table {
    let ligne = |code: &str, libelle: &str, unite: &str| -> Vec<Cellule> {
        let faites =
            etats.iter().map(|e| cellule(e.lit("FP_REALISE", Some(code)), |d| Valeur::Decimal(d.normalize())).into());
        std::iter::once(Cellule::from(format!("{code} {libelle} ({unite})"))).chain(faites).collect()
    };
    Table {
        identifiant: "realise",
        titre: format!("Réalisé par action, {periode}"),
        colonnes: std::iter::once(Colonne::texte("Action"))
            .chain(etats.iter().map(|e| Colonne::nombre(e.noeud.organisme.as_str())))
            .collect(),
        lignes: modele().actions.iter().map(|a| ligne(&a.code, &a.libelle, &a.unite)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_reads_the_half_year_that_holds_it() {
        let fin = |code: &str| fin_du_semestre(code.parse().unwrap());
        assert_eq!(["2026-T1", "2026-T2", "2026-T3", "2026-T4"].map(fin), ["2026-T2", "2026-T2", "2026-T4", "2026-T4"]);
    }
}

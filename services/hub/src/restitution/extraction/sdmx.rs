//! The cells of a data set as SDMX-CSV 2.0, for statistical services: codes, never labels, with the status
//! of each observation (`CL_OBS_STATUS`) and its confidentiality (`CL_CONF_STATUS`).

use hub_storage::observation::Observation;
use referentiel::cellule::Statut;
use referentiel::jeu::Jeu;

/// Code of « all of them » on an axis.
const TOTAL: &str = "_T";

/// Writes the cells; the order of rows is that of the API.
pub fn csv(jeu: &Jeu, lues: &[Observation]) -> Result<Vec<u8>, csv::Error> {
    let structure = format!("MAILLAGE:{}({})", jeu.code.replace('.', "_").to_uppercase(), jeu.version);
    let mut sortie = csv::Writer::from_writer(Vec::new());
    let debut =
        ["STRUCTURE", "STRUCTURE_ID", "ACTION", "TIME_PERIOD", "INDICATEUR", "NIVEAU", "TERRITOIRE", "EMETTEUR"];
    let axes = jeu.axes.iter().map(|a| a.code.to_uppercase());
    let fin = ["OBS_VALUE", "NUMERATEUR", "DENOMINATEUR", "OBS_STATUS", "CONF_STATUS"];
    sortie.write_record(debut.map(str::to_owned).into_iter().chain(axes).chain(fin.map(str::to_owned)))?;
    for o in lues {
        sortie.write_record(ligne(jeu, &structure, o))?;
    }
    sortie.into_inner().map_err(|e| csv::Error::from(e.into_error()))
}

fn ligne(jeu: &Jeu, structure: &str, o: &Observation) -> Vec<String> {
    let place = |axe: &str| {
        let mut places = o.rang.ventilation.split(',').filter_map(|c| c.split_once('='));
        places.find(|(code, _)| *code == axe).map_or(TOTAL, |(_, modalite)| modalite).to_owned()
    };
    let taux = o.rapport.and_then(|(n, d)| n.checked_div(d)).map(|t| t.round_dp(6));
    let nombre = |d: Option<referentiel::Decimal>| d.map(|d| d.normalize().to_string()).unwrap_or_default();
    let (statut, confidentialite) = codes(o.statut);
    let debut = [
        "dataflow".to_owned(),
        structure.to_owned(),
        "I".to_owned(),
        // SDMX writes a quarter 2026-Q1.
        o.rang.campagne.replace("-T", "-Q"),
        o.rang.indicateur.clone(),
        o.rang.niveau.clone(),
        o.rang.territoire.clone(),
        o.rang.noeud.clone(),
    ];
    let fin = [
        nombre(o.valeur.or(taux)),
        nombre(o.rapport.map(|(n, _)| n)),
        nombre(o.rapport.map(|(_, d)| d)),
        statut.to_owned(),
        confidentialite.to_owned(),
    ];
    debut.into_iter().chain(jeu.axes.iter().map(|a| place(&a.code))).chain(fin).collect()
}

/// `CL_OBS_STATUS` 2.2 and `CL_CONF_STATUS` 1.2. Which masked cell was masked first is nobody’s business.
fn codes(statut: Statut) -> (&'static str, &'static str) {
    match statut {
        Statut::Publie | Statut::Revise => ("A", "F"),
        Statut::Provisoire => ("P", "F"),
        // Not the true count: obtained from it by a rule.
        Statut::Arrondi => ("E", "F"),
        Statut::Secret => ("Q", "C"),
        Statut::NonTransmis => ("L", "F"),
        Statut::SansObjet => ("M", "F"),
        Statut::NonSignificatif => ("N", "F"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_cell_is_missing_and_confidential_and_only_that_one() {
        for code in
            ["publie", "secret", "non_transmis", "sans_objet", "non_significatif", "provisoire", "revise", "arrondi"]
        {
            let statut = Statut::depuis_code(code).unwrap();
            let (obs, conf) = codes(statut);
            assert_eq!(conf == "C", code == "secret", "{code}");
            assert_eq!(["A", "P", "E"].contains(&obs), statut.montre_valeur(), "{code}");
        }
    }
}

//! The decision table of an offer as records of `offre.services`: what « offre tarif » answers and what the
//! other centres read are the same rows, written once.

use dossier::convention::suivi::{Suivi, Tarif};
use referentiel::jeu::declaration::{Rangee, ValeurDeclaree};

/// List of the jeu that holds tariffs.
pub const LISTE: &str = "tarif";

/// One record for each row of the decision table, in the order in which they decide.
pub fn tarifs(offre: &Suivi) -> Vec<Rangee> {
    (1..).zip(&offre.tarifs).map(|(rang, tarif)| rangee(offre, rang, tarif)).collect()
}

fn rangee(offre: &Suivi, rang: usize, t: &Tarif) -> Rangee {
    let texte = |t: String| ValeurDeclaree::Texte(t);
    let prestation = offre.actions.iter().find(|a| a.code == t.action).map_or(&t.action, |a| &a.libelle);
    let prix = t.prix_eur.map(|p| ("prix", ValeurDeclaree::Nombre(p)));
    let champs = [
        ("code", texte(format!("{}-{rang}", offre.code))),
        ("prestation", texte(prestation.clone())),
        ("situation", texte(situation(t))),
        ("possible", ValeurDeclaree::OuiNon(t.prix_eur.is_some())),
        ("motif", texte(t.motif.clone())),
        ("en_vigueur", ValeurDeclaree::Date(t.depuis)),
    ];
    champs.into_iter().chain(prix).map(|(champ, valeur)| (champ.to_owned(), valeur)).collect()
}

/// The criteria of a row, in words.
fn situation(t: &Tarif) -> String {
    let dit = |critere: Option<bool>, oui: &'static str, non: &'static str| critere.map(|c| if c { oui } else { non });
    let criteres = [
        dit(t.affiliee, "collectivité affiliée", "collectivité non affiliée"),
        dit(t.suivi_commission, "agent suivi par la commission", "agent non suivi par la commission"),
        dit(
            t.convention_fiphfp,
            "collectivité conventionnée avec le FIPHFP",
            "collectivité sans convention avec le FIPHFP",
        ),
    ];
    let criteres: Vec<&str> = criteres.into_iter().flatten().collect();
    if criteres.is_empty() { "toute situation".to_owned() } else { criteres.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::convention::suivi::suivi;
    use referentiel::jeu::jeu;

    #[test]
    fn the_rows_of_the_decision_table_fit_the_list_of_the_jeu() {
        let lignes = tarifs(suivi("cdg31-bilans-reperes").unwrap());
        assert_eq!(lignes.len(), 7);
        let liste = jeu("offre.services").unwrap().liste(LISTE).unwrap();
        for ligne in &lignes {
            assert!(ligne.keys().all(|champ| liste.champ(champ).is_some()), "{ligne:?}");
            assert!(liste.champs.iter().all(|c| !c.obligatoire || ligne.contains_key(&c.code)), "{ligne:?}");
        }
        assert_eq!(lignes[2]["situation"].texte().map(|t| t.matches(',').count()), Some(2));
        assert!(!lignes[2].contains_key("prix"), "impossible has no price");
    }
}

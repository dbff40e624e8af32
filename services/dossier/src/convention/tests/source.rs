//! The forty-four situations that come with the convention, and their expected verdicts.

use serde::Deserialize;

use super::super::evaluer_json;

const SOURCE: &str = include_str!("situations_v5.json");

#[derive(Deserialize)]
struct Attendus {
    situations: Vec<SituationAttendue>,
    total_attendu_eur: u64,
}

#[derive(Deserialize)]
struct SituationAttendue {
    id: String,
    attendu: Attendu,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Attendu {
    verdict: String,
    regle: Option<String>,
    montant_eur: u64,
}

#[derive(Deserialize)]
struct Rendu {
    verdicts: Vec<VerdictRendu>,
    total_eur: u64,
}

#[derive(Deserialize)]
struct VerdictRendu {
    id: String,
    verdict: String,
    regle: Option<String>,
    montant_eur: u64,
    explication: String,
}

#[test]
fn the_situations_of_the_source_get_their_verdicts_to_the_euro() {
    let attendus: Attendus = serde_json::from_str(SOURCE).unwrap();
    let rendu: Rendu = serde_json::from_str(&evaluer_json(SOURCE).unwrap()).unwrap();
    assert_eq!(attendus.situations.len(), rendu.verdicts.len());
    for (situation, lu) in attendus.situations.into_iter().zip(rendu.verdicts) {
        assert_eq!(situation.id, lu.id);
        let verdict = Attendu { verdict: lu.verdict, regle: lu.regle, montant_eur: lu.montant_eur };
        assert_eq!(verdict, situation.attendu, "{} : {}", lu.id, lu.explication);
        assert!(lu.explication.ends_with('.'), "{}", lu.explication);
    }
    assert_eq!(rendu.total_eur, attendus.total_attendu_eur);
}

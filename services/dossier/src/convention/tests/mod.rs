//! Tests of the whole engine: the situations of the source, each rule on its own, then properties.

mod proprietes;
mod regles;
mod source;

use super::situation::{Contrat, Employeur, Situation};

/// A situation that every rule of its action accepts.
pub fn admise(id: &str, action: &str, personne: &str) -> Situation {
    let jour = |texte: &str| texte.parse().unwrap();
    let contrat = |genre: &str, fin: Option<&str>| Contrat {
        genre: genre.to_owned(),
        debut: jour("2026-02-01"),
        fin: fin.map(jour),
    };
    let modele = Situation {
        id: id.to_owned(),
        action: action.to_owned(),
        personne: Some(personne.to_owned()),
        employeur: Employeur {
            siret: Some("26920037400016".to_owned()),
            bcr: None,
            versant: Some("FPT".to_owned()),
            affiliation: Some("obligatoire".to_owned()),
        },
        qualite: Some("BOE".to_owned()),
        ..Situation::default()
    };
    match action {
        "2.1" => Situation {
            public: Some("interim".to_owned()),
            contrats: vec![contrat("CDD", Some("2026-07-31"))],
            ..modele
        },
        "2.2" => Situation {
            public: Some("interim".to_owned()),
            fin_parcours: Some(jour("2026-01-31")),
            contrats: vec![contrat("CDI", None)],
            ..modele
        },
        _ => Situation {
            debut: Some(jour("2026-02-01")),
            fin: Some(jour("2027-01-31")),
            prescription_medicale: true,
            aides_mobilisees: true,
            avis_materiels: true,
            desinsertion_constatee_medecin: true,
            preuve_accompagnement: true,
            ..modele
        },
    }
}

//! What a check says of a workbook: a status, counts, the anomalies cell by cell, and the checked
//! fiches when they may be imported. Written as JSON for machines and as French text for people.

use std::fmt;

use dossier::Remontee;
use dossier::lecture::ClasseurLu;
use referentiel::controle::{Anomalie, Severite};
use referentiel::format;
use serde::{Deserialize, Serialize};
use tableur::{AnomalieSituee, Illisible, Positions};

/// Verdict on a workbook. Crosses the boundary of the process that reads untrusted files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it can be imported.
    pub statut: Statut,
    /// How many of each thing.
    pub comptes: Comptes,
    /// What was found: what blocks first, then in the order of the sheets, rows and columns.
    pub anomalies: Vec<AnomalieSituee>,
    /// The checked fiches, when nothing blocks.
    pub remontee: Option<Remontee>,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: String,
}

/// What can be done with a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statut {
    /// Nothing to say.
    Conforme,
    /// Can be imported; comments are asked for.
    Avertissements,
    /// Refused until mended.
    Bloque,
    /// Not a workbook that can be read.
    Illisible,
}

/// How many of each thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comptes {
    /// Fiches dispositif.
    pub dispositifs: usize,
    /// Fiches personne.
    pub personnes: usize,
    /// Fiches évènement.
    pub evenements: usize,
    /// Blocking anomalies.
    pub bloquants: usize,
    /// Warnings.
    pub avertissements: usize,
    /// Remarks.
    pub informations: usize,
}

/// Code of the anomaly of a file that cannot be read; it is no check of the catalogue.
const FICHIER_ILLISIBLE: &str = "fichier-illisible";

impl Verdict {
    pub(super) fn nouveau(
        classeur: &ClasseurLu,
        anomalies: Vec<Anomalie>,
        positions: &Positions,
        remontee: Option<Remontee>,
        empreinte: String,
    ) -> Self {
        let anomalies = situees(anomalies, positions);
        let combien = |severite| anomalies.iter().filter(|a| a.severite == severite).count();
        let comptes = Comptes {
            dispositifs: classeur.dispositifs.len(),
            personnes: classeur.personnes.len(),
            evenements: classeur.evenements.len(),
            bloquants: combien(Severite::Bloquant),
            avertissements: combien(Severite::Avertissement),
            informations: combien(Severite::Information),
        };
        let statut = match comptes {
            Comptes { bloquants: 0, avertissements: 0, .. } => Statut::Conforme,
            Comptes { bloquants: 0, .. } => Statut::Avertissements,
            _ => Statut::Bloque,
        };
        Self { statut, comptes, anomalies, remontee: remontee.filter(|_| statut != Statut::Bloque), empreinte }
    }

    pub(super) fn illisible(raison: &Illisible, empreinte: String) -> Self {
        Self::refus(raison.to_string(), empreinte)
    }

    /// Verdict on a file that was not read at all: the reason is a French sentence. Also for whoever
    /// watches over the reading process, when it exceeds its bounds.
    pub fn refus(raison: String, empreinte: String) -> Self {
        let anomalie = AnomalieSituee {
            controle: FICHIER_ILLISIBLE.to_owned(),
            severite: Severite::Bloquant,
            feuille: None,
            cellule: None,
            lu: None,
            attendu: None,
            message: raison,
            correction: None,
            nombre: None,
        };
        let comptes = Comptes { bloquants: 1, ..Comptes::default() };
        Self { statut: Statut::Illisible, comptes, anomalies: vec![anomalie], remontee: None, empreinte }
    }

    /// Exit code of the command: 0 when nothing blocks, 1 when something does, 2 when unreadable.
    pub fn code_de_sortie(&self) -> u8 {
        match self.statut {
            Statut::Conforme | Statut::Avertissements => 0,
            Statut::Bloque => 1,
            Statut::Illisible => 2,
        }
    }

    /// The JSON of the command's contract: status, counts and anomalies, never the fiches.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "statut": self.statut, "comptes": self.comptes, "anomalies": self.anomalies })
    }
}

/// Gives each anomaly its cell, and sorts: weight, sheet, row, column, check.
fn situees(mut anomalies: Vec<Anomalie>, positions: &Positions) -> Vec<AnomalieSituee> {
    anomalies.sort_by_cached_key(|a| {
        let cellule = positions.cellule(&a.place).1;
        // Letters of the same length compare as columns do; the row comes before them.
        let colonne = cellule.map(|c| c.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()).unwrap_or_default();
        (a.severite, a.place.fiche, a.place.ligne, colonne.len(), colonne, a.controle.clone())
    });
    anomalies.into_iter().map(|a| positions.situe(a)).collect()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = &self.comptes;
        match self.statut {
            Statut::Conforme => writeln!(f, "Classeur conforme.")?,
            Statut::Avertissements => writeln!(f, "Classeur accepté, avec des avertissements à commenter.")?,
            Statut::Bloque => writeln!(f, "Classeur refusé : rien n’a été enregistré.")?,
            Statut::Illisible => writeln!(f, "Fichier illisible : rien n’a été enregistré.")?,
        }
        if self.statut != Statut::Illisible {
            let compte = |n: usize, un: &str, plusieurs: &str| format::compte(n as u64, un, plusieurs);
            writeln!(
                f,
                "{}, {}, {} lus.",
                compte(c.dispositifs, "dispositif", "dispositifs"),
                compte(c.personnes, "personne", "personnes"),
                compte(c.evenements, "évènement", "évènements")
            )?;
        }
        for (severite, titre) in [
            (Severite::Bloquant, "À corriger avant le dépôt"),
            (Severite::Avertissement, "À vérifier ou à commenter"),
            (Severite::Information, "Pour information"),
        ] {
            let groupe: Vec<_> = self.anomalies.iter().filter(|a| a.severite == severite).collect();
            if !groupe.is_empty() {
                writeln!(f, "\n{titre} ({}) :", groupe.len())?;
            }
            groupe.into_iter().try_for_each(|anomalie| ecrit(f, anomalie))?;
        }
        Ok(())
    }
}

fn ecrit(f: &mut fmt::Formatter<'_>, anomalie: &AnomalieSituee) -> fmt::Result {
    let place = match (&anomalie.feuille, &anomalie.cellule) {
        (Some(feuille), Some(cellule)) => format!("{feuille} {cellule}"),
        (Some(feuille), None) => feuille.clone(),
        (None, _) => "Fichier".to_owned(),
    };
    writeln!(f, "  {place} [{}] {}", anomalie.controle, anomalie.message)?;
    match &anomalie.correction {
        Some(correction) => writeln!(f, "    → proposition : {correction}"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saisie::{Contexte, verifier};

    const PLATEFORME: &str = "Plateforme emploi accompagné 08";

    /// A small workbook of the layout of annexe 2, as text cells: twelve persons, one event each.
    /// `faute` changes what is written in a cell, given its sheet and its name.
    fn classeur(faute: impl Fn(&str, &str) -> Option<&'static str>) -> Vec<u8> {
        let mut fichier = rust_xlsxwriter::Workbook::new();
        let modele = tableur::Modele::cfea();
        for feuille in modele.feuilles() {
            let onglet = fichier.add_worksheet().set_name(&feuille.nom).unwrap();
            let lignes = if feuille.nom == "Dispositif" { 1 } else { 12 };
            for (colonne, champ) in (0u16..).zip(feuille.champs()) {
                onglet.write_string(0, colonne, &champ.entete).unwrap();
                for ligne in 1..=lignes {
                    let cellule = tableur::position::a1(colonne.into(), ligne + 1);
                    let juste = valeur(&champ.identifiant, ligne);
                    let ecrit = faute(&feuille.nom, &cellule).map_or(juste, str::to_owned);
                    onglet.write_string(ligne, colonne, ecrit).unwrap();
                }
            }
        }
        fichier.save_to_buffer().unwrap()
    }

    fn valeur(champ: &str, ligne: u32) -> String {
        match champ {
            "reference_dispositif" | "personne_reference_dispositif" | "evt_reference_dispositif" => "GES04".into(),
            "nom_dispositif" | "dispositif_accompagnant" | "evt_nom_dispositif" => PLATEFORME.into(),
            "code_departement" => "08".into(),
            "region_dispositif" | "evt_region" => "Grand Est".into(),
            "nom_departement" | "evt_departement" => "Ardennes".into(),
            "statut_dispositif" => "En activité".into(),
            "structures_rattachees" => "Structure Seine Ouest ; Structure Horizon".into(),
            "capacite_accompagnement" => "12".into(),
            "etp_total" => "1,5".into(),
            "etp_hors_administratifs" => "1".into(),
            "nb_professionnels_hors_administratifs" => "2".into(),
            "reference_personne" | "evt_reference_personne" => format!("GES04{:09}", ligne * 7_368_787),
            "structure_accompagnante" => "structure HORIZON".into(),
            "date_naissance" => format!("{ligne:02}/04/1988"),
            "date_entree" => "10/02/2024".into(),
            "sexe" => "femme".into(),
            "handicap_principal" => "Troubles du psychisme".into(),
            "duree_sans_emploi_mois" => "14".into(),
            "orientation" => "MDPH".into(),
            "statut_evenement" => "Suivi par le dispositif".into(),
            "niveau_soutien" => "Suivi – de 2 à 8h/mois".into(),
            "emploi_date_evenement" | "emploi_dernier_mois" => "CDI".into(),
            "formation_date_evenement" | "formation_dernier_mois" => "Sans objet".into(),
            "date_evenement" => "31/03/2026".into(),
            _ => String::new(),
        }
    }

    fn places(verdict: &Verdict) -> Vec<(&str, &str)> {
        let bloquantes = verdict.anomalies.iter().filter(|a| a.severite == Severite::Bloquant);
        bloquantes.map(|a| (a.controle.as_str(), a.cellule.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn a_conforming_workbook_carries_its_fiches() {
        let verdict = verifier(&classeur(|_, _| None), &Contexte::default());
        assert_eq!((verdict.statut, verdict.code_de_sortie()), (Statut::Conforme, 0), "{verdict}");
        let remontee = verdict.remontee.as_ref().unwrap();
        assert_eq!((remontee.trimestre.to_string().as_str(), remontee.personnes.len()), ("2026-T1", 12));
        assert_eq!(remontee.personnes[0].structure, "Structure Horizon");
        assert_eq!(remontee.dispositifs[0].departement.as_ref().unwrap().as_str(), "08");
        assert_eq!(verdict.empreinte.len(), 64);
        let relu: Verdict = serde_json::from_str(&serde_json::to_string(&verdict).unwrap()).unwrap();
        assert_eq!(relu, verdict, "it crosses a process boundary whole");
    }

    #[test]
    fn anomalies_come_with_their_cells_the_blocking_ones_first_in_reading_order() {
        let verdict = verifier(
            &classeur(|feuille, cellule| match (feuille, cellule) {
                ("Évènements", "A5") => Some("3"),
                ("Évènements", "I4") => Some(""),
                ("Évènements", "K3") => Some("CDI intérimaire"),
                ("Personnes", "E3") => Some("Structure inconnue"),
                ("Personnes", "F2") => Some("31/02/1990"),
                ("Personnes", "M2") => Some(""),
                ("Dispositif", "N2") => Some("2,5"),
                _ => None,
            }),
            &Contexte::default(),
        );
        let attendues = [
            ("C-DI-03", "N2"),
            ("C-CL-03", "F2"),
            ("C-PE-04", "E3"),
            ("C-CL-04", "K3"),
            ("C-EV-03", "I4"),
            ("C-EV-01", "A5"),
        ];
        assert_eq!(places(&verdict), attendues);
        assert_eq!((verdict.statut, verdict.code_de_sortie()), (Statut::Bloque, 1));
        assert!(verdict.remontee.is_none());
        let premier_avertissement = verdict.anomalies.iter().find(|a| a.severite == Severite::Avertissement).unwrap();
        assert_eq!(
            (premier_avertissement.controle.as_str(), premier_avertissement.cellule.as_deref()),
            ("C-PE-10", Some("M2"))
        );
    }

    #[test]
    fn the_json_is_that_of_the_contract() {
        let verdict = verifier(
            &classeur(|f, c| (f == "Personnes" && c == "A2").then_some("GES0400736878")),
            &Contexte::default(),
        );
        let json = verdict.json();
        assert_eq!(json["statut"], "bloque");
        assert_eq!(json["comptes"]["personnes"], 12);
        assert_eq!(json["comptes"]["bloquants"], 1, "{verdict}");
        let anomalie = &json["anomalies"][0];
        assert_eq!((&anomalie["controle"], &anomalie["severite"]), (&"C-PE-01".into(), &"bloquant".into()));
        assert_eq!((&anomalie["feuille"], &anomalie["cellule"]), (&"Personnes".into(), &"A2".into()));
        assert_eq!(anomalie["correction"], "GES04007368787", "the reference of the event left alone");
        assert!(json.get("remontee").is_none());
    }

    #[test]
    fn what_is_no_workbook_gives_one_anomaly() {
        for octets in [&b""[..], b"bonjour", b"PK\x03\x04 et puis rien"] {
            let verdict = verifier(octets, &Contexte::default());
            assert_eq!((verdict.statut, verdict.code_de_sortie()), (Statut::Illisible, 2));
            assert_eq!(verdict.anomalies.len(), 1);
            assert_eq!(verdict.json()["anomalies"][0]["controle"], "fichier-illisible");
        }
    }

    #[test]
    fn the_text_groups_by_weight() {
        let texte = verifier(&classeur(|f, c| (f == "Évènements" && c == "I4").then_some("")), &Contexte::default())
            .to_string();
        assert!(texte.starts_with("Classeur refusé : rien n’a été enregistré."), "{texte}");
        let (bloque, information) = (texte.find("À corriger").unwrap(), texte.find("Pour information").unwrap());
        assert!(bloque < information && texte.contains("Évènements I4 [C-EV-03]"), "{texte}");
    }
}

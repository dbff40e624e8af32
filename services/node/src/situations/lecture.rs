//! From the rows of a table to cases, with the anomalies cell by cell. No store is looked at here.

use std::collections::HashMap;

use chrono::NaiveDate;
use dossier::convention::cas::{Cas, Genre, ValeurDeChamp, genre};
use referentiel::controle::{Severite, controle_connu};
use referentiel::identifiant::Siret;
use referentiel::texte::plie;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tableur::tableau::{self, Demande, LigneTableau, TableauLu};
use tableur::{AnomalieSituee, Illisible, Valeur};

use super::correspondance::{Colonne, Correspondance};

/// A case and the row it was read on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CasLu {
    /// The case.
    pub cas: Cas,
    /// Cell of its identifier.
    pub cellule: String,
}

/// What was understood of a table. Crosses the boundary of the process that reads untrusted files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableauInterprete {
    /// Sheet that was read.
    pub feuille: String,
    /// Rows with something in them.
    pub lignes: usize,
    /// Cases.
    pub cas: Vec<CasLu>,
    /// Anomalies.
    pub anomalies: Vec<AnomalieSituee>,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: String,
}

/// Words for yes and for no.
const OUI: [&str; 6] = ["oui", "o", "x", "vrai", "1", "fait"];
const NON: [&str; 6] = ["non", "n", "faux", "0", "-", ""];

/// Reads a table through its mapping.
pub fn interprete(octets: &[u8], csv: bool, c: &Correspondance) -> Result<TableauInterprete, Illisible> {
    let champs = c.champs();
    let demande = Demande { feuille: c.feuille.as_deref(), champs: &champs, ignorees: &c.ignorees, csv };
    let mut lu = tableau::lire(octets, &demande)?;
    let empreinte = Sha256::digest(octets).iter().map(|o| format!("{o:02x}")).collect();
    let mut interprete = TableauInterprete {
        feuille: lu.feuille.clone(),
        lignes: lu.lignes.len(),
        anomalies: std::mem::take(&mut lu.anomalies),
        empreinte,
        ..TableauInterprete::default()
    };
    let place_id = c.colonnes.iter().position(|colonne| colonne.champ == "id").unwrap_or(0);
    let mut vus: HashMap<String, String> = HashMap::new();
    for ligne in &lu.lignes {
        let cellule = lu.cellule(place_id, ligne.numero);
        let mut rangee = Rangee { lu: &lu, ligne, anomalies: &mut interprete.anomalies };
        let cas = rangee.cas(c);
        rangee.verifie(c, &cas, &cellule);
        match vus.get(&cas.situation.id) {
            _ if cas.situation.id.is_empty() => {}
            Some(premiere) => {
                let message = format!(
                    "Le numéro « {} » est déjà en {premiere} : donnez un numéro à chaque situation.",
                    cas.situation.id
                );
                rangee.signale("numero-repete", &cellule, &cas.situation.id, "un numéro par situation", message);
            }
            None => {
                vus.insert(cas.situation.id.clone(), cellule.clone());
                interprete.cas.push(CasLu { cas, cellule });
            }
        }
    }
    Ok(interprete)
}

/// A row being turned into a case.
struct Rangee<'a> {
    lu: &'a TableauLu,
    ligne: &'a LigneTableau,
    anomalies: &'a mut Vec<AnomalieSituee>,
}

impl Rangee<'_> {
    fn cas(&mut self, c: &Correspondance) -> Cas {
        let mut cas = Cas { suivi_par: c.suivi.clone(), ..Cas::default() };
        cas.situation.action = c.action.clone().unwrap_or_default();
        for (champ, valeur) in &c.constantes {
            cas.pose(champ, ValeurDeChamp::Texte(valeur.clone()));
        }
        for (rang, colonne) in c.colonnes.iter().enumerate() {
            let Some(valeur) = self.ligne.valeurs.get(rang) else { continue };
            if let Some(valeur) = self.valeur(rang, colonne, valeur) {
                cas.pose(&colonne.champ, valeur);
            }
        }
        cas
    }

    fn valeur(&mut self, rang: usize, colonne: &Colonne, valeur: &Valeur<'_>) -> Option<ValeurDeChamp> {
        match valeur {
            Valeur::Date(jour) => Some(ValeurDeChamp::Date(*jour)),
            Valeur::Entier(n) => Some(ValeurDeChamp::Entier(*n)),
            Valeur::Decimal(n) => Some(ValeurDeChamp::Montant(*n)),
            Valeur::Texte(texte) => self.texte(rang, colonne, texte),
            _ => None,
        }
    }

    fn texte(&mut self, rang: usize, colonne: &Colonne, texte: &str) -> Option<ValeurDeChamp> {
        let lu = plie(texte);
        let declaree = colonne.valeurs.iter().find(|(ecrit, _)| plie(ecrit) == lu).map(|(_, sens)| sens.clone());
        let sens = match declaree {
            Some(sens) => sens,
            None if colonne.valeurs.is_empty() => texte.to_owned(),
            None => {
                let connues: Vec<String> = colonne.valeurs.keys().map(|v| format!("« {v} »")).collect();
                return self.hors_liste(rang, colonne, texte, &connues.join(", "));
            }
        };
        if genre(&colonne.champ) != Some(Genre::OuiNon) {
            // One employer has one number, however it is spaced: rules count employers by it.
            let siret = sens.parse::<Siret>().ok().filter(|_| colonne.champ == "employeur.siret");
            return Some(ValeurDeChamp::Texte(siret.map_or(sens, |siret| siret.to_string())));
        }
        match plie(&sens).as_str() {
            oui if OUI.contains(&oui) => Some(ValeurDeChamp::OuiNon(true)),
            non if NON.contains(&non) => Some(ValeurDeChamp::OuiNon(false)),
            _ => self.hors_liste(rang, colonne, texte, "« oui », « non »"),
        }
    }

    fn hors_liste(&mut self, rang: usize, colonne: &Colonne, lu: &str, connues: &str) -> Option<ValeurDeChamp> {
        let cellule = self.lu.cellule(rang, self.ligne.numero);
        let message = format!(
            "« {lu} » n’est pas une valeur de « {} » : écrivez {connues}, ou déclarez-la dans la correspondance.",
            colonne.entete
        );
        self.signale("C-CL-04", &cellule, lu, connues, message);
        None
    }

    /// What a case must have to be stored at all.
    fn verifie(&mut self, c: &Correspondance, cas: &Cas, cellule: &str) {
        let situation = &cas.situation;
        if situation.id.trim().is_empty() {
            self.signale(
                "numero-absent",
                cellule,
                "vide",
                "un numéro",
                "Cette ligne n’a pas de numéro de situation.".to_owned(),
            );
        }
        if let Some(suivi) = c.suivi().filter(|s| !s.connait(&situation.action)) {
            let connues = suivi.actions_connues().join(", ");
            let lue = if situation.action.is_empty() { "vide" } else { &situation.action };
            let message = format!("« {lue} » n’est pas une action de {} : écrivez {connues}.", suivi.libelle);
            let place = self.place(c, "action", cellule);
            self.signale("C-FI-08", &place, lue, &connues, message);
            // An action that does not exist has neither price nor documents: the row cannot be stored.
            if let Some(derniere) = self.anomalies.last_mut() {
                derniere.severite = Severite::Bloquant;
            }
        }
        if let Some(siret) = &situation.employeur.siret
            && let Err(e) = siret.parse::<Siret>()
        {
            let place = self.place(c, "employeur.siret", cellule);
            self.signale("C-FI-15", &place, siret, "14 chiffres et une clé juste", e.to_string());
        }
        for (rang, contrat) in situation.contrats.iter().enumerate() {
            if contrat.debut == NaiveDate::MIN || contrat.genre.is_empty() {
                let message = format!("Le contrat n° {} n’a pas à la fois un type et une date de début.", rang + 1);
                let place = self.place(c, &format!("contrat{}.debut", rang + 1), cellule);
                self.signale("C-FI-14", &place, "incomplet", "un type et une date de début", message);
            }
        }
        let chiffres = |t: &str| t.chars().filter(char::is_ascii_digit).count();
        if situation.personne.as_deref().is_some_and(|p| chiffres(p) >= 13) {
            let message =
                "Ce code de personne ressemble à un numéro de sécurité sociale : donnez un code neutre.".to_owned();
            let place = self.place(c, "personne", cellule);
            self.signale("C-PE-02", &place, "13 chiffres ou plus", "un code neutre", message);
        }
    }

    fn place(&self, c: &Correspondance, champ: &str, sinon: &str) -> String {
        let rang = c.colonnes.iter().position(|colonne| colonne.champ == champ);
        rang.map_or_else(|| sinon.to_owned(), |rang| self.lu.cellule(rang, self.ligne.numero))
    }

    fn signale(&mut self, controle: &str, cellule: &str, lu: &str, attendu: &str, message: String) {
        self.anomalies.push(AnomalieSituee {
            controle: controle.to_owned(),
            severite: controle_connu(controle).map_or(Severite::Bloquant, |c| c.severite),
            feuille: Some(self.lu.feuille.clone()),
            cellule: Some(cellule.to_owned()),
            lu: Some(lu.to_owned()),
            attendu: Some(attendu.to_owned()),
            message,
            correction: None,
            nombre: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CORRESPONDANCE: &str = r#"
code = "recrutements"
suivi = "fiphfp-v5"
ignorees = ["Observations"]
[constantes]
"employeur.versant" = "FPT"
[[colonne]]
entete = "N°"
champ = "id"
[[colonne]]
entete = "Action"
champ = "action"
[[colonne]]
entete = "Agent"
champ = "personne"
[[colonne]]
entete = "SIRET"
champ = "employeur.siret"
[[colonne]]
entete = "Public"
champ = "public"
valeurs = { "Intérim" = "interim", "Demandeur d’emploi" = "demandeur_emploi" }
[[colonne]]
entete = "Contrat"
champ = "contrat1.type"
[[colonne]]
entete = "Début"
champ = "contrat1.debut"
[[colonne]]
entete = "Fin"
champ = "contrat1.fin"
[[colonne]]
entete = "Service fait"
champ = "service_fait"
"#;

    fn lu(lignes: &str) -> TableauInterprete {
        let texte = format!("N°;Action;Agent;SIRET;Public;Contrat;Début;Fin;Service fait;Observations\n{lignes}");
        interprete(texte.as_bytes(), true, &Correspondance::lit(CORRESPONDANCE).unwrap()).unwrap()
    }

    fn codes(t: &TableauInterprete) -> Vec<String> {
        t.anomalies.iter().map(|a| format!("{} {}", a.controle, a.cellule.as_deref().unwrap_or("-"))).collect()
    }

    #[test]
    fn a_row_becomes_a_case() {
        let t = lu("R1;2.1;A7;26920037400016;INTERIM;CDD;01/02/2026;31/07/2026;oui;bla\n");
        assert_eq!(codes(&t), Vec::<String>::new());
        let cas = &t.cas[0].cas;
        assert_eq!((cas.situation.id.as_str(), cas.situation.public.as_deref()), ("R1", Some("interim")));
        assert_eq!(cas.situation.employeur.versant.as_deref(), Some("FPT"));
        assert_eq!(cas.situation.contrats[0].fin, "2026-07-31".parse().ok());
        assert_eq!(cas.situation.service_fait, Some(true));
        assert_eq!(t.empreinte.len(), 64);
    }

    #[test]
    fn each_fault_is_told_at_its_cell() {
        let t = lu(concat!(
            "R1;2.1;A7;26920037400017;Intérim;CDD;01/02/2026;31/07/2026;oui;\n",
            "R1;2.1;A8;26920037400016;Stagiaire;CDD;31/02/2026;;peut-être;\n",
            ";9.9;1850270123456;;;;;;;\n",
        ));
        let attendues = [
            "C-CL-03 G3",
            "C-FI-15 D2",
            "C-CL-04 E3",
            "C-CL-04 I3",
            "C-FI-14 G3",
            "numero-repete A3",
            "numero-absent A4",
            "C-FI-08 B4",
            "C-PE-02 C4",
        ];
        assert_eq!(codes(&t), attendues);
        assert!(t.anomalies.iter().all(|a| a.severite == Severite::Bloquant));
        assert!(!format!("{:?}", t.anomalies).contains("1850270123456"), "the number is not repeated");
    }

    #[test]
    fn it_crosses_a_process_boundary_whole() {
        let t = lu("R1;2.2;A7;26920037400016;Intérim;CDI;01/02/2026;;;\n");
        let relu: TableauInterprete = serde_json::from_str(&serde_json::to_string(&t).unwrap()).unwrap();
        assert_eq!(relu, t);
    }
}

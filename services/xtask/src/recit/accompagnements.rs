//! Ten months of invented accompaniments of a centre, as the table it would keep: one line each, in the columns of the
//! mapping given as an example (`schema/conventions/exemples`). A few lines are not valued, as in any real table.

use chrono::{Days, NaiveDate};

/// Title and headers of the table.
const TETE: &str = "Accompagnements 2026, personnes et employeurs inventés\nN°;Action;Agent;Qualité;Public;SIRET;Affiliation;\
Début;Fin;Contrat;Début du contrat;Fin du contrat;Fin du parcours;Poste;Prescription;Aides;Avis matériels;Désinsertion;\
Service fait;Observations\n";

/// Actions told, with how many lines each, and days between two of them.
const SERIES: [(&str, u32, u64); 7] =
    [("1.1", 5, 55), ("1.2", 13, 22), ("2.1", 9, 18), ("2.2", 4, 60), ("3.1", 14, 20), ("3.2", 11, 25), ("3.3", 5, 50)];

/// The table as CSV, with so many times the accompaniments.
pub fn tableau(fois: u32) -> Option<String> {
    let debut = NaiveDate::from_ymd_opt(2026, 1, 12)?;
    let mut texte = TETE.to_owned();
    for (action, nombre, pas) in SERIES {
        for n in 0..nombre * fois {
            let jours = u64::from(n) * pas / u64::from(fois.max(1));
            texte += &ligne(action, n, debut.checked_add_days(Days::new(jours))?)?;
        }
    }
    for n in 0..2 {
        texte += &ligne("4", n, NaiveDate::from_ymd_opt(2026, 9, 1)?)?;
    }
    Some(texte)
}

fn ligne(action: &str, n: u32, jour: NaiveDate) -> Option<String> {
    let dans = |jours: u64| Some(jour.checked_add_days(Days::new(jours))?.format("%d/%m/%Y").to_string());
    let debut = dans(0)?;
    let code = action.replace('.', "");
    // Every fourth collectivité comes back: it counts once in 1.2.
    let siret = siret(if n % 4 == 3 { n - 1 } else { n });
    let oui = |vrai: bool| if vrai { "oui" } else { "non" };
    let agent = format!("A{code}{n:02}");
    let corps = match action {
        "1.1" => format!(";;;;;{debut};{debut};;;;;;;;;"),
        "1.2" => format!(";;;{siret};obligatoire;{debut};{debut};;;;;;;;;"),
        // One contract in five is too short, the others last seven months.
        "2.1" => format!(
            "{agent};BOE;Intérim;{siret};obligatoire;;;CDD;{debut};{};;secrétaire;;;;",
            dans(if n % 5 == 4 { 90 } else { 212 })?
        ),
        "2.2" => {
            format!("{agent};BOE;Demandeur d’emploi;{siret};obligatoire;;;CDI;{debut};;{debut};agent technique;;;;")
        }
        "3.1" => format!("{agent};Candidat BOE;;{siret};volontaire;{debut};{};;;;;;;;;", dans(40)?),
        // One study in six has no prescription.
        "3.2" => format!(
            "{agent};Apte avec restrictions;;{siret};obligatoire;{debut};{};;;;;;{};oui;oui;",
            dans(30)?,
            oui(n % 6 != 5)
        ),
        "3.3" => format!("{agent};BOE;;{siret};obligatoire;{debut};{};;;;;;;;;oui", dans(200)?),
        _ => format!("{agent};BOE;;{siret};obligatoire;{debut};{};;;;;;;;;", dans(364)?),
    };
    Some(format!("{code}-{n:02};{action};{corps};oui;\n"))
}

/// An invented SIRET with a valid key.
fn siret(n: u32) -> String {
    let racine = format!("21700{n:03}00001");
    let somme: u32 = racine
        .bytes()
        .rev()
        .enumerate()
        .map(|(rang, octet)| {
            let chiffre = u32::from(octet - b'0');
            let double = if rang % 2 == 0 { chiffre * 2 } else { chiffre };
            if double > 9 { double - 9 } else { double }
        })
        .sum();
    format!("{racine}{}", (10 - somme % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_the_columns_of_its_headers_and_the_table_is_the_same_each_time() {
        let texte = tableau(1).unwrap();
        let mut lignes = texte.lines().skip(1);
        let colonnes = lignes.next().unwrap().split(';').count();
        lignes.for_each(|ligne| assert_eq!(ligne.split(';').count(), colonnes, "{ligne}"));
        assert_eq!(tableau(1).unwrap(), texte);
        assert!(tableau(2).unwrap().lines().count() > texte.lines().count() * 3 / 2);
    }
}

//! `maillage-imprimerie`: a document described in JSON on standard input becomes a PDF on standard output, tagged and
//! checked as PDF/UA-1. A program of its own, run by the hub for each document: it reads nothing of the machine, asks
//! nothing of the network, and takes with it the memory that a layout engine keeps.
//!
//! The same bytes in give the same bytes out: the date is that of the document, never that of the clock. With the argument
//! `image`, a chart as SVG becomes a PNG.

mod image;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use chrono::{Datelike as _, NaiveDate};
use serde::Deserialize;
use typst::diag::Warned;
use typst::foundations::{Datetime, Smart};
use typst_as_lib::TypstEngine;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

const GABARIT: &str = include_str!("../gabarits/dossier.typ");
const POLICES: [&[u8]; 2] =
    [include_bytes!("../polices/LiberationSans-Regular.ttf"), include_bytes!("../polices/LiberationSans-Bold.ttf")];

/// Longest description read.
const TAILLE: u64 = 16 << 20;

/// The two things that the template does not draw; it reads the rest itself.
#[derive(Deserialize)]
struct Entete {
    /// What identifies the document in its metadata.
    identifiant: String,
    /// Date of the document.
    date: NaiveDate,
}

fn main() -> ExitCode {
    match imprime() {
        Ok(()) => ExitCode::SUCCESS,
        Err(erreur) => {
            // Nobody is left to tell when standard error itself is closed.
            let _ = writeln!(std::io::stderr(), "maillage-imprimerie : {erreur:#}");
            ExitCode::FAILURE
        }
    }
}

fn imprime() -> Result<()> {
    let mut description = Vec::new();
    std::io::stdin().take(TAILLE + 1).read_to_end(&mut description).context("lecture du document")?;
    if description.len() as u64 > TAILLE {
        bail!("le document dépasse {} Mo", TAILLE >> 20);
    }
    let rendu = match std::env::args().nth(1).as_deref() {
        None => compose(description)?,
        Some("image") => image::dessine(&description)?,
        Some(autre) => bail!("« {autre} » n’est pas un genre connu : rien pour un document, « image » pour un dessin"),
    };
    std::io::stdout().write_all(&rendu).context("écriture du résultat")
}

/// The PDF of a description.
fn compose(description: Vec<u8>) -> Result<Vec<u8>> {
    let entete: Entete = serde_json::from_slice(&description).context("le document n’est pas lisible")?;
    let moteur = TypstEngine::builder()
        .main_file(GABARIT)
        .fonts(POLICES)
        .with_static_file_resolver([("document.json", description)])
        .build();
    let Warned { output, warnings } = moteur.compile::<PagedDocument>();
    if let Some(reserve) = warnings.first() {
        bail!("le gabarit fait une réserve : {}", reserve.message);
    }
    let document = output.map_err(|e| anyhow::anyhow!("mise en page : {e}"))?;
    let options = PdfOptions {
        ident: Smart::Custom(entete.identifiant),
        creator: Smart::Custom(Some("Maillage".to_owned())),
        timestamp: instant(entete.date),
        standards: PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| anyhow::anyhow!("PDF/UA-1 : {e:?}"))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&document, &options).map_err(|fautes| {
        let premiere = fautes.first().map(|f| f.message.to_string()).unwrap_or_default();
        anyhow::anyhow!("le document ne serait pas accessible : {premiere}")
    })
}

fn instant(date: NaiveDate) -> Option<Timestamp> {
    let (mois, jour) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    Datetime::from_ymd_hms(date.year(), mois, jour, 12, 0, 0).map(Timestamp::new_utc)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> serde_json::Value {
        serde_json::json!({
            "identifiant": "maillage/dossier/2026-T1/27", "date": "2026-04-20", "titre": "Dossier", "auteur": "Maillage",
            "sous_titre": "Bourgogne-Franche-Comté", "mentions": [["Campagne", "2026-T1"]], "provisoire": true,
            "sections": [{ "titre": "Synthèse", "blocs": [
                { "genre": "paragraphe", "texte": "Un *texte* #let x = 1 qui n’est pas du code." },
                { "genre": "barres", "constat": "Le Doubs compte 30 personnes.", "barres": [
                    { "libelle": "25 Doubs", "valeur": "30", "part": "100.00" }, { "libelle": "70", "valeur": "secret", "part": null } ] },
                { "genre": "table", "titre": "Par département", "colonnes": [
                    { "libelle": "Territoire", "nombre": false }, { "libelle": "File active", "nombre": true } ],
                  "lignes": [["25 Doubs", "30"], ["70 Haute-Saône", "secret"]] } ] }]
        })
    }

    #[test]
    fn the_same_description_gives_the_same_accessible_bytes() {
        let octets = |d: &serde_json::Value| compose(serde_json::to_vec(d).unwrap()).unwrap();
        let pdf = octets(&document());
        assert!(pdf.starts_with(b"%PDF-1.7"));
        assert_eq!(pdf, octets(&document()));
        let mut autre = document();
        autre["date"] = "2026-04-21".into();
        assert_ne!(pdf, octets(&autre));
    }

    #[test]
    fn what_is_not_a_document_is_refused() {
        for mauvais in ["", "{}", "[1]", "{\"identifiant\":\"x\",\"date\":\"2026-04-20\"}"] {
            assert!(compose(mauvais.as_bytes().to_vec()).is_err(), "{mauvais}");
        }
    }
}

//! Charts drawn by the server as SVG: no script, a sentence that reads them, a table beside them with the same
//! values. A bar without a value has a word and no length: nothing of the drawing depends on what is masked.

mod entonnoir;
mod image;
mod puces;
mod suivi;

use askama::Template;
use referentiel::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

pub use entonnoir::{Donnees, Entonnoir, Limite, Point};
pub use image::{Graphique, Mentions, image};
pub use puces::{Puce, Puces};
pub use suivi::{Courbe, Etape};

/// Height of a row of the drawing.
const LIGNE: usize = 32;
/// Length of the longest bar.
const LONGUEUR: u32 = 400;
/// Longest alternative text: beyond, it is a description and belongs in the page.
const ALTERNATIVE: usize = 150;

/// The sentence of a drawing as its alternative: short, and leading to the table.
fn alternative(constat: &str) -> String {
    let suite = " Détail dans le tableau.";
    let place = ALTERNATIVE - suite.chars().count();
    if constat.chars().count() <= place {
        return format!("{constat}{suite}");
    }
    let debut: String = constat.chars().take(place - 1).collect();
    format!("{debut}…{suite}")
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Barre {
    /// What it is about.
    pub libelle: String,
    /// The value in words, or the word of its absence.
    pub valeur: String,
    /// What gives its length; none for a cell without a value.
    pub grandeur: Option<Decimal>,
}

/// A horizontal bar chart.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "barres.html", blocks = ["dessin"])]
pub struct Barres {
    constat: String,
    alternative: String,
    tableau: &'static str,
    barres: Vec<Barre>,
    maximum: Decimal,
}

impl Barres {
    /// What its signs mean.
    const LEGENDE: Option<&'static str> = None;

    /// A chart with its sentence; `tableau` is the anchor of the table that holds the same values.
    pub fn nouvelles(constat: String, tableau: &'static str, barres: Vec<Barre>) -> Self {
        let maximum = barres.iter().filter_map(|b| b.grandeur).max().unwrap_or_default();
        Self { alternative: alternative(&constat), constat, tableau, barres, maximum }
    }

    /// The sentence that reads the chart.
    pub fn constat(&self) -> &str {
        &self.constat
    }

    /// The bars, each with its part of the longest one in hundredths; none for a bar without a value.
    pub fn parts(&self) -> impl Iterator<Item = (&Barre, Option<Decimal>)> {
        let part = |b: &Barre| {
            let part = b.grandeur?.checked_div(self.maximum).unwrap_or_default();
            Some((part.max(Decimal::ZERO) * Decimal::ONE_HUNDRED).round_dp(2))
        };
        self.barres.iter().map(move |b| (b, part(b)))
    }

    fn hauteur(&self) -> usize {
        self.barres.len() * LIGNE + 8
    }

    fn haut(&self, rang: &usize) -> usize {
        rang * LIGNE + 8
    }

    fn base(&self, rang: &usize) -> usize {
        rang * LIGNE + 23
    }

    fn longueur(&self, barre: &Barre) -> Option<u32> {
        let part = barre.grandeur?.checked_div(self.maximum).unwrap_or_default();
        (part.max(Decimal::ZERO) * Decimal::from(LONGUEUR)).round().to_u32()
    }
}

impl Graphique for Barres {
    fn constat(&self) -> &str {
        &self.constat
    }

    fn legende(&self) -> Option<&'static str> {
        Self::LEGENDE
    }

    fn hauteur(&self) -> usize {
        self.hauteur()
    }

    fn dessin(&self) -> Result<String, askama::Error> {
        self.as_dessin().render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn barre(libelle: &str, valeur: &str, grandeur: Option<i64>) -> Barre {
        Barre { libelle: libelle.to_owned(), valeur: valeur.to_owned(), grandeur: grandeur.map(Decimal::from) }
    }

    #[test]
    fn a_masked_bar_has_a_word_and_no_length() {
        let barres =
            vec![barre("25 Doubs", "30", Some(30)), barre("70 <b>", "secret", None), barre("39", "0", Some(0))];
        let svg =
            Barres::nouvelles("Le Doubs compte 30 personnes.".to_owned(), "territoires", barres).render().unwrap();
        assert_eq!(svg.matches("<rect").count(), 2, "{svg}");
        assert!(svg.contains("width=\"400\"") && svg.contains("width=\"0\""));
        assert!(svg.contains("70 &#60;b&#62;") && svg.contains(">secret<"));
        assert!(svg.contains("aria-label=\"Le Doubs compte 30 personnes. Détail dans le tableau.\""));
    }

    #[test]
    fn the_drawing_is_the_same_whatever_is_masked_and_the_alternative_is_short() {
        let rien = Barres::nouvelles("x".repeat(400), "t", vec![barre("70", "secret", None)]);
        assert_eq!(rien.alternative.chars().count(), ALTERNATIVE);
        assert!(!rien.render().unwrap().contains("<rect"));
    }

    /// Relative luminance of WCAG 2.
    fn luminance(couleur: &str) -> f64 {
        let canal = |debut: usize| {
            let c = f64::from(u8::from_str_radix(&couleur[debut..debut + 2], 16).unwrap()) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * canal(1) + 0.7152 * canal(3) + 0.0722 * canal(5)
    }

    #[test]
    fn every_text_of_the_drawing_stands_out_from_its_white_ground() {
        let gabarits = [
            include_str!("../templates/barres.html"),
            include_str!("../templates/puces.html"),
            include_str!("../templates/entonnoir.html"),
            include_str!("../templates/suivi.html"),
        ];
        for gabarit in gabarits {
            let mut lus = 0;
            for texte in gabarit.split("<text").skip(1) {
                let fill = texte.split("fill=\"").nth(1).unwrap().split('"').next().unwrap();
                assert!(1.05 / (luminance(fill) + 0.05) >= 4.5, "{fill}");
                lus += 1;
            }
            assert!(lus >= 3, "labels, values, words of absence");
            assert!(!gabarit.contains(" style="));
        }
    }
}

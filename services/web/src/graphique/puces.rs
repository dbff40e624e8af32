//! Bullet charts: what is done as a bar, what was aimed at as a mark, where the time elapsed would put it as a thin
//! line. Each row has its own aim, so the length is a share of it. A row without a value has a word and no bar.

use askama::Template;
use referentiel::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::{Barre, Barres, Graphique, alternative};

/// Height of a row.
const LIGNE: usize = 36;
/// Left end of the bars.
const DEBUT: u32 = 250;
/// Length of the longest one.
const LONGUEUR: u32 = 400;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puce {
    /// What it is about.
    pub libelle: String,
    /// The value in words, or the word of its absence.
    pub valeur: String,
    /// Done, as a share of what was aimed at; none for what is masked, not sent or not aimed at.
    pub part: Option<Decimal>,
    /// Where the time elapsed would put it; none when that is not known.
    pub attendu: Option<Decimal>,
}

/// A chart of several rows.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "puces.html", blocks = ["dessin"])]
pub struct Puces {
    constat: String,
    alternative: String,
    tableau: &'static str,
    puces: Vec<Puce>,
    /// Share at the right end.
    etendue: Decimal,
}

impl Puces {
    /// What its signs mean.
    const LEGENDE: Option<&'static str> =
        Some("Barre : réalisé ; trait épais : cible ; trait fin : ce que le temps écoulé laisserait attendre.");

    /// A chart with its sentence; `tableau` is the anchor of the table that holds the same values.
    pub fn nouvelles(constat: String, tableau: &'static str, puces: Vec<Puce>) -> Self {
        let plus_grande = puces.iter().filter_map(|p| p.part).max().unwrap_or_default();
        let etendue = plus_grande.max(Decimal::new(12, 1));
        Self { alternative: alternative(&constat), constat, tableau, puces, etendue }
    }

    /// The same shares as plain bars, for a document: the mark of the time elapsed stays on the screen.
    pub fn en_barres(&self) -> Barres {
        let barre = |p: &Puce| Barre { libelle: p.libelle.clone(), valeur: p.valeur.clone(), grandeur: p.part };
        Barres::nouvelles(self.constat.clone(), self.tableau, self.puces.iter().map(barre).collect())
    }

    /// The sentence that reads the chart.
    pub fn constat(&self) -> &str {
        &self.constat
    }

    fn hauteur(&self) -> usize {
        self.puces.len() * LIGNE + 8
    }

    fn haut(&self, rang: &usize) -> usize {
        rang * LIGNE + 8
    }

    fn base(&self, rang: &usize) -> usize {
        rang * LIGNE + 25
    }

    /// Length of a share.
    fn longueur(&self, part: Decimal) -> u32 {
        let part = part.max(Decimal::ZERO).checked_div(self.etendue).unwrap_or_default();
        (part * Decimal::from(LONGUEUR)).round().to_u32().unwrap_or_default().min(LONGUEUR)
    }

    fn fond(&self) -> u32 {
        self.longueur(Decimal::ONE)
    }

    fn cible(&self) -> u32 {
        DEBUT + 10 + self.fond()
    }

    fn barre(&self, puce: &Puce) -> Option<u32> {
        puce.part.map(|part| self.longueur(part))
    }

    /// Nothing is expected of a row that shows nothing: the line would say what time elapsed, not what was done.
    fn repere(&self, puce: &Puce) -> Option<u32> {
        puce.part.and(puce.attendu).map(|part| DEBUT + 10 + self.longueur(part))
    }
}

impl Graphique for Puces {
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

    fn puce(valeur: &str, part: Option<i64>) -> Puce {
        let part = part.map(|p| Decimal::new(p, 2));
        Puce { libelle: "70 <CDG70>".to_owned(), valeur: valeur.to_owned(), part, attendu: Some(Decimal::new(25, 2)) }
    }

    #[test]
    fn a_masked_row_has_a_word_and_neither_bar_nor_line() {
        let puces = Puces::nouvelles("Constat.".to_owned(), "t", vec![puce("50 %", Some(50)), puce("secret", None)]);
        let svg = puces.render().unwrap();
        assert_eq!((svg.matches("class=\"fait\"").count(), svg.matches("class=\"temps\"").count()), (1, 1), "{svg}");
        assert!(svg.contains("&#60;CDG70&#62;") && svg.contains(">secret<"));
        assert!(svg.contains("aria-label=\"Constat. Détail dans le tableau.\""));
    }

    #[test]
    fn a_row_over_its_aim_stays_in_the_drawing() {
        let puces = Puces::nouvelles(String::new(), "t", vec![puce("250 %", Some(250)), puce("100 %", Some(100))]);
        assert_eq!((puces.barre(&puces.puces[0]), puces.barre(&puces.puces[1])), (Some(LONGUEUR), Some(160)));
        assert_eq!(puces.fond(), 160);
    }
}

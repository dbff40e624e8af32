//! The run chart of one centre: a value each quarter, its mean and its natural limits. A hole stays a hole: no line is
//! drawn across a masked or a missing quarter, which has a word instead.

use askama::Template;

use super::{Graphique, alternative};

/// Height of the drawing.
const HAUTEUR: usize = 290;
/// Frame of the drawing: left, right, top, bottom.
const CADRE: (f64, f64, f64, f64) = (70.0, 780.0, 20.0, 240.0);

/// One quarter.
#[derive(Debug, Clone, PartialEq)]
pub struct Etape {
    /// Its name.
    pub libelle: String,
    /// The value in words, or the word of its absence.
    pub texte: String,
    /// The value; none for what is masked or missing.
    pub valeur: Option<f64>,
    /// True when it is out of the limits.
    pub signale: bool,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "suivi.html", blocks = ["dessin"])]
pub struct Courbe {
    constat: String,
    alternative: String,
    tableau: &'static str,
    etapes: Vec<Etape>,
    centre: Option<f64>,
    limites: Option<(f64, f64)>,
    maximum: f64,
}

impl Courbe {
    /// What its signs mean.
    const LEGENDE: Option<&'static str> = None;

    /// A chart with its sentence; `tableau` is the anchor of the table that holds the same values.
    pub fn nouvelle(
        constat: String,
        tableau: &'static str,
        etapes: Vec<Etape>,
        centre: Option<f64>,
        limites: Option<(f64, f64)>,
    ) -> Self {
        let hautes = etapes.iter().filter_map(|e| e.valeur).chain(limites.map(|l| l.1));
        let maximum = hautes.fold(f64::EPSILON, f64::max) * 1.15;
        Self { alternative: alternative(&constat), constat, tableau, etapes, centre, limites, maximum }
    }

    /// The sentence that reads the chart.
    pub fn constat(&self) -> &str {
        &self.constat
    }

    fn x(&self, rang: usize) -> f64 {
        let (gauche, droite, ..) = CADRE;
        let pas = (droite - gauche) / self.etapes.len().max(1) as f64;
        gauche + pas * (rang as f64 + 0.5)
    }

    fn y(&self, valeur: f64) -> f64 {
        let (_, _, haut, bas) = CADRE;
        bas - (bas - haut) * (valeur / self.maximum).clamp(0.0, 1.0)
    }

    /// The quarters with their places; without a value, no height.
    fn places(&self) -> Vec<(&Etape, f64, Option<f64>)> {
        (0..).zip(&self.etapes).map(|(rang, e)| (e, self.x(rang), e.valeur.map(|v| self.y(v)))).collect()
    }

    /// Lines between quarters that follow each other.
    fn lignes(&self) -> Vec<String> {
        let places = self.places();
        let groupes = places.split(|(_, _, y)| y.is_none()).filter(|g| g.len() > 1);
        let point = |(_, x, y): &(&Etape, f64, Option<f64>)| y.map(|y| format!("{x:.1},{y:.1}"));
        groupes.map(|g| g.iter().filter_map(point).collect::<Vec<_>>().join(" ")).collect()
    }

    /// Heights of the mean and of the limits, and whether the line is dashed.
    fn reperes(&self) -> Vec<(f64, bool)> {
        let limites = self.limites.into_iter().flat_map(|(bas, haut)| [bas, haut]).map(|v| (self.y(v), true));
        self.centre.map(|v| (self.y(v), false)).into_iter().chain(limites).collect()
    }
}

impl Graphique for Courbe {
    fn constat(&self) -> &str {
        &self.constat
    }

    fn legende(&self) -> Option<&'static str> {
        Self::LEGENDE
    }

    fn hauteur(&self) -> usize {
        HAUTEUR
    }

    fn dessin(&self) -> Result<String, askama::Error> {
        self.as_dessin().render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etape(libelle: &str, valeur: Option<f64>) -> Etape {
        let texte = valeur.map_or_else(|| "secret".to_owned(), |v| format!("{v:.2}"));
        Etape { libelle: libelle.to_owned(), texte, valeur, signale: false }
    }

    #[test]
    fn no_line_crosses_a_masked_quarter() {
        let etapes = vec![
            etape("T1", Some(0.4)),
            etape("T2", Some(0.5)),
            etape("T3", None),
            etape("T4", Some(0.6)),
            etape("T5 <x>", Some(0.6)),
        ];
        let courbe = Courbe::nouvelle("Constat.".to_owned(), "t", etapes, Some(0.5), Some((0.3, 0.7)));
        let svg = courbe.render().unwrap();
        assert_eq!((svg.matches("class=\"serie\"").count(), svg.matches("<circle").count()), (2, 4), "{svg}");
        assert!(svg.contains(">secret<") && svg.contains("T5 &#60;x&#62;"));
        let masquee = courbe.places()[2].2;
        assert_eq!(masquee, None);
    }

    #[test]
    fn nothing_to_show_is_drawn_without_numbers_that_are_none() {
        let vide = Courbe::nouvelle(String::new(), "t", vec![etape("T1", None)], None, None).render().unwrap();
        assert!(!vide.contains("NaN") && !vide.contains("class=\"serie\""));
    }
}

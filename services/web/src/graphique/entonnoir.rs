//! The funnel (Spiegelhalter 2005): a rate by the size it is measured on, inside the limits of what chance alone does.
//! Only what is shown has a point: nothing of the drawing depends on a masked value, nor on its place.

use askama::Template;

use super::{Graphique, alternative};

/// Height of the drawing.
const HAUTEUR: usize = 370;
/// Frame of the drawing: left, right, top, bottom.
const CADRE: (f64, f64, f64, f64) = (70.0, 690.0, 20.0, 320.0);
/// Least distance between two labels.
const INTERLIGNE: f64 = 17.0;

/// One centre.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its code.
    pub libelle: String,
    /// Size.
    pub taille: f64,
    /// Rate.
    pub taux: f64,
    /// True when chance alone hardly explains it.
    pub signale: bool,
}

/// Limits at one size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limite {
    /// Size.
    pub taille: f64,
    /// Lower and upper ends at 95 %.
    pub habituelle: (f64, f64),
    /// The same at 99.8 %.
    pub extreme: (f64, f64),
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Template)]
#[template(path = "entonnoir.html", blocks = ["dessin"])]
pub struct Entonnoir {
    constat: String,
    alternative: String,
    tableau: &'static str,
    abscisse: String,
    points: Vec<Point>,
    limites: Vec<Limite>,
    reference: f64,
    pour_cent: bool,
    etendue: (f64, f64),
}

/// A label of an axis and its place.
#[derive(Debug, Clone, PartialEq)]
struct Graduation {
    place: f64,
    texte: String,
}

/// What the drawing is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Donnees {
    /// What sizes count.
    pub abscisse: String,
    /// Centres shown.
    pub points: Vec<Point>,
    /// Limits, from the smallest size to the largest.
    pub limites: Vec<Limite>,
    /// Rate of the whole.
    pub reference: f64,
    /// True for a proportion, false for a ratio.
    pub pour_cent: bool,
}

impl Entonnoir {
    /// What its signs mean.
    const LEGENDE: Option<&'static str> = Some(
        "Rond : variation attendue ; carré : à examiner ensemble ; trait horizontal : taux de l’ensemble ; tirets : limites à 95 % ; traits pleins : limites à 99,8 %.",
    );

    /// A funnel with its sentence; `tableau` is the anchor of the table that holds the same values.
    pub fn nouveau(constat: String, tableau: &'static str, donnees: Donnees) -> Self {
        let Donnees { abscisse, points, limites, reference, pour_cent } = donnees;
        let plus_grande = points.iter().map(|p| p.taille).fold(1.0, f64::max) * 1.15;
        let hautes = points.iter().map(|p| p.taux).chain(limites.iter().map(|l| l.habituelle.1));
        let plus_haute = hautes.fold(reference, f64::max) * 1.1;
        let etendue = (plus_grande, if pour_cent { plus_haute.min(1.0) } else { plus_haute }.max(f64::EPSILON));
        let alternative = alternative(&constat);
        Self { constat, alternative, tableau, abscisse, points, limites, reference, pour_cent, etendue }
    }

    /// The sentence that reads the chart.
    pub fn constat(&self) -> &str {
        &self.constat
    }

    fn x(&self, taille: f64) -> f64 {
        let (gauche, droite, ..) = CADRE;
        gauche + (droite - gauche) * (taille / self.etendue.0).clamp(0.0, 1.0)
    }

    fn y(&self, taux: f64) -> f64 {
        let (_, _, haut, bas) = CADRE;
        bas - (bas - haut) * (taux / self.etendue.1).clamp(0.0, 1.0)
    }

    fn reference_place(&self) -> f64 {
        self.y(self.reference) - 1.0
    }

    fn courbe(&self, taux: impl Fn(&Limite) -> f64) -> String {
        let points = self.limites.iter().map(|l| format!("{:.1},{:.1}", self.x(l.taille), self.y(taux(l))));
        points.collect::<Vec<_>>().join(" ")
    }

    /// The four limits: points of the line, and whether it is dashed.
    fn courbes(&self) -> [(String, bool); 4] {
        [
            (self.courbe(|l| l.habituelle.0), true),
            (self.courbe(|l| l.habituelle.1), true),
            (self.courbe(|l| l.extreme.0), false),
            (self.courbe(|l| l.extreme.1), false),
        ]
    }

    fn abscisses(&self) -> Vec<Graduation> {
        quarts(self.etendue.0).map(|v| Graduation { place: self.x(v), texte: format!("{v:.0}") }).into()
    }

    fn ordonnees(&self) -> Vec<Graduation> {
        let texte = |v: f64| {
            if self.pour_cent { format!("{:.0}\u{a0}%", v * 100.0) } else { format!("{v:.2}").replace('.', ",") }
        };
        quarts(self.etendue.1).map(|v| Graduation { place: self.y(v), texte: texte(v) }).into()
    }

    /// Each point with the place of its label, moved down where another one stands.
    fn places(&self) -> Vec<(&Point, f64, f64, f64)> {
        let mut prises: Vec<(f64, f64)> = vec![];
        let mut ordre: Vec<&Point> = self.points.iter().collect();
        ordre.sort_by(|a, b| b.taux.total_cmp(&a.taux));
        let mut places = Vec::with_capacity(ordre.len());
        for point in ordre {
            let (x, y) = (self.x(point.taille), self.y(point.taux));
            let mut base = y + 5.0;
            while prises.iter().any(|(px, py)| (px - x).abs() < 70.0 && (py - base).abs() < INTERLIGNE) {
                base += INTERLIGNE;
            }
            prises.push((x, base));
            places.push((point, x, y, base));
        }
        places
    }
}

fn quarts(maximum: f64) -> [f64; 5] {
    [0.0, 0.25, 0.5, 0.75, 1.0].map(|part| part * maximum)
}

impl Graphique for Entonnoir {
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

    fn point(libelle: &str, taille: f64, taux: f64, signale: bool) -> Point {
        Point { libelle: libelle.to_owned(), taille, taux, signale }
    }

    fn entonnoir(points: Vec<Point>) -> Entonnoir {
        let limite = |taille: f64| Limite { taille, habituelle: (0.3, 0.6), extreme: (0.2, 0.7) };
        let limites = vec![limite(20.0), limite(100.0)];
        let donnees = Donnees { abscisse: "Situations".to_owned(), points, limites, reference: 0.45, pour_cent: true };
        Entonnoir::nouveau("Constat.".to_owned(), "t", donnees)
    }

    #[test]
    fn each_centre_shown_has_a_mark_and_a_name_and_those_out_of_the_limits_another_mark() {
        let svg =
            entonnoir(vec![point("CDG<70>", 40.0, 0.5, false), point("CDG25", 60.0, 0.8, true)]).render().unwrap();
        assert_eq!((svg.matches("<circle").count(), svg.matches("class=\"signale\"").count()), (1, 1), "{svg}");
        assert!(svg.contains("CDG&#60;70&#62;") && svg.contains("Constat. Détail dans le tableau."));
        assert_eq!(svg.matches("<polyline").count(), 4);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn labels_do_not_cover_each_other() {
        let serres =
            entonnoir(vec![point("A", 40.0, 0.5, false), point("B", 41.0, 0.5, false), point("C", 40.0, 0.51, false)]);
        let places: Vec<f64> = serres.places().iter().map(|p| p.3).collect();
        for (rang, base) in places.iter().enumerate() {
            assert!(places.iter().skip(rang + 1).all(|autre| (autre - base).abs() >= INTERLIGNE - 0.01), "{places:?}");
        }
    }
}

//! A chart as a file of its own: title, drawing, reading sentence, legend, source and date inside, so that it still says
//! what it is once pasted elsewhere. The very drawing of the page: nothing more can be read from it.

use askama::Template;

use crate::typographie::typo;

/// Width of every drawing.
const LARGEUR: usize = 800;
/// Margin on every side.
const MARGE: usize = 24;
/// Characters that fit on a line, whatever they are: titles, then sentences.
const CARACTERES: (usize, usize) = (78, 108);
/// Height of a line: titles, then sentences.
const LIGNE: (usize, usize) = (26, 20);

/// A chart that can be taken away.
pub trait Graphique {
    /// The sentence that reads it.
    fn constat(&self) -> &str;
    /// What its signs mean.
    fn legende(&self) -> Option<&'static str>;
    /// Height of the drawing.
    fn hauteur(&self) -> usize;
    /// The drawing, as SVG.
    fn dessin(&self) -> Result<String, askama::Error>;
}

/// What goes with the drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mentions {
    /// What it is about.
    pub titre: String,
    /// Source, filters, date: one sentence each.
    pub notes: Vec<String>,
}

#[derive(Debug, Template)]
#[template(path = "image.svg")]
struct Image<'a> {
    alternative: String,
    hauteur: usize,
    titres: Vec<(usize, String)>,
    haut: usize,
    dessin: &'a str,
    phrases: Vec<(usize, String)>,
}

/// The file.
pub fn image(graphique: &dyn Graphique, mentions: &Mentions) -> Result<String, askama::Error> {
    let titres = places(&plie(&mentions.titre, CARACTERES.0), MARGE + LIGNE.0, LIGNE.0);
    let haut = MARGE + LIGNE.0 * (titres.len() + 1) - LIGNE.0 / 2;
    let textes = [Some(graphique.constat()), graphique.legende()].into_iter().flatten();
    let textes = textes.chain(mentions.notes.iter().map(String::as_str));
    let lignes: Vec<String> = textes.flat_map(|t| plie(t, CARACTERES.1)).collect();
    let bas = haut + graphique.hauteur() + LIGNE.1 * 2;
    let phrases = places(&lignes, bas, LIGNE.1);
    let dessin = graphique.dessin()?;
    let contenu = Image {
        alternative: format!("{}. {}", mentions.titre, graphique.constat()),
        hauteur: bas + LIGNE.1 * lignes.len() + MARGE / 2,
        titres,
        haut,
        dessin: &dessin,
        phrases,
    };
    contenu.render()
}

fn places(lignes: &[String], depart: usize, pas: usize) -> Vec<(usize, String)> {
    lignes.iter().enumerate().map(|(rang, ligne)| (depart + rang * pas, ligne.clone())).collect()
}

/// Lines of so many characters at most, cut between words; a no-break space holds its words together.
fn plie(texte: &str, largeur: usize) -> Vec<String> {
    let mut lignes: Vec<String> = Vec::new();
    for mot in typo(texte).split(' ').filter(|m| !m.is_empty()) {
        match lignes.last_mut() {
            Some(ligne) if ligne.chars().count() + 1 + mot.chars().count() <= largeur => {
                ligne.push(' ');
                ligne.push_str(mot);
            }
            _ => lignes.push(mot.to_owned()),
        }
    }
    lignes
}

#[cfg(test)]
mod tests {
    use super::super::{Barre, Barres};
    use super::*;
    use referentiel::Decimal;

    #[test]
    fn the_file_says_what_it_is_and_a_masked_bar_has_no_length_in_it_either() {
        let barre = |libelle: &str, valeur: &str, grandeur: Option<i64>| Barre {
            libelle: libelle.to_owned(),
            valeur: valeur.to_owned(),
            grandeur: grandeur.map(Decimal::from),
        };
        let barres = Barres::nouvelles(
            "Le Doubs compte 30 personnes.".to_owned(),
            "t",
            vec![barre("25 <Doubs>", "30", Some(30)), barre("70", "secret", None)],
        );
        let mentions = Mentions {
            titre: "File active & veille".to_owned(),
            notes: vec!["Source : hub.".to_owned(), "Extrait le 20/04/2026.".to_owned()],
        };
        let svg = image(&barres, &mentions).unwrap();
        let mut lecteur = quick_xml::Reader::from_str(&svg);
        while lecteur.read_event().unwrap() != quick_xml::events::Event::Eof {}
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{svg}");
        for dit in
            ["File active &#38; veille", "Le Doubs compte 30 personnes.", "Source\u{a0}: hub.", "25 &#60;Doubs&#62;"]
        {
            assert!(svg.contains(dit), "{dit}: {svg}");
        }
        assert_eq!(svg.matches("<rect").count(), 2, "the ground and one bar: {svg}");
        assert!(!svg.contains("href") && !svg.contains(" style="));
    }

    #[test]
    fn long_sentences_are_cut_between_words() {
        assert_eq!(plie("un deux trois", 8), ["un deux", "trois"]);
        assert_eq!(plie("anticonstitutionnellement oui", 8), ["anticonstitutionnellement", "oui"]);
        assert!(plie("", 8).is_empty());
    }
}

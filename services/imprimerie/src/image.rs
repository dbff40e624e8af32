//! A drawing as a picture: SVG on standard input, PNG on standard output, twice as large. Its only font is the one of the
//! documents, and it opens no file: a drawing that names one is drawn without it.

use anyhow::{Context as _, Result, bail};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::POLICES;

/// Pixels for a unit of the drawing.
const ECHELLE: f32 = 2.0;
/// Largest side, in pixels.
const COTE: u32 = 8_000;
/// Name of the embedded font.
const POLICE: &str = "Liberation Sans";

/// The picture of a drawing.
pub fn dessine(svg: &[u8]) -> Result<Vec<u8>> {
    let mut options = Options {
        font_family: POLICE.to_owned(),
        image_href_resolver: ImageHrefResolver {
            resolve_data: Box::new(|_, _, _| None),
            resolve_string: Box::new(|_, _| None),
        },
        ..Options::default()
    };
    let polices = options.fontdb_mut();
    for police in POLICES {
        polices.load_font_data(police.to_vec());
    }
    polices.set_sans_serif_family(POLICE);
    let arbre = Tree::from_data(svg, &options).context("le dessin n’est pas lisible")?;
    let taille = arbre.size().to_int_size().scale_by(ECHELLE).context("le dessin n’a pas de taille")?;
    if taille.width() > COTE || taille.height() > COTE {
        bail!("le dessin dépasse {COTE} points de côté");
    }
    let mut image = Pixmap::new(taille.width(), taille.height()).context("le dessin n’a pas de taille")?;
    resvg::render(&arbre, Transform::from_scale(ECHELLE, ECHELLE), &mut image.as_mut());
    image.encode_png().context("écriture de l’image")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(contenu: &str) -> Vec<u8> {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60\" height=\"20\"><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>{contenu}</svg>").into_bytes()
    }

    fn sombres(png: &[u8]) -> usize {
        Pixmap::decode_png(png).unwrap().pixels().iter().filter(|p| p.red() < 128).count()
    }

    #[test]
    fn a_text_is_drawn_with_the_embedded_font_and_the_same_drawing_gives_the_same_bytes() {
        let texte = svg(
            "<text x=\"4\" y=\"15\" font-family=\"system-ui, sans-serif\" font-size=\"14\" fill=\"#161b2e\">Évolué</text>",
        );
        let png = dessine(&texte).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
        assert_eq!(png, dessine(&texte).unwrap());
        assert_eq!(Pixmap::decode_png(&png).unwrap().width(), 120, "twice as large");
        assert!(sombres(&png) > 100, "the letters are there");
        assert_eq!(sombres(&dessine(&svg("")).unwrap()), 0);
    }

    #[test]
    fn a_drawing_reads_no_file_and_what_is_none_is_refused() {
        let vole = svg("<image width=\"60\" height=\"20\" href=\"/etc/hostname\"/>");
        assert_eq!(sombres(&dessine(&vole).unwrap()), 0);
        let immense = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"99999\" height=\"9\"/>";
        for mauvais in ["", "pas un dessin", immense] {
            assert!(dessine(mauvais.as_bytes()).is_err(), "{mauvais}");
        }
    }
}

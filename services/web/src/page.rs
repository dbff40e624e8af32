//! The layout of every page (skip link, navigation, main, link to the accessibility statement), and that
//! statement itself. A page is always a template inside another: no text reaches HTML unescaped.

use std::fmt::Display;

use askama::Template;

/// The style sheet, served at `/style.css`.
pub const STYLE: &str = include_str!("../assets/style.css");

/// An entry of the navigation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lien {
    /// Path.
    pub adresse: String,
    /// Words.
    pub libelle: String,
    /// True for the page being shown.
    pub ici: bool,
}

impl Lien {
    /// A link to another page, or to this one.
    pub fn vers(adresse: impl Into<String>, libelle: impl Into<String>, ici: bool) -> Self {
        Self { adresse: adresse.into(), libelle: libelle.into(), ici }
    }
}

/// A whole page around its content, itself a template.
#[derive(Debug, Template)]
#[template(path = "page.html")]
pub struct Page<'a, C: Template + Display> {
    /// Title, most precise part first (RGAA 8.6).
    pub titre: &'a str,
    /// Name of the service.
    pub produit: &'a str,
    /// Navigation; empty hides it.
    pub navigation: &'a [Lien],
    /// Content of `main`.
    pub contenu: &'a C,
}

/// The accessibility statement: « non conforme » until an audit says otherwise.
#[derive(Debug, Template)]
#[template(path = "accessibilite.html")]
pub struct Accessibilite<'a> {
    /// Name of the service.
    pub produit: &'a str,
    /// Body that answers for it.
    pub responsable: &'a str,
    /// Address to write to.
    pub contact: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statement_is_rendered_inside_the_layout_and_escaped() {
        let contenu =
            Accessibilite { produit: "Maillage <hub>", responsable: "Le CDG 70", contact: Some("a@b.example") };
        let navigation = [Lien::vers("/", "Campagne", false), Lien::vers("/accessibilite", "Accessibilité", true)];
        let page = Page { titre: "Accessibilité", produit: "Maillage", navigation: &navigation, contenu: &contenu };
        let html = page.render().unwrap();
        assert!(html.contains("Maillage &#60;hub&#62; est <strong>non conforme</strong>"), "{html}");
        assert!(html.contains("aria-current=\"page\""));
        assert!(html.contains("mailto:a@b.example"));
        assert!(html.contains("<html lang=\"fr\">") && html.contains("href=\"#contenu\""));
        let sans = Accessibilite { contact: None, ..contenu };
        assert!(sans.render().unwrap().contains("adressez-vous au centre de gestion"));
    }

    #[test]
    fn pages_hold_no_inline_script_nor_style() {
        for gabarit in [include_str!("../templates/page.html"), include_str!("../templates/accessibilite.html")] {
            assert!(!gabarit.contains("<script") && !gabarit.contains("<style") && !gabarit.contains("style="));
            assert!(!gabarit.contains("http://") && !gabarit.contains("https://"));
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        assert_eq!(STYLE.matches('{').count(), STYLE.matches('}').count());
    }
}

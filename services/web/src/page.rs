//! The layout of every page (skip link, navigation, main, link to the accessibility statement), and that
//! statement itself. A page is always a template inside another: no text reaches HTML unescaped.

use std::fmt::Display;

use askama::Template;

use crate::typographie::compose;

/// The style sheet, served at `/style.css`.
pub const STYLE: &str = include_str!("../assets/style.css");

/// Which service the reader is in: said in words on every page, because one holds persons and the other never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cote {
    /// A centre's node.
    Noeud,
    /// The hub.
    Hub,
}

impl Cote {
    fn code(self) -> &'static str {
        match self {
            Self::Noeud => "noeud",
            Self::Hub => "hub",
        }
    }

    fn mention(self) -> &'static str {
        match self {
            Self::Noeud => "Données nominatives : elles restent ici",
            Self::Hub => "Aucune donnée nominative",
        }
    }
}

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

/// How a notice sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ton {
    /// Something was done.
    Fait,
    /// Something is to be looked at.
    Alerte,
    /// Something failed.
    Erreur,
}

impl Ton {
    fn code(self) -> &'static str {
        match self {
            Self::Fait => "fait",
            Self::Alerte => "alerte",
            Self::Erreur => "erreur",
        }
    }

    /// A result is announced when the reader is done, an error at once (RGAA 7.5).
    fn role(self) -> &'static str {
        match self {
            Self::Fait => "status",
            Self::Alerte | Self::Erreur => "alert",
        }
    }
}

/// What the last action did, above the content, with the way to undo it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avis {
    /// How it sounds.
    pub ton: Ton,
    /// Sentence.
    pub texte: String,
    /// What can be done about it.
    pub geste: Option<Geste>,
}

/// A button that posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geste {
    /// Where it posts.
    pub adresse: String,
    /// Words of the button.
    pub libelle: String,
    /// Token against forged requests.
    pub jeton: String,
}

/// Who is looking, in the header of a service that people sign in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lecteur {
    /// Nobody in particular: the address of the sign-in page.
    Anonyme(String),
    /// Somebody.
    Connu {
        /// Name.
        nom: String,
        /// What the sign-out button does.
        sortie: Geste,
    },
}

/// A whole page around its content, itself a template.
#[derive(Debug, Template)]
#[template(path = "page.html")]
pub struct Page<'a, C: Template + Display> {
    /// Title, most precise part first (RGAA 8.6).
    pub titre: &'a str,
    /// Name of the service.
    pub produit: &'a str,
    /// Node or hub.
    pub cote: Cote,
    /// Navigation; empty hides it.
    pub navigation: &'a [Lien],
    /// Where this page stands; empty hides it.
    pub fil: &'a [Lien],
    /// What the last action did.
    pub avis: Option<&'a Avis>,
    /// Who is looking; nothing where nobody signs in, or where it is not asked.
    pub lecteur: Option<&'a Lecteur>,
    /// Content of `main`.
    pub contenu: &'a C,
}

impl<C: Template + Display> Page<'_, C> {
    /// The page as it is sent.
    ///
    /// # Errors
    ///
    /// When a template fails, or writes HTML that cannot be walked through.
    pub fn html(&self) -> anyhow::Result<String> {
        compose(&self.render()?)
    }
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

    const STATEMENT: Accessibilite<'_> =
        Accessibilite { produit: "Maillage <hub>", responsable: "Le CDG 70", contact: Some("a@b.example") };

    fn page<'a, C: Template + Display>(contenu: &'a C, navigation: &'a [Lien], avis: Option<&'a Avis>) -> Page<'a, C> {
        Page {
            titre: "Accessibilité",
            produit: "Maillage",
            cote: Cote::Hub,
            navigation,
            fil: navigation,
            avis,
            lecteur: None,
            contenu,
        }
    }

    #[test]
    fn the_header_says_who_is_looking_and_lets_them_leave() {
        let sortie = Geste { adresse: "/deconnexion".into(), libelle: "Se déconnecter".into(), jeton: "j".into() };
        let connu = Lecteur::Connu { nom: "DTH <Est>".into(), sortie };
        let html = Page { lecteur: Some(&connu), ..page(&STATEMENT, &[], None) }.render().unwrap();
        assert!(html.contains("DTH &#60;Est&#62;") && html.contains("action=\"/deconnexion\""));
        let anonyme = Lecteur::Anonyme("/connexion?retour=%2Fpilotage".into());
        let html = Page { lecteur: Some(&anonyme), ..page(&STATEMENT, &[], None) }.render().unwrap();
        assert!(html.contains("href=\"/connexion?retour=%2Fpilotage\"") && !html.contains("/deconnexion"));
    }

    #[test]
    fn the_statement_is_rendered_inside_the_layout_and_escaped() {
        let navigation = [Lien::vers("/", "Campagne", false), Lien::vers("/accessibilite", "Accessibilité", true)];
        let html = page(&STATEMENT, &navigation, None).render().unwrap();
        assert!(html.contains("Maillage &#60;hub&#62; est <strong>non conforme</strong>"), "{html}");
        assert_eq!(html.matches("aria-current=\"page\"").count(), 2, "in the menu and in the trail");
        assert!(html.contains("mailto:a@b.example"));
        assert!(html.contains("<html lang=\"fr\">") && html.contains("href=\"#contenu\""));
        assert!(html.contains("Aucune donnée nominative"));
        let sans = Accessibilite { contact: None, ..STATEMENT };
        assert!(sans.render().unwrap().contains("adressez-vous au centre de gestion"));
    }

    #[test]
    fn a_notice_is_announced_with_the_way_to_undo_it() {
        let geste = Geste { adresse: "/imports/3/annuler".into(), libelle: "Annuler".into(), jeton: "x\"y".into() };
        let avis = Avis { ton: Ton::Fait, texte: "Enregistré.".into(), geste: Some(geste) };
        let html = page(&STATEMENT, &[], Some(&avis)).render().unwrap();
        assert!(html.contains("role=\"status\"") && html.contains("action=\"/imports/3/annuler\""));
        assert!(html.contains("value=\"x&#34;y\""), "escaped");
        let erreur = Avis { ton: Ton::Erreur, geste: None, ..avis };
        assert!(page(&STATEMENT, &[], Some(&erreur)).render().unwrap().contains("role=\"alert\""));
    }

    #[test]
    fn pages_hold_no_inline_script_nor_style() {
        for gabarit in [
            include_str!("../templates/page.html"),
            include_str!("../templates/accessibilite.html"),
            include_str!("../templates/table.html"),
        ] {
            assert!(!gabarit.contains("<script") && !gabarit.contains("<style") && !gabarit.contains("style="));
            assert!(!gabarit.contains("http://") && !gabarit.contains("https://"));
        }
        assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
        assert_eq!(STYLE.matches('{').count(), STYLE.matches('}').count());
    }
}

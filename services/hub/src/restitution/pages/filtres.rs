//! The filters of a page: lists and words, in the address, so that a page can be sent to a colleague. The same values
//! make the head of the page, the addresses of its files and what those files say they are about.

use std::borrow::Cow;
use std::collections::BTreeSet;

use askama::Template;
use hub_storage::campagne::Campagne;

use super::{libelle, nom_region};
use crate::acces::Guichet;

/// An option of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionListe {
    /// Value sent.
    pub valeur: String,
    /// Words.
    pub libelle: String,
    /// True for the present choice.
    pub choisie: bool,
}

/// A list to choose from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liste {
    /// Name in the address.
    pub nom: &'static str,
    /// Words.
    pub libelle: &'static str,
    /// Options.
    pub options: Vec<OptionListe>,
}

impl Liste {
    /// A list of (value, words), one of them chosen.
    pub fn nouvelle(
        nom: &'static str,
        libelle: &'static str,
        options: impl IntoIterator<Item = (String, String)>,
        choisie: &str,
    ) -> Self {
        let option = |(valeur, libelle): (String, String)| OptionListe { choisie: valeur == choisie, valeur, libelle };
        Self { nom, libelle, options: options.into_iter().map(option).collect() }
    }

    /// The same with « everything » before, which is an empty value.
    pub fn avec_tout(mut self, mots: &str) -> Self {
        let choisie = self.options.iter().all(|o| !o.choisie);
        self.options.insert(0, OptionListe { valeur: String::new(), libelle: mots.to_owned(), choisie });
        self
    }

    fn choix(&self) -> Option<&OptionListe> {
        self.options.iter().find(|o| o.choisie)
    }
}

/// The head of a page.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(path = "filtres.html")]
pub struct Filtres {
    /// Path of the page.
    pub chemin: Cow<'static, str>,
    /// Words of the button: a verb and its object.
    pub bouton: &'static str,
    /// Words looked for, on the pages that look for some.
    pub recherche: Option<String>,
    /// Lists.
    pub listes: Vec<Liste>,
}

impl Filtres {
    /// Addresses of a chart of the page as pictures; `table` says beside which table it stands when there are several.
    pub fn images(&self, table: &str) -> [(String, &'static str); 2] {
        let adresse = |format| format!("{}{table}&format={format}", self.adresse());
        [(adresse("png"), "image (PNG)"), (adresse("svg"), "image (SVG)")]
    }

    /// Address of the page under these filters, always with the same order of names.
    pub fn adresse(&self) -> String {
        let mut paires = form_urlencoded::Serializer::new(String::new());
        if let Some(mots) = &self.recherche {
            paires.append_pair("q", mots);
        }
        for liste in &self.listes {
            paires.append_pair(liste.nom, liste.choix().map_or("", |o| o.valeur.as_str()));
        }
        format!("{}?{}", self.chemin, paires.finish())
    }

    /// Address of the page under these filters but for one of them.
    pub fn adresse_avec(&self, nom: &str, valeur: &str) -> String {
        let mut paires = form_urlencoded::Serializer::new(String::new());
        for liste in &self.listes {
            let choix = liste.choix().map_or("", |o| o.valeur.as_str());
            paires.append_pair(liste.nom, if liste.nom == nom { valeur } else { choix });
        }
        format!("{}?{}", self.chemin, paires.finish())
    }

    /// (heading, words) of what was chosen, for the files.
    pub fn mots(&self) -> Vec<(String, String)> {
        let recherche = self.recherche.iter().filter(|m| !m.is_empty()).map(|m| ("Recherche".to_owned(), m.clone()));
        let choix = self.listes.iter().filter_map(|l| Some((l.libelle.to_owned(), l.choix()?.libelle.clone())));
        recherche.chain(choix).collect()
    }
}

/// The campaigns, one of them chosen.
pub fn campagnes(toutes: &[Campagne], choisie: &str) -> Liste {
    Liste::nouvelle("campagne", "Campagne", toutes.iter().map(|c| (c.code.clone(), libelle(&c.code))), choisie)
}

/// Rank of the campaign asked for; of the latest when none is.
pub fn rang(toutes: &[Campagne], voulue: Option<&str>) -> Option<usize> {
    match voulue.filter(|code| !code.is_empty()) {
        Some(code) => toutes.iter().position(|c| c.code == code),
        None => (!toutes.is_empty()).then_some(0),
    }
}

/// Codes of the regions that the hub serves.
pub fn codes_de_regions(guichet: &Guichet) -> BTreeSet<String> {
    guichet.configuration().noeuds.iter().flat_map(|(n, _)| n.regions.iter().cloned()).collect()
}

/// The region asked for, if the hub serves it.
pub fn region_choisie(codes: &BTreeSet<String>, voulue: Option<&str>) -> Option<String> {
    voulue.and_then(|r| codes.get(r)).cloned()
}

/// The region shown: that asked for, else that of whoever asks, else the first one.
pub fn region_montree(guichet: &Guichet, codes: &BTreeSet<String>, voulue: Option<&str>) -> String {
    let usuelle = || region_choisie(codes, guichet.region_usuelle().as_deref());
    region_choisie(codes, voulue).or_else(usuelle).or_else(|| codes.first().cloned()).unwrap_or_default()
}

/// The regions, one of them chosen.
pub fn regions(codes: &BTreeSet<String>, choisie: &str) -> Liste {
    Liste::nouvelle("region", "Région", codes.iter().map(|r| (r.clone(), nom_region(r))), choisie)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtres() -> Filtres {
        let codes = ["27", "44"].map(str::to_owned).into();
        Filtres {
            chemin: "/pratiques".into(),
            bouton: "Chercher",
            recherche: Some("réunion & suivi".to_owned()),
            listes: vec![regions(&codes, "44"), regions(&codes, "").avec_tout("Toutes")],
        }
    }

    #[test]
    fn the_address_holds_every_choice_and_is_safe() {
        assert_eq!(filtres().adresse(), "/pratiques?q=r%C3%A9union+%26+suivi&region=44&region=");
        let mots = filtres().mots();
        assert_eq!(mots[1], ("Région".to_owned(), "Grand Est".to_owned()));
        assert_eq!(mots[2].1, "Toutes");
    }

    #[test]
    fn every_field_is_labelled_and_what_was_typed_is_escaped() {
        let mut filtres = filtres();
        filtres.listes.truncate(1);
        filtres.recherche = Some("\"><b>".to_owned());
        let html = filtres.render().unwrap();
        assert_eq!(html.matches("<label for=").count(), 2);
        assert!(html.contains("value=\"&#34;&#62;&#60;b&#62;\"") && html.contains("<option value=\"44\" selected>"));
    }
}

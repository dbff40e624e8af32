//! Headers: which column holds which field, what is missing (C-CL-01) and what has no business here (C-CL-02).

use referentiel::controle::{Anomalie, Fiche, Place};
use referentiel::texte::plie;

use super::anomalie::extrait;
use crate::modele::Feuille;
use crate::position::lettres;

/// Rows among which the header row is looked for: annexe 2 groups its fields under titles.
pub(super) const LIGNES: usize = 10;
/// Headers to recognise before a row is the header row; one alone may be a title.
const RECONNUS: usize = 2;

/// What a column of the file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The field at this place of the layout.
    Champ(usize),
    /// No header: harmless as long as nothing is under it.
    SansEntete,
    /// Already refused.
    Refusee,
}

/// The header row of a sheet.
#[derive(Debug, Default)]
pub(super) struct Entetes {
    /// Row, counted from 0.
    pub ligne: u32,
    roles: Vec<Role>,
    /// Column of each field.
    pub colonnes: Vec<Option<u32>>,
}

impl Entetes {
    /// Reads a row as headers; `None` when it does not look like one.
    pub fn reconnait(
        feuille: &Feuille,
        ligne: u32,
        cellules: &[(u32, String)],
        anomalies: &mut Vec<Anomalie>,
    ) -> Option<Self> {
        let reconnus: Vec<_> = cellules.iter().map(|(c, texte)| (*c, texte, feuille.reconnait(texte))).collect();
        if reconnus.iter().filter(|(.., champ)| champ.is_some()).count() < RECONNUS.min(feuille.champs().len()) {
            return None;
        }
        let largeur = cellules.iter().map(|(c, _)| *c as usize + 1).max().unwrap_or(0);
        let mut entetes =
            Self { ligne, roles: vec![Role::SansEntete; largeur], colonnes: vec![None; feuille.champs().len()] };
        for (colonne, texte, champ) in reconnus {
            let role = entetes.role_de(feuille, colonne, texte, champ, anomalies);
            if let Some(case) = entetes.roles.get_mut(colonne as usize) {
                *case = role;
            }
        }
        for (champ, colonne) in feuille.champs().iter().zip(&entetes.colonnes) {
            if colonne.is_none() {
                anomalies.push(absente(feuille, &champ.identifiant, &champ.entete));
            }
        }
        Some(entetes)
    }

    /// What the column at this place is.
    pub fn role(&self, colonne: u32) -> Role {
        self.roles.get(colonne as usize).copied().unwrap_or(Role::SansEntete)
    }

    /// Refuses a column without a header once something was found under it.
    pub fn refuse(&mut self, feuille: &Feuille, colonne: u32, anomalies: &mut Vec<Anomalie>) {
        let rang = colonne as usize;
        if self.roles.len() <= rang {
            self.roles.resize(rang + 1, Role::SansEntete);
        }
        if let Some(role) = self.roles.get_mut(rang) {
            *role = Role::Refusee;
        }
        let message = format!(
            "La colonne {} n’a pas d’en-tête mais contient des valeurs : supprimez-la avant le dépôt. Rien n’a été enregistré.",
            lettres(colonne)
        );
        anomalies.push(Anomalie::nouvelle("C-CL-02", self.place(feuille.fiche, colonne), message).attendu(ATTENDU));
    }

    fn role_de(
        &mut self,
        feuille: &Feuille,
        colonne: u32,
        texte: &str,
        champ: Option<usize>,
        anomalies: &mut Vec<Anomalie>,
    ) -> Role {
        let place = self.place(feuille.fiche, colonne);
        let Some(champ) = champ else {
            anomalies.push(inconnue(place, texte));
            return Role::Refusee;
        };
        match self.colonnes.get_mut(champ) {
            Some(case @ None) => {
                *case = Some(colonne);
                Role::Champ(champ)
            }
            _ => {
                let message =
                    format!("La colonne « {} » figure deux fois : gardez celle qui est juste.", extrait(texte));
                anomalies.push(Anomalie::nouvelle("C-CL-02", place, message).lu(extrait(texte)).attendu(ATTENDU));
                Role::Refusee
            }
        }
    }

    fn place(&self, fiche: Fiche, colonne: u32) -> Place {
        Place { ligne: Some(self.ligne + 1), colonne: Some(colonne), ..Place::feuille(fiche) }
    }
}

const ATTENDU: &str = "les seules colonnes du modèle de la campagne";

fn absente(feuille: &Feuille, champ: &str, entete: &str) -> Anomalie {
    let message = format!("Il manque la colonne « {entete} » dans la feuille « {} ».", feuille.nom);
    let place = Place { champ: Some(champ.to_owned()), ..Place::feuille(feuille.fiche) };
    Anomalie::nouvelle("C-CL-01", place, message).attendu(entete)
}

/// Names the header but never what the column holds: it may be a name or a social security number.
fn inconnue(place: Place, entete: &str) -> Anomalie {
    let nom = extrait(entete);
    let nominative = if nominatif(entete) {
        " Elle semble nominative (identité, coordonnées ou numéro de sécurité sociale), ce que la remontée interdit."
    } else {
        ""
    };
    let message = format!(
        "La colonne « {nom} » n’est pas attendue : supprimez-la avant le dépôt. Rien n’a été enregistré.{nominative}"
    );
    Anomalie::nouvelle("C-CL-02", place, message).lu(nom).attendu(ATTENDU)
}

fn nominatif(entete: &str) -> bool {
    const IDENTITE: [&str; 22] = [
        "nom",
        "noms",
        "prenom",
        "prenoms",
        "patronyme",
        "identite",
        "nir",
        "insee",
        "secu",
        "securite",
        "naissance",
        "adresse",
        "rue",
        "domicile",
        "commune",
        "telephone",
        "tel",
        "portable",
        "mobile",
        "mail",
        "email",
        "courriel",
    ];
    const ORGANISATION: [&str; 5] = ["dispositif", "structure", "departement", "region", "organisme"];
    let plie = plie(entete);
    let mots: Vec<&str> = plie.split(|c: char| !c.is_alphanumeric()).collect();
    let a = |liste: &[&str]| mots.iter().any(|mot| liste.contains(mot));
    a(&IDENTITE) && !a(&ORGANISATION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modele::Modele;

    fn lit(entetes: &[&str]) -> (Option<Entetes>, Vec<Anomalie>) {
        let mut anomalies = Vec::new();
        let cellules: Vec<_> = (0u32..).zip(entetes.iter().map(|e| (*e).to_owned())).collect();
        let feuille = Modele::cfea().feuille(Fiche::Personne);
        (Entetes::reconnait(feuille, 0, &cellules, &mut anomalies), anomalies)
    }

    fn attendus() -> Vec<&'static str> {
        Modele::cfea().feuille(Fiche::Personne).champs().iter().map(|c| c.entete.as_str()).collect()
    }

    #[test]
    fn an_unknown_column_is_refused_at_its_header_and_said_nominative_when_it_looks_so() {
        for (entete, nominative) in
            [("Nom du bénéficiaire", true), ("N° Sécurité sociale", true), ("Tél.", true), ("Commentaire", false)]
        {
            let mut entetes = attendus();
            entetes.push(entete);
            let (_, anomalies) = lit(&entetes);
            let [anomalie] = &anomalies[..] else { panic!("{anomalies:?}") };
            assert_eq!(
                (anomalie.controle.as_str(), anomalie.bloque(), anomalie.place.colonne),
                ("C-CL-02", true, Some(13))
            );
            assert_eq!(anomalie.message.contains("nominative"), nominative, "{entete}");
        }
    }

    #[test]
    fn a_missing_or_doubled_header_is_said_once() {
        let mut entetes = attendus();
        entetes[6] = "Date de naissance";
        let (lus, anomalies) = lit(&entetes);
        let codes: Vec<_> = anomalies.iter().map(|a| (a.controle.as_str(), a.message.contains("Sexe"))).collect();
        assert_eq!(codes, [("C-CL-02", false), ("C-CL-01", true)]);
        assert_eq!(lus.unwrap().role(6), Role::Refusee);
    }

    #[test]
    fn a_title_row_is_not_a_header_row() {
        assert!(lit(&["Fiches personnes", "", "DISPOSITIF"]).0.is_none());
        assert!(lit(&[]).0.is_none());
    }
}

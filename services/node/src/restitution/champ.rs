//! A field of a form, the same on every page: visible label, where its value goes, an example, the errors beside it.
//! Those of the fiches of annexe 2 are made from the declaration that the import reads.

use askama::Template;
use referentiel::controle::{Fiche, Severite};
use tableur::AnomalieSituee;
use tableur::modele::{Auto, Champ, Feuille, Genre};
use tableur::position::a1;

use super::campagne::Modalite;
use super::fiches::portee;

/// A field.
#[derive(Debug, Template)]
#[template(path = "champ.html")]
pub struct ChampSaisi {
    /// Name, and anchor.
    pub nom: String,
    /// Label.
    pub libelle: String,
    /// What it holds.
    pub valeur: String,
    /// The form is refused without it.
    pub obligatoire: bool,
    /// What it means, or how it is written.
    pub aide: Option<String>,
    /// Whether it leaves the node.
    pub portee: &'static str,
    /// What is wrong with it, in sentences.
    pub erreurs: Vec<String>,
    /// Values to choose from.
    pub choix: Option<Vec<Modalite>>,
    /// Several lines of text.
    pub long: bool,
}

/// Fields of a form under one title.
#[derive(Debug, Template)]
#[template(path = "groupe.html")]
pub struct Groupe {
    /// Legend.
    pub titre: Option<String>,
    /// What holds for all its fields.
    pub aide: Option<String>,
    /// Fields, in reading order.
    pub champs: Vec<ChampSaisi>,
}

impl Groupe {
    /// Fields under a legend.
    pub fn nouveau(titre: impl Into<String>, champs: Vec<ChampSaisi>) -> Self {
        Self { titre: Some(titre.into()), aide: None, champs }
    }
}

/// What is wrong in a form, said above it, each error with a link to its field.
#[derive(Debug, Template)]
#[template(path = "fautes.html")]
pub struct Fautes {
    suite: &'static str,
    dans: Vec<(String, String)>,
    ailleurs: Vec<String>,
}

impl Fautes {
    /// What the fields carry, and what concerns none of them; `suite` says what becomes of what was typed.
    pub fn nouvelles(suite: &'static str, groupes: &[Groupe], ailleurs: Vec<String>) -> Self {
        let champs = || groupes.iter().flat_map(|g| g.champs.iter().map(move |c| (g, c)));
        // A label that several groups share says nothing without its group.
        let nomme = |g: &Groupe, c: &ChampSaisi| match &g.titre {
            Some(titre) if champs().filter(|(_, autre)| autre.libelle == c.libelle).count() > 1 => {
                format!("{titre}, {}", c.libelle)
            }
            _ => c.libelle.clone(),
        };
        let dites = |(g, c)| {
            let lieu = nomme(g, c);
            c.erreurs.iter().map(move |e| (c.nom.clone(), format!("{lieu} : {e}")))
        };
        Self { suite, dans: champs().filter(|(_, c)| !c.erreurs.is_empty()).flat_map(dites).collect(), ailleurs }
    }

    /// True when the form is right.
    pub fn aucune(&self) -> bool {
        self.dans.is_empty() && self.ailleurs.is_empty()
    }
}

impl ChampSaisi {
    /// The texts tied to the field, in reading order.
    fn decrit_par(&self) -> String {
        let mut textes = vec![format!("{}-portee", self.nom)];
        textes.extend(self.aide.as_ref().map(|_| format!("{}-aide", self.nom)));
        textes.extend((1..=self.erreurs.len()).map(|rang| format!("{}-erreur{rang}", self.nom)));
        textes.join(" ")
    }

    /// A field of a fiche, as the workbook declares it.
    pub fn de_fiche(fiche: Fiche, champ: &Champ, valeur: String, erreurs: Vec<String>) -> Self {
        let choix = if let Genre::Modalite(liste, _) = &champ.genre {
            let vide = Modalite::nouvelle("", "Non renseigné", valeur.is_empty());
            // « Non renseigné » is also a value of some lists: it is then the one that is offered.
            let autres = liste.saisissables().map(|m| Modalite::nouvelle(&m.libelle, &m.libelle, m.libelle == valeur));
            Some(std::iter::once(vide).chain(autres).collect())
        } else {
            None
        };
        let aide = match &champ.genre {
            Genre::Date => Some("Format jj/mm/aaaa, par exemple 31/03/2026"),
            Genre::Liste(_) => Some("Séparez les valeurs par un point-virgule"),
            Genre::Decimal => Some("Par exemple 1,5"),
            Genre::Departement => Some("Par exemple 08 ou 2A"),
            _ => None,
        };
        Self {
            libelle: champ.entete.clone(),
            obligatoire: champ.obligatoire,
            portee: portee(fiche, champ),
            nom: nom(fiche, champ),
            valeur,
            aide: aide.map(str::to_owned),
            erreurs,
            choix,
            long: false,
        }
    }
}

/// Name of the field of a fiche in a form.
pub fn nom(fiche: Fiche, champ: &Champ) -> String {
    let debut = match fiche {
        Fiche::Dispositif => "d",
        Fiche::Personne => "p",
        Fiche::Evenement => "e",
    };
    format!("{debut}-{}", champ.identifiant)
}

/// True for a field that a person fills: neither a key, nor what the tool deduces.
pub fn modifiable(champ: &Champ) -> bool {
    let cle = ["reference_dispositif", "reference_personne", "evt_reference_personne", "evt_reference_dispositif"];
    !matches!(champ.auto, Some(Auto::Outil | Auto::Calcule)) && !cle.contains(&champ.identifiant.as_str())
}

/// What blocks in the cell of a field, on the row of this rank from 0.
pub fn erreurs_en(anomalies: &[AnomalieSituee], feuille: &Feuille, rang: usize, champ: &Champ) -> Vec<String> {
    let place = feuille
        .indice(&champ.identifiant)
        .and_then(|colonne| Some(a1(u32::try_from(colonne).ok()?, u32::try_from(rang + 2).ok()?)));
    let ici = |a: &&AnomalieSituee| {
        a.severite == Severite::Bloquant && a.feuille.as_deref() == Some(feuille.nom.as_str()) && a.cellule == place
    };
    anomalies.iter().filter(ici).map(|a| a.message.clone()).collect()
}

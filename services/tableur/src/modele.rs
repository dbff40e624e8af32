//! The layout of a workbook, as data: which sheets, which headers, which type of value in each column.
//!
//! The CFEA's own file was never published, so `schema/tableur/*.toml` may be adapted without touching the code.
//! What a field *means* is the business of the node; here it has a name, a header and a type.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use referentiel::Decimal;
use referentiel::controle::Fiche;
use referentiel::nomenclature::{Nomenclature, nomenclature};
use referentiel::texte::plie;
use serde::Deserialize;

const CFEA: &str = include_str!("../../../schema/tableur/cfea-2021-12.toml");

static MODELE_CFEA: LazyLock<Result<Modele, ModeleInvalide>> = LazyLock::new(|| Modele::lit(CFEA));
static SANS_FEUILLE: LazyLock<Modele> = LazyLock::new(|| Modele {
    version: String::new(),
    titre: String::new(),
    feuilles: FICHES.map(|fiche| Feuille { fiche, nom: String::new(), alias: Vec::new(), champs: Vec::new() }),
    ignorees: HashSet::new(),
});

/// The three fiches, in the order in which a reader receives them.
pub const FICHES: [Fiche; 3] = [Fiche::Dispositif, Fiche::Personne, Fiche::Evenement];

/// Why a layout file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModeleInvalide {
    /// Not the TOML that is expected; the message gives line and column.
    #[error("Ce modèle de classeur est illisible : {0}")]
    Syntaxe(String),
    /// A sheet is missing or described twice.
    #[error("Le modèle de classeur doit décrire une fois, et une seule, la feuille de la fiche {0:?}.")]
    Feuille(Fiche),
    /// Two sheets, or two fields of a sheet, answer to one name.
    #[error("« {0} » désigne deux choses dans le modèle de classeur : gardez un seul usage de ce nom.")]
    Ambigu(String),
    /// A field lacks what its type needs, or names a list that does not exist.
    #[error("Le champ « {champ} » du modèle de classeur est incomplet : {manque}.")]
    Champ {
        /// Identifier of the field.
        champ: String,
        /// What is missing.
        manque: &'static str,
    },
}

/// The layout of a workbook.
#[derive(Debug, Clone)]
pub struct Modele {
    version: String,
    titre: String,
    feuilles: [Feuille; 3],
    ignorees: HashSet<String>,
}

/// One sheet of the layout.
#[derive(Debug, Clone)]
pub struct Feuille {
    /// The fiche that its rows hold.
    pub fiche: Fiche,
    /// Canonical name, used in anomalies and in what is written.
    pub nom: String,
    alias: Vec<String>,
    champs: Vec<Champ>,
}

/// One column of a sheet: a field of annexe 2.
#[derive(Debug, Clone)]
pub struct Champ {
    /// Identifier, such as `date_sortie`.
    pub identifiant: String,
    /// Header written and expected.
    pub entete: String,
    /// What a cell of this column holds.
    pub genre: Genre,
    /// Annexe 2 refuses a fiche without it. The check itself is the node's (C-EV-03 and others).
    pub obligatoire: bool,
    /// Who fills it, when it is not the person who types.
    pub auto: Option<Auto>,
    /// Help, from the text.
    pub aide: String,
    alias: Vec<String>,
}

/// Who fills a field in the place of the person who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    /// The tool, when it records the fiche.
    Outil,
    /// Derived from other fields.
    Calcule,
    /// The CFEA, before it sends the file.
    Prerempli,
}

/// What a cell holds.
#[derive(Debug, Clone)]
pub enum Genre {
    /// Free text.
    Texte,
    /// Several texts in one cell, cut at these characters.
    Liste(String),
    /// A code with letters, so many characters.
    Code(usize),
    /// A code that may be all digits: a spreadsheet may have rounded it or cut its zeros.
    Reference(usize),
    /// Number of a département, text: `08`, `2A`.
    Departement,
    /// Whole number, 0 or more.
    Entier,
    /// Decimal number, 0 or more.
    Decimal,
    /// Calendar date.
    Date,
    /// A value of a code list, and the bands that turn a number of hours into one.
    Modalite(&'static Nomenclature, Vec<Tranche>),
}

/// A band of hours that stands for a value of a code list.
#[derive(Debug, Clone)]
pub struct Tranche {
    /// Code of the value.
    pub code: &'static str,
    /// Upper bound and whether it belongs to the band; `None` for the last band.
    pub plafond: Option<(Decimal, bool)>,
}

impl Tranche {
    /// True when so many hours do not exceed this band.
    pub fn contient(&self, heures: Decimal) -> bool {
        self.plafond.is_none_or(|(plafond, incluse)| heures < plafond || (incluse && heures == plafond))
    }
}

impl Champ {
    /// A column that a mapping declares, outside the layouts.
    pub fn libre(identifiant: &str, entete: &str, genre: Genre, obligatoire: bool) -> Self {
        Self {
            identifiant: identifiant.to_owned(),
            entete: entete.to_owned(),
            genre,
            obligatoire,
            auto: None,
            aide: String::new(),
            alias: Vec::new(),
        }
    }

    /// True when a header, already folded, designates this column.
    pub(crate) fn repond_a(&self, entete_plie: &str) -> bool {
        [&self.entete, &self.identifiant].into_iter().chain(&self.alias).any(|nom| plie(nom) == entete_plie)
    }
}

impl Modele {
    /// The layout of annexe 2, version 2021-12, embedded in the product.
    pub fn cfea() -> &'static Self {
        // The embedded text is read by a test: the fallback is never taken.
        MODELE_CFEA.as_ref().unwrap_or(&SANS_FEUILLE)
    }

    /// Reads a layout from TOML.
    pub fn lit(texte: &str) -> Result<Self, ModeleInvalide> {
        let brut: ModeleBrut = toml::from_str(texte).map_err(|e| ModeleInvalide::Syntaxe(e.to_string()))?;
        let mut feuilles = brut.feuilles.into_iter().map(Feuille::try_from).collect::<Result<Vec<_>, _>>()?;
        feuilles.sort_by_key(|f| f.fiche);
        sans_equivoque(feuilles.iter().map(Feuille::noms))?;
        for (rang, fiche) in FICHES.into_iter().enumerate() {
            if feuilles.get(rang).is_none_or(|f| f.fiche != fiche) {
                return Err(ModeleInvalide::Feuille(fiche));
            }
        }
        let feuilles = feuilles.try_into().map_err(|_| ModeleInvalide::Feuille(Fiche::Evenement))?;
        let ignorees = brut.feuilles_ignorees.iter().map(|nom| plie(nom)).collect();
        Ok(Self { version: brut.version, titre: brut.titre, feuilles, ignorees })
    }

    /// Version of the layout.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Title of the workbooks written with it.
    pub fn titre(&self) -> &str {
        &self.titre
    }

    /// The three sheets, in the order Dispositif, Personnes, Évènements.
    pub fn feuilles(&self) -> &[Feuille; 3] {
        &self.feuilles
    }

    /// The sheet of a fiche.
    pub fn feuille(&self, fiche: Fiche) -> &Feuille {
        match fiche {
            Fiche::Dispositif => &self.feuilles[0],
            Fiche::Personne => &self.feuilles[1],
            Fiche::Evenement => &self.feuilles[2],
        }
    }

    /// The sheet that a name of tab designates, if any.
    pub fn reconnait(&self, nom: &str) -> Option<&Feuille> {
        let nom = plie(nom);
        self.feuilles.iter().find(|f| f.noms().any(|n| plie(n) == nom))
    }

    /// True for a tab that this product adds itself: its lists, its anomalies.
    pub fn ignore(&self, nom: &str) -> bool {
        self.ignorees.contains(&plie(nom))
    }

    /// Place of a field in the rows of its sheet.
    pub fn indice(&self, fiche: Fiche, identifiant: &str) -> Option<usize> {
        self.feuille(fiche).indice(identifiant)
    }
}

impl Feuille {
    fn noms(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.nom).chain(&self.alias)
    }

    /// The fields, in the order of annexe 2.
    pub fn champs(&self) -> &[Champ] {
        &self.champs
    }

    /// Place of a field in the rows of this sheet.
    pub fn indice(&self, identifiant: &str) -> Option<usize> {
        self.champs.iter().position(|c| c.identifiant == identifiant)
    }

    /// The field of this identifier.
    pub fn champ(&self, identifiant: &str) -> Option<&Champ> {
        self.champs.iter().find(|c| c.identifiant == identifiant)
    }

    /// The field that a header designates, if any.
    pub fn reconnait(&self, entete: &str) -> Option<usize> {
        let entete = plie(entete);
        self.champs.iter().position(|c| c.noms().any(|n| plie(n) == entete))
    }
}

impl Champ {
    fn noms(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.entete).chain(&self.alias)
    }
}

/// Place of a field in the rows of a sheet of the embedded layout.
///
/// ```
/// use referentiel::controle::Fiche;
/// assert_eq!(tableur::modele::indice(Fiche::Personne, "date_sortie"), Some(10));
/// ```
pub fn indice(fiche: Fiche, identifiant: &str) -> Option<usize> {
    Modele::cfea().indice(fiche, identifiant)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModeleBrut {
    version: String,
    titre: String,
    #[serde(default)]
    feuilles_ignorees: Vec<String>,
    #[serde(rename = "feuille")]
    feuilles: Vec<FeuilleBrute>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeuilleBrute {
    fiche: Fiche,
    nom: String,
    #[serde(default)]
    alias: Vec<String>,
    #[serde(rename = "champ")]
    champs: Vec<ChampBrut>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChampBrut {
    identifiant: String,
    entete: String,
    #[serde(default)]
    alias: Vec<String>,
    #[serde(rename = "type")]
    genre: GenreBrut,
    longueur: Option<usize>,
    nomenclature: Option<String>,
    separateurs: Option<String>,
    #[serde(default)]
    obligatoire: bool,
    auto: Option<Auto>,
    #[serde(default)]
    aide: String,
    #[serde(default)]
    tranches: Vec<TrancheBrute>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GenreBrut {
    Texte,
    Liste,
    Code,
    Reference,
    Departement,
    Entier,
    Decimal,
    Date,
    Modalite,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TrancheBrute {
    code: String,
    moins_de: Option<Decimal>,
    au_plus: Option<Decimal>,
}

/// Refuses a name, once folded, that two things answer to.
fn sans_equivoque<'n, N: Iterator<Item = &'n String>>(choses: impl Iterator<Item = N>) -> Result<(), ModeleInvalide> {
    let mut proprietaires = HashMap::new();
    for (rang, noms) in choses.enumerate() {
        for nom in noms {
            if *proprietaires.entry(plie(nom)).or_insert(rang) != rang {
                return Err(ModeleInvalide::Ambigu(nom.clone()));
            }
        }
    }
    Ok(())
}

impl TryFrom<FeuilleBrute> for Feuille {
    type Error = ModeleInvalide;
    fn try_from(brute: FeuilleBrute) -> Result<Self, Self::Error> {
        let champs = brute.champs.into_iter().map(Champ::try_from).collect::<Result<Vec<_>, _>>()?;
        sans_equivoque(champs.iter().map(Champ::noms))?;
        sans_equivoque(champs.iter().map(|c| std::iter::once(&c.identifiant)))?;
        Ok(Self { fiche: brute.fiche, nom: brute.nom, alias: brute.alias, champs })
    }
}

impl TryFrom<ChampBrut> for Champ {
    type Error = ModeleInvalide;
    fn try_from(brut: ChampBrut) -> Result<Self, Self::Error> {
        let genre = genre(&brut).map_err(|manque| ModeleInvalide::Champ { champ: brut.identifiant.clone(), manque })?;
        let ChampBrut { identifiant, entete, alias, obligatoire, auto, aide, .. } = brut;
        Ok(Self { identifiant, entete, genre, obligatoire, auto, aide, alias })
    }
}

fn genre(brut: &ChampBrut) -> Result<Genre, &'static str> {
    let longueur = || brut.longueur.ok_or("« longueur » manque");
    Ok(match brut.genre {
        GenreBrut::Texte => Genre::Texte,
        GenreBrut::Liste => Genre::Liste(brut.separateurs.clone().ok_or("« separateurs » manque")?),
        GenreBrut::Code => Genre::Code(longueur()?),
        GenreBrut::Reference => Genre::Reference(longueur()?),
        GenreBrut::Departement => Genre::Departement,
        GenreBrut::Entier => Genre::Entier,
        GenreBrut::Decimal => Genre::Decimal,
        GenreBrut::Date => Genre::Date,
        GenreBrut::Modalite => {
            let nom = brut.nomenclature.as_deref().ok_or("« nomenclature » manque")?;
            let liste = nomenclature(nom).ok_or("cette nomenclature n’existe pas")?;
            let tranches = brut.tranches.iter().map(|t| tranche(t, liste)).collect::<Result<_, _>>()?;
            Genre::Modalite(liste, tranches)
        }
    })
}

fn tranche(brute: &TrancheBrute, liste: &'static Nomenclature) -> Result<Tranche, &'static str> {
    let code = &liste.modalite(&brute.code).ok_or("une tranche porte un code absent de la nomenclature")?.code;
    let plafond = match (brute.moins_de, brute.au_plus) {
        (Some(borne), None) => Some((borne, false)),
        (None, Some(borne)) => Some((borne, true)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err("une tranche a deux plafonds"),
    };
    Ok(Tranche { code, plafond })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_layout_holds_the_46_fields_of_annexe_2() {
        let modele = Modele::lit(CFEA).unwrap();
        let champs = |fiche| modele.feuille(fiche).champs();
        let obligatoires = |fiche| champs(fiche).iter().filter(|c| c.obligatoire).count();
        assert_eq!(FICHES.map(|f| champs(f).len()), [17, 13, 16]);
        assert_eq!(FICHES.map(obligatoires), [1, 3, 8]);
        assert_eq!(Modele::cfea().version(), "2021-12");
    }

    #[test]
    fn sheets_and_headers_are_known_without_case_accents_or_double_spaces() {
        let modele = Modele::cfea();
        assert_eq!(modele.reconnait(" EVENEMENTS ").unwrap().fiche, Fiche::Evenement);
        assert!(modele.reconnait("Feuil1").is_none());
        let dispositif = modele.feuille(Fiche::Dispositif);
        assert_eq!(dispositif.reconnait("Nombre de  personnes SANS suite"), dispositif.indice("nb_sans_suite"));
        assert_eq!(dispositif.reconnait("capacite d'accompagnement"), dispositif.indice("capacite_accompagnement"));
    }

    #[test]
    fn a_layout_that_cannot_work_is_refused_by_name() {
        let sans = CFEA.replace("fiche = \"evenement\"", "fiche = \"personne\"");
        assert_eq!(Modele::lit(&sans).unwrap_err(), ModeleInvalide::Feuille(Fiche::Evenement));
        let double = CFEA.replace("entete = \"Prénom du responsable\"", "entete = \"NOM du responsable\"");
        assert_eq!(Modele::lit(&double).unwrap_err(), ModeleInvalide::Ambigu("NOM du responsable".into()));
        let inconnue = CFEA.replace("nomenclature = \"sexe\"", "nomenclature = \"genre\"");
        assert!(Modele::lit(&inconnue).unwrap_err().to_string().contains("« sexe »"));
        assert!(Modele::lit("feuille = 3").is_err());
    }

    #[test]
    fn eight_and_twelve_hours_are_regular_support() {
        let Genre::Modalite(_, tranches) =
            &Modele::cfea().feuille(Fiche::Evenement).champ("niveau_soutien").unwrap().genre
        else {
            panic!("niveau_soutien is a code list");
        };
        let code = |h: &str| tranches.iter().find(|t| t.contient(h.parse().unwrap())).unwrap().code;
        assert_eq!(["0", "1.5", "2", "7.9", "8", "12", "12.5"].map(code), ["N1", "N1", "N2", "N2", "N3", "N3", "N4"]);
    }
}

//! The data sets of an installation: those shipped with the product, and those its configuration adds
//! from TOML files. Read once at start, never forgotten: a publication may refer to them for ever.

use std::sync::{LazyLock, PoisonError, RwLock};

use super::{Jeu, JeuInvalide};

const SOURCES: &[&str] = &[
    include_str!("../../../../schema/jeux/ea.dispositif.toml"),
    include_str!("../../../../schema/jeux/ea.indicateurs.toml"),
    include_str!("../../../../schema/jeux/ea.plateforme.toml"),
    include_str!("../../../../schema/jeux/fiphfp.plan.toml"),
    include_str!("../../../../schema/jeux/fiphfp.avancement.toml"),
    include_str!("../../../../schema/jeux/rsu.boeth.toml"),
    include_str!("../../../../schema/jeux/offre.services.toml"),
    include_str!("../../../../schema/jeux/pratiques.toml"),
    include_str!("../../../../schema/jeux/mobilite.ticket.toml"),
    include_str!("../../../../schema/jeux/activite.cdg.toml"),
];

static TOUS: LazyLock<RwLock<Vec<&'static Jeu>>> = LazyLock::new(|| {
    let livres = SOURCES.iter().filter_map(|s| Jeu::lit(s).ok()).map(|jeu| &*Box::leak(Box::new(jeu)));
    RwLock::new(livres.collect())
});

/// Why a jeu is not added.
#[derive(Debug, thiserror::Error)]
pub enum JeuRefuse {
    /// The file itself.
    #[error(transparent)]
    Invalide(#[from] JeuInvalide),
    /// A jeu of this name is there with another definition.
    #[error("Le jeu {0} existe déjà avec une autre définition : donnez-lui un autre nom.")]
    DejaConnu(String),
    /// A measure is known by its code alone, in every jeu.
    #[error("La mesure « {0} » est déjà celle du jeu {1} : donnez-lui un autre code.")]
    MesureConnue(String, String),
}

/// The jeux of this installation.
pub fn jeux() -> Vec<&'static Jeu> {
    TOUS.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The jeu of this name.
pub fn jeu(code: &str) -> Option<&'static Jeu> {
    TOUS.read().unwrap_or_else(PoisonError::into_inner).iter().find(|j| j.code == code).copied()
}

/// Other versions of known jeux, which publications made elsewhere may name: a node that was not upgraded yet, or
/// that was upgraded first. Each carries its own code lists; the present version stays that of the product.
static AUTRES: LazyLock<RwLock<Vec<&'static Jeu>>> = LazyLock::new(RwLock::default);

/// A jeu as it stood in one version.
pub fn jeu_de_version(code: &str, version: &str) -> Option<&'static Jeu> {
    versions().into_iter().find(|j| j.code == code && j.version == version)
}

/// Every version of every jeu, the present ones first.
pub fn versions() -> Vec<&'static Jeu> {
    let mut tous = jeux();
    tous.extend(AUTRES.read().unwrap_or_else(PoisonError::into_inner).iter());
    tous
}

/// Adds a jeu, or another version of a known one, beside it.
pub fn admet(texte: &str) -> Result<&'static Jeu, JeuRefuse> {
    let nouveau = Jeu::lit(texte)?;
    if jeu(&nouveau.code).is_none_or(|connu| connu.version == nouveau.version) {
        return ajoute(texte);
    }
    let mut autres = AUTRES.write().unwrap_or_else(PoisonError::into_inner);
    match autres.iter().find(|j| j.code == nouveau.code && j.version == nouveau.version) {
        Some(connu) if **connu == nouveau => Ok(*connu),
        Some(_) => Err(JeuRefuse::DejaConnu(nouveau.code)),
        None => {
            let nouveau: &'static Jeu = Box::leak(Box::new(nouveau));
            autres.push(nouveau);
            Ok(nouveau)
        }
    }
}

/// Adds a jeu from the text of its file. Adding the very same one again changes nothing.
pub fn ajoute(texte: &str) -> Result<&'static Jeu, JeuRefuse> {
    let nouveau = Jeu::lit(texte)?;
    let mut tous = TOUS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(connu) = tous.iter().find(|j| j.code == nouveau.code) {
        return if **connu == nouveau { Ok(*connu) } else { Err(JeuRefuse::DejaConnu(nouveau.code)) };
    }
    let prise = nouveau.mesures.iter().find_map(|m| {
        let autre = tous.iter().find(|j| j.mesure(&m.code).is_some())?;
        Some((m.code.clone(), autre.code.clone()))
    });
    if let Some((mesure, autre)) = prise {
        return Err(JeuRefuse::MesureConnue(mesure, autre));
    }
    let nouveau: &'static Jeu = Box::leak(Box::new(nouveau));
    tous.push(nouveau);
    Ok(nouveau)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_shipped_jeu_is_coherent_and_no_measure_belongs_to_two() {
        for source in SOURCES {
            if let Err(e) = Jeu::lit(source) {
                panic!("{e}");
            }
        }
        assert!(jeux().len() >= SOURCES.len());
        let mut vues = BTreeSet::new();
        for mesure in jeux().iter().flat_map(|j| &j.mesures) {
            assert!(vues.insert(&mesure.code), "{}", mesure.code);
        }
    }

    #[test]
    fn a_jeu_is_added_once_and_takes_the_place_of_no_other() {
        let texte = |version: &str, mesure: &str| {
            format!(
                "code='essai.registre'\nversion='{version}'\nlibelle='x'\nperiodicite='annee'\nsource='x'\n\
                 [[mesure]]\ncode='{mesure}'\nlibelle='x'\nnature='operationnel'\nunite='x'\ndefinition='x'\n"
            )
        };
        let ajoutee = ajoute(&texte("1", "ESSAI_REGISTRE")).unwrap();
        assert!(std::ptr::eq(ajoute(&texte("1", "ESSAI_REGISTRE")).unwrap(), ajoutee));
        assert!(matches!(ajoute(&texte("2", "ESSAI_REGISTRE")), Err(JeuRefuse::DejaConnu(_))));
        // Another version stands beside the present one, and takes its place nowhere.
        let seconde = admet(&texte("2", "ESSAI_REGISTRE")).unwrap();
        assert!(std::ptr::eq(jeu("essai.registre").unwrap(), ajoutee));
        assert!(std::ptr::eq(jeu_de_version("essai.registre", "2").unwrap(), seconde));
        assert!(std::ptr::eq(jeu_de_version("essai.registre", "1").unwrap(), ajoutee));
        assert!(matches!(admet(&texte("2", "ESSAI_AUTRE")), Err(JeuRefuse::DejaConnu(_))));
        let autre = texte("1", "EA01").replace("essai.registre", "essai.autre");
        assert!(matches!(ajoute(&autre), Err(JeuRefuse::MesureConnue(..))));
    }
}

//! The last quarter of the demonstration, read from its workbooks and prepared as a node does.

use std::fs;
use std::sync::{LazyLock, OnceLock};

use dossier::Remontee;
use node::preparation::{Matiere, Preparee, prepare};
use node::saisie::{self, Contexte};
use publication::{CleSignature, Contenu};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use referentiel::jeu::{Jeu, Methode, admet, jeu};
use xtask::recit::{CENTRES, Centre, classeur, quarts};

/// A centre and its fiches.
pub struct Campagne {
    pub centre: &'static Centre,
    pub courantes: Vec<Remontee>,
    pub precedentes: Vec<Remontee>,
}

/// The six centres.
pub static CAMPAGNES: LazyLock<Vec<Campagne>> = LazyLock::new(|| CENTRES.iter().map(Campagne::lit).collect());

impl Campagne {
    fn lit(centre: &'static Centre) -> Self {
        let dossier = tempfile::tempdir().unwrap();
        let mut campagne = Self { centre, courantes: vec![], precedentes: vec![] };
        for dispositif in centre.dispositifs {
            for (code, trimestre) in quarts(dispositif) {
                let fichier = dossier.path().join(format!("{}-{code}.xlsx", dispositif.reference));
                classeur::ecrit(&trimestre, &fichier).unwrap();
                let verdict = saisie::verifier(&fs::read(&fichier).unwrap(), &Contexte::default());
                match code {
                    "2026-T1" => campagne.courantes.extend(verdict.remontee),
                    "2025-T4" => campagne.precedentes.extend(verdict.remontee),
                    _ => {}
                }
            }
        }
        assert!(!campagne.courantes.is_empty(), "{}", centre.nom);
        campagne
    }

    /// What the centre would send, after what it sent last.
    pub fn prepare(&self, jeu: &Jeu, derniere: Option<&Contenu>) -> anyhow::Result<Preparee> {
        let cle = CleSignature::generer(&mut ChaCha20Rng::seed_from_u64(1));
        let matiere = Matiere {
            noeud: &format!("cdg-{}", self.centre.siren).parse().unwrap(),
            cle: &cle,
            trimestre: "2026-T1".parse().unwrap(),
            departement: None,
            seuils: &[],
            declaration: None,
            courantes: &self.courantes,
            precedentes: &self.precedentes,
            derniere_revision: derniere,
            trimestre_precedent: None,
        };
        prepare(jeu, &matiere)
    }
}

/// What each of the six centres would send first, by each policy.
pub fn preparees(methode: Methode) -> &'static [Preparee] {
    static PREPAREES: [OnceLock<Vec<Preparee>>; 4] = [const { OnceLock::new() }; 4];
    let rang = Methode::TOUTES.iter().position(|m| *m == methode).unwrap();
    PREPAREES[rang].get_or_init(|| CAMPAGNES.iter().map(|c| c.prepare(jeu_par(methode), None).unwrap()).collect())
}

/// The indicators, as a version of the jeu that declares this policy.
pub fn jeu_par(methode: Methode) -> &'static Jeu {
    let livre = jeu("ea.indicateurs").unwrap();
    if methode.est_masquage() {
        return livre;
    }
    let code = methode.code();
    let version = format!("version = \"{}-{code}\"\npolitique = \"{code}\"", livre.version);
    admet(&livre.texte.replacen(&format!("version = \"{}\"", livre.version), &version, 1)).unwrap()
}

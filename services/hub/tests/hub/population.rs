//! A made-up population, counted into the tables of `ea.indicateurs`: whatever its size, the cells add up.

use std::collections::BTreeMap;

use publication::contenu::Parent;
use publication::{Contenu, DispositifPublie, Origine, TerritoirePublie};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use referentiel::cellule::{Audience, Cle, Ventilation};
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::jeu::{Jeu, jeu};
use referentiel::periode::Trimestre;
use referentiel::territoire::Niveau;
use secret_statistique::{CelluleBrute, Grandeur, Passe, Politique, TableBrute, proteger};

/// A dispositif, its place, and how many persons it follows.
#[derive(Clone)]
pub struct Lieu {
    pub dispositif: String,
    pub departement: String,
    pub region: String,
    pub personnes: u64,
}

pub fn lieu(dispositif: &str, departement: &str, personnes: u64) -> Lieu {
    let region = referentiel::territoire::departement(&departement.parse().unwrap()).unwrap().region.clone();
    Lieu { dispositif: dispositif.to_owned(), departement: departement.to_owned(), region, personnes }
}

/// Drawn values of a person on each axis of EA01.
type Personne = BTreeMap<String, String>;

fn personne(jeu: &Jeu, rng: &mut StdRng) -> Personne {
    let axes = ["sexe", "age", "handicap", "orientation", "niveau_soutien", "emploi", "emploi_mois", "formation"];
    axes.iter()
        .map(|axe| {
            let liste = &jeu.nomenclature(axe).unwrap().modalites;
            let feuilles: Vec<_> = liste.iter().filter(|m| !m.regroupement).collect();
            ((*axe).to_owned(), feuilles[rng.random_range(0..feuilles.len())].code.clone())
        })
        .collect()
}

/// Protected content of a node: each person counts for `poids`, so that a large one hides nothing.
pub fn indicateurs(noeud: &IdentifiantNoeud, periode: &str, lieux: &[Lieu], poids: u64, graine: u64) -> Contenu {
    let jeu = jeu("ea.indicateurs").unwrap();
    let mut rng = StdRng::seed_from_u64(graine);
    let mut comptes: BTreeMap<Cle, u64> = BTreeMap::new();
    let mut parents = BTreeMap::new();
    for lieu in lieux {
        let chaine = [
            (Niveau::Dispositif, lieu.dispositif.clone()),
            (Niveau::Departement, lieu.departement.clone()),
            (Niveau::Region, lieu.region.clone()),
        ];
        parents.insert(chaine[0].clone(), chaine[1].clone());
        parents.insert(chaine[1].clone(), chaine[2].clone());
        let personnes: Vec<Personne> = (0..lieu.personnes).map(|_| personne(jeu, &mut rng)).collect();
        for (niveau, territoire) in &chaine {
            compte(jeu, *niveau, territoire, &personnes, poids, &mut comptes);
            let veille = lieu.personnes / 10 * poids;
            let inscrits = lieu.personnes * poids + veille;
            for (mesure, n) in [("EA02V", veille), ("EA02", inscrits), ("EA04", lieu.personnes / 4 * poids)] {
                *comptes.entry(cle(mesure, *niveau, territoire, &[])).or_default() += n;
            }
        }
    }
    let mut cellules: Vec<CelluleBrute> =
        comptes.into_iter().map(|(cle, n)| CelluleBrute { cle, grandeur: Grandeur::Effectif(n) }).collect();
    let territoires: Vec<(Niveau, String)> = {
        let tous = parents.keys().chain(parents.values()).cloned();
        tous.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    };
    for (niveau, territoire) in &territoires {
        cellules.push(CelluleBrute {
            cle: cle("EA10", *niveau, territoire, &[]),
            grandeur: Grandeur::Taux {
                numerateur: cle("EA01", *niveau, territoire, &[("emploi", "EMP")]),
                denominateur: cle("EA01", *niveau, territoire, &[]),
            },
        });
    }
    let brute = TableBrute::nouvelle("ea.indicateurs", cellules, parents.clone()).unwrap();
    let protegees: Vec<_> = [Audience::Reseau, Audience::Public]
        .map(|a| proteger(&brute, &Politique::du_jeu(jeu, a).unwrap(), &Passe::default()).unwrap())
        .into();
    let publies = territoires
        .into_iter()
        .map(|t| TerritoirePublie {
            parent: parents.get(&t).map(|(niveau, code)| Parent { niveau: *niveau, code: code.clone() }),
            nom: (t.0 == Niveau::Dispositif).then(|| format!("Dispositif {}", t.1)),
            niveau: t.0,
            code: t.1,
        })
        .collect();
    let protegees: Vec<_> = protegees.iter().collect();
    Contenu::indicateurs(&protegees, origine(noeud, jeu, periode), publies, &mut rng).unwrap()
}

fn compte(
    jeu: &Jeu,
    niveau: Niveau,
    territoire: &str,
    personnes: &[Personne],
    poids: u64,
    comptes: &mut BTreeMap<Cle, u64>,
) {
    let croisements: Vec<&Vec<String>> = jeu
        .tables_du_niveau(niveau)
        .filter(|t| t.mesures.iter().any(|m| m == "EA01"))
        .flat_map(|t| &t.croisements)
        .collect();
    let mut axes: std::collections::BTreeSet<Vec<&str>> = [vec![], vec!["emploi"]].into();
    for croisement in croisements {
        for choix in 0..1u32 << croisement.len() {
            let choisis = croisement.iter().enumerate().filter(|(n, _)| choix >> n & 1 == 1);
            let mut choisis: Vec<&str> = choisis.map(|(_, a)| a.as_str()).collect();
            choisis.sort_unstable();
            axes.insert(choisis);
        }
    }
    for axes in axes {
        for personne in personnes {
            for place in places(jeu, personne, &axes) {
                *comptes
                    .entry(Cle {
                        indicateur: "EA01".to_owned(),
                        niveau,
                        territoire: territoire.to_owned(),
                        ventilation: place,
                    })
                    .or_default() += poids;
            }
        }
    }
}

/// Where a person counts on these axes: at its own value and at the groupings above.
fn places(jeu: &Jeu, personne: &Personne, axes: &[&str]) -> Vec<Ventilation> {
    axes.iter().fold(vec![Ventilation::default()], |places, axe| {
        let mut valeurs = vec![];
        let mut code = Some(personne[*axe].clone());
        while let Some(c) = code {
            code = jeu.nomenclature(axe).unwrap().modalite(&c).unwrap().parent.clone();
            valeurs.push(c);
        }
        places.iter().flat_map(|p| valeurs.iter().map(|v| p.avec(axe, v))).collect()
    })
}

fn cle(indicateur: &str, niveau: Niveau, territoire: &str, ventilation: &[(&str, &str)]) -> Cle {
    let ventilation = Ventilation::nouvelle(ventilation.iter().copied());
    Cle { indicateur: indicateur.to_owned(), niveau, territoire: territoire.to_owned(), ventilation }
}

fn origine(noeud: &IdentifiantNoeud, jeu: &Jeu, periode: &str) -> Origine {
    let periode: Trimestre = periode.parse().unwrap();
    Origine { version_jeu: jeu.version.clone(), emetteur: noeud.clone(), periode, date: periode.fin() }
}

/// Fiches of a node's dispositifs.
pub fn fiches(noeud: &IdentifiantNoeud, periode: &str, lieux: &[Lieu], graine: u64) -> Contenu {
    let publies = lieux.iter().map(|l| DispositifPublie {
        reference: l.dispositif.parse().unwrap(),
        nom: Some(format!("Dispositif {}", l.dispositif)),
        departement: Some(l.departement.parse().unwrap()),
        region: Some(l.region.clone()),
        statut: "ACT".to_owned(),
        structures: vec!["Structure Horizon".to_owned()],
        capacite: Some(50),
        etp_total: Some("4.50".parse().unwrap()),
        etp_hors_administratifs: Some("3.75".parse().unwrap()),
        professionnels: Some(5),
        liste_attente: Some(3),
        sans_suite: None,
    });
    let mut rng = StdRng::seed_from_u64(graine);
    let jeu = jeu("ea.dispositif").unwrap();
    Contenu::dispositifs(origine(noeud, jeu, periode), publies.collect(), &mut rng).unwrap()
}

//! A made-up population, counted into the tables of `ea.indicateurs`: whatever its size, the cells add up.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use publication::{Contenu, DispositifPublie, Origine};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use referentiel::cellule::{Audience, Cle, Ventilation};
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::jeu::{Jeu, jeu};
use referentiel::periode::Trimestre;
use referentiel::territoire::Niveau;
use secret_statistique::Politique;
use serde_json::{Value, json};

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

/// Content of a node: each drawn person counts for `poids`, so that a large one hides nothing.
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
    let territoires: BTreeSet<(Niveau, String)> = parents.keys().chain(parents.values()).cloned().collect();
    let corps = format!(
        r#"{{"salt":"{}","v":1,"jeu":"{}","version_jeu":"{}","emetteur":"{noeud}","periode":"{periode}","date":"{}","territoires":{},"audiences":{}}}"#,
        sel(&mut rng),
        jeu.code,
        jeu.version,
        periode.parse::<Trimestre>().unwrap().fin(),
        json(territoires.iter().map(|t| territoire(t, parents.get(t)))),
        json([Audience::Reseau, Audience::Public].iter().map(|a| table(jeu, *a, &comptes, &territoires))),
    );
    Contenu::lire(corps.as_bytes()).unwrap()
}

fn json(valeurs: impl Iterator<Item = Value>) -> Value {
    Value::Array(valeurs.collect())
}

fn sel(rng: &mut StdRng) -> String {
    let octets: [u8; 16] = rng.random();
    URL_SAFE_NO_PAD.encode(octets)
}

fn territoire((niveau, code): &(Niveau, String), parent: Option<&(Niveau, String)>) -> Value {
    let mut t = json!({ "niveau": niveau, "code": code });
    if let Some((niveau, code)) = parent {
        t["parent"] = json!({ "niveau": niveau, "code": code });
    }
    if *niveau == Niveau::Dispositif {
        t["nom"] = json!(format!("Dispositif {code}"));
    }
    t
}

/// The threshold rule alone, written by hand: what these tests need of a protected table, whatever the
/// protection becomes.
fn table(
    jeu: &Jeu,
    audience: Audience,
    comptes: &BTreeMap<Cle, u64>,
    territoires: &BTreeSet<(Niveau, String)>,
) -> Value {
    let politique = Politique::du_jeu(jeu, audience).unwrap();
    let visible = |cle: &Cle| {
        let n = comptes.get(cle).copied().unwrap_or(0);
        (n == 0 || n >= politique.seuil_de(cle)).then_some(n)
    };
    let mut cellules: BTreeMap<Cle, Option<Value>> =
        comptes.keys().map(|c| (c.clone(), visible(c).map(|n| json!({ "effectif": n })))).collect();
    for (niveau, territoire) in territoires {
        let numerateur = visible(&cle("EA01", *niveau, territoire, &[("emploi", "EMP")]));
        let denominateur = visible(&cle("EA01", *niveau, territoire, &[])).filter(|d| *d >= 5);
        let taux = numerateur.zip(denominateur);
        let taux = taux.map(|(n, d)| json!({ "taux": { "numerateur": n.to_string(), "denominateur": d.to_string() } }));
        cellules.insert(cle("EA10", *niveau, territoire, &[]), taux);
    }
    let ecrites = cellules.into_iter().map(|(cle, valeur)| {
        let mut cellule = serde_json::to_value(&cle).unwrap();
        cellule["statut"] = json!(if valeur.is_some() { "publie" } else { "secret" });
        if let Some(valeur) = valeur {
            cellule["valeur"] = valeur;
        }
        cellule
    });
    json!({ "politique": politique, "cellules": json(ecrites) })
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
    let mut axes: BTreeSet<Vec<&str>> = [vec![], vec!["emploi"]].into();
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

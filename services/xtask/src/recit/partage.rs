//! What the centres of the story share: good practices, offers of service, conventions. The workbooks are those a centre
//! fills, and everything goes through the commands of its node.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use rust_xlsxwriter::Workbook;

use super::centres::Centre;
use super::convention::{self, CORRESPONDANCE};

/// Period of what is declared when it changes.
const PERIODE: &str = "2026-T1";
/// Half-year of the conventions.
const SEMESTRE: &str = "2026-S1";
/// A sheet goes through each state, in order.
const ETATS: [&str; 3] = ["Brouillon", "Relecture", "Publiée"];

const FICHE: &[&str] = &[
    "Titre",
    "Thème",
    "Problème",
    "Ce qui a été fait",
    "Moyens",
    "Indicateur",
    "Résultat mesuré",
    "Période de la mesure",
    "Limites",
    "Service à contacter",
    "Aucun cas reconnaissable",
    "État",
    "Relu par",
];
const PRESTATION: &[&str] = &[
    "Code",
    "Titre",
    "Famille",
    "Descriptif",
    "Experts",
    "Méthode et durée",
    "Participants, au moins",
    "Participants, au plus",
    "Conditions",
    "En vigueur depuis",
    "Service à contacter",
    "Note interne",
];
const TARIF: &[&str] = &["Code", "Prestation", "Situation", "Prix en euros", "Possible", "Motif", "En vigueur depuis"];
const OUTIL: &[&str] = &[
    "Code",
    "Titre",
    "Prix annuel par centre (€ TTC)",
    "Durée (années)",
    "Prix sur la durée (€ TTC)",
    "Centres utilisateurs",
    "Coût annuel partagé (€ TTC)",
    "Qui l’utilise",
    "En vigueur depuis",
];

const STRUCTURE: &[&str] =
    &["Code", "Référence dispositif", "Structure accompagnante", "Rôle", "Part des financements (%)"];
const CONVENTION: &[&str] = &[
    "Code",
    "Référence dispositif",
    "Nature",
    "Signataires",
    "Signée le",
    "Échéance",
    "Avenants",
    "Dernier avenant le",
];
const REVERSEMENT: &[&str] = &[
    "Code",
    "Référence dispositif",
    "Structure bénéficiaire",
    "Part des crédits reversée (%)",
    "Accord de tous les financeurs",
    "Accord donné le",
];
/// Share of the funds of each structure of a dispositif, the lead body first; what it keeps and what it hands on.
const PARTS: [&str; 3] = ["52", "30", "18"];

/// A good practice: what of a sheet changes from one centre to another.
fn pratique(centre: &Centre) -> Option<[&'static str; 10]> {
    Some(match centre.dossier {
        "cdg67" => [
            "Parrainage à l’embauche",
            "Recrutement et intégration",
            "Des contrats courts s’arrêtaient faute d’interlocuteur chez l’employeur.",
            "Un agent volontaire accueille la personne recrutée, un point chaque semaine pendant trois mois avec le référent.",
            "0,3 ETP de coordination, une demi-journée de formation des parrains.",
            "Taux d’emploi à la date (%)",
            "64,5",
            "année 2025",
            "Demande un employeur d’au moins dix agents.",
            "service handicap et recrutement",
        ],
        "cdg70" => [
            "Cellule de maintien pluridisciplinaire",
            "Maintien dans l’emploi",
            "Les arrêts longs étaient signalés après six mois.",
            "Médecine, assistante sociale et référent se réunissent chaque mois sur les arrêts de plus de trente jours.",
            "0,2 ETP, une salle, un ordre du jour partagé.",
            "Délai entre arrêt et premier rendez-vous (jours)",
            "38",
            "second semestre 2025",
            "Le délai dépend des visites de reprise.",
            "service maintien dans l’emploi",
        ],
        "cdg54" => [
            "Une journée des apprentis",
            "Développement de l’apprentissage",
            "Peu de candidatures arrivaient aux collectivités.",
            "Une journée par an avec trois centres de formation et dix employeurs.",
            "Douze jours de préparation, un lieu accessible.",
            "Apprentis recrutés",
            "9",
            "année 2025",
            "Les employeurs éloignés viennent peu.",
            "service emploi",
        ],
        _ => return None,
    })
}

/// (code, title, family, experts, method, participants at least and at most) of the prestations of a centre.
type Prestation = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<(u8, u8)>);
/// (prestation, situation, price).
type Tarif = (&'static str, &'static str, Option<u16>);

const ERGONOMIE: Prestation =
    ("ERGO", "Étude de poste", "Inspection, prévention et ergonomie", "ergonome", "deux visites et un rapport", None);
const BILAN: Prestation = (
    "BILAN",
    "Bilan repère",
    "Conseil, insertion et maintien dans l’emploi",
    "psychologue du travail",
    "cinq entretiens",
    None,
);
const ATELIER: Prestation = (
    "ATELIER",
    "Atelier de sensibilisation",
    "Prévention, santé et action sociale au travail",
    "référent handicap",
    "une demi-journée",
    Some((6, 15)),
);
const AFFILIEE: &str = "collectivité affiliée";
const NON_AFFILIEE: &str = "collectivité non affiliée";

fn offre(centre: &Centre) -> Option<(&'static [Prestation], &'static [Tarif])> {
    Some(match centre.dossier {
        "cdg70" => (
            &[ERGONOMIE, ATELIER],
            &[
                ("Étude de poste", AFFILIEE, Some(0)),
                ("Étude de poste", NON_AFFILIEE, Some(620)),
                ("Atelier de sensibilisation", AFFILIEE, Some(180)),
            ],
        ),
        "cdg67" => (
            &[ERGONOMIE, BILAN, ATELIER],
            &[
                ("Étude de poste", AFFILIEE, Some(250)),
                ("Étude de poste", NON_AFFILIEE, Some(700)),
                ("Bilan repère", AFFILIEE, Some(890)),
                ("Bilan repère", NON_AFFILIEE, None),
                ("Atelier de sensibilisation", AFFILIEE, Some(240)),
            ],
        ),
        "cig-petite-couronne" => (
            &[ERGONOMIE, BILAN],
            &[
                ("Étude de poste", AFFILIEE, Some(410)),
                ("Bilan repère", AFFILIEE, Some(950)),
                ("Bilan repère", NON_AFFILIEE, Some(1340)),
            ],
        ),
        _ => return None,
    })
}

type Lignes = Vec<Vec<String>>;

fn ecrit(feuilles: &[(&str, &[&str], Lignes)], chemin: &Path) -> Result<()> {
    let mut classeur = Workbook::new();
    for (nom, entetes, lignes) in feuilles {
        let feuille = classeur.add_worksheet();
        feuille.set_name(*nom)?;
        for (colonne, entete) in (0u16..).zip(*entetes) {
            feuille.write_string(0, colonne, *entete)?;
        }
        for (rang, ligne) in (1u32..).zip(lignes) {
            for (colonne, texte) in (0u16..).zip(ligne).filter(|(_, texte)| !texte.is_empty()) {
                feuille.write_string(rang, colonne, texte)?;
            }
        }
    }
    classeur.save(chemin).with_context(|| format!("{} cannot be written", chemin.display()))
}

fn classeur_de_pratique(champs: &[&str], etat: &str, chemin: &Path) -> Result<()> {
    let fin = ["oui", etat, "service juridique"];
    let ligne = champs.iter().chain(&fin).map(|t| (*t).to_owned()).collect();
    ecrit(&[("Fiches", FICHE, vec![ligne])], chemin)
}

fn classeur_d_offre((prestations, tarifs): (&[Prestation], &[Tarif]), chemin: &Path) -> Result<()> {
    const DEPUIS: &str = "01/01/2026";
    let prestation = |(code, titre, famille, experts, duree, groupe): &Prestation| {
        let (min, max) = groupe.map_or_else(Default::default, |(a, b)| (a.to_string(), b.to_string()));
        let textes = [code, titre, famille, "", experts, duree].map(|t: &str| t.to_owned());
        textes
            .into_iter()
            .chain([min, max, "sur demande écrite".into(), DEPUIS.into(), "service handicap".into()])
            .collect()
    };
    let tarif = |(rang, (prestation, situation, prix)): (usize, &Tarif)| {
        let (possible, motif) =
            if prix.is_some() { ("oui", "tarif délibéré") } else { ("non", "réservé aux affiliées") };
        let prix = prix.map(|p| p.to_string()).unwrap_or_default();
        vec![
            format!("T{rang}"),
            (*prestation).to_owned(),
            (*situation).to_owned(),
            prix,
            possible.to_owned(),
            motif.to_owned(),
            DEPUIS.to_owned(),
        ]
    };
    ecrit(
        &[
            ("Prestations", PRESTATION, prestations.iter().map(prestation).collect()),
            ("Tarifs", TARIF, tarifs.iter().enumerate().map(tarif).collect()),
            ("Outils partagés", OUTIL, vec![]),
        ],
        chemin,
    )
}

/// The lead body, the operators and the two conventions of each dispositif of a centre; the last onward payment of the
/// first centre of the story waits for the funders.
fn classeur_de_plateforme(centre: &Centre, chemin: &Path) -> Result<()> {
    let textes = |t: &[&str]| t.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    let (mut structures, mut conventions, mut reversements): (Lignes, Lignes, Lignes) = Default::default();
    for d in centre.dispositifs {
        for (rang, (structure, part)) in d.structures.iter().zip(PARTS).enumerate() {
            let code = format!("{}-{rang}", d.reference);
            let role = if rang == 0 { "Chef de file" } else { "Opérateur" };
            structures.push(textes(&[&code, d.reference, structure, role, part]));
            if rang > 0 {
                let attend = centre.dossier == "cdg70" && rang + 1 == d.structures.len();
                let (accord, le) = if attend { ("non", "") } else { ("oui", "15/12/2025") };
                reversements.push(textes(&[&code, d.reference, structure, part, accord, le]));
            }
        }
        let gestion = format!("{}-G", d.reference);
        let financement = format!("{}-F", d.reference);
        let signataires = d.structures.join(", ");
        conventions.push(textes(&[
            &gestion,
            d.reference,
            "Convention de gestion",
            &signataires,
            "02/01/2023",
            "31/12/2027",
            "1",
            "10/01/2025",
        ]));
        conventions.push(textes(&[
            &financement,
            d.reference,
            "Convention de financement",
            "ARS, Agefiph pour le compte du FIPHFP, chef de file",
            "15/01/2023",
            "31/12/2026",
            "2",
            "15/12/2025",
        ]));
    }
    ecrit(
        &[
            ("Structures", STRUCTURE, structures),
            ("Conventions", CONVENTION, conventions),
            ("Reversements", REVERSEMENT, reversements),
        ],
        chemin,
    )
}

/// Publishes what a centre shares, convention apart; gives the number of publications. `node` runs a command of its node.
pub fn publie(centre: &Centre, dossier: &Path, node: impl Fn(&[&str]) -> Result<String>) -> Result<u32> {
    let mut publications = 0;
    let importe =
        |jeu: &str, chemin: &Path| node(&["importer", &chemin.to_string_lossy(), "--jeu", jeu, "--campagne", PERIODE]);
    if let Some(champs) = pratique(centre) {
        let chemin = dossier.join("pratiques.xlsx");
        for etat in ETATS {
            classeur_de_pratique(&champs, etat, &chemin)?;
            importe("pratiques", &chemin).with_context(|| format!("{}, {etat}", centre.nom))?;
        }
        node(&["publier", "--jeu", "pratiques", "--campagne", PERIODE])?;
        publications += 1;
    }
    if let Some(offre) = offre(centre) {
        let chemin = dossier.join("offre.xlsx");
        classeur_d_offre(offre, &chemin)?;
        importe("offre.services", &chemin)?;
        node(&["publier", "--jeu", "offre.services", "--campagne", PERIODE])?;
        publications += 1;
    }
    let chemin = dossier.join("plateforme.xlsx");
    classeur_de_plateforme(centre, &chemin)?;
    importe("ea.plateforme", &chemin)?;
    node(&["publier", "--jeu", "ea.plateforme", "--campagne", PERIODE])?;
    Ok(publications + 1)
}

/// Publishes the convention of a centre that has one; gives the number of publications.
pub fn publie_convention(centre: &Centre, dossier: &Path, node: impl Fn(&[&str]) -> Result<String>) -> Result<u32> {
    let Some(apport) = convention::apport(centre) else { return Ok(0) };
    let chemin = |nom: &str| dossier.join(nom).to_string_lossy().into_owned();
    let (plan, tableau, correspondance) =
        (chemin("convention.json"), chemin("accompagnements.csv"), chemin("accompagnements.correspondance.toml"));
    fs::write(&plan, apport.plan)?;
    fs::write(&tableau, apport.tableau)?;
    fs::write(&correspondance, CORRESPONDANCE)?;
    node(&["situations", "importer", &tableau, "--correspondance", &correspondance])?;
    node(&["convention", "plan", &plan])?;
    for jeu in ["fiphfp.plan", "fiphfp.avancement"] {
        node(&["publier", "--jeu", jeu, "--campagne", SEMESTRE])?;
    }
    Ok(2)
}

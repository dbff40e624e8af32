//! Synthetic population of the demonstration: a seeded story of persons entering, working, training
//! and leaving over three quarters. Proportions follow the public figures of emploi accompagné
//! (62 % men, four in ten in work, half supported 2 to 8 h a month); nobody here exists.

use std::collections::HashSet;

use chrono::{Datelike, Days, NaiveDate};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A dispositif of the demonstration.
#[derive(Debug, Clone, Copy)]
pub struct Dispositif {
    /// Reference.
    pub reference: &'static str,
    /// Name.
    pub nom: &'static str,
    /// Département number, its name and its region.
    pub departement: (&'static str, &'static str, &'static str),
    /// Structures that share the file active.
    pub structures: &'static [&'static str],
    /// Places.
    pub capacite: u32,
    /// ETP, total and without administration, in tenths.
    pub etp_dixiemes: (u32, u32),
}

/// A person of the story, at one moment of it.
#[derive(Debug, Clone)]
pub struct Personne {
    /// Fourteen characters.
    pub reference: String,
    /// Structure that follows.
    pub structure: &'static str,
    /// Birth date.
    pub naissance: NaiveDate,
    /// Sex, as labelled.
    pub sexe: &'static str,
    /// Principal disability.
    pub handicap: &'static str,
    /// Associated disability.
    pub handicap_associe: Option<&'static str>,
    /// Entry.
    pub entree: NaiveDate,
    /// Exit.
    pub sortie: Option<NaiveDate>,
    /// Months without work before the entry.
    pub mois_sans_emploi: u32,
    /// Who oriented.
    pub orientation: &'static str,
    /// Status at the event date.
    pub statut: &'static str,
    /// Level of support.
    pub niveau: &'static str,
    /// Employment at the date.
    pub emploi: &'static str,
    /// Employment in the last month.
    pub emploi_mois: &'static str,
    /// Training at the date.
    pub formation: &'static str,
    /// Training in the last month.
    pub formation_mois: &'static str,
}

const HANDICAPS: &[(&str, u32)] = &[
    ("Troubles du psychisme", 34),
    ("Troubles du spectre de l’autisme", 24),
    ("Déficience intellectuelle", 18),
    ("Troubles cognitifs", 12),
    ("Troubles parole et langage", 4),
    ("Déficiences motrices", 3),
    ("Déficiences auditives", 2),
    ("Déficiences visuelles", 1),
    ("Autre déficience", 2),
];
const NIVEAUX: &[(&str, u32)] = &[
    ("Veille – moins de 2h/mois", 18),
    ("Suivi – de 2 à 8h/mois", 50),
    ("Régulier – 8 à 12h/mois", 22),
    ("Intensif – plus de 12h/mois", 10),
];
const EMPLOIS: &[(&str, u32)] = &[
    ("CDI", 17),
    ("CDD", 14),
    ("Contrat en intérim", 4),
    ("Contrat en alternance", 6),
    ("PMSMP ou équivalent", 9),
    ("Sans emploi", 50),
];
/// Where newcomers are sponsored (`partage`, « Parrainage à l’embauche »): a gap that comparisons are made to find.
const PARRAINEE: &str = "GES01";
const EMPLOIS_PARRAINES: &[(&str, u32)] = &[
    ("CDI", 30),
    ("CDD", 22),
    ("Contrat en intérim", 6),
    ("Contrat en alternance", 10),
    ("PMSMP ou équivalent", 9),
    ("Sans emploi", 10),
];
const FORMATIONS: &[(&str, u32)] = &[("Sans objet", 78), ("Formation", 13), ("Stage ou équivalent", 9)];
const SUIVI: &str = "Suivi par le dispositif";
const VEILLE: &str = "Veille totale";
const TERMINE: &str = "Suivi terminé";

/// The story of one dispositif.
pub struct Histoire {
    dispositif: Dispositif,
    hasard: StdRng,
    presents: Vec<Personne>,
    numero: u32,
    references: HashSet<u32>,
    sans_suite: (i32, u32),
}

/// What the workbook of one quarter holds.
pub struct Trimestre {
    /// The dispositif.
    pub dispositif: Dispositif,
    /// Event date.
    pub date: NaiveDate,
    /// Persons of the workbook.
    pub personnes: Vec<Personne>,
    /// Waiting list.
    pub liste_attente: u32,
    /// Without follow-up since 1 January.
    pub sans_suite: u32,
    /// Heads that accompany.
    pub professionnels: u32,
}

impl Histoire {
    /// Starts a story a year before the first quarter told.
    pub fn nouvelle(dispositif: Dispositif, graine: u64, debut: NaiveDate) -> Self {
        let mut histoire = Self {
            dispositif,
            hasard: StdRng::seed_from_u64(graine),
            presents: vec![],
            numero: 0,
            references: HashSet::new(),
            sans_suite: (debut.year(), 0),
        };
        for _ in 0..dispositif.capacite * 19 / 20 {
            let jours = histoire.hasard.random_range(20..1200);
            let entree = debut.checked_sub_days(Days::new(jours)).unwrap_or(debut);
            let personne = histoire.personne(entree);
            histoire.presents.push(personne);
        }
        histoire
    }

    /// Tells the quarter that ends at `date`: exits of the quarter before are gone, some leave, some
    /// come, situations move.
    pub fn trimestre(&mut self, debut: NaiveDate, date: NaiveDate) -> Trimestre {
        self.presents.retain(|p| p.sortie.is_none());
        for i in 0..self.presents.len() {
            self.vit(i, debut, date);
        }
        let entrees = self.dispositif.capacite / 14 + self.hasard.random_range(0..4);
        for _ in 0..entrees {
            let entree = self.jour(debut, date);
            let personne = self.personne(entree);
            self.presents.push(personne);
        }
        if date.year() != self.sans_suite.0 {
            self.sans_suite = (date.year(), 0);
        }
        self.sans_suite.1 += self.hasard.random_range(1..5);
        Trimestre {
            dispositif: self.dispositif,
            date,
            personnes: self.presents.clone(),
            liste_attente: self.hasard.random_range(0..18),
            sans_suite: self.sans_suite.1,
            professionnels: self.dispositif.etp_dixiemes.1.div_ceil(10) + 1,
        }
    }

    fn vit(&mut self, i: usize, debut: NaiveDate, date: NaiveDate) {
        let (change, sort, veille) =
            (self.hasard.random_bool(0.25), self.hasard.random_bool(0.07), self.hasard.random_bool(0.05));
        let (emploi, formation, niveau) = (self.tire(self.emplois()), self.tire(FORMATIONS), self.tire(NIVEAUX));
        let jour = self.jour(debut, date);
        let p = &mut self.presents[i];
        p.emploi_mois = p.emploi;
        p.formation_mois = p.formation;
        if change {
            (p.emploi, p.formation, p.niveau) = (emploi, formation, niveau);
            if p.emploi == "Contrat en alternance" {
                p.formation = "Formation";
            }
        }
        if sort {
            p.sortie = Some(jour.max(p.entree));
            p.statut = TERMINE;
        } else if veille {
            p.statut = VEILLE;
            p.niveau = NIVEAUX[0].0;
        }
    }

    fn jour(&mut self, debut: NaiveDate, date: NaiveDate) -> NaiveDate {
        let jours = u64::try_from((date - debut).num_days()).unwrap_or(90);
        debut.checked_add_days(Days::new(self.hasard.random_range(1..jours))).unwrap_or(date)
    }

    fn personne(&mut self, entree: NaiveDate) -> Personne {
        self.numero += 1;
        let mut rang = self.hasard.random_range(100_000_000..999_999_999u32);
        // Among a hundred thousand drawn numbers, some meet.
        while !self.references.insert(rang) {
            rang += 1;
        }
        let reference = format!("{}{rang:09}", self.dispositif.reference);
        let age_jours = if self.hasard.random_bool(0.44) {
            self.hasard.random_range(19 * 366..29 * 365)
        } else {
            self.hasard.random_range(29 * 366..58 * 365)
        };
        let handicap = self.tire(HANDICAPS);
        let associe = if self.hasard.random_bool(0.3) { Some(self.tire(HANDICAPS)) } else { None };
        let emploi = self.tire(self.emplois());
        let formation = if emploi == "Contrat en alternance" { "Formation" } else { self.tire(FORMATIONS) };
        let structures = self.dispositif.structures;
        Personne {
            reference,
            structure: structures[self.hasard.random_range(0..structures.len())],
            naissance: entree.checked_sub_days(Days::new(age_jours)).unwrap_or(entree),
            sexe: if self.hasard.random_bool(0.62) { "Homme" } else { "Femme" },
            handicap,
            handicap_associe: associe.filter(|a| *a != handicap),
            entree,
            sortie: None,
            mois_sans_emploi: self.hasard.random_range(0..48u32).saturating_sub(6),
            orientation: if self.hasard.random_bool(0.58) { "MDPH" } else { "Service public de l’emploi" },
            statut: SUIVI,
            niveau: self.tire(NIVEAUX),
            emploi,
            emploi_mois: emploi,
            formation,
            formation_mois: formation,
        }
    }

    fn emplois(&self) -> &'static [(&'static str, u32)] {
        if self.dispositif.reference == PARRAINEE { EMPLOIS_PARRAINES } else { EMPLOIS }
    }

    fn tire(&mut self, poids: &[(&'static str, u32)]) -> &'static str {
        let total: u32 = poids.iter().map(|(_, p)| p).sum();
        let mut reste = self.hasard.random_range(0..total);
        for (valeur, p) in poids {
            if reste < *p {
                return valeur;
            }
            reste -= p;
        }
        poids[0].0
    }
}

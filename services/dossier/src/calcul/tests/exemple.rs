//! Nine persons of one dispositif, every indicator worked out by hand.
//!
//! | | statut | entrée | sortie | emploi au 31/12 → au 31/03 | formation | soutien |
//! |---|---|---|---|---|---|---|
//! | 1 | suivie | 15/01/2025 | | sans → CDI | | N2 |
//! | 2 | suivie | 30/06/2025 | | CDD → CDD | | N3 |
//! | 3 | suivie | 01/11/2025 | | PMSMP → PMSMP | stage | N4 |
//! | 4 | suivie | 14/02/2026 | | – → sans | | N1 |
//! | 5 | suivie | 10/01/2026 | | – → sans | formation | N2 |
//! | 6 | veille totale | 31/03/2024 | | CDI → alternance | | N1 |
//! | 7 | terminé | 01/03/2025 | 01/03/2026 | sans → CDI | | N2 |
//! | 8 | terminé | 01/12/2025 | 31/01/2026 | sans → sans | | N2 |
//! | 9 | sans évènement | 01/01/2024 | 15/10/2025 | | | |

use referentiel::Decimal;
use referentiel::cellule::{Cle, Ventilation};
use referentiel::jeu::{Jeu, jeu};
use referentiel::territoire::Niveau;
use secret_statistique::{Grandeur, TableBrute};

use super::fabrique::{dispositif, evenement, jour, personne, remontee};
use crate::calcul::{ErreurCalcul, SituationNoeud, calculer, qualite, stock_flux};
use crate::fiche::{FicheEvenement, FichePersonne, Remontee};
use crate::modalite::{
    Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement as Statut, StatutDispositif,
};

const HORIZON: &str = "Structure Horizon";
const PASSERELLE: &str = "Structure Passerelle";

struct Trimestre {
    avant: Remontee,
    maintenant: Remontee,
}

impl Trimestre {
    fn situation(&self) -> SituationNoeud<'_> {
        SituationNoeud {
            campagne: std::slice::from_ref(&self.maintenant),
            precedente: std::slice::from_ref(&self.avant),
        }
    }
}

fn exemple() -> Trimestre {
    let p = |rang, structure, entree| personne(rang, "BFC01", structure, jour(entree));
    let personnes = vec![
        FichePersonne {
            naissance: Some(jour("2001-04-01")),
            sexe: Some(Sexe::Femme),
            handicap_principal: Some(Handicap::Psychique),
            handicap_associe: Some(Handicap::Intellectuel),
            duree_sans_emploi: Some(30),
            orientation: Some(Orientation::Mdph),
            ..p(1, HORIZON, "2025-01-15")
        },
        FichePersonne {
            naissance: Some(jour("1990-01-01")),
            sexe: Some(Sexe::Homme),
            handicap_principal: Some(Handicap::Autisme),
            duree_sans_emploi: Some(12),
            orientation: Some(Orientation::Spe),
            ..p(2, HORIZON, "2025-06-30")
        },
        FichePersonne {
            naissance: Some(jour("1970-05-05")),
            sexe: Some(Sexe::Femme),
            handicap_principal: Some(Handicap::Moteur),
            duree_sans_emploi: Some(6),
            orientation: Some(Orientation::Mdph),
            ..p(3, PASSERELLE, "2025-11-01")
        },
        p(4, PASSERELLE, "2026-02-14"),
        FichePersonne {
            naissance: Some(jour("1980-01-01")),
            sexe: Some(Sexe::Homme),
            handicap_principal: Some(Handicap::Psychique),
            duree_sans_emploi: Some(24),
            orientation: Some(Orientation::Mdph),
            ..p(5, HORIZON, "2026-01-10")
        },
        p(6, PASSERELLE, "2024-03-31"),
        FichePersonne { sortie: Some(jour("2026-03-01")), ..p(7, HORIZON, "2025-03-01") },
        FichePersonne { sortie: Some(jour("2026-01-31")), ..p(8, PASSERELLE, "2025-12-01") },
        FichePersonne { sortie: Some(jour("2025-10-15")), ..p(9, PASSERELLE, "2024-01-01") },
    ];
    let avant = |rang: usize, statut, emploi| evenement(&personnes[rang - 1], jour("2025-12-31"), statut, emploi);
    let evenements_avant = vec![
        avant(1, Statut::Suivi, Emploi::SansEmploi),
        avant(2, Statut::Suivi, Emploi::Cdd),
        avant(3, Statut::Suivi, Emploi::Pmsmp),
        avant(6, Statut::Suivi, Emploi::Cdi),
        avant(7, Statut::Suivi, Emploi::SansEmploi),
        avant(8, Statut::VeilleTotale, Emploi::SansEmploi),
    ];
    let apres = |rang: usize, statut, emploi| evenement(&personnes[rang - 1], jour("2026-03-31"), statut, emploi);
    let evenements = vec![
        FicheEvenement { emploi_mois: Emploi::SansEmploi, ..apres(1, Statut::Suivi, Emploi::Cdi) },
        FicheEvenement { niveau: NiveauSoutien::Regulier, ..apres(2, Statut::Suivi, Emploi::Cdd) },
        FicheEvenement {
            niveau: NiveauSoutien::Intensif,
            formation: Formation::Stage,
            ..apres(3, Statut::Suivi, Emploi::Pmsmp)
        },
        FicheEvenement { niveau: NiveauSoutien::Veille, ..apres(4, Statut::Suivi, Emploi::SansEmploi) },
        FicheEvenement { formation: Formation::Formation, ..apres(5, Statut::Suivi, Emploi::SansEmploi) },
        FicheEvenement { niveau: NiveauSoutien::Veille, ..apres(6, Statut::VeilleTotale, Emploi::Alternance) },
        apres(7, Statut::Termine, Emploi::Cdi),
        apres(8, Statut::Termine, Emploi::SansEmploi),
    ];
    let fiche = || vec![dispositif("BFC01", Some("70"), &[HORIZON, PASSERELLE])];
    let presents: Vec<FichePersonne> =
        personnes.iter().filter(|p| p.entree < Some(jour("2026-01-01"))).cloned().collect();
    Trimestre {
        avant: remontee("2025-T4", fiche(), presents, evenements_avant),
        maintenant: remontee("2026-T1", fiche(), personnes, evenements),
    }
}

fn indicateurs() -> &'static Jeu {
    jeu("ea.indicateurs").unwrap()
}

/// What a cell says, as text: `5`, `2/5` for a rate, `7.0 (6)` for a median over six persons.
fn lis(table: &TableBrute, niveau: Niveau, territoire: &str, mesure: &str, axes: &[(&str, &str)]) -> String {
    let cle = Cle {
        indicateur: mesure.to_owned(),
        niveau,
        territoire: territoire.to_owned(),
        ventilation: Ventilation::nouvelle(axes.iter().copied()),
    };
    let nombre = |cle: &Cle| nombre(table, cle).map_or("sans objet".to_owned(), |n| n.to_string());
    match &table.cellule(&cle).unwrap_or_else(|| panic!("{cle} is not in the table")).grandeur {
        Grandeur::Taux { numerateur, denominateur } => format!("{}/{}", nombre(numerateur), nombre(denominateur)),
        Grandeur::Statistique { valeur, contributeurs } => format!("{valeur} ({contributeurs})"),
        _ => nombre(&cle),
    }
}

fn nombre(table: &TableBrute, cle: &Cle) -> Option<Decimal> {
    match &table.cellule(cle)?.grandeur {
        Grandeur::Effectif(n) => Some(Decimal::from(*n)),
        Grandeur::Operationnel(v) => Some(*v),
        Grandeur::Derive { termes } => {
            termes.iter().map(|(poids, terme)| Some((*poids * nombre(table, terme)?).normalize())).sum()
        }
        _ => None,
    }
}

#[test]
fn every_indicator_is_what_the_hand_finds() {
    let exemple = exemple();
    let table = calculer(&exemple.situation(), indicateurs()).unwrap();
    let attendu = [
        ("EA01", "5"),
        ("EA02V", "1"),
        ("EA02", "6"),
        ("EA03", "8"), // all but the ninth
        ("EA04", "2"),
        ("EA05", "2"),
        ("PRESENTS", "4"), // 1, 2, 3 and 6
        ("NOUVEAUX", "2"),
        ("EA07", "5/10"),
        ("EA08M", "7.0 (6)"), // days 45, 80, 150, 274, 440, 730: 212 / 30.44
        ("EA08", "9.4 (6)"),  // 286.5 / 30.44
        ("EA09M", "7.0 (2)"), // 365 and 61
        ("EA09", "7.0 (2)"),
        ("EA10", "2/5"),
        ("EA10P", "3/5"),
        ("EA11", "1/2"),
        ("EA12", "1/5"),
        ("EA13", "1/2"), // 1 and 3 were out of employment
        ("EA14", "2/2"), // 2 and 6 were employed
        ("EA15", "1/2"),
        ("EA16", "1/5"),
        ("EA17", "2/5"),
        ("EA18", "1/5"), // 4; 5 is in training
        ("EA19", "35"),  // 5 + 10 + 14 + 1 + 5
        ("EA20", "5/2"),
        ("EA21", "0.5/2.5"),
        ("EA22", "4"),
        ("EA22P", "4/10"),
        ("EA23", "1/3"),
        ("EA23E", "2"),
        ("EA23A", "0"),
        ("EA24", "3/5"),
        ("EA24E", "1/2"),
        ("EA25", "1/5"),
        ("EA26M", "18.0 (4)"), // 6, 12, 24, 30
        ("EA26P", "3/4"),
        ("EA26Q", "2/4"),
        ("PRO", "3"),
    ];
    for (niveau, territoire) in [(Niveau::Dispositif, "BFC01"), (Niveau::Departement, "70"), (Niveau::Region, "27")] {
        for (mesure, valeur) in attendu {
            assert_eq!(lis(&table, niveau, territoire, mesure, &[]), valeur, "{mesure} · {}", niveau.code());
        }
    }
}

#[test]
fn profiles_and_structures_are_what_the_hand_finds() {
    let exemple = exemple();
    let table = calculer(&exemple.situation(), indicateurs()).unwrap();
    let profil = |axe, valeur| lis(&table, Niveau::Dispositif, "BFC01", "EA01", &[(axe, valeur)]);
    for (axe, attendu) in [
        ("sexe", [("F", "2"), ("M", "2"), ("NR", "1")].as_slice()),
        ("age", &[("M26", "1"), ("A2649", "2"), ("P50", "1"), ("NR", "1")]),
        ("handicap", &[("PSY", "2"), ("TSA", "1"), ("MOT", "1"), ("NR", "1"), ("VIS", "0")]),
        ("handicap_associe", &[("OUI", "1"), ("NON", "3"), ("NR", "1")]),
        ("emploi", &[("EMP", "2"), ("CDI", "1"), ("CDD", "1"), ("INT", "0"), ("PMS", "1"), ("SAN", "2")]),
        ("formation", &[("ENF", "2"), ("SOB", "3")]),
        ("sans_emploi", &[("REN", "4"), ("M12", "1"), ("P12", "3"), ("A1223", "1"), ("P24", "2"), ("NR", "1")]),
    ] {
        for (valeur, effectif) in attendu {
            assert_eq!(profil(axe, valeur), *effectif, "{axe} {valeur}");
        }
    }
    let structure = |nom: &str| lis(&table, Niveau::Structure, &format!("BFC01/{nom}"), "EA01", &[]);
    assert_eq!((structure(HORIZON), structure(PASSERELLE)), ("3".to_owned(), "2".to_owned()));
    let deux = [("emploi", "SAN"), ("formation", "SOB")];
    assert_eq!(lis(&table, Niveau::Departement, "70", "EA01", &deux), "1");
    let parent = &table.parents()[&(Niveau::Structure, format!("BFC01/{HORIZON}"))];
    assert_eq!(parent, &(Niveau::Dispositif, "BFC01".to_owned()));
    assert_eq!(table.parents()[&(Niveau::Departement, "70".to_owned())], (Niveau::Region, "27".to_owned()));
}

#[test]
fn the_stock_flow_identity_names_the_dispositif_that_breaks_it() {
    let mut exemple = exemple();
    assert_eq!(stock_flux(&exemple.situation()).unwrap(), []);
    exemple.maintenant.personnes[3].entree = None;
    let ecarts = stock_flux(&exemple.situation()).unwrap();
    assert_eq!(ecarts.iter().map(|e| (e.attendu, e.constate)).collect::<Vec<_>>(), [(5, 6)]);
    let seule = SituationNoeud { precedente: &[], ..exemple.situation() };
    assert_eq!(stock_flux(&seule).unwrap(), [], "without the campaign before there is nothing to compare");
}

#[test]
fn without_the_campaign_before_comparisons_have_no_meaning_and_flows_start_at_its_last_day() {
    let exemple = exemple();
    let table = calculer(&SituationNoeud { precedente: &[], ..exemple.situation() }, indicateurs()).unwrap();
    let lu = |mesure| lis(&table, Niveau::Region, "27", mesure, &[]);
    for comparaison in ["PRESENTS", "NOUVEAUX"] {
        assert_eq!(lu(comparaison), "sans objet");
    }
    assert_eq!((lu("EA13"), lu("EA14")), ("sans objet/sans objet".to_owned(), "sans objet/sans objet".to_owned()));
    assert_eq!((lu("EA04"), lu("EA05"), lu("EA03")), ("2".to_owned(), "2".to_owned(), "8".to_owned()));
}

#[test]
fn an_operational_figure_that_is_missing_leaves_no_partial_sum() {
    let mut exemple = exemple();
    let mut second = dispositif("BFC02", Some("70"), &[HORIZON]);
    second.capacite = None;
    exemple.maintenant.dispositifs.push(second);
    let lu = |exemple: &Trimestre, niveau, territoire| {
        let table = calculer(&exemple.situation(), indicateurs()).unwrap();
        ["CAPACITE", "EA07", "ETP"].map(|mesure| lis(&table, niveau, territoire, mesure, &[]))
    };
    assert_eq!(lu(&exemple, Niveau::Dispositif, "BFC01"), ["10", "5/10", "2.5"]);
    assert_eq!(lu(&exemple, Niveau::Dispositif, "BFC02"), ["sans objet", "0/sans objet", "2.5"]);
    assert_eq!(lu(&exemple, Niveau::Departement, "70"), ["sans objet", "5/sans objet", "5.0"]);
    exemple.maintenant.dispositifs[1].statut = StatutDispositif::PlusEnActivite;
    assert_eq!(lu(&exemple, Niveau::Departement, "70"), ["10", "5/10", "5.0"], "a closed dispositif owes no figure");
}

#[test]
fn quality_counts_what_is_missing() {
    let mut exemple = exemple();
    exemple.maintenant.dispositifs[0].etp_total = None;
    let qualite = qualite(&exemple.situation()).unwrap();
    let champ = |nom| qualite[0].champs.iter().find(|c| c.champ == nom).map(|c| (c.manquants, c.attendus));
    assert_eq!(champ("etp_total"), Some((1, 1)));
    assert_eq!(champ("sexe"), Some((5, 9)));
    assert_eq!(champ("date_entree"), Some((0, 9)));
    assert_eq!(champ("date_sortie"), Some((0, 2)));
    assert_eq!(champ("evenement"), Some((0, 8)), "none is expected of a person gone before");
    // 9 + 6 × 9 + 2 + 8 = 73 fields, 1 + 5 × 5 = 26 missing
    assert_eq!(qualite[0].completude(), Some(Decimal::new(644, 1)));
}

#[test]
fn what_does_not_hang_together_is_refused_in_words_without_any_reference() {
    let exemple = exemple();
    let erreur = |campagne: &[Remontee], precedente: &[Remontee]| {
        calculer(&SituationNoeud { campagne, precedente }, indicateurs()).unwrap_err()
    };
    let Trimestre { avant, maintenant } = exemple;
    assert_eq!(erreur(&[], &[]), ErreurCalcul::CampagneVide);
    assert!(matches!(erreur(&[maintenant.clone(), avant.clone()], &[]), ErreurCalcul::TrimestresMeles(..)));
    assert!(matches!(erreur(&[avant], std::slice::from_ref(&maintenant)), ErreurCalcul::PrecedenteInattendue(..)));
    assert!(matches!(erreur(&[maintenant.clone(), maintenant.clone()], &[]), ErreurCalcul::DispositifRepete(_)));
    let mut orphelin = maintenant.clone();
    orphelin.personnes.remove(0);
    assert_eq!(erreur(&[orphelin], &[]), ErreurCalcul::EvenementsOrphelins(1));
    let mut sans_fiche = maintenant;
    sans_fiche.dispositifs.clear();
    let message = erreur(&[sans_fiche], &[]).to_string();
    assert!(message.contains("9 personne(s)") && !message.contains("TST01"), "{message}");
}

#[test]
fn a_jeu_that_asks_the_impossible_is_refused() {
    let exemple = exemple();
    let avec = |change: &dyn Fn(&mut Jeu)| {
        let mut jeu = indicateurs().clone();
        change(&mut jeu);
        calculer(&exemple.situation(), &jeu).unwrap_err()
    };
    let region = |jeu: &mut Jeu, mesures: &[&str], croisements: &[&[&str]]| {
        jeu.tables.push(referentiel::jeu::Table {
            niveaux: vec![Niveau::Region],
            mesures: mesures.iter().map(|m| (*m).to_owned()).collect(),
            croisements: croisements.iter().map(|c| c.iter().map(|a| (*a).to_owned()).collect()).collect(),
            audiences: vec![],
        });
    };
    let emploi_inconnu = avec(&|jeu| region(jeu, &["EA05"], &[&["emploi"]]));
    assert!(matches!(emploi_inconnu, ErreurCalcul::SansNonRenseigne(..)), "an exit may have no event");
    let difference = avec(&|jeu| region(jeu, &["EA02"], &[&["sexe"]]));
    assert!(difference.to_string().contains("« EA02V »"), "{difference}");
    assert_eq!(avec(&|jeu| jeu.axes[0].code = "taille".into()), ErreurCalcul::AxeInconnu("taille".into()));
    let liste = avec(&|jeu| jeu.axes[0].nomenclature = "emploi".into());
    assert!(matches!(liste, ErreurCalcul::NomenclatureInattendue(..)));
    let mesure = avec(&|jeu| {
        jeu.mesures[0].code = "EA99".into();
        region(jeu, &["EA99"], &[]);
    });
    assert_eq!(mesure, ErreurCalcul::MesureInconnue("EA99".into()));
}

//! A campaign keyed in the pages, person after person, before the checks of a workbook take it as a whole: what was typed,
//! apart from what is stored. It starts from the fiches of the campaign, else from those of the one before.
//!
//! What is typed may be wrong: it is text, as in the cells of a workbook, and nothing of it counts before it is stored.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dossier::{FicheDispositif, FichePersonne, Remontee};
use referentiel::controle::Fiche;
use referentiel::periode::Trimestre;
use serde::{Deserialize, Serialize};
use tableur::ecriture::Saisie;
use tableur::modele::Feuille;
use tableur::{Modele, Valeur};

use super::modele::{Tranche, evenement_vierge, personne_vierge};

/// Fields typed, by identifier. An empty text empties the field.
pub type Textes = BTreeMap<String, String>;

/// What was typed of a dispositif's campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Saisies {
    /// Fiche dispositif.
    pub dispositif: Textes,
    /// Fiches of known persons, by reference.
    pub personnes: BTreeMap<String, Textes>,
    /// Events of known persons, by reference.
    pub evenements: BTreeMap<String, Textes>,
    /// Persons who come in, each with her event.
    pub nouvelles: Vec<Nouvelle>,
}

/// A person who comes in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nouvelle {
    /// Fiche personne.
    pub personne: Textes,
    /// Her first event.
    pub evenement: Textes,
}

/// A campaign of a dispositif being keyed.
#[derive(Debug, Clone)]
pub struct Preparation {
    /// What it starts from.
    pub depart: Remontee,
    /// True when the campaign is stored already.
    pub enregistree: bool,
    /// What was typed.
    pub saisies: Saisies,
}

/// The fiches a campaign starts from: the dispositif, and those whom it still accompanied at the end of the one before.
/// What is asked anew each time (annexe 2: waiting list, referrals without follow-up) starts empty.
pub fn depart(precedente: &Remontee, trimestre: Trimestre, date: NaiveDate) -> Remontee {
    let a_nouveau = |d: &FicheDispositif| FicheDispositif { liste_attente: None, sans_suite: None, ..d.clone() };
    Remontee {
        trimestre,
        date,
        dispositifs: precedente.dispositifs.iter().map(a_nouveau).collect(),
        personnes: precedente.personnes.iter().filter(|p| p.sortie.is_none()).cloned().collect(),
        evenements: vec![],
    }
}

impl Saisies {
    /// Nothing typed.
    pub fn est_vide(&self) -> bool {
        *self == Self::default()
    }

    /// Forgets the fields and the records in which nothing is left.
    pub fn sans_vides(mut self) -> Self {
        self.personnes.retain(|_, t| !t.is_empty());
        self.evenements.retain(|_, t| t.values().any(|v| !v.is_empty()));
        let remplie = |t: &Textes| t.values().any(|v| !v.is_empty());
        self.nouvelles.retain(|n| remplie(&n.personne) || remplie(&n.evenement));
        self
    }
}

impl Preparation {
    /// A campaign and what was typed of it. What is stored since says nothing new: the draft outlives its own storing, and
    /// stands again when that is undone.
    pub fn nouvelle(depart: Remontee, enregistree: bool, mut saisies: Saisies) -> Self {
        if enregistree {
            let a_un_evenement = |r: &String| depart.evenements.iter().any(|e| e.personne.as_str() == r);
            saisies.dispositif.clear();
            saisies.personnes.retain(|r, _| !a_un_evenement(r));
            saisies.evenements.retain(|r, _| !a_un_evenement(r));
            let connue = |r: &String| depart.personnes.iter().any(|p| p.reference.as_str() == r.trim());
            saisies.nouvelles.retain(|n| !n.personne.get("reference_personne").is_some_and(connue));
        }
        Self { depart, enregistree, saisies }
    }

    /// The slice as it stands: what it starts from, with what was typed in the place of what it held.
    pub fn tranche(&self, modele: &Modele) -> Tranche {
        let Tranche([mut dispositifs, mut personnes, mut evenements]) = Tranche::de(modele, &self.depart);
        let feuille = |fiche| modele.feuille(fiche);
        if let Some(ligne) = dispositifs.first_mut() {
            pose(ligne, feuille(Fiche::Dispositif), &self.saisies.dispositif);
        }
        for (fiche, ligne) in self.depart.personnes.iter().zip(&mut personnes) {
            if let Some(textes) = self.saisies.personnes.get(fiche.reference.as_str()) {
                pose(ligne, feuille(Fiche::Personne), textes);
            }
        }
        for (personne, textes) in self.evenements_saisis() {
            let mut ligne = evenement_vierge(modele, personne.reference.as_str(), self.dispositif(), self.depart.date);
            pose(&mut ligne, feuille(Fiche::Evenement), textes);
            evenements.push(ligne);
        }
        for nouvelle in &self.saisies.nouvelles {
            let mut ligne = personne_vierge(modele, self.dispositif());
            pose(&mut ligne, feuille(Fiche::Personne), &nouvelle.personne);
            personnes.push(ligne);
            let reference = nouvelle.personne.get("reference_personne").map_or("", String::as_str);
            let mut ligne = evenement_vierge(modele, reference, self.dispositif(), self.depart.date);
            pose(&mut ligne, feuille(Fiche::Evenement), &nouvelle.evenement);
            evenements.push(ligne);
        }
        Tranche([dispositifs, personnes, evenements])
    }

    fn dispositif(&self) -> Option<&FicheDispositif> {
        self.depart.dispositifs.first()
    }

    /// The events typed for known persons who have none stored, in the order of their rows.
    fn evenements_saisis(&self) -> impl Iterator<Item = (&FichePersonne, &Textes)> {
        let sans = self.depart.personnes.iter().filter(|p| !self.a_un_evenement(p));
        sans.filter_map(|p| Some((p, self.saisies.evenements.get(p.reference.as_str())?)))
    }

    /// True when the event of this person is stored.
    pub fn a_un_evenement(&self, personne: &FichePersonne) -> bool {
        self.depart.evenements.iter().any(|e| e.personne == personne.reference)
    }

    /// Row of the event of a known person, stored or typed, from 0.
    pub fn rang_evenement(&self, personne: &FichePersonne) -> Option<usize> {
        let stocke = self.depart.evenements.iter().position(|e| e.personne == personne.reference);
        stocke.or_else(|| {
            let saisi = self.evenements_saisis().position(|(p, _)| p.reference == personne.reference)?;
            Some(self.depart.evenements.len() + saisi)
        })
    }

    /// Rows of a person who comes in, and of her event.
    pub fn rangs_nouvelle(&self, rang: usize) -> (usize, usize) {
        let evenements = self.depart.evenements.len() + self.evenements_saisis().count();
        (self.depart.personnes.len() + rang, evenements + rang)
    }

    /// How many events are there, and how many are due: one for each person (C-EV-06).
    pub fn avancement(&self) -> (u64, u64) {
        let nouvelles = self.saisies.nouvelles.len();
        let presents = self.depart.evenements.len() + self.evenements_saisis().count() + nouvelles;
        let attendus = if self.enregistree { self.depart.evenements.len() } else { self.depart.personnes.len() };
        (presents as u64, (attendus + nouvelles).max(presents) as u64)
    }
}

fn pose(ligne: &mut Saisie, feuille: &Feuille, textes: &Textes) {
    for (champ, texte) in textes {
        let valeur = if texte.is_empty() { Valeur::Vide } else { Valeur::Texte(texte.clone().into()) };
        *ligne = ligne.clone().avec(feuille, champ, valeur);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::saisie::{Contexte, Statut, Verdict, verifier};
    use dossier::controle::CampagneAttendue;
    use dossier::fiche::Acces;
    use dossier::modalite::{Handicap, Orientation, Sexe, StatutDispositif};

    fn jour(texte: &str) -> NaiveDate {
        texte.parse().unwrap()
    }

    fn precedente() -> Remontee {
        let personne = |rang: u32| FichePersonne {
            reference: format!("BFC01{rang:09}").parse().unwrap(),
            dispositif: "BFC01".parse().unwrap(),
            structure: "Horizon".to_owned(),
            naissance: Some(jour("1990-07-14")),
            sexe: Some(Sexe::Femme),
            handicap_principal: Some(Handicap::Psychique),
            handicap_associe: None,
            entree: Some(jour("2025-01-15")),
            sortie: (rang == 3).then(|| jour("2026-03-10")),
            duree_sans_emploi: Some(14),
            orientation: Some(Orientation::Mdph),
        };
        Remontee {
            trimestre: "2026-T1".parse().unwrap(),
            date: jour("2026-03-31"),
            dispositifs: vec![FicheDispositif {
                reference: "BFC01".parse().unwrap(),
                nom: Some("Plateforme 70".to_owned()),
                departement: Some("70".parse().unwrap()),
                statut: StatutDispositif::EnActivite,
                structures: vec!["Horizon".to_owned()],
                capacite: Some(20),
                etp_total: Some("4.5".parse().unwrap()),
                etp_hors_administratifs: Some("3.25".parse().unwrap()),
                professionnels: Some(5),
                liste_attente: Some(3),
                sans_suite: Some(1),
                acces: Acces::default(),
            }],
            personnes: (1..4).map(personne).collect(),
            evenements: vec![],
        }
    }

    fn textes(paires: &[(&str, &str)]) -> Textes {
        paires.iter().map(|(champ, texte)| ((*champ).to_owned(), (*texte).to_owned())).collect()
    }

    fn evenement() -> Textes {
        textes(&[
            ("statut_evenement", "Suivi par le dispositif"),
            ("niveau_soutien", "Suivi – de 2 à 8h/mois"),
            ("emploi_date_evenement", "CDI"),
            ("formation_date_evenement", "Sans objet"),
            ("emploi_dernier_mois", "CDI"),
            ("formation_dernier_mois", "Sans objet"),
        ])
    }

    fn preparation() -> Preparation {
        let depart = depart(&precedente(), "2026-T2".parse().unwrap(), jour("2026-06-30"));
        Preparation { depart, enregistree: false, saisies: Saisies::default() }
    }

    fn juge(p: &Preparation) -> Verdict {
        let modele = Modele::cfea();
        let octets = p.tranche(modele).classeur(modele, jour("2026-07-02")).unwrap();
        let mut contexte = Contexte::default();
        contexte.controle.campagne = Some(CampagneAttendue { trimestre: p.depart.trimestre, date: p.depart.date });
        verifier(&octets, &contexte)
    }

    #[test]
    fn those_who_left_are_not_carried_over_and_what_is_asked_anew_is_empty() {
        let p = preparation();
        assert_eq!(p.depart.personnes.len(), 2);
        assert_eq!(p.depart.dispositifs[0].liste_attente, None);
        assert_eq!(p.avancement(), (0, 2));
    }

    #[test]
    fn a_campaign_keyed_person_after_person_passes_the_checks_of_a_workbook() {
        let mut p = preparation();
        p.saisies.dispositif = textes(&[("nb_liste_attente", "2"), ("nb_sans_suite", "0")]);
        p.saisies.evenements.insert("BFC01000000001".to_owned(), evenement());
        assert_eq!(juge(&p).statut, Statut::Bloque, "C-EV-06: one event is missing");
        let mut termine = evenement();
        termine.insert("statut_evenement".to_owned(), "Suivi terminé".to_owned());
        p.saisies.evenements.insert("BFC01000000002".to_owned(), termine);
        p.saisies.personnes.insert("BFC01000000002".to_owned(), textes(&[("date_sortie", "15/05/2026")]));
        p.saisies.nouvelles.push(Nouvelle {
            personne: textes(&[
                ("reference_personne", "BFC01000000009"),
                ("structure_accompagnante", "Horizon"),
                ("date_naissance", "02/02/1988"),
                ("sexe", "Homme"),
                ("handicap_principal", "Déficiences auditives"),
                ("date_entree", "04/05/2026"),
                ("orientation", "MDPH"),
            ]),
            evenement: evenement(),
        });
        assert_eq!(p.avancement(), (3, 3));
        let verdict = juge(&p);
        let remontee = verdict.remontee.clone().unwrap_or_else(|| panic!("{verdict}"));
        assert_eq!((remontee.personnes.len(), remontee.evenements.len()), (3, 3));
        assert_eq!(remontee.personnes[1].sortie, Some(jour("2026-05-15")));
        assert_eq!(remontee.dispositifs[0].liste_attente, Some(2));
        let ensuite = Preparation::nouvelle(remontee, true, p.saisies.clone());
        assert!(ensuite.saisies.est_vide(), "what is stored says nothing new");
    }

    #[test]
    fn rows_are_found_again_from_the_person() {
        let mut p = preparation();
        p.saisies.evenements.insert("BFC01000000002".to_owned(), textes(&[("emploi_date_evenement", "trois")]));
        p.saisies.nouvelles.push(Nouvelle::default());
        assert_eq!(p.rang_evenement(&p.depart.personnes[1]), Some(0));
        assert_eq!(p.rang_evenement(&p.depart.personnes[0]), None);
        assert_eq!(p.rangs_nouvelle(0), (2, 1));
        let faute = juge(&p).anomalies.into_iter().find(|a| a.cellule.as_deref() == Some("J2"));
        assert!(faute.is_some_and(|a| a.lu.as_deref() == Some("trois")));
        assert!(p.saisies.clone().sans_vides().nouvelles.is_empty());
    }
}

//! Fiches written back as rows of the workbook: the campaign's template, prefilled with what the node
//! already knows, and a whole slice, from which one corrected fiche goes through the very same checks.

use chrono::NaiveDate;
use dossier::{FicheDispositif, FicheEvenement, FichePersonne, Remontee};
use node_storage::{Base, ErreurBase};
use referentiel::controle::Fiche;
use referentiel::periode::Trimestre;
use referentiel::territoire;
use tableur::ecriture::{self, Campagne, EcritureImpossible, Saisie};
use tableur::{Modele, Valeur};

/// Writes the template of a campaign. Without an earlier remontée the sheets are blank.
pub fn prerempli(
    modele: &Modele,
    connue: Option<&Remontee>,
    trimestre: Trimestre,
    date_evenement: NaiveDate,
    jour: NaiveDate,
) -> Result<Vec<u8>, EcritureImpossible> {
    let fiches = connue.map_or(&[][..], |r| &r.dispositifs);
    let dispositifs: Vec<Saisie> = fiches.iter().map(|d| dispositif(modele, d)).collect();
    let presents = connue.into_iter().flat_map(|r| &r.personnes).filter(|p| p.sortie.is_none());
    let personnes: Vec<Saisie> = presents.map(|p| personne(modele, p, fiches)).collect();
    let campagne = Campagne { trimestre, date_evenement, jour, dispositifs: &dispositifs, personnes: &personnes };
    ecriture::modele_campagne(modele, &campagne)
}

/// Remontées a template is prefilled from: those of the campaign, else those of the one before.
pub async fn connues(base: &Base, trimestre: Trimestre) -> Result<Vec<Remontee>, ErreurBase> {
    let meme = base.remontees(trimestre).await?;
    if meme.is_empty() { base.remontees(trimestre.precedent()).await } else { Ok(meme) }
}

/// The rows of a slice, in the order of the sheets: dispositifs, persons, events.
#[derive(Debug, Clone)]
pub struct Tranche(pub [Vec<Saisie>; 3]);

impl Tranche {
    /// Everything that a remontée holds.
    pub fn de(modele: &Modele, remontee: &Remontee) -> Self {
        let fiches = &remontee.dispositifs;
        let dispositifs = fiches.iter().map(|d| dispositif_entier(modele, d)).collect();
        let personnes = remontee.personnes.iter().map(|p| personne_entiere(modele, p, fiches)).collect();
        let evenements = remontee.evenements.iter().map(|e| evenement(modele, e, remontee)).collect();
        Self([dispositifs, personnes, evenements])
    }

    /// Everything that several hold, one after the other: a centre has a remontée for each dispositif.
    pub fn de_plusieurs(modele: &Modele, remontees: &[Remontee]) -> Self {
        let mut lignes: [Vec<Saisie>; 3] = Default::default();
        for remontee in remontees {
            for (toutes, siennes) in lignes.iter_mut().zip(Self::de(modele, remontee).0) {
                toutes.extend(siennes);
            }
        }
        Self(lignes)
    }

    /// The rows as a workbook.
    pub fn classeur(&self, modele: &Modele, jour: NaiveDate) -> Result<Vec<u8>, EcritureImpossible> {
        let Self([dispositifs, personnes, evenements]) = self;
        ecriture::classeur(modele, modele.titre(), jour, [dispositifs, personnes, evenements])
    }
}

fn dispositif_entier(modele: &Modele, d: &FicheDispositif) -> Saisie {
    let feuille = modele.feuille(Fiche::Dispositif);
    Remplissage(feuille, dispositif(modele, d))
        .avec("nb_liste_attente", d.liste_attente.map(Valeur::Entier))
        .avec("nb_sans_suite", d.sans_suite.map(Valeur::Entier))
        .1
}

fn personne_entiere(modele: &Modele, p: &FichePersonne, fiches: &[FicheDispositif]) -> Saisie {
    let feuille = modele.feuille(Fiche::Personne);
    Remplissage(feuille, personne(modele, p, fiches)).avec("date_sortie", p.sortie.map(Valeur::Date)).1
}

fn evenement(modele: &Modele, e: &FicheEvenement, remontee: &Remontee) -> Saisie {
    let feuille = modele.feuille(Fiche::Evenement);
    let personne = remontee.personnes.iter().find(|p| p.reference == e.personne);
    let fiche = personne.and_then(|p| remontee.dispositifs.iter().find(|d| d.reference == p.dispositif));
    let code = |code| Some(Valeur::Modalite(code));
    Remplissage(feuille, evenement_vierge(modele, e.personne.as_str(), fiche, e.date))
        .avec("statut_evenement", code(e.statut.code()))
        .avec("niveau_soutien", code(e.niveau.code()))
        .avec("emploi_date_evenement", code(e.emploi.code()))
        .avec("formation_date_evenement", code(e.formation.code()))
        .avec("emploi_dernier_mois", code(e.emploi_mois.code()))
        .avec("formation_dernier_mois", code(e.formation_mois.code()))
        .1
}

/// The row of an event of which only the person and the date are known.
pub(super) fn evenement_vierge(
    modele: &Modele,
    personne: &str,
    fiche: Option<&FicheDispositif>,
    date: NaiveDate,
) -> Saisie {
    let feuille = modele.feuille(Fiche::Evenement);
    let departement = fiche.and_then(|d| d.departement.as_ref()).and_then(territoire::departement);
    let region = departement.and_then(|dep| territoire::region(&dep.region));
    Remplissage(feuille, Saisie::vierge(feuille))
        .texte("evt_reference_personne", Some(personne.to_owned()).filter(|p| !p.is_empty()))
        .texte("evt_reference_dispositif", fiche.map(|d| d.reference.to_string()))
        .texte("evt_nom_dispositif", fiche.and_then(|d| d.nom.clone()))
        .texte("evt_region", region.map(|r| r.nom.clone()))
        .texte("evt_departement", departement.map(|d| d.nom.clone()))
        .avec("date_evenement", Some(Valeur::Date(date)))
        .1
}

/// The row of a person of whom only the dispositif is known.
pub(super) fn personne_vierge(modele: &Modele, fiche: Option<&FicheDispositif>) -> Saisie {
    let feuille = modele.feuille(Fiche::Personne);
    Remplissage(feuille, Saisie::vierge(feuille))
        .texte("dispositif_accompagnant", fiche.and_then(|d| d.nom.clone()))
        .texte("personne_reference_dispositif", fiche.map(|d| d.reference.to_string()))
        .1
}

fn dispositif(modele: &Modele, d: &FicheDispositif) -> Saisie {
    let feuille = modele.feuille(Fiche::Dispositif);
    let departement = d.departement.as_ref().and_then(territoire::departement);
    let region = departement.and_then(|dep| territoire::region(&dep.region));
    Remplissage(feuille, Saisie::vierge(feuille))
        .texte("reference_dispositif", Some(d.reference.to_string()))
        .texte("email_responsable", d.acces.email_responsable.clone())
        .texte("nom_responsable", d.acces.nom_responsable.clone())
        .texte("prenom_responsable", d.acces.prenom_responsable.clone())
        .texte("nom_dispositif", d.nom.clone())
        .texte("code_departement", d.departement.as_ref().map(ToString::to_string))
        .texte("region_dispositif", region.map(|r| r.nom.clone()))
        .texte("nom_departement", departement.map(|dep| dep.nom.clone()))
        .avec("emails_conseillers", liste(&d.acces.emails_conseillers))
        .avec("statut_dispositif", Some(Valeur::Modalite(d.statut.code())))
        .avec("structures_rattachees", liste(&d.structures))
        .avec("capacite_accompagnement", d.capacite.map(Valeur::Entier))
        .avec("etp_total", d.etp_total.map(Valeur::Decimal))
        .avec("etp_hors_administratifs", d.etp_hors_administratifs.map(Valeur::Decimal))
        .avec("nb_professionnels_hors_administratifs", d.professionnels.map(Valeur::Entier))
        .1
}

fn personne(modele: &Modele, p: &FichePersonne, fiches: &[FicheDispositif]) -> Saisie {
    let feuille = modele.feuille(Fiche::Personne);
    let nom = fiches.iter().find(|d| d.reference == p.dispositif).and_then(|d| d.nom.clone());
    Remplissage(feuille, Saisie::vierge(feuille))
        .texte("reference_personne", Some(p.reference.as_str().to_owned()))
        .texte("dispositif_accompagnant", nom)
        .texte("personne_reference_dispositif", Some(p.dispositif.to_string()))
        .texte("structure_accompagnante", Some(p.structure.clone()))
        .avec("date_naissance", p.naissance.map(Valeur::Date))
        .avec("sexe", p.sexe.map(|s| Valeur::Modalite(s.code())))
        .avec("handicap_principal", p.handicap_principal.map(|h| Valeur::Modalite(h.code())))
        .avec("handicap_associe", p.handicap_associe.map(|h| Valeur::Modalite(h.code())))
        .avec("date_entree", p.entree.map(Valeur::Date))
        .avec("duree_sans_emploi_mois", p.duree_sans_emploi.map(Valeur::Entier))
        .avec("orientation", p.orientation.map(|o| Valeur::Modalite(o.code())))
        .1
}

/// A row under way; an absent value leaves its cell blank.
struct Remplissage<'m>(&'m tableur::modele::Feuille, Saisie);

impl Remplissage<'_> {
    fn avec(self, champ: &str, valeur: Option<Valeur<'static>>) -> Self {
        match valeur {
            Some(valeur) => Self(self.0, self.1.avec(self.0, champ, valeur)),
            None => self,
        }
    }

    fn texte(self, champ: &str, texte: Option<String>) -> Self {
        self.avec(champ, texte.map(|t| Valeur::Texte(t.into())))
    }
}

fn liste(textes: &[String]) -> Option<Valeur<'static>> {
    (!textes.is_empty()).then(|| Valeur::Liste(textes.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dossier::modalite::{
        Emploi, Formation, Handicap, NiveauSoutien, Orientation, Sexe, StatutAccompagnement, StatutDispositif,
    };

    #[test]
    fn a_slice_written_and_read_again_is_the_same() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        let personne = |rang: u32| format!("BFC01{rang:09}").parse().unwrap();
        let remontee = Remontee {
            trimestre: "2026-T1".parse().unwrap(),
            date,
            dispositifs: vec![FicheDispositif {
                reference: "BFC01".parse().unwrap(),
                nom: Some("Plateforme 70".to_owned()),
                departement: Some("70".parse().unwrap()),
                statut: StatutDispositif::EnActivite,
                structures: vec!["Horizon".to_owned(), "Passerelle".to_owned()],
                capacite: Some(20),
                etp_total: Some("4.5".parse().unwrap()),
                etp_hors_administratifs: Some("3.25".parse().unwrap()),
                professionnels: Some(5),
                liste_attente: Some(3),
                sans_suite: Some(1),
                acces: dossier::fiche::Acces {
                    email_responsable: Some("a@b.example".to_owned()),
                    nom_responsable: Some("DURAND".to_owned()),
                    prenom_responsable: Some("Camille".to_owned()),
                    emails_conseillers: vec!["c@b.example".to_owned(), "d@b.example".to_owned()],
                },
            }],
            personnes: (1..4)
                .map(|rang| FichePersonne {
                    reference: personne(rang),
                    dispositif: "BFC01".parse().unwrap(),
                    structure: "Horizon".to_owned(),
                    naissance: NaiveDate::from_ymd_opt(1990, 7, 14),
                    sexe: Some(Sexe::Femme),
                    handicap_principal: Some(Handicap::Psychique),
                    handicap_associe: None,
                    entree: NaiveDate::from_ymd_opt(2025, 1, 15),
                    sortie: (rang == 3).then_some(date),
                    duree_sans_emploi: Some(14),
                    orientation: Some(Orientation::Mdph),
                })
                .collect(),
            evenements: (1..4)
                .map(|rang| FicheEvenement {
                    personne: personne(rang),
                    statut: if rang == 3 { StatutAccompagnement::Termine } else { StatutAccompagnement::Suivi },
                    niveau: NiveauSoutien::Suivi,
                    emploi: Emploi::Cdi,
                    formation: Formation::SansObjet,
                    emploi_mois: Emploi::Cdi,
                    formation_mois: Formation::SansObjet,
                    date,
                })
                .collect(),
        };
        let modele = Modele::cfea();
        let octets = Tranche::de(modele, &remontee).classeur(modele, date).unwrap();
        let verdict = crate::saisie::verifier(&octets, &crate::saisie::Contexte::default());
        assert_eq!(verdict.remontee.as_ref(), Some(&remontee), "{verdict}");
    }
}

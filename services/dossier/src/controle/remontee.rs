//! From fiches as read to checked fiches, once nothing blocks. A mandatory field that is not a value
//! here was reported by the reader of the workbook: then there is no remontée.

use referentiel::identifiant::ReferenceDispositif;

use super::cadre::Cadre;
use crate::fiche::{Acces, FicheDispositif, FicheEvenement, FichePersonne, Remontee};
use crate::lecture::{DispositifLu, EvenementLu, PersonneLue};
use crate::modalite::StatutDispositif;

/// The checked fiches, all of them or none.
pub(super) fn etablir(cadre: &Cadre<'_>) -> Option<Remontee> {
    let classeur = cadre.classeur;
    if !classeur.feuilles_absentes.is_empty() {
        return None;
    }
    let dispositifs = classeur.dispositifs.iter().map(dispositif).collect::<Option<Vec<_>>>()?;
    let personnes = classeur.personnes.iter().enumerate();
    let evenements = classeur.evenements.iter().enumerate();
    Some(Remontee {
        trimestre: cadre.campagne.trimestre?,
        date: cadre.campagne.date?,
        personnes: personnes.map(|(rang, p)| personne(cadre, &dispositifs, rang, p)).collect::<Option<_>>()?,
        evenements: evenements.map(|(rang, e)| evenement(cadre, rang, e)).collect::<Option<_>>()?,
        dispositifs,
    })
}

fn dispositif(lu: &DispositifLu) -> Option<FicheDispositif> {
    Some(FicheDispositif {
        reference: lu.reference.valeur()?.parse::<ReferenceDispositif>().ok()?,
        nom: lu.nom.valeur().cloned(),
        departement: lu.departement.valeur().and_then(|code| code.parse().ok()),
        // Annexe 2: « en activité » when the fiche is created.
        statut: lu.statut.copie().unwrap_or(StatutDispositif::EnActivite),
        structures: lu.structures.valeur().cloned().unwrap_or_default(),
        capacite: lu.capacite.copie(),
        etp_total: lu.etp_total.copie(),
        etp_hors_administratifs: lu.etp_hors_administratifs.copie(),
        professionnels: lu.professionnels.copie(),
        liste_attente: lu.liste_attente.copie(),
        sans_suite: lu.sans_suite.copie(),
        acces: Acces {
            email_responsable: lu.email_responsable.valeur().cloned(),
            nom_responsable: lu.nom_responsable.valeur().cloned(),
            prenom_responsable: lu.prenom_responsable.valeur().cloned(),
            emails_conseillers: lu.emails_conseillers.valeur().cloned().unwrap_or_default(),
        },
    })
}

fn personne(
    cadre: &Cadre<'_>,
    dispositifs: &[FicheDispositif],
    rang: usize,
    lue: &PersonneLue,
) -> Option<FichePersonne> {
    let fiche = cadre.fiches[rang]?;
    let dispositif = dispositifs.get(fiche)?;
    let structure = lue.structure.copie()?;
    let rattachee = cadre.rang_structure(fiche, structure).and_then(|r| dispositif.structures.get(r));
    Some(FichePersonne {
        reference: cadre.references[rang]?,
        dispositif: dispositif.reference.clone(),
        structure: rattachee.map_or_else(|| cadre.texte(structure).to_owned(), Clone::clone),
        naissance: lue.naissance.copie(),
        sexe: lue.sexe.copie(),
        handicap_principal: lue.handicap_principal.copie(),
        handicap_associe: lue.handicap_associe.copie(),
        entree: lue.entree.copie(),
        sortie: lue.sortie.copie(),
        duree_sans_emploi: lue.duree_sans_emploi.copie(),
        orientation: lue.orientation.copie(),
    })
}

fn evenement(cadre: &Cadre<'_>, rang: usize, lu: &EvenementLu) -> Option<FicheEvenement> {
    let (personne, _) = cadre.personne(rang)?;
    Some(FicheEvenement {
        personne: cadre.references[personne]?,
        statut: lu.statut.copie()?,
        niveau: lu.niveau.copie()?.niveau,
        emploi: lu.emploi.copie()?,
        formation: lu.formation.copie()?,
        emploi_mois: lu.emploi_mois.copie()?,
        formation_mois: lu.formation_mois.copie()?,
        date: lu.date.copie()?,
    })
}

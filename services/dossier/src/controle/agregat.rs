//! Section 5 of the catalogue: totals of the remontée (C-AG-01 to C-AG-06), for each dispositif.
//!
//! Nothing here blocks. What compares with the quarter before is left out when the sheets are in
//! doubt: a missing event would show as a fall of the file active.

use std::collections::{BTreeMap, HashSet};

use referentiel::Decimal;
use referentiel::controle::{Anomalie, Fiche, Place};
use referentiel::format;

use super::cadre::Cadre;
use super::dispositif::{etp_hors_administratifs_dans_le_total, precedent};
use super::memoire::Precedent;
use super::recueil::Recueil;
use crate::lecture::{DispositifLu, PersonneLue};
use crate::modalite::{Emploi, Formation, Handicap, NiveauSoutien, StatutAccompagnement, StatutDispositif};

/// Counts of one dispositif.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Effectif {
    /// File active: followed at the date.
    pub suivis: u32,
    /// In veille totale: not followed, not out.
    pub veille: u32,
    /// Entries of the period.
    pub entrees: u32,
    /// Exits of the period.
    pub sorties: u32,
}

impl Effectif {
    /// Registered: followed or in veille totale. Entries and exits move this count, not the file active.
    pub(super) fn presentes(&self) -> u32 {
        self.suivis + self.veille
    }

    fn compte(&mut self, statut: Option<StatutAccompagnement>) {
        match statut {
            Some(StatutAccompagnement::Suivi) => self.suivis += 1,
            Some(StatutAccompagnement::VeilleTotale) => self.veille += 1,
            Some(StatutAccompagnement::Termine) | None => {}
        }
    }
}

/// Counts of each fiche dispositif of the workbook.
pub(super) fn effectifs(cadre: &Cadre<'_>) -> Vec<Effectif> {
    let mut effectifs = vec![Effectif::default(); cadre.classeur.dispositifs.len()];
    for (rang, personne) in cadre.classeur.personnes.iter().enumerate() {
        let Some(effectif) = cadre.fiches[rang].and_then(|f| effectifs.get_mut(f)) else { continue };
        let dans_la_periode = |date: Option<_>| u32::from(date.is_some_and(|d| cadre.campagne.dans_la_periode(d)));
        effectif.entrees += dans_la_periode(personne.entree.copie());
        effectif.sorties += dans_la_periode(personne.sortie.copie());
        effectif.compte(cadre.evenement(rang).and_then(|e| e.statut.copie()));
    }
    effectifs
}

pub(super) fn controler(cadre: &Cadre<'_>, effectifs: &[Effectif], anomalies: &mut Recueil) {
    let classeur = cadre.classeur;
    if !classeur.a_la_feuille(Fiche::Personne) || !classeur.a_la_feuille(Fiche::Evenement) {
        return;
    }
    let feuilles_sures = !anomalies.bloque_sur(&[Fiche::Personne, Fiche::Evenement]);
    for (rang, (fiche, effectif)) in classeur.dispositifs.iter().zip(effectifs).enumerate() {
        let en_activite = fiche.statut.copie() != Some(StatutDispositif::PlusEnActivite);
        if en_activite {
            anomalies.note(taux_d_occupation(cadre, fiche, effectif));
            anomalies.note(personnes_par_etp(cadre, fiche, effectif));
        }
        if let Some(precedent) = precedent(cadre, fiche).filter(|_| feuilles_sures && en_activite) {
            let avant = effectif_precedent(precedent);
            let tout_pareil = aucune_valeur_changee(cadre, rang, fiche, precedent);
            // The same events twice explain by themselves why entries and exits do not add up.
            if tout_pareil.is_none() {
                anomalies.note(stock_et_flux(fiche, &avant, effectif));
            }
            anomalies.note(tout_pareil);
            anomalies.note(variation_de_la_file_active(cadre, fiche, &avant, effectif));
        }
    }
    anomalies.note(part_d_autre_deficience(cadre));
    anomalies.note(champs_facultatifs_vides(cadre));
}

fn effectif_precedent(precedent: &Precedent<'_>) -> Effectif {
    let personnes = precedent.remontee.personnes.iter().filter(|p| p.dispositif == precedent.fiche.reference);
    let siennes: HashSet<_> = personnes.map(|p| p.reference).collect();
    let mut effectif = Effectif::default();
    for evenement in precedent.remontee.evenements.iter().filter(|e| siennes.contains(&e.personne)) {
        effectif.compte(Some(evenement.statut));
    }
    effectif
}

fn a(fiche: &DispositifLu, champ: &str) -> Place {
    Place::champ(Fiche::Dispositif, fiche.ligne, champ)
}

fn nom(fiche: &DispositifLu) -> &str {
    fiche.reference.valeur().map_or("du dispositif", String::as_str)
}

/// C-AG-01: registered now = registered before + entries − exits (X36, indicator EA06). Veille totale
/// is counted in, since going into it is no exit.
fn stock_et_flux(fiche: &DispositifLu, avant: &Effectif, maintenant: &Effectif) -> Option<Anomalie> {
    let (entrees, sorties) = (i64::from(maintenant.entrees), i64::from(maintenant.sorties));
    let (lu, depart) = (i64::from(maintenant.presentes()), i64::from(avant.presentes()));
    let attendu = depart + entrees - sorties;
    (lu != attendu).then(|| {
        let ecart = (lu - attendu).unsigned_abs();
        let piste = if lu > attendu {
            format!("il manque {} ou il y a autant de sorties de trop", format::compte(ecart, "entrée", "entrées"))
        } else {
            format!("il manque {} ou il y a autant d’entrées de trop", format::compte(ecart, "sortie", "sorties"))
        };
        let message = format!(
            "Effectif inscrit de {} : {lu} personnes, alors que {depart} + {entrees} entrées − {sorties} sorties = {attendu} ; {piste}.",
            nom(fiche)
        );
        Anomalie::nouvelle("C-AG-01", Place::feuille(Fiche::Personne), message)
            .lu(lu.to_string())
            .attendu(attendu.to_string())
    })
}

/// C-AG-02: usual occupation of the places (X37).
fn taux_d_occupation(cadre: &Cadre<'_>, fiche: &DispositifLu, effectif: &Effectif) -> Option<Anomalie> {
    let capacite = fiche.capacite.copie().filter(|c| *c > 0)?;
    let (minimum, maximum) = cadre.contexte.parametres.occupation;
    let taux = Decimal::from(effectif.suivis) / Decimal::from(capacite);
    (taux < minimum || taux > maximum).then(|| {
        let file = format::compte(effectif.suivis.into(), "personne suivie", "personnes suivies");
        let message = format!(
            "Taux d’occupation de {} : {file} pour {capacite} places. Vérifiez la capacité et les statuts.",
            format::pourcentage(taux)
        );
        Anomalie::nouvelle("C-AG-02", a(fiche, "capacite_accompagnement"), message)
            .lu(format::pourcentage(taux))
            .attendu(format!("entre {} et {}", format::pourcentage(minimum), format::pourcentage(maximum)))
    })
}

/// C-AG-03: usual number of persons for one ETP, and some ETP as soon as somebody is followed (X05, X38).
fn personnes_par_etp(cadre: &Cadre<'_>, fiche: &DispositifLu, effectif: &Effectif) -> Option<Anomalie> {
    let etp = fiche.etp_hors_administratifs.copie()?;
    if effectif.suivis == 0 || etp_hors_administratifs_dans_le_total(fiche).is_some() {
        return None;
    }
    let (minimum, maximum) = cadre.contexte.parametres.personnes_par_etp;
    let attendu = format!("entre {} et {} personnes par ETP", format::decimal(minimum), format::decimal(maximum));
    let place = a(fiche, "etp_hors_administratifs");
    let file = format::compte(effectif.suivis.into(), "personne suivie", "personnes suivies");
    if etp.is_zero() {
        let message = format!("{file} sans aucun ETP hors administratifs : indiquez les ETP qui accompagnent.");
        return Some(Anomalie::nouvelle("C-AG-03", place, message).lu("0").attendu(attendu));
    }
    let rapport = Decimal::from(effectif.suivis).checked_div(etp)?.round_dp(1).normalize();
    (rapport < minimum || rapport > maximum).then(|| {
        let message = format!(
            "{} personnes par ETP ({file} pour {} ETP) : les ETP des structures partenaires sont-ils comptés, et ceux-là seulement ?",
            format::decimal(rapport),
            format::decimal(etp)
        );
        Anomalie::nouvelle("C-AG-03", place, message).lu(format::decimal(rapport)).attendu(attendu)
    })
}

/// C-AG-04: a large change from one quarter to the next is explained.
fn variation_de_la_file_active(
    cadre: &Cadre<'_>,
    fiche: &DispositifLu,
    avant: &Effectif,
    maintenant: &Effectif,
) -> Option<Anomalie> {
    if avant.suivis == 0 {
        return None;
    }
    let seuil = cadre.contexte.parametres.variation;
    let variation = Decimal::from(maintenant.suivis) / Decimal::from(avant.suivis) - Decimal::ONE;
    (variation.abs() > seuil).then(|| {
        let signe = if variation.is_sign_positive() { "+" } else { "" };
        let lu = format!("{signe}{}", format::pourcentage(variation));
        let message = format!(
            "{lu} de file active en un trimestre pour {} ({} → {}) : expliquez cette variation.",
            nom(fiche),
            avant.suivis,
            maintenant.suivis
        );
        let attendu = format!("une variation d’au plus {}", format::pourcentage(seuil));
        Anomalie::nouvelle("C-AG-04", Place::feuille(Fiche::Evenement), message).lu(lu).attendu(attendu)
    })
}

type Situation = (StatutAccompagnement, NiveauSoutien, Emploi, Formation, Emploi, Formation);

/// C-AG-05: something changed since the quarter before.
fn aucune_valeur_changee(
    cadre: &Cadre<'_>,
    rang: usize,
    fiche: &DispositifLu,
    precedent: &Precedent<'_>,
) -> Option<Anomalie> {
    let siennes = precedent.remontee.personnes.iter().filter(|p| p.dispositif == precedent.fiche.reference);
    let siennes: HashSet<_> = siennes.map(|p| p.reference).collect();
    let avant: BTreeMap<_, Situation> = (precedent.remontee.evenements.iter())
        .filter(|e| siennes.contains(&e.personne))
        .map(|e| (e.personne, (e.statut, e.niveau, e.emploi, e.formation, e.emploi_mois, e.formation_mois)))
        .collect();
    let mut evenements = 0;
    for personne in (0..cadre.classeur.personnes.len()).filter(|p| cadre.fiches[*p] == Some(rang)) {
        let Some(e) = cadre.evenement(personne) else { continue };
        evenements += 1;
        let situation = (
            e.statut.copie()?,
            e.niveau.copie()?.niveau,
            e.emploi.copie()?,
            e.formation.copie()?,
            e.emploi_mois.copie()?,
            e.formation_mois.copie()?,
        );
        if avant.get(&cadre.references[personne]?) != Some(&situation) {
            return None;
        }
    }
    (evenements > 0 && evenements == avant.len()).then(|| {
        let message = format!(
            "Aucune valeur n’a changé pour {} depuis le {} ({evenements} évènements) : le fichier du trimestre précédent a-t-il été redéposé ?",
            nom(fiche),
            format::date(precedent.remontee.date)
        );
        Anomalie::nouvelle("C-AG-05", Place::feuille(Fiche::Evenement), message)
    })
}

/// C-AG-06: « Autre déficience » stays the exception.
fn part_d_autre_deficience(cadre: &Cadre<'_>) -> Option<Anomalie> {
    let renseignes = cadre.classeur.personnes.iter().filter_map(|p| p.handicap_principal.copie());
    let (autres, total) = renseignes.fold((0u32, 0u32), |(a, t), h| (a + u32::from(h == Handicap::Autre), t + 1));
    let seuil = cadre.contexte.parametres.autre_deficience;
    let part = part(autres, total)?;
    (part > seuil).then(|| {
        let message = format!(
            "{} d’{} : précisez quand c’est possible.",
            format::pourcentage(part),
            super::cite(Handicap::Autre.libelle())
        );
        Anomalie::nouvelle("C-AG-06", Place::feuille(Fiche::Personne), message)
            .lu(format::pourcentage(part))
            .attendu(format!("{} au plus", format::pourcentage(seuil)))
    })
}

/// C-AG-06: optional fields are filled in for most persons. The orientation has its own check, C-PE-10.
fn champs_facultatifs_vides(cadre: &Cadre<'_>) -> Option<Anomalie> {
    type Vide = fn(&PersonneLue) -> bool;
    let champs: [(&str, Vide); 5] = [
        ("date de naissance", |p| p.naissance.est_vide()),
        ("sexe", |p| p.sexe.est_vide()),
        ("handicap principal", |p| p.handicap_principal.est_vide()),
        ("date d’entrée", |p| p.entree.est_vide()),
        ("durée sans emploi", |p| p.duree_sans_emploi.est_vide()),
    ];
    let personnes = &cadre.classeur.personnes;
    let seuil = cadre.contexte.parametres.champs_vides;
    let total = u32::try_from(personnes.len()).unwrap_or(u32::MAX);
    let trop_vides: Vec<String> = champs
        .into_iter()
        .filter_map(|(libelle, vide)| {
            let vides = u32::try_from(personnes.iter().filter(|p| vide(p)).count()).unwrap_or(u32::MAX);
            let part = part(vides, total).filter(|part| *part > seuil)?;
            Some(format!("{libelle} ({})", format::pourcentage(part)))
        })
        .collect();
    (!trop_vides.is_empty()).then(|| {
        let message = format!("Champs souvent vides : {}. Complétez-les quand c’est possible.", trop_vides.join(", "));
        Anomalie::nouvelle("C-AG-06", Place::feuille(Fiche::Personne), message)
            .lu(trop_vides.join(", "))
            .attendu(format!("{} de cellules vides au plus", format::pourcentage(seuil)))
    })
}

fn part(partie: u32, total: u32) -> Option<Decimal> {
    (total > 0).then(|| Decimal::from(partie) / Decimal::from(total))
}

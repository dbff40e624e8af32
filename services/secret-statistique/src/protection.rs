//! `proteger`: primary rules, complementary suppression over one system, certificate, then what is
//! shown; or folds before, frames besides, roundings instead, where the jeu says so. A table without a valid
//! certificate does not come out.

mod arrondie;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use referentiel::Decimal;
use referentiel::cellule::{Cle, Statut};
use referentiel::jeu::Methode;

use crate::brute::{CelluleBrute, Grandeur, TableBrute};
use crate::certificat;
use crate::modele::{self, Attendues, Modele};
use crate::politique::{Passe, Politique, Zeros};
use crate::politiques::arrondi::SansArrondi;
use crate::politiques::intervalles;
use crate::politiques::plis::{Pliee, plie};
use crate::protegee::{Cadre, CelluleProtegee, Lecteur, Motif, Rapport, TableProtegee, ValeurPubliee};
use crate::retrait;
use crate::suppression::{self, Decision, SansIssue};
use crate::systeme::Sort;

/// Why a table cannot be protected, hence cannot leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EchecProtection {
    /// The policy is under the floor.
    #[error("Le seuil de {0} est inférieur au plancher de {1} : aucune table ne peut être protégée ainsi.")]
    SousLePlancher(u64, u64),
    /// The raw table holds figures that no system can hold.
    #[error("La table ne peut pas être protégée : {0}.")]
    Incoherente(String),
    /// The audit of what would be shown failed.
    #[error("La table ne peut pas sortir, son contrôle a échoué : {0}.")]
    AuditEchoue(String),
    /// The jeu asks for a rounding, which this table does not allow.
    #[error("La table ne peut pas être arrondie : {0}.")]
    SansArrondi(#[from] SansArrondi),
}

/// Decides what may be shown of a raw table to one audience.
pub fn proteger(brute: &TableBrute, politique: &Politique, passe: &Passe) -> Result<TableProtegee, EchecProtection> {
    let plancher = referentiel::jeu::Seuils::PLANCHER;
    if politique.seuil < plancher || politique.seuil_sensible < plancher {
        return Err(EchecProtection::SousLePlancher(politique.seuil.min(politique.seuil_sensible), plancher));
    }
    match politique.methode {
        Methode::Masquage | Methode::Intervalles => masquee(brute, politique, passe),
        Methode::Arrondi => arrondie::arrondie(brute, politique, passe),
        Methode::Regroupement => {
            let Pliee { table, plis } = plie(brute, politique, passe);
            let mut protegee = masquee(&table, politique, passe)?;
            protegee.rapport.plis = plis.into_iter().collect();
            Ok(protegee)
        }
    }
}

fn masquee(brute: &TableBrute, politique: &Politique, passe: &Passe) -> Result<TableProtegee, EchecProtection> {
    let mut retires = passe.croisements_retires.clone();
    let mut table =
        if retires.is_empty() { Cow::Borrowed(brute) } else { Cow::Owned(brute.sans_croisements(&retires)) };
    loop {
        match protege_telle_quelle(&table, politique, passe)? {
            Ok(mut protegee) => {
                protegee.rapport.croisements_retires = retires.into_iter().collect();
                return Ok(protegee);
            }
            Err((etroites, echec)) => {
                let croisements = retrait::croisements(&table, &etroites, passe);
                if croisements.is_empty() {
                    return Err(echec);
                }
                table = Cow::Owned(table.sans_croisements(&croisements));
                retires.extend(croisements);
            }
        }
    }
}

/// Cells that no pattern of masks can protect, and what to say if nothing can be withdrawn.
type Etroites = (Vec<Cle>, EchecProtection);

fn protege_telle_quelle(
    brute: &TableBrute,
    politique: &Politique,
    passe: &Passe,
) -> Result<Result<TableProtegee, Etroites>, EchecProtection> {
    let (lecteur, modele, issue) = premiere_issue(brute, politique, passe)?;
    let decision = match issue {
        Ok(decision) => decision,
        Err(SansIssue::TropEtroites(places)) => {
            let cles = places.iter().filter_map(|p| Some(brute.cellules().get(*modele.places.get(*p)?)?.cle.clone()));
            let cles = cles.collect();
            return Ok(Err((cles, sans_issue(&SansIssue::TropEtroites(places), brute, &modele))));
        }
        Err(autre) => return Err(sans_issue(&autre, brute, &modele)),
    };
    let largeurs = certificat::verifier(&modele.systeme, &decision.masquees, &decision.certificat)
        .map_err(|defaut| EchecProtection::AuditEchoue(defaut.to_string()))?;
    let mut masques = masques(brute, &modele, &decision);
    let mut cellules: Vec<CelluleProtegee> = brute
        .cellules()
        .iter()
        .enumerate()
        .map(|(i, c)| montre(i, c, brute, politique, &modele, &mut masques))
        .collect();
    if politique.methode == Methode::Intervalles {
        encadre(brute, &modele, &decision, &mut cellules)?;
    }
    let rapport = Rapport { lecteur, ..rapport(brute, &modele, &decision, &largeurs, &cellules, &masques) };
    Ok(Ok(TableProtegee { jeu: brute.jeu().to_owned(), politique: politique.clone(), cellules, rapport }))
}

/// Frames the masked counts, once it is checked that the certificate stands for who knows the frames.
fn encadre(
    brute: &TableBrute,
    modele: &Modele,
    decision: &Decision,
    cellules: &mut [CelluleProtegee],
) -> Result<(), EchecProtection> {
    let valeurs: Vec<u64> = modele.systeme.cellules().iter().map(|c| c.valeur).collect();
    let cadres: Vec<Option<Cadre>> = intervalles::cadres(&valeurs, &decision.masquees, &decision.certificat);
    intervalles::verifie(&modele.systeme, &decision.masquees, &decision.certificat, &cadres)
        .map_err(|defaut| EchecProtection::AuditEchoue(defaut.to_string()))?;
    for (place, cadre) in modele.places.iter().zip(cadres) {
        if matches!(brute.cellules()[*place].grandeur, Grandeur::Effectif(_)) {
            cellules[*place].cadre = cadre;
        }
    }
    Ok(())
}

/// Counts up to which a second proof may mask what the first one did: past it, looking for it takes tens of seconds.
const COMPTES_RESSAYES: usize = 1_500;

type Issue = (Lecteur, Modele, Result<Decision, SansIssue>);

/// First against who takes nothing for granted of what is masked; then, where every figure that is not crossed can
/// stay that stayed then, against who knows that zeros are shown. The report says which of the two it was. In a large
/// table all of them must stay. What rates are made of goes last.
fn premiere_issue(brute: &TableBrute, politique: &Politique, passe: &Passe) -> Result<Issue, EchecProtection> {
    let prudent = Lecteur::NeSupposeRien;
    let modele = modele::construit(brute, politique, passe, prudent, &Attendues::default())?;
    let issue = suppression::protege(&modele.systeme);
    if let (Zeros::Montres, Ok(decision)) = (politique.zeros, &issue) {
        let montrees = modele.places.iter().zip(&decision.masquees).filter(|(_, masquee)| !**masquee);
        let montrees: BTreeSet<usize> = montrees.map(|(place, _)| *place).collect();
        let seules = modele.places.iter().copied().filter(|place| est_seule(&brute.cellules()[*place].cle));
        let petite = modele.places.len() <= COMPTES_RESSAYES;
        let gardees = seules.filter(|place| !petite || montrees.contains(place)).collect();
        let attendues = Attendues { gardees, cheres: termes_des_taux(brute) };
        let informe = Lecteur::SaitLesZerosMontres;
        let modele = modele::construit(brute, politique, passe, informe, &attendues)?;
        if let Ok(decision) = suppression::protege(&modele.systeme) {
            return Ok((informe, modele, Ok(decision)));
        }
    }
    Ok((prudent, modele, issue))
}

fn est_seule(cle: &Cle) -> bool {
    cle.ventilation.axes().next().is_none()
}

/// Counts that make up a rate that is not crossed, by place.
fn termes_des_taux(brute: &TableBrute) -> BTreeSet<usize> {
    let mut places = BTreeSet::new();
    brute.cellules().iter().filter(|c| est_seule(&c.cle)).for_each(|c| retient(brute, &c.cle, &mut places));
    places
}

fn retient(brute: &TableBrute, cle: &Cle, places: &mut BTreeSet<usize>) {
    let Some(place) = brute.rang(cle) else { return };
    match &brute.cellules()[place].grandeur {
        Grandeur::Taux { numerateur, denominateur } => {
            [numerateur, denominateur].into_iter().for_each(|terme| retient(brute, terme, places));
        }
        Grandeur::Derive { termes } => termes.iter().for_each(|(_, terme)| retient(brute, terme, places)),
        _ => {
            places.insert(place);
        }
    }
}

fn sans_issue(echec: &SansIssue, brute: &TableBrute, modele: &Modele) -> EchecProtection {
    let nom = |position: &usize| {
        let cellule = modele.places.get(*position).and_then(|i| brute.cellules().get(*i));
        cellule.map_or_else(|| "un complément".to_owned(), |c| format!("« {} »", c.cle))
    };
    let detail = match echec {
        SansIssue::Contradiction { montree, masquee } => {
            format!(
                "{} est toujours égale à {} ; l’une est déjà montrée, l’autre doit être masquée",
                nom(montree),
                nom(masquee)
            )
        }
        SansIssue::TropEtroites(cellules) => {
            let noms: Vec<String> = cellules.iter().take(3).map(nom).collect();
            format!("{} resterait calculable malgré tout ce qui peut être masqué", noms.join(", "))
        }
    };
    EchecProtection::AuditEchoue(detail)
}

type Masques<'a> = HashMap<&'a Cle, Motif>;

fn masques<'a>(brute: &'a TableBrute, modele: &Modele, decision: &Decision) -> Masques<'a> {
    let cellules = brute.cellules();
    let masquees = modele.places.iter().zip(&decision.masquees).filter(|(_, m)| **m);
    masquees.map(|(i, _)| (&cellules[*i].cle, modele.motifs.get(i).copied().unwrap_or(Motif::Complementaire))).collect()
}

fn rapport(
    brute: &TableBrute,
    modele: &Modele,
    decision: &Decision,
    largeurs: &[i128],
    cellules: &[CelluleProtegee],
    masques: &Masques<'_>,
) -> Rapport {
    let positions = || (0..modele.places.len()).filter(|r| decision.masquees[*r]);
    let complementaire = |r: &usize| !modele.motifs.contains_key(&modele.places[*r]);
    let valeur = |r: usize| modele.systeme.cellules()[r].valeur;
    let due = |r: &usize| modele.systeme.cellules()[*r].sort != Sort::Auxiliaire;
    let mut motifs: Vec<(Cle, Motif)> = masques.iter().map(|(cle, motif)| ((*cle).clone(), *motif)).collect();
    motifs.sort();
    Rapport {
        publiees: cellules.iter().filter(|c| c.valeur.is_some()).count(),
        primaires: masques.values().filter(|m| m.est_primaire()).count(),
        complementaires: masques.values().filter(|m| **m == Motif::Complementaire).count(),
        motifs,
        croisements_retires: vec![],
        differees: modele.differees.keys().map(|i| brute.cellules()[*i].cle.clone()).collect(),
        perte: positions().filter(complementaire).map(valeur).sum(),
        encadrees: cellules.iter().filter(|c| c.cadre.is_some()).count(),
        lecteur: Lecteur::default(),
        largeur_atteinte: positions().filter(due).map(|r| u64::try_from(largeurs[r]).unwrap_or(u64::MAX)).min(),
        ..Rapport::default()
    }
}

fn montre<'a>(
    place: usize,
    cellule: &'a CelluleBrute,
    brute: &TableBrute,
    politique: &Politique,
    modele: &Modele,
    masques: &mut Masques<'a>,
) -> CelluleProtegee {
    let cle = cellule.cle.clone();
    let absente = |statut| CelluleProtegee { cle: cle.clone(), valeur: None, cadre: None, statut };
    if masques.contains_key(&cellule.cle) {
        return absente(Statut::Secret);
    }
    let valeur_de = |cle: &Cle| valeur_de(brute, modele, cle);
    let valeur = match &cellule.grandeur {
        Grandeur::Effectif(n) => ValeurPubliee::Effectif(modele.differees.get(&place).copied().unwrap_or(*n)),
        Grandeur::Operationnel(v) | Grandeur::Montant { valeur: v, .. } => ValeurPubliee::Decimal(*v),
        Grandeur::SansObjet => return absente(Statut::SansObjet),
        Grandeur::Statistique { valeur, contributeurs } => {
            if *contributeurs < politique.seuil.max(politique.denominateur_minimal) {
                return absente(Statut::NonSignificatif);
            }
            ValeurPubliee::Decimal(*valeur)
        }
        Grandeur::Taux { numerateur, denominateur } => {
            if [numerateur, denominateur].into_iter().any(|t| tient_d_un_secret(brute, masques, t)) {
                masques.insert(&cellule.cle, Motif::Terme);
                return absente(Statut::Secret);
            }
            match (valeur_de(numerateur), valeur_de(denominateur)) {
                (Some(n), Some(d)) if d >= minimum(brute, denominateur, politique) => {
                    ValeurPubliee::Taux { numerateur: n, denominateur: d }
                }
                (Some(_), Some(_)) => return absente(Statut::NonSignificatif),
                _ => return absente(Statut::SansObjet),
            }
        }
        Grandeur::Derive { termes } => {
            if termes.iter().any(|(_, t)| tient_d_un_secret(brute, masques, t)) {
                masques.insert(&cellule.cle, Motif::Terme);
                return absente(Statut::Secret);
            }
            match termes.iter().map(|(poids, t)| Some(*poids * valeur_de(t)?)).sum::<Option<Decimal>>() {
                Some(somme) => ValeurPubliee::Decimal(somme),
                None => return absente(Statut::SansObjet),
            }
        }
    };
    CelluleProtegee { cle, valeur: Some(valeur), cadre: None, statut: Statut::Publie }
}

/// Whether a term is masked, by itself or through what it is made of: EA23 divides by a combination that
/// comes after it in the order of keys, so looking at the marks already made is not enough.
fn tient_d_un_secret(brute: &TableBrute, masques: &Masques<'_>, cle: &Cle) -> bool {
    masques.contains_key(cle)
        || match brute.cellule(cle).map(|c| &c.grandeur) {
            Some(Grandeur::Derive { termes }) => termes.iter().any(|(_, t)| tient_d_un_secret(brute, masques, t)),
            _ => false,
        }
}

/// Denominator under which a rate is not significant: five persons, or anything above zero for ETP and places.
fn minimum(brute: &TableBrute, denominateur: &Cle, politique: &Politique) -> Decimal {
    match brute.cellule(denominateur).map(|c| &c.grandeur) {
        Some(Grandeur::Operationnel(_)) => Decimal::new(1, 2),
        _ => Decimal::from(politique.denominateur_minimal),
    }
}

/// What the cell shows, delayed corrections included.
fn valeur_de(brute: &TableBrute, modele: &Modele, cle: &Cle) -> Option<Decimal> {
    let place = brute.rang(cle)?;
    if let Some(avant) = modele.differees.get(&place) {
        return Some(Decimal::from(*avant));
    }
    match &brute.cellules()[place].grandeur {
        Grandeur::Effectif(n) => Some(Decimal::from(*n)),
        Grandeur::Operationnel(v) | Grandeur::Montant { valeur: v, .. } => Some(*v),
        Grandeur::Derive { termes } => termes.iter().map(|(p, t)| Some(*p * valeur_de(brute, modele, t)?)).sum(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use referentiel::cellule::Ventilation;
    use referentiel::jeu::jeu;
    use referentiel::territoire::Niveau;

    fn cle(indicateur: &str) -> Cle {
        Cle {
            indicateur: indicateur.to_owned(),
            niveau: Niveau::Departement,
            territoire: "70".to_owned(),
            ventilation: Ventilation::default(),
        }
    }

    #[test]
    fn a_rate_over_a_combination_of_a_masked_count_is_masked_whatever_the_order_of_keys() {
        let cellule = |code: &str, grandeur| CelluleBrute { cle: cle(code), grandeur };
        let cellules = vec![
            cellule("SANS_SUITE", Grandeur::Operationnel(Decimal::from(9))),
            cellule("EA23E", Grandeur::Effectif(2)),
            cellule(
                "EA23B",
                Grandeur::Derive { termes: vec![(Decimal::ONE, cle("SANS_SUITE")), (Decimal::ONE, cle("EA23E"))] },
            ),
            cellule("EA23", Grandeur::Taux { numerateur: cle("SANS_SUITE"), denominateur: cle("EA23B") }),
        ];
        let brute = TableBrute::nouvelle("ea.indicateurs", cellules, Default::default()).unwrap();
        let politique =
            Politique::du_jeu(jeu("ea.indicateurs").unwrap(), referentiel::cellule::Audience::Reseau).unwrap();
        let protegee = proteger(&brute, &politique, &Passe::default()).unwrap();
        for code in ["EA23E", "EA23B", "EA23"] {
            let c = protegee.cellules().iter().find(|c| c.cle.indicateur == code).unwrap();
            assert_eq!((c.valeur.as_ref(), c.statut), (None, Statut::Secret), "{code}");
        }
    }
}

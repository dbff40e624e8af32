//! Section 3 of the catalogue: fiche personne (C-PE-01 to C-PE-12), and the reactivation C-EV-14 apart.
//!
//! Messages cite the cell, never the reference nor the birth date: they may be read over a shoulder.

use std::collections::HashMap;

use chrono::{Datelike, NaiveDate};
use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use referentiel::format;
use referentiel::identifiant::{IdentifiantInvalide, ReferencePersonne};

use super::cadre::Cadre;
use super::recueil::Recueil;
use super::{cite, pseudonyme};
use crate::fiche::age;
use crate::lecture::{Champ, PersonneLue, Symbole};
use crate::modalite::Sexe;

/// The law of 8 August 2016 was applied from this decree on: no accompaniment can be older (X20).
const CREATION: Option<NaiveDate> = NaiveDate::from_ymd_opt(2016, 12, 28);

pub(super) fn controler(cadre: &Cadre<'_>, anomalies: &mut Recueil) {
    for (rang, personne) in cadre.classeur.personnes.iter().enumerate() {
        anomalies.note(
            reference_identifiante(personne)
                .or_else(|| reference_bien_formee(cadre, rang, personne))
                .or_else(|| reference_unique(cadre, rang, personne))
                .or_else(|| prefixe_de_la_reference(cadre, rang, personne)),
        );
        anomalies.note(dispositif_accompagnant(cadre, personne));
        anomalies.note(structure_rattachee(cadre, rang, personne));
        anomalies.note(sortie_apres_entree(cadre, personne));
        anomalies.note(entree_avant_la_campagne(cadre, personne));
        anomalies.note(sortie_avant_la_campagne(cadre, personne));
        anomalies.note(naissance_avant_entree(cadre, personne).or_else(|| entree_apres_la_loi(personne)));
        anomalies.note(handicap_associe_different(personne));
        anomalies.note(duree_sans_emploi_possible(cadre, personne));
        anomalies.note(orientation_renseignee(personne));
        anomalies.note(un_seul_dispositif(cadre, rang, personne));
    }
    references_d_une_meme_personne(cadre, anomalies);
}

fn a(personne: &PersonneLue, champ: &str) -> Place {
    Place::champ(Fiche::Personne, personne.ligne, champ)
}

/// C-PE-02: the reference says nothing of the person. Comes before C-PE-01: worse than a wrong length.
fn reference_identifiante(personne: &PersonneLue) -> Option<Anomalie> {
    let indice = pseudonyme::indice(personne.reference.valeur()?, personne.naissance.copie())?;
    Some(
        Anomalie::nouvelle(
            "C-PE-02",
            a(personne, "reference_personne"),
            format!(
                "Cette référence ressemble à {} : remplacez-la par un code neutre, ici et dans les évènements de la personne.",
                indice.ressemblance()
            ),
        )
        .lu(indice.ressemblance())
        .attendu("14 lettres et chiffres qui ne disent rien de la personne"),
    )
}

/// C-PE-01: fourteen letters and digits (annexe 2: without it the fiche cannot be saved).
fn reference_bien_formee(cadre: &Cadre<'_>, rang: usize, personne: &PersonneLue) -> Option<Anomalie> {
    if cadre.references[rang].is_some() {
        return None;
    }
    let (lu, message) = match &personne.reference {
        Champ::Vide => ("vide".to_owned(), "La référence de la personne manque : elle est obligatoire.".to_owned()),
        Champ::Valeur(texte) => match texte.parse::<ReferencePersonne>() {
            Ok(_) => return None,
            Err(e @ IdentifiantInvalide::CaractereReferencePersonne(c)) => (cite(&c.to_string()), e.to_string()),
            Err(e) => (format!("{} caractères", texte.trim().len()), e.to_string()),
        },
        Champ::Absent | Champ::Fautif => return None,
    };
    let anomalie = Anomalie::nouvelle("C-PE-01", a(personne, "reference_personne"), message)
        .lu(lu)
        .attendu("14 lettres sans accent ou chiffres");
    let orphelin = cadre.rapprochement.corrections_personne.get(&rang);
    let proposee = orphelin.and_then(|e| cadre.classeur.evenements.get(*e)?.personne.valeur());
    Some(match proposee {
        Some(reference) => anomalie.correction(reference.as_ref()),
        None => anomalie,
    })
}

/// C-PE-01: the reference is unique in the remontée.
fn reference_unique(cadre: &Cadre<'_>, rang: usize, personne: &PersonneLue) -> Option<Anomalie> {
    let premiere = cadre.classeur.personnes.get(cadre.rapprochement.personne_en_double[rang]?)?;
    Some(
        Anomalie::nouvelle(
            "C-PE-01",
            a(personne, "reference_personne"),
            format!(
                "Cette référence est déjà celle de la ligne {} : donnez à chaque personne la sienne, ou supprimez la ligne en double.",
                premiere.ligne
            ),
        )
        .lu(format!("même référence qu’à la ligne {}", premiere.ligne))
        .attendu("une référence unique"),
    )
}

/// C-PE-03: the reference begins with the region and structure codes of the dispositif. How a
/// reference is composed is a hypothesis of annexe 2, hence segments as parameters.
fn prefixe_de_la_reference(cadre: &Cadre<'_>, rang: usize, personne: &PersonneLue) -> Option<Anomalie> {
    let fiche = cadre.fiches[rang].filter(|f| !cadre.rattachement.douteuse[*f])?;
    let dispositif = cadre.classeur.dispositifs[fiche].reference.valeur()?.trim();
    let reference = cadre.references[rang]?;
    let [region, structure, _] = cadre.contexte.parametres.segments;
    let longueur = (region + structure).min(dispositif.len());
    let lu = reference.as_str().get(..longueur)?;
    let attendu = dispositif.get(..longueur)?;
    (!lu.eq_ignore_ascii_case(attendu)).then(|| {
        Anomalie::nouvelle(
            "C-PE-03",
            a(personne, "reference_personne"),
            format!(
                "La référence commence par {lu} alors que le dispositif est {dispositif} : vérifiez qu’il s’agit bien d’une personne de ce dispositif."
            ),
        )
        .lu(lu)
        .attendu(attendu)
    })
}

/// C-PE-04: the dispositif exists (X12), and its reference is that of the one chosen (X14).
fn dispositif_accompagnant(cadre: &Cadre<'_>, personne: &PersonneLue) -> Option<Anomalie> {
    let rattachement = &cadre.rattachement;
    if personne.dispositif.est_vide() {
        let message = "Le dispositif accompagnant manque : il est obligatoire.";
        return Some(Anomalie::nouvelle("C-PE-04", a(personne, "dispositif_accompagnant"), message).lu("vide"));
    }
    if !rattachement.lisible() {
        return None;
    }
    let nom = personne.dispositif.copie().map(|s| (s, rattachement.designees(s)));
    let reference = personne.reference_dispositif.copie().map(|s| (s, rattachement.par_reference(s)));
    match (nom, reference) {
        (Some((nom, [])), Some((_, Some(fiche)))) => {
            // When nobody writes the name of the fiche, the name of the fiche is the one to look at.
            let nomme = rattachement.nom_porte[fiche];
            nomme.then(|| dispositif_inconnu(cadre, personne, "dispositif_accompagnant", nom))
        }
        (Some((nom, [])), _) => (!rattachement.peut_viser_une_fiche_douteuse())
            .then(|| dispositif_inconnu(cadre, personne, "dispositif_accompagnant", nom)),
        (Some((_, fiches)), Some((texte, trouvee))) if trouvee.is_none_or(|f| !fiches.contains(&f)) => {
            let douteuse = fiches.iter().any(|f| rattachement.douteuse[*f]);
            (!douteuse).then(|| reference_d_un_autre_dispositif(cadre, personne, texte, fiches))
        }
        (None, Some((texte, None))) if !rattachement.peut_viser_une_fiche_douteuse() => {
            Some(dispositif_inconnu(cadre, personne, "personne_reference_dispositif", texte))
        }
        _ => None,
    }
}

fn dispositif_inconnu(cadre: &Cadre<'_>, personne: &PersonneLue, champ: &str, texte: Symbole) -> Anomalie {
    let lu = cadre.texte(texte);
    let message = format!(
        "{} n’est pas un dispositif de la feuille Dispositif : choisissez l’un des siens, ou ajoutez sa fiche.",
        cite(lu)
    );
    Anomalie::nouvelle("C-PE-04", a(personne, champ), message).lu(lu).attendu("un dispositif de la feuille Dispositif")
}

fn reference_d_un_autre_dispositif(
    cadre: &Cadre<'_>,
    personne: &PersonneLue,
    lue: Symbole,
    fiches: &[usize],
) -> Anomalie {
    let lu = cadre.texte(lue);
    let choisi = fiches.iter().find_map(|f| cadre.classeur.dispositifs[*f].reference.valeur());
    let message = format!("La référence {} n’est pas celle du dispositif choisi pour cette personne.", cite(lu));
    let anomalie = Anomalie::nouvelle("C-PE-04", a(personne, "personne_reference_dispositif"), message).lu(lu);
    match choisi {
        Some(reference) => anomalie.attendu(reference).correction(reference),
        None => anomalie,
    }
}

/// C-PE-04: the structure is one of those attached to the dispositif (X13), folded for comparison.
fn structure_rattachee(cadre: &Cadre<'_>, rang: usize, personne: &PersonneLue) -> Option<Anomalie> {
    let place = || a(personne, "structure_accompagnante");
    let structure = match personne.structure {
        Champ::Valeur(structure) => structure,
        Champ::Vide => {
            let message = "La structure accompagnante manque : elle est obligatoire.";
            return Some(Anomalie::nouvelle("C-PE-04", place(), message).lu("vide"));
        }
        Champ::Absent | Champ::Fautif => return None,
    };
    let fiche = cadre.fiches[rang]?;
    let dispositif = &cadre.classeur.dispositifs[fiche];
    let rattachees = dispositif.structures.valeur().filter(|s| !s.is_empty())?;
    if cadre.rang_structure(fiche, structure).is_some() {
        return None;
    }
    let lu = cadre.texte(structure);
    let nom = dispositif.reference.valeur().map_or("ce dispositif", String::as_str);
    let message =
        format!("{} n’est pas rattachée à {nom} : rattachez-la sur la feuille Dispositif, ou corrigez.", cite(lu));
    Some(Anomalie::nouvelle("C-PE-04", place(), message).lu(lu).attendu(rattachees.join(" ; ")))
}

/// C-PE-05: the exit does not come before the entry.
fn sortie_apres_entree(cadre: &Cadre<'_>, personne: &PersonneLue) -> Option<Anomalie> {
    let (entree, sortie) = (personne.entree.copie()?, personne.sortie.copie()?);
    (sortie < entree && !cadre.entree_future(personne)).then(|| {
        Anomalie::nouvelle(
            "C-PE-05",
            a(personne, "date_sortie"),
            format!(
                "La sortie ({}) précède l’entrée ({}) : corrigez l’une des deux dates.",
                format::date(sortie),
                format::date(entree)
            ),
        )
        .lu(format::date(sortie))
        .attendu(format!("le {} ou après", format::date(entree)))
    })
}

/// C-PE-06: the entry is not later than the campaign.
fn entree_avant_la_campagne(cadre: &Cadre<'_>, personne: &PersonneLue) -> Option<Anomalie> {
    apres_la_campagne(cadre, personne, personne.entree.copie()?, ("date_entree", "entrée"))
}

/// C-PE-06: the exit is not later than the campaign.
fn sortie_avant_la_campagne(cadre: &Cadre<'_>, personne: &PersonneLue) -> Option<Anomalie> {
    apres_la_campagne(cadre, personne, personne.sortie.copie()?, ("date_sortie", "sortie"))
}

fn apres_la_campagne(
    cadre: &Cadre<'_>,
    personne: &PersonneLue,
    date: NaiveDate,
    (champ, mouvement): (&str, &str),
) -> Option<Anomalie> {
    let campagne = cadre.campagne.date.filter(|campagne| date > *campagne)?;
    Some(
        Anomalie::nouvelle(
            "C-PE-06",
            a(personne, champ),
            format!(
                "Cette {mouvement} ({}) est postérieure à la date de la campagne ({}) : elle sera saisie au trimestre suivant.",
                format::date(date),
                format::date(campagne)
            ),
        )
        .lu(format::date(date))
        .attendu(format!("le {} au plus tard", format::date(campagne))),
    )
}

/// C-PE-07: the birth comes before the entry; an unusual age at the entry is only asked about.
fn naissance_avant_entree(cadre: &Cadre<'_>, personne: &PersonneLue) -> Option<Anomalie> {
    let (naissance, entree) = (personne.naissance.copie()?, personne.entree.copie()?);
    if cadre.entree_future(personne) && naissance < entree {
        return None;
    }
    let place = || a(personne, "date_naissance");
    if naissance >= entree {
        let message = "La date de naissance n’est pas antérieure à la date d’entrée : corrigez l’une des deux.";
        return Some(Anomalie::nouvelle("C-PE-07", place(), message).attendu("une date antérieure à l’entrée"));
    }
    let (minimum, maximum) = cadre.contexte.parametres.age_entree;
    let ans = age(naissance, entree);
    (!(minimum..=maximum).contains(&ans)).then(|| {
        let lu = format::compte(ans.unsigned_abs().into(), "an", "ans");
        let message = format!("L’âge à l’entrée serait de {lu} : vérifiez la date de naissance et la date d’entrée.");
        Anomalie::nouvelle("C-PE-07", place(), message)
            .severite(Severite::Avertissement)
            .lu(lu)
            .attendu(format!("entre {minimum} et {maximum}\u{a0}ans"))
    })
}

/// C-PE-06, softened (X20): no accompaniment is older than the scheme itself.
fn entree_apres_la_loi(personne: &PersonneLue) -> Option<Anomalie> {
    let (entree, creation) = (personne.entree.copie()?, CREATION?);
    (entree < creation).then(|| {
        Anomalie::nouvelle(
            "C-PE-06",
            a(personne, "date_entree"),
            format!(
                "Cette entrée ({}) précède la création de l’emploi accompagné (décret du 27 décembre 2016) : vérifiez l’année.",
                format::date(entree)
            ),
        )
        .severite(Severite::Avertissement)
        .lu(format::date(entree))
    })
}

/// C-PE-08: an associated disability is another one.
fn handicap_associe_different(personne: &PersonneLue) -> Option<Anomalie> {
    let (principal, associe) = (personne.handicap_principal.copie()?, personne.handicap_associe.copie()?);
    (principal == associe).then(|| {
        let message = "Le handicap associé est le même que le principal : laissez-le vide ou précisez.";
        Anomalie::nouvelle("C-PE-08", a(personne, "handicap_associe"), message)
            .lu(associe.libelle())
            .attendu("un autre handicap, ou rien")
    })
}

/// C-PE-09: nobody can have been without work longer than since the age of sixteen (X19).
fn duree_sans_emploi_possible(cadre: &Cadre<'_>, personne: &PersonneLue) -> Option<Anomalie> {
    let (naissance, entree) = (personne.naissance.copie()?, personne.entree.copie()?);
    let duree = personne.duree_sans_emploi.copie()?;
    let (minimum, maximum) = cadre.contexte.parametres.age_entree;
    let ans = age(naissance, entree);
    // Outside the usual ages the dates are in question (C-PE-07), not the duration.
    if !(minimum..=maximum).contains(&ans) {
        return None;
    }
    let plafond = (mois_revolus(naissance, entree) - 16 * 12).max(0);
    (i64::from(duree) > i64::from(plafond)).then(|| {
        Anomalie::nouvelle(
            "C-PE-09",
            a(personne, "duree_sans_emploi_mois"),
            format!("{duree} mois sans emploi à {ans} ans : vérifiez que la durée est bien en mois."),
        )
        .lu(format!("{duree} mois"))
        .attendu(format!("{plafond} mois au plus"))
    })
}

fn mois_revolus(debut: NaiveDate, fin: NaiveDate) -> i32 {
    let mois = (fin.year() - debut.year()) * 12 + fin.month() as i32 - debut.month() as i32;
    mois - i32::from(fin.day() < debut.day())
}

/// C-PE-10: the origin of the orientation is given.
fn orientation_renseignee(personne: &PersonneLue) -> Option<Anomalie> {
    personne.orientation.est_vide().then(|| {
        let message = "L’origine de l’orientation manque : MDPH ou service public de l’emploi.";
        Anomalie::nouvelle("C-PE-10", a(personne, "orientation"), message)
            .lu("vide")
            .attendu("MDPH ou Service public de l’emploi")
    })
}

/// C-PE-11: two references with the same birth date, sex and entry are perhaps one person. Local only.
fn references_d_une_meme_personne(cadre: &Cadre<'_>, anomalies: &mut Recueil) {
    let mut premieres: HashMap<(NaiveDate, Sexe, NaiveDate), u32> = HashMap::new();
    for (rang, personne) in cadre.classeur.personnes.iter().enumerate() {
        let (Some(naissance), Some(sexe), Some(entree)) =
            (personne.naissance.copie(), personne.sexe.copie(), personne.entree.copie())
        else {
            continue;
        };
        if cadre.rapprochement.personne_en_double[rang].is_some() {
            continue;
        }
        let premiere = *premieres.entry((naissance, sexe, entree)).or_insert(personne.ligne);
        if premiere != personne.ligne {
            let message = format!(
                "Les lignes {premiere} et {} ont la même date de naissance, le même sexe et la même date d’entrée : deux références décrivent peut-être la même personne.",
                personne.ligne
            );
            let anomalie = Anomalie::nouvelle("C-PE-11", a(personne, "reference_personne"), message);
            anomalies.push(anomalie.lu(format!("mêmes dates et sexe qu’à la ligne {premiere}")));
        }
    }
}

/// C-PE-12: one dispositif at a time (circulaire: a single referent), as far as this node can tell.
fn un_seul_dispositif(cadre: &Cadre<'_>, rang: usize, personne: &PersonneLue) -> Option<Anomalie> {
    let autre = cadre.memoire.ailleurs.get(&cadre.references[rang]?)?;
    let active_ici = personne.sortie.est_vide();
    (active_ici && cadre.rapprochement.personne_en_double[rang].is_none()).then(|| {
        Anomalie::nouvelle(
            "C-PE-12",
            a(personne, "reference_personne"),
            format!(
                "Cette référence est aussi active dans le dispositif {autre} : le transfert a-t-il été clos par une date de sortie ?"
            ),
        )
        .lu(format!("active aussi dans {autre}"))
        .attendu("un seul dispositif à la fois")
    })
}

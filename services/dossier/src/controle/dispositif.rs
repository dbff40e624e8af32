//! Section 2 of the catalogue: fiche dispositif (C-DI-01 to C-DI-10).

use std::collections::HashMap;

use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use referentiel::format;
use referentiel::identifiant::{CodeDepartement, IdentifiantInvalide, ReferenceDispositif};
use referentiel::territoire::{self, Departement};
use referentiel::texte::{meme_libelle, plie};
use rust_decimal::prelude::ToPrimitive;

use super::agregat::Effectif;
use super::cadre::Cadre;
use super::cite;
use super::contexte::Referentiel;
use super::courriel::{self, Defaut};
use super::memoire::Precedent;
use super::recueil::Recueil;
use crate::lecture::{Champ, DispositifLu};
use crate::modalite::StatutDispositif;

pub(super) fn controler(cadre: &Cadre<'_>, effectifs: &[Effectif], anomalies: &mut Recueil) {
    anomalies.note(au_moins_une_fiche(cadre));
    anomalies.note(reference_des_personnes(cadre));
    for (rang, fiche) in cadre.classeur.dispositifs.iter().enumerate() {
        let precedent = precedent(cadre, fiche);
        let trop_d_etp = etp_hors_administratifs_dans_le_total(fiche);
        // The ETP hors administratifs are in question already: nothing more is drawn from them.
        let professionnels = if trop_d_etp.is_some() { None } else { assez_de_professionnels(fiche) };
        anomalies.note(reference_bien_formee(cadre, fiche));
        anomalies.note(reference_unique(cadre, rang, fiche));
        anomalies.note(reference_connue(cadre, rang, fiche));
        anomalies.note(trop_d_etp);
        anomalies.note(professionnels);
        anomalies.note(sans_suite_qui_ne_baisse_pas(cadre, fiche, precedent));
        anomalies.note(capacite_inchangee(fiche, precedent));
        anomalies.note(au_moins_une_structure(fiche));
        anomalies.note(structures_distinctes(fiche));
        anomalies.note(email_responsable(fiche));
        anomalies.note(emails_conseillers(fiche));
        anomalies.note(plus_en_activite_sans_personne(fiche, effectifs.get(rang)));
        anomalies.note(nom_porte_par_les_personnes(cadre, rang, fiche));
        anomalies.extend(territoire_du_departement(fiche));
    }
}

fn a(fiche: &DispositifLu, champ: &str) -> Place {
    Place::champ(Fiche::Dispositif, fiche.ligne, champ)
}

/// The dispositif at the quarter before, as the node holds it.
pub(super) fn precedent<'c, 'a>(cadre: &'c Cadre<'a>, fiche: &DispositifLu) -> Option<&'c Precedent<'a>> {
    let reference: ReferenceDispositif = fiche.reference.valeur()?.parse().ok()?;
    cadre.memoire.dispositifs.get(&reference)
}

/// C-DI-01: there is a fiche at all.
fn au_moins_une_fiche(cadre: &Cadre<'_>) -> Option<Anomalie> {
    let vide = cadre.classeur.dispositifs.is_empty() && cadre.classeur.a_la_feuille(Fiche::Dispositif);
    vide.then(|| {
        let message = "La feuille Dispositif est vide : remplissez la fiche du dispositif.";
        Anomalie::nouvelle("C-DI-01", Place::feuille(Fiche::Dispositif), message)
    })
}

/// C-DI-01: three letters and two digits (annexe 2: without it the fiche cannot be saved).
fn reference_bien_formee(cadre: &Cadre<'_>, fiche: &DispositifLu) -> Option<Anomalie> {
    let (lu, message) = match &fiche.reference {
        Champ::Vide => ("vide", "La référence du dispositif manque : elle est obligatoire.".to_owned()),
        Champ::Valeur(lu) => (lu.as_str(), lu.parse::<ReferenceDispositif>().err()?.to_string()),
        Champ::Absent | Champ::Fautif => return None,
    };
    let anomalie = Anomalie::nouvelle("C-DI-01", a(fiche, "reference_dispositif"), message)
        .lu(lu)
        .attendu("3 lettres et 2 chiffres, par exemple BFC01");
    let seule = cadre.classeur.dispositifs.len() == 1;
    Some(match cadre.rattachement.reference_portee.as_ref().filter(|_| seule) {
        Some(reference) => anomalie.correction(reference.as_str()),
        None => anomalie,
    })
}

/// C-DI-02: the reference is given once.
fn reference_unique(cadre: &Cadre<'_>, rang: usize, fiche: &DispositifLu) -> Option<Anomalie> {
    let premiere = &cadre.classeur.dispositifs[cadre.rattachement.doublon_de[rang]?];
    let lu = fiche.reference.valeur()?;
    let message = format!(
        "La référence {lu} apparaît deux fois (lignes {} et {}) : supprimez une fiche, ou corrigez sa référence.",
        premiere.ligne, fiche.ligne
    );
    Some(Anomalie::nouvelle("C-DI-02", a(fiche, "reference_dispositif"), message).lu(lu).attendu("une seule fiche"))
}

/// C-DI-02: the reference is in the roster. Without a roster, the first fiche creates the dispositif.
fn reference_connue(cadre: &Cadre<'_>, rang: usize, fiche: &DispositifLu) -> Option<Anomalie> {
    let reference: ReferenceDispositif = fiche.reference.valeur()?.parse().ok()?;
    if cadre.rattachement.doublon_de[rang].is_some()
        || cadre.rattachement.reference_que_personne_ne_porte(cadre.classeur).is_some()
    {
        return None;
    }
    let place = a(fiche, "reference_dispositif");
    match &cadre.contexte.referentiel {
        Referentiel::Declare(connues) if !connues.contains(&reference) => {
            let message = format!(
                "Le dispositif {reference} n’est pas dans le référentiel : vérifiez la référence transmise par l’ARS, ou faites-le ajouter."
            );
            let anomalie = Anomalie::nouvelle("C-DI-02", place, message).lu(reference.as_str());
            Some(anomalie.attendu("un dispositif du référentiel régional"))
        }
        Referentiel::Constate(connues) if !connues.contains(&reference) => {
            let message = format!("Le dispositif {reference} n’est pas encore connu ici : cette remontée le créera.");
            Some(Anomalie::nouvelle("C-DI-02", place, message).severite(Severite::Information).lu(reference.as_str()))
        }
        _ => None,
    }
}

/// C-DI-02: the persons and events of the file are those of its fiche dispositif.
fn reference_des_personnes(cadre: &Cadre<'_>) -> Option<Anomalie> {
    let portee = cadre.rattachement.reference_que_personne_ne_porte(cadre.classeur)?;
    let fiche = cadre.classeur.dispositifs.first()?;
    let lu = fiche.reference.valeur()?;
    let message = format!(
        "La fiche est celle de {lu}, mais toutes les personnes et tous les évènements citent {portee} : corrigez la référence, ou déposez la fiche de {portee}."
    );
    Some(
        Anomalie::nouvelle("C-DI-02", a(fiche, "reference_dispositif"), message)
            .lu(lu)
            .attendu(portee.as_str())
            .correction(portee.as_str()),
    )
}

/// C-DI-03: the ETP that accompany are part of the total.
pub(super) fn etp_hors_administratifs_dans_le_total(fiche: &DispositifLu) -> Option<Anomalie> {
    let (total, hors) = (fiche.etp_total.copie()?, fiche.etp_hors_administratifs.copie()?);
    (hors > total).then(|| {
        let message = format!(
            "Les ETP hors administratifs ({}) dépassent le total ({}) : corrigez l’un des deux.",
            format::decimal(hors),
            format::decimal(total)
        );
        Anomalie::nouvelle("C-DI-03", a(fiche, "etp_hors_administratifs"), message)
            .lu(format::decimal(hors))
            .attendu(format!("{} au plus", format::decimal(total)))
    })
}

/// C-DI-04: nobody makes more than one ETP.
fn assez_de_professionnels(fiche: &DispositifLu) -> Option<Anomalie> {
    let (professionnels, etp) = (fiche.professionnels.copie()?, fiche.etp_hors_administratifs.copie()?);
    let minimum = etp.ceil();
    (minimum > professionnels.into()).then(|| {
        let message = format!(
            "{} {} pas représenter {} ETP.",
            format::compte(professionnels.into(), "professionnel", "professionnels"),
            if professionnels < 2 { "ne peut" } else { "ne peuvent" },
            format::decimal(etp)
        );
        Anomalie::nouvelle("C-DI-04", a(fiche, "nb_professionnels_hors_administratifs"), message)
            .lu(professionnels.to_string())
            .attendu(format!("{} au moins", format::entier(minimum.to_i64().unwrap_or_default())))
    })
}

/// C-DI-05: region and name are those of the département's number. When both agree against the
/// number, the number is the one to look at.
fn territoire_du_departement(fiche: &DispositifLu) -> Vec<Anomalie> {
    let Some(code) = fiche.departement.valeur() else { return Vec::new() };
    let attendu = match code.parse::<CodeDepartement>() {
        Ok(code) => territoire::departement(&code),
        Err(erreur) => return vec![numero_de_departement(fiche, code, &erreur)],
    };
    let Some(attendu) = attendu else { return Vec::new() };
    let region = territoire::region(&attendu.region).map_or("", |r| r.nom.as_str());
    let region_lue = fiche.region.valeur().filter(|lue| !meme_libelle(lue, region));
    let nom_lu = fiche.nom_departement.valeur().filter(|lu| !designe(lu, attendu));
    if let (Some(region_lue), Some(nom_lu)) = (region_lue, nom_lu)
        && let Some(autre) = departement_ecrit(nom_lu)
        && territoire::region(&autre.region).is_some_and(|r| meme_libelle(&r.nom, region_lue))
    {
        let message = format!(
            "Le numéro {} est celui du département {} ({region}), mais la fiche dit {} ({}) : corrigez le numéro.",
            attendu.code, attendu.nom, autre.nom, region_lue
        );
        let anomalie = Anomalie::nouvelle("C-DI-05", a(fiche, "code_departement"), message).lu(attendu.code.as_str());
        return vec![anomalie.attendu(autre.code.as_str()).correction(autre.code.as_str())];
    }
    let ecart = |champ: &str, lu: &String, juste: &str, message: String| {
        Anomalie::nouvelle("C-DI-05", a(fiche, champ), message).lu(lu).attendu(juste).correction(juste)
    };
    let region_fausse = region_lue.map(|lue| {
        let message = format!("Le département {} est en {region}, pas en {} : corrigez.", attendu.code, cite(lue));
        ecart("region_dispositif", lue, region, message)
    });
    let nom_faux = nom_lu.map(|lu| {
        let message = format!("Le département {} est {}, pas {} : corrigez.", attendu.code, attendu.nom, cite(lu));
        ecart("nom_departement", lu, &attendu.nom, message)
    });
    region_fausse.into_iter().chain(nom_faux).collect()
}

/// C-DI-05: the number is that of a département, without which nothing can be deduced from it.
fn numero_de_departement(fiche: &DispositifLu, lu: &str, erreur: &IdentifiantInvalide) -> Anomalie {
    let anomalie = Anomalie::nouvelle("C-DI-05", a(fiche, "code_departement"), erreur.to_string())
        .lu(lu)
        .attendu("un numéro de département, par exemple 08, 2A, 70 ou 974");
    match fiche.nom_departement.valeur().and_then(|nom| departement_ecrit(nom)) {
        Some(nomme) => anomalie.correction(nomme.code.as_str()),
        None => anomalie,
    }
}

/// « Haute-Saône », but also « 70 », « 70 - Haute-Saône » or « Haute-Saône (70) », which people write.
fn departement_ecrit(texte: &str) -> Option<&'static Departement> {
    territoire::departement_nomme(texte).or_else(|| territoire::departements().iter().find(|d| designe(texte, d)))
}

fn designe(texte: &str, departement: &Departement) -> bool {
    let (lu, nom, code) = (plie(texte), plie(&departement.nom), plie(departement.code.as_str()));
    if lu == nom || lu == code {
        return true;
    }
    let reste = lu.strip_prefix(&code).or_else(|| lu.strip_suffix(&format!("({code})"))).unwrap_or(&lu);
    reste.trim_matches(|c: char| c.is_whitespace() || c == '-') == nom
}

/// C-DI-06: « sans suite » is a total since 1 January: it cannot go down within a year (X07).
fn sans_suite_qui_ne_baisse_pas(
    cadre: &Cadre<'_>,
    fiche: &DispositifLu,
    precedent: Option<&Precedent<'_>>,
) -> Option<Anomalie> {
    let (precedent, trimestre) = (precedent?, cadre.campagne.trimestre?);
    let (avant, maintenant) = (precedent.fiche.sans_suite?, fiche.sans_suite.copie()?);
    (precedent.remontee.trimestre.annee() == trimestre.annee() && maintenant < avant).then(|| {
        let message = format!(
            "Le cumul des personnes sans suite baisse ({avant} → {maintenant}) : avez-vous saisi le trimestre au lieu du cumul depuis le 1er janvier ?"
        );
        Anomalie::nouvelle("C-DI-06", a(fiche, "nb_sans_suite"), message)
            .lu(maintenant.to_string())
            .attendu(format!("{avant} ou plus"))
    })
}

/// C-DI-07: the contractual capacity does not change without an amendment.
fn capacite_inchangee(fiche: &DispositifLu, precedent: Option<&Precedent<'_>>) -> Option<Anomalie> {
    let (avant, maintenant) = (precedent?.fiche.capacite?, fiche.capacite.copie()?);
    (avant != maintenant).then(|| {
        let message = format!("La capacité passe de {avant} à {maintenant} places : indiquez l’avenant.");
        Anomalie::nouvelle("C-DI-07", a(fiche, "capacite_accompagnement"), message)
            .lu(maintenant.to_string())
            .attendu(avant.to_string())
    })
}

/// C-DI-08: at least one structure is attached.
fn au_moins_une_structure(fiche: &DispositifLu) -> Option<Anomalie> {
    let aucune = match &fiche.structures {
        Champ::Vide => true,
        Champ::Valeur(structures) => structures.is_empty(),
        Champ::Absent | Champ::Fautif => false,
    };
    aucune.then(|| {
        let message =
            "Aucune structure n’est rattachée au dispositif : indiquez celles qui se partagent la file active.";
        Anomalie::nouvelle("C-DI-08", a(fiche, "structures_rattachees"), message).lu("vide")
    })
}

/// C-DI-08: two structures do not differ by case or accents alone.
fn structures_distinctes(fiche: &DispositifLu) -> Option<Anomalie> {
    let mut vues: HashMap<String, &String> = HashMap::new();
    let (premiere, seconde) = fiche
        .structures
        .valeur()?
        .iter()
        .find_map(|structure| Some((vues.insert(plie(structure), structure)?, structure)))?;
    let message = format!("Deux structures semblent identiques : {premiere} et {seconde}. Gardez une seule écriture.");
    Some(
        Anomalie::nouvelle("C-DI-08", a(fiche, "structures_rattachees"), message)
            .lu(format!("{premiere} ; {seconde}"))
            .attendu("des structures différentes"),
    )
}

/// C-DI-09: the address of the person in charge.
fn email_responsable(fiche: &DispositifLu) -> Option<Anomalie> {
    let adresse = fiche.email_responsable.valeur()?;
    adresses_professionnelles(a(fiche, "email_responsable"), std::slice::from_ref(adresse))
}

/// C-DI-09: the addresses of the team. They are a list of rights: view and export (annexe 2).
fn emails_conseillers(fiche: &DispositifLu) -> Option<Anomalie> {
    adresses_professionnelles(a(fiche, "emails_conseillers"), fiche.emails_conseillers.valeur()?)
}

fn adresses_professionnelles(place: Place, adresses: &[String]) -> Option<Anomalie> {
    let avec = |voulu: Defaut| -> Vec<&str> {
        adresses.iter().filter(|x| courriel::defaut(x) == Some(voulu)).map(String::as_str).collect()
    };
    let (malformees, personnelles) = (avec(Defaut::Malforme), avec(Defaut::Personnel));
    let (fautives, conseil) = if malformees.is_empty() {
        (personnelles, "donne le droit d’exporter les données : préférez une adresse professionnelle")
    } else {
        (malformees, "n’est pas une adresse électronique : corrigez")
    };
    let premiere = fautives.first()?;
    let message = format!("{} {conseil}.", cite(premiere));
    let anomalie = Anomalie::nouvelle("C-DI-09", place, message).lu(fautives.join(" ; "));
    Some(anomalie.attendu("des adresses professionnelles, comme prenom.nom@structure.fr"))
}

/// C-DI-10: a dispositif that no longer works follows nobody (X09).
fn plus_en_activite_sans_personne(fiche: &DispositifLu, effectif: Option<&Effectif>) -> Option<Anomalie> {
    let presentes = effectif?.presentes();
    (fiche.statut.copie()? == StatutDispositif::PlusEnActivite && presentes > 0).then(|| {
        let suivies = format::compte(presentes.into(), "personne y est suivie", "personnes y sont suivies");
        let message =
            format!("Le dispositif n’est plus en activité mais {suivies} : terminez les suivis ou corrigez le statut.");
        Anomalie::nouvelle("C-DI-10", a(fiche, "statut_dispositif"), message)
            .lu(StatutDispositif::PlusEnActivite.libelle())
            .nombre(presentes)
    })
}

/// C-PE-04, softened: when nobody carries the fiche's name but all its reference, the name is to blame.
fn nom_porte_par_les_personnes(cadre: &Cadre<'_>, rang: usize, fiche: &DispositifLu) -> Option<Anomalie> {
    let nom = fiche.nom.valeur()?;
    let rattachement = &cadre.rattachement;
    if rattachement.nom_porte[rang] || rattachement.douteuse[rang] {
        return None;
    }
    let autrement = cadre.classeur.personnes.iter().zip(&cadre.fiches).filter(|(p, f)| {
        **f == Some(rang) && p.dispositif.copie().is_some_and(|s| rattachement.designees(s).is_empty())
    });
    let nombre = u32::try_from(autrement.count()).unwrap_or(u32::MAX);
    (nombre > 0).then(|| {
        let message =
            format!("Les personnes nomment ce dispositif autrement que sa fiche ({}) : vérifiez le nom.", cite(nom));
        Anomalie::nouvelle("C-PE-04", a(fiche, "nom_dispositif"), message)
            .severite(Severite::Information)
            .lu(nom)
            .nombre(nombre)
    })
}

//! The document as a form: what is left empty (C-FI-09), periods (C-FI-10), units (C-FI-11), version of the form
//! (C-FI-12), SIRET of its header (C-FI-15).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use referentiel::format;
use referentiel::identifiant::Siret;
use referentiel::texte::plie;

use super::super::duree::plus_mois;
use super::super::modele::Convention;
use super::document::{ActionImprimee, DocumentConvention};
use super::indice::dit;
use super::recueil::{AnomalieDocument, Recueil};

pub(super) fn controle(document: &DocumentConvention, modele: Option<&Convention>, recueil: &mut Recueil) {
    en_tete(document, recueil);
    document.actions.iter().enumerate().for_each(|(rang, action)| cibles(rang, action, recueil));
    rubriques(document, recueil);
    periodes(document, recueil);
    unites(document, recueil);
    version(document, modele, recueil);
}

/// C-FI-09 and C-FI-15: the header of the form, with what the text gives for it.
fn en_tete(document: &DocumentConvention, recueil: &mut Recueil) {
    for (champ, valeur) in &document.formulaire {
        let rubrique = format!("formulaire.{champ}");
        let rempli = valeur.as_ref().filter(|v| !v.vide());
        match rempli {
            None => {
                let connu = document.recit.en_tete.get(champ);
                let indice = connu.map_or(String::new(), |v| format!(" alors que le texte donne {}", &**v));
                let message = format!("L’en-tête du plan d’actions laisse « {champ} » vide{indice} : remplissez-le.");
                let mut anomalie = AnomalieDocument::nouvelle("C-FI-09", rubrique, ("vide", "une valeur"), message);
                anomalie.correction = connu.map(|v| v.0.clone());
                recueil.signale(anomalie);
            }
            Some(valeur) if champ.to_lowercase().contains("siret") => siret(rubrique, valeur, recueil),
            Some(valeur) => recueil.conforme("C-FI-09", rubrique, format!("« {champ} » : {}.", &**valeur)),
        }
    }
}

/// C-FI-15.
pub(super) fn siret(rubrique: String, texte: &str, recueil: &mut Recueil) {
    match texte.parse::<Siret>() {
        Ok(siret) => recueil.conforme("C-FI-15", rubrique, format!("SIRET {siret}.")),
        Err(e) => recueil.signale(AnomalieDocument::nouvelle(
            "C-FI-15",
            rubrique,
            (texte, "14 chiffres et une clé juste"),
            format!("{e} Reprenez celui de l’avis de situation SIRENE."),
        )),
    }
}

/// C-FI-09: an action says how much is aimed at; one without a unit price, how its amount is split.
fn cibles(rang: usize, action: &ActionImprimee, recueil: &mut Recueil) {
    if action.prix_unitaire_eur.is_some() {
        if action.cible.is_none() {
            let message = format!("L’action {} a un prix mais pas de cible : écrivez-la.", action.code);
            let rubrique = format!("actions[{rang}].cible");
            recueil.signale(AnomalieDocument::nouvelle("C-FI-09", rubrique, ("vide", "une cible"), message));
        }
        return;
    }
    let somme = action.ventilation_eur.values().map(|m| m.0).sum::<referentiel::Decimal>();
    if let Some(montant) = action.montant_demande_eur.filter(|montant| montant.0 != somme) {
        let lu = if action.ventilation_eur.is_empty() { "aucune ventilation".to_owned() } else { format::euros(somme) };
        let message = format!(
            "Action {} : {} demandés, {lu}. Donnez les modalités financières, poste par poste.",
            action.code,
            format::euros(montant.0)
        );
        let rubrique = format!("actions[{rang}].ventilation_eur");
        recueil.signale(AnomalieDocument::nouvelle("C-FI-09", rubrique, (lu, format::euros(montant.0)), message));
    }
    for (i, indicateur) in action.indicateurs.iter().enumerate() {
        let rubrique = format!("actions[{rang}].indicateurs[{i}]");
        match (indicateur.cible_min, indicateur.cible_max) {
            (Some(min), Some(max)) if min <= max => {
                recueil.conforme(
                    "C-FI-09",
                    rubrique,
                    format!("« {} » : {} à {}.", indicateur.libelle, dit(min.0), dit(max.0)),
                );
            }
            (None, None) => {
                let message = format!(
                    "L’indicateur « {} » n’a pas de cible : une case vide n’est pas zéro, écrivez la cible ou « sans objet ».",
                    indicateur.libelle
                );
                recueil.signale(AnomalieDocument::nouvelle("C-FI-09", rubrique, ("vide", "une cible"), message));
            }
            (min, max) => {
                let borne = |b: Option<super::Nombre>| b.map_or("vide".to_owned(), |b| dit(b.0));
                let lu = format!("{} à {}", borne(min), borne(max));
                let message = format!(
                    "L’indicateur « {} » a pour cible « {lu} » : donnez les deux bornes, dans l’ordre.",
                    indicateur.libelle
                );
                recueil.signale(AnomalieDocument::nouvelle(
                    "C-FI-09",
                    rubrique,
                    (lu, "deux bornes croissantes"),
                    message,
                ));
            }
        }
    }
}

/// C-FI-09: a heading that most sub-axes have and one has not.
fn rubriques(document: &DocumentConvention, recueil: &mut Recueil) {
    let sections = &document.recit.rubriques;
    let toutes: BTreeSet<String> = sections.values().flatten().map(|r| plie(r)).collect();
    for pliee in toutes {
        let a = |titres: &Vec<String>| titres.iter().any(|t| plie(t) == pliee);
        let sans: Vec<&String> = sections.iter().filter(|(_, titres)| !a(titres)).map(|(code, _)| code).collect();
        let titre = sections.values().flatten().find(|t| plie(t) == pliee).map_or("", String::as_str);
        if sans.is_empty() {
            recueil.conforme("C-FI-09", "recit.rubriques", format!("« {titre} » : dans chaque sous-axe."));
        }
        if sans.len() * 2 >= sections.len() {
            continue;
        }
        for code in sans {
            let message =
                format!("Le sous-axe {code} n’a pas de rubrique « {titre} », que les autres ont : ajoutez-la.");
            let rubrique = format!("recit.rubriques.{code}");
            recueil.signale(AnomalieDocument::nouvelle(
                "C-FI-09",
                rubrique,
                ("absente", format!("« {titre} »")),
                message,
            ));
        }
    }
}

/// C-FI-10: one period, of the length that is said.
fn periodes(document: &DocumentConvention, recueil: &mut Recueil) {
    let entete = &document.convention;
    let (Some(debut), Some(fin)) = (&entete.debut, &entete.fin) else { return };
    let periode = format!("{}-{}", &**debut, &**fin);
    for (rang, dite) in document.recit.periodes.iter().enumerate() {
        let rubrique = format!("recit.periodes[{rang}]");
        let lue = format!("{}-{}", &*dite.debut, &*dite.fin);
        if lue == periode {
            recueil.conforme("C-FI-10", rubrique, format!("Période {periode}."));
            continue;
        }
        let message = format!("Deux périodes pour la même convention : {lue} et {periode}. Écrivez {periode}.");
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-10", rubrique, (lue, periode.clone()), message)
                .source(dite.source.as_ref())
                .propose(periode.clone()),
        );
    }
    let annee = |texte: &str| texte.get(..4).and_then(|a| a.parse::<i32>().ok());
    if let (Some(debut), Some(fin), Some(duree)) = (annee(debut), annee(fin), entete.duree_annees) {
        let comptee = (fin - debut + 1).to_string();
        if dit(duree.0) == comptee {
            recueil.conforme("C-FI-10", "convention.duree_annees", format!("{periode} : {comptee} ans."));
        } else {
            let message =
                format!("La période {periode} compte {comptee} ans, pas {} : corrigez l’une ou l’autre.", dit(duree.0));
            let rubrique = "convention.duree_annees";
            recueil.signale(AnomalieDocument::nouvelle("C-FI-10", rubrique, (dit(duree.0), comptee), message));
        }
    }
}

/// C-FI-11: one unit for an action.
fn unites(document: &DocumentConvention, recueil: &mut Recueil) {
    for (rang, u) in document.recit.unites.iter().enumerate() {
        let rubrique = format!("recit.unites[{rang}]");
        let distinctes: BTreeSet<String> = u.unites.iter().map(|unite| plie(unite)).collect();
        if distinctes.len() < 2 {
            recueil.conforme("C-FI-11", rubrique, format!("Action {} : une seule unité.", u.action));
            continue;
        }
        let citees = u.unites.join(", ");
        let message = format!(
            "L’action {} se compte en plusieurs unités ({citees}) : une journée compte-t-elle pour 1 ou pour 2 ? Gardez une \
             unité partout.",
            u.action
        );
        recueil.signale(
            AnomalieDocument::nouvelle("C-FI-11", rubrique, (citees, "une seule unité"), message)
                .source(u.source.as_ref()),
        );
    }
}

const MOIS: [&str; 12] = [
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
];

/// « novembre 2023 », as its first day.
fn mois_annee(texte: &str) -> Option<NaiveDate> {
    let plie = plie(texte);
    let (mois, annee) = plie.split_once(' ')?;
    let mois = MOIS.iter().position(|nom| *nom == mois)? + 1;
    NaiveDate::from_ymd_opt(annee.parse().ok()?, u32::try_from(mois).ok()?, 1)
}

/// C-FI-12: a form much older than the decision.
fn version(document: &DocumentConvention, modele: Option<&Convention>, recueil: &mut Recueil) {
    let entete = &document.convention;
    let (Some(version), Some(decision)) = (&entete.version_formulaire, entete.date_deliberation) else { return };
    let Some(mois) = modele.and_then(|m| m.formulaire_mois_maximum) else { return };
    let rubrique = "convention.version_formulaire";
    match mois_annee(version) {
        Some(date) if plus_mois(date, mois) >= decision => {
            recueil.conforme("C-FI-12", rubrique, format!("Formulaire de {version}."));
        }
        Some(_) => {
            let message = format!(
                "Ce formulaire date de {version}, plus de {mois} mois avant la délibération du {} : vérifiez la version en \
                 vigueur.",
                format::date(decision)
            );
            recueil.signale(AnomalieDocument::nouvelle(
                "C-FI-12",
                rubrique,
                (version, "la version en vigueur"),
                message,
            ));
        }
        None => {
            let message = format!("« {version} » n’est pas un mois : écrivez-le comme « novembre 2023 ».");
            recueil.signale(AnomalieDocument::nouvelle(
                "C-FI-12",
                rubrique,
                (version, "un mois et une année"),
                message,
            ));
        }
    }
}

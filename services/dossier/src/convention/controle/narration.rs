//! The text against the tables: results (C-FI-05), what became of persons (C-FI-07), sub-axes and their names (C-FI-08).

use referentiel::Decimal;
use referentiel::controle::Severite;
use referentiel::format::euros;
use referentiel::texte::{meme_libelle, plie};

use super::super::modele::Convention;
use super::document::{DocumentConvention, LigneBilan};
use super::indice::{dit, somme_dite};
use super::montant::du_sous_axe;
use super::recit::{Devenirs, Formulations, LibelleCite, Reference, ResultatDit};
use super::recueil::{AnomalieDocument, Recueil};

pub(super) fn controle(document: &DocumentConvention, modele: Option<&Convention>, recueil: &mut Recueil) {
    let recit = &document.recit;
    recit.resultats.iter().enumerate().for_each(|(rang, r)| resultat(rang, r, document, recueil));
    recit.devenirs.iter().enumerate().for_each(|(rang, d)| devenirs(rang, d, recueil));
    recit.references.iter().enumerate().for_each(|(rang, r)| reference(rang, r, document, modele, recueil));
    recit.libelles.iter().enumerate().for_each(|(rang, l)| libelle(rang, l, modele, recueil));
    for (rang, d) in recit.definitions.iter().enumerate() {
        formulations("C-FI-08", &format!("recit.definitions[{rang}]"), d, recueil);
    }
    for (rang, a) in recit.appellations.iter().enumerate() {
        formulations("C-TX-02", &format!("recit.appellations[{rang}]"), a, recueil);
    }
}

/// C-FI-05: the same result in the text and in the table.
fn resultat(rang: usize, dit_par_le_texte: &ResultatDit, document: &DocumentConvention, recueil: &mut Recueil) {
    let rubrique = format!("recit.resultats[{rang}]");
    let nom = &dit_par_le_texte.ligne;
    let lignes = document.bilan.iter().flat_map(|b| &b.lignes);
    let designee = |l: &&LigneBilan| l.code.as_deref() == Some(nom.as_str()) || meme_libelle(&l.action, nom);
    let Some(ligne) = lignes.into_iter().find(designee) else {
        let message =
            format!("Le récit donne un résultat pour « {nom} », que le bilan n’a pas : nommez une de ses lignes.");
        let anomalie = AnomalieDocument::nouvelle("C-FI-05", rubrique, (nom, "une ligne du bilan"), message);
        return recueil.signale(anomalie.source(dit_par_le_texte.source.as_ref()));
    };
    let (recit, tableau) = (dit_par_le_texte.valeur.0, ligne.resultat.0);
    if recit == tableau {
        return recueil.conforme("C-FI-05", rubrique, format!("« {} » : {} des deux côtés.", ligne.action, dit(recit)));
    }
    let prix = ligne.montant_initial.checked_div(ligne.objectif.0);
    let appui = prix.filter(|prix| *prix * tableau == ligne.depense.0).map_or(String::new(), |prix| {
        format!(" La dépense ({}) est celle de {} à {}.", euros(ligne.depense.0), dit(tableau), euros(prix.normalize()))
    });
    let message = format!(
        "« {} » : le récit dit {}, le tableau {}.{appui} Écrivez le même nombre aux deux endroits.",
        ligne.action,
        dit(recit),
        dit(tableau)
    );
    let mut anomalie = AnomalieDocument::nouvelle("C-FI-05", rubrique, (dit(recit), dit(tableau)), message)
        .source(dit_par_le_texte.source.as_ref());
    if !appui.is_empty() {
        anomalie = anomalie.propose(dit(tableau));
    }
    recueil.signale(anomalie);
}

/// C-FI-07: outcomes add up to the persons, or to the number the text announces.
fn devenirs(rang: usize, d: &Devenirs, recueil: &mut Recueil) {
    let rubrique = format!("recit.devenirs[{rang}]");
    let somme: Decimal = d.devenirs.values().map(|n| n.0).sum();
    let annonce = d.annonce.unwrap_or(d.effectif).0;
    let calcul = somme_dite(d.devenirs.values().map(|n| n.0));
    if somme == annonce && annonce <= d.effectif.0 {
        return recueil.conforme("C-FI-07", rubrique, format!("{} : {calcul}.", d.libelle));
    }
    let message = match d.annonce {
        Some(annonce) => format!(
            "{} : {} sur {} sont annoncés, le détail donne {calcul}. Corrigez le nombre annoncé, ou complétez le détail.",
            d.libelle,
            dit(annonce.0),
            dit(d.effectif.0)
        ),
        None if somme < annonce => format!(
            "{} : le devenir de {} personnes sur {} manque ({calcul}). Complétez le détail, ou écrivez « non renseigné ».",
            d.libelle,
            dit(annonce - somme),
            dit(annonce)
        ),
        None => format!("{} : {calcul} dépasse l’effectif de {}. Corrigez le détail.", d.libelle, dit(annonce)),
    };
    let mut anomalie =
        AnomalieDocument::nouvelle("C-FI-07", rubrique, (dit(annonce), dit(somme)), message).source(d.source.as_ref());
    if d.annonce.is_some() {
        anomalie = anomalie.propose(dit(somme));
    }
    recueil.signale(anomalie);
}

/// C-FI-08: the section of a sub-axis cites itself.
fn reference(
    rang: usize,
    r: &Reference,
    document: &DocumentConvention,
    modele: Option<&Convention>,
    recueil: &mut Recueil,
) {
    let rubrique = format!("recit.references[{rang}]");
    if r.cite == r.action {
        return recueil.conforme("C-FI-08", rubrique, format!("La section {} se cite elle-même.", r.action));
    }
    let connue =
        modele.is_some_and(|m| m.action(&r.cite).is_some()) || document.actions.iter().any(|a| a.sous_axe() == r.cite);
    let deja = du_sous_axe(document, &r.cite);
    let montant = r.montant_eur.map(|m| m.0);
    let (raison, contradictoire) = match (montant, deja) {
        (Some(montant), Some(deja)) if connue => (
            format!(
                "{} est rattaché à {}, déjà utilisé pour {} (copier-coller ?)",
                euros(montant),
                r.cite,
                euros(deja)
            ),
            montant != deja,
        ),
        _ if connue => (format!("la section {} cite {} (copier-coller ?)", r.action, r.cite), false),
        _ if r.cite.ends_with(&format!(".{}", r.action)) => {
            (format!("{} est le numéro de la section, {} celui du sous-axe", r.cite, r.action), false)
        }
        _ => (format!("{} n’est pas un sous-axe du plan d’actions", r.cite), false),
    };
    let message = format!("Sous-axe mal référencé : {raison}. Écrivez {}.", r.action);
    let mut anomalie =
        AnomalieDocument::nouvelle("C-FI-08", rubrique, (&r.cite, &r.action), message).source(r.source.as_ref());
    // Two amounts for one sub-axis contradict each other: the form cannot be sent so.
    if contradictoire {
        anomalie = anomalie.severite(Severite::Bloquant);
    }
    recueil.signale(anomalie.propose(&r.action));
}

/// C-FI-08: the section of a sub-axis calls it by its name.
fn libelle(rang: usize, l: &LibelleCite, modele: Option<&Convention>, recueil: &mut Recueil) {
    let rubrique = format!("recit.libelles[{rang}]");
    let Some(action) = modele.and_then(|m| m.action(&l.action)) else { return };
    let (cite, juste) = (plie(&l.cite), plie(&action.libelle));
    if cite.starts_with(&juste) || juste.starts_with(&cite) {
        return recueil.conforme("C-FI-08", rubrique, format!("{} : « {} ».", l.action, l.cite));
    }
    let autre = modele.and_then(|m| m.actions.iter().find(|a| plie(&a.libelle) == cite));
    let indice = autre.map_or(String::new(), |a| format!(", qui est le nom de {} (copier-coller ?)", a.code));
    let message =
        format!("La section {} parle du sous-axe « {} »{indice} : écrivez « {} ».", l.action, l.cite, action.libelle);
    recueil.signale(
        AnomalieDocument::nouvelle("C-FI-08", rubrique, (&l.cite, &action.libelle), message)
            .source(l.source.as_ref())
            .propose(&action.libelle),
    );
}

/// One thing, one wording.
fn formulations(controle: &str, rubrique: &str, f: &Formulations, recueil: &mut Recueil) {
    let mut distinctes: Vec<&String> = Vec::new();
    for formulation in &f.formulations {
        if !distinctes.iter().any(|deja| meme_libelle(deja, formulation)) {
            distinctes.push(formulation);
        }
    }
    let citees: Vec<String> = distinctes.iter().map(|d| format!("« {d} »")).collect();
    if citees.len() < 2 {
        return recueil.conforme(controle, rubrique, format!("{} : une seule formulation.", f.objet));
    }
    let message = format!("{} : {} formulations ({}). Gardez-en une.", f.objet, citees.len(), citees.join(", "));
    recueil.signale(
        AnomalieDocument::nouvelle(controle, rubrique, (citees.join(", "), "une seule formulation"), message)
            .source(f.source.as_ref()),
    );
}

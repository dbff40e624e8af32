//! Section 4 of the catalogue: fiche évènement and its crossing with the persons (C-EV-01, C-EV-03 to
//! C-EV-14). The date, C-EV-02, stands in `campagne.rs`.

use referentiel::Decimal;
use referentiel::controle::{Anomalie, Fiche, Place, Severite};
use referentiel::format;
use referentiel::texte::plie;

use super::cadre::Cadre;
use super::cite;
use super::memoire::est_presente;
use super::recueil::Recueil;
use crate::fiche::FicheEvenement;
use crate::lecture::{Champ, DispositifLu, EvenementLu, PersonneLue, SoutienLu, Symbole};
use crate::modalite::{Emploi, Formation, NiveauSoutien, StatutAccompagnement};

pub(super) fn controler(cadre: &Cadre<'_>, anomalies: &mut Recueil) {
    let aucune_personne = personnes_absentes(cadre);
    for (rang, evenement) in cadre.classeur.evenements.iter().enumerate() {
        anomalies.extend(champs_obligatoires(evenement));
        let connue = if aucune_personne.is_some() { None } else { personne_connue(cadre, rang, evenement) };
        anomalies.note(id_vierge(evenement));
        anomalies.note(connue);
        anomalies.note(un_seul_evenement(cadre, rang, evenement));
        anomalies.note(soutien_apres_le_suivi(cadre, rang, evenement));
        anomalies.note(veille_deux_fois(cadre, rang, evenement));
        anomalies.note(heures_converties(evenement));
        anomalies.note(alternance_avec_formation(evenement));
        anomalies.note(emploi_du_dernier_mois(evenement));
    }
    anomalies.note(aucune_personne);
    dispositif_de_la_personne(cadre, anomalies);
    colonnes_automatiques(cadre, anomalies);
    for (rang, personne) in cadre.classeur.personnes.iter().enumerate() {
        let Some(evenement) = cadre.evenement(rang) else { continue };
        anomalies.note(date_de_sortie_due(personne, evenement));
        anomalies.note(statut_termine_du(cadre, personne, evenement));
        anomalies.note(entree_redatee(cadre, rang, personne, evenement));
    }
    anomalies.note(chacun_son_evenement(cadre));
}

fn a(evenement: &EvenementLu, champ: &str) -> Place {
    Place::champ(Fiche::Evenement, evenement.ligne, champ)
}

/// C-EV-01: the Id column stays blank (annexe 2: « NE RIEN INSCRIRE »).
fn id_vierge(evenement: &EvenementLu) -> Option<Anomalie> {
    let lu = evenement.id.valeur()?.as_ref();
    let message = "La colonne Id doit rester vide : l’outil la remplit. Effacez cette cellule.";
    Some(Anomalie::nouvelle("C-EV-01", a(evenement, "id_evenement"), message).lu(lu).attendu("rien"))
}

/// C-EV-03: the eight mandatory fields are filled in.
fn champs_obligatoires(e: &EvenementLu) -> impl Iterator<Item = Anomalie> {
    let champs = [
        (e.personne.est_vide(), "evt_reference_personne", "La personne concernée manque"),
        (e.statut.est_vide(), "statut_evenement", "Le statut à la date de l’évènement manque"),
        (e.niveau.est_vide(), "niveau_soutien", "Le niveau de soutien manque"),
        (e.emploi.est_vide(), "emploi_date_evenement", "L’emploi à la date de l’évènement manque"),
        (e.formation.est_vide(), "formation_date_evenement", "La formation à la date de l’évènement manque"),
        (e.emploi_mois.est_vide(), "emploi_dernier_mois", "L’emploi dans le dernier mois manque"),
        (e.formation_mois.est_vide(), "formation_dernier_mois", "La formation dans le dernier mois manque"),
        (e.date.est_vide(), "date_evenement", "La date de l’évènement manque"),
    ];
    let ligne = e.ligne;
    champs.into_iter().filter(|(vide, ..)| *vide).map(move |(_, champ, manque)| {
        let message = format!("{manque} à la ligne {ligne} : ce champ est obligatoire.");
        Anomalie::nouvelle("C-EV-03", Place::champ(Fiche::Evenement, ligne, champ), message).lu("vide")
    })
}

/// C-EV-04, when the persons sheet has no row: one cause, one anomaly.
fn personnes_absentes(cadre: &Cadre<'_>) -> Option<Anomalie> {
    let nombre = cadre.rapprochement.inconnus.len();
    (cadre.classeur.personnes.is_empty() && nombre > 0).then(|| {
        let message = "La feuille Personnes est vide : aucune des personnes citées par les évènements n’y figure.";
        Anomalie::nouvelle("C-EV-04", Place::feuille(Fiche::Personne), message)
            .nombre(u32::try_from(nombre).unwrap_or(u32::MAX))
    })
}

/// C-EV-04: the person exists.
fn personne_connue(cadre: &Cadre<'_>, rang: usize, evenement: &EvenementLu) -> Option<Anomalie> {
    if !cadre.rapprochement.inconnus.contains(&rang) {
        return None;
    }
    let message =
        "Cette personne ne figure pas sur la feuille Personnes : corrigez la référence, ou ajoutez la personne.";
    let anomalie = Anomalie::nouvelle("C-EV-04", a(evenement, "evt_reference_personne"), message)
        .lu("référence inconnue")
        .attendu("une référence de la feuille Personnes");
    let proche = cadre.rapprochement.corrections_evenement.get(&rang);
    let reference = proche.and_then(|p| cadre.classeur.personnes.get(*p)?.reference.valeur());
    Some(match reference {
        Some(reference) => anomalie.correction(reference.as_ref()),
        None => anomalie,
    })
}

/// C-EV-04: the event's dispositif exists and is the person's (X26).
fn dispositif_de_la_personne(cadre: &Cadre<'_>, anomalies: &mut Recueil) {
    if !cadre.rattachement.lisible() {
        return;
    }
    let evenements = &cadre.classeur.evenements;
    let renseignes = evenements.iter().filter(|e| e.dispositif.valeur().is_some()).count();
    let ecarts: Vec<(usize, Symbole)> = evenements
        .iter()
        .enumerate()
        .filter_map(|(rang, e)| Some((rang, e.dispositif.copie()?)))
        .filter(|(rang, lu)| dispositif_contredit(cadre, *rang, *lu))
        .collect();
    let meme_texte = ecarts.iter().all(|(_, lu)| Some(lu) == ecarts.first().map(|(_, premier)| premier));
    if let [(_, lu), _, ..] = ecarts[..]
        && ecarts.len() == renseignes
        && meme_texte
    {
        let lu = cadre.texte(lu);
        let message = format!(
            "Tous les évènements citent le dispositif {}, qui n’est pas celui des personnes : est-ce le fichier d’un autre dispositif ?",
            cite(lu)
        );
        let anomalie = Anomalie::nouvelle("C-EV-04", Place::feuille(Fiche::Evenement), message).lu(lu);
        anomalies.push(anomalie.nombre(u32::try_from(ecarts.len()).unwrap_or(u32::MAX)));
        return;
    }
    anomalies.extend(ecarts.into_iter().map(|(rang, lu)| evenement_d_un_autre_dispositif(cadre, rang, lu)));
}

fn dispositif_contredit(cadre: &Cadre<'_>, rang: usize, lu: Symbole) -> bool {
    let rattachement = &cadre.rattachement;
    let cites = rattachement.designees(lu);
    let personne = cadre.personne(rang);
    if cites.is_empty() {
        // The same unknown dispositif on the person's row is reported there.
        let dit_par_la_personne =
            personne.is_some_and(|(_, p)| [p.reference_dispositif, p.dispositif].contains(&Champ::Valeur(lu)));
        return !dit_par_la_personne && !rattachement.peut_viser_une_fiche_douteuse();
    }
    let Some((personne, fiche)) = personne.and_then(|(p, lue)| Some((lue, cadre.fiches[p]?))) else { return false };
    let personne_contradictoire = personne.dispositif.copie().is_some_and(|nom| {
        let designees = rattachement.designees(nom);
        !designees.is_empty() && !designees.contains(&fiche)
    });
    !cites.contains(&fiche) && !personne_contradictoire
}

fn evenement_d_un_autre_dispositif(cadre: &Cadre<'_>, rang: usize, lu: Symbole) -> Anomalie {
    let evenement = &cadre.classeur.evenements[rang];
    let fiche = cadre.personne(rang).and_then(|(p, _)| cadre.fiches[p]);
    let celui_de_la_personne = fiche.and_then(|f| cadre.classeur.dispositifs[f].reference.valeur());
    let lu = cadre.texte(lu);
    let place = a(evenement, "evt_reference_dispositif");
    match celui_de_la_personne {
        Some(reference) => {
            let message = format!("Cette personne relève de {reference}, l’évènement cite {} : corrigez.", cite(lu));
            Anomalie::nouvelle("C-EV-04", place, message).lu(lu).attendu(reference).correction(reference)
        }
        None => {
            let message = format!("{} n’est pas un dispositif de la feuille Dispositif : corrigez.", cite(lu));
            Anomalie::nouvelle("C-EV-04", place, message).lu(lu)
        }
    }
}

/// C-EV-05: one event for a person in a campaign.
fn un_seul_evenement(cadre: &Cadre<'_>, rang: usize, evenement: &EvenementLu) -> Option<Anomalie> {
    let premier = &cadre.classeur.evenements[cadre.rapprochement.evenement_en_double[rang]?];
    let message = format!(
        "Deux évènements pour la même personne à la même date (lignes {} et {}) : n’en gardez qu’un, ou corrigez la personne.",
        premier.ligne, evenement.ligne
    );
    Some(
        Anomalie::nouvelle("C-EV-05", a(evenement, "evt_reference_personne"), message)
            .lu(format!("même personne qu’à la ligne {}", premier.ligne))
            .attendu("un seul évènement par personne"),
    )
}

/// C-EV-06: every person present has an event (X28). Events that stand for nobody are deducted first:
/// they are most likely the missing ones, and are reported where they are.
fn chacun_son_evenement(cadre: &Cadre<'_>) -> Option<Anomalie> {
    let classeur = cadre.classeur;
    if !cadre.rapprochement.possible {
        return None;
    }
    let attendu = |rang: usize, p: &PersonneLue| {
        cadre.rapprochement.personne_en_double[rang].is_none()
            && p.sortie != Champ::Fautif
            && !cadre.deja_sortie(p)
            && !cadre.entree_future(p)
    };
    let sans: Vec<u32> = (classeur.personnes.iter().enumerate())
        .filter(|(rang, p)| attendu(*rang, p) && cadre.evenement(*rang).is_none())
        .map(|(_, p)| p.ligne)
        .collect();
    let perdus = cadre.rapprochement.evenements_perdus(&classeur.evenements);
    let manquants = sans.len().saturating_sub(perdus);
    if manquants == 0 {
        return None;
    }
    let compte = format::compte(manquants as u64, "personne présente n’a", "personnes présentes n’ont");
    let lesquelles = if perdus == 0 { format!(" ({})", lignes(&sans)) } else { String::new() };
    let message =
        format!("{compte} pas d’évènement ce trimestre{lesquelles} : ajoutez-le, ou saisissez la date de sortie.");
    Some(
        Anomalie::nouvelle("C-EV-06", Place::feuille(Fiche::Evenement), message)
            .lu(format::compte(classeur.evenements.len() as u64, "évènement", "évènements"))
            .attendu("un évènement par personne présente")
            .nombre(u32::try_from(manquants).unwrap_or(u32::MAX)),
    )
}

/// « ligne 12 de la feuille Personnes », « lignes 12, 14… », ten at most.
fn lignes(numeros: &[u32]) -> String {
    let cites: Vec<String> = numeros.iter().take(10).map(ToString::to_string).collect();
    let suite = if numeros.len() > cites.len() { "…" } else { "" };
    let mot = if numeros.len() == 1 { "ligne" } else { "lignes" };
    format!("{mot} {}{suite} de la feuille Personnes", cites.join(", "))
}

/// C-EV-07: « Suivi terminé » demands an exit date.
fn date_de_sortie_due(personne: &PersonneLue, evenement: &EvenementLu) -> Option<Anomalie> {
    let termine = evenement.statut.copie()? == StatutAccompagnement::Termine;
    (termine && personne.sortie.est_vide()).then(|| {
        let message = format!(
            "{} (ligne {} des évènements) exige une date de sortie : saisissez-la.",
            cite("Suivi terminé"),
            evenement.ligne
        );
        Anomalie::nouvelle("C-EV-07", Place::champ(Fiche::Personne, personne.ligne, "date_sortie"), message)
            .lu("vide")
            .attendu("la date de sortie")
    })
}

/// C-EV-08: an exit date demands « Suivi terminé ». A date after the campaign is C-PE-06's.
fn statut_termine_du(cadre: &Cadre<'_>, personne: &PersonneLue, evenement: &EvenementLu) -> Option<Anomalie> {
    let (statut, sortie) = (evenement.statut.copie()?, personne.sortie.copie()?);
    (est_presente(statut) && !cadre.campagne.depassee_par(sortie)).then(|| {
        let message = format!(
            "Une date de sortie ({}) est saisie mais l’évènement de la ligne {} dit {} : effacez la date, ou terminez le suivi.",
            format::date(sortie),
            evenement.ligne,
            cite(statut.libelle())
        );
        Anomalie::nouvelle("C-EV-08", Place::champ(Fiche::Personne, personne.ligne, "date_sortie"), message)
            .lu(format::date(sortie))
            .attendu("vide, ou le statut « Suivi terminé »")
    })
}

/// C-EV-09: no regular or intensive support without contact; an exit of the period is excused, since
/// the level then tells of the last month of accompaniment (X30).
fn soutien_apres_le_suivi(cadre: &Cadre<'_>, rang: usize, evenement: &EvenementLu) -> Option<Anomalie> {
    let (statut, niveau) = (evenement.statut.copie()?, evenement.niveau.copie()?.niveau);
    let soutenu = matches!(niveau, NiveauSoutien::Regulier | NiveauSoutien::Intensif);
    let incoherent = match statut {
        StatutAccompagnement::Suivi => false,
        StatutAccompagnement::VeilleTotale => true,
        StatutAccompagnement::Termine => {
            let sortie = cadre.personne(rang)?.1.sortie.copie()?;
            !cadre.campagne.dans_la_periode(sortie) && !cadre.campagne.depassee_par(sortie)
        }
    };
    (soutenu && incoherent).then(|| {
        let message = format!(
            "{} signifie qu’il n’y a plus de contact : le niveau {} est incohérent.",
            cite(statut.libelle()),
            cite(niveau.libelle())
        );
        Anomalie::nouvelle("C-EV-09", a(evenement, "niveau_soutien"), message).lu(niveau.libelle())
    })
}

/// The event of the same person at the quarter before, as the node holds it.
fn precedent<'a>(cadre: &Cadre<'a>, personne: usize) -> Option<&'a FicheEvenement> {
    cadre.memoire.evenements.get(&cadre.references[personne]?).copied()
}

/// C-EV-10: followed at level « Veille » two quarters in a row (X31).
fn veille_deux_fois(cadre: &Cadre<'_>, rang: usize, evenement: &EvenementLu) -> Option<Anomalie> {
    let en_veille = |statut, niveau| statut == StatutAccompagnement::Suivi && niveau == NiveauSoutien::Veille;
    let maintenant = en_veille(evenement.statut.copie()?, evenement.niveau.copie()?.niveau);
    let avant = maintenant.then(|| precedent(cadre, cadre.personne(rang)?.0)).flatten()?;
    en_veille(avant.statut, avant.niveau).then(|| {
        let message = "Moins de 2 h par mois depuis deux trimestres : s’agit-il d’une veille totale ?";
        Anomalie::nouvelle("C-EV-10", a(evenement, "niveau_soutien"), message).lu(NiveauSoutien::Veille.libelle())
    })
}

/// C-EV-11: hours typed instead of a level were converted, and it is said; at the bounds, where the
/// levels of annexe 2 overlap, confirmation is asked for.
fn heures_converties(evenement: &EvenementLu) -> Option<Anomalie> {
    let SoutienLu { niveau, heures } = evenement.niveau.copie()?;
    let heures = heures?;
    let lu = format!("{}\u{a0}h", format::decimal(heures.normalize()));
    let a_la_borne = heures == Decimal::from(8) || heures == Decimal::from(12);
    let severite = if a_la_borne { Severite::Avertissement } else { Severite::Information };
    let message = format!(
        "{lu} se classe en {} (convention de la région) : choisissez ce niveau dans la liste.",
        cite(niveau.libelle())
    );
    Some(
        Anomalie::nouvelle("C-EV-11", a(evenement, "niveau_soutien"), message)
            .severite(severite)
            .lu(lu)
            .attendu("un niveau de la liste")
            .correction(niveau.libelle()),
    )
}

/// C-EV-12: a work-study contract comes with training (X32).
fn alternance_avec_formation(evenement: &EvenementLu) -> Option<Anomalie> {
    let (emploi, formation) = (evenement.emploi.copie()?, evenement.formation.copie()?);
    (emploi == Emploi::Alternance && formation == Formation::SansObjet).then(|| {
        let message = "Une alternance comporte une formation : complétez, ou corrigez l’emploi.";
        Anomalie::nouvelle("C-EV-12", a(evenement, "formation_date_evenement"), message)
            .lu(formation.libelle())
            .attendu(Formation::Formation.libelle())
            .correction(Formation::Formation.libelle())
    })
}

/// C-EV-13: in work at the date but not in the month before (X33).
fn emploi_du_dernier_mois(evenement: &EvenementLu) -> Option<Anomalie> {
    let (emploi, mois) = (evenement.emploi.copie()?, evenement.emploi_mois.copie()?);
    (emploi.en_emploi() && mois == Emploi::SansEmploi).then(|| {
        let message = format!(
            "{} à la date de l’évènement, sans emploi le dernier mois : embauche ces derniers jours ? Confirmez.",
            cite(emploi.libelle())
        );
        Anomalie::nouvelle("C-EV-13", a(evenement, "emploi_dernier_mois"), message).lu(mois.libelle())
    })
}

/// C-EV-14: who had left and is back has a new entry date (circulaire: reactivation).
fn entree_redatee(cadre: &Cadre<'_>, rang: usize, personne: &PersonneLue, evenement: &EvenementLu) -> Option<Anomalie> {
    let de_retour = est_presente(evenement.statut.copie()?);
    let avant = de_retour.then(|| precedent(cadre, rang)).flatten()?;
    let entree = personne.entree.copie()?;
    (avant.statut == StatutAccompagnement::Termine && entree <= avant.date).then(|| {
        let message = format!(
            "Cette personne était sortie au {} : redatez l’entrée, puisqu’elle est de nouveau accompagnée.",
            format::date(avant.date)
        );
        Anomalie::nouvelle("C-EV-14", Place::champ(Fiche::Personne, personne.ligne, "date_entree"), message)
            .lu(format::date(entree))
            .attendu(format!("une date postérieure au {}", format::date(avant.date)))
    })
}

/// C-EV-04's neighbour X35, softened to `information` under C-DI-05: the columns that the official
/// tool fills in by itself are not read, but a difference is worth a word. One for each column.
fn colonnes_automatiques(cadre: &Cadre<'_>, anomalies: &mut Recueil) {
    let fiches = &cadre.classeur.dispositifs;
    let plie_de = |champ: fn(&DispositifLu) -> Option<&String>| -> Vec<Option<String>> {
        fiches.iter().map(|f| champ(f).map(|t| plie(t))).collect()
    };
    type Colonne = fn(&EvenementLu) -> Champ<Symbole>;
    let colonnes: [(&str, &str, Colonne, Vec<Option<String>>); 3] = [
        ("evt_nom_dispositif", "du nom", |e| e.nom_dispositif, plie_de(|f| f.nom.valeur())),
        ("evt_region", "de la région", |e| e.region, plie_de(|f| f.region.valeur())),
        ("evt_departement", "du département", |e| e.departement, plie_de(|f| f.nom_departement.valeur())),
    ];
    for (champ, article, colonne, attendus) in colonnes {
        let differe = |rang: usize, e: &EvenementLu| {
            let fiche = e.dispositif.copie().and_then(|s| cadre.rattachement.par_reference(s));
            let fiche = fiche.or_else(|| cadre.personne(rang).and_then(|(p, _)| cadre.fiches[p]))?;
            let attendu = attendus[fiche].as_deref()?;
            colonne(e).copie().filter(|lu| cadre.plie(*lu) != attendu)
        };
        let evenements = cadre.classeur.evenements.iter().enumerate();
        let ecarts: Vec<_> = evenements.filter_map(|(rang, e)| Some((e.ligne, differe(rang, e)?))).collect();
        let Some((ligne, lu)) = ecarts.iter().min().copied() else { continue };
        let nombre = ecarts.len();
        let lu = cadre.texte(lu);
        let message = format!(
            "{} diffère {article} de la fiche dispositif ; cette colonne est remplie par l’outil et n’est pas lue.",
            cite(lu)
        );
        anomalies.push(
            Anomalie::nouvelle("C-DI-05", Place::champ(Fiche::Evenement, ligne, champ), message)
                .severite(Severite::Information)
                .lu(lu)
                .nombre(u32::try_from(nombre).unwrap_or(u32::MAX)),
        );
    }
}

//! Step 7 of the path, second half: is a verified content acceptable? Checked with the rules pinned in
//! the content and the definition of its data set, never with the hub's mood of the day.
//!
//! Reasons are precise to the cell, and never quote a value: a refused content may hold what must not be seen.

mod cellules;
mod codage;
mod dispositifs;
pub(crate) mod fiches;
mod marges;
pub(crate) mod politique;
mod secret;

use publication::contenu::ContenuIndicateurs;
use publication::{CodeRefus, Contenu, PublicationVerifiee, Refus};
use referentiel::jeu::{Jeu, versions};

use crate::configuration::Configuration;
use codage::Codage;

/// Every objection to a publication; none means that it is accepted.
pub fn objections(publication: &PublicationVerifiee, configuration: &Configuration) -> Vec<Refus> {
    let enveloppe = publication.enveloppe();
    let contenu = publication.contenu();
    let mut refus = Vec::new();
    if let Some(references) = &enveloppe.references
        && references.campaign != contenu.periode().to_string()
    {
        refus.push(Refus::nouveau(
            CodeRefus::RefWrongVersion,
            format!("Campagne de l’enveloppe : {} ; période du contenu : {}.", references.campaign, contenu.periode()),
        ));
    }
    refus.extend(objections_au_contenu(contenu, configuration));
    refus
}

/// The same on a content alone, for a trial before anything is sealed.
pub fn objections_au_contenu(contenu: &Contenu, configuration: &Configuration) -> Vec<Refus> {
    // Several versions live at once: a content is judged by the one it was made with.
    let connues: Vec<&Jeu> = versions().into_iter().filter(|j| j.code == contenu.jeu()).collect();
    if connues.is_empty() {
        return vec![Refus::nouveau(CodeRefus::RefUnknownCode, format!("Jeu inconnu : {}.", contenu.jeu()))];
    }
    let Some(jeu) = connues.iter().copied().find(|j| j.version == contenu.version_jeu()) else {
        let tenues: Vec<&str> = connues.iter().map(|j| j.version.as_str()).collect();
        let detail = format!(
            "Version du jeu {} lue : {} ; connues : {}.",
            contenu.jeu(),
            contenu.version_jeu(),
            tenues.join(", ")
        );
        return vec![Refus::nouveau(CodeRefus::RefWrongVersion, detail)];
    };
    match contenu {
        Contenu::Dispositifs(c) => {
            let campagne = contenu.periode();
            let mut refus = dispositifs::objections(c);
            let references = c.dispositifs().iter().map(|d| d.reference.as_str());
            refus.extend(dispositifs::autrui(contenu.emetteur(), references, |d| {
                configuration.responsable(campagne, d)
            }));
            refus
        }
        Contenu::Indicateurs(c) => tables(c, jeu, configuration),
    }
}

fn tables(contenu: &ContenuIndicateurs, jeu: &Jeu, configuration: &Configuration) -> Vec<Refus> {
    let mut refus = dispositifs::territoires_inconnus(contenu.territoires());
    let campagne = contenu.periode();
    let cites = contenu.territoires().iter().filter_map(dispositifs::dispositif_de);
    refus.extend(dispositifs::autrui(contenu.emetteur(), cites, |d| configuration.responsable(campagne, d)));
    if jeu.sans_dispositif() {
        refus
            .extend(dispositifs::hors_du_centre(contenu.territoires(), configuration.departements(contenu.emetteur())));
    }
    for table in contenu.audiences() {
        let audience = table.politique.audience;
        let objections = politique::objections(&table.politique, jeu, configuration.seuils.get(&audience));
        if !objections.is_empty() {
            // With a policy under the floor, every further objection would be measured with the wrong rule.
            refus.extend(objections);
            continue;
        }
        refus.extend(fiches::objections(jeu, table));
        let codage = Codage::du_jeu(jeu, audience);
        match codage.table(&table.cellules) {
            Err(inconnus) => refus.extend(inconnus),
            Ok(codee) => {
                refus.extend(cellules::objections(&codage, &codee, &table.politique));
                refus.extend(marges::objections(&codage, &codee, contenu.territoires()));
                refus.extend(secret::objections(contenu, table));
            }
        }
    }
    refus
}

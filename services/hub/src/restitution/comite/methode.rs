//! How the figures are made, what the words of absence mean, what the model does not collect.

use referentiel::jeu::jeu;
use web::document::Bloc;

use super::super::tableau::Tableau;

pub(super) fn blocs(tableau: &Tableau) -> Vec<Bloc> {
    let definitions = tableau.lignes.iter().map(|l| format!("{} : {}", l.libelle, l.definition)).collect();
    let legende = web::statut::LEGENDE.iter().map(|(mot, sens)| format!("« {mot} » : {sens}")).collect();
    let mut blocs = vec![
        Bloc::Paragraphe("Chaque centre de gestion garde ses dossiers nominatifs et ne transmet que des indicateurs, après application du secret statistique ; le hub vérifie, contrôle de nouveau et n’additionne que ce qui ne révèle aucune case masquée.".to_owned()),
        Bloc::Liste(legende),
        Bloc::Liste(definitions),
    ];
    let absents = jeu("ea.indicateurs").map(|j| j.non_collecte.join(", ")).unwrap_or_default();
    if !absents.is_empty() {
        blocs.push(Bloc::Paragraphe(format!("Ce que le modèle de remontée ne recueille pas : {absents}.")));
    }
    blocs
}

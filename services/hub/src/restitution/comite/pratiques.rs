//! Good practices that the reader may see: what was done, with what result, and who does the same.

use hub_storage::pratique::EtatPratique;
use web::document::Bloc;
use web::{Cellule, Colonne, Table};

use super::super::pages::pratiques::{adoptants, resultat};
use super::Seance;
use crate::acces::Refus;
use crate::pratique::{FichePratique, catalogue_a};

pub(super) async fn blocs(seance: &Seance<'_>) -> Result<Option<Vec<Bloc>>, Refus> {
    let fiches = match catalogue_a(seance.guichet, seance.demande.a_la_date).await {
        // The public sees none of them.
        Err(Refus::Acces(_) | Refus::Audience) => return Ok(None),
        lues => lues?,
    };
    let publiees: Vec<&FichePratique> = fiches.iter().filter(|f| f.etat == EtatPratique::Publiee).collect();
    if publiees.is_empty() {
        return Ok(None);
    }
    let ligne = |f: &&FichePratique| -> Vec<Cellule> {
        [f.champ("titre").to_owned(), f.theme(), f.emetteur_nom.clone(), resultat(f), adoptants(f)]
            .map(Cellule::from)
            .into()
    };
    Ok(Some(vec![Bloc::Table(Table {
        identifiant: "pratiques",
        titre: "Fiches publiées".to_owned(),
        colonnes: ["Titre", "Thème", "Centre", "Résultat mesuré", "Adoptée par"].map(Colonne::texte).into(),
        lignes: publiees.iter().map(ligne).collect(),
    })]))
}

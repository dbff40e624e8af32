//! Fiches dispositif and territories: known codes, and nobody publishes another centre's dispositif.

use publication::contenu::ContenuDispositifs;
use publication::{CodeRefus, Refus, TerritoirePublie};
use referentiel::identifiant::{CodeDepartement, IdentifiantNoeud, ReferenceDispositif};
use referentiel::nomenclature::nomenclature;
use referentiel::territoire::{Niveau, departement, region};

pub fn objections(contenu: &ContenuDispositifs) -> Vec<Refus> {
    let mut refus = Vec::new();
    let statuts = nomenclature("statut_dispositif");
    for d in contenu.dispositifs() {
        let mut inconnu = |detail: &str| {
            refus.push(Refus::nouveau(CodeRefus::RefUnknownCode, detail).sur_cellule(&d.reference));
        };
        if statuts.is_none_or(|n| n.modalite(&d.statut).is_none()) {
            inconnu("Statut absent de la nomenclature.");
        }
        let connu = d.departement.as_ref().map(|code| departement(code));
        if connu == Some(None) {
            inconnu("Département absent du code officiel géographique.");
        }
        if d.region.as_deref().is_some_and(|code| region(code).is_none()) {
            inconnu("Région absente du code officiel géographique.");
        }
        if let (Some(Some(departement)), Some(region)) = (connu, &d.region)
            && &departement.region != region
        {
            inconnu("Le département n’est pas de cette région.");
        }
    }
    refus
}

/// Dispositifs that the roster gives to another centre.
pub fn autrui<'a>(
    emetteur: &IdentifiantNoeud,
    references: impl Iterator<Item = &'a str>,
    responsable: impl Fn(&str) -> Option<&'a str>,
) -> Vec<Refus> {
    references
        .filter(|d| responsable(d).is_some_and(|noeud| noeud != emetteur.as_str()))
        .map(|d| {
            let detail = "Ce dispositif relève d’un autre centre pour cette campagne.";
            Refus::nouveau(CodeRefus::SeriesNotOwner, detail).sur_cellule(d)
        })
        .collect()
}

/// Territories of a jeu without dispositifs that are not the centre’s own départements: nobody speaks for another.
pub fn hors_du_centre(territoires: &[TerritoirePublie], siens: Option<&[CodeDepartement]>) -> Vec<Refus> {
    let Some(siens) = siens else { return vec![] };
    let sien = |t: &&TerritoirePublie| t.niveau == Niveau::Departement && siens.iter().any(|d| d.as_str() == t.code);
    let refuse = |t: &TerritoirePublie| {
        Refus::nouveau(CodeRefus::SeriesNotOwner, "Ce territoire relève d’un autre centre.").sur_cellule(&t.code)
    };
    territoires.iter().filter(|t| !sien(t)).map(refuse).collect()
}

/// The dispositif that a territory is, if it is one.
pub fn dispositif_de(territoire: &TerritoirePublie) -> Option<&str> {
    (territoire.niveau == Niveau::Dispositif).then_some(territoire.code.as_str())
}

/// Territories whose code names nothing.
pub fn territoires_inconnus(territoires: &[TerritoirePublie]) -> Vec<Refus> {
    let refuse = |t: &TerritoirePublie| {
        let detail = format!("Territoire inconnu au niveau « {} ».", t.niveau.code());
        Refus::nouveau(CodeRefus::RefUnknownCode, detail).sur_cellule(&t.code)
    };
    territoires.iter().filter(|t| !connu(t.niveau, &t.code)).map(refuse).collect()
}

fn connu(niveau: Niveau, code: &str) -> bool {
    match niveau {
        Niveau::Region => region(code).is_some(),
        Niveau::Departement => code.parse::<CodeDepartement>().is_ok_and(|c| departement(&c).is_some()),
        Niveau::Dispositif => est_reference(code),
        Niveau::Structure => code.split_once('/').is_some_and(|(d, nom)| est_reference(d) && !nom.is_empty()),
    }
}

/// Exactly the canonical spelling: `bfc01` would be another territory than `BFC01`.
fn est_reference(code: &str) -> bool {
    code.parse::<ReferenceDispositif>().is_ok_and(|r| r.as_str() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_centre_declares_for_its_own_departements_only() {
        let lieu = |niveau, code: &str| TerritoirePublie { niveau, code: code.to_owned(), nom: None, parent: None };
        let siens: [CodeDepartement; 2] = ["92", "93"].map(|d| d.parse().unwrap());
        let refus = |t| hors_du_centre(&[t], Some(&siens)).len();
        assert_eq!(refus(lieu(Niveau::Departement, "93")), 0);
        assert_eq!(refus(lieu(Niveau::Departement, "70")), 1);
        assert_eq!(refus(lieu(Niveau::Region, "11")), 1);
        assert!(hors_du_centre(&[lieu(Niveau::Departement, "70")], None).is_empty(), "an unknown centre is not judged");
    }

    #[test]
    fn territories_are_those_of_the_official_code_and_of_annexe_2() {
        for (niveau, bon, mauvais) in [
            (Niveau::Region, "27", "99"),
            (Niveau::Departement, "2A", "20"),
            (Niveau::Dispositif, "BFC01", "bfc01"),
            (Niveau::Structure, "BFC01/Structure Horizon", "Structure Horizon"),
        ] {
            assert!(connu(niveau, bon), "{bon}");
            assert!(!connu(niveau, mauvais), "{mauvais}");
        }
    }
}

//! The campaign's template, prefilled with what the node already knows: the fiche dispositif as it was,
//! the persons still present, their events to fill in.

use chrono::NaiveDate;
use dossier::{FicheDispositif, FichePersonne, Remontee};
use referentiel::controle::Fiche;
use referentiel::periode::Trimestre;
use referentiel::territoire;
use tableur::ecriture::{self, Campagne, EcritureImpossible, Saisie};
use tableur::{Modele, Valeur};

/// Writes the template of a campaign. Without an earlier remontée the sheets are blank.
pub fn prerempli(
    modele: &Modele,
    connue: Option<&Remontee>,
    trimestre: Trimestre,
    date_evenement: NaiveDate,
    jour: NaiveDate,
) -> Result<Vec<u8>, EcritureImpossible> {
    let fiches = connue.map_or(&[][..], |r| &r.dispositifs);
    let dispositifs: Vec<Saisie> = fiches.iter().map(|d| dispositif(modele, d)).collect();
    let presents = connue.into_iter().flat_map(|r| &r.personnes).filter(|p| p.sortie.is_none());
    let personnes: Vec<Saisie> = presents.map(|p| personne(modele, p, fiches)).collect();
    let campagne = Campagne { trimestre, date_evenement, jour, dispositifs: &dispositifs, personnes: &personnes };
    ecriture::modele_campagne(modele, &campagne)
}

fn dispositif(modele: &Modele, d: &FicheDispositif) -> Saisie {
    let feuille = modele.feuille(Fiche::Dispositif);
    let departement = d.departement.as_ref().and_then(territoire::departement);
    let region = departement.and_then(|dep| territoire::region(&dep.region));
    Remplissage(feuille, Saisie::vierge(feuille))
        .texte("reference_dispositif", Some(d.reference.to_string()))
        .texte("email_responsable", d.acces.email_responsable.clone())
        .texte("nom_responsable", d.acces.nom_responsable.clone())
        .texte("prenom_responsable", d.acces.prenom_responsable.clone())
        .texte("nom_dispositif", d.nom.clone())
        .texte("code_departement", d.departement.as_ref().map(ToString::to_string))
        .texte("region_dispositif", region.map(|r| r.nom.clone()))
        .texte("nom_departement", departement.map(|dep| dep.nom.clone()))
        .avec("emails_conseillers", liste(&d.acces.emails_conseillers))
        .avec("statut_dispositif", Some(Valeur::Modalite(d.statut.code())))
        .avec("structures_rattachees", liste(&d.structures))
        .avec("capacite_accompagnement", d.capacite.map(Valeur::Entier))
        .avec("etp_total", d.etp_total.map(Valeur::Decimal))
        .avec("etp_hors_administratifs", d.etp_hors_administratifs.map(Valeur::Decimal))
        .avec("nb_professionnels_hors_administratifs", d.professionnels.map(Valeur::Entier))
        .1
}

fn personne(modele: &Modele, p: &FichePersonne, fiches: &[FicheDispositif]) -> Saisie {
    let feuille = modele.feuille(Fiche::Personne);
    let nom = fiches.iter().find(|d| d.reference == p.dispositif).and_then(|d| d.nom.clone());
    Remplissage(feuille, Saisie::vierge(feuille))
        .texte("reference_personne", Some(p.reference.as_str().to_owned()))
        .texte("dispositif_accompagnant", nom)
        .texte("personne_reference_dispositif", Some(p.dispositif.to_string()))
        .texte("structure_accompagnante", Some(p.structure.clone()))
        .avec("date_naissance", p.naissance.map(Valeur::Date))
        .avec("sexe", p.sexe.map(|s| Valeur::Modalite(s.code())))
        .avec("handicap_principal", p.handicap_principal.map(|h| Valeur::Modalite(h.code())))
        .avec("handicap_associe", p.handicap_associe.map(|h| Valeur::Modalite(h.code())))
        .avec("date_entree", p.entree.map(Valeur::Date))
        .avec("duree_sans_emploi_mois", p.duree_sans_emploi.map(Valeur::Entier))
        .avec("orientation", p.orientation.map(|o| Valeur::Modalite(o.code())))
        .1
}

/// A row under way; an absent value leaves its cell blank.
struct Remplissage<'m>(&'m tableur::modele::Feuille, Saisie);

impl Remplissage<'_> {
    fn avec(self, champ: &str, valeur: Option<Valeur<'static>>) -> Self {
        match valeur {
            Some(valeur) => Self(self.0, self.1.avec(self.0, champ, valeur)),
            None => self,
        }
    }

    fn texte(self, champ: &str, texte: Option<String>) -> Self {
        self.avec(champ, texte.map(|t| Valeur::Texte(t.into())))
    }
}

fn liste(textes: &[String]) -> Option<Valeur<'static>> {
    (!textes.is_empty()).then(|| Valeur::Liste(textes.to_vec()))
}

//! Offers of service of the centres, side by side: prestations, tariffs by situation, shared tools. A price beside
//! another is no ranking: rows follow families and names, columns the départements.

use std::collections::{BTreeMap, BTreeSet};

use hub_storage::fiche::{Fiche, FiltreFiche};
use hub_storage::noeud::Noeud;
use referentiel::Decimal;
use referentiel::cellule::Audience;
use referentiel::jeu::jeu;
use referentiel::texte::plie;
use web::{Cellule, Colonne, Table, Valeur};

use super::centre::rang_de_centre;
use crate::acces::{Guichet, Refus};

/// Data set.
const JEU: &str = "offre.services";
/// Records read.
const FICHES: u32 = 20_000;

/// Whom a tariff is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affiliation {
    /// A member.
    Affiliee,
    /// Another body.
    NonAffiliee,
}

/// How a prestation is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To one person or one post.
    Individuel,
    /// To a group.
    Collectif,
}

/// What the reader looks for.
#[derive(Debug, Clone, Default)]
pub struct Recherche {
    /// Words of the name.
    pub mots: String,
    /// Code of a family.
    pub famille: Option<String>,
    /// How it is given.
    pub mode: Option<Mode>,
    /// Whom it is for.
    pub affiliation: Option<Affiliation>,
}

/// The offers, as three tables.
#[derive(Debug, Clone)]
pub struct Offre {
    /// What is offered, by family.
    pub prestations: Table,
    /// Prices by situation.
    pub tarifs: Table,
    /// Shared tools.
    pub outils: Table,
}

/// (code, label) of the families.
pub fn familles() -> Vec<(String, String)> {
    let liste = jeu(JEU).and_then(|j| j.nomenclature_de_nom("offre_famille"));
    liste.map(|l| l.modalites.iter().map(|m| (m.code.clone(), m.libelle.clone())).collect()).unwrap_or_default()
}

/// Reads what the caller may see, in the last version of each centre, and lays it out.
pub async fn lit(guichet: &Guichet, recherche: &Recherche) -> Result<Offre, Refus> {
    let audience = guichet.appelant().audience.max(Audience::Reseau);
    let filtre = FiltreFiche {
        audience: guichet.audience(Some(audience))?,
        jeu: JEU.to_owned(),
        campagne: None,
        liste: None,
        departement: None,
        emetteur: None,
    };
    let fiches = dernieres(guichet.fiches(&filtre, None, FICHES).await?);
    let presents: BTreeSet<&str> = fiches.iter().map(|f| f.rang.noeud.as_str()).collect();
    let noeuds = guichet.configuration().noeuds.iter().map(|(n, _)| n);
    let mut centres: Vec<&Noeud> = noeuds.filter(|n| presents.contains(n.identifiant.as_str())).collect();
    centres.sort_by_key(|n| rang_de_centre(guichet, n));
    Ok(dispose(&fiches, &centres, recherche))
}

/// A version replaces the one before as a whole: what it no longer names is no longer offered.
fn dernieres(mut fiches: Vec<Fiche>) -> Vec<Fiche> {
    let mut versions: BTreeMap<String, String> = BTreeMap::new();
    for f in &fiches {
        let version = versions.entry(f.rang.noeud.clone()).or_default();
        if *version < f.rang.campagne {
            version.clone_from(&f.rang.campagne);
        }
    }
    fiches.retain(|f| versions.get(&f.rang.noeud) == Some(&f.rang.campagne));
    fiches
}

fn champ<'f>(f: &'f Fiche, code: &str) -> &'f str {
    f.champs.get(code).map_or("", String::as_str)
}

fn dispose(fiches: &[Fiche], centres: &[&Noeud], recherche: &Recherche) -> Offre {
    let prestations: Vec<&Fiche> =
        fiches.iter().filter(|f| f.rang.liste == "prestation" && recherche.garde_prestation(f)).collect();
    let retenus: BTreeSet<(&str, String)> =
        prestations.iter().map(|f| (f.rang.noeud.as_str(), plie(champ(f, "titre")))).collect();
    let restreint = recherche.famille.is_some() || recherche.mode.is_some();
    let tarif = |f: &&Fiche| {
        f.rang.liste == "tarif"
            && recherche.garde_tarif(f)
            && (!restreint || retenus.contains(&(f.rang.noeud.as_str(), plie(champ(f, "prestation")))))
    };
    let outil = |f: &&Fiche| {
        f.rang.liste == "outil"
            && recherche.garde_mots(champ(f, "titre"))
            && recherche.famille.as_deref().is_none_or(|famille| famille == "outil")
    };
    Offre {
        prestations: croise(
            ("prestations", "Prestations proposées par chaque centre"),
            &["Prestation", "Famille"],
            centres,
            prestations.into_iter().map(|f| (vec![champ(f, "titre").to_owned(), famille(f)], f)),
            proposition,
        ),
        tarifs: croise(
            ("tarifs", "Tarifs de chaque centre, par situation"),
            &["Prestation", "Situation"],
            centres,
            fiches
                .iter()
                .filter(tarif)
                .map(|f| (vec![champ(f, "prestation").to_owned(), champ(f, "situation").to_owned()], f)),
            prix,
        ),
        outils: croise(
            ("outils", "Outils partagés : prix annuel par centre"),
            &["Outil"],
            centres,
            fiches.iter().filter(outil).map(|f| (vec![champ(f, "titre").to_owned()], f)),
            |f| montant(champ(f, "prix_annuel")),
        ),
    }
}

fn famille(f: &Fiche) -> String {
    let code = champ(f, "famille");
    familles().into_iter().find(|(c, _)| c == code).map_or_else(|| code.to_owned(), |(_, libelle)| libelle)
}

/// One row for each name, one column for each centre; a centre that has nothing there shows nothing.
fn croise<'f>(
    (identifiant, titre): (&'static str, &str),
    entetes: &[&str],
    centres: &[&Noeud],
    entrees: impl Iterator<Item = (Vec<String>, &'f Fiche)>,
    valeur: impl Fn(&Fiche) -> Valeur,
) -> Table {
    let mut lignes: BTreeMap<Vec<String>, (Vec<String>, Vec<Valeur>)> = BTreeMap::new();
    for (noms, fiche) in entrees {
        let Some(colonne) = centres.iter().position(|n| n.identifiant.as_str() == fiche.rang.noeud) else { continue };
        // Names are compared as people read them; the family comes first where there is one.
        let cle: Vec<String> = noms.iter().rev().map(|n| plie(n)).collect();
        let ligne = lignes.entry(cle).or_insert_with(|| (noms, vec![Valeur::Rien; centres.len()]));
        if let Some(case) = ligne.1.get_mut(colonne) {
            *case = valeur(fiche);
        }
    }
    let textes = entetes.iter().map(|e| Colonne::texte(*e));
    Table {
        identifiant,
        titre: titre.to_owned(),
        colonnes: textes.chain(centres.iter().map(|n| Colonne::nombre(n.organisme.as_str()))).collect(),
        lignes: lignes
            .into_values()
            .map(|(noms, cases)| {
                noms.into_iter().map(Cellule::from).chain(cases.into_iter().map(Cellule::from)).collect()
            })
            .collect(),
    }
}

fn proposition(f: &Fiche) -> Valeur {
    match champ(f, "duree") {
        "" => "proposée".into(),
        duree => duree.into(),
    }
}

fn prix(f: &Fiche) -> Valeur {
    match (champ(f, "possible"), champ(f, "prix")) {
        ("non", _) => "impossible".into(),
        (_, "") => "sur devis".into(),
        (_, prix) => montant(prix),
    }
}

fn montant(texte: &str) -> Valeur {
    Decimal::from_str_exact(texte).map_or_else(|_| Valeur::Rien, Valeur::Euros)
}

impl Recherche {
    fn garde_mots(&self, nom: &str) -> bool {
        let nom = plie(nom);
        plie(&self.mots).split_whitespace().all(|mot| nom.contains(mot))
    }

    fn garde_prestation(&self, f: &Fiche) -> bool {
        let groupe = champ(f, "participants_max").parse::<u32>().is_ok_and(|n| n > 1);
        self.garde_mots(champ(f, "titre"))
            && self.famille.as_deref().is_none_or(|famille| famille == champ(f, "famille"))
            && self.mode.is_none_or(|mode| groupe == (mode == Mode::Collectif))
    }

    fn garde_tarif(&self, f: &Fiche) -> bool {
        let situation = plie(champ(f, "situation"));
        // A tariff that says nothing of membership is for all.
        let pour = match (situation.contains("non affilie"), situation.contains("affilie")) {
            (true, _) => Some(Affiliation::NonAffiliee),
            (false, true) => Some(Affiliation::Affiliee),
            (false, false) => None,
        };
        self.garde_mots(champ(f, "prestation"))
            && self.affiliation.is_none_or(|voulue| pour.is_none_or(|pour| pour == voulue))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hub_storage::fiche::RangFiche;

    fn fiche(noeud: &str, campagne: &str, liste: &str, champs: &[(&str, &str)]) -> Fiche {
        Fiche {
            rang: RangFiche {
                jeu: JEU.to_owned(),
                campagne: campagne.to_owned(),
                liste: liste.to_owned(),
                cle: champs.iter().map(|c| c.1).collect(),
                noeud: noeud.to_owned(),
            },
            territoire: String::new(),
            champs: champs.iter().map(|(c, v)| ((*c).to_owned(), (*v).to_owned())).collect(),
            emetteur_nom: String::new(),
            organisme: String::new(),
        }
    }

    fn tarif(noeud: &str, situation: &str, prix: &str) -> Fiche {
        let possible = if prix == "impossible" { "non" } else { "oui" };
        let prix = if possible == "non" { "" } else { prix };
        let champs = [("prestation", "Bilan"), ("situation", situation), ("prix", prix), ("possible", possible)];
        fiche(noeud, "2026-T1", "tarif", &champs)
    }

    fn noeud(siren: &str) -> Noeud {
        Noeud {
            identifiant: format!("cdg-{siren}").parse().unwrap(),
            nom: siren.to_owned(),
            organisme: siren.to_owned(),
            regions: vec![],
            actif: true,
        }
    }

    #[test]
    fn tariffs_stand_side_by_side_under_the_same_situation() {
        let (a, b) = (noeud("287000012"), noeud("282500016"));
        let fiches = [
            tarif(a.identifiant.as_str(), "Collectivité affiliée", "250"),
            tarif(b.identifiant.as_str(), "collectivité  affiliée", ""),
            tarif(b.identifiant.as_str(), "collectivité non affiliée", "impossible"),
        ];
        let mots = |recherche: &Recherche| {
            let table = dispose(&fiches, &[&a, &b], recherche).tarifs;
            table
                .lignes
                .iter()
                .map(|l| l.iter().map(|c| c.valeur.to_string()).collect::<Vec<_>>().join("|"))
                .collect::<Vec<_>>()
        };
        let toutes = mots(&Recherche::default());
        assert_eq!(toutes.len(), 2);
        assert!(toutes[0].contains("250") && toutes[0].ends_with("|sur devis"), "{toutes:?}");
        assert!(toutes[1].ends_with("|–|impossible"), "{toutes:?}");
        let non = Recherche { affiliation: Some(Affiliation::NonAffiliee), ..Recherche::default() };
        assert_eq!(mots(&non).len(), 1);
        assert!(mots(&Recherche { mots: "ergonomie".to_owned(), ..Recherche::default() }).is_empty());
    }

    #[test]
    fn a_version_replaces_the_one_before_as_a_whole() {
        let titre = |campagne: &str, titre: &str| fiche("n", campagne, "prestation", &[("titre", titre)]);
        let gardees = dernieres(vec![titre("2025-T4", "Ancienne"), titre("2026-T1", "Nouvelle")]);
        assert_eq!(gardees.iter().map(|f| champ(f, "titre")).collect::<Vec<_>>(), ["Nouvelle"]);
    }
}

//! The one place where it is written who may see what (architecture, §7; domain notes, §4). Deny by
//! default: a role sees what its arm grants and nothing else.
//!
//! Levels: structures and dispositifs (L2), départements and centres (L3), regions (L4). L0 and L1, the
//! persons, never reach a hub. At the level of a region, a node publishes the part of it that it knows.

use hub_storage::remontee::{CleRemontee, EtatRemontee};
use hub_storage::{Visibilite, Zone};
use referentiel::cellule::Audience;
use referentiel::territoire::Niveau;

use super::territoire::{
    centres_de, centres_des_regions, departements_des_regions, regions_des_centres, regions_des_departements,
};
use super::{Appelant, Role};
use crate::configuration::Configuration;

/// What a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regard {
    /// Widest audience served.
    pub audience: Audience,
    /// Cells protected for the network or for the public, and fiches.
    pub cellules: Visibilite,
    /// Contractual cells, which concern a centre and the FIPHFP alone.
    pub convention: Visibilite,
    /// Centres whose publications are listed.
    pub registre: Option<Zone>,
    /// Where reasons of refusal and of correction are told: they name cells.
    pub motifs: Option<Zone>,
    /// Centres whose completeness is told.
    pub completude: Option<Zone>,
    /// Remontées whose state is told.
    pub remontees: Option<Zone>,
    /// True when the counts of the whole hub are told.
    pub bilan: bool,
}

impl Regard {
    fn ferme(audience: Audience) -> Self {
        Self {
            audience,
            cellules: Visibilite::default(),
            convention: Visibilite::default(),
            registre: None,
            motifs: None,
            completude: None,
            remontees: None,
            bilan: false,
        }
    }

    fn ouvert() -> Self {
        Self {
            cellules: Visibilite::entiere(),
            registre: Some(Zone::Tout),
            motifs: Some(Zone::Tout),
            completude: Some(Zone::Tout),
            remontees: Some(Zone::Tout),
            bilan: true,
            ..Self::ferme(Audience::Reseau)
        }
    }

    /// True when the reasons given to this centre about this dispositif are told.
    pub fn voit_les_motifs(&self, centre: &str, dispositif: Option<&str>) -> bool {
        self.motifs.as_ref().is_some_and(|zone| couvre(zone, centre, dispositif))
    }
}

fn couvre(zone: &Zone, centre: &str, dispositif: Option<&str>) -> bool {
    match zone {
        Zone::Tout => true,
        Zone::Centres(centres) => centres.iter().any(|c| c == centre),
        Zone::Dispositifs(dispositifs) => dispositif.is_some_and(|d| dispositifs.iter().any(|c| c == d)),
        Zone::Regions(_) | Zone::Departements(_) => false,
    }
}

/// What may be done, beside seeing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Move a remontée to this state.
    Remontee(EtatRemontee),
    /// Move a campaign.
    Campagne,
    /// Remind a centre.
    Relance,
    /// Do this about the good practices of a centre.
    Pratique(GestePratique),
    /// Run the nodes, read the accounts and the journal.
    Administration,
}

/// What is done about a good practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GestePratique {
    /// Propose one for a centre.
    Proposer,
    /// Publish or refuse the one a centre proposed.
    Decider,
    /// Say that a centre does the same.
    Adopter,
}

/// May this caller do it, as far as their role goes? The state is looked at elsewhere.
pub fn peut(appelant: &Appelant, regard: &Regard, action: Action, cle: Option<&CleRemontee>) -> bool {
    let dans = |zone: &Option<Zone>| {
        zone.as_ref().is_some_and(|z| cle.is_some_and(|k| couvre(z, &k.noeud, Some(&k.dispositif))))
    };
    appelant.ecriture
        && match (action, appelant.role) {
            // « Chef de file : fiche dispositif, validation » ; « CDG : signe, publie » (domain notes, §4).
            (Action::Remontee(EtatRemontee::Transmise | EtatRemontee::Validee), Some(Role::Cdg | Role::ChefDeFile)) => {
                dans(&regard.remontees)
            }
            (
                Action::Remontee(
                    EtatRemontee::EnCorrection
                    | EtatRemontee::Controlee
                    | EtatRemontee::SansObjet
                    | EtatRemontee::Attendue,
                ),
                Some(Role::GestionnaireHub),
            ) => dans(&regard.remontees),
            // « DTH : relance » ; the manager animates the campaign (domain notes, §4).
            (Action::Relance, Some(Role::GestionnaireHub | Role::Dth)) => dans(&regard.completude),
            // « CDG référent handicap : bonnes pratiques » (domain notes, §4): for its own centres only.
            (Action::Pratique(GestePratique::Proposer | GestePratique::Adopter), Some(Role::Cdg)) => {
                ecrit_les_pratiques(appelant) && dans(&regard.registre)
            }
            // « DTH : décisions »: it reads what the centres of its region propose, and nobody reads their own.
            (Action::Pratique(GestePratique::Decider), Some(Role::Dth)) => {
                ecrit_les_pratiques(appelant) && dans(&regard.completude)
            }
            // A campaign is the whole hub's, and so are the nodes: a manager narrowed to some regions moves neither.
            (Action::Campagne | Action::Administration, Some(Role::GestionnaireHub)) => {
                appelant.territoires.is_empty() && (action == Action::Campagne || appelant.jeux.is_none())
            }
            _ => false,
        }
}

/// A token narrowed to other data sets has nothing to say of practices.
fn ecrit_les_pratiques(appelant: &Appelant) -> bool {
    appelant.jeux.as_ref().is_none_or(|jeux| jeux.iter().any(|j| j == "pratiques"))
}

/// What this caller may see.
pub fn regard(appelant: &Appelant, configuration: &Configuration) -> Regard {
    let codes = &appelant.territoires;
    let mut regard = match appelant.role {
        // The installation opened the network's figures to whoever reaches it.
        None if appelant.audience == Audience::Reseau => Regard::ouvert(),
        None | Some(Role::Public) => public(codes),
        Some(Role::GestionnaireHub) => gestionnaire(codes, configuration),
        Some(Role::Ars | Role::Dreets) => etat(&departements_des_regions(codes), codes, configuration),
        Some(Role::Ddets) => etat(codes, &regions_des_departements(codes), configuration),
        Some(Role::Dth) => dth(codes, configuration),
        Some(Role::Cdg) => cdg(codes, configuration),
        Some(Role::ChefDeFile) => chef_de_file(codes),
        Some(Role::Cfea) => cfea(codes, configuration),
    };
    regard.cellules.jeux.clone_from(&appelant.jeux);
    regard.convention.jeux.clone_from(&appelant.jeux);
    regard
}

/// L4 and L5, in the tables protected for everybody.
fn public(regions: &[String]) -> Regard {
    Regard { cellules: en_parts([(Niveau::Region, des_regions(regions))]), ..Regard::ferme(Audience::Public) }
}

/// L4; and who has sent, since it animates the campaign.
fn cfea(regions: &[String], configuration: &Configuration) -> Regard {
    let centres = || Zone::Centres(centres_des_regions(regions, configuration));
    Regard {
        cellules: en_parts([(Niveau::Region, des_regions(regions))]),
        completude: Some(if regions.is_empty() { Zone::Tout } else { centres() }),
        remontees: Some(if regions.is_empty() { Zone::Tout } else { centres() }),
        ..Regard::ferme(Audience::Reseau)
    }
}

/// Everything, in what the secret lets through; of some regions when narrowed to them.
fn gestionnaire(regions: &[String], configuration: &Configuration) -> Regard {
    if regions.is_empty() {
        return Regard::ouvert();
    }
    let departements = departements_des_regions(regions);
    let centres = Zone::Centres(centres_des_regions(regions, configuration));
    Regard {
        cellules: en_parts([
            (Niveau::Structure, Zone::Departements(departements.clone())),
            (Niveau::Dispositif, Zone::Departements(departements.clone())),
            (Niveau::Departement, Zone::Departements(departements)),
            (Niveau::Region, des_regions(regions)),
        ]),
        registre: Some(centres.clone()),
        motifs: Some(centres.clone()),
        remontees: Some(centres.clone()),
        completude: Some(centres),
        bilan: true,
        ..Regard::ferme(Audience::Reseau)
    }
}

/// ARS, DREETS, DDETS: L2 of their territory, L3 of their region, L4 everywhere.
fn etat(departements: &[String], regions: &[String], configuration: &Configuration) -> Regard {
    let centres = Zone::Centres(centres_des_regions(regions, configuration));
    Regard {
        cellules: en_parts([
            (Niveau::Structure, Zone::Departements(departements.to_vec())),
            (Niveau::Dispositif, Zone::Departements(departements.to_vec())),
            (Niveau::Departement, Zone::Departements(departements_des_regions(regions))),
            (Niveau::Region, Zone::Tout),
        ]),
        registre: Some(centres.clone()),
        remontees: Some(centres.clone()),
        completude: Some(centres),
        bilan: true,
        ..Regard::ferme(Audience::Reseau)
    }
}

/// The conventions of its region; no dispositif.
fn dth(regions: &[String], configuration: &Configuration) -> Regard {
    let centres = Zone::Centres(centres_des_regions(regions, configuration));
    Regard {
        cellules: en_parts([
            (Niveau::Departement, Zone::Departements(departements_des_regions(regions))),
            (Niveau::Region, Zone::Tout),
        ]),
        convention: en_parts([(Niveau::Departement, centres.clone()), (Niveau::Region, centres.clone())]),
        registre: Some(centres.clone()),
        remontees: Some(centres.clone()),
        completude: Some(centres),
        bilan: true,
        ..Regard::ferme(Audience::Convention)
    }
}

/// Its own figures whole; of its peers, what they publish by département and by region.
fn cdg(codes: &[String], configuration: &Configuration) -> Regard {
    let mut siens: Vec<String> = codes.iter().flat_map(|c| centres_de(c, configuration)).collect();
    siens.sort_unstable();
    siens.dedup();
    let voisins = centres_des_regions(&regions_des_centres(&siens, configuration), configuration);
    let siens = Zone::Centres(siens);
    Regard {
        cellules: en_parts([
            (Niveau::Structure, siens.clone()),
            (Niveau::Dispositif, siens.clone()),
            (Niveau::Departement, Zone::Tout),
            (Niveau::Region, Zone::Tout),
        ]),
        convention: en_parts(hub_storage::visibilite::NIVEAUX.map(|n| (n, siens.clone()))),
        registre: Some(siens.clone()),
        remontees: Some(siens.clone()),
        motifs: Some(siens),
        completude: Some(Zone::Centres(voisins)),
        bilan: true,
        ..Regard::ferme(Audience::Convention)
    }
}

/// Its own dispositif and, when it is named, its département.
fn chef_de_file(codes: &[String]) -> Regard {
    let (dispositifs, departements): (Vec<String>, Vec<String>) = codes.iter().cloned().partition(|c| c.len() == 5);
    Regard {
        cellules: en_parts([
            (Niveau::Structure, Zone::Dispositifs(dispositifs.clone())),
            (Niveau::Dispositif, Zone::Dispositifs(dispositifs.clone())),
            (Niveau::Departement, Zone::Departements(departements)),
            (Niveau::Region, Zone::Tout),
        ]),
        motifs: Some(Zone::Dispositifs(dispositifs.clone())),
        remontees: Some(Zone::Dispositifs(dispositifs)),
        ..Regard::ferme(Audience::Reseau)
    }
}

fn en_parts(parts: impl IntoIterator<Item = (Niveau, Zone)>) -> Visibilite {
    Visibilite { parts: parts.into_iter().collect(), jeux: None }
}

fn des_regions(regions: &[String]) -> Zone {
    if regions.is_empty() { Zone::Tout } else { Zone::Regions(regions.to_vec()) }
}

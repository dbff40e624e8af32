//! EA06, the stock-flow identity: the registered persons of a campaign are those of the one before,
//! plus the entries, minus the exits. A gap is a date or a status to look for (C-AG-01).

use referentiel::identifiant::ReferenceDispositif;

use super::erreur::ErreurCalcul;
use super::situation::{Campagne, SituationNoeud};

/// A dispositif whose stock does not follow from its flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcartStockFlux {
    /// The dispositif.
    pub dispositif: ReferenceDispositif,
    /// EA02 of the campaign before, plus EA04, minus EA05.
    pub attendu: i64,
    /// EA02 of the campaign.
    pub constate: i64,
}

/// The dispositifs that break the identity, by reference. Those without a campaign
/// before are not concerned.
pub fn stock_flux(noeud: &SituationNoeud<'_>) -> Result<Vec<EcartStockFlux>, ErreurCalcul> {
    let campagne = Campagne::lit(*noeud)?;
    let ecart = |(rang, d): (usize, &super::situation::Dispositif<'_>)| {
        let dispositif = d.fiche.reference.clone();
        let constate = campagne.du_dispositif(rang).filter(|s| s.present()).count() as i64;
        let entrees = campagne.du_dispositif(rang).filter(|s| s.entre_dans_la_periode()).count() as i64;
        let sorties = campagne.du_dispositif(rang).filter(|s| s.sort_dans_la_periode()).count() as i64;
        let attendu = d.presents_avant? as i64 + entrees - sorties;
        (attendu != constate).then_some(EcartStockFlux { dispositif, attendu, constate })
    };
    Ok(campagne.dispositifs.iter().enumerate().filter_map(ecart).collect())
}

//! What the node knows before it judges a workbook: the campaign announced, the quarter before, what was
//! deposited. The command line and the pages both ask here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::{DateTime, Utc};
use dossier::Remontee;
use dossier::controle::{self, CampagneAttendue, Referentiel};
use node_storage::Base;
use referentiel::identifiant::ReferenceDispositif;
use referentiel::periode::Trimestre;

use super::{Contexte, Depot, DepotAnterieur, Fenetre};
use crate::configuration::{Campagne, Configuration};

/// What the node knows, for a workbook of this campaign.
///
/// `voulue` is the campaign asked for, `lue` that of the dates of the workbook.
pub async fn contexte(
    configuration: &Configuration,
    base: Option<&Base>,
    instant: DateTime<Utc>,
    (voulue, lue): (Option<Trimestre>, Option<Trimestre>),
) -> Result<Contexte> {
    let Some(trimestre) = voulue.or(lue) else { return Ok(Contexte::default()) };
    let annoncee = configuration.campagne_de(trimestre);
    let attendue = match (annoncee, voulue) {
        (Some(c), _) => Some(CampagneAttendue { trimestre, date: c.date.unwrap_or(trimestre.fin()) }),
        (None, Some(_)) => Some(CampagneAttendue { trimestre, date: trimestre.fin() }),
        (None, None) => None,
    };
    let (remontees, anterieurs, connus) = match base {
        Some(base) => memoire(base, trimestre).await?,
        None => Default::default(),
    };
    let referentiel = match annoncee.filter(|c| !c.dispositifs.is_empty()) {
        Some(c) => Referentiel::Declare(c.dispositifs.iter().cloned().collect()),
        None => Referentiel::Constate(connus),
    };
    Ok(Contexte {
        controle: controle::Contexte { campagne: attendue, referentiel, remontees, ..controle::Contexte::default() },
        depot: depot(instant, annoncee, anterieurs),
    })
}

type Memoire = (Vec<Remontee>, Vec<DepotAnterieur>, BTreeSet<ReferenceDispositif>);

async fn memoire(base: &Base, trimestre: Trimestre) -> Result<Memoire> {
    let mut remontees = base.remontees(trimestre.precedent()).await?;
    remontees.extend(base.remontees(trimestre).await?);
    let imports = base.imports(10_000).await?;
    let connus = imports.iter().flat_map(|i| &i.dispositifs).filter_map(|d| d.parse().ok()).collect();
    let anterieurs = base.empreintes().await?;
    let anterieurs =
        anterieurs.into_iter().map(|(empreinte, le)| DepotAnterieur { empreinte, jour: le.date_naive() }).collect();
    Ok((remontees, anterieurs, connus))
}

fn depot(instant: DateTime<Utc>, annoncee: Option<&Campagne>, anterieurs: Vec<DepotAnterieur>) -> Depot {
    let fenetre = annoncee.and_then(|c| Some(Fenetre { ouverture: c.ouverture?, cloture: c.limite_depot? }));
    let attendus = annoncee
        .filter(|c| !c.dispositifs.is_empty())
        .map(|c| c.dispositifs.iter().map(|d| (d.clone(), vec![])).collect::<BTreeMap<_, Vec<String>>>());
    let aujourdhui = instant.with_timezone(&chrono_tz::Europe::Paris).date_naive();
    Depot { jour: Some(aujourdhui), deposant: None, fenetre, attendus, anterieurs }
}

//! What operators see of a node from outside: its queue, its hub, its process. Nothing of a case, no count of persons.

use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};
use node_storage::ErreurBase;
use prometheus::{IntCounterVec, IntGauge};
use publication::StatutAccuse;
use web::mesures::Registre;

use crate::outbox::Bilan;
use crate::service::Service;

/// The measures of a node. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mesures(Arc<Interieur>);

#[derive(Debug)]
struct Interieur {
    registre: Registre,
    envois: IntCounterVec,
    en_file: IntGauge,
    attente: IntGauge,
    contact: IntGauge,
    alarme: IntGauge,
    reference: IntGauge,
    approbations: IntGauge,
    lisible: IntGauge,
}

const ISSUES: [&str; 3] = ["accepte", "refuse", "reporte"];

impl Mesures {
    /// All of them, at zero.
    pub fn nouvelles() -> Result<Self> {
        let r = Registre::nouveau("maillage_node")?;
        let mesures = Interieur {
            envois: r.compteurs("envois_total", "Envois essayés, par issue.", "issue")?,
            en_file: r.jauge("file_envois", "Envois scellés qui attendent leur accusé.")?,
            attente: r
                .jauge("file_attente_seconds", "Âge du plus ancien envoi sans accusé ; 0 quand rien n’attend.")?,
            contact: r.jauge(
                "hub_dernier_contact_timestamp_seconds",
                "Moment où le hub a répondu pour la dernière fois depuis le démarrage ; 0 avant.",
            )?,
            alarme: r.jauge("registre_alarme", "1 quand le registre du hub n’est plus celui que ce nœud connaît.")?,
            reference: r.jauge(
                "reference_expiration_timestamp_seconds",
                "Moment après lequel les données de référence du hub sont périmées ; 0 avant les premières.",
            )?,
            approbations: r.jauge("approbations_attendues", "Publications qui attendent qu’un agent les relise.")?,
            lisible: r.jauge("database_up", "1 quand la base a répondu au dernier relevé.")?,
            registre: r,
        };
        for issue in ISSUES {
            mesures.envois.with_label_values(&[issue]);
        }
        Ok(Self(Arc::new(mesures)))
    }

    /// What a run of the outbox did.
    pub fn passage(&self, bilan: &Bilan, maintenant: DateTime<Utc>) {
        for accuse in &bilan.accuses {
            let issue = if accuse.status == StatutAccuse::Refusee { "refuse" } else { "accepte" };
            self.0.envois.with_label_values(&[issue]).inc();
        }
        match bilan.interrompu {
            Some(_) => self.0.envois.with_label_values(&["reporte"]).inc(),
            None => self.0.contact.set(maintenant.timestamp()),
        }
    }

    /// How many publications wait for somebody.
    pub fn approbations(&self, nombre: usize) {
        self.0.approbations.set(i64::try_from(nombre).unwrap_or(i64::MAX));
    }

    /// What the text of the measures is made of.
    pub fn registre(&self) -> Registre {
        self.0.registre.clone()
    }

    /// Reads what is only known when asked for.
    pub async fn releve(&self, service: &Service) {
        let lu = self.pose(service).await;
        self.0.lisible.set(i64::from(lu.is_ok()));
        if let Err(erreur) = lu {
            tracing::warn!(%erreur, "relevé des mesures");
        }
    }

    async fn pose(&self, service: &Service) -> Result<(), ErreurBase> {
        let (m, base) = (&self.0, &service.base);
        let file = base.a_envoyer(u64::MAX).await?;
        m.en_file.set(i64::try_from(file.len()).unwrap_or(i64::MAX));
        let attente = match file.first() {
            Some(seq) => (service.horloge.maintenant() - base.envoi(*seq).await?.scelle_le).num_seconds(),
            None => 0,
        };
        m.attente.set(attente.max(0));
        m.alarme.set(i64::from(base.temoin().await?.is_some_and(|t| t.alarme.is_some())));
        m.reference.set(base.manifeste().await?.map_or(0, |r| r.valable_jusqu_au.timestamp()));
        Ok(())
    }
}

//! The node alive: schedules, outbox, pages, health endpoint. Everything it does can be done over again.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use node_storage::Base;
use node_storage::envoi::Envoi;
use publication::succession::ClesSuccessives;
use publication::trousseau::Trousseau;
use publication::{Acte, ClePublique, CleSignature};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use referentiel::horloge::Horloge;
use referentiel::identifiant::IdentifiantNoeud;
use referentiel::jeu::{Jeu, jeu};
use referentiel::periode::Trimestre;
use serde_json::{Value, json};

use crate::configuration::{Configuration, Hub};
use crate::emission::Emetteur;
use crate::fil::{Fil, Https};
use crate::horaire::Horaire;
use crate::jeux::convention;
use crate::mesures::Mesures;
use crate::outbox::{Bilan, Outbox};
use crate::restitution::Pages;
use crate::transport::Transport;
use crate::{cle, cles_hub, partage, refait, reference, rotation};

/// One run of the outbox over HTTPS.
pub async fn envoie(c: &Configuration, base: &Base, horloge: &dyn Horloge) -> Result<Bilan> {
    envoie_par(c, base, horloge, &mut hasard(), &|| Ok(Box::new(Https::vers(hub(c)?)?))).await
}

/// Makes a wire to the hub.
pub type Fabrique<'f> = dyn Fn() -> Result<Box<dyn Fil + 'f>> + Sync + 'f;

/// One run of the outbox over any wire. Around it, a rotation of key is finished as soon as its receipt has
/// come; after a history was taken back from the hub, the chain says so, and what was voided to make room for
/// it is sealed again, under the key then in force.
pub async fn envoie_par(
    c: &Configuration,
    base: &Base,
    horloge: &dyn Horloge,
    rng: &mut ChaCha20Rng,
    fil: &Fabrique<'_>,
) -> Result<Bilan> {
    let bilan = deux_passages(c, base, horloge, rng, fil).await?;
    if bilan.interrompu.is_some() {
        return Ok(bilan);
    }
    // What is handed down never keeps a publication from leaving.
    let articles = descend(c, base, horloge, rng, fil()?).await.unwrap_or_else(|e| {
        tracing::warn!("ce que le hub partage n’a pas pu être lu : {e:#}");
        0
    });
    let avertissements = reference::avertissements(base, horloge.maintenant()).await?;
    Ok(Bilan { articles, avertissements, ..bilan })
}

/// Reads what the hub hands down: reference data, then the feed.
async fn descend(
    c: &Configuration,
    base: &Base,
    horloge: &dyn Horloge,
    rng: &mut ChaCha20Rng,
    fil: Box<dyn Fil + '_>,
) -> Result<u64> {
    let (cle, cles_hub) = (cle::lit(&c.noeud.cle)?, cles_du_hub(c, base).await?);
    let voisines = rotation::voisines(&c.noeud.cle)?;
    let outbox = outbox(c, base, &cle, &cles_hub, horloge)?;
    let transport = Transport::par(fil, hub(c)?, &c.noeud.identifiant, &cle, horloge);
    let transport = &mut transport.avec_voisines(&voisines);
    let trousseau = transport.public("/v1/keys", rng).await?;
    let trousseau = Trousseau::verifier(&trousseau, &cles_hub.actuelle(), outbox.hub)?;
    if let Err(e) = reference::suit(&outbox, &trousseau, transport, rng).await {
        tracing::warn!("les données de référence du hub n’ont pas pu être lues : {e:#}");
    }
    partage::suit(&outbox, &trousseau, transport, rng).await
}

/// Sends, and once more when the first passage made something to send.
async fn deux_passages(
    c: &Configuration,
    base: &Base,
    horloge: &dyn Horloge,
    rng: &mut ChaCha20Rng,
    fil: &Fabrique<'_>,
) -> Result<Bilan> {
    let mut premier = passage(c, base, horloge, rng, fil()?).await?;
    let remise = premier.cle_du_hub.take();
    if let Some(kid) = &remise {
        rotation::remet(&c.noeud.cle, kid)?;
        premier = passage(c, base, horloge, rng, fil()?).await?;
    }
    let (cle, cles_hub) = (cle::lit(&c.noeud.cle)?, cles_du_hub(c, base).await?);
    let outbox = outbox(c, base, &cle, &cles_hub, horloge)?;
    if premier.recuperes > 0 {
        outbox.scelle_acte(None, "restauration", &Acte::Restauration).await?;
    }
    let suivante = rotation::suivante(&c.noeud.cle)?;
    let rescelles = refait::rescelle(&outbox, suivante.as_ref()).await?;
    // The voided rotation announces again the key that was put aside; a node put back too has forgotten it.
    if let (Some(_), Some(nouvelle), None) = (&remise, &suivante, base.rotation_en_cours().await?) {
        outbox.scelle_acte(None, "restauration", &Acte::Rotation { nouvelle }).await?;
    } else if rescelles == 0 && premier.recuperes == 0 {
        return Ok(premier);
    }
    let second = passage(c, base, horloge, rng, fil()?).await?;
    let accuses = premier.accuses.into_iter().chain(second.accuses).collect();
    let recuperes = premier.recuperes + second.recuperes;
    Ok(Bilan { accuses, recuperes, confirmes: premier.confirmes + second.confirmes, ..second })
}

async fn passage(
    c: &Configuration,
    base: &Base,
    horloge: &dyn Horloge,
    rng: &mut ChaCha20Rng,
    fil: Box<dyn Fil + '_>,
) -> Result<Bilan> {
    rotation::acheve(base, &c.noeud.cle).await?;
    let cle = cle::lit(&c.noeud.cle)?;
    let voisines = rotation::voisines(&c.noeud.cle)?;
    let transport = Transport::par(fil, hub(c)?, &c.noeud.identifiant, &cle, horloge);
    let transport = &mut transport.avec_voisines(&voisines);
    let cles_hub = cles_du_hub(c, base).await?;
    let outbox_connue = outbox(c, base, &cle, &cles_hub, horloge)?;
    let bilan = match outbox_connue.vide(transport, rng).await {
        Err(e) if cles_hub::peut_etre_une_autre_cle(&e) => {
            // The hub may sign with the key it announced. Not announced, the first refusal stands.
            let suivies = cles_hub::suit(&outbox_connue, transport, rng).await.map_err(|refus| e.context(refus))?;
            outbox(c, base, &cle, &suivies, horloge)?.vide(transport, rng).await?
        }
        autre => autre?,
    };
    if rotation::acheve(base, &c.noeud.cle).await? {
        tracing::info!("la nouvelle clé du nœud est en vigueur");
    }
    Ok(bilan)
}

/// The hub that the configuration names.
pub fn hub(c: &Configuration) -> Result<&Hub> {
    c.hub.as_ref().context("La configuration ne nomme pas de hub : ajoutez une section [hub].")
}

/// The keys of that hub's receipts: the one pinned at enrolment, and those that took its place.
pub async fn cles_du_hub(c: &Configuration, base: &Base) -> Result<ClesSuccessives> {
    cles_hub::connues(base, cle_epinglee(c)?).await
}

/// The key of that hub's receipts, pinned at enrolment.
pub fn cle_epinglee(c: &Configuration) -> Result<ClePublique> {
    hub(c)?.cle_publique.parse().context("[hub] cle_publique")
}

/// The outbox of this node.
pub fn outbox<'a>(
    c: &'a Configuration,
    base: &'a Base,
    cle: &'a CleSignature,
    cles_hub: &'a ClesSuccessives,
    horloge: &'a dyn Horloge,
) -> Result<Outbox<'a>> {
    let hub = &hub(c)?.identifiant;
    Ok(Outbox { base, noeud: &c.noeud.identifiant, hub, region: &c.noeud.region, cle, cles_hub, horloge })
}

/// Randomness of the services, from the operating system.
#[expect(clippy::disallowed_methods, reason = "the service makes the generator that everything else receives")]
pub fn hasard() -> ChaCha20Rng {
    ChaCha20Rng::from_rng(&mut rand::rng())
}

/// What the schedules did at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// Jeux sealed, with their campaign.
    pub scelles: Vec<String>,
    /// Jeux that wait for a human.
    pub en_attente: Vec<String>,
}

/// A node and its schedules.
pub struct Service {
    /// Configuration.
    pub configuration: Configuration,
    /// Store.
    pub base: Base,
    /// Clock.
    pub horloge: Arc<dyn Horloge>,
    /// One run of the outbox at a time: the schedule and the pages share it.
    envoi: tokio::sync::Mutex<()>,
    mesures: Mesures,
}

impl Service {
    /// A node ready to live.
    pub fn nouveau(configuration: Configuration, base: Base, horloge: Arc<dyn Horloge>) -> Result<Self> {
        let mesures = Mesures::nouvelles()?;
        Ok(Self { configuration, base, horloge, envoi: tokio::sync::Mutex::default(), mesures })
    }

    /// One run of the outbox, when no other is under way.
    pub async fn envoie(&self) -> Result<Bilan> {
        let _seul = self.envoi.lock().await;
        let bilan = envoie(&self.configuration, &self.base, self.horloge.as_ref()).await?;
        self.mesures.passage(&bilan, self.horloge.maintenant());
        Ok(bilan)
    }

    /// The schedule of each jeu.
    pub fn horaires(&self) -> Result<BTreeMap<&str, Horaire>> {
        self.configuration.horaire.iter().map(|(j, l)| Ok((j.as_str(), Horaire::lit(l)?))).collect()
    }

    /// Runs every schedule whose slot has come, and once only those missed while the machine was off.
    pub async fn passe(&self) -> Result<Passage> {
        let maintenant = self.horloge.maintenant();
        let mut passage = Passage::default();
        for (code, horaire) in self.horaires()? {
            let Some(creneau) = horaire.precedent(maintenant) else { continue };
            match self.base.dernier_creneau(code).await? {
                // The first start is not a missed run: there was nothing to miss.
                None => self.base.note_creneau(code, creneau).await?,
                Some(dernier) if dernier >= creneau => {}
                Some(_) => {
                    self.publie(code, &mut passage).await?;
                    self.base.note_creneau(code, creneau).await?;
                }
            }
        }
        Ok(passage)
    }

    /// The key in force: the file, read each time, because a rotation changes it under a running service.
    pub fn cle(&self) -> Result<CleSignature> {
        cle::lit(&self.configuration.noeud.cle)
    }

    /// Publishes the last campaign of a jeu, if nobody has to agree first.
    async fn publie(&self, code: &str, passage: &mut Passage) -> Result<()> {
        let (Some(hub), Some(jeu)) = (&self.configuration.hub, jeu(code)) else { return Ok(()) };
        let Some(trimestre) = self.periode_a_publier(jeu).await? else { return Ok(()) };
        let cle = self.cle()?;
        let emetteur = Emetteur {
            configuration: &self.configuration,
            base: &self.base,
            cle: &cle,
            horloge: self.horloge.as_ref(),
        };
        let nom = format!("{code} {trimestre}");
        if emetteur.peut_partir_seule(jeu, trimestre).await? {
            emetteur.scelle(hub, jeu, trimestre, "horaire").await?;
            passage.scelles.push(nom);
        } else {
            tracing::warn!("{nom} attend qu’un agent relise l’aperçu et publie");
            passage.en_attente.push(nom);
        }
        Ok(())
    }

    /// The last campaign of the fiches, the last period keyed, or the last half-year ended of a convention.
    async fn periode_a_publier(&self, jeu: &Jeu) -> Result<Option<Trimestre>> {
        if jeu.est_declare() {
            let periode = self.base.derniere_periode_declaree(&jeu.code).await?;
            return Ok(periode.map(|p| p.parse()).transpose()?);
        }
        if !convention::JEUX.contains(&jeu.code.as_str()) {
            return Ok(self.base.campagnes().await?.last().copied());
        }
        if !convention::a_un_plan(&self.base).await? {
            return Ok(None);
        }
        let jour = self.horloge.maintenant().with_timezone(&chrono_tz::Europe::Paris).date_naive();
        let passe = Trimestre::contenant(jour)?.precedent();
        Ok(Some(if jeu.periodicite.admet(passe) { passe } else { passe.precedent() }))
    }

    /// Next moment something is due: a schedule, a retry, at most a minute (clocks may jump).
    async fn prochain(&self) -> Result<std::time::Duration> {
        let maintenant = self.horloge.maintenant();
        let horaires = self.horaires()?;
        let creneaux = horaires.values().filter_map(|h| h.suivant(maintenant));
        let dans = creneaux.min().map_or(chrono::Duration::minutes(1), |t| t - maintenant);
        let dans = dans.clamp(chrono::Duration::seconds(1), chrono::Duration::minutes(1));
        Ok(dans.to_std()?)
    }

    /// The entry that has waited longest for its receipt.
    async fn plus_ancien(&self) -> Result<Option<Envoi>> {
        match self.base.a_envoyer(u64::MAX).await?.first() {
            Some(seq) => Ok(Some(self.base.envoi(*seq).await?)),
            None => Ok(None),
        }
    }

    async fn file_due(&self, maintenant: DateTime<Utc>) -> Result<bool> {
        let Some(premier) = self.plus_ancien().await? else { return Ok(false) };
        if en_retard(&premier, maintenant) {
            tracing::error!(seq = premier.seq, "un envoi attend son accusé depuis plus d’un jour");
        }
        let etale = premier.scelle_le + etalement(&self.configuration.noeud.identifiant);
        Ok(premier.prochain_essai.unwrap_or(etale) <= maintenant)
    }

    /// A node that once published and sealed nothing for a day.
    async fn silencieux(&self, maintenant: DateTime<Utc>) -> Result<bool> {
        let dernier = self.base.dernier_scellement().await?;
        Ok(dernier.is_some_and(|t| maintenant - t >= chrono::Duration::days(1))
            && self.base.rotation_en_cours().await?.is_none())
    }

    /// Seals a heartbeat: the hub tells a node that lives and has nothing to say from one that died, and the
    /// node compares heads and checkpoints at least once a day.
    async fn bat(&self) -> Result<u64> {
        let cles_hub = cles_du_hub(&self.configuration, &self.base).await?;
        let cle = self.cle()?;
        let outbox = outbox(&self.configuration, &self.base, &cle, &cles_hub, self.horloge.as_ref())?;
        outbox.scelle_acte(None, "horaire", &Acte::Battement).await
    }

    async fn tourne(&self) -> Result<()> {
        let passage = self.passe().await?;
        if !(passage.scelles.is_empty() && passage.en_attente.is_empty()) {
            self.mesures.approbations(passage.en_attente.len());
        }
        if self.configuration.hub.is_none() {
            return Ok(());
        }
        let maintenant = self.horloge.maintenant();
        if self.silencieux(maintenant).await? {
            self.bat().await?;
        }
        if self.file_due(maintenant).await? {
            let bilan = self.envoie().await?;
            tracing::info!(accuses = bilan.accuses.len(), "file d’envoi parcourue");
            for avertissement in &bilan.avertissements {
                tracing::warn!("{avertissement}");
            }
        }
        Ok(())
    }

    /// Answers operators on their own address, when the configuration gives one.
    async fn sert_les_mesures(self: &Arc<Self>) -> Result<Option<tokio::task::JoinHandle<std::io::Result<()>>>> {
        let Some(adresse) = self.configuration.noeud.mesures else { return Ok(None) };
        let place = web::mesures::ecoute(adresse).await?;
        let service = Arc::clone(self);
        let releve = move || {
            let service = Arc::clone(&service);
            async move { service.mesures.releve(&service).await }
        };
        Ok(Some(tokio::spawn(web::mesures::sert(place, self.mesures.registre(), releve))))
    }

    /// Lives until told to stop.
    pub async fn vit(self: Arc<Self>, arret: impl Future<Output = ()>) -> Result<()> {
        let ecoute = tokio::net::TcpListener::bind(&self.configuration.noeud.ecoute).await.with_context(|| {
            format!("[noeud] ecoute : « {} » n’est pas disponible.", self.configuration.noeud.ecoute)
        })?;
        let adresse = ecoute.local_addr()?;
        if !adresse.ip().is_loopback() {
            tracing::warn!(
                "les pages sont ouvertes au réseau sans chiffrement : mettez un mandataire HTTPS devant {adresse}"
            );
        }
        let pages = Pages::nouvelles(Arc::clone(&self), adresse)?;
        let lien = pages.lien(&compte_du_systeme())?;
        let sante = Router::new().route("/sante", get(sante)).route("/pret", get(pret)).with_state(Arc::clone(&self));
        let routes = sante.merge(pages.routes());
        let (fin, fini) = tokio::sync::watch::channel(());
        let reponses = tokio::spawn(
            axum::serve(ecoute, routes)
                .with_graceful_shutdown(async move {
                    let mut fini = fini;
                    let _ = fini.changed().await;
                })
                .into_future(),
        );
        let mesures = self.sert_les_mesures().await?;
        annonce(&format!("maillage-node écoute sur http://{adresse}"));
        annonce(&format!("Pages du nœud, une fois et pendant dix minutes : {lien}"));
        let mut arret = std::pin::pin!(arret);
        loop {
            if let Err(e) = self.tourne().await {
                tracing::error!("{e:#}");
            }
            let attente = self.prochain().await?;
            tokio::select! {
                () = &mut arret => break,
                () = tokio::time::sleep(attente) => {}
            }
        }
        mesures.inspect(tokio::task::JoinHandle::abort);
        drop(fin);
        reponses.await??;
        self.base.clone().ferme().await;
        Ok(())
    }
}

/// Lines on standard output: the first says to whoever started the service that it is ready. A supervisor
/// that reads no further is no reason to stop.
fn annonce(ligne: &str) {
    let _ = writeln!(std::io::stdout(), "{ligne}");
}

/// The account of the operating system, for the journal.
pub fn compte_du_systeme() -> String {
    std::env::var("USER").unwrap_or_else(|_| "agent".to_owned())
}

/// Schedules of all centres come at the same hour: each sends a little later, always by the same few minutes.
fn etalement(noeud: &IdentifiantNoeud) -> chrono::Duration {
    const FENETRE: u16 = 600;
    let empreinte = publication::empreinte::empreinte_requete(noeud.as_str().as_bytes());
    let [a, b, ..] = *empreinte.octets();
    chrono::Duration::seconds(i64::from(u16::from_be_bytes([a, b]) % FENETRE))
}

/// Nothing is ever dropped; after a day somebody has to know.
fn en_retard(envoi: &Envoi, maintenant: DateTime<Utc>) -> bool {
    maintenant - envoi.scelle_le > chrono::Duration::days(1)
}

/// The store answers: the pages can be opened.
async fn pret(State(service): State<Arc<Service>>) -> (StatusCode, &'static str) {
    match service.base.tete().await {
        Ok(_) => (StatusCode::OK, "prêt\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "la base ne répond pas\n"),
    }
}

async fn sante(State(service): State<Arc<Service>>) -> Json<Value> {
    let en_file = service.base.a_envoyer(u64::MAX).await.map_or(0, |f| f.len());
    let premier = service.plus_ancien().await.ok().flatten();
    let etat = match &premier {
        Some(e) if en_retard(e, service.horloge.maintenant()) => "en_retard",
        _ => "vivant",
    };
    let depuis = premier.map(|e| e.scelle_le);
    let noeud = &service.configuration.noeud.identifiant;
    Json(json!({ "etat": etat, "noeud": noeud, "en_file": en_file, "en_file_depuis": depuis }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use dossier::modalite::{Emploi, Formation, NiveauSoutien, StatutAccompagnement, StatutDispositif};
    use dossier::{FicheDispositif, FicheEvenement, FichePersonne, Remontee};
    use node_storage::import::AImporter;
    use referentiel::horloge::HorlogeFixe;

    const JEU: &str = "ea.indicateurs";

    #[test]
    fn centres_whose_schedules_come_together_send_apart() {
        let noeud = |rang: u32| format!("cdg-28700{rang:04}").parse::<IdentifiantNoeud>();
        let retards: Vec<i64> =
            (0..9_999).filter_map(|rang| noeud(rang).ok()).map(|n| etalement(&n).num_seconds()).collect();
        assert!(retards.len() > 500 && retards.iter().all(|r| (0..600).contains(r)));
        let minutes: std::collections::BTreeSet<i64> = retards.iter().map(|r| r / 60).collect();
        assert_eq!(minutes.len(), 10, "every minute of the window is used");
    }

    fn remontee() -> Remontee {
        let date = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        let reference: referentiel::identifiant::ReferenceDispositif = "BFC01".parse().unwrap();
        let personne = |rang: u32| format!("BFC01{rang:09}").parse().unwrap();
        Remontee {
            trimestre: "2026-T1".parse().unwrap(),
            date,
            dispositifs: vec![FicheDispositif {
                reference: reference.clone(),
                nom: None,
                departement: Some("70".parse().unwrap()),
                statut: StatutDispositif::EnActivite,
                structures: vec!["Structure Horizon".to_owned()],
                capacite: Some(20),
                etp_total: None,
                etp_hors_administratifs: None,
                professionnels: None,
                liste_attente: None,
                sans_suite: None,
                acces: Default::default(),
            }],
            personnes: (0..20)
                .map(|rang| FichePersonne {
                    reference: personne(rang),
                    dispositif: reference.clone(),
                    structure: "Structure Horizon".to_owned(),
                    naissance: None,
                    sexe: None,
                    handicap_principal: None,
                    handicap_associe: None,
                    entree: NaiveDate::from_ymd_opt(2025, 1, 15),
                    sortie: None,
                    duree_sans_emploi: None,
                    orientation: None,
                })
                .collect(),
            evenements: (0..20)
                .map(|rang| FicheEvenement {
                    personne: personne(rang),
                    statut: StatutAccompagnement::Suivi,
                    niveau: NiveauSoutien::Suivi,
                    emploi: Emploi::Cdi,
                    formation: Formation::SansObjet,
                    emploi_mois: Emploi::Cdi,
                    formation_mois: Formation::SansObjet,
                    date,
                })
                .collect(),
        }
    }

    async fn service(approbation: &str, instant: &str) -> (Service, Arc<HorlogeFixe>, tempfile::TempDir) {
        let dossier = tempfile::tempdir().unwrap();
        let horloge = Arc::new(HorlogeFixe::nouvelle(instant.parse().unwrap()));
        let texte = format!(
            "[noeud]\nidentifiant = 'cdg-287000012'\n[hub]\nadresse = 'http://127.0.0.1:1'\nidentifiant = 'https://hub.example'\n\
             cle_publique = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'\n[publication]\napprobation = '{approbation}'\n\
             [horaire]\n'{JEU}' = '0 6 * * 1'\n"
        );
        let configuration = Configuration::lit_texte(&texte, dossier.path()).unwrap();
        let base = Base::ouvre(&configuration.noeud.base, &configuration.noeud.identifiant).await.unwrap();
        let remontee = remontee();
        let a = AImporter { remontee: &remontee, empreinte: "00", fichier: "essai.xlsx" };
        base.importe(a, horloge.maintenant()).await.unwrap();
        cle::cree(&configuration.noeud.cle, &mut ChaCha20Rng::seed_from_u64(7)).unwrap();
        (Service::nouveau(configuration, base, horloge.clone()).unwrap(), horloge, dossier)
    }

    #[tokio::test]
    async fn a_run_missed_while_the_machine_was_off_happens_once() {
        let (service, horloge, _dossier) = service("automatique", "2026-04-06T12:00:00Z").await;
        assert_eq!(service.passe().await.unwrap(), Passage::default(), "the first start missed nothing");
        horloge.regle("2026-04-28T12:00:00Z".parse().unwrap());
        let passage = service.passe().await.unwrap();
        assert_eq!(passage.scelles, ["ea.indicateurs 2026-T1"], "three Mondays were missed, one run happens");
        assert_eq!(service.passe().await.unwrap(), Passage::default());
        assert_eq!(service.base.tete().await.unwrap().unwrap().0, 1);
    }

    #[tokio::test]
    async fn the_first_publication_of_a_campaign_waits_for_a_human() {
        let (service, horloge, _dossier) = service("humaine", "2026-04-06T12:00:00Z").await;
        service.passe().await.unwrap();
        horloge.regle("2026-04-13T12:00:00Z".parse().unwrap());
        assert_eq!(service.passe().await.unwrap().en_attente, ["ea.indicateurs 2026-T1"]);
        assert!(service.base.tete().await.unwrap().is_none(), "nothing was sealed");
        service.base.approuve(JEU, "2026-T1", "agent", horloge.maintenant()).await.unwrap();
        horloge.regle("2026-04-20T12:00:00Z".parse().unwrap());
        assert_eq!(service.passe().await.unwrap().scelles, ["ea.indicateurs 2026-T1"]);
    }

    #[tokio::test]
    async fn a_node_silent_for_a_day_says_that_it_lives() {
        let (service, horloge, _dossier) = service("automatique", "2026-04-06T12:00:00Z").await;
        assert!(!service.silencieux(horloge.maintenant()).await.unwrap(), "it never spoke: nobody expects it");
        service.passe().await.unwrap();
        horloge.regle("2026-04-13T12:00:00Z".parse().unwrap());
        service.passe().await.unwrap();
        assert!(!service.silencieux(horloge.maintenant()).await.unwrap());
        horloge.regle("2026-04-14T12:00:00Z".parse().unwrap());
        assert!(service.silencieux(horloge.maintenant()).await.unwrap());
        assert_eq!(service.bat().await.unwrap(), 2);
        assert!(!service.silencieux(horloge.maintenant()).await.unwrap(), "once a day");
    }

    #[tokio::test]
    async fn an_unchanged_content_is_not_sealed_twice() {
        let (service, horloge, _dossier) = service("automatique", "2026-04-06T12:00:00Z").await;
        service.passe().await.unwrap();
        for lundi in ["2026-04-13T12:00:00Z", "2026-04-20T12:00:00Z"] {
            horloge.regle(lundi.parse().unwrap());
            service.passe().await.unwrap();
        }
        assert_eq!(service.base.tete().await.unwrap().unwrap().0, 1);
    }
}

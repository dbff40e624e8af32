//! A seeded world: the real node and the real hub, in one process, joined by a network that loses, doubles
//! and replays, under clocks that jump, with crashes, restores of either side from older copies, rotations
//! of key, refusals and withdrawals. Once the faults stop, everything sealed has a receipt, each series
//! shows the node's last word, and the hub's own verification finds nothing.
//!
//! A failing seed prints itself: `MAILLAGE_GRAINE=<seed> cargo test -p maillage-tests --test simulation`.
//! `MAILLAGE_GRAINES=<n>` runs that many, `MAILLAGE_LONG=1` thousands. `protocole` runs far more over pure machines.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what it saw and stops at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use hub::cle::Cles;
use hub::service::Service;
use hub::verification;
use hub_storage::Db;
use node::configuration::Configuration;
use node::fil::{Attente, Fil, Reponse, Requete};
use node::service::{envoie_par, outbox};
use node_storage::Base;
use publication::enveloppe::PERIMETRE_CDG;
use publication::succession::ClesSuccessives;
use publication::{
    Acte, CleSignature, Contenu, DispositifPublie, Emission, Origine, Raison, References, Serie, SuiteChaine, sceller,
};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt as _, SeedableRng as _};
use referentiel::horloge::{Horloge as _, HorlogeFixe};
use referentiel::jeu::jeu;
use tower::ServiceExt as _;

const HUB: &str = "https://hub.example/maillage";
const NOEUD: &str = "cdg-287000012";
const JEU: &str = "ea.dispositif";
const PERIODES: [&str; 3] = ["2025-T3", "2025-T4", "2026-T1"];
const DEBUT: &str = "2026-04-02T08:00:00Z";
/// Seeds of the ordinary run, and operations of each.
const GRAINES: u64 = 200;
const LONGUES: u64 = 5_000;
const OPERATIONS: usize = 30;

/// What the network does to requests; nothing once it is calm.
struct Reseau {
    hub: Option<Router>,
    rng: ChaCha20Rng,
    calme: bool,
    bande: Vec<Requete>,
    /// In some worlds the network also holds requests and cuts itself in two; drawn apart, so that the worlds
    /// without it stay what they were.
    caprices: Option<Caprices>,
}

/// A request held reaches the hub later, when its sender has long given up; a partition lets nothing through.
struct Caprices {
    rng: ChaCha20Rng,
    tenues: Vec<Requete>,
    coupe: bool,
}

impl Caprices {
    /// True when the request does not get through now; it may be held for later.
    fn arrete(&mut self, requete: &Requete) -> bool {
        if self.coupe {
            return true;
        }
        let tenue = self.rng.random_bool(0.1);
        if tenue {
            self.tenues.push(requete.clone());
        }
        tenue
    }

    /// What comes out now, in an order of its own.
    fn relache(&mut self) -> Vec<Requete> {
        self.coupe = self.rng.random_bool(if self.coupe { 0.7 } else { 0.1 });
        let mut sorties = Vec::new();
        while !self.coupe && !self.tenues.is_empty() && self.rng.random_bool(0.6) {
            let rang = self.rng.random_range(0..self.tenues.len());
            sorties.push(self.tenues.swap_remove(rang));
        }
        sorties
    }
}

/// The node's wire to the hub of this world.
struct FilSimule(Arc<Mutex<Reseau>>);

impl Fil for FilSimule {
    fn envoie(&self, requete: Requete) -> Attente<'_> {
        let (hub, perdue, doublee, sans_reponse, rejouee) = {
            let mut monde = self.0.lock().unwrap();
            let r = &mut *monde;
            if !r.calme && r.caprices.as_mut().is_some_and(|c| c.arrete(&requete)) {
                return Box::pin(async { Err("délai dépassé".to_owned()) });
            }
            let agite = !r.calme;
            let mut tire = |p: f64| agite && r.rng.random_bool(p);
            let fautes = (tire(0.15), tire(0.15), tire(0.15), tire(0.1) && !r.bande.is_empty());
            let rejouee = fautes.3.then(|| r.bande[r.rng.random_range(0..r.bande.len())].clone());
            r.bande.push(requete.clone());
            (r.hub.clone(), fautes.0, fautes.1, fautes.2, rejouee)
        };
        Box::pin(async move {
            let Some(hub) = hub.filter(|_| !perdue) else { return Err("perdue".to_owned()) };
            if let Some(ancienne) = rejouee {
                let _ = porte(&hub, ancienne).await;
            }
            let premiere = porte(&hub, requete.clone()).await;
            if doublee {
                let _ = porte(&hub, requete).await;
            }
            if sans_reponse { Err("réponse perdue".to_owned()) } else { Ok(premiere) }
        })
    }
}

async fn porte(hub: &Router, r: Requete) -> Reponse {
    let requete = Request::builder()
        .method(r.methode.as_str())
        .uri(r.url.strip_prefix("http://127.0.0.1:9").unwrap())
        .header(header::HOST, "127.0.0.1:9")
        .header(header::AUTHORIZATION, r.preuve)
        .body(Body::from(r.corps));
    let reponse = hub.clone().oneshot(requete.unwrap()).await.unwrap();
    let statut = reponse.status().as_u16();
    let corps = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap().to_vec();
    Reponse { statut, apres: None, corps }
}

type Copie = Vec<(PathBuf, Option<Vec<u8>>)>;

struct Monde {
    dossier: tempfile::TempDir,
    hub: Option<Service>,
    base: Option<Base>,
    configuration: Configuration,
    reseau: Arc<Mutex<Reseau>>,
    horloge_hub: Arc<HorlogeFixe>,
    horloge_noeud: HorlogeFixe,
    rng: ChaCha20Rng,
    copie_hub: Option<Copie>,
    copie_noeud: Option<Copie>,
    /// Each value is published once in the life of a world: seen twice, it is a double count.
    valeur: u64,
    /// What the node said of each period since its database was last put back; nothing once withdrawn.
    dits: BTreeMap<&'static str, Option<u64>>,
}

/// A folder in memory where there is one: worlds wait for disks more than for anything else.
fn ephemere() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn cle_du_hub(rang: u64) -> CleSignature {
    CleSignature::generer(&mut ChaCha20Rng::seed_from_u64(1000 + rang))
}

impl Monde {
    async fn nouveau(graine: u64, capricieux: bool) -> Self {
        let dossier = ephemere();
        let mut rng = ChaCha20Rng::seed_from_u64(graine);
        let cle = node::cle::cree(&dossier.path().join("node.pem"), &mut rng).unwrap();
        fs::write(
            dossier.path().join("hub.toml"),
            format!(
                "[hub]\nidentifiant = \"{HUB}\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n\
                 [[noeud]]\nidentifiant = \"{NOEUD}\"\nnom = \"Centre\"\norganisme = \"CDG70\"\nregion = \"27\"\ncle_publique = \"{}\"\n",
                cle.publique()
            ),
        )
        .unwrap();
        let texte = format!(
            "[noeud]\nidentifiant = '{NOEUD}'\nregion = '27'\nbase = 'node.db'\ncle = 'node.pem'\n[hub]\n\
             adresse = 'http://127.0.0.1:9'\nidentifiant = '{HUB}'\ncle_publique = '{}'\n",
            cle_du_hub(0).publique()
        );
        let configuration = Configuration::lit_texte(&texte, dossier.path()).unwrap();
        let debut = DEBUT.parse().unwrap();
        let reseau = Reseau {
            hub: None,
            rng: ChaCha20Rng::seed_from_u64(graine ^ 7),
            calme: false,
            bande: vec![],
            caprices: None,
        };
        let caprices = Caprices { rng: ChaCha20Rng::seed_from_u64(graine ^ 11), tenues: vec![], coupe: false };
        let reseau = Reseau { caprices: capricieux.then_some(caprices), ..reseau };
        let mut monde = Self {
            dossier,
            hub: None,
            base: None,
            configuration,
            reseau: Arc::new(Mutex::new(reseau)),
            horloge_hub: Arc::new(HorlogeFixe::nouvelle(debut)),
            horloge_noeud: HorlogeFixe::nouvelle(debut),
            rng,
            copie_hub: None,
            copie_noeud: None,
            valeur: 0,
            dits: BTreeMap::new(),
        };
        monde.demarre_hub().await;
        monde.demarre_noeud().await;
        monde
    }

    async fn demarre_hub(&mut self) {
        let fichier = self.dossier.path().join("hub.toml");
        let configuration = hub::configuration::Configuration::lit(&fichier).unwrap();
        let db = Db::ouvre(&configuration.hub.base).await.unwrap();
        let cles =
            Cles { accuses: cle_du_hub(0), registre: cle_du_hub(1), reference: cle_du_hub(2), successions: vec![] };
        let service = Service::avec(configuration, db, cles, self.horloge_hub.clone(), ChaCha20Rng::seed_from_u64(7))
            .await
            .unwrap();
        self.reseau.lock().unwrap().hub = Some(service.routes());
        self.hub = Some(service);
    }

    async fn arrete_hub(&mut self) {
        self.reseau.lock().unwrap().hub = None;
        self.hub.take().unwrap().db().ferme().await;
    }

    async fn demarre_noeud(&mut self) {
        let n = &self.configuration.noeud;
        self.base = Some(Base::ouvre(&n.base, &n.identifiant).await.unwrap());
    }

    fn base(&self) -> &Base {
        self.base.as_ref().unwrap()
    }

    fn copie(&self, nom: &str) -> Copie {
        let fichier = |suite: &str| self.dossier.path().join(format!("{nom}{suite}"));
        ["", "-wal", "-shm"].iter().map(|s| (fichier(s), fs::read(fichier(s)).ok())).collect()
    }

    /// One operation drawn from the world's own randomness. What the node refuses to do in its present state
    /// (seal while a rotation waits, for instance) is no failure.
    async fn opere(&mut self) {
        let pas = chrono::Duration::seconds(self.rng.random_range(1..600));
        self.horloge_hub.regle(self.horloge_hub.maintenant() + pas);
        self.horloge_noeud.regle(self.horloge_noeud.maintenant() + pas);
        self.laisse_passer().await;
        match self.rng.random_range(0..100) {
            0..35 => self.publie(true).await,
            35..39 => self.publie(false).await,
            39..43 => self.retire().await,
            43..73 => self.contact().await,
            73..77 => {
                self.arrete_hub().await;
                self.demarre_hub().await;
            }
            77..81 => {
                self.arrete_hub().await;
                self.copie_hub = Some(self.copie("hub.db"));
                self.demarre_hub().await;
            }
            81..85 => self.restaure_hub().await,
            85..89 => {
                self.base.take().unwrap().ferme().await;
                self.copie_noeud = Some(self.copie("node.db"));
                self.demarre_noeud().await;
            }
            89..93 => self.restaure_noeud().await,
            93..96 => self.annonce_une_cle().await,
            _ => {
                let saut = chrono::Duration::seconds(self.rng.random_range(-2000..2000));
                self.horloge_noeud.regle(self.horloge_hub.maintenant() + saut);
            }
        }
    }

    /// The network lets out what it held, days late perhaps; nobody waits for the answers any more.
    async fn laisse_passer(&mut self) {
        let (hub, sorties) = {
            let mut r = self.reseau.lock().unwrap();
            (r.hub.clone(), r.caprices.as_mut().map(Caprices::relache).unwrap_or_default())
        };
        let Some(hub) = hub else { return };
        for requete in sorties {
            let _ = porte(&hub, requete).await;
        }
    }

    async fn publie(&mut self, bonne: bool) {
        self.valeur += 1;
        let periode = PERIODES[self.rng.random_range(0..PERIODES.len())];
        let contenu = self.contenu(periode, bonne);
        let cle = node::cle::lit(&self.configuration.noeud.cle).unwrap();
        let emission = Emission {
            hub: HUB.to_owned(),
            region: "27".to_owned(),
            references: References { catalogue: "1".into(), thresholds: "1".into(), campaign: periode.to_owned() },
            cree_le: self.horloge_noeud.maintenant(),
            essai: false,
        };
        let signe = |suite: &node_storage::envoi::Suite| -> anyhow::Result<_> {
            let lit = |t: &Option<String>| t.as_deref().map(|t| t.parse().unwrap());
            let chaine = SuiteChaine {
                seq: suite.seq,
                prev: lit(&suite.precedente),
                rev: suite.revision.into(),
                supersedes: lit(&suite.remplace),
                raison: if suite.revision == 1 { Raison::Premiere } else { Raison::Correction },
            };
            Ok(sceller(&contenu, &chaine, &emission, &cle)?)
        };
        let scelle = self.base().scelle(JEU, periode, (self.horloge_noeud.maintenant(), "essai"), signe).await;
        if scelle.is_ok() && bonne {
            self.dits.insert(periode, Some(self.valeur));
        }
    }

    fn contenu(&mut self, periode: &str, bonne: bool) -> Contenu {
        let fiche = DispositifPublie {
            reference: "BFC01".parse().unwrap(),
            nom: Some("Dispositif".to_owned()),
            departement: Some("70".parse().unwrap()),
            // A département of another region is refused with the content, not before.
            region: Some(if bonne { "27" } else { "11" }.to_owned()),
            statut: "ACT".to_owned(),
            structures: vec!["Structure Horizon".to_owned()],
            capacite: Some(self.valeur),
            etp_total: None,
            etp_hors_administratifs: None,
            professionnels: None,
            liste_attente: None,
            sans_suite: None,
        };
        let jeu = jeu(JEU).unwrap();
        let trimestre: referentiel::periode::Trimestre = periode.parse().unwrap();
        let origine = Origine {
            version_jeu: jeu.version.clone(),
            emetteur: NOEUD.parse().unwrap(),
            periode: trimestre,
            date: trimestre.fin(),
        };
        Contenu::dispositifs(origine, vec![fiche], &mut self.rng).unwrap()
    }

    async fn retire(&mut self) {
        let periode = PERIODES[self.rng.random_range(0..PERIODES.len())];
        let Some(derniere) = self.base().derniere_entree(JEU, periode).await.unwrap() else { return };
        let acte = Acte::Retrait {
            serie: Serie { dataset: JEU.into(), period: periode.into(), scope: PERIMETRE_CDG.into() },
            rev: u64::from(derniere.revision) + 1,
            supersedes: derniere.empreinte.parse().unwrap(),
            raison: Raison::Correction,
        };
        let cle = node::cle::lit(&self.configuration.noeud.cle).unwrap();
        let cles_hub = ClesSuccessives::seule(cle_du_hub(0).publique());
        let outbox = outbox(&self.configuration, self.base(), &cle, &cles_hub, &self.horloge_noeud).unwrap();
        if outbox.scelle_acte(Some((JEU, periode)), "essai", &acte).await.is_ok() {
            self.dits.insert(periode, None);
        }
    }

    async fn annonce_une_cle(&mut self) {
        let cle = node::cle::lit(&self.configuration.noeud.cle).unwrap();
        let cles_hub = ClesSuccessives::seule(cle_du_hub(0).publique());
        let mut rng = ChaCha20Rng::seed_from_u64(self.rng.random());
        // A node put back before its own rotation while the hub is too has lost the announcement on both sides:
        // that is enrolment again, by two administrators, and not something a protocol mends.
        self.copie_noeud = None;
        let outbox = outbox(&self.configuration, self.base(), &cle, &cles_hub, &self.horloge_noeud).unwrap();
        let _ = node::rotation::annonce(&outbox, &self.configuration.noeud.cle, "essai", &mut rng).await;
    }

    async fn contact(&mut self) {
        if let Err(e) = self.envoie().await {
            // A refused rotation says so and changes nothing; everything else is a fault of the protocol.
            let dit = format!("{e:#}");
            assert!(dit.contains("a refusé la nouvelle clé"), "{dit}");
        }
    }

    async fn envoie(&mut self) -> anyhow::Result<node::outbox::Bilan> {
        let mut rng = ChaCha20Rng::seed_from_u64(self.rng.random());
        let fil = || -> anyhow::Result<Box<dyn Fil>> { Ok(Box::new(FilSimule(Arc::clone(&self.reseau)))) };
        let bilan = envoie_par(&self.configuration, self.base(), &self.horloge_noeud, &mut rng, &fil).await?;
        assert_eq!(bilan.alarme, None, "an honest hub raises no alarm");
        Ok(bilan)
    }

    async fn restaure_hub(&mut self) {
        let Some(copie) = &self.copie_hub else { return };
        let copie = copie.clone();
        self.arrete_hub().await;
        remet(&copie);
        self.declare().await;
        self.demarre_hub().await;
    }

    /// What `maillage-hub restaurer` does.
    async fn declare(&self) {
        let configuration = hub::configuration::Configuration::lit(&self.dossier.path().join("hub.toml")).unwrap();
        let db = Db::ouvre(&configuration.hub.base).await.unwrap();
        hub::epoque::ouvre(&db, &configuration.hub, &cle_du_hub(0), None, self.horloge_hub.maintenant()).await.unwrap();
        db.ferme().await;
    }

    async fn restaure_noeud(&mut self) {
        let Some(copie) = self.copie_noeud.clone() else { return };
        self.base.take().unwrap().ferme().await;
        remet(&copie);
        self.demarre_noeud().await;
        // What the copy had not seen is forgotten; what is said from now on is the node's last word.
        self.dits.clear();
    }

    /// Faults stop; the node contacts the hub until it has nothing left to do.
    async fn converge(&mut self) {
        self.laisse_passer().await;
        self.reseau.lock().unwrap().calme = true;
        self.horloge_noeud.regle(self.horloge_hub.maintenant());
        for _ in 0..6 {
            self.contact().await;
        }
        let reste = self.base().a_envoyer(u64::MAX).await.unwrap();
        assert!(reste.is_empty(), "sealed and never answered: {reste:?}");
        assert!(self.base().a_refaire().await.unwrap().is_empty(), "voided and never sealed again");
    }

    /// I1, I2, I14: each series shows the node's last word, once, and a rebuild gives the same.
    async fn verifie(&self) {
        let mut attendues: BTreeMap<String, u64> = BTreeMap::new();
        for periode in PERIODES {
            let envois = self.base().envois(u32::MAX).await.unwrap();
            let derniere =
                envois.iter().find(|e| e.periode == periode && e.etat == node_storage::envoi::EtatEnvoi::Accepte);
            if let Some(e) = derniere.filter(|e| e.genre == publication::Genre::Publication) {
                let Contenu::Dispositifs(c) = Contenu::lire(&e.corps).unwrap() else { panic!("not a fiche") };
                attendues.insert(periode.to_owned(), c.dispositifs()[0].capacite.unwrap());
            }
        }
        let service = self.hub.as_ref().unwrap();
        let hub = verification::Hub { identifiant: HUB, cles: ClesSuccessives::seule(cle_du_hub(0).publique()) };
        let constat = verification::verifie(service.db(), &hub, service.jeux()).await.unwrap();
        assert!(constat.sain(), "{:?}", constat.defauts);
        let montrees = self.montrees().await;
        assert_eq!(montrees, attendues);
        for (periode, dit) in &self.dits {
            assert_eq!(montrees.get(*periode), dit.as_ref(), "the last word of the node on {periode}");
        }
    }

    /// What the API shows: the value of each period, and one only.
    async fn montrees(&self) -> BTreeMap<String, u64> {
        let question = r#"{"query":"{ dispositifs(premier: 100) { nodes { campagne capacite } } }"}"#;
        let requete =
            Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(Body::from(question));
        let reponse = self.hub.as_ref().unwrap().routes().oneshot(requete.unwrap()).await.unwrap();
        let octets = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap();
        let lue: serde_json::Value = serde_json::from_slice(&octets).unwrap();
        let fiches = lue["data"]["dispositifs"]["nodes"].as_array().unwrap_or_else(|| panic!("{lue}"));
        let montrees =
            fiches.iter().map(|f| (f["campagne"].as_str().unwrap().to_owned(), f["capacite"].as_u64().unwrap()));
        let montrees: BTreeMap<String, u64> = montrees.collect();
        assert_eq!(montrees.len(), fiches.len(), "one fiche for each campaign");
        montrees
    }
}

fn remet(copie: &Copie) {
    for (fichier, octets) in copie {
        let _ = fs::remove_file(fichier);
        if let Some(octets) = octets {
            fs::write(Path::new(fichier), octets).unwrap();
        }
    }
}

async fn vit(graine: u64, capricieux: bool) {
    let mut monde = Monde::nouveau(graine, capricieux).await;
    for _ in 0..OPERATIONS {
        monde.opere().await;
    }
    monde.converge().await;
    monde.verifie().await;
}

fn joue(graine: u64) {
    joue_sur(graine, false);
}

/// Lives a world; says which one when it fails.
fn joue_sur(graine: u64, capricieux: bool) {
    let execution = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fin = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| execution.block_on(vit(graine, capricieux))));
    if let Err(panique) = fin {
        println!("world {graine} fails: MAILLAGE_GRAINE={graine}");
        std::panic::resume_unwind(panique);
    }
}

#[test]
fn every_world_converges_to_what_the_node_said() {
    let lit = |nom: &str| std::env::var(nom).ok().and_then(|v| v.parse::<u64>().ok());
    let graines = match (lit("MAILLAGE_GRAINE"), lit("MAILLAGE_GRAINES"), lit("MAILLAGE_LONG")) {
        (Some(une), _, _) => une..une + 1,
        (None, Some(nombre), _) => 0..nombre,
        (None, None, Some(_)) => 0..LONGUES,
        (None, None, None) => 0..GRAINES,
    };
    std::thread::scope(|s| {
        let impaires = graines.clone().filter(|g| g % 2 == 1);
        let autre = s.spawn(|| impaires.for_each(joue));
        graines.clone().filter(|g| g % 2 == 0).for_each(joue);
        autre.join().unwrap();
    });
}

/// Partitions, and requests that reach the hub long after their sender gave up, in an order of their own.
#[test]
fn worlds_with_partitions_and_late_requests_converge() {
    (0..40).for_each(|graine| joue_sur(graine, true));
}

/// A node put back seals before it speaks with the hub, at positions that the hub knows otherwise.
#[test]
fn worlds_that_forked_once_converge() {
    [26, 38, 54].into_iter().for_each(joue);
}

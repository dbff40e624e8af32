//! Three real nodes and the replicas of a real hub on one database, in one process.

use std::collections::{BTreeMap, VecDeque};
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
use rand::SeedableRng as _;
use rand::rngs::ChaCha20Rng;
use referentiel::horloge::{Horloge as _, HorlogeFixe};
use referentiel::jeu::jeu;
use tower::ServiceExt as _;

const HUB: &str = "https://hub.example/maillage";
const ADRESSE: &str = "http://127.0.0.1:9";
const JEU: &str = "ea.dispositif";
const SIREN: [&str; NOEUDS] = ["287000012", "282500016", "286700018"];

/// Nodes of a world.
pub const NOEUDS: usize = 3;
/// Periods they publish.
pub const PERIODES: [&str; 2] = ["2025-T4", "2026-T1"];

/// What happens to one request: the two points where a request can be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faute {
    Aucune,
    /// Lost before the hub reads it.
    Demande,
    /// The hub did its work, and its answer is lost.
    Reponse,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Operation {
    Publie {
        noeud: usize,
        periode: usize,
    },
    Retire {
        noeud: usize,
        periode: usize,
    },
    Contacte {
        noeud: usize,
        fautes: Vec<Faute>,
    },
    /// One of the requests seen so far comes again, proof and all.
    Rejoue(u16),
    /// Every replica stops and starts.
    Redemarre,
    Echeances,
}

/// The network between the nodes and the replicas: each request goes to the next replica.
#[derive(Default)]
struct Reseau {
    replicas: Vec<Router>,
    tour: usize,
    fautes: VecDeque<Faute>,
    bande: Vec<Requete>,
}

struct FilDuMonde(Arc<Mutex<Reseau>>);

impl Fil for FilDuMonde {
    fn envoie(&self, requete: Requete) -> Attente<'_> {
        let (hub, faute) = {
            let mut r = self.0.lock().unwrap();
            r.tour += 1;
            r.bande.push(requete.clone());
            let hub = r.replicas[r.tour % r.replicas.len()].clone();
            (hub, r.fautes.pop_front().unwrap_or(Faute::Aucune))
        };
        Box::pin(async move {
            if faute == Faute::Demande {
                return Err("requête perdue".to_owned());
            }
            let reponse = porte(hub, requete).await;
            if faute == Faute::Reponse { Err("réponse perdue".to_owned()) } else { Ok(reponse) }
        })
    }
}

async fn porte(hub: Router, r: Requete) -> Reponse {
    let requete = Request::builder()
        .method(r.methode.as_str())
        .uri(r.url.strip_prefix(ADRESSE).unwrap())
        .header(header::HOST, "127.0.0.1:9")
        .header(header::AUTHORIZATION, r.preuve)
        .body(Body::from(r.corps));
    let reponse = hub.oneshot(requete.unwrap()).await.unwrap();
    let statut = reponse.status().as_u16();
    let corps = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap().to_vec();
    Reponse { statut, apres: None, corps }
}

struct Noeud {
    configuration: Configuration,
    base: Base,
    cle: CleSignature,
}

pub struct Monde {
    dossier: tempfile::TempDir,
    adresse: String,
    replicas: Vec<Service>,
    noeuds: Vec<Noeud>,
    reseau: Arc<Mutex<Reseau>>,
    horloge: Arc<HorlogeFixe>,
    rng: ChaCha20Rng,
    publies: u32,
    /// Last word of each node on each period.
    dits: BTreeMap<(usize, usize), u64>,
}

fn cle(graine: u64) -> CleSignature {
    CleSignature::generer(&mut ChaCha20Rng::seed_from_u64(graine))
}

fn cles_du_hub() -> ClesSuccessives {
    ClesSuccessives::seule(cle(1000).publique())
}

impl Monde {
    pub async fn nouveau(adresse: &str, replicas: usize) -> Self {
        let dossier = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
        let mut monde = Self {
            dossier,
            adresse: adresse.to_owned(),
            replicas: vec![],
            noeuds: vec![],
            reseau: Arc::default(),
            horloge: Arc::new(HorlogeFixe::nouvelle("2026-04-02T08:00:00Z".parse().unwrap())),
            rng: ChaCha20Rng::seed_from_u64(1),
            publies: 0,
            dits: BTreeMap::new(),
        };
        for rang in 0..NOEUDS {
            let noeud = monde.noeud(rang).await;
            monde.noeuds.push(noeud);
        }
        monde.demarre(replicas).await;
        monde
    }

    async fn noeud(&mut self, rang: usize) -> Noeud {
        let fichier = self.dossier.path().join(format!("{rang}.pem"));
        node::cle::cree(&fichier, &mut self.rng).unwrap();
        let texte = format!(
            "[noeud]\nidentifiant = 'cdg-{}'\nregion = '27'\nbase = '{rang}.db'\ncle = '{rang}.pem'\n[hub]\n\
             adresse = '{ADRESSE}'\nidentifiant = '{HUB}'\ncle_publique = '{}'\n",
            SIREN[rang],
            cle(1000).publique()
        );
        let configuration = Configuration::lit_texte(&texte, self.dossier.path()).unwrap();
        let base = Base::ouvre(&configuration.noeud.base, &configuration.noeud.identifiant).await.unwrap();
        Noeud { cle: node::cle::lit(&fichier).unwrap(), configuration, base }
    }

    async fn demarre(&mut self, replicas: usize) {
        let mut texte = format!(
            "[hub]\nidentifiant = \"{HUB}\"\necoute = \"127.0.0.1:0\"\nbase = \"{}\"\ncle = \"hub.pem\"\n",
            self.adresse
        );
        for (siren, n) in SIREN.iter().zip(&self.noeuds) {
            texte += &format!(
                "[[noeud]]\nidentifiant = \"cdg-{siren}\"\nnom = \"Centre {siren}\"\norganisme = \"CDG{siren}\"\nregion = \"27\"\n\
                 cle_publique = \"{}\"\n",
                n.cle.publique()
            );
        }
        let fichier = self.dossier.path().join("hub.toml");
        for _ in 0..replicas {
            let configuration = hub::configuration::Configuration::depuis_texte(&texte, &fichier).unwrap();
            let db = Db::ouvre(&configuration.hub.base).await.unwrap();
            let cles = Cles { accuses: cle(1000), registre: cle(1001), reference: cle(1002), successions: vec![] };
            let service = Service::avec(configuration, db, cles, self.horloge.clone(), ChaCha20Rng::seed_from_u64(7));
            self.replicas.push(service.await.unwrap());
        }
        self.reseau.lock().unwrap().replicas = self.replicas.iter().map(Service::routes).collect();
    }

    pub async fn ferme(self) {
        for replica in &self.replicas {
            replica.db().ferme().await;
        }
        for n in self.noeuds {
            n.base.ferme().await;
        }
    }

    pub async fn opere(&mut self, operation: Operation) {
        self.horloge.regle(self.horloge.maintenant() + chrono::Duration::seconds(61));
        match operation {
            Operation::Publie { noeud, periode } => self.publie(noeud, periode).await,
            Operation::Retire { noeud, periode } => self.retire(noeud, periode).await,
            Operation::Contacte { noeud, fautes } => {
                self.reseau.lock().unwrap().fautes = fautes.into();
                self.contacte(noeud).await;
                self.reseau.lock().unwrap().fautes.clear();
            }
            Operation::Rejoue(rang) => {
                let (hub, requete) = {
                    let r = self.reseau.lock().unwrap();
                    let requete = r.bande.get(usize::from(rang) % r.bande.len().max(1)).cloned();
                    (r.replicas[usize::from(rang) % r.replicas.len()].clone(), requete)
                };
                if let Some(requete) = requete {
                    porte(hub, requete).await;
                }
            }
            Operation::Redemarre => {
                let nombre = self.replicas.len();
                for replica in std::mem::take(&mut self.replicas) {
                    replica.db().ferme().await;
                }
                self.demarre(nombre).await;
            }
            Operation::Echeances => {
                for replica in &self.replicas {
                    hub::campagne::active(replica).await.unwrap();
                }
            }
        }
    }

    /// Each publication has a bit of its own.
    async fn publie(&mut self, noeud: usize, periode: usize) {
        let valeur = 1_u64 << self.publies;
        self.publies += 1;
        let trimestre: referentiel::periode::Trimestre = PERIODES[periode].parse().unwrap();
        let fiche = DispositifPublie {
            reference: format!("BFC0{noeud}").parse().unwrap(),
            nom: None,
            departement: Some("70".parse().unwrap()),
            region: Some("27".to_owned()),
            statut: "ACT".to_owned(),
            structures: vec![],
            capacite: Some(valeur),
            etp_total: None,
            etp_hors_administratifs: None,
            professionnels: None,
            liste_attente: None,
            sans_suite: None,
        };
        let n = &self.noeuds[noeud];
        let origine = Origine {
            version_jeu: jeu(JEU).unwrap().version.clone(),
            emetteur: n.configuration.noeud.identifiant.clone(),
            periode: trimestre,
            date: trimestre.fin(),
        };
        let contenu = Contenu::dispositifs(origine, vec![fiche], &mut self.rng).unwrap();
        let instant = self.horloge.maintenant();
        let emission = Emission {
            hub: HUB.to_owned(),
            region: "27".to_owned(),
            references: References {
                catalogue: "1".into(),
                thresholds: "1".into(),
                campaign: PERIODES[periode].to_owned(),
            },
            cree_le: instant,
            essai: false,
        };
        let signe = |suite: &node_storage::envoi::Suite| -> anyhow::Result<_> {
            Ok(sceller(&contenu, &suite_chaine(suite), &emission, &n.cle)?)
        };
        n.base.scelle(JEU, PERIODES[periode], (instant, "essai"), signe).await.unwrap();
        self.dits.insert((noeud, periode), valeur);
    }

    async fn retire(&mut self, noeud: usize, periode: usize) {
        let n = &self.noeuds[noeud];
        let Some(derniere) = n.base.derniere_entree(JEU, PERIODES[periode]).await.unwrap() else { return };
        if self.dits.remove(&(noeud, periode)).is_none() {
            return;
        }
        let acte = Acte::Retrait {
            serie: Serie { dataset: JEU.into(), period: PERIODES[periode].into(), scope: PERIMETRE_CDG.into() },
            rev: u64::from(derniere.revision) + 1,
            supersedes: derniere.empreinte.parse().unwrap(),
            raison: Raison::Correction,
        };
        let cles = cles_du_hub();
        let outbox = outbox(&n.configuration, &n.base, &n.cle, &cles, self.horloge.as_ref()).unwrap();
        outbox.scelle_acte(Some((JEU, PERIODES[periode])), "essai", &acte).await.unwrap();
    }

    async fn contacte(&mut self, noeud: usize) {
        let n = &self.noeuds[noeud];
        let fil = || -> anyhow::Result<Box<dyn Fil>> { Ok(Box::new(FilDuMonde(Arc::clone(&self.reseau)))) };
        let bilan = envoie_par(&n.configuration, &n.base, self.horloge.as_ref(), &mut self.rng, &fil).await.unwrap();
        assert_eq!((bilan.alarme, bilan.avertissements), (None, vec![]), "an honest hub raises no alarm");
    }

    /// The faults stop; everything sealed is acknowledged, counted once, and the register verifies.
    pub async fn converge_et_verifie(&mut self) -> Result<(), String> {
        for _ in 0..2 {
            for noeud in 0..NOEUDS {
                self.contacte(noeud).await;
            }
        }
        let mut scelles = 0;
        for n in &self.noeuds {
            let reste = n.base.a_envoyer(u64::MAX).await.unwrap();
            if !reste.is_empty() {
                return Err(format!("sealed and never answered: {reste:?}"));
            }
            scelles += n.base.envois(u32::MAX).await.unwrap().len() as u64;
        }
        let montres: u64 = self.montres().await?.iter().sum();
        let dits: u64 = self.dits.values().sum();
        if montres != dits {
            return Err(format!("shown {montres:b}, said {dits:b}"));
        }
        let service = &self.replicas[0];
        let hub = verification::Hub { identifiant: HUB, cles: cles_du_hub() };
        let constat = verification::verifie(service.db(), &hub, service.jeux()).await.unwrap();
        if !constat.sain() || constat.entrees != scelles {
            return Err(format!("{} entries for {scelles} sealed; {:?}", constat.entrees, constat.defauts));
        }
        Ok(())
    }

    async fn montres(&self) -> Result<Vec<u64>, String> {
        let question = r#"{"query":"{ dispositifs(premier: 100) { nodes { capacite } } }"}"#;
        let requete =
            Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(Body::from(question));
        let reponse = self.replicas[0].routes().oneshot(requete.unwrap()).await.unwrap();
        let octets = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap();
        let lue: serde_json::Value = serde_json::from_slice(&octets).unwrap();
        let fiches = lue["data"]["dispositifs"]["nodes"].as_array().ok_or_else(|| lue.to_string())?;
        fiches.iter().map(|f| f["capacite"].as_u64().ok_or_else(|| f.to_string())).collect()
    }
}

fn suite_chaine(suite: &node_storage::envoi::Suite) -> SuiteChaine {
    let lit = |t: &Option<String>| t.as_deref().map(|t| t.parse().unwrap());
    SuiteChaine {
        seq: suite.seq,
        prev: lit(&suite.precedente),
        rev: suite.revision.into(),
        supersedes: lit(&suite.remplace),
        raison: if suite.revision == 1 { Raison::Premiere } else { Raison::Correction },
    }
}

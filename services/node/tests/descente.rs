//! What comes down from a hub that lies, goes back in time or changes its keys: an honest hub, then the same one in
//! other hands. Whatever is not believed is told, and what was kept stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use node::configuration::Configuration;
use node::fil::{Attente, Fil, Reponse, Requete};
use node::service::envoie_par;
use node_storage::Base;
use publication::fil::{Article, Curseur, Page};
use publication::manifeste::{Manifeste, Partie};
use publication::reference::{SEUILS, SeuilExige, ecrire};
use publication::registre::{Hachages, PointDeControle, nom_du_registre, racine};
use publication::succession::{SuccessionDeCle, UsageCle};
use publication::tete::TeteSignee;
use publication::trousseau::Trousseau;
use publication::{CleSignature, CodeRefus, Refus};
use rand::SeedableRng as _;
use rand::rngs::ChaCha20Rng;
use referentiel::cellule::Audience;
use referentiel::horloge::{Horloge as _, HorlogeFixe};

const HUB: &str = "https://hub.example/maillage";
const NOEUD: &str = "cdg-287000012";
const DEBUT: &str = "2026-04-02T08:00:00Z";

fn cle(graine: u64) -> CleSignature {
    CleSignature::generer(&mut ChaCha20Rng::seed_from_u64(graine))
}

/// What the hub would answer now; tests turn it into something else.
struct FauxHub {
    accuses: u64,
    registre: u64,
    successions: Vec<String>,
    manifeste: String,
    parts: Vec<(Partie, Vec<u8>)>,
    articles: Vec<Article>,
    epoque: u64,
    instant: DateTime<Utc>,
    pages: usize,
}

impl FauxHub {
    fn repond(&mut self, chemin: &str) -> Result<Vec<u8>, Refus> {
        let (chemin, question) = chemin.split_once('?').unwrap_or((chemin, ""));
        let absente = || Refus::nouveau(CodeRefus::RefUnknownPart, "");
        let texte = match chemin {
            "/v1/keys" => self.trousseau().signer(&cle(self.accuses)),
            "/v1/log/checkpoint" => self.point().signer(&cle(self.registre)).unwrap(),
            "/v1/ref/manifest" => self.manifeste.clone(),
            "/v1/feed" => self.page(question.strip_prefix("cursor="))?,
            _ => match chemin.strip_prefix("/v1/ref/parts/") {
                Some(empreinte) => {
                    let partie = self.parts.iter().find(|(p, _)| p.sha256.to_string() == empreinte);
                    return partie.map(|(_, octets)| octets.clone()).ok_or_else(absente);
                }
                None => self.tete().signer(&cle(self.accuses)),
            },
        };
        Ok(texte.into_bytes())
    }

    fn tete(&self) -> TeteSignee {
        TeteSignee { node: NOEUD.parse().unwrap(), log_epoch: 1, seq: 0, digest: None, kid: String::new() }
    }

    fn trousseau(&self) -> Trousseau {
        Trousseau {
            v: 1,
            iss: HUB.to_owned(),
            receipts: cle(self.accuses).publique(),
            log: cle(self.registre).publique(),
            reference: Some(cle(3).publique()),
            successions: self.successions.clone(),
            issued_at: self.instant,
        }
    }

    fn point(&self) -> PointDeControle {
        let vide = racine(0, &Hachages::new()).unwrap();
        PointDeControle { hub: nom_du_registre(HUB), epoque: 1, taille: 0, racine: vide }
    }

    /// Twenty articles at a time.
    fn page(&mut self, curseur: Option<&str>) -> Result<String, Refus> {
        self.pages += 1;
        let curseur: Option<Curseur> = curseur.map(|c| c.parse().unwrap());
        let fin = Curseur { epoque: self.epoque, position: self.articles.len() as u64 };
        if curseur.is_some_and(|c| c.epoque != fin.epoque || c > fin) {
            return Err(Refus::nouveau(CodeRefus::LogCursorGone, ""));
        }
        let from = curseur.map_or(0, |c| c.position);
        let items: Vec<Article> = self.articles.iter().skip(usize::try_from(from).unwrap()).take(20).cloned().collect();
        let suite = Curseur { epoque: self.epoque, position: from + items.len() as u64 };
        let next = (suite < fin).then_some(suite);
        Ok(Page { v: 1, iss: HUB.to_owned(), epoch: self.epoque, from, items, next }.signer(&cle(3)))
    }

    /// Hands down one part: a threshold. Signed by the key of the references, or by another.
    fn publie(&mut self, version: u64, seuil: u64, signataire: u64) {
        let exige = SeuilExige { jeu: "ea.indicateurs".into(), audience: Audience::Reseau, seuil, seuil_sensible: 11 };
        let octets = ecrire(vec![exige]);
        let partie = Partie::decrire(SEUILS, "1", &octets);
        self.parts = vec![(partie.clone(), octets)];
        let (issued, valid_until) = (self.instant, self.instant + TimeDelta::days(7));
        let iss = HUB.to_owned();
        let manifeste = Manifeste { v: 1, iss, version, issued, valid_until, parts: vec![partie] };
        self.manifeste = manifeste.signer(&cle(signataire));
    }
}

struct FilDuFaux(Arc<Mutex<FauxHub>>);

impl Fil for FilDuFaux {
    fn envoie(&self, requete: Requete) -> Attente<'_> {
        let reponse = self.0.lock().unwrap().repond(requete.url.strip_prefix("http://127.0.0.1:9").unwrap());
        let (statut, corps) = match reponse {
            Ok(corps) => (200, corps),
            Err(refus) => (refus.code().statut_http(), serde_json::to_vec(&refus.probleme()).unwrap()),
        };
        Box::pin(async move { Ok(Reponse { statut, apres: None, corps }) })
    }
}

struct Monde {
    _dossier: tempfile::TempDir,
    configuration: Configuration,
    base: Base,
    horloge: HorlogeFixe,
    hub: Arc<Mutex<FauxHub>>,
}

impl Monde {
    async fn nouveau() -> Self {
        let dossier = tempfile::tempdir().unwrap();
        node::cle::cree(&dossier.path().join("n.pem"), &mut ChaCha20Rng::seed_from_u64(9)).unwrap();
        let texte = format!(
            "[noeud]\nidentifiant = '{NOEUD}'\nregion = '27'\nbase = 'n.db'\ncle = 'n.pem'\n[hub]\n\
             adresse = 'http://127.0.0.1:9'\nidentifiant = '{HUB}'\ncle_publique = '{}'\n",
            cle(1).publique()
        );
        let configuration = Configuration::lit_texte(&texte, dossier.path()).unwrap();
        let base = Base::ouvre(&configuration.noeud.base, &configuration.noeud.identifiant).await.unwrap();
        let instant = DEBUT.parse().unwrap();
        let mut hub = FauxHub {
            accuses: 1,
            registre: 2,
            successions: vec![],
            manifeste: String::new(),
            parts: vec![],
            articles: vec![],
            epoque: 1,
            instant,
            pages: 0,
        };
        hub.publie(10, 5, 3);
        let horloge = HorlogeFixe::nouvelle(instant);
        Self { _dossier: dossier, configuration, base, horloge, hub: Arc::new(Mutex::new(hub)) }
    }

    fn hub(&self) -> std::sync::MutexGuard<'_, FauxHub> {
        self.hub.lock().unwrap()
    }

    fn avance(&self, jours: i64) {
        let instant = self.horloge.maintenant() + TimeDelta::days(jours);
        self.horloge.regle(instant);
        self.hub().instant = instant;
    }

    async fn contacte(&self) -> anyhow::Result<node::outbox::Bilan> {
        let fil = || -> anyhow::Result<Box<dyn Fil>> { Ok(Box::new(FilDuFaux(Arc::clone(&self.hub)))) };
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        envoie_par(&self.configuration, &self.base, &self.horloge, &mut rng, &fil).await
    }

    /// Version kept, and why a later one was refused.
    async fn manifeste(&self) -> (u64, Option<String>) {
        let garde = self.base.manifeste().await.unwrap().unwrap();
        (garde.connu.version, garde.alarme)
    }
}

#[tokio::test]
async fn matrix_41_an_older_a_double_a_forged_or_a_stale_manifest_is_told_and_the_one_kept_stays() {
    let m = Monde::nouveau().await;
    m.contacte().await.unwrap();
    assert_eq!(m.manifeste().await, (10, None));
    for (version, seuil, signataire, dit) in
        [(9, 5, 3, "plus ancien"), (10, 6, 3, "deux manifestes différents"), (11, 5, 4, "manifeste")]
    {
        m.hub().publie(version, seuil, signataire);
        let bilan = m.contacte().await.unwrap();
        let (gardee, alarme) = m.manifeste().await;
        assert!(gardee == 10 && alarme.as_ref().is_some_and(|a| a.contains(dit)), "{version}: {alarme:?}");
        assert!(bilan.avertissements.contains(&alarme.unwrap()), "people are told");
    }
    // Issued long ago by a hub whose clock stopped.
    m.hub().publie(12, 5, 3);
    m.horloge.regle(m.horloge.maintenant() + TimeDelta::days(30));
    m.contacte().await.unwrap();
    let (gardee, alarme) = m.manifeste().await;
    assert!(gardee == 10 && alarme.unwrap().contains("périmé"));
    assert_eq!(m.base.journal(50).await.unwrap().iter().filter(|l| l.acte == "alarme").count(), 4);
    // A part that is not what the list names.
    m.avance(0);
    m.hub().publie(13, 8, 3);
    m.hub().parts[0].1.push(b' ');
    m.contacte().await.unwrap();
    assert_eq!(m.manifeste().await.0, 10);
    m.hub().publie(14, 5, 3);
    m.contacte().await.unwrap();
    assert_eq!(m.manifeste().await, (14, None));
}

#[tokio::test]
async fn a_lowered_threshold_is_told_and_followed_only_once_the_centre_agrees() {
    let m = Monde::nouveau().await;
    let seuil = async || m.base.seuils_retenus().await.unwrap()[0].seuil;
    m.contacte().await.unwrap();
    m.hub().publie(11, 12, 3);
    m.contacte().await.unwrap();
    assert_eq!(seuil().await, 12);
    m.hub().publie(12, 6, 3);
    let bilan = m.contacte().await.unwrap();
    assert_eq!(seuil().await, 12);
    assert!(bilan.avertissements.iter().any(|a| a.contains("garde le plus strict")), "{:?}", bilan.avertissements);
    let annonces = node::reference::annonces(&m.base).await.unwrap();
    m.base.accepte_seuils(&annonces, "agent", m.horloge.maintenant()).await.unwrap();
    assert_eq!(seuil().await, 6);
}

#[tokio::test]
async fn matrix_42_three_months_of_articles_come_in_one_contact_and_another_epoch_starts_over() {
    let m = Monde::nouveau().await;
    let articles = |n: usize, de: &str| (0..n).map(|i| Article::retrait(format!("{de}/{i}"))).collect::<Vec<_>>();
    m.hub().articles = articles(30, "avant");
    assert_eq!(m.contacte().await.unwrap().articles, 30);
    m.avance(90);
    let suite = [articles(30, "avant"), articles(1_000, "depuis")].concat();
    m.hub().articles = suite.clone();
    assert_eq!(m.contacte().await.unwrap().articles, 1_000);
    m.hub().pages = 0;
    assert_eq!(m.contacte().await.unwrap().articles, 0);
    assert_eq!(m.hub().pages, 1, "a node that has everything asks once");
    // The hub came back from a backup: what it has now is taken whole.
    m.hub().epoque = 2;
    m.hub().articles.truncate(500);
    assert_eq!(m.contacte().await.unwrap().articles, 500);
    let tenu = m.base.curseur_du_fil().await.unwrap().unwrap();
    assert_eq!(tenu, Curseur { epoque: 2, position: 500 });
}

/// The announcement of the next key of a purpose, made now.
fn annonce(m: &Monde, usage: UsageCle, de: u64, vers: u64) -> String {
    let announced_at = m.horloge.maintenant();
    let annonce = SuccessionDeCle {
        v: 1,
        iss: HUB.to_owned(),
        purpose: usage,
        from: cle(de).publique(),
        to: cle(vers).publique(),
        announced_at,
        effective_from: announced_at + TimeDelta::days(30),
    };
    annonce.signer(&cle(de))
}

#[tokio::test]
async fn a_hub_s_next_key_is_believed_once_announced_and_due_and_the_old_one_no_more() {
    let m = Monde::nouveau().await;
    m.contacte().await.unwrap();
    m.hub().accuses = 5;
    assert!(m.contacte().await.is_err(), "nobody announced it");
    m.hub().accuses = 1;
    let annoncee = annonce(&m, UsageCle::Accuses, 1, 5);
    m.hub().successions.push(annoncee);
    m.contacte().await.unwrap();
    m.avance(29);
    m.hub().accuses = 5;
    assert!(m.contacte().await.is_err(), "its time has not come");
    m.avance(2);
    m.contacte().await.unwrap();
    let cles = m.base.cles_hub(UsageCle::Accuses).await.unwrap().unwrap();
    assert_eq!(cles.toutes().copied().collect::<Vec<_>>(), [cle(1).publique(), cle(5).publique()]);
    m.hub().accuses = 1;
    assert!(m.contacte().await.is_err(), "whoever still holds the old key is not the hub");
}

#[tokio::test]
async fn a_register_s_key_that_nobody_announced_is_an_alarm_and_one_announced_is_not() {
    let m = Monde::nouveau().await;
    m.contacte().await.unwrap();
    let annoncee = annonce(&m, UsageCle::Registre, 2, 6);
    m.hub().successions.push(annoncee);
    m.avance(31);
    m.hub().publie(11, 5, 3);
    m.hub().registre = 6;
    assert_eq!(m.contacte().await.unwrap().alarme, None);
    m.hub().registre = 7;
    let alarme = m.contacte().await.unwrap().alarme.unwrap();
    assert!(alarme.contains("sans annonce"), "{alarme}");
}

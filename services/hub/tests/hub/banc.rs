//! A hub and its nodes, in one process: real signatures, real routes, a clock that moves when told.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{DateTime, Utc};
use hub::acces::{Role, jeton};
use hub::cle::Cles;
use hub::configuration::Configuration;
use hub::service::Service;
use hub_storage::Db;
use publication::preuve::{self, Demande};
use publication::{
    CleSignature, Contenu, Emission, Empreinte, PublicationSignee, Raison, References, SuiteChaine, sceller,
};
use rand::SeedableRng as _;
use rand::rngs::ChaCha20Rng;
use rand::rngs::StdRng;
use referentiel::horloge::{Horloge as _, HorlogeFixe};
use referentiel::identifiant::IdentifiantNoeud;
use tower::ServiceExt as _;

pub const HUB: &str = "https://hub.example/maillage";
const ADRESSE: &str = "http://hub.test";

/// Where the hub of a test keeps what it receives.
pub enum Magasin {
    Sqlite,
    /// Address of a database made for this test.
    Postgres(String),
}

/// A node: its key and where its chain stands.
pub struct Noeud {
    pub id: IdentifiantNoeud,
    pub cle: CleSignature,
    pub seq: u64,
    pub tete: Option<Empreinte>,
    rng: StdRng,
}

impl Noeud {
    pub fn nouveau(siren: &str, graine: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(graine);
        let cle = CleSignature::generer(&mut rng);
        Self { id: format!("cdg-{siren}").parse().unwrap(), cle, seq: 0, tete: None, rng }
    }

    /// Seals the next entry of the chain.
    pub fn scelle(&mut self, contenu: &Contenu, rev: u64, remplacee: Option<Empreinte>) -> PublicationSignee {
        let signee = self.scelle_a(contenu, self.seq + 1, self.tete, rev, remplacee);
        self.seq += 1;
        self.tete = Some(signee.empreinte());
        signee
    }

    /// Seals an entry wherever asked, the chain of the node unchanged.
    pub fn scelle_a(
        &self,
        contenu: &Contenu,
        seq: u64,
        prev: Option<Empreinte>,
        rev: u64,
        remplacee: Option<Empreinte>,
    ) -> PublicationSignee {
        let raison = if rev == 1 { Raison::Premiere } else { Raison::Correction };
        let suite = SuiteChaine { seq, prev, rev, supersedes: remplacee, raison };
        let references = References {
            catalogue: "1.0.0".to_owned(),
            thresholds: "2026-1".to_owned(),
            campaign: contenu.periode().to_string(),
        };
        let emission = Emission {
            hub: HUB.to_owned(),
            region: "27".to_owned(),
            references,
            cree_le: "2026-04-02T08:00:00Z".parse().unwrap(),
            essai: false,
        };
        sceller(contenu, &suite, &emission, &self.cle).unwrap()
    }
}

/// The hub under test.
pub struct Banc {
    pub service: Service,
    pub routes: Router,
    pub horloge: Arc<HorlogeFixe>,
    pub cle_hub: publication::ClePublique,
    _dossier: tempfile::TempDir,
}

impl Banc {
    /// A hub on a fresh store of this kind.
    pub async fn neuf(magasin: &Magasin, noeuds: &[&Noeud], reste: &str) -> Self {
        match magasin {
            Magasin::Sqlite => Self::sqlite(noeuds, reste).await,
            Magasin::Postgres(adresse) => {
                let db = Db::ouvre(adresse).await.unwrap();
                Self::sur(db, tempfile::tempdir().unwrap(), noeuds, reste).await
            }
        }
    }

    /// A hub on a fresh SQLite file, where the given nodes are enrolled.
    pub async fn sqlite(noeuds: &[&Noeud], reste: &str) -> Self {
        let dossier = tempfile::tempdir().unwrap();
        let adresse = format!("sqlite:{}", dossier.path().join("hub.db").display());
        let db = Db::ouvre(&adresse).await.unwrap();
        Self::sur(db, dossier, noeuds, reste).await
    }

    pub async fn sur(db: Db, dossier: tempfile::TempDir, noeuds: &[&Noeud], reste: &str) -> Self {
        Self::depuis(db, dossier, &(configuration(noeuds, reste))).await
    }

    /// A hub of this configuration.
    pub async fn depuis(db: Db, dossier: tempfile::TempDir, texte: &str) -> Self {
        let configuration = Configuration::depuis_texte(texte, &dossier.path().join("hub.toml")).unwrap();
        let cle_hub = cles().accuses.publique();
        let horloge = Arc::new(HorlogeFixe::nouvelle("2026-04-02T08:00:00Z".parse().unwrap()));
        let service =
            Service::avec(configuration, db, cles(), horloge.clone(), ChaCha20Rng::seed_from_u64(7)).await.unwrap();
        Self { routes: service.routes(), service, horloge, cle_hub, _dossier: dossier }
    }

    /// The same hub with another configuration.
    pub async fn avec(&self, configuration: Configuration) -> Self {
        let (db, horloge) = (self.service.db().clone(), self.horloge.clone());
        let service =
            Service::avec(configuration, db, cles(), horloge.clone(), ChaCha20Rng::seed_from_u64(7)).await.unwrap();
        let dossier = tempfile::tempdir().unwrap();
        Self { routes: service.routes(), service, horloge, cle_hub: self.cle_hub, _dossier: dossier }
    }

    pub fn regle(&self, instant: &str) {
        self.horloge.regle(instant.parse::<DateTime<Utc>>().unwrap());
    }

    /// A request with the proof of a node.
    pub async fn demande(&self, noeud: &mut Noeud, methode: &str, chemin: &str, corps: &[u8]) -> (StatusCode, String) {
        let preuve = self.preuve(noeud, methode, chemin, corps);
        self.brute(methode, chemin, Some(&preuve), corps).await
    }

    pub fn preuve(&self, noeud: &mut Noeud, methode: &str, chemin: &str, corps: &[u8]) -> String {
        let sans_question = chemin.split('?').next().unwrap();
        let demande = Demande::nouvelle(methode, format!("{ADRESSE}{sans_question}"), corps);
        preuve::signer(&demande, &noeud.id, HUB, &noeud.cle, self.horloge.maintenant(), &mut noeud.rng).unwrap()
    }

    pub async fn brute(&self, methode: &str, chemin: &str, preuve: Option<&str>, corps: &[u8]) -> (StatusCode, String) {
        let mut requete = Request::builder().method(methode).uri(chemin).header(header::HOST, "hub.test");
        if let Some(preuve) = preuve {
            requete = requete.header(header::AUTHORIZATION, preuve);
        }
        self.envoie(requete.body(Body::from(corps.to_vec())).unwrap()).await
    }

    pub async fn envoie(&self, requete: Request<Body>) -> (StatusCode, String) {
        let reponse = self.routes.clone().oneshot(requete).await.unwrap();
        let statut = reponse.status();
        let octets = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap();
        (statut, String::from_utf8(octets.to_vec()).unwrap())
    }

    pub async fn depose_corps(&self, noeud: &mut Noeud, signee: &PublicationSignee) -> StatusCode {
        let chemin = format!("/v1/blobs/{}", signee.empreinte_corps());
        self.demande(noeud, "PUT", &chemin, signee.corps()).await.0
    }

    pub async fn depose_enveloppe(&self, noeud: &mut Noeud, seq: u64, jws: &str) -> (StatusCode, String) {
        let chemin = format!("/v1/nodes/{}/chain/{seq}", noeud.id);
        self.demande(noeud, "PUT", &chemin, jws.as_bytes()).await
    }

    /// Body, then envelope.
    pub async fn publie(&self, noeud: &mut Noeud, signee: &PublicationSignee) -> (StatusCode, String) {
        assert!(self.depose_corps(noeud, signee).await.is_success());
        self.depose_enveloppe(noeud, signee.enveloppe().seq, signee.enveloppe_jws()).await
    }

    pub fn accuse(&self, jws: &str) -> publication::Accuse {
        publication::Accuse::verifier(jws, &self.cle_hub).unwrap()
    }

    pub async fn graphql(&self, question: &str) -> serde_json::Value {
        self.graphql_avec(question, serde_json::Value::Null).await
    }

    /// A question with the rights of a token, or of nobody.
    pub async fn graphql_de(&self, jeton: Option<&str>, question: &str) -> serde_json::Value {
        let corps = serde_json::json!({ "query": question }).to_string();
        let mut requete = Request::post("/graphql").header(header::CONTENT_TYPE, "application/json");
        if let Some(jeton) = jeton {
            requete = requete.header(header::AUTHORIZATION, format!("Bearer {jeton}"));
        }
        let (_, texte) = self.envoie(requete.body(Body::from(corps)).unwrap()).await;
        serde_json::from_str(&texte).unwrap()
    }

    /// A token of this role.
    pub async fn jeton(&self, role: Role, territoires: &[&str]) -> String {
        self.jeton_avec(role, territoires, &[], false).await
    }

    pub async fn jeton_avec(&self, role: Role, territoires: &[&str], jeux: &[&str], ecriture: bool) -> String {
        let textes = |codes: &[&str]| codes.iter().map(|c| (*c).to_owned()).collect();
        let demande = jeton::Demande {
            nom: "essai".to_owned(),
            role,
            territoires: textes(territoires),
            jeux: textes(jeux),
            ecriture,
            expire_le: None,
        };
        let (service, maintenant) = (&self.service, self.horloge.maintenant());
        let mut rng = StdRng::seed_from_u64(service.db().compte_requetes());
        jeton::cree(service.db(), service.configuration(), demande, maintenant, &mut rng).await.unwrap().0
    }

    pub async fn graphql_avec(&self, question: &str, variables: serde_json::Value) -> serde_json::Value {
        let corps = serde_json::json!({ "query": question, "variables": variables }).to_string();
        let requete =
            Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(Body::from(corps));
        let (_, texte) = self.envoie(requete.unwrap()).await;
        serde_json::from_str(&texte).unwrap()
    }
}

/// The keys of every hub of these tests.
pub fn cles() -> Cles {
    let cle = |graine| CleSignature::generer(&mut StdRng::seed_from_u64(graine));
    Cles { accuses: cle(7), registre: cle(8), reference: cle(9), successions: vec![] }
}

pub fn configuration(noeuds: &[&Noeud], reste: &str) -> String {
    let mut texte = format!(
        "[hub]\nidentifiant = \"{HUB}\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\n"
    );
    for (rang, n) in noeuds.iter().enumerate() {
        texte += &format!(
            "[[noeud]]\nidentifiant = \"{}\"\nnom = \"Centre {rang}\"\norganisme = \"CDG{rang}\"\nregion = \"27\"\ncle_publique = \"{}\"\n",
            n.id,
            n.cle.publique()
        );
    }
    texte + reste
}

/// Six centres of Bourgogne-Franche-Comté and elsewhere, with valid SIREN.
pub fn six_noeuds() -> Vec<Noeud> {
    ["287000012", "282500016", "286700018", "285400016", "289200016", "287800015"]
        .iter()
        .zip(1..)
        .map(|(siren, graine)| Noeud::nouveau(siren, graine))
        .collect()
}

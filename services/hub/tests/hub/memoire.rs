//! Answers kept are exact: whatever is written between two questions, a kept answer is the one that would
//! be read now; it costs no reading, and passes from nobody to somebody else.

use axum::http::StatusCode;
use hub::acces::Role;
use hub_storage::Db;
use hub_storage::journal::Fait;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;

use crate::banc::{Banc, Noeud, configuration, six_noeuds};
use crate::bases::base_postgresql;
use crate::population::{fiches, indicateurs, lieu};

const MEMOIRE: [&str; 2] = [
    "/* essai.oublie */ DROP DATABASE IF EXISTS maillage_hub_memoire WITH (FORCE)",
    "/* essai.cree */ CREATE DATABASE maillage_hub_memoire",
];

const QUESTIONS: [&str; 7] = [
    r#"{ dispositifs(campagne: "2026-T1", premier: 100) { nodes { reference fileActive { valeur statut } } } }"#,
    r#"{ observations(indicateur: "EA01", axes: [], premier: 100) { nodes { periode territoire { code } valeur statut emetteur { nom } } } }"#,
    r#"{ completude(campagne: "2026-T1") { emetteur { nom } jeu attendues recues } }"#,
    "{ publications(premier: 50) { nodes { empreinte statut motifs { __typename } } } }",
    "{ remontees { nodes { dispositif etat droits { valider } } } }",
    "{ campagnes { nodes { code etat droits { clore } } } }",
    "{ moi { nom role territoires } bilan { accuses } }",
];

/// Something that happens between two questions.
#[derive(Debug, Clone)]
enum Episode {
    /// A centre publishes, or corrects what it published.
    Publie { centre: usize, personnes: u64 },
    /// A campaign moves.
    Passe(&'static str),
    /// The token of the first caller is revoked and made again with another territory.
    Change(&'static str),
    /// A question of a caller, asked here.
    Demande { appelant: usize, question: usize },
}

fn episode() -> impl Strategy<Value = Episode> {
    prop_oneof![
        2 => (0..2_usize, 1..9_u64).prop_map(|(centre, personnes)| Episode::Publie { centre, personnes }),
        1 => prop_oneof![Just("campagneCorriger"), Just("campagneClore"), Just("campagneOuvrir")].prop_map(Episode::Passe),
        1 => prop_oneof![Just("27"), Just("44")].prop_map(Episode::Change),
        12 => (0..3_usize, 0..QUESTIONS.len()).prop_map(|(appelant, question)| Episode::Demande { appelant, question }),
    ]
}

/// Two hubs on one database: the first keeps its answers, the second keeps none.
struct Monde {
    garde: Banc,
    temoin: Banc,
    noeuds: Vec<Noeud>,
    jetons: [Option<String>; 3],
    /// Entry that each centre would replace, and its revision.
    dernieres: [Option<(publication::Empreinte, u64)>; 2],
}

impl Monde {
    async fn neuf(db: Db) -> Self {
        let mut noeuds = six_noeuds();
        noeuds.truncate(2);
        let refs: Vec<&Noeud> = noeuds.iter().collect();
        let campagne = "[[campagne]]\ncode = \"2026-T1\"\nlimite_depot = \"2026-04-01\"\n";
        let garde = Banc::sur(db, tempfile::tempdir().unwrap(), &refs, campagne).await;
        let sans = configuration(&refs, campagne).replacen("[hub]\n", "[hub]\nreponses_gardees = 0\n", 1);
        let fichier = std::path::Path::new("hub.toml");
        let temoin = garde.avec(hub::configuration::Configuration::depuis_texte(&sans, fichier).unwrap()).await;
        let dth = garde.jeton_avec(Role::Dth, &["27"], &[], false).await;
        let gestion = garde.jeton_avec(Role::GestionnaireHub, &[], &[], true).await;
        Self { garde, temoin, noeuds, jetons: [Some(dth), Some(gestion), None], dernieres: [None, None] }
    }

    async fn accomplit(&mut self, episode: &Episode, rang: usize) {
        match episode {
            Episode::Publie { centre, personnes } => self.publie(*centre, *personnes, rang).await,
            Episode::Passe(vers) => {
                let question = format!(r#"mutation {{ {vers}(code: "2026-T1") {{ __typename }} }}"#);
                self.garde.graphql_de(self.jetons[1].as_deref(), &question).await;
            }
            Episode::Change(territoire) => self.change(territoire).await,
            Episode::Demande { appelant, question } => {
                let (jeton, question) = (self.jetons[*appelant].as_deref(), QUESTIONS[*question]);
                let gardee = self.garde.graphql_de(jeton, question).await;
                assert_eq!(gardee, self.temoin.graphql_de(jeton, question).await, "{rang}: {question}");
            }
        }
    }

    async fn publie(&mut self, centre: usize, personnes: u64, rang: usize) {
        let lieux = [lieu(["BFC01", "BFC02"][centre], ["70", "25"][centre], personnes)];
        let n = &mut self.noeuds[centre];
        let (rev, remplacee) = match self.dernieres[centre] {
            Some((empreinte, rev)) => (rev + 1, Some(empreinte)),
            None => {
                let premiere = n.scelle(&fiches(&n.id, "2026-T1", &lieux, 1), 1, None);
                self.garde.publie(n, &premiere).await;
                (1, None)
            }
        };
        let signee = n.scelle(&indicateurs(&n.id, "2026-T1", &lieux, 20, rang as u64), rev, remplacee);
        // Received by the other hub: the version must tell of what was done elsewhere.
        let (statut, texte) = self.temoin.publie(n, &signee).await;
        assert_eq!(statut, StatusCode::CREATED, "{texte}");
        if self.temoin.accuse(&texte).status == publication::StatutAccuse::Acceptee {
            self.dernieres[centre] = Some((signee.empreinte(), rev));
        }
    }

    async fn change(&mut self, territoire: &str) {
        let ancien = self.jetons[0].take().unwrap();
        let identifiant = ancien.trim_start_matches("mlg_").split('_').next().unwrap().to_owned();
        let fait = Fait {
            moment: "2026-04-02T08:00:00Z".parse().unwrap(),
            acteur: "essai".to_owned(),
            action: "jeton.revoquer",
            objet: identifiant.clone(),
            detail: serde_json::json!({}),
        };
        assert!(hub_storage::jeton::revoque(self.temoin.service.db(), &identifiant, &fait).await.unwrap());
        let refusee = self.garde.graphql_de(Some(&ancien), QUESTIONS[0]).await;
        assert_eq!(refusee["errors"][0]["extensions"]["code"], "JETON_REFUSE", "a revoked token opens nothing kept");
        self.jetons[0] = Some(self.garde.jeton_avec(Role::Dth, &[territoire], &[], false).await);
    }
}

async fn eprouve(db: Db, episodes: &[Episode]) {
    let mut monde = Monde::neuf(db).await;
    for (rang, episode) in episodes.iter().enumerate() {
        monde.accomplit(episode, rang).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_kept_answer_is_the_one_that_would_be_read_now(episodes in prop::collection::vec(episode(), 8..40)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let dossier = tempfile::tempdir().unwrap();
            let db = Db::ouvre(&format!("sqlite:{}", dossier.path().join("hub.db").display())).await.unwrap();
            eprouve(db, &episodes).await;
        });
    }
}

#[tokio::test]
async fn a_kept_answer_is_exact_on_postgresql_too() {
    let Some(adresse) = base_postgresql("maillage_hub_memoire", &MEMOIRE).await else { return };
    let mut tirage = proptest::test_runner::TestRunner::deterministic();
    let episodes = prop::collection::vec(episode(), 120).new_tree(&mut tirage).unwrap().current();
    eprouve(Db::ouvre(&adresse).await.unwrap(), &episodes).await;
}

#[tokio::test]
async fn the_second_answer_reads_nothing() {
    let dossier = tempfile::tempdir().unwrap();
    let adresse = format!("sqlite:{}", dossier.path().join("hub.db").display());
    let mut monde = Monde::neuf(Db::ouvre(&adresse).await.unwrap()).await;
    monde.publie(0, 4, 1).await;
    let jeton = monde.jetons[0].clone();
    for question in QUESTIONS {
        let premiere = monde.garde.graphql_de(jeton.as_deref(), question).await;
        assert!(premiere.get("errors").is_none(), "{premiere}");
        // The first question of a token writes when it served: asked again, everything is kept.
        monde.garde.graphql_de(jeton.as_deref(), question).await;
        let avant = monde.garde.service.db().compte_requetes();
        assert_eq!(monde.garde.graphql_de(jeton.as_deref(), question).await, premiere);
        assert_eq!(monde.garde.service.db().compte_requetes(), avant, "{question}");
    }
    assert!(monde.garde.service.memoire().poids() > 0);
    assert_eq!(monde.temoin.service.memoire().poids(), 0);
}

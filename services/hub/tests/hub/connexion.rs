//! Signing in as a person does: the page, its form, the cookie, the one-time code; then through a real OpenID
//! provider, run beside (npm `oidc-provider`).

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use hub::acces::Role;
use hub::acces::compte::{self, Demande};
use hub_storage::Db;
use referentiel::horloge::{Horloge as _, HorlogeSysteme};
use serde_json::json;

use crate::banc::{Banc, configuration, six_noeuds};
use crate::fournisseur::Fournisseur;

const MOT_DE_PASSE: &str = "un mot de passe assez long";

/// A browser: its cookies, one hub.
pub struct Navigateur<'b> {
    banc: &'b Banc,
    cookies: BTreeMap<String, String>,
}

pub struct Page {
    pub statut: StatusCode,
    pub suite: String,
    pub texte: String,
}

impl Page {
    /// The hidden field of this name.
    pub fn cache(&self, nom: &str) -> String {
        let apres = self.texte.split(&format!("name=\"{nom}\" value=\"")).nth(1);
        apres.and_then(|t| t.split('"').next()).unwrap_or_default().to_owned()
    }
}

impl<'b> Navigateur<'b> {
    pub fn nouveau(banc: &'b Banc) -> Self {
        Self { banc, cookies: BTreeMap::new() }
    }

    pub async fn va(&mut self, chemin: &str) -> Page {
        self.demande(Method::GET, chemin, String::new()).await
    }

    pub async fn envoie(&mut self, chemin: &str, champs: &[(&str, &str)]) -> Page {
        let corps = champs.iter().map(|(n, v)| format!("{n}={}", code(v))).collect::<Vec<_>>().join("&");
        self.demande(Method::POST, chemin, corps).await
    }

    async fn demande(&mut self, methode: Method, chemin: &str, corps: String) -> Page {
        use tower::ServiceExt as _;
        let cookies = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join("; ");
        let requete = Request::builder()
            .method(methode)
            .uri(chemin)
            .header(header::COOKIE, cookies)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let reponse = self.banc.routes.clone().oneshot(requete.body(Body::from(corps)).unwrap()).await.unwrap();
        for pose in reponse.headers().get_all(header::SET_COOKIE) {
            let pose = cookie::Cookie::parse(pose.to_str().unwrap().to_owned()).unwrap();
            assert!(pose.http_only().unwrap_or(pose.value().is_empty()), "{pose}");
            self.cookies.insert(pose.name().to_owned(), pose.value().to_owned());
        }
        let suite = reponse.headers().get(header::LOCATION).map_or("", |l| l.to_str().unwrap()).to_owned();
        let statut = reponse.status();
        let octets = axum::body::to_bytes(reponse.into_body(), usize::MAX).await.unwrap();
        Page { statut, suite, texte: String::from_utf8(octets.to_vec()).unwrap() }
    }

    async fn se_connecte(&mut self, identifiant: &str, mot_de_passe: &str, code: &str) -> Page {
        let page = self.va("/connexion?retour=/pilotage").await;
        let champs = [
            ("jeton", page.cache("jeton")),
            ("retour", page.cache("retour")),
            ("identifiant", identifiant.to_owned()),
            ("mot_de_passe", mot_de_passe.to_owned()),
            ("code", code.to_owned()),
        ];
        self.envoie("/connexion", &champs.each_ref().map(|(n, v)| (*n, v.as_str()))).await
    }
}

fn code(valeur: &str) -> String {
    valeur
        .bytes()
        .map(|o| if o.is_ascii_alphanumeric() { char::from(o).to_string() } else { format!("%{o:02X}") })
        .collect()
}

fn demande(identifiant: &str, role: Role, territoires: &[&str]) -> Demande {
    Demande {
        identifiant: identifiant.to_owned(),
        nom: format!("Nom de {identifiant}"),
        role,
        territoires: territoires.iter().map(|t| (*t).to_owned()).collect(),
        attache: None,
        mot_de_passe: Some(MOT_DE_PASSE.to_owned()),
    }
}

async fn cree(banc: &Banc, demande: Demande) -> hub_storage::compte::Compte {
    let service = &banc.service;
    let maintenant = service.horloge().maintenant();
    compte::cree(service.db(), service.configuration(), demande, maintenant, &mut service.alea()).await.unwrap()
}

/// The code that the account's application shows now.
async fn code_du_moment(banc: &Banc, identifiant: &str) -> String {
    let maintenant = banc.service.horloge().maintenant();
    let compte = hub_storage::compte::find(banc.service.db(), identifiant, maintenant).await.unwrap().unwrap();
    let codes = banc.service.secret_d_acces().unwrap().codes("Maillage", &compte).unwrap();
    codes.generate(maintenant.timestamp().try_into().unwrap()).to_string()
}

/// A browser where somebody of this role signed in.
pub async fn entre<'b>(banc: &'b Banc, identifiant: &str, role: Role, territoires: &[&str]) -> Navigateur<'b> {
    cree(banc, demande(identifiant, role, territoires)).await;
    let mut navigateur = Navigateur::nouveau(banc);
    let code = code_du_moment(banc, identifiant).await;
    let page = navigateur.se_connecte(identifiant, MOT_DE_PASSE, &code).await;
    assert_eq!(page.statut, StatusCode::SEE_OTHER, "{}", page.texte);
    navigateur
}

#[tokio::test]
async fn a_person_signs_in_with_a_code_that_serves_once_and_signs_out() {
    let n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    cree(&banc, demande("dth", Role::Dth, &["27"])).await;
    let mut navigateur = Navigateur::nouveau(&banc);
    let accueil = navigateur.va("/accessibilite").await;
    assert_eq!(accueil.statut, StatusCode::OK);

    let code = code_du_moment(&banc, "dth").await;
    let entree = navigateur.se_connecte("dth", MOT_DE_PASSE, &code).await;
    assert_eq!((entree.statut, entree.suite.as_str()), (StatusCode::SEE_OTHER, "/pilotage"));
    let page = navigateur.va("/pilotage").await;
    assert!(page.texte.contains("Nom de dth") && page.texte.contains("Se déconnecter"), "{}", page.texte);

    // Somebody who read the code over their shoulder comes too late.
    let mut indiscret = Navigateur::nouveau(&banc);
    assert_eq!(indiscret.se_connecte("dth", MOT_DE_PASSE, &code).await.statut, StatusCode::FORBIDDEN);

    // A form made elsewhere holds no token of this session.
    let forge = navigateur.envoie("/deconnexion", &[("jeton", "deviné")]).await;
    assert_eq!(forge.statut, StatusCode::FORBIDDEN);
    assert!(navigateur.va("/pilotage").await.texte.contains("Se déconnecter"));

    let session = navigateur.cookies.clone();
    let sortie = navigateur.envoie("/deconnexion", &[("jeton", &page.cache("jeton"))]).await;
    assert_eq!((sortie.statut, sortie.suite.as_str()), (StatusCode::SEE_OTHER, "/"));
    // The cookie kept elsewhere opens nothing any more either.
    navigateur.cookies = session;
    assert!(!navigateur.va("/accueil-inconnu").await.texte.contains("Nom de dth"));
    let journal = hub_storage::journal::verifie(banc.service.db()).await.unwrap();
    assert!(journal.defauts.is_empty() && journal.lignes >= 3, "{journal:?}");
}

#[tokio::test]
async fn a_wrong_password_a_wrong_code_and_an_unknown_account_get_one_answer_and_the_account_rests() {
    let n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    cree(&banc, demande("ars", Role::Ars, &["27"])).await;
    let mut navigateur = Navigateur::nouveau(&banc);
    let bon = code_du_moment(&banc, "ars").await;
    let essais = [
        ("ars", "un autre mot de passe", bon.as_str()),
        ("ars", MOT_DE_PASSE, "000000"),
        ("personne", MOT_DE_PASSE, &bon),
    ];
    let mut reponses = Vec::new();
    for (identifiant, mot_de_passe, code) in essais {
        let page = navigateur.se_connecte(identifiant, mot_de_passe, code).await;
        assert_eq!(page.statut, StatusCode::FORBIDDEN);
        reponses.push(page.texte.replace(&format!("value=\"{identifiant}\""), "value=\"\""));
    }
    assert!(reponses.windows(2).all(|r| r[0] == r[1]), "the answers differ");
    assert!(reponses[0].contains("role=\"alert\""));
    for _ in 0..3 {
        navigateur.se_connecte("ars", "encore un autre", &bon).await;
    }
    assert_eq!(navigateur.se_connecte("ars", MOT_DE_PASSE, &bon).await.statut, StatusCode::FORBIDDEN, "it rests");
    banc.regle("2026-04-02T08:16:00Z");
    let bon = code_du_moment(&banc, "ars").await;
    assert_eq!(navigateur.se_connecte("ars", MOT_DE_PASSE, &bon).await.statut, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_form_of_another_browser_is_refused() {
    let n = six_noeuds().swap_remove(0);
    let banc = Banc::sqlite(&[&n], "").await;
    cree(&banc, demande("dth", Role::Dth, &["27"])).await;
    let mut piege = Navigateur::nouveau(&banc);
    let jeton = piege.va("/connexion").await.cache("jeton");
    let mut victime = Navigateur::nouveau(&banc);
    victime.va("/connexion").await;
    let champs = [
        ("jeton", jeton.as_str()),
        ("retour", "/"),
        ("identifiant", "dth"),
        ("mot_de_passe", MOT_DE_PASSE),
        ("code", "1"),
    ];
    let page = victime.envoie("/connexion", &champs).await;
    assert!(page.statut == StatusCode::FORBIDDEN && page.texte.contains("Formulaire périmé"));
}

const RETOUR: &str = "http://hub.test/connexion/retour";
const SIRET: &str = "28700001200107";

/// A hub that knows the provider, and an account that waits for somebody.
async fn banc_avec(fournisseur: &Fournisseur) -> Banc {
    let n = six_noeuds().swap_remove(0);
    let dossier = tempfile::tempdir().unwrap();
    std::fs::write(dossier.path().join("pc.secret"), "secret-des-tests-de-quarante-caracteres!\n").unwrap();
    let adresse = format!("sqlite:{}", dossier.path().join("hub.db").display());
    let db = Db::ouvre(&adresse).await.unwrap();
    let section = format!(
        "[proconnect]\nemetteur = \"{}\"\nclient = \"maillage\"\nsecret = \"pc.secret\"\n",
        fournisseur.adresse
    );
    let texte = configuration(&[&n], &section)
        .replace("[hub]\n", "[hub]\nadresse = \"http://hub.test\"\ncontact = \"aide@hub.example\"\n");
    let banc = Banc::depuis(db, dossier, &texte).await;
    banc.horloge.regle(HorlogeSysteme.maintenant());
    let attache = compte::attache("Agent@ARS.example", SIRET).unwrap();
    let demande = Demande { attache: Some(attache), mot_de_passe: None, ..demande("agent", Role::Ars, &["27"]) };
    cree(&banc, demande).await;
    banc
}

/// Goes through the provider and comes back to the hub.
async fn passe(navigateur: &mut Navigateur<'_>, fournisseur: &Fournisseur, personne: serde_json::Value) -> Page {
    fournisseur.dit(personne).await;
    let page = navigateur.va("/connexion?retour=/pilotage").await;
    assert!(page.texte.contains("S’identifier avec ProConnect"));
    let jeton = page.cache("jeton");
    let depart = navigateur.envoie("/connexion/fournisseur", &[("jeton", &jeton), ("retour", "/pilotage")]).await;
    assert_eq!(depart.statut, StatusCode::SEE_OTHER, "{}", depart.texte);
    for parametre in ["code_challenge_method=S256", "state=", "nonce=", "claims="] {
        assert!(depart.suite.contains(parametre), "{}", depart.suite);
    }
    let retour = fournisseur.suit(&depart.suite, RETOUR).await;
    navigateur.va(retour.strip_prefix("http://hub.test").unwrap()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_whom_the_provider_vouches_for_takes_the_account_that_waits_for_them() {
    let Some(fournisseur) = Fournisseur::lance(RETOUR).await else { return };
    let banc = banc_avec(&fournisseur).await;
    let agent = |acr: &str, sub: &str, siret: &str| json!({ "sub": sub, "acr": acr, "siret": siret, "email": "agent@ars.example", "given_name": "A", "usual_name": "B", "uid": "u" });

    let mut seul = Navigateur::nouveau(&banc);
    let page = passe(&mut seul, &fournisseur, agent("eidas1", "s1", SIRET)).await;
    assert_eq!(page.statut, StatusCode::FORBIDDEN, "a single factor is not enough: {}", page.texte);

    let mut ailleurs = Navigateur::nouveau(&banc);
    let page = passe(&mut ailleurs, &fournisseur, agent("eidas2", "s2", "28670001800109")).await;
    assert!(page.statut == StatusCode::FORBIDDEN && page.texte.contains("aide@hub.example"), "{}", page.texte);

    let mut navigateur = Navigateur::nouveau(&banc);
    let page = passe(&mut navigateur, &fournisseur, agent("eidas1-mfa", "s1", SIRET)).await;
    assert_eq!((page.statut, page.suite.as_str()), (StatusCode::SEE_OTHER, "/pilotage"), "{}", page.texte);
    let page = navigateur.va("/pilotage").await;
    assert!(page.texte.contains("Nom de agent"));

    // The account has its person: another one with the same address is not let in.
    let mut autre = Navigateur::nouveau(&banc);
    assert_eq!(passe(&mut autre, &fournisseur, agent("eidas2", "s9", SIRET)).await.statut, StatusCode::FORBIDDEN);
    // Nor the same person under another employer.
    let mut parti = Navigateur::nouveau(&banc);
    assert_eq!(
        passe(&mut parti, &fournisseur, agent("eidas2", "s1", "28670001800109")).await.statut,
        StatusCode::FORBIDDEN
    );

    let sortie = navigateur.envoie("/deconnexion", &[("jeton", &page.cache("jeton"))]).await;
    assert!(
        sortie.suite.starts_with(&fournisseur.adresse) && sortie.suite.contains("id_token_hint="),
        "{}",
        sortie.suite
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_the_provider_serves_once_in_the_browser_that_asked() {
    let Some(fournisseur) = Fournisseur::lance(RETOUR).await else { return };
    let banc = banc_avec(&fournisseur).await;
    fournisseur.dit(json!({ "sub": "s1", "acr": "eidas2", "siret": SIRET, "email": "agent@ars.example" })).await;
    let mut navigateur = Navigateur::nouveau(&banc);
    let jeton = navigateur.va("/connexion").await.cache("jeton");
    let depart = navigateur.envoie("/connexion/fournisseur", &[("jeton", &jeton), ("retour", "/")]).await;
    let retour = fournisseur.suit(&depart.suite, RETOUR).await;
    let chemin = retour.strip_prefix("http://hub.test").unwrap();

    let mut autre = Navigateur::nouveau(&banc);
    autre.va("/connexion").await;
    let page = autre.va(chemin).await;
    assert!(page.statut == StatusCode::FORBIDDEN && page.texte.contains("Formulaire périmé"));
    // And that spent it.
    assert_eq!(navigateur.va(chemin).await.statut, StatusCode::FORBIDDEN);
    let invente = navigateur.va("/connexion/retour?state=x&code=y").await;
    assert_eq!(invente.statut, StatusCode::FORBIDDEN);
}

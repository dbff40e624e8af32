//! Who sees what: a matrix role × object × territory kept as a golden table, tokens and accounts, and the
//! proof that no route and no field escapes it.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hub::acces::{Role, jeton};
use hub::service::{Garde, table};
use hub_storage::{Db, journal};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use referentiel::horloge::Horloge as _;
use serde_json::{Value, json};

use crate::banc::{Banc, HUB, Noeud};
use crate::population::{fiches, indicateurs, lieu};

/// Two centres of region 27 and one of region 44, each with a dispositif.
const CENTRES: [(&str, &str, &str, &str, &str); 3] = [
    ("287000012", "CDG70", "27", "70", "BFC70"),
    ("282500016", "CDG25", "27", "25", "BFC25"),
    ("286700018", "CDG67", "44", "67", "GES67"),
];

async fn federation(audience: &str) -> Banc {
    let mut noeuds: Vec<Noeud> = CENTRES.iter().zip(1..).map(|(c, graine)| Noeud::nouveau(c.0, graine)).collect();
    let mut texte = format!(
        "[hub]\nidentifiant = \"{HUB}\"\necoute = \"127.0.0.1:0\"\nbase = \"sqlite:hub.db\"\ncle = \"hub.pem\"\naudience_par_defaut = \"{audience}\"\n"
    );
    for (n, (_, organisme, region, _, _)) in noeuds.iter().zip(CENTRES) {
        texte += &format!(
            "[[noeud]]\nidentifiant = \"{}\"\nnom = \"{organisme}\"\norganisme = \"{organisme}\"\nregion = \"{region}\"\ncle_publique = \"{}\"\n",
            n.id,
            n.cle.publique()
        );
    }
    let dossier = tempfile::tempdir().unwrap();
    let db = Db::ouvre(&format!("sqlite:{}", dossier.path().join("hub.db").display())).await.unwrap();
    let banc = Banc::depuis(db, dossier, &texte).await;
    for (n, (_, _, _, departement, dispositif)) in noeuds.iter_mut().zip(CENTRES) {
        let lieux = [lieu(dispositif, departement, 4)];
        for contenu in [fiches(&n.id, "2026-T1", &lieux, 1), indicateurs(&n.id, "2026-T1", &lieux, 20, 2)] {
            let signee = n.scelle(&contenu, 1, None);
            assert_eq!(banc.publie(n, &signee).await.0, StatusCode::CREATED);
        }
        // A refusal with reasons: a figure under the threshold.
        let bon = String::from_utf8(indicateurs(&n.id, "2026-T1", &lieux, 20, 2).octets()).unwrap();
        let faux = bon.replacen("\"valeur\":{\"effectif\":80}", "\"valeur\":{\"effectif\":3}", 1);
        let remplacee = n.tete;
        let signee = n.scelle(&publication::Contenu::lire(faux.as_bytes()).unwrap(), 2, remplacee);
        assert_eq!(banc.publie(n, &signee).await.0, StatusCode::CREATED);
    }
    ajoute_structures(&banc).await;
    banc
}

/// The population has no structure: one is made under each dispositif, for the network and for the convention.
async fn ajoute_structures(banc: &Banc) {
    let mut tx = banc.service.db().begin().await.unwrap();
    for sql in [
        "/* essai.structure */ INSERT INTO territoire (campagne, niveau, code, noeud, jeu, nom, parent_niveau, parent_code)
         SELECT campagne, 'structure', code || '/Horizon', noeud, jeu, NULL, 'dispositif', code FROM territoire WHERE niveau = 'dispositif'",
        "/* essai.cellule */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, statut)
         SELECT audience, campagne, indicateur, 'structure', territoire || '/Horizon', ventilation, noeud, jeu, axes, valeur, statut
         FROM observation WHERE niveau = 'dispositif' AND indicateur = 'EA01' AND ventilation = ''",
        "/* essai.convention */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, statut)
         SELECT 'convention', campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, statut
         FROM observation WHERE audience = 'reseau' AND indicateur = 'EA01' AND ventilation = ''",
    ] {
        assert!(tx.execute(sql, vec![]).await.unwrap() > 0);
    }
    for (jeu, indicateur, liste) in DECLARES {
        for sql in [
            format!(
                "/* essai.declare */ INSERT INTO observation (audience, campagne, indicateur, niveau, territoire, ventilation, noeud, jeu, axes, valeur, statut)
                 SELECT audience, '2025-T4', '{indicateur}', niveau, territoire, ventilation, noeud, '{jeu}', axes, valeur, statut
                 FROM observation WHERE niveau = 'departement' AND indicateur = 'EA01' AND ventilation = '' AND campagne = '2026-T1'"
            ),
            format!(
                "/* essai.fiche */ INSERT INTO fiche (audience, jeu, campagne, liste, cle, noeud, territoire, champs)
                 SELECT audience, '{jeu}', '2025-T4', '{liste}', 'x', noeud, territoire, '{{}}'
                 FROM observation WHERE niveau = 'departement' AND indicateur = 'EA01' AND ventilation = '' AND campagne = '2026-T1'"
            ),
        ] {
            assert!(tx.execute(&*sql.leak(), vec![]).await.unwrap() > 0);
        }
    }
    tx.commit().await.unwrap();
}

/// Declared jeux, a measure and a list of each.
const DECLARES: [(&str, &str, &str); 6] = [
    ("offre.services", "X1", "prestation"),
    ("pratiques", "X2", "fiche"),
    ("fiphfp.plan", "FP_DEMANDE", "x"),
    ("fiphfp.avancement", "FP_PLAFONNE", "x"),
    ("rsu.boeth", "RSU_BOETH", "x"),
    ("mobilite.ticket", "TM_BENEFICIAIRES", "commune"),
];

/// Callers of the matrix; none of a role is anonymous.
const APPELANTS: [(Option<Role>, &[&str]); 16] = [
    (None, &[]),
    (Some(Role::Public), &[]),
    (Some(Role::Public), &["27"]),
    (Some(Role::Cdg), &["70"]),
    (Some(Role::Cdg), &["CDG67"]),
    (Some(Role::ChefDeFile), &["BFC70"]),
    (Some(Role::ChefDeFile), &["BFC70", "70"]),
    (Some(Role::Dth), &["27"]),
    (Some(Role::Ars), &["27"]),
    (Some(Role::Dreets), &["44"]),
    (Some(Role::Dreets), &["27", "44"]),
    (Some(Role::Ddets), &["25"]),
    (Some(Role::Cfea), &[]),
    (Some(Role::Cfea), &["44"]),
    (Some(Role::GestionnaireHub), &[]),
    (Some(Role::GestionnaireHub), &["44"]),
];

/// Objects of the matrix: field of the API, arguments, selection, and where the answer names what is seen.
const OBJETS: &[(&str, &str, &str, &str)] = &[
    (
        "observations",
        "campagne: \"2026-T1\", indicateur: \"EA01\", axes: [], niveau: STRUCTURE",
        "nodes { territoire { code } }",
        "/nodes/*/territoire/code",
    ),
    (
        "observations",
        "campagne: \"2026-T1\", indicateur: \"EA01\", axes: [], niveau: DISPOSITIF",
        "nodes { territoire { code } }",
        "/nodes/*/territoire/code",
    ),
    (
        "observations",
        "campagne: \"2026-T1\", indicateur: \"EA01\", axes: [], niveau: DEPARTEMENT",
        "nodes { territoire { code } }",
        "/nodes/*/territoire/code",
    ),
    (
        "observations",
        "campagne: \"2026-T1\", indicateur: \"EA01\", axes: [], niveau: REGION",
        "nodes { territoire { code } }",
        "/nodes/*/territoire/code",
    ),
    (
        "observations",
        "campagne: \"2026-T1\", audience: CONVENTION",
        "nodes { territoire { code } }",
        "/nodes/*/territoire/code",
    ),
    (
        "observations",
        "campagne: \"2026-T1\", audience: RESEAU, indicateur: \"EA01\", axes: []",
        "nodes { audience }",
        "/nodes/*/audience",
    ),
    (
        "observations",
        "campagne: \"2026-T1\", audience: PUBLIC, indicateur: \"EA01\", axes: []",
        "nodes { territoire { code } }",
        "/nodes/*/territoire/code",
    ),
    ("dispositifs", "campagne: \"2026-T1\"", "nodes { reference fileActive { statut } }", "/nodes/*/reference"),
    ("publications", "statut: ACCEPTEE", "nodes { emetteur { organisme } }", "/nodes/*/emetteur/organisme"),
    ("publications", "statut: REFUSEE", "nodes { emetteur { organisme } motifs { code } }", "/nodes/*/motifs/*/code"),
    ("remontees", "campagne: \"2026-T1\"", "nodes { emetteur { organisme } }", "/nodes/*/emetteur/organisme"),
    ("completude", "campagne: \"2026-T1\"", "emetteur { organisme }", "/*/emetteur/organisme"),
    ("fiches", "jeu: \"offre.services\"", "nodes { emetteur { organisme } }", "/nodes/*/emetteur/organisme"),
    ("offresDeService", "", "nodes { emetteur { organisme } }", "/nodes/*/emetteur/organisme"),
    ("pratiques", "", "nodes { emetteur { organisme } }", "/nodes/*/emetteur/organisme"),
    ("conventions", "", "nodes { audience territoire { code } }", "/nodes/*/territoire/code"),
    ("avancements", "filtre: {audience: CONVENTION}", "nodes { territoire { code } }", "/nodes/*/territoire/code"),
    ("avancements", "filtre: {audience: RESEAU}", "nodes { territoire { code } }", "/nodes/*/territoire/code"),
    ("statistiquesBoeth", "filtre: {audience: RESEAU}", "nodes { territoire { code } }", "/nodes/*/territoire/code"),
    ("ticketsMobilite", "filtre: {audience: PUBLIC}", "nodes { territoire { code } }", "/nodes/*/territoire/code"),
    ("bilan", "", "accuses", "/accuses"),
    ("emetteurs", "", "nodes { organisme }", "/nodes/*/organisme"),
    ("campagnes", "", "nodes { code }", "/nodes/*/code"),
    ("campagne", "code: \"2026-T1\"", "code", "/code"),
    ("indicateurs", "code: \"EA01\"", "code", "/*/code"),
    ("moi", "", "nom audience", "/audience"),
    ("bonnesPratiques", "", "emetteur { organisme }", "/*/emetteur/organisme"),
    ("noeuds", "", "identifiant", "/*/identifiant"),
    ("relances", "campagne: \"2026-T1\"", "emetteur", "/*/emetteur"),
];

/// Pages of the matrix: what each caller is answered, an acting one where the role may act.
const PAGES: &[&str] = &[
    "/",
    "/pilotage",
    "/emploi-accompagne",
    "/donnees",
    "/conventions",
    "/conventions/cdg-287000012",
    "/comparaison",
    "/offre",
    "/pratiques",
    "/pratiques/proposer",
    "/pratiques/inconnue",
    "/administration",
    "/administration/journal",
];

/// Actions of the matrix, on an object that does not exist: who may act is told so, and nothing changes.
const ACTIONS: &[(&str, &str)] = &[
    ("remonteeTransmettre", "remontee: $r"),
    ("remonteeDemanderCorrection", "remontee: $r, motifs: [{indicateur: \"EA01\", motif: \"à revoir\"}]"),
    ("remonteeControler", "remontee: $r"),
    ("remonteeValider", "remontee: $r"),
    ("remonteeDeclarerSansObjet", "remontee: $r, motif: \"fermé\""),
    ("campagneOuvrir", "code: \"2031-T1\""),
    ("campagneCorriger", "code: \"2031-T1\", motif: \"erreur\""),
    ("campagneClore", "code: \"2031-T1\""),
    ("campagnePublier", "code: \"2031-T1\""),
    ("pratiqueProposer", "reference: \"AAAAAAAAAAAAAAAAAAAAAA\", emetteur: \"cdg-287000012\", rubriques: []"),
    ("pratiquePublier", "reference: \"AAAAAAAAAAAAAAAAAAAAAA\""),
    ("pratiqueRefuser", "reference: \"AAAAAAAAAAAAAAAAAAAAAA\", motif: \"à reprendre\""),
    ("pratiqueAdopter", "reference: \"AAAAAAAAAAAAAAAAAAAAAA\", emetteur: \"cdg-287000012\""),
    ("noeudEnroler", "noeud: \"cdg-287000012\", empreinte: \"00000\""),
    ("noeudSuspendre", "noeud: \"cdg-732829320\""),
    ("noeudMettreEnMaintenance", "noeud: \"cdg-732829320\""),
    ("noeudReprendre", "noeud: \"cdg-732829320\""),
];

const VISEE: &str = "{campagne: \"2026-T1\", emetteur: \"cdg-287000012\", dispositif: \"BFC70\"}";

/// What an answer names at a path, `*` standing for every element; or the code of its refusal.
fn vus(reponse: &Value, champ: &str, chemin: &str) -> String {
    if let Some(code) = reponse["errors"][0]["extensions"]["code"].as_str() {
        return code.to_owned();
    }
    let mut valeurs = vec![&reponse["data"][champ]];
    for pas in chemin.split('/').skip(1) {
        valeurs = match pas {
            "*" => valeurs.into_iter().flat_map(|v| v.as_array().unwrap()).collect(),
            nom => valeurs.into_iter().map(|v| &v[nom]).collect(),
        };
    }
    let noms: BTreeSet<String> =
        valeurs.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
    if noms.is_empty() { "–".to_owned() } else { noms.into_iter().collect::<Vec<_>>().join(" ") }
}

async fn matrice(audience: &str) -> String {
    let banc = federation(audience).await;
    let mut texte = format!("# audience_par_defaut = {audience}\n");
    for (role, territoires) in APPELANTS {
        let jeton = match role {
            Some(role) => Some(banc.jeton(role, territoires).await),
            None => None,
        };
        texte += &format!("\n{} {}\n", role.map_or("anonyme", Role::code), territoires.join(" ")).replace(" \n", "\n");
        for (champ, arguments, selection, chemin) in OBJETS {
            let filtre = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
            let reponse = banc.graphql_de(jeton.as_deref(), &format!("{{ {champ}{filtre} {{ {selection} }} }}")).await;
            texte += &format!("  {champ}{filtre}: {}\n", vus(&reponse, champ, chemin));
        }
        texte += &format!("  actions: {}\n", actions(&banc, role, territoires).await.join(" "));
        texte += &format!("  pages: {}\n", pages(&banc, role, territoires).await.join(" "));
    }
    texte
}

/// Actions that a writing token of the role may ask for; without writing, none.
async fn actions(banc: &Banc, role: Option<Role>, territoires: &[&str]) -> Vec<&'static str> {
    let lecteur = match role {
        Some(role) => Some(banc.jeton(role, territoires).await),
        None => None,
    };
    let acteur = match role {
        Some(role) if role != Role::Public => Some(banc.jeton_avec(role, territoires, &[], true).await),
        _ => None,
    };
    let mut permises = vec![];
    for (champ, arguments) in ACTIONS {
        let arguments = arguments.replace("$r", VISEE);
        let demande = format!("mutation {{ {champ}({arguments}) {{ refus {{ code }} }} }}");
        let refusee = banc.graphql_de(lecteur.as_deref(), &demande).await;
        assert_eq!(refusee["errors"][0]["extensions"]["code"], "ACCES_REFUSE", "{champ}: {refusee}");
        let suite = banc.graphql_de(acteur.as_deref(), &demande).await;
        match suite["data"][champ]["refus"][0]["code"].as_str() {
            Some(code) => {
                assert!(["ETAT_REFUSE", "RUBRIQUE_REFUSEE"].contains(&code), "{champ}: {suite}");
                permises.push(*champ);
            }
            None => assert_eq!(suite["errors"][0]["extensions"]["code"], "ACCES_REFUSE", "{champ}: {suite}"),
        }
    }
    permises
}

/// What the pages answer to a caller of the role, who may act where the role may.
async fn pages(banc: &Banc, role: Option<Role>, territoires: &[&str]) -> Vec<String> {
    let jeton = match role {
        Some(Role::Public) => Some(banc.jeton(Role::Public, territoires).await),
        Some(role) => Some(banc.jeton_avec(role, territoires, &[], true).await),
        None => None,
    };
    let preuve = jeton.map(|j| format!("Bearer {j}"));
    let mut reponses = vec![];
    for chemin in PAGES {
        let (statut, _) = banc.brute("GET", chemin, preuve.as_deref(), b"").await;
        reponses.push(format!("{chemin}={}", statut.as_u16()));
    }
    reponses
}

/// `MAILLAGE_GOLDEN=1` writes the table again; the difference is then read by a person.
fn compare(nom: &str, lu: &str) {
    let chemin = format!("{}/tests/hub/{nom}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("MAILLAGE_GOLDEN").is_some() {
        std::fs::write(&chemin, lu).unwrap();
    }
    let attendu = std::fs::read_to_string(&chemin).unwrap_or_default();
    for (rang, (a, l)) in attendu.lines().zip(lu.lines()).enumerate() {
        assert_eq!(l, a, "{nom}, line {}", rang + 1);
    }
    assert_eq!(lu.lines().count(), attendu.lines().count(), "{nom}");
}

#[tokio::test]
async fn each_role_sees_what_the_table_says_and_nothing_else() {
    compare("matrice.txt", &format!("{}\n{}", matrice("reseau").await, matrice("public").await));
}

/// Fields of a type of the SDL.
fn champs(sdl: &str, type_: &str) -> Vec<String> {
    let corps =
        sdl.split(&format!("type {type_} {{")).nth(1).unwrap_or_default().split("\n}").next().unwrap_or_default();
    let sans_prose: String = corps.split("\"\"\"").step_by(2).collect();
    let lignes = sans_prose.lines().filter_map(|l| l.strip_prefix('\t')).filter(|l| !l.starts_with(['\t', ')', '"']));
    lignes.filter_map(|l| l.split(['(', ':']).next()).map(str::to_owned).filter(|c| !c.is_empty()).collect()
}

#[test]
fn no_field_and_no_route_is_without_an_authorization_test() {
    let sdl = hub::restitution::graphql::sdl();
    let lectures = champs(&sdl, "Requete");
    assert!(lectures.len() > 8, "the SDL is read: {lectures:?}");
    let eprouves: BTreeSet<&str> = OBJETS.iter().map(|o| o.0).collect();
    let actions = champs(&sdl, "Mutation");
    assert!(actions.len() > 8, "{actions:?}");
    let eprouvees: Vec<&str> = ACTIONS.iter().map(|a| a.0).collect();
    assert_eq!(actions, eprouvees, "mutations without an authorization test");
    assert_eq!(champs(&sdl, "Abonnement"), ["campagneAvancement"], "see progress_is_told_to_who_may_know_it");
    let sans: Vec<String> = lectures.into_iter().filter(|c| !eprouves.contains(c.as_str())).collect();
    assert_eq!(sans, Vec::<String>::new(), "queries without an authorization test");
    let libres: Vec<&str> = table().iter().filter(|r| r.2 == Garde::Aucune).map(|r| r.0).collect();
    let registre = |chemin: &&&str| **chemin == "/v1/keys" || chemin.starts_with("/v1/log/");
    let (registre, libres): (Vec<&str>, Vec<&str>) = libres.iter().partition(registre);
    let entree = ["/connexion", "/connexion/fournisseur", "/connexion/retour", "/v1/enrol"];
    let (entree, libres): (Vec<&str>, Vec<&str>) = libres.into_iter().partition(|chemin| entree.contains(chemin));
    let gardees: BTreeSet<&str> = table().iter().filter(|r| r.2 == Garde::Guichet).map(|r| r.0).collect();
    let exemple = |chemin: &str| chemin.replace("{emetteur}", "cdg-287000012").replace("{reference}", "inconnue");
    // The form of the committee file asks, and shows nothing of what the hub holds.
    let hors_matrice = ["/graphql", "/graphql/ws", "/dossier", "/dossier/preparer", "/pilotage/relance"];
    let oubliees: Vec<&&str> =
        gardees.iter().filter(|c| !PAGES.contains(&exemple(c).as_str()) && !hors_matrice.contains(c)).collect();
    assert!(oubliees.is_empty(), "pages without an authorization test: {oubliees:?}");
    assert_eq!(libres, ["/sante", "/pret", "/accessibilite", "/style.css"], "what tells nothing needs no guard");
    assert_eq!(entree.len(), 4, "one signs in, or enrols, before one is known");
    let ouvertes: Vec<&str> = table().iter().filter(|r| r.2 == Garde::Ouverte).map(|r| r.0).collect();
    assert!(
        ouvertes.iter().all(|c| c.starts_with("/donnees/") || *c == "/catalogue.jsonld"),
        "see donnees: {ouvertes:?}"
    );
    assert_eq!(registre.len(), 5, "keys and proofs hold digests only: {registre:?}");
}

#[tokio::test]
async fn every_guarded_route_refuses_a_stranger() {
    let banc = federation("reseau").await;
    for (chemin, _, garde) in table().into_iter().filter(|r| ![Garde::Aucune, Garde::Ouverte].contains(&r.2)) {
        let adresse =
            chemin.replace("{empreinte}", &"A".repeat(43)).replace("{noeud}", "cdg-287000012").replace("{seq}", "1");
        let adresse = adresse.replace("{emetteur}", "cdg-287000012").replace("{reference}", "inconnue");
        let mut refusees = 0;
        for methode in ["GET", "PUT", "POST"] {
            let (statut, texte) = banc.brute(methode, &adresse, Some("Bearer mlg_faux"), b"{}").await;
            if statut != StatusCode::METHOD_NOT_ALLOWED {
                assert!([400, 401, 403].contains(&statut.as_u16()), "{methode} {adresse}: {statut} {texte}");
                refusees += 1;
            }
            if garde == Garde::Preuve {
                let (statut, _) = banc.brute(methode, &adresse, None, b"{}").await;
                assert!(statut.is_client_error(), "{methode} {adresse}: {statut}");
            }
        }
        assert!(refusees > 0, "{adresse}");
    }
}

#[tokio::test]
async fn a_token_ends_when_it_expires_and_when_it_is_revoked() {
    let banc = federation("public").await;
    let demande = jeton::Demande {
        nom: "tableau de bord".to_owned(),
        role: Role::Dth,
        territoires: vec!["27".to_owned()],
        jeux: vec![],
        ecriture: false,
        expire_le: Some("2026-05-01T00:00:00Z".parse().unwrap()),
    };
    let (db, configuration) = (banc.service.db(), banc.service.configuration());
    let mut rng = StdRng::seed_from_u64(3);
    let (texte, cree) =
        jeton::cree(db, configuration, demande.clone(), banc.horloge.maintenant(), &mut rng).await.unwrap();
    let question = "{ moi { role territoires audience ecriture } }";
    assert_eq!(
        banc.graphql_de(Some(&texte), question).await["data"]["moi"],
        json!({ "role": "dth", "territoires": ["27"], "audience": "RESEAU", "ecriture": false })
    );
    let connu = &hub_storage::jeton::liste(db).await.unwrap()[0];
    assert_eq!(connu.dernier_usage, Some(banc.horloge.maintenant()));
    // The secret is nowhere in the file.
    let secret = texte.rsplit('_').next().unwrap();
    assert!(!format!("{connu:?}").contains(secret));

    banc.regle("2026-05-01T00:00:00Z");
    assert_eq!(banc.graphql_de(Some(&texte), question).await["errors"][0]["extensions"]["code"], "JETON_REFUSE");
    banc.regle("2026-04-20T00:00:00Z");
    let fait = journal::Fait {
        moment: banc.horloge.maintenant(),
        acteur: "exploitant".to_owned(),
        action: "jeton.revoquer",
        objet: cree.identifiant.clone(),
        detail: json!({}),
    };
    assert!(hub_storage::jeton::revoque(db, &cree.identifiant, &fait).await.unwrap());
    assert!(!hub_storage::jeton::revoque(db, &cree.identifiant, &fait).await.unwrap());
    let requete = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, format!("Bearer {texte}"))
        .body(Body::from(json!({ "query": question }).to_string()))
        .unwrap();
    assert_eq!(banc.envoie(requete).await.0, StatusCode::UNAUTHORIZED);
    for (role, territoire) in [(Role::Dth, "70"), (Role::Cdg, "99"), (Role::ChefDeFile, "70"), (Role::Ddets, "BFC70")] {
        let demande = jeton::Demande { role, territoires: vec![territoire.to_owned()], ..demande.clone() };
        let refus = jeton::cree(db, configuration, demande, banc.horloge.maintenant(), &mut rng).await.unwrap_err();
        assert!(refus.to_string().contains(role.code()), "{refus}");
    }
}

#[tokio::test]
async fn a_token_narrowed_to_a_data_set_sees_no_other() {
    let banc = federation("reseau").await;
    let jeton = banc.jeton_avec(Role::Ars, &["27"], &["ea.dispositif"], false).await;
    let question = r#"{ observations(campagne: "2026-T1") { nodes { statut } } dispositifs { nodes { reference } }
        publications { nodes { jeu } } completude(campagne: "2026-T1") { jeu } }"#;
    let lue = banc.graphql_de(Some(&jeton), question).await;
    assert_eq!(lue["data"]["observations"]["nodes"], json!([]), "{lue}");
    assert_eq!(vus(&lue, "dispositifs", "/nodes/*/reference"), "BFC25 BFC70");
    assert_eq!(vus(&lue, "publications", "/nodes/*/jeu"), "ea.dispositif");
    assert_eq!(vus(&lue, "completude", "/*/jeu"), "ea.dispositif");
    let autre = banc.jeton_avec(Role::Ars, &["27"], &["ea.indicateurs"], false).await;
    let lue = banc.graphql_de(Some(&autre), "{ dispositifs { nodes { reference } } }").await;
    assert_eq!(lue["data"]["dispositifs"]["nodes"], json!([]));
}

#[tokio::test]
async fn the_journal_is_a_chain_that_shows_what_was_touched() {
    let banc = federation("reseau").await;
    let transitions = journal::verifie(banc.service.db()).await.unwrap().lignes;
    assert_eq!(transitions, 6, "each centre sent two data sets: partly received, then transmitted");
    for role in [Role::Cfea, Role::GestionnaireHub, Role::Public] {
        banc.jeton(role, &[]).await;
    }
    let db = banc.service.db();
    let constat = journal::verifie(db).await.unwrap();
    assert_eq!((constat.lignes, constat.defauts.as_slice()), (transitions + 3, &[][..]));
    let lignes = journal::dernieres(db, None, 10).await.unwrap();
    assert_eq!((lignes[0].action.as_str(), lignes[0].acteur.as_str()), ("jeton.creer", "exploitant"));
    let mut tx = db.begin().await.unwrap();
    assert!(tx.execute("/* essai.reecrit */ UPDATE journal SET acteur = 'personne'", vec![]).await.is_err());
    assert!(tx.execute("/* essai.efface */ DELETE FROM journal", vec![]).await.is_err());
    drop(tx);
    let retouches: BTreeMap<&str, &[&'static str]> = [
        (
            "contenu a changé",
            &[
                "/* a */ DROP TRIGGER journal_append_only_update",
                "/* b */ UPDATE journal SET acteur = 'personne' WHERE ordre = 2",
            ][..],
        ),
        (
            "ligne 2 manque",
            &["/* a */ DROP TRIGGER journal_append_only_delete", "/* b */ DELETE FROM journal WHERE ordre = 2"][..],
        ),
        ("des lignes manquent", &["/* b */ DELETE FROM journal WHERE ordre = (SELECT MAX(ordre) FROM journal)"][..]),
    ]
    .into();
    let mut trouves = String::new();
    for retouche in ["contenu a changé", "ligne 2 manque", "des lignes manquent"] {
        let mut tx = db.begin().await.unwrap();
        for sql in retouches[retouche] {
            tx.execute(*sql, vec![]).await.unwrap();
        }
        tx.commit().await.unwrap();
        trouves = journal::verifie(db).await.unwrap().defauts.join("\n");
        assert!(trouves.contains(retouche), "{retouche}: {trouves}");
    }
    assert!(!trouves.is_empty());
}

//! Frozen vectors of `schema/vecteurs/v1`: what was signed once must be read for ever. They are made
//! from fixed keys and compared byte for byte; `MAILLAGE_VECTEURS=ecrire` writes them again, which a
//! reviewer must find justified, because it changes the contract.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Once;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use publication::chaine::{Succession, succession};
use publication::preuve::{self, Demande};
use publication::refus::Famille;
use publication::registre::{PreuveCoherence, PreuveInclusion};
use publication::restauration::{self, Restauration};
use publication::tete::TeteSignee;
use publication::trousseau::{self, Trousseau};
use publication::*;
use serde::{Deserialize, Serialize};

use crate::fabrique::*;

#[path = "vecteurs_reference.rs"]
mod reference;
#[path = "vecteurs_registre.rs"]
mod registre;

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Nature {
    Publication,
    Chaine,
    Accuse,
    Tete,
    Preuve,
    Cle,
    /// An entry of the chain without a body.
    Entree,
    Trousseau,
    Restauration,
    Manifeste,
    Fil,
    Succession,
    /// A checkpoint alone.
    Point,
    Inclusion,
    Coherence,
}

/// One vector: what a reader is given, and its verdict.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vecteur {
    description: String,
    nature: Nature,
    /// `acceptee`, or the URN of the refusal.
    verdict: String,
    noeud: String,
    hub: String,
    /// Key of the node, or of the hub for a receipt and a head.
    cle: String,
    /// Signed token, or value of the `Authorization` header for a proof.
    jeton: String,
    /// Body, in base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    corps: Option<String>,
    /// Identity of the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    empreinte: Option<Empreinte>,
    /// Digest of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    empreinte_corps: Option<Empreinte>,
    /// What the hub already holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connu: Option<Connu>,
    /// Request the proof is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    requete: Option<Requete>,
    /// Checkpoints and proof of the register.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    registre: Option<Registre>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registre {
    /// Signed checkpoint.
    point: String,
    /// Signed checkpoint already known, for a consistency proof.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ancien: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    inclusion: Option<PreuveInclusion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coherence: Option<PreuveCoherence>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Connu {
    seq: u64,
    tete: Option<Empreinte>,
    a_cette_place: Option<Empreinte>,
    revision: Option<u64>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Requete {
    methode: String,
    uri: String,
    maintenant: DateTime<Utc>,
}

#[derive(Serialize, Deserialize)]
struct LigneRefus {
    urn: String,
    famille: String,
    http: u16,
    phrase: String,
}

const ACCEPTEE: &str = "acceptee";

fn vecteur(nature: Nature, description: &str, verdict: &str, jeton: String) -> Vecteur {
    let cle = match nature {
        Nature::Accuse | Nature::Tete | Nature::Trousseau | Nature::Restauration | Nature::Succession => cle_hub(),
        Nature::Manifeste | Nature::Fil => cle_reference(),
        Nature::Point | Nature::Inclusion | Nature::Coherence => cle_registre(),
        _ => cle_noeud(),
    };
    Vecteur {
        description: description.to_owned(),
        nature,
        verdict: verdict.to_owned(),
        noeud: NOEUD.to_owned(),
        hub: HUB.to_owned(),
        cle: cle.publique().to_string(),
        jeton,
        corps: None,
        empreinte: None,
        empreinte_corps: None,
        connu: None,
        requete: None,
        registre: None,
    }
}

fn publication(description: &str, verdict: &str, jws: String, corps: &[u8]) -> Vecteur {
    let charge = jws.split('.').nth(1).and_then(|partie| URL_SAFE_NO_PAD.decode(partie).ok()).unwrap_or_default();
    Vecteur {
        corps: Some(URL_SAFE_NO_PAD.encode(corps)),
        empreinte: Some(empreinte_enveloppe(&charge)),
        empreinte_corps: Some(empreinte_corps(corps)),
        ..vecteur(Nature::Publication, description, verdict, jws)
    }
}

fn preuve_forgee(autorisation: String, description: &str, verdict: &str, heure: &str) -> Vecteur {
    let requete = Requete {
        methode: "PUT".to_owned(),
        uri: format!("{HUB}/v1/nodes/{NOEUD}/chain/1"),
        maintenant: instant(heure),
    };
    let corps = Some(URL_SAFE_NO_PAD.encode(b"corps"));
    Vecteur { requete: Some(requete), corps, ..vecteur(Nature::Preuve, description, verdict, autorisation) }
}

/// A proof as text, so that it does not depend on the order in which a crate writes a header.
fn autorisation(exp: u64) -> String {
    let bsh = empreinte::empreinte_requete(b"corps");
    let charge = format!(
        r#"{{"iss":"{NOEUD}","sub":"{NOEUD}","aud":"{HUB}","iat":1775182629,"exp":{exp},"jti":"BwgJCgsMDQ4PEBESExQVFg","htm":"PUT","htu":"{HUB}/v1/nodes/{NOEUD}/chain/1","bsh":"{bsh}"}}"#
    );
    format!("{} {}", preuve::SCHEMA, forger(en_tete_texte(preuve::TYPE).as_bytes(), charge.as_bytes()))
}

fn accuse(status: StatutAccuse, reasons: Vec<Motif>) -> Accuse {
    Accuse {
        v: accuse::VERSION,
        iss: HUB.to_owned(),
        node: noeud(),
        seq: 1,
        env: scellee().empreinte(),
        status,
        reasons,
        counts: Comptes { cells: 14, changed: if status == StatutAccuse::Acceptee { 14 } else { 0 } },
        log_epoch: 1,
        leaf: 0,
        received_at: instant("2026-04-03T02:17:12.345678Z"),
    }
}

fn tete() -> TeteSignee {
    let kid = cle_noeud().publique().kid();
    TeteSignee { node: noeud(), log_epoch: 1, seq: 1, digest: Some(scellee().empreinte()), kid }
}

fn valides() -> BTreeMap<&'static str, Vecteur> {
    let scelle = |contenu: &Contenu| sceller(contenu, &premiere(), &emission(), &cle_noeud()).unwrap();
    let (indicateurs, fiches, declare) = (scellee(), scelle(&dispositifs()), scelle(&declare()));
    let publie = |description, p: &PublicationSignee| {
        publication(description, ACCEPTEE, p.enveloppe_jws().to_owned(), p.corps())
    };
    let motif = Motif::from(
        &Refus::nouveau(CodeRefus::SdcCellBelowThreshold, "Seuil : 5.").sur_cellule("EA01 · dispositif BFC01"),
    );
    let signe = |accuse: Accuse| accuse.signer(&cle_hub());
    BTreeMap::from([
        ("publication.json", publie("Tables protégées de deux audiences.", &indicateurs)),
        ("publication-dispositifs.json", publie("Fiches dispositif.", &fiches)),
        ("publication-declaree.json", publie("Fiches d’un jeu déclaré, à côté de ses tables.", &declare)),
        (
            "accuse.json",
            vecteur(
                Nature::Accuse,
                "Accusé d’une publication acceptée.",
                ACCEPTEE,
                signe(accuse(StatutAccuse::Acceptee, vec![])),
            ),
        ),
        (
            "accuse-refus.json",
            vecteur(
                Nature::Accuse,
                "Accusé authentique d’un contenu refusé, motif précis à la cellule.",
                ACCEPTEE,
                signe(accuse(StatutAccuse::Refusee, vec![motif])),
            ),
        ),
        ("tete.json", vecteur(Nature::Tete, "Tête de chaîne.", ACCEPTEE, tete().signer(&cle_hub()))),
        (
            "preuve.json",
            preuve_forgee(autorisation(1_775_182_749), "Preuve liée à une requête.", ACCEPTEE, "2026-04-03T02:17:30Z"),
        ),
        ("retrait.json", entree("Retrait d’une série.", &retrait())),
        ("rotation.json", entree("Rotation vers une nouvelle clé.", &acte(&Acte::Rotation { nouvelle: &cle_hub() }))),
        ("restauration-noeud.json", entree("Nœud revenu d’une sauvegarde.", &acte(&Acte::Restauration))),
        ("battement.json", entree("Signe de vie.", &acte(&Acte::Battement))),
        (
            "trousseau.json",
            vecteur(Nature::Trousseau, "Clés du hub.", ACCEPTEE, trousseau(&cle_registre()).signer(&cle_hub())),
        ),
        (
            "restauration-hub.json",
            vecteur(Nature::Restauration, "Hub revenu d’une sauvegarde.", ACCEPTEE, restauration(2).signer(&cle_hub())),
        ),
    ])
}

fn acte(acte: &Acte<'_>) -> EntreeSignee {
    let place = Place { seq: 2, prev: Some(scellee().empreinte()) };
    sceller_acte(acte, &noeud(), place, &emission(), &cle_noeud()).unwrap()
}

fn retrait() -> EntreeSignee {
    let serie = contenu().serie();
    acte(&Acte::Retrait { serie, rev: 2, supersedes: scellee().empreinte(), raison: Raison::Correction })
}

fn entree(description: &str, signee: &EntreeSignee) -> Vecteur {
    let empreinte = Some(signee.empreinte());
    Vecteur { empreinte, ..vecteur(Nature::Entree, description, ACCEPTEE, signee.enveloppe_jws().to_owned()) }
}

fn trousseau(registre: &CleSignature) -> Trousseau {
    Trousseau {
        v: trousseau::VERSION,
        iss: HUB.to_owned(),
        receipts: cle_hub().publique(),
        log: registre.publique(),
        reference: None,
        successions: vec![],
        issued_at: instant("2026-04-03T02:00:00Z"),
    }
}

fn restauration(to_epoch: u64) -> Restauration {
    Restauration {
        v: restauration::VERSION,
        iss: HUB.to_owned(),
        from_epoch: 1,
        to_epoch,
        size: 5,
        root: empreinte_enveloppe(b"racine"),
        restored_at: instant("2026-05-03T02:00:00Z"),
    }
}

fn refuses() -> BTreeMap<CodeRefus, Vecteur> {
    use CodeRefus as C;
    let mut tous = refus_d_enveloppe();
    tous.extend(refus_de_contenu());
    tous.extend(refus_de_chaine());
    let mut ajoute = |code: C, vecteur: Vecteur| tous.insert(code, Vecteur { verdict: code.urn(), ..vecteur });
    ajoute(
        C::AuthProofInvalid,
        preuve_forgee(autorisation(16_725_225_600), "Preuve qui vivrait jusqu’en 2500.", "", "2026-04-03T02:17:30Z"),
    );
    ajoute(
        C::ClockSkew,
        preuve_forgee(autorisation(1_775_182_749), "Preuve présentée une heure plus tard.", "", "2026-04-03T03:17:30Z"),
    );
    let du_noeud = accuse(StatutAccuse::Acceptee, vec![]).signer(&cle_noeud());
    ajoute(C::ReceiptInvalid, vecteur(Nature::Accuse, "Accusé signé par le nœud lui-même.", "", du_noeud));
    ajoute(C::HeadInvalid, vecteur(Nature::Tete, "Tête signée par le nœud lui-même.", "", tete().signer(&cle_noeud())));
    let faible = vecteur(Nature::Cle, "Clé d’ordre 1 : toute signature bien choisie y tient.", "", String::new());
    let une_seule = trousseau(&cle_hub()).signer(&cle_hub());
    ajoute(C::KeysInvalid, vecteur(Nature::Trousseau, "La même clé pour les accusés et le registre.", "", une_seule));
    let saut = restauration(3).signer(&cle_hub());
    ajoute(C::RestoreInvalid, vecteur(Nature::Restauration, "Une époque est sautée.", "", saut));
    for (code, refusee) in reference::refuses() {
        ajoute(code, refusee);
    }
    ajoute(C::AuthKeyWeak, Vecteur { cle: format!("AQ{}", "A".repeat(41)), ..faible });
    tous
}

fn refus_d_enveloppe() -> BTreeMap<CodeRefus, Vecteur> {
    use CodeRefus as C;
    let scellee = scellee();
    let fiches = sceller(&dispositifs(), &premiere(), &emission(), &cle_noeud()).unwrap();
    let autre_cle = sceller(&contenu(), &premiere(), &emission(), &cle_hub()).unwrap();
    let (signe, _) = scellee.enveloppe_jws().rsplit_once('.').unwrap();
    let (_, signature) = fiches.enveloppe_jws().rsplit_once('.').unwrap();
    let hub = format!(r#""aud":"{HUB}""#);
    let cas = [
        (C::EnvMalformed, "Destinataires en liste.", enveloppe_remplacee(&[(&hub, &format!(r#""aud":["{HUB}"]"#))])),
        (C::EnvUnsupportedVersion, "Version 2.", enveloppe_remplacee(&[(r#""v":1"#, r#""v":2"#)])),
        (C::EnvSignatureInvalid, "Signature d’une autre enveloppe.", format!("{signe}.{signature}")),
        (C::EnvWrongAudience, "Autre hub.", enveloppe_remplacee(&[(&hub, r#""aud":"https://autre.example""#)])),
        (C::AuthWrongNode, "Autre nœud que l’adresse.", enveloppe_remplacee(&[(NOEUD, "cdg-267000016")])),
        (C::AuthKeyUnknown, "Signée d’une clé qui n’est pas celle du nœud.", autre_cle.enveloppe_jws().to_owned()),
    ];
    cas.into_iter().map(|(code, texte, jws)| (code, publication(texte, &code.urn(), jws, scellee.corps()))).collect()
}

fn refus_de_contenu() -> BTreeMap<CodeRefus, Vecteur> {
    use CodeRefus as C;
    let profond = format!(r#""v":1,"x":{}1{}"#, r#"{"x":"#.repeat(20), "}".repeat(20));
    let territoire = r#"{"niveau":"departement","code":"70"}]"#;
    let cas = [
        (C::SchemaInvalid, "Membre inconnu.", corps_modifie(r#""v":1"#, r#""v":1,"x":1"#)),
        (C::SchemaDuplicateKey, "Clé répétée.", corps_modifie(r#""v":1"#, r#""v":1,"v":1"#)),
        (C::SchemaNumber, "Effectif écrit 40.0.", corps_modifie(r#""effectif":40"#, r#""effectif":40.0"#)),
        (C::SchemaTooDeep, "Vingt niveaux.", corps_modifie(r#""v":1"#, &profond)),
        (C::SchemaText, "Caractère qui inverse le sens de lecture.", corps_modifie("Plateforme", "Plate\u{202E}forme")),
        (C::SchemaSeriesMismatch, "Autre trimestre que l’enveloppe.", corps_modifie("2026-T1", "2026-T2")),
        (
            C::RefUnknownCode,
            "Territoire non déclaré.",
            corps_modifie(territoire, r#"{"niveau":"departement","code":"71"}]"#),
        ),
        (C::RefWrongVersion, "Version 2 du contenu.", corps_modifie(r#""v":1"#, r#""v":2"#)),
        (
            C::PiiSuspected,
            "Référence de personne dans un nom.",
            corps_modifie("Plateforme emploi accompagné 70", "BFC01000000042"),
        ),
    ];
    let mut tous: BTreeMap<_, _> = cas
        .into_iter()
        .map(|(code, texte, corps)| (code, publication(texte, &code.urn(), publication_forgee(&corps), &corps)))
        .collect();
    let jws = scellee().enveloppe_jws().to_owned();
    let tronque = publication("Corps tronqué.", &C::BodyHashMismatch.urn(), jws, &scellee().corps()[..200]);
    tous.insert(C::BodyHashMismatch, tronque);
    tous
}

fn refus_de_chaine() -> BTreeMap<CodeRefus, Vecteur> {
    use CodeRefus as C;
    let premiere_entree = scellee().empreinte();
    let suite = SuiteChaine {
        seq: 2,
        prev: Some(premiere_entree),
        rev: 2,
        supersedes: Some(premiere_entree),
        raison: Raison::Correction,
    };
    let seconde = sceller(&contenu(), &suite, &emission(), &cle_noeud()).unwrap();
    let autre = Some(empreinte_enveloppe(b"une autre entree"));
    let connu = |seq, tete, a_cette_place, revision| Connu { seq, tete, a_cette_place, revision };
    let cas = [
        (C::ChainGap, "L’entrée précédente manque.", connu(0, None, None, None)),
        (C::ChainFork, "Une autre entrée occupe cette position.", connu(2, autre, autre, None)),
        (C::RevNotGreater, "La révision 3 est déjà connue.", connu(1, Some(premiere_entree), None, Some(3))),
    ];
    let vecteurs = cas.into_iter().map(|(code, texte, connu)| {
        let publie = publication(texte, &code.urn(), seconde.enveloppe_jws().to_owned(), seconde.corps());
        (code, Vecteur { nature: Nature::Chaine, connu: Some(connu), ..publie })
    });
    vecteurs.collect()
}

fn table() -> Vec<LigneRefus> {
    let ligne = |code: &CodeRefus| LigneRefus {
        urn: code.urn(),
        famille: if code.famille() == Famille::Erreur { "erreur" } else { "refus" }.to_owned(),
        http: code.statut_http(),
        phrase: code.phrase().to_owned(),
    };
    CodeRefus::TOUS.iter().map(ligne).collect()
}

fn fichiers() -> BTreeMap<String, String> {
    let texte = |v: &Vecteur| serde_json::to_string_pretty(v).unwrap() + "\n";
    let mut fichiers: BTreeMap<String, String> =
        valides().iter().map(|(nom, v)| ((*nom).to_owned(), texte(v))).collect();
    fichiers.extend(reference::valides().iter().map(|(nom, v)| ((*nom).to_owned(), texte(v))));
    fichiers.extend(refuses().iter().map(|(code, v)| (format!("refus/{code}.json"), texte(v))));
    fichiers.extend(registre::vecteurs().iter().map(|(nom, v)| (format!("registre/{nom}.json"), texte(v))));
    fichiers.insert("refus.json".to_owned(), serde_json::to_string_pretty(&table()).unwrap() + "\n");
    fichiers
}

/// Folder of the vectors, written first when that is asked.
fn dossier() -> PathBuf {
    static ECRITURE: Once = Once::new();
    let dossier = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema/vecteurs/v1");
    ECRITURE.call_once(|| {
        if std::env::var("MAILLAGE_VECTEURS").is_ok_and(|v| v == "ecrire") {
            for sous in ["refus", "registre"] {
                std::fs::create_dir_all(dossier.join(sous)).unwrap();
            }
            for (nom, texte) in fichiers() {
                std::fs::write(dossier.join(nom), texte).unwrap();
            }
        }
    });
    dossier
}

fn presents() -> BTreeSet<String> {
    let noms = |sous: &str| -> Vec<String> {
        let Ok(entrees) = std::fs::read_dir(dossier().join(sous)) else { return vec![] };
        entrees
            .map(|e| format!("{sous}{}", e.unwrap().file_name().to_string_lossy()))
            .filter(|n| n.ends_with(".json"))
            .collect()
    };
    ["", "refus/", "registre/"].into_iter().flat_map(noms).collect()
}

#[test]
fn the_frozen_vectors_are_the_ones_this_code_writes() {
    let fichiers = fichiers();
    for (nom, attendu) in &fichiers {
        let lu = std::fs::read_to_string(dossier().join(nom)).unwrap_or_default();
        assert!(lu == *attendu, "schema/vecteurs/v1/{nom} ne correspond plus au code : le contrat a changé");
    }
    assert_eq!(presents(), fichiers.into_keys().collect(), "un vecteur n’est plus écrit par personne");
}

#[test]
fn every_frozen_vector_is_read_with_its_verdict() {
    let noms: Vec<String> = presents().into_iter().filter(|nom| nom != "refus.json").collect();
    assert!(noms.len() > 40);
    for nom in noms {
        let texte = std::fs::read_to_string(dossier().join(&nom)).unwrap();
        let vecteur: Vecteur = serde_json::from_str(&texte).unwrap();
        let verdict = match vecteur.registre {
            Some(_) => registre::juger(&vecteur),
            None => juger(&vecteur).map_or_else(|refus| refus.code().urn(), |()| ACCEPTEE.to_owned()),
        };
        assert_eq!(verdict, vecteur.verdict, "{nom}");
    }
}

/// Decided by what only a hub or a node has: its keys, its chain, its campaign, its load. Their tests are
/// those of these services; every other code has its vector.
const DEPENDENT_DU_HUB: [&str; 20] = [
    "node.suspended",
    "enrol.refused",
    "auth.key_revoked",
    "body.missing",
    "body.too_large",
    "body.encoding",
    "log.out_of_range",
    "ref.unknown_part",
    "rate.limited",
    "hub.busy",
    "hub.readonly",
    "log.cursor_gone",
    "sdc.policy_below_floor",
    "sdc.cell_below_threshold",
    "sdc.recoverable_cell",
    "sdc.missing_secondary",
    "sum.margin_mismatch",
    "series.not_owner",
    "series.unknown",
    "series.closed",
];

#[test]
fn every_refusal_that_the_contract_decides_alone_has_its_vector() {
    let avec: BTreeSet<&str> = refuses().into_keys().map(CodeRefus::code).collect();
    let sans: BTreeSet<&str> = DEPENDENT_DU_HUB.into();
    assert_eq!(avec.union(&sans).count(), CodeRefus::TOUS.len());
    assert_eq!(avec.intersection(&sans).count(), 0);
}

#[test]
fn every_code_stands_in_the_frozen_table() {
    let texte = std::fs::read_to_string(dossier().join("refus.json")).unwrap();
    let lignes: Vec<LigneRefus> = serde_json::from_str(&texte).unwrap();
    let urns: BTreeSet<String> = lignes.into_iter().map(|l| l.urn).collect();
    assert_eq!(urns, CodeRefus::TOUS.iter().map(|c| c.urn()).collect());
}

/// What a reader does with a vector and nothing else.
fn juger(v: &Vecteur) -> Result<(), Refus> {
    let faible = |_| Refus::nouveau(CodeRefus::AuthKeyWeak, "");
    let cle: ClePublique = v.cle.parse().map_err(faible)?;
    let noeud = v.noeud.parse().unwrap();
    let corps = v.corps.as_ref().map(|c| URL_SAFE_NO_PAD.decode(c).unwrap()).unwrap_or_default();
    match v.nature {
        Nature::Cle => Ok(()),
        Nature::Accuse => Accuse::verifier(&v.jeton, &cle).map(|_| ()),
        Nature::Tete => TeteSignee::verifier(&v.jeton, &cle, &noeud).map(|_| ()),
        Nature::Preuve => {
            let requete = v.requete.as_ref().unwrap();
            let demande = Demande::nouvelle(&requete.methode, &requete.uri, &corps);
            preuve::verifier(&v.jeton, &demande, &noeud, &v.hub, &cle, requete.maintenant).map(|_| ())
        }
        Nature::Entree => {
            let verifiee = verifier_enveloppe(&v.jeton, &cle, &Attendu { noeud, hub: v.hub.clone() })?;
            assert_eq!(Some(verifiee.empreinte()), v.empreinte);
            Ok(())
        }
        Nature::Trousseau => Trousseau::verifier(&v.jeton, &cle, &v.hub).map(|_| ()),
        Nature::Restauration => Restauration::verifier(&v.jeton, &cle, &v.hub).map(|_| ()),
        Nature::Manifeste | Nature::Fil | Nature::Succession => reference::juger(v, &cle),
        Nature::Point | Nature::Inclusion | Nature::Coherence => unreachable!("judged with the register"),
        Nature::Publication | Nature::Chaine => {
            let attendu = Attendu { noeud, hub: v.hub.clone() };
            let recue = verifier(verifier_enveloppe(&v.jeton, &cle, &attendu)?, &corps)?;
            assert_eq!(Some(recue.empreinte()), v.empreinte);
            v.connu.as_ref().map_or(Ok(()), |connu| placer(&recue, connu))
        }
    }
}

fn placer(recue: &PublicationVerifiee, connu: &Connu) -> Result<(), Refus> {
    let tete = TeteNoeud { seq: connu.seq, empreinte: connu.tete };
    if let Some(refus) = decider(&tete, recue.enveloppe(), recue.empreinte(), connu.a_cette_place).refus() {
        return Err(refus);
    }
    match succession(connu.revision, recue.enveloppe().rev.unwrap()) {
        Succession::Remplace => Ok(()),
        Succession::Perimee { .. } => Err(Refus::nouveau(CodeRefus::RevNotGreater, "")),
    }
}

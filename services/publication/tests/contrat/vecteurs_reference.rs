//! Vectors of what the hub hands down: manifest of reference data, page of the feed, announcement of a key, each
//! once as it must be and once refused.

use std::collections::BTreeMap;

use publication::fil::{self, Article, Page, Pratique, Repere};
use publication::manifeste::{self, Manifeste, Partie};
use publication::succession::{self, SuccessionDeCle, UsageCle};

use super::*;

fn manifeste(parts: Vec<Partie>) -> String {
    let manifeste = Manifeste {
        v: manifeste::VERSION,
        iss: HUB.to_owned(),
        version: 1_775_182_629,
        issued: instant("2026-04-03T02:17:09Z"),
        valid_until: instant("2026-04-10T02:17:09Z"),
        parts,
    };
    manifeste.signer(&cle_reference())
}

fn parts() -> Vec<Partie> {
    vec![Partie::decrire("campagnes", "1", b"[]"), Partie::decrire("nomenclature/emploi", "2", b"code = \"emploi\"\n")]
}

fn page(contributors: u64) -> String {
    let decimal = |texte: &str| texte.parse().unwrap();
    let repere = Repere {
        campaign: "2026-T1".to_owned(),
        indicator: "EA01".to_owned(),
        contributors,
        q1: decimal("31.5"),
        median: decimal("48"),
        q3: decimal("77.25"),
    };
    let fields = BTreeMap::from([("titre".to_owned(), "Tutorat".to_owned())]);
    let pratique = Pratique { node: noeud(), center: "Centre".to_owned(), fields };
    let page = Page {
        v: fil::VERSION,
        iss: HUB.to_owned(),
        epoch: 1,
        from: 0,
        items: vec![Article::repere(repere), Article::pratique("Tutorat", pratique), Article::retrait("pratique/x/y")],
        next: Some("1.3".parse().unwrap()),
    };
    page.signer(&cle_reference())
}

fn annonce(signataire: &CleSignature) -> String {
    let annonce = SuccessionDeCle {
        v: succession::VERSION,
        iss: HUB.to_owned(),
        purpose: UsageCle::Accuses,
        from: cle_hub().publique(),
        to: cle_registre().publique(),
        announced_at: instant("2026-04-03T02:17:09Z"),
        effective_from: instant("2026-05-03T02:17:09Z"),
    };
    annonce.signer(signataire)
}

pub fn valides() -> BTreeMap<&'static str, Vecteur> {
    let v = |nature, description, jeton| vecteur(nature, description, ACCEPTEE, jeton);
    let complet = Trousseau {
        reference: Some(cle_reference().publique()),
        successions: vec![annonce(&cle_hub())],
        ..trousseau(&cle_registre())
    };
    BTreeMap::from([
        ("manifeste.json", v(Nature::Manifeste, "Manifeste des données de référence.", manifeste(parts()))),
        ("fil.json", v(Nature::Fil, "Page du fil : un repère, une pratique, un retrait.", page(5))),
        ("succession.json", v(Nature::Succession, "Annonce de la clé suivante du hub.", annonce(&cle_hub()))),
        (
            "trousseau-annonce.json",
            v(Nature::Trousseau, "Clés du hub, avec l’annonce de la suivante.", complet.signer(&cle_hub())),
        ),
    ])
}

pub fn refuses() -> [(CodeRefus, Vecteur); 3] {
    let double = [parts(), parts()].concat();
    [
        (CodeRefus::ManifestInvalid, vecteur(Nature::Manifeste, "Une partie figure deux fois.", "", manifeste(double))),
        (CodeRefus::FeedInvalid, vecteur(Nature::Fil, "Un repère de quatre centres.", "", page(4))),
        (
            CodeRefus::SuccessionInvalid,
            vecteur(Nature::Succession, "Annonce signée d’une autre clé.", "", annonce(&cle_registre())),
        ),
    ]
}

pub fn juger(v: &Vecteur, cle: &ClePublique) -> Result<(), Refus> {
    match v.nature {
        Nature::Manifeste => Manifeste::verifier(&v.jeton, cle, &v.hub).map(|_| ()),
        Nature::Fil => Page::verifier(&v.jeton, cle, &v.hub).map(|_| ()),
        _ => SuccessionDeCle::verifier(&v.jeton, cle, &v.hub).map(|_| ()),
    }
}

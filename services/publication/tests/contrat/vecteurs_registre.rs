//! Vectors of the register: signed checkpoints, inclusion and consistency proofs, and what a witness must
//! refuse. A tree of seven leaves, none of which is a power of two away from the edge cases of RFC 6962.

use std::collections::BTreeMap;

use publication::registre::{
    Alarme, Feuille, Hachages, PointDeControle, PreuveInclusion, ajouter, nom_du_registre, prouver_coherence,
    prouver_inclusion, racine, suivre,
};
use publication::{Accuse, Empreinte};

use super::*;

const FEUILLES: u64 = 7;

/// Verdicts that are no refusal of a request: a node raises the alarm on them.
const POINT_INVALIDE: &str = "registre:point_invalide";
const PREUVE_FAUSSE: &str = "registre:preuve_fausse";
const REECRITURE: &str = "registre:reecriture";
const RECUL: &str = "registre:recul";

fn accuse_accepte() -> String {
    accuse(StatutAccuse::Acceptee, vec![]).signer(&cle_hub())
}

/// The receipt of the vectors stands at position 0; the others are any digests.
fn feuille(rang: u64) -> Feuille {
    match rang {
        0 => Feuille::nouvelle(scellee().empreinte(), &accuse_accepte()),
        _ => Feuille::nouvelle(empreinte_enveloppe(&rang.to_be_bytes()), &format!("accuse {rang}")),
    }
}

fn arbre(change: impl Fn(u64) -> Feuille) -> Hachages {
    let mut lignes = Hachages::new();
    for rang in 0..FEUILLES {
        let nouvelles = ajouter(rang, &change(rang), &lignes).unwrap();
        lignes.extend(nouvelles);
    }
    lignes
}

fn point(hub: &str, taille: u64, racine: Empreinte) -> String {
    let point = PointDeControle { hub: nom_du_registre(hub), epoque: 1, taille, racine };
    point.signer(&cle_registre()).unwrap()
}

fn du_registre(nature: Nature, description: &str, verdict: &str, registre: Registre) -> Vecteur {
    let jeton = if nature == Nature::Inclusion { accuse_accepte() } else { String::new() };
    let empreinte = (nature == Nature::Inclusion).then(|| scellee().empreinte());
    Vecteur { registre: Some(registre), empreinte, ..vecteur(nature, description, verdict, jeton) }
}

pub fn vecteurs() -> BTreeMap<&'static str, Vecteur> {
    let lignes = arbre(feuille);
    let autres = arbre(|rang| feuille(rang + 1));
    let vrai = |taille| point(HUB, taille, racine(taille, &lignes).unwrap());
    let seul = |point| Registre { point, ancien: None, inclusion: None, coherence: None };
    let inclusion = prouver_inclusion(0, FEUILLES, &lignes).unwrap();
    let avec = |inclusion| Registre { inclusion: Some(inclusion), ..seul(vrai(FEUILLES)) };
    let coherence = prouver_coherence(1, 3, FEUILLES, &lignes).unwrap();
    let suite = |ancien: String, point: String, coherence: Option<PreuveCoherence>| Registre {
        ancien: Some(ancien),
        coherence,
        ..seul(point)
    };
    let longue = PreuveCoherence { path: vec![empreinte_enveloppe(b""); 64], epoch: 1, from: 3, to: FEUILLES };
    let reecrit = point(HUB, FEUILLES, racine(FEUILLES, &autres).unwrap());
    let falsifie = vrai(FEUILLES).replacen("\n7\n", "\n6\n", 1);
    use Nature::{Coherence, Inclusion, Point};
    let cas = [
        ("point", Point, "Point de contrôle.", ACCEPTEE, seul(vrai(FEUILLES))),
        ("point-autre-hub", Point, "Registre d’un autre hub.", POINT_INVALIDE, {
            seul(point("https://autre.example", FEUILLES, racine(FEUILLES, &lignes).unwrap()))
        }),
        ("point-falsifie", Point, "Taille changée après la signature.", POINT_INVALIDE, seul(falsifie)),
        ("inclusion", Inclusion, "L’accusé est inscrit au registre.", ACCEPTEE, avec(inclusion.clone())),
        ("inclusion-autre-rang", Inclusion, "Chemin d’une autre feuille.", PREUVE_FAUSSE, {
            avec(PreuveInclusion { leaf: 1, ..inclusion.clone() })
        }),
        ("inclusion-tronquee", Inclusion, "Chemin trop court.", PREUVE_FAUSSE, {
            avec(PreuveInclusion { path: inclusion.path[1..].to_vec(), ..inclusion })
        }),
        ("coherence", Coherence, "Le registre prolonge celui qui est connu.", ACCEPTEE, {
            suite(vrai(3), vrai(FEUILLES), Some(coherence.clone()))
        }),
        ("coherence-absente", Coherence, "Aucune preuve du prolongement.", PREUVE_FAUSSE, {
            suite(vrai(3), vrai(FEUILLES), None)
        }),
        ("coherence-autre-epoque", Coherence, "Preuve d’une autre époque.", PREUVE_FAUSSE, {
            suite(vrai(3), vrai(FEUILLES), Some(PreuveCoherence { epoch: 2, ..coherence }))
        }),
        ("coherence-64-lignes", Coherence, "Preuve de 64 lignes.", REECRITURE, {
            suite(vrai(3), vrai(FEUILLES), Some(longue))
        }),
        ("reecriture", Coherence, "Même taille, autre racine.", REECRITURE, suite(vrai(FEUILLES), reecrit, None)),
        ("recul", Coherence, "Moins de feuilles qu’avant.", RECUL, suite(vrai(FEUILLES), vrai(3), None)),
    ];
    cas.into_iter().map(|(nom, nature, texte, verdict, r)| (nom, du_registre(nature, texte, verdict, r))).collect()
}

/// What a witness does with a vector and nothing else.
pub fn juger(v: &Vecteur) -> String {
    let registre = v.registre.as_ref().unwrap();
    let cle: ClePublique = v.cle.parse().unwrap();
    let nom = nom_du_registre(&v.hub);
    let Ok(point) = PointDeControle::verifier(&registre.point, &nom, &cle) else { return POINT_INVALIDE.to_owned() };
    let verdict = match (&registre.inclusion, &registre.ancien) {
        (Some(preuve), _) => {
            let inscrite = Feuille::nouvelle(v.empreinte.unwrap(), &v.jeton);
            let tient = preuve.size == point.taille && preuve.verifier(&inscrite, point.racine).is_ok();
            if tient { ACCEPTEE } else { PREUVE_FAUSSE }
        }
        (None, Some(ancien)) => {
            let ancien = PointDeControle::verifier(ancien, &nom, &cle).unwrap();
            match suivre(&ancien, &point, registre.coherence.as_ref()) {
                Ok(()) => ACCEPTEE,
                Err(Alarme::Recul { .. }) => RECUL,
                Err(Alarme::SansPreuve) => PREUVE_FAUSSE,
                Err(_) => REECRITURE,
            }
        }
        (None, None) => ACCEPTEE,
    };
    verdict.to_owned()
}

#[test]
fn the_receipt_of_the_vectors_is_the_one_of_the_tree() {
    assert_eq!(Accuse::verifier(&accuse_accepte(), &cle_hub().publique()).unwrap().leaf, 0);
}

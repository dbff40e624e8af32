//! The published vectors of Certificate Transparency, then an independent implementation as oracle.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

/// Appends as a store does: reads only the rows asked for.
fn arbre(feuilles: &[Vec<u8>]) -> Hachages {
    let mut table = Hachages::new();
    for (taille, feuille) in feuilles.iter().enumerate() {
        let taille = taille as u64;
        let lus = table_limitee(&table, Question::Ajout { taille });
        table.extend(ajouter_hachage(taille, hacher_feuille(feuille), &lus).unwrap());
    }
    table
}

fn table_limitee(table: &Hachages, question: Question) -> Hachages {
    question.indices().into_iter().map(|i| (i, table[&i])).collect()
}

fn racine_de(table: &Hachages, taille: u64) -> Empreinte {
    racine(taille, &table_limitee(table, Question::Racine { taille })).unwrap()
}

fn inclusion(table: &Hachages, rang: u64, taille: u64) -> PreuveInclusion {
    prouver_inclusion(rang, taille, &table_limitee(table, Question::Inclusion { rang, taille })).unwrap()
}

fn coherence(table: &Hachages, ancienne: u64, nouvelle: u64) -> PreuveCoherence {
    let lus = table_limitee(table, Question::Coherence { ancienne, nouvelle });
    prouver_coherence(1, ancienne, nouvelle, &lus).unwrap()
}

fn hexa(empreinte: &Empreinte) -> String {
    empreinte.octets().iter().map(|o| format!("{o:02x}")).collect()
}

/// Inputs of the test vectors of the Certificate Transparency project (`merkle_tree_test.cc`).
fn feuilles_ct() -> Vec<Vec<u8>> {
    let hexa = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let octets = |t: &str| (0..t.len() / 2).map(|i| u8::from_str_radix(&t[2 * i..2 * i + 2], 16).unwrap()).collect();
    hexa.iter().map(|t| octets(t)).collect()
}

#[test]
fn roots_are_those_published() {
    let racines = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let table = arbre(&feuilles_ct());
    for (taille, attendue) in racines.iter().enumerate() {
        assert_eq!(hexa(&racine_de(&table, taille as u64)), *attendue, "{taille} feuilles");
    }
}

#[test]
fn proofs_are_those_published() {
    let table = arbre(&feuilles_ct());
    let chemin = |chemin: &[Empreinte]| chemin.iter().map(|e| hexa(e)[..8].to_owned()).collect::<Vec<_>>();
    assert_eq!(chemin(&inclusion(&table, 0, 1).path), Vec::<String>::new());
    assert_eq!(chemin(&inclusion(&table, 0, 8).path), ["96a296d2", "5f083f0a", "6b47aaf2"]);
    assert_eq!(chemin(&inclusion(&table, 5, 8).path), ["bc1a0643", "ca854ea1", "d37ee418"]);
    assert_eq!(chemin(&inclusion(&table, 2, 3).path), ["fac54203"]);
    assert_eq!(chemin(&inclusion(&table, 1, 5).path), ["6e340b9c", "5f083f0a", "bc1a0643"]);
    assert_eq!(chemin(&coherence(&table, 1, 1).path), Vec::<String>::new());
    assert_eq!(chemin(&coherence(&table, 1, 8).path), ["96a296d2", "5f083f0a", "6b47aaf2"]);
    assert_eq!(chemin(&coherence(&table, 6, 8).path), ["0ebc5d34", "ca854ea1", "d37ee418"]);
    assert_eq!(chemin(&coherence(&table, 2, 5).path), ["5f083f0a", "bc1a0643"]);
}

#[test]
fn a_hole_in_the_store_is_named_and_never_guessed() {
    let mut table = arbre(&feuilles_ct());
    table.remove(&0);
    assert_eq!(racine(1, &table), Err(ErreurRegistre::HachageAbsent(0)));
    assert_eq!(prouver_inclusion(1, 8, &table), Err(ErreurRegistre::HachageAbsent(0)));
    assert!(matches!(prouver_inclusion(8, 8, &table), Err(ErreurRegistre::HorsRegistre { .. })));
    assert!(matches!(prouver_coherence(1, 0, 8, &table), Err(ErreurRegistre::HorsRegistre { .. })));
    assert!(matches!(prouver_coherence(1, 9, 8, &table), Err(ErreurRegistre::HorsRegistre { .. })));
}

#[test]
fn matrix_40_a_proof_too_long_or_about_an_absurd_size_is_refused() {
    let table = arbre(&feuilles_ct());
    let (huit, six) = (racine_de(&table, 8), racine_de(&table, 6));
    let juste = coherence(&table, 6, 8);
    assert_eq!(juste.verifier(six, huit), Ok(()));
    let longue = PreuveCoherence { path: vec![six; PREUVE_MAXIMALE + 1], ..juste };
    assert_eq!(longue.verifier(six, huit), Err(ErreurRegistre::PreuveFausse));
    for (from, to) in [(0, 8), (9, 8), (6, u64::MAX), (u64::MAX, u64::MAX), (0, 0)] {
        let absurde = PreuveCoherence { from, to, ..juste.clone() };
        assert_eq!(absurde.verifier(six, huit), Err(ErreurRegistre::PreuveFausse), "{from} {to}");
    }
    let absurde = PreuveInclusion { leaf: u64::MAX - 1, size: u64::MAX, path: vec![six; 63] };
    assert_eq!(absurde.verifier_hachage(six, huit), Err(ErreurRegistre::PreuveFausse));
}

#[test]
fn a_leaf_is_an_envelope_and_its_receipt() {
    let (a, b) = (empreinte_accuse("a"), empreinte_accuse("b"));
    let feuille = Feuille::nouvelle(a, "b");
    assert_eq!(feuille, Feuille { env: a, accuse: b });
    assert_ne!(feuille.hachage(), Feuille { env: b, accuse: a }.hachage());
    let table = Hachages::from_iter(ajouter(0, &feuille, &Hachages::new()).unwrap());
    assert_eq!(inclusion(&table, 0, 1).verifier(&feuille, racine_de(&table, 1)), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn an_independent_implementation_agrees(
        feuilles in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..8), 1..70),
        choix in any::<proptest::sample::Index>(),
        autre in any::<proptest::sample::Index>(),
    ) {
        let table = arbre(&feuilles);
        let taille = feuilles.len() as u64;
        let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        feuilles.iter().for_each(|f| oracle.push(f.clone()));
        let attendue: [u8; 32] = (*oracle.root().as_bytes()).into();
        prop_assert_eq!(racine_de(&table, taille), Empreinte::depuis_octets(attendue));

        let rang = choix.index(feuilles.len());
        let preuve = inclusion(&table, rang as u64, taille);
        let octets: Vec<u8> = preuve.path.iter().flat_map(|e| *e.octets()).collect();
        prop_assert_eq!(octets, oracle.prove_inclusion(rang).as_bytes().to_vec());
        let feuille = hacher_feuille(&feuilles[rang]);
        prop_assert_eq!(preuve.verifier_hachage(feuille, racine_de(&table, taille)), Ok(()));
        prop_assert!(preuve.verifier_hachage(hacher_feuille(b"une feuille forgee"), racine_de(&table, taille)).is_err());

        let ancienne = autre.index(feuilles.len()) as u64 + 1;
        let preuve = coherence(&table, ancienne, taille);
        prop_assert_eq!(preuve.verifier(racine_de(&table, ancienne), racine_de(&table, taille)), Ok(()));
        let octets: Vec<u8> = preuve.path.iter().flat_map(|e| *e.octets()).collect();
        if ancienne < taille {
            let ajouts = (taille - ancienne) as usize;
            prop_assert_eq!(octets, oracle.prove_consistency(ajouts).as_bytes().to_vec());
        }
        if ancienne > 1 {
            prop_assert!(preuve.verifier(racine_de(&table, ancienne - 1), racine_de(&table, taille)).is_err());
        }
    }

    #[test]
    fn a_hostile_proof_never_panics(
        leaf in any::<u64>(), size in any::<u64>(), from in any::<u64>(), to in any::<u64>(),
        chemin in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let path: Vec<Empreinte> = chemin.into_iter().map(Empreinte::depuis_octets).collect();
        let racine = empreinte_accuse("racine");
        let verdict = PreuveInclusion { leaf, size, path: path.clone() }.verifier_hachage(racine, racine);
        prop_assert!(verdict.is_err() || size == 1);
        let _ = PreuveCoherence { epoch: 1, from, to, path }.verifier(racine, racine);
        for question in [Question::Racine { taille: size }, Question::Ajout { taille: size }, Question::Inclusion { rang: leaf, taille: size }, Question::Coherence { ancienne: from, nouvelle: to }] {
            let _ = question.indices();
        }
    }
}

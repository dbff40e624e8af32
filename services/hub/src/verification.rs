//! `maillage-hub verifier`: everything the hub holds, checked again from the bytes it received. Chains,
//! signatures, bodies, receipts; then the read models, rebuilt elsewhere and compared.

use std::collections::BTreeMap;

use hub_storage::publication::Entree;
use hub_storage::{Db, ErreurBase, arbre, corps, noeud, publication as entrees, rebuild};
use publication::registre::{Feuille, Hachages, ajouter};
use publication::succession::ClesSuccessives;
use publication::verification::Attendu;
use publication::{Empreinte, empreinte_corps, verifier_enveloppe};
use referentiel::identifiant::IdentifiantNoeud;

/// Entries read at a time.
const PAGE: u32 = 50;

/// What the verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constat {
    /// Entries checked.
    pub entrees: u64,
    /// Bodies checked.
    pub corps: u64,
    /// Rows of the read models compared.
    pub lignes: u64,
    /// What does not hold, in French.
    pub defauts: Vec<String>,
}

impl Constat {
    /// True when nothing is wrong.
    pub fn sain(&self) -> bool {
        self.defauts.is_empty()
    }
}

/// Whose receipts these are.
pub struct Hub<'a> {
    /// Identifier.
    pub identifiant: &'a str,
    /// Key of the receipts, and those it replaced.
    pub cles: ClesSuccessives,
}

/// Verifies a whole database.
pub async fn verifie(db: &Db, hub: &Hub<'_>, jeux: &[String]) -> Result<Constat, ErreurBase> {
    let mut constat = Constat::default();
    let mut tetes: BTreeMap<String, (u64, String)> = BTreeMap::new();
    let mut feuilles = Vec::new();
    let mut apres = 0;
    loop {
        let page = entrees::suite(db, apres, PAGE).await?;
        let Some(derniere) = page.last() else { break };
        apres = derniere.ordre;
        for entree in &page {
            constat.entrees += 1;
            feuilles.extend(entree.digest.parse::<Empreinte>().ok().map(|e| Feuille::nouvelle(e, &entree.accuse)));
            let mut defauts = chaine(&tetes, entree);
            defauts.extend(signatures(db, hub, entree).await?);
            if let Some(defaut) = corps_garde(db, entree, &mut constat).await? {
                defauts.push(defaut);
            }
            let place = |d: String| format!("{}, position {} : {d}", entree.noeud, entree.seq);
            constat.defauts.extend(defauts.into_iter().map(place));
            tetes.insert(entree.noeud.clone(), (entree.seq, entree.digest.clone()));
        }
    }
    if let Some(defaut) = arbre_tenu(db, &feuilles).await? {
        constat.defauts.push(defaut);
    }
    if constat.sain() {
        compare(db, jeux, &mut constat).await?;
    } else {
        constat.defauts.push("Les tables de lecture n’ont pas été comparées : le registre d’abord.".to_owned());
    }
    Ok(constat)
}

/// The Merkle tree, grown again from the entries, is the one that proofs are taken from.
async fn arbre_tenu(db: &Db, feuilles: &[Feuille]) -> Result<Option<String>, ErreurBase> {
    let mut refait = Hachages::new();
    for (rang, feuille) in (0..).zip(feuilles) {
        match ajouter(rang, feuille, &refait) {
            Ok(nouveaux) => refait.extend(nouveaux),
            Err(erreur) => return Ok(Some(erreur.to_string())),
        }
    }
    let tenu = arbre::tout(db).await? == refait;
    Ok((!tenu).then(|| "L’arbre du registre n’est pas celui que donnent les entrées.".to_owned()))
}

fn chaine(tetes: &BTreeMap<String, (u64, String)>, entree: &Entree) -> Vec<String> {
    let (seq, digest) = tetes.get(&entree.noeud).map_or((0, None), |(s, d)| (*s, Some(d)));
    let mut defauts = Vec::new();
    if entree.seq != seq + 1 {
        defauts.push(format!("la chaîne saute de {seq} à {}.", entree.seq));
    }
    if entree.prev.as_ref() != digest {
        defauts.push("l’entrée ne suit pas la précédente.".to_owned());
    }
    defauts
}

async fn signatures(db: &Db, hub: &Hub<'_>, entree: &Entree) -> Result<Vec<String>, ErreurBase> {
    let mut defauts = Vec::new();
    let Ok(noeud) = entree.noeud.parse::<IdentifiantNoeud>() else {
        return Ok(vec!["l’identifiant du nœud est illisible.".to_owned()]);
    };
    match noeud::find_cle(db, &noeud, &entree.kid).await? {
        None => defauts.push("la clé qui a signé n’est plus connue.".to_owned()),
        Some(cle) if !cle.couvre(entree.seq) => defauts.push("la clé ne valait pas à cette position.".to_owned()),
        Some(cle) => {
            let attendu = Attendu { noeud: noeud.clone(), hub: hub.identifiant.to_owned() };
            match verifier_enveloppe(&entree.jws, &cle.cle, &attendu) {
                Err(refus) => defauts.push(format!("l’enveloppe ne se vérifie plus ({refus}).")),
                Ok(enveloppe) if enveloppe.empreinte().to_string() != entree.digest => {
                    defauts.push("l’empreinte du registre n’est pas celle de l’enveloppe.".to_owned());
                }
                Ok(_) => {}
            }
        }
    }
    match hub.cles.accuse(&entree.accuse) {
        Err(refus) => defauts.push(format!("l’accusé ne se vérifie plus ({refus}).")),
        Ok(accuse) => {
            let tient = accuse.env.to_string() == entree.digest
                && accuse.seq == entree.seq
                && accuse.node == noeud
                && accuse.leaf + 1 == entree.ordre
                && hub_storage::registre::code_statut(accuse.status) == entree.statut;
            if !tient {
                defauts.push("l’accusé ne répond pas à cette entrée.".to_owned());
            }
        }
    }
    Ok(defauts)
}

async fn corps_garde(db: &Db, entree: &Entree, constat: &mut Constat) -> Result<Option<String>, ErreurBase> {
    let Some(digest) = entree.corps.as_ref().filter(|_| entree.statut == "accepted") else { return Ok(None) };
    let Ok(empreinte) = digest.parse::<Empreinte>() else {
        return Ok(Some("l’empreinte du corps est illisible.".to_owned()));
    };
    constat.corps += 1;
    Ok(match corps::find(db, empreinte).await? {
        None => Some("le corps manque.".to_owned()),
        Some(octets) if empreinte_corps(&octets) != empreinte => {
            Some("le corps conservé n’est plus celui qui a été signé.".to_owned())
        }
        Some(_) => None,
    })
}

async fn compare(db: &Db, jeux: &[String], constat: &mut Constat) -> Result<(), ErreurBase> {
    let ailleurs = Db::en_memoire().await?;
    rebuild::rebuild_ailleurs(db, &ailleurs, jeux).await?;
    let (montrees, refaites) = (rebuild::empreintes(db).await?, rebuild::empreintes(&ailleurs).await?);
    constat.lignes = montrees.values().map(|(lignes, _)| lignes).sum();
    let cles: std::collections::BTreeSet<_> = montrees.keys().chain(refaites.keys()).collect();
    for cle in cles {
        if montrees.get(cle) != refaites.get(cle) {
            let (table, campagne) = cle;
            constat.defauts.push(format!(
                "la table « {table} », campagne {campagne}, n’est pas celle que donne le registre : lancez « maillage-hub rebuild »."
            ));
        }
    }
    Ok(())
}

//! The hub as a pure machine: what it keeps is one value, what it answers depends on nothing else. Every
//! decision is the contract's own; only the store is a map instead of a database.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use publication::chaine::{Succession, succession};
use publication::registre::{Feuille, Hachages, PointDeControle, ajouter, nom_du_registre, prouver_coherence, racine};
use publication::restauration::{self, Restauration};
use publication::tete::TeteSignee;
use publication::verification::kid_annonce;
use publication::*;

use crate::defaut::Defaut;
use crate::fil::{Demande, HUB, NOEUD, Reponse, Requete};

/// Largest difference of a request's time (the proof's own window).
const FENETRE: i64 = preuve::FENETRE;

/// An entry as recorded.
#[derive(Debug, Clone)]
pub struct Inscrite {
    pub jws: String,
    pub accuse: Option<String>,
    pub corps: Option<Vec<u8>>,
    pub env: Empreinte,
    pub claims: Enveloppe,
    pub statut: StatutAccuse,
}

/// What a series shows: its revision, and its value unless it was withdrawn.
pub type Series = BTreeMap<String, (u64, Option<u64>)>;

/// What the hub keeps; cloned, it is a backup.
#[derive(Debug, Clone)]
pub struct Etat {
    pub epoque: u64,
    pub entrees: Vec<Inscrite>,
    pub series: Series,
    /// Kept up entry by entry, never summed again.
    pub total: u64,
    pub arbre: Hachages,
    pub feuilles: u64,
    declarations: Vec<String>,
    /// Keys, with the positions they may sign.
    cles: Vec<(ClePublique, u64, Option<u64>)>,
}

pub struct Hub {
    pub etat: Etat,
    defaut: Option<Defaut>,
    cle: CleSignature,
    registre: CleSignature,
    /// Beside the database: the last incarnation announced, and the feed.
    annoncee: u64,
    pub articles: Vec<u64>,
    /// In memory only.
    vues: BTreeSet<Empreinte>,
}

/// The place of the crash that a planted bug makes harmful, drawn by the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coupure {
    Aucune,
    EntreDeux,
}

impl Hub {
    pub fn nouveau(defaut: Option<Defaut>, cle: CleSignature, registre: CleSignature, noeud: ClePublique) -> Self {
        let etat = Etat {
            epoque: 1,
            entrees: vec![],
            series: Series::new(),
            total: 0,
            arbre: Hachages::new(),
            feuilles: 0,
            declarations: vec![],
            cles: vec![(noeud, 1, None)],
        };
        Self { etat, defaut, cle, registre, annoncee: 1, articles: vec![], vues: BTreeSet::new() }
    }

    fn a(&self, defaut: Defaut) -> bool {
        self.defaut == Some(defaut)
    }

    pub fn redemarre(&mut self) {
        self.vues.clear();
    }

    /// A backup is put back: the next incarnation nobody was told yet, with a statement for each step.
    pub fn restaure(&mut self, copie: Etat, instant: DateTime<Utc>) {
        self.etat = copie;
        self.redemarre();
        let vers = self.annoncee.max(self.etat.epoque) + 1;
        self.annoncee = vers;
        let (size, root) = (self.etat.feuilles, racine(self.etat.feuilles, &self.etat.arbre).unwrap());
        for from_epoch in self.etat.epoque..vers {
            let declaration = Restauration {
                v: restauration::VERSION,
                iss: HUB.to_owned(),
                from_epoch,
                to_epoch: from_epoch + 1,
                size,
                root,
                restored_at: instant,
            };
            self.etat.declarations.push(declaration.signer(&self.cle));
        }
        self.etat.epoque = vers;
    }

    pub fn repond(&mut self, requete: &Requete, maintenant: DateTime<Utc>, coupure: Coupure) -> Reponse {
        if (requete.heure - maintenant.timestamp()).abs() > FENETRE {
            return Reponse::Horloge(maintenant.timestamp());
        }
        match &requete.demande {
            Demande::Tete => Reponse::Tete(self.tete().signer(&self.cle)),
            Demande::Depose { seq, jws, corps } => self.depose(*seq, jws, corps.as_deref(), maintenant, coupure),
            Demande::Historique { depuis } => Reponse::Historique(
                self.etat
                    .entrees
                    .iter()
                    .filter(|e| e.claims.seq >= *depuis)
                    .map(|e| (e.jws.clone(), e.accuse.clone().unwrap_or_default(), e.corps.clone()))
                    .collect(),
            ),
            Demande::Registre { epoque, taille } => self.registre(*epoque, *taille),
            Demande::Declarations { depuis } => {
                let depuis = usize::try_from(depuis - 1).unwrap();
                Reponse::Declarations(self.etat.declarations.get(depuis..).unwrap_or_default().to_vec())
            }
            Demande::Fil { curseur } => Reponse::Fil {
                depuis: *curseur,
                articles: self.articles.iter().skip(usize::try_from(*curseur).unwrap()).take(3).copied().collect(),
            },
            Demande::ChangeDeCle { x } => {
                let suivante = self.tete().seq + 1;
                self.prend_la_cle(*x, suivante);
                Reponse::Erreur
            }
        }
    }

    pub fn tete(&self) -> TeteSignee {
        let derniere = self.etat.entrees.iter().max_by_key(|e| e.claims.seq);
        TeteSignee {
            node: NOEUD.parse().unwrap(),
            log_epoch: self.etat.epoque,
            seq: derniere.map_or(0, |e| e.claims.seq),
            digest: derniere.map(|e| e.env),
            kid: self.etat.cles.last().unwrap().0.kid(),
        }
    }

    fn registre(&self, epoque: u64, taille: u64) -> Reponse {
        let e = &self.etat;
        let point = PointDeControle {
            hub: nom_du_registre(HUB),
            epoque: e.epoque,
            taille: e.feuilles,
            racine: racine(e.feuilles, &e.arbre).unwrap(),
        };
        let preuve = (taille > 0 && taille < e.feuilles)
            .then(|| prouver_coherence(epoque, taille, e.feuilles, &e.arbre).unwrap());
        Reponse::Registre { point: point.signer(&self.registre).unwrap(), preuve }
    }

    fn depose(
        &mut self,
        seq: u64,
        jws: &str,
        corps: Option<&[u8]>,
        maintenant: DateTime<Utc>,
        coupure: Coupure,
    ) -> Reponse {
        let Some((claims, env)) = self.verifie(seq, jws) else { return Reponse::Erreur };
        let place = self.etat.entrees.iter().position(|e| e.claims.seq == seq);
        let tete = self.tete().tete();
        let connue = place.map(|p| self.etat.entrees[p].env);
        let mut ecrase = None;
        match decider(&tete, &claims, env, connue) {
            Decision::Nouvelle => {}
            Decision::Doublon => {
                let oubliee = self.a(Defaut::DedupEnMemoire) && !self.vues.contains(&env);
                if !oubliee && !self.a(Defaut::SansDedup) {
                    let accuse = self.etat.entrees[place.unwrap()].accuse.clone();
                    return accuse.map_or(Reponse::Erreur, Reponse::Accuse);
                }
            }
            Decision::Fourche { .. } if self.a(Defaut::FourcheIgnoree) => ecrase = place,
            Decision::Trou { .. } if self.a(Defaut::OrdreDArrivee) => {}
            _ => return Reponse::Erreur,
        }
        let refuse = match self.examine(&claims, corps, maintenant) {
            Ok(refuse) => refuse,
            Err(()) => return Reponse::Erreur,
        };
        if refuse && self.a(Defaut::RefusBloque) {
            return Reponse::Erreur;
        }
        let statut = self.statut(&claims, refuse);
        let accuse = Accuse {
            v: accuse::VERSION,
            iss: HUB.to_owned(),
            node: claims.iss.clone(),
            seq,
            env,
            status: statut,
            reasons: vec![],
            counts: Comptes::default(),
            log_epoch: self.etat.epoque,
            leaf: self.etat.feuilles,
            received_at: maintenant,
        };
        let accuse = accuse.signer(&self.cle);
        if coupure == Coupure::EntreDeux && self.a(Defaut::AccuseAvantCommit) {
            return Reponse::Accuse(accuse);
        }
        let garde = !(coupure == Coupure::EntreDeux && self.a(Defaut::AccuseEnSecond));
        let corps = corps.filter(|_| statut == StatutAccuse::Acceptee).map(<[u8]>::to_vec);
        let inscrite =
            Inscrite { jws: jws.to_owned(), accuse: garde.then(|| accuse.clone()), corps, env, claims, statut };
        self.inscrit(inscrite, &accuse, ecrase);
        if garde { Reponse::Accuse(accuse) } else { Reponse::Erreur }
    }

    /// Signature and key for this position.
    fn verifie(&self, seq: u64, jws: &str) -> Option<(Enveloppe, Empreinte)> {
        if self.a(Defaut::SansSignature) {
            let claims = sceau::relire(jws)?;
            let charge = serde_json::to_vec(&claims).unwrap();
            return Some((claims, empreinte_enveloppe(&charge)));
        }
        let kid = kid_annonce(jws).ok()?;
        let (cle, depuis, jusqua) = self.etat.cles.iter().find(|(c, _, _)| c.kid() == kid)?;
        let attendu = Attendu { noeud: NOEUD.parse().unwrap(), hub: HUB.to_owned() };
        let verifiee = verifier_enveloppe(jws, cle, &attendu).ok()?;
        let claims = verifiee.enveloppe().clone();
        let couvre = claims.seq >= *depuis && jusqua.is_none_or(|fin| claims.seq <= fin);
        (claims.seq == seq && couvre).then(|| (claims, verifiee.empreinte()))
    }

    /// True when the content is refused; an error when the body is not there.
    fn examine(&self, claims: &Enveloppe, corps: Option<&[u8]>, maintenant: DateTime<Utc>) -> Result<bool, ()> {
        if self.a(Defaut::RefusPourDecalage) && (claims.created_at - maintenant).num_seconds().abs() > FENETRE {
            return Ok(true);
        }
        if claims.kind != Genre::Publication {
            return Ok(false);
        }
        let corps = corps.ok_or(())?;
        if claims.body.as_ref().unwrap().sha256 != empreinte_corps(corps) {
            return Err(());
        }
        Ok(!lu(corps).1)
    }

    fn statut(&self, claims: &Enveloppe, refuse: bool) -> StatutAccuse {
        let (Some(serie), Some(rev), false) = (claims.serie(), claims.rev, refuse) else {
            return if refuse { StatutAccuse::Refusee } else { StatutAccuse::Acceptee };
        };
        if self.a(Defaut::OrdreDArrivee) {
            return StatutAccuse::Acceptee;
        }
        match succession(self.etat.series.get(&serie.period).map(|(rev, _)| *rev), rev) {
            Succession::Remplace => StatutAccuse::Acceptee,
            Succession::Perimee { .. } => StatutAccuse::Perimee,
        }
    }

    fn inscrit(&mut self, inscrite: Inscrite, accuse: &str, ecrase: Option<usize>) {
        let feuille = Feuille::nouvelle(inscrite.env, accuse);
        let nouveaux = ajouter(self.etat.feuilles, &feuille, &self.etat.arbre).unwrap();
        self.etat.arbre.extend(nouveaux);
        self.etat.feuilles += 1;
        self.vues.insert(inscrite.env);
        if inscrite.statut == StatutAccuse::Acceptee {
            let remplacee = applique(&mut self.etat.series, &inscrite);
            self.etat.total += valeur(&inscrite).unwrap_or_default();
            // Recorded twice, a revision replaces another of its own number: nothing is taken off.
            self.etat.total -= remplacee.filter(|(rev, _)| Some(*rev) != inscrite.claims.rev).map_or(0, |(_, v)| v);
            if let Some(next) = &inscrite.claims.next {
                self.prend_la_cle(next.x, inscrite.claims.seq + 1);
            }
        }
        match ecrase {
            Some(place) => self.etat.entrees[place] = inscrite,
            None => self.etat.entrees.push(inscrite),
        }
    }

    fn prend_la_cle(&mut self, x: ClePublique, depuis: u64) {
        if self.etat.cles.iter().all(|(c, _, _)| *c != x) {
            self.etat.cles.last_mut().unwrap().2 = Some(depuis - 1);
            self.etat.cles.push((x, depuis, None));
        }
    }
}

/// What a body of these worlds says, and whether the hub takes it.
pub fn lu(corps: &[u8]) -> (u64, bool) {
    let Contenu::Dispositifs(c) = Contenu::lire(corps).unwrap() else { unreachable!("only fiches are published here") };
    let fiche = &c.dispositifs()[0];
    (fiche.capacite.unwrap(), fiche.region.as_deref() == Some("27"))
}

fn valeur(e: &Inscrite) -> Option<u64> {
    e.corps.as_deref().map(|c| lu(c).0)
}

/// Puts an accepted entry in the read model; gives the value it replaces.
pub fn applique(series: &mut Series, e: &Inscrite) -> Option<(u64, u64)> {
    let (Some(serie), Some(rev)) = (e.claims.serie(), e.claims.rev) else { return None };
    let avant = series.insert(serie.period.clone(), (rev, valeur(e)));
    avant.and_then(|(rev, valeur)| valeur.map(|v| (rev, v)))
}

//! The node as a pure machine: what it keeps is one value, what it sends depends on it and on the answers it
//! was given. Its decisions are the contract's own, in the order of `node::outbox` and `node::reprise`.

use chrono::{DateTime, TimeDelta, Utc};
use publication::chaine::{EpoqueConnue, Gardees, Reprise, accepter_accuse, comparer_tetes};
use publication::enveloppe::PERIMETRE_CDG;
use publication::registre::{PointDeControle, PreuveCoherence, nom_du_registre, suivre};
use publication::restauration::Restauration;
use publication::tete::TeteSignee;
use publication::*;
use rand::rngs::ChaCha20Rng;
use rand::{RngExt as _, SeedableRng as _};

use crate::defaut::Defaut;
use crate::fil::{Demande, HUB, NOEUD, Reponse, Requete};

/// A sealed entry.
#[derive(Debug, Clone)]
pub struct Envoi {
    pub jws: String,
    pub corps: Option<Vec<u8>>,
    pub env: Empreinte,
    pub claims: Enveloppe,
    pub accuse: Option<(String, StatutAccuse)>,
    essais: u32,
    /// Its bytes were dropped: see `Defaut::PurgeALAccuse`.
    purgee: bool,
}

/// What the node keeps; cloned, it is a backup. Keys are elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Etat {
    pub envois: Vec<Envoi>,
    connue: Option<EpoqueConnue>,
    point: Option<PointDeControle>,
    pub articles: Vec<u64>,
    curseur: u64,
    /// Voided, to be sealed again.
    pub a_refaire: Vec<Envoi>,
}

pub struct Noeud {
    pub etat: Etat,
    defaut: Option<Defaut>,
    pub cle: CleSignature,
    suivante: Option<CleSignature>,
    /// Keys that were replaced, latest last.
    anciennes: Vec<CleSignature>,
    hub: ClePublique,
    registre: ClePublique,
    rng: ChaCha20Rng,
    /// In memory only.
    decalage: TimeDelta,
    derniers: [u64; 5],
    tete: Option<TeteSignee>,
    position: Option<u64>,
    id: u64,
    /// Why this node stopped, for ever.
    pub alarme: Option<String>,
    pub annulations: u64,
}

impl Noeud {
    pub fn nouveau(
        defaut: Option<Defaut>,
        cle: CleSignature,
        hub: ClePublique,
        registre: ClePublique,
        graine: u64,
    ) -> Self {
        Self {
            etat: Etat::default(),
            defaut,
            cle,
            suivante: None,
            anciennes: vec![],
            hub,
            registre,
            rng: ChaCha20Rng::seed_from_u64(graine),
            decalage: TimeDelta::zero(),
            derniers: [0; 5],
            tete: None,
            position: None,
            id: 0,
            alarme: None,
            annulations: 0,
        }
    }

    fn a(&self, defaut: Defaut) -> bool {
        self.defaut == Some(defaut)
    }

    /// Killed and started again.
    pub fn redemarre(&mut self) {
        self.decalage = TimeDelta::zero();
        self.tete = None;
        self.derniers = [self.id; 5];
        if self.a(Defaut::PositionEnMemoire) {
            let acquittes = self.etat.envois.iter().take_while(|e| e.accuse.is_some()).count();
            self.position = Some(acquittes as u64 + 1);
        }
    }

    pub fn restaure(&mut self, copie: Etat) {
        self.etat = copie;
        self.redemarre();
    }

    pub fn connue(&self) -> EpoqueConnue {
        self.etat.connue.clone().unwrap_or_default()
    }

    fn scellee_a(&self, seq: u64) -> Option<&Envoi> {
        self.etat.envois.get(usize::try_from(seq).ok()?.checked_sub(1)?)
    }

    fn place(&mut self) -> Place {
        let seq = self.position.take().unwrap_or(self.etat.envois.len() as u64 + 1);
        self.etat.envois.truncate(usize::try_from(seq - 1).unwrap());
        Place { seq, prev: self.etat.envois.last().map(|e| e.env) }
    }

    /// Last entry of a series.
    fn derniere(&self, periode: &str) -> Option<&Envoi> {
        self.etat.envois.iter().rev().find(|e| e.claims.serie().is_some_and(|s| s.period == periode))
    }

    /// A rotation waits for its receipt: nothing is sealed.
    fn rotation_en_cours(&self) -> bool {
        self.etat.envois.iter().any(|e| e.claims.kind == Genre::Rotation && e.accuse.is_none())
    }

    /// Something voided of the series is not sealed again yet: sealed before it, what is newer would be replaced by it.
    fn refait_en_attente(&self, periode: &str) -> bool {
        self.etat.a_refaire.iter().any(|e| e.claims.serie().is_some_and(|s| s.period == periode))
    }

    fn emission(&self, maintenant: DateTime<Utc>, campagne: &str) -> Emission {
        let un = || "1".to_owned();
        Emission {
            hub: HUB.to_owned(),
            region: "27".to_owned(),
            references: References { catalogue: un(), thresholds: un(), campaign: campagne.to_owned() },
            cree_le: maintenant,
            essai: false,
        }
    }

    pub fn publie(&mut self, contenu: &Contenu, maintenant: DateTime<Utc>) -> bool {
        let periode = contenu.periode().to_string();
        if self.rotation_en_cours() || self.refait_en_attente(&periode) {
            return false;
        }
        let place = self.place();
        let derniere = self.derniere(&periode);
        let rev = derniere.and_then(|d| d.claims.rev).unwrap_or(0) + 1;
        let raison = if rev == 1 { Raison::Premiere } else { Raison::Correction };
        let supersedes = derniere.map(|d| d.env);
        let suite = SuiteChaine { seq: place.seq, prev: place.prev, rev, supersedes, raison };
        let signee = sceller(contenu, &suite, &self.emission(maintenant, &periode), &self.cle).unwrap();
        let corps = Some(signee.corps().to_vec());
        self.garde(signee.enveloppe_jws().to_owned(), corps, signee.empreinte(), signee.enveloppe().clone());
        true
    }

    pub fn retire(&mut self, periode: &str, maintenant: DateTime<Utc>) -> bool {
        let Some(derniere) = self.derniere(periode).filter(|d| d.claims.kind == Genre::Publication) else {
            return false;
        };
        let acte = Acte::Retrait {
            serie: Serie {
                dataset: "ea.dispositif".to_owned(),
                period: periode.to_owned(),
                scope: PERIMETRE_CDG.to_owned(),
            },
            rev: derniere.claims.rev.unwrap() + 1,
            supersedes: derniere.env,
            raison: Raison::Correction,
        };
        !self.rotation_en_cours() && !self.refait_en_attente(periode) && self.acte(&acte, maintenant)
    }

    pub fn tourne(&mut self, maintenant: DateTime<Utc>) -> Option<Requete> {
        if self.suivante.is_some() || self.rotation_en_cours() {
            return None;
        }
        let nouvelle = CleSignature::generer(&mut self.rng);
        if self.a(Defaut::RotationHorsChaine) {
            let x = nouvelle.publique();
            self.cle = nouvelle;
            return Some(self.demande(Demande::ChangeDeCle { x }, maintenant));
        }
        self.acte(&Acte::Rotation { nouvelle: &nouvelle }, maintenant);
        self.suivante = Some(nouvelle);
        None
    }

    /// The announced key is in force.
    fn acheve_la_rotation(&mut self) {
        if let Some(suivante) = self.suivante.take() {
            self.anciennes.push(std::mem::replace(&mut self.cle, suivante));
        }
    }

    /// A key that was left signs again; the present one is to be announced once more.
    fn remet_en_vigueur(&mut self, kid: &str) {
        let Some(place) = self.anciennes.iter().rposition(|c| c.publique().kid() == kid) else { return };
        let quittee = self.anciennes.remove(place);
        let presente = std::mem::replace(&mut self.cle, quittee);
        match self.suivante {
            Some(_) => self.anciennes.push(presente),
            None => self.suivante = Some(presente),
        }
    }

    fn acte(&mut self, acte: &Acte<'_>, maintenant: DateTime<Utc>) -> bool {
        let place = self.place();
        let emission = self.emission(maintenant, "");
        let signee = sceller_acte(acte, &NOEUD.parse().unwrap(), place, &emission, &self.cle).unwrap();
        self.garde(signee.enveloppe_jws().to_owned(), None, signee.empreinte(), signee.enveloppe().clone());
        true
    }

    fn garde(&mut self, jws: String, corps: Option<Vec<u8>>, env: Empreinte, claims: Enveloppe) {
        self.etat.envois.push(Envoi { jws, corps, env, claims, accuse: None, essais: 0, purgee: false });
    }

    fn demande(&mut self, demande: Demande, maintenant: DateTime<Utc>) -> Requete {
        self.id += 1;
        if let Some(rang) = rang(&demande) {
            self.derniers[rang] = self.id;
        }
        Requete { id: self.id, heure: (maintenant + self.decalage).timestamp(), demande }
    }

    /// One contact: heads first, the feed beside.
    pub fn contacte(&mut self, maintenant: DateTime<Utc>) -> Vec<Requete> {
        if self.alarme.is_some() {
            return vec![];
        }
        let premiere = if self.a(Defaut::SansComparaison) {
            self.envoie(u64::MAX, maintenant)
        } else {
            vec![self.demande(Demande::Tete, maintenant)]
        };
        let curseur = self.etat.curseur;
        premiere.into_iter().chain([self.demande(Demande::Fil { curseur }, maintenant)]).collect()
    }

    /// An answer; `coupe` is the crash that a planted bug makes harmful.
    pub fn recoit(
        &mut self,
        requete: &Requete,
        reponse: Reponse,
        maintenant: DateTime<Utc>,
        coupe: bool,
    ) -> Vec<Requete> {
        // One answer to a question, as a client of HTTP takes: the network may have asked twice.
        if let Some(derniere) = rang(&requete.demande).map(|r| &mut self.derniers[r]) {
            if *derniere != requete.id {
                return vec![];
            }
            *derniere = 0;
        }
        match reponse {
            Reponse::Horloge(heure) => {
                self.decalage = TimeDelta::seconds(heure - maintenant.timestamp());
                vec![]
            }
            Reponse::Tete(jws) => {
                let tete = TeteSignee::verifier(&jws, &self.hub, &NOEUD.parse().unwrap()).unwrap();
                self.a_la_tete(tete, maintenant)
            }
            Reponse::Declarations(textes) => match self.tete.take() {
                Some(tete) => self.franchit(&textes, &tete, maintenant),
                None => vec![],
            },
            Reponse::Accuse(jws) => {
                self.prend_accuse(&jws, requete);
                vec![]
            }
            Reponse::Historique(entrees) => self.reprend(requete, &entrees, maintenant),
            Reponse::Registre { point, preuve } => {
                self.atteste(requete, &point, preuve.as_ref());
                vec![]
            }
            Reponse::Fil { depuis, articles } => {
                let nouveau = depuis + articles.len() as u64;
                if self.a(Defaut::CurseurAvantApplication) {
                    self.etat.curseur = nouveau;
                    if coupe {
                        return vec![];
                    }
                } else if depuis != self.etat.curseur {
                    return vec![];
                }
                self.etat.curseur = nouveau;
                self.etat.articles.extend(articles);
                vec![]
            }
            Reponse::Erreur => vec![],
        }
    }

    fn a_la_tete(&mut self, tete: TeteSignee, maintenant: DateTime<Utc>) -> Vec<Requete> {
        let premiere = || EpoqueConnue { epoque: 1, plancher: 0, gardees: vec![] };
        let connue = self.etat.connue.get_or_insert_with(premiere).clone();
        if tete.log_epoch > connue.epoque {
            self.tete = Some(tete);
            return vec![self.demande(Demande::Declarations { depuis: connue.epoque }, maintenant)];
        }
        if tete.log_epoch < connue.epoque {
            self.alarme = Some("older incarnation".to_owned());
            return vec![];
        }
        self.compare(&tete, maintenant)
    }

    fn franchit(&mut self, textes: &[String], tete: &TeteSignee, maintenant: DateTime<Utc>) -> Vec<Requete> {
        let mut epoque = self.connue().epoque;
        let mut gardees = self.connue().gardees;
        for texte in textes {
            let d = Restauration::verifier(texte, &self.hub, HUB).unwrap();
            if d.from_epoch == epoque {
                epoque = d.to_epoch;
                gardees.push(Gardees { de_epoque: d.from_epoch, feuilles: d.size });
            }
        }
        if epoque != tete.log_epoch {
            return vec![];
        }
        // Followed by the checkpoint of the new incarnation, at the next contact.
        self.etat.point = None;
        let connue = match self.defaut {
            Some(Defaut::EpoqueAnnuleTout) => EpoqueConnue { epoque, plancher: 0, gardees: vec![] },
            Some(Defaut::PlancherSeul) => EpoqueConnue { epoque, plancher: tete.seq, gardees: vec![] },
            _ => EpoqueConnue { epoque, plancher: self.connue().plancher, gardees },
        };
        self.etat.connue = Some(connue.clone());
        let rouvre = !self.a(Defaut::SansReouverture);
        for e in &mut self.etat.envois {
            let lu = e.accuse.as_ref().and_then(|(jws, _)| Accuse::verifier(jws, &self.hub).ok());
            let perdu = lu.is_some_and(|a| accepter_accuse(&a, Some(e.env), &connue).is_err());
            if rouvre && perdu && (e.corps.is_some() || e.claims.kind != Genre::Publication) {
                e.accuse = None;
            }
        }
        self.compare(tete, maintenant)
    }

    fn compare(&mut self, tete: &TeteSignee, maintenant: DateTime<Utc>) -> Vec<Requete> {
        let locale = self.etat.envois.last().map_or(TeteNoeud::default(), |e| TeteNoeud::apres(e.claims.seq, e.env));
        let mut suite = match comparer_tetes(&locale, &tete.tete(), |seq| self.scellee_a(seq).map(|e| e.env)) {
            Reprise::AJour | Reprise::Renvoyer { .. } => {
                // A refused content taken back has no body here: nobody can send it again.
                let perdue =
                    |e: &&Envoi| e.claims.seq > tete.seq && e.claims.kind == Genre::Publication && e.corps.is_none();
                if let Some(seq) = self.etat.envois.iter().find(perdue).map(|e| e.claims.seq)
                    && !self.a(Defaut::PurgeALAccuse)
                {
                    self.annule(seq);
                }
                // The rotation went with what was voided: the hub will never hear of it.
                let tournera =
                    self.etat.envois.iter().any(|e| e.claims.seq > tete.seq && e.claims.kind == Genre::Rotation);
                if !tournera {
                    self.remet_en_vigueur(&tete.kid);
                }
                self.rescelle(maintenant);
                self.envoie(tete.seq, maintenant)
            }
            Reprise::Recuperer { .. } | Reprise::Fourche => {
                self.remet_en_vigueur(&tete.kid);
                let premiere = self.etat.envois.iter().find(|e| e.accuse.is_none()).map(|e| e.claims.seq);
                let depuis = premiere.unwrap_or(locale.suivante());
                vec![self.demande(Demande::Historique { depuis }, maintenant)]
            }
        };
        let (epoque, taille) = (self.connue().epoque, self.etat.point.as_ref().map_or(0, |p| p.taille));
        suite.push(self.demande(Demande::Registre { epoque, taille }, maintenant));
        suite
    }

    /// What has no receipt, and what the hub lost.
    fn envoie(&mut self, tete: u64, maintenant: DateTime<Utc>) -> Vec<Requete> {
        let dus: Vec<usize> = (0..self.etat.envois.len())
            .filter(|i| {
                let e = &self.etat.envois[*i];
                !e.purgee && (e.accuse.is_none() || e.claims.seq > tete)
            })
            .take(8)
            .collect();
        let mut requetes = Vec::new();
        for i in dus {
            if self.a(Defaut::EnveloppeRefaite) && self.etat.envois[i].essais > 0 {
                self.refait_sur_place(i, maintenant);
            }
            let e = &mut self.etat.envois[i];
            e.essais += 1;
            let demande = Demande::Depose { seq: e.claims.seq, jws: e.jws.clone(), corps: e.corps.clone() };
            requetes.push(self.demande(demande, maintenant));
        }
        requetes
    }

    fn refait_sur_place(&mut self, i: usize, maintenant: DateTime<Utc>) {
        let e = &self.etat.envois[i];
        let Some(corps) = &e.corps else { return };
        let c = &e.claims;
        let suite = SuiteChaine {
            seq: c.seq,
            prev: c.prev,
            rev: c.rev.unwrap(),
            supersedes: c.supersedes,
            raison: c.reason.unwrap(),
        };
        let periode = c.serie().unwrap().period.clone();
        let contenu = Contenu::lire(corps).unwrap();
        let signee = sceller(&contenu, &suite, &self.emission(maintenant, &periode), &self.cle).unwrap();
        let e = &mut self.etat.envois[i];
        (e.jws, e.env, e.claims) = (signee.enveloppe_jws().to_owned(), signee.empreinte(), signee.enveloppe().clone());
    }

    fn prend_accuse(&mut self, jws: &str, requete: &Requete) {
        let Ok(accuse) = Accuse::verifier(jws, &self.hub) else { return };
        let seq = match (&requete.demande, self.a(Defaut::AccuseParPosition)) {
            (Demande::Depose { seq, .. }, true) => *seq,
            _ => accuse.seq,
        };
        let connue = if self.a(Defaut::AccusePerime) { EpoqueConnue::default() } else { self.connue() };
        let env = self.scellee_a(seq).map(|e| e.env);
        let statut =
            if self.a(Defaut::AccuseParPosition) { Ok(accuse.status) } else { accepter_accuse(&accuse, env, &connue) };
        let (Ok(statut), purge) = (statut, self.a(Defaut::PurgeALAccuse)) else { return };
        let Some(e) = self.etat.envois.get_mut(usize::try_from(seq).unwrap() - 1) else { return };
        e.accuse = Some((jws.to_owned(), statut));
        e.purgee = purge;
        let annoncee = e.claims.next.as_ref().map(|n| n.x);
        if annoncee.is_some() && annoncee == self.suivante.as_ref().map(CleSignature::publique) {
            self.acheve_la_rotation();
        }
    }

    fn reprend(
        &mut self,
        requete: &Requete,
        entrees: &[(String, String, Option<Vec<u8>>)],
        maintenant: DateTime<Utc>,
    ) -> Vec<Requete> {
        let Demande::Historique { depuis } = requete.demande else { return vec![] };
        let socle = self.scellee_a(depuis - 1).map_or(TeteNoeud::default(), |e| TeteNoeud::apres(e.claims.seq, e.env));
        let attendu = Attendu { noeud: NOEUD.parse().unwrap(), hub: HUB.to_owned() };
        let jws: Vec<&str> = entrees.iter().map(|e| e.0.as_str()).collect();
        let cles = [&self.cle].into_iter().chain(&self.suivante).chain(&self.anciennes);
        let cles: Vec<ClePublique> = cles.map(CleSignature::publique).collect();
        // A hub put back between two answers of one contact explains itself at the next one.
        let verifiees = verifier_suite(&jws, &socle, &cles, &attendu).unwrap_or_default();
        if verifiees.is_empty() {
            return vec![];
        }
        let communes = verifiees
            .iter()
            .take_while(|v| self.scellee_a(v.enveloppe().seq).is_some_and(|e| e.env == v.empreinte()))
            .count();
        if communes == verifiees.len() {
            return vec![];
        }
        self.annule(depuis + communes as u64);
        for (v, (_, accuse, corps)) in verifiees.iter().zip(entrees).skip(communes) {
            let statut = Accuse::verifier(accuse, &self.hub).map_or(StatutAccuse::Refusee, |a| a.status);
            self.garde(v.jws().to_owned(), corps.clone(), v.empreinte(), v.enveloppe().clone());
            self.etat.envois.last_mut().unwrap().accuse = Some((accuse.clone(), statut));
        }
        // A rotation found in the history settles which key is in force.
        let annoncee = |e: &Envoi| e.claims.next.as_ref().map(|n| n.x);
        let suivante = self.suivante.as_ref().map(CleSignature::publique);
        if suivante.is_some() && self.etat.envois.iter().any(|e| e.accuse.is_some() && annoncee(e) == suivante) {
            self.acheve_la_rotation();
        }
        if !self.rotation_en_cours() {
            self.acte(&Acte::Restauration, maintenant);
        }
        self.rescelle(maintenant);
        vec![]
    }

    fn annule(&mut self, depuis: u64) {
        let annules = self.etat.envois.split_off(usize::try_from(depuis - 1).unwrap().min(self.etat.envois.len()));
        let tient = |e: &Envoi| {
            let accuse = e.accuse.as_ref().and_then(|(jws, _)| Accuse::verifier(jws, &self.hub).ok());
            accuse.is_some_and(|a| accepter_accuse(&a, Some(e.env), &self.connue()).is_ok())
        };
        if annules.iter().any(tient) || (self.a(Defaut::SansAnnulation) && !annules.is_empty()) {
            self.etat.envois.extend(annules);
            self.alarme = Some("two histories, both acknowledged".to_owned());
            return;
        }
        self.annulations += annules.len() as u64;
        self.etat.a_refaire.extend(annules);
    }

    fn rescelle(&mut self, maintenant: DateTime<Utc>) {
        for annule in std::mem::take(&mut self.etat.a_refaire) {
            if self.rotation_en_cours() {
                self.etat.a_refaire.push(annule);
                continue;
            }
            match (annule.claims.kind, &annule.corps) {
                (Genre::Publication, Some(corps)) => {
                    let periode = &annule.claims.serie().unwrap().period;
                    if self.derniere(periode).is_none_or(|d| d.corps.as_deref() != Some(corps)) {
                        self.publie(&Contenu::lire(corps).unwrap(), maintenant);
                    }
                }
                (Genre::Retrait, _) => {
                    self.retire(&annule.claims.serie().unwrap().period.clone(), maintenant);
                }
                (Genre::Rotation, _) => {
                    if let Some(suivante) = self.suivante.take() {
                        self.acte(&Acte::Rotation { nouvelle: &suivante }, maintenant);
                        self.suivante = Some(suivante);
                    }
                }
                _ => {}
            }
        }
    }

    fn atteste(&mut self, requete: &Requete, texte: &str, preuve: Option<&PreuveCoherence>) {
        let Demande::Registre { epoque, taille } = requete.demande else { return };
        let Ok(annonce) = PointDeControle::verifier(texte, &nom_du_registre(HUB), &self.registre) else { return };
        let Some(connu) = &self.etat.point else {
            if annonce.epoque == self.connue().epoque {
                self.etat.point = Some(annonce);
            }
            return;
        };
        let sans_epoque = self.a(Defaut::PreuveSansEpoque);
        if !sans_epoque && (annonce.epoque != self.connue().epoque || (epoque, taille) != (connu.epoque, connu.taille))
        {
            return;
        }
        let lue =
            if sans_epoque { PointDeControle { epoque: connu.epoque, ..annonce.clone() } } else { annonce.clone() };
        match suivre(connu, &lue, preuve) {
            Ok(()) => self.etat.point = Some(annonce),
            Err(alarme) => self.alarme = Some(alarme.to_string()),
        }
    }

    /// A body of these worlds: one value, in a département of the region or, to be refused, of another.
    pub fn contenu(&mut self, periode: &str, valeur: u64, bonne: bool) -> Contenu {
        let trimestre: referentiel::periode::Trimestre = periode.parse().unwrap();
        let fiche = DispositifPublie {
            reference: "BFC01".parse().unwrap(),
            nom: None,
            departement: None,
            region: Some(if bonne { "27" } else { "11" }.to_owned()),
            statut: "ACT".to_owned(),
            structures: vec![],
            capacite: Some(valeur),
            etp_total: None,
            etp_hors_administratifs: None,
            professionnels: None,
            liste_attente: None,
            sans_suite: None,
        };
        let origine = Origine {
            version_jeu: "1".to_owned(),
            emetteur: NOEUD.parse().unwrap(),
            periode: trimestre,
            date: trimestre.fin(),
        };
        let _: u32 = self.rng.random();
        Contenu::dispositifs(origine, vec![fiche], &mut self.rng).unwrap()
    }
}

/// Answers that count for the last request of their kind only.
fn rang(demande: &Demande) -> Option<usize> {
    match demande {
        Demande::Tete => Some(0),
        Demande::Historique { .. } => Some(1),
        Demande::Declarations { .. } => Some(2),
        Demande::Registre { .. } => Some(3),
        Demande::Fil { .. } => Some(4),
        Demande::Depose { .. } | Demande::ChangeDeCle { .. } => None,
    }
}

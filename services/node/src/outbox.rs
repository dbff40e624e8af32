//! Step 5 of the path: sealed publications leave in chain order and come back with a signed receipt.
//!
//! Idempotent and without input: run by the schedule, by `publier` or by a restart, it compares heads
//! with the hub, sends what the hub misses, and keeps the receipts. Killed at any moment, it starts over.

use std::time::Duration;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use node_storage::Base;
use node_storage::envoi::{Envoi, EtatEnvoi, Suite};
use node_storage::temoin::Temoin;
use publication::chaine::{EpoqueConnue, Reprise, accepter_accuse, comparer_tetes};
use publication::succession::ClesSuccessives;
use publication::tete::TeteSignee;
use publication::{
    Accuse, Acte, CleSignature, Emission, Empreinte, EntreeSignee, Genre, Motif, Place, StatutAccuse, TeteNoeud,
    empreinte_corps, sceller_acte,
};
use rand::{CryptoRng, RngExt};
use referentiel::horloge::Horloge;
use referentiel::identifiant::IdentifiantNoeud;
use tracing::Instrument as _;
use web::trace;

use crate::refait::sans_references;
use crate::reprise::{annule, recupere, suit_l_epoque};
use crate::temoin::atteste;
use crate::transport::{EchecTransport, Transport};

/// What a run did.
#[derive(Debug, Default)]
pub struct Bilan {
    /// Receipts obtained, in chain order.
    pub accuses: Vec<Accuse>,
    /// Why it stopped before the end, when it did.
    pub interrompu: Option<EchecTransport>,
    /// Entries taken back from the hub: this database came from a backup.
    pub recuperes: u64,
    /// Thumbprint of a key that this node has left and that the hub, put back before the rotation, goes by:
    /// nothing was done, it must be in force again first (see [`crate::rotation::remet`]).
    pub cle_du_hub: Option<String>,
    /// Entries whose place in the hub's register was proved.
    pub confirmes: u64,
    /// Why the hub's register is not believed, when it is not.
    pub alarme: Option<String>,
    /// Articles of the feed received.
    pub articles: u64,
    /// What must be said of the reference data, in French.
    pub avertissements: Vec<String>,
}

/// What the outbox works with.
pub struct Outbox<'a> {
    /// The node's store.
    pub base: &'a Base,
    /// Node.
    pub noeud: &'a IdentifiantNoeud,
    /// Identifier of the hub.
    pub hub: &'a str,
    /// Region the envelopes name.
    pub region: &'a str,
    /// The node's key.
    pub cle: &'a CleSignature,
    /// Keys under which receipts and heads must be signed: the one in force, and for receipts those before it.
    pub cles_hub: &'a ClesSuccessives,
    /// Clock.
    pub horloge: &'a dyn Horloge,
}

impl Outbox<'_> {
    /// Sends everything the hub misses. A passing failure is noted and ends the run without error.
    pub async fn vide(&self, transport: &mut Transport<'_>, rng: &mut impl CryptoRng) -> Result<Bilan> {
        let mut bilan = Bilan::default();
        let tete = match self.tete_du_hub(transport, rng).await? {
            Ok(tete) => tete,
            Err(echec) => {
                self.note_sur_la_premiere(&echec, rng).await?;
                bilan.interrompu = Some(echec);
                return Ok(bilan);
            }
        };
        let Some(temoin) = ou_plus_tard(suit_l_epoque(self, &tete, transport, rng).await, &mut bilan)? else {
            return Ok(bilan);
        };
        let connue = connue(&temoin);
        if self.suit_une_cle_quittee(&tete, transport).await? {
            bilan.cle_du_hub = Some(tete.kid);
            return Ok(bilan);
        }
        let Some(recuperes) = ou_plus_tard(self.compare(&tete, &connue, transport, rng).await, &mut bilan)? else {
            return Ok(bilan);
        };
        bilan.recuperes = recuperes;
        // A refused content taken back from the hub has no body here. When the hub lost the entry too, nobody can
        // send it again: the chain goes on from there with what follows it.
        if let Some(seq) = self.base.premiere_sans_corps(tete.seq).await? {
            annule(self, &connue, seq, &[]).await?;
        }
        if self.rotation_perdue(&tete, transport).await? {
            bilan.cle_du_hub = Some(tete.kid);
            return Ok(bilan);
        }
        for seq in self.base.a_envoyer(tete.seq).await? {
            let envoi = self.base.envoi(seq).await?;
            // One trace for each entry, whatever the level of the lines: the hub goes on with it.
            let span = tracing::error_span!("envoi", seq, trace = tracing::field::Empty);
            trace::note(&span);
            match self.envoie(&envoi, &connue, transport, rng).instrument(span).await? {
                Ok(accuse) => bilan.accuses.push(accuse),
                Err(echec) => {
                    self.note_echec(&envoi, &echec, rng).await?;
                    if !echec.passager() {
                        return Err(echec).with_context(|| format!("L’envoi {seq} est arrêté."));
                    }
                    bilan.interrompu = Some(echec);
                    break;
                }
            }
        }
        if bilan.interrompu.is_none() {
            // The register is watched on top of the rest: it never keeps a receipt from being kept.
            match atteste(self, &temoin, transport, rng).await {
                Ok(confirmes) => bilan.confirmes = confirmes,
                Err(e) => tracing::warn!("le registre du hub n’a pas pu être suivi : {e:#}"),
            }
        }
        bilan.alarme = self.base.temoin().await?.and_then(|t| t.alarme);
        Ok(bilan)
    }

    async fn tete_du_hub(
        &self,
        transport: &mut Transport<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Result<TeteSignee, EchecTransport>> {
        let texte = match transport.tete(rng).await {
            Ok(texte) => texte,
            Err(e) if e.passager() => return Ok(Err(e)),
            Err(e) => return Err(e.into()),
        };
        if !est_un_jws(&texte) {
            return Ok(Err(pas_un_accuse()));
        }
        Ok(Ok(TeteSignee::verifier(&texte, &self.cles_hub.actuelle(), self.noeud)?))
    }

    /// True when the hub holds another history, and goes by a key that this node has left: the rotation is not in
    /// that history, so what follows it must be signed by the key of that time.
    async fn suit_une_cle_quittee(&self, distante: &TeteSignee, transport: &Transport<'_>) -> Result<bool> {
        if distante.kid == self.cle.publique().kid() || !transport.a_quitte(&distante.kid) {
            return Ok(false);
        }
        Ok(matches!(self.ecart(distante).await?, Reprise::Recuperer { .. } | Reprise::Fourche))
    }

    /// True when the hub goes by a key that this node has left and nothing of this chain will tell it so: the rotation
    /// was voided with what it followed. What comes next must be signed by the key of that time.
    async fn rotation_perdue(&self, distante: &TeteSignee, transport: &Transport<'_>) -> Result<bool> {
        if distante.kid == self.cle.publique().kid() || !transport.a_quitte(&distante.kid) {
            return Ok(false);
        }
        let suite = self.base.envois_depuis(distante.seq + 1).await?;
        Ok(suite.iter().all(|envoi| envoi.genre != Genre::Rotation))
    }

    async fn ecart(&self, distante: &TeteSignee) -> Result<Reprise> {
        let locale = match self.base.tete().await? {
            Some((seq, empreinte)) => TeteNoeud { seq, empreinte: Some(lit_empreinte(&empreinte)?) },
            None => TeteNoeud::default(),
        };
        let scellee = match self.base.envoi(distante.seq).await {
            Ok(e) => Some(lit_empreinte(&e.empreinte)?),
            Err(_) => None,
        };
        Ok(comparer_tetes(&locale, &distante.tete(), |_| scellee))
    }

    /// Compares heads at every contact: a side restored from a backup is noticed here, even with nothing to send.
    async fn compare(
        &self,
        distante: &TeteSignee,
        connue: &EpoqueConnue,
        transport: &mut Transport<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<u64> {
        match self.ecart(distante).await? {
            Reprise::AJour | Reprise::Renvoyer { .. } => Ok(0),
            // Whether the two histories really exclude one another is known once the hub's was read.
            Reprise::Recuperer { .. } | Reprise::Fourche => recupere(self, connue, transport, rng).await,
        }
    }

    /// Seals an entry without a body at the next place.
    pub async fn scelle_acte(&self, serie: Option<(&str, &str)>, acteur: &str, acte: &Acte<'_>) -> Result<u64> {
        let instant = self.horloge.maintenant();
        let signe = |suite: &Suite| -> Result<EntreeSignee> {
            let prev = suite.precedente.as_deref().map(lit_empreinte).transpose()?;
            let emission = Emission {
                hub: self.hub.to_owned(),
                region: self.region.to_owned(),
                references: sans_references(),
                cree_le: instant,
                essai: false,
            };
            Ok(sceller_acte(acte, self.noeud, Place { seq: suite.seq, prev }, &emission, self.cle)?)
        };
        self.base.scelle_acte(serie, (instant, acteur), signe).await
    }

    async fn envoie(
        &self,
        envoi: &Envoi,
        connue: &EpoqueConnue,
        transport: &mut Transport<'_>,
        rng: &mut impl CryptoRng,
    ) -> Result<Result<Accuse, EchecTransport>> {
        if envoi.genre == Genre::Publication
            && let Err(e) = transport.depose_corps(empreinte_corps(&envoi.corps), &envoi.corps, rng).await
        {
            return Ok(Err(e));
        }
        let texte = match transport.depose_enveloppe(envoi.seq, &envoi.enveloppe, rng).await {
            Ok(texte) => texte,
            Err(e) => return Ok(Err(e)),
        };
        if !est_un_jws(&texte) {
            return Ok(Err(pas_un_accuse()));
        }
        let accuse = self.cles_hub.accuse(&texte)?;
        let scellee = (accuse.seq == envoi.seq && &accuse.node == self.noeud).then(|| lit_empreinte(&envoi.empreinte));
        let statut = accepter_accuse(&accuse, scellee.transpose()?, connue)?;
        self.base.note_accuse(envoi.seq, &texte, etat(statut), self.horloge.maintenant()).await?;
        tracing::info!(statut = etat(statut).code(), "accusé reçu");
        Ok(Ok(accuse))
    }

    async fn note_sur_la_premiere(&self, echec: &EchecTransport, rng: &mut impl CryptoRng) -> Result<()> {
        if let Some(seq) = self.base.a_envoyer(u64::MAX).await?.first() {
            let envoi = self.base.envoi(*seq).await?;
            self.note_echec(&envoi, echec, rng).await?;
        }
        Ok(())
    }

    async fn note_echec(&self, envoi: &Envoi, echec: &EchecTransport, rng: &mut impl CryptoRng) -> Result<()> {
        let attente = echec.apres().unwrap_or_else(|| attente(envoi.tentatives, rng));
        let prochain: DateTime<Utc> = self.horloge.maintenant() + chrono::Duration::from_std(attente)?;
        tracing::warn!(seq = envoi.seq, essai = envoi.tentatives + 1, "envoi remis à plus tard : {echec}");
        Ok(self.base.note_echec(envoi.seq, &echec.to_string(), prochain).await?)
    }
}

/// A passing failure of the wire ends the run without error: the next one starts over.
fn ou_plus_tard<T>(etape: Result<T>, bilan: &mut Bilan) -> Result<Option<T>> {
    match etape.map_err(anyhow::Error::downcast::<EchecTransport>) {
        Ok(faite) => Ok(Some(faite)),
        Err(Ok(echec)) if echec.passager() => {
            bilan.interrompu = Some(echec);
            Ok(None)
        }
        Err(Ok(echec)) => Err(echec.into()),
        Err(Err(autre)) => Err(autre),
    }
}

/// Full jitter: uniform between zero and `min(1 h, 30 s × 2ⁿ)`, so that nodes do not come back together.
fn attente(tentatives: u32, rng: &mut impl CryptoRng) -> Duration {
    let plafond = 30_000u64.saturating_mul(1 << tentatives.min(12)).min(3_600_000);
    Duration::from_millis(rng.random_range(0..=plafond))
}

/// What is known of the hub's incarnation, as the rules of the chain read it.
pub(crate) fn connue(temoin: &Temoin) -> EpoqueConnue {
    EpoqueConnue { epoque: temoin.epoque, plancher: temoin.plancher, gardees: temoin.gardees.clone() }
}

/// State of an entry after its receipt.
pub fn etat(statut: StatutAccuse) -> EtatEnvoi {
    match statut {
        StatutAccuse::Acceptee => EtatEnvoi::Accepte,
        StatutAccuse::Refusee => EtatEnvoi::Refuse,
        StatutAccuse::Perimee => EtatEnvoi::Perime,
    }
}

fn lit_empreinte(texte: &str) -> Result<Empreinte> {
    texte.parse().with_context(|| "Une empreinte enregistrée est illisible.")
}

/// A proxy may answer 200 with a page of its own: that is not the hub's word, and no alarm either.
fn est_un_jws(texte: &str) -> bool {
    let base64url = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
    texte.split('.').count() == 3 && texte.bytes().all(|c| base64url(c) || c == b'.')
}

fn pas_un_accuse() -> EchecTransport {
    EchecTransport::Passager { detail: "ce qui a répondu n’est pas le hub".to_owned(), apres: None }
}

/// A reason of refusal, for the user.
pub fn phrase(motif: &Motif) -> String {
    match &motif.cell {
        Some(cellule) => format!("{} ({cellule})", motif.msg),
        None => motif.msg.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha20Rng;

    #[test]
    fn the_wait_grows_and_is_bounded_by_an_hour() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let plus_long = |n: u32, rng: &mut ChaCha20Rng| (0..2000).map(|_| attente(n, rng)).max().unwrap();
        assert!(plus_long(0, &mut rng) <= Duration::from_secs(30));
        assert!(plus_long(3, &mut rng) > Duration::from_secs(120));
        assert!(plus_long(40, &mut rng) <= Duration::from_secs(3600));
    }
}

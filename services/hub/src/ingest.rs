//! Steps 6 to 8 of the path: bytes received become a verified publication, then an accepted one, then
//! observations and a receipt. The signature is verified before any answer that depends on the hub's
//! state; nothing is stored that was not verified.

use hub_storage::registre::Courante;
use hub_storage::{Depot, Ecart, Examen, Sceau, corps, noeud, registre};
use publication::verification::{Attendu, kid_annonce};
use publication::{CodeRefus, EnveloppeVerifiee, StatutAccuse, verifier, verifier_enveloppe};
use referentiel::identifiant::IdentifiantNoeud;

use crate::probleme::Rejet;
use crate::service::Service;
use crate::validation;

/// What a node sent to a place of its chain, nothing verified yet.
#[derive(Debug, Clone)]
pub struct PublicationRecue {
    /// Node of the address.
    pub noeud: IdentifiantNoeud,
    /// Position of the address.
    pub seq: u64,
    /// Signed envelope, as received.
    pub jws: String,
}

/// A receipt, and whether it was made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recu {
    /// Signed receipt, byte for byte.
    pub accuse: String,
    /// True when the entry was recorded by this very request.
    pub nouveau: bool,
}

/// What became of an entry, for the measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Issue {
    /// Recorded and shown, with reservations or without.
    Acceptee,
    /// Recorded; a later revision is already there.
    Perimee,
    /// Recorded; its content is refused.
    Refusee,
    /// Recorded before: the same receipt again.
    Doublon,
    /// Not recorded.
    Ecartee,
}

impl Issue {
    /// Every one.
    pub const TOUTES: [Self; 5] = [Self::Acceptee, Self::Perimee, Self::Refusee, Self::Doublon, Self::Ecartee];

    /// Code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Acceptee => "acceptee",
            Self::Perimee => "perimee",
            Self::Refusee => "refusee",
            Self::Doublon => "doublon",
            Self::Ecartee => "ecartee",
        }
    }
}

/// Receives an entry of a chain, and measures it.
pub async fn recoit(service: &Service, recue: PublicationRecue) -> Result<Recu, Rejet> {
    let debut = std::time::Instant::now();
    let recu = traite(service, recue).await;
    let issue = recu.as_ref().map_or(Issue::Ecartee, |(_, issue)| *issue);
    service.mesures().publication(issue, debut);
    recu.map(|(recu, _)| recu)
}

async fn traite(service: &Service, recue: PublicationRecue) -> Result<(Recu, Issue), Rejet> {
    let enveloppe = signature(service, &recue).await?;
    if let Some(depot) = registre::previse(service.db(), enveloppe.enveloppe(), enveloppe.empreinte()).await? {
        return reponse(depot);
    }
    // An act is no work: it waits for nobody.
    let _place = match &enveloppe.enveloppe().body {
        Some(_) => Some(service.receptions().place().await?),
        None => None,
    };
    let recu_le = service.horloge().maintenant();
    let (examen, courante) = match (Examen::acte(enveloppe.clone()), &enveloppe.enveloppe().body) {
        (Some(acte), _) => (acte, None),
        (None, Some(annonce)) => {
            let octets = corps::find(service.db(), annonce.sha256).await?.ok_or_else(|| {
                Rejet::nouveau(CodeRefus::BodyMissing, format!("Déposez d’abord le corps {}.", annonce.sha256))
            })?;
            let courante = Courante::lit(service.db(), enveloppe.enveloppe());
            let (examen, courante) = tokio::join!(examine(service, enveloppe.clone(), octets), courante);
            (examen?, Some(courante?))
        }
        (None, None) => {
            return Err(Rejet::nouveau(CodeRefus::EnvMalformed, "Cette publication n’annonce pas de corps."));
        }
    };
    let sceau =
        Sceau { hub: &service.configuration().hub.identifiant, cle: service.cle(), recu_le, jeux: service.jeux() };
    let depot = registre::depose(service.db(), &examen, courante, &sceau).await?;
    journal(&recue, &depot, &examen);
    if let (Depot::Nouveau { .. }, Examen::Refusee(r)) = (&depot, &examen) {
        r.motifs().iter().take(1).for_each(|motif| service.mesures().refus(motif.code()));
    }
    service.annonce_arrivee();
    reponse(depot)
}

/// Step 6: the key is that of the node for this position, and the signature holds.
async fn signature(service: &Service, recue: &PublicationRecue) -> Result<EnveloppeVerifiee, Rejet> {
    let kid = kid_annonce(&recue.jws)?;
    let cle = noeud::find_cle(service.db(), &recue.noeud, &kid).await?;
    let cle = cle.ok_or_else(|| Rejet::nouveau(CodeRefus::AuthKeyUnknown, "Faites enregistrer la clé de ce nœud."))?;
    let attendu = Attendu { noeud: recue.noeud.clone(), hub: service.configuration().hub.identifiant.clone() };
    let enveloppe = verifier_enveloppe(&recue.jws, &cle.cle, &attendu)?;
    let claims = enveloppe.enveloppe();
    if claims.seq != recue.seq {
        let detail = format!("Position de l’adresse : {} ; de l’enveloppe : {}.", recue.seq, claims.seq);
        return Err(Rejet::nouveau(CodeRefus::EnvMalformed, detail));
    }
    if !cle.couvre(claims.seq) {
        return Err(Rejet::nouveau(CodeRefus::AuthKeyRevoked, "Une autre clé signe cette position de la chaîne."));
    }
    Ok(enveloppe)
}

/// Step 7, away from the threads that answer: reading a megabyte strictly is no instant.
async fn examine(service: &Service, enveloppe: EnveloppeVerifiee, octets: Vec<u8>) -> Result<Examen, Rejet> {
    let service = service.clone();
    let examen = tokio::task::spawn_blocking(move || {
        let lecture = verifier(enveloppe.clone(), &octets);
        Examen::conduire(enveloppe, lecture, |p| validation::objections(p, service.configuration()))
    });
    let examen = examen.await.map_err(|e| {
        tracing::error!(erreur = %e, "l’examen d’un contenu s’est interrompu");
        Rejet::nouveau(CodeRefus::HubBusy, "L’examen du contenu s’est interrompu.")
    })?;
    Ok(examen?)
}

fn reponse(depot: Depot) -> Result<(Recu, Issue), Rejet> {
    match depot {
        Depot::Nouveau { accuse, statut, .. } => {
            let issue = match statut {
                StatutAccuse::Refusee => Issue::Refusee,
                StatutAccuse::Perimee => Issue::Perimee,
                _ => Issue::Acceptee,
            };
            Ok((Recu { accuse, nouveau: true }, issue))
        }
        Depot::Doublon(accuse) => Ok((Recu { accuse, nouveau: false }, Issue::Doublon)),
        Depot::Ecarte(ecart) => Err(rejet(ecart)),
    }
}

fn rejet(ecart: Ecart) -> Rejet {
    let Some(refus) = ecart.decision.refus() else {
        return Rejet::nouveau(CodeRefus::HubBusy, "La chaîne du nœud vient de changer.");
    };
    let probleme = refus.probleme().avec_attendu(ecart.tete.suivante(), ecart.tete.empreinte);
    match ecart.enveloppe {
        Some(connue) => probleme.avec_enveloppe(connue).into(),
        None => probleme.into(),
    }
}

/// One line per entry: who, where, what was decided. Never a value, never a body.
fn journal(recue: &PublicationRecue, depot: &Depot, examen: &Examen) {
    let Depot::Nouveau { statut, .. } = depot else { return };
    let (noeud, seq) = (recue.noeud.as_str(), recue.seq);
    match (statut, examen) {
        (StatutAccuse::Refusee, Examen::Refusee(r)) => {
            let code = r.motifs().first().map_or("", |m| m.code().code());
            tracing::warn!(noeud, seq, motifs = r.motifs().len(), code, "publication refusée");
        }
        (StatutAccuse::Refusee, _) => tracing::warn!(noeud, seq, "entrée refusée"),
        (StatutAccuse::Perimee, _) => tracing::info!(noeud, seq, "révision périmée"),
        _ => tracing::info!(noeud, seq, "publication acceptée"),
    }
}

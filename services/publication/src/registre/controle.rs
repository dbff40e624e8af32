//! Checkpoints: the root of the register signed by the hub, in the text format that transparency
//! logs share (C2SP tlog-checkpoint and signed-note), so that another body can watch the hub with
//! tools it already has. Nodes are the witnesses: each keeps the last one and demands proof of the next.
//!
//! The note is written here and not with `signed_note`: that crate brings a second Ed25519, without
//! strict verification. A reader ignores signatures by keys it does not know, which leaves room for
//! those of witnesses and for another algorithm.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use tlog_tiles::{Checkpoint, Hash};

use super::{PreuveCoherence, TAILLE_MAXIMALE};
use crate::cle::{ClePublique, CleSignature};
use crate::empreinte::Empreinte;

const SIGNATURES_MAXIMUM: usize = 16;
const TEXTE_MAXIMUM: usize = 4096;
const ALGORITHME_ED25519: u8 = 1;

/// Why a checkpoint is not one of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointInvalide {
    /// Not the text of a signed checkpoint.
    #[error("Le point de contrôle est illisible : trois lignes, une ligne vide et des signatures sont attendues.")]
    Forme,
    /// Another log, or another incarnation of it.
    #[error("Le point de contrôle est celui de « {0} ».")]
    Origine(String),
    /// No signature of the log holds.
    #[error("Le point de contrôle ne porte pas de signature valable du registre.")]
    Signature,
}

/// Name of the log of a hub: its identifier without the scheme.
pub fn nom_du_registre(identifiant: &str) -> String {
    identifiant.split_once("://").map_or(identifiant, |(_, nom)| nom).trim_end_matches('/').to_owned()
}

/// Size and root of the register at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointDeControle {
    /// Host of the hub, without a blank: `hub.example/maillage`.
    pub hub: String,
    /// Incarnation of the log.
    pub epoque: u64,
    /// Leaves.
    pub taille: u64,
    /// Root.
    pub racine: Empreinte,
}

impl PointDeControle {
    /// Name of the log and of its key: the hub, then the incarnation.
    pub fn origine(&self) -> String {
        format!("{}/{}", self.hub, self.epoque)
    }

    /// The signed text.
    pub fn signer(&self, cle: &CleSignature) -> Result<String, PointInvalide> {
        let origine = self.origine();
        if self.hub.is_empty() || origine.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+') {
            return Err(PointInvalide::Origine(origine));
        }
        let point = Checkpoint::new(&origine, self.taille, Hash(*self.racine.octets()), "")
            .map_err(|_| PointInvalide::Forme)?;
        let texte = String::from_utf8(point.to_bytes()).map_err(|_| PointInvalide::Forme)?;
        let signature = [identifiant(&origine, &cle.publique()).as_slice(), &cle.signer(texte.as_bytes())].concat();
        Ok(format!("{texte}\n— {origine} {}\n", STANDARD.encode(signature)))
    }

    /// Reads a checkpoint signed by the key of this hub's log.
    pub fn verifier(texte: &str, hub: &str, cle: &ClePublique) -> Result<Self, PointInvalide> {
        if texte.len() > TEXTE_MAXIMUM || !texte.ends_with('\n') {
            return Err(PointInvalide::Forme);
        }
        let (corps, signatures) = texte.split_once("\n\n").ok_or(PointInvalide::Forme)?;
        let corps = format!("{corps}\n");
        let point = Checkpoint::from_bytes(corps.as_bytes()).map_err(|_| PointInvalide::Forme)?;
        let autre = || PointInvalide::Origine(point.origin().to_owned());
        let (lu, epoque) = point.origin().rsplit_once('/').ok_or_else(autre)?;
        let epoque: u64 = epoque.parse().map_err(|_| autre())?;
        let lue =
            Self { hub: lu.to_owned(), epoque, taille: point.size(), racine: Empreinte::depuis_octets(point.hash().0) };
        if lu != hub || lue.origine() != point.origin() {
            return Err(autre());
        }
        if lue.taille > TAILLE_MAXIMALE || !point.extension().is_empty() {
            return Err(PointInvalide::Forme);
        }
        let signe = |ligne: &str| signature_tient(ligne, point.origin(), corps.as_bytes(), cle);
        if signatures.lines().take(SIGNATURES_MAXIMUM).any(signe) { Ok(lue) } else { Err(PointInvalide::Signature) }
    }
}

/// First four bytes of the hash of name, algorithm and key (C2SP signed-note).
fn identifiant(nom: &str, cle: &ClePublique) -> [u8; 4] {
    let condense = Sha256::new()
        .chain_update(nom.as_bytes())
        .chain_update([b'\n', ALGORITHME_ED25519])
        .chain_update(cle.octets())
        .finalize();
    let [a, b, c, d, ..] = condense.0;
    [a, b, c, d]
}

fn signature_tient(ligne: &str, nom: &str, corps: &[u8], cle: &ClePublique) -> bool {
    let base64 = ligne.strip_prefix("— ").and_then(|l| l.strip_prefix(nom)).and_then(|l| l.strip_prefix(' '));
    let octets = base64.and_then(|b| STANDARD.decode(b).ok()).unwrap_or_default();
    let Some((identifiant_lu, signature)) = octets.split_first_chunk::<4>() else { return false };
    let Ok(signature) = signature.try_into() else { return false };
    *identifiant_lu == identifiant(nom, cle) && cle.verifier(corps, signature)
}

/// What a node raises when the register does not continue the one it knows: both checkpoints are evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Alarme {
    /// Same incarnation, fewer leaves.
    #[error("Le registre du hub a rétréci : {connue} feuilles connues, {annoncee} annoncées.")]
    Recul {
        /// Leaves known.
        connue: u64,
        /// Leaves announced.
        annoncee: u64,
    },
    /// Same incarnation, another past.
    #[error("Le registre du hub a été réécrit : son passé n’est plus celui que ce nœud connaît.")]
    Reecriture,
    /// An older incarnation than the one known.
    #[error("Le hub annonce une époque du registre ({annoncee}) plus ancienne que celle connue ({connue}).")]
    EpoqueAncienne {
        /// Incarnation known.
        connue: u64,
        /// Incarnation announced.
        annoncee: u64,
    },
    /// A new incarnation, which only a signed restore statement may open.
    #[error("Le hub annonce une nouvelle époque du registre ({annoncee}) sans déclaration de restauration.")]
    EpoqueNouvelle {
        /// Incarnation announced.
        annoncee: u64,
    },
    /// Nothing proves that the newer register begins with the known one.
    #[error("Le hub n’a pas prouvé que son registre prolonge celui que ce nœud connaît.")]
    SansPreuve,
}

/// What a witness does with a verified checkpoint: keep it, or raise the alarm and keep both. The
/// proof must be about this incarnation and these two sizes; otherwise two logs of equal size would
/// pass for a rewritten one.
pub fn suivre(
    connu: &PointDeControle,
    annonce: &PointDeControle,
    preuve: Option<&PreuveCoherence>,
) -> Result<(), Alarme> {
    if annonce.epoque < connu.epoque {
        return Err(Alarme::EpoqueAncienne { connue: connu.epoque, annoncee: annonce.epoque });
    }
    if annonce.epoque > connu.epoque {
        return Err(Alarme::EpoqueNouvelle { annoncee: annonce.epoque });
    }
    if annonce.taille < connu.taille {
        return Err(Alarme::Recul { connue: connu.taille, annoncee: annonce.taille });
    }
    if annonce.taille == connu.taille {
        return if annonce.racine == connu.racine { Ok(()) } else { Err(Alarme::Reecriture) };
    }
    if connu.taille == 0 {
        return Ok(());
    }
    let sur_ces_tailles =
        |p: &&PreuveCoherence| (p.epoch, p.from, p.to) == (connu.epoque, connu.taille, annonce.taille);
    let preuve = preuve.filter(sur_ces_tailles).ok_or(Alarme::SansPreuve)?;
    preuve.verifier(connu.racine, annonce.racine).map_err(|_| Alarme::Reecriture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::empreinte::empreinte_accuse;
    use crate::registre::{Feuille, Hachages, ajouter, prouver_coherence, racine};
    use rand::SeedableRng as _;

    const HUB: &str = "hub.example/maillage";

    fn cle(graine: u64) -> CleSignature {
        CleSignature::generer(&mut rand::rngs::StdRng::seed_from_u64(graine))
    }

    fn point(taille: u64, graine: &str) -> PointDeControle {
        PointDeControle { hub: HUB.to_owned(), epoque: 1, taille, racine: empreinte_accuse(graine) }
    }

    #[test]
    fn a_checkpoint_is_three_lines_and_a_signature_and_reads_back() {
        let texte = point(42, "r").signer(&cle(1)).unwrap();
        assert!(texte.starts_with("hub.example/maillage/1\n42\n"), "{texte}");
        assert_eq!(texte.lines().count(), 5);
        assert_eq!(PointDeControle::verifier(&texte, HUB, &cle(1).publique()).unwrap(), point(42, "r"));
        // Signatures of others before ours do not matter.
        let (corps, mienne) = texte.split_once("\n\n").unwrap();
        let cosigne = format!("{corps}\n\n— temoin.example AAAAAA==\n{mienne}");
        assert!(PointDeControle::verifier(&cosigne, HUB, &cle(1).publique()).is_ok());
    }

    #[test]
    fn a_checkpoint_of_another_key_log_or_text_is_refused() {
        let texte = point(42, "r").signer(&cle(1)).unwrap();
        let lu = |texte: &str, hub: &str| PointDeControle::verifier(texte, hub, &cle(1).publique()).unwrap_err();
        assert_eq!(lu(&point(42, "r").signer(&cle(2)).unwrap(), HUB), PointInvalide::Signature);
        assert_eq!(lu(&texte.replace("\n42\n", "\n43\n"), HUB), PointInvalide::Signature);
        assert!(matches!(lu(&texte, "autre.example"), PointInvalide::Origine(_)));
        for mauvais in ["", "x", "\n\n", &texte[..texte.len() - 1], &texte.replace("\n42\n", "\n042\n")] {
            assert_eq!(lu(mauvais, HUB), PointInvalide::Forme, "{mauvais:?}");
        }
        assert!(matches!(lu(&texte.replace("maillage/1\n", "maillage/01\n"), HUB), PointInvalide::Origine(_)));
        let blanc = PointDeControle { hub: "hub example".to_owned(), ..point(1, "r") };
        assert!(blanc.signer(&cle(1)).is_err());
    }

    #[test]
    fn matrix_38_39_a_witness_follows_a_log_that_grows_and_no_other() {
        let mut table = Hachages::new();
        let mut points = vec![];
        for rang in 0..10u64 {
            let racine = racine(rang, &table).unwrap();
            points.push(PointDeControle { racine, ..point(rang, "") });
            let feuille = Feuille::nouvelle(empreinte_accuse(&rang.to_string()), "accuse");
            table.extend(ajouter(rang, &feuille, &table).unwrap());
        }
        let preuve = prouver_coherence(1, 4, 9, &table).unwrap();
        assert_eq!(suivre(&points[4], &points[9], Some(&preuve)), Ok(()));
        assert_eq!(suivre(&points[4], &points[4], None), Ok(()));
        assert_eq!(suivre(&points[0], &points[9], None), Ok(()));
        assert_eq!(suivre(&points[4], &points[9], None), Err(Alarme::SansPreuve));
        assert_eq!(suivre(&points[5], &points[9], Some(&preuve)), Err(Alarme::SansPreuve));
        assert_eq!(suivre(&points[9], &points[4], None), Err(Alarme::Recul { connue: 9, annoncee: 4 }));
        assert_eq!(suivre(&points[4], &point(4, "autre"), None), Err(Alarme::Reecriture));
        assert_eq!(suivre(&points[4], &point(9, "autre"), Some(&preuve)), Err(Alarme::Reecriture));
    }

    #[test]
    fn a_proof_of_another_epoch_is_no_proof() {
        // The fourth design error of the simulation: two logs of equal size, one alarm too many.
        let connu = PointDeControle { epoque: 2, ..point(4, "a") };
        let annonce = PointDeControle { epoque: 2, ..point(9, "b") };
        let preuve = PreuveCoherence { epoch: 1, from: 4, to: 9, path: vec![] };
        assert_eq!(suivre(&connu, &annonce, Some(&preuve)), Err(Alarme::SansPreuve));
        assert_eq!(suivre(&connu, &point(9, "b"), None), Err(Alarme::EpoqueAncienne { connue: 2, annoncee: 1 }));
        assert_eq!(suivre(&point(4, "a"), &annonce, None), Err(Alarme::EpoqueNouvelle { annoncee: 2 }));
    }
}

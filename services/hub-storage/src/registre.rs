//! The register: every entry received, byte for byte, with the receipt that answered it. One transaction
//! holds the chain head, the register, the slice replaced, the read models and the receipt; a crash
//! before its end leaves nothing, after it only the answer can be lost.

use ::publication::chaine::{Succession, succession};
use ::publication::registre::Feuille;
use ::publication::{
    Accuse, CleSignature, CodeRefus, Comptes, Contenu, Decision, Empreinte, Enveloppe, Motif, Refus, StatutAccuse,
    TeteNoeud, accuse, decider,
};
use chrono::{DateTime, Utc};
use referentiel::identifiant::IdentifiantNoeud;

use crate::acceptation::Examen;
use crate::base::{Db, ErreurBase, Tx};
use crate::changement::Changement;
use crate::ligne::Row;
use crate::schema::Dialecte;
use crate::valeur::{Val, args};
use crate::{acte, arbre, corps, projection, remontee};

/// A receipt must stay small enough to be read: so many reasons, and so many bytes of them.
const MOTIFS_MAXIMUM: usize = 50;
const OCTETS_DE_MOTIFS: usize = 24 * 1024;

/// Who answers: the hub's identifier and key, the moment of record, the data sets of a campaign.
pub struct Sceau<'a> {
    /// Identifier of the hub.
    pub hub: &'a str,
    /// Key of the receipts.
    pub cle: &'a CleSignature,
    /// Moment of record.
    pub recu_le: DateTime<Utc>,
    /// Data sets expected in a campaign that a publication opens.
    pub jeux: &'a [String],
}

/// What became of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Depot {
    /// Recorded now; the signed receipt.
    Nouveau {
        /// Signed receipt.
        accuse: String,
        /// What was done.
        statut: StatutAccuse,
    },
    /// Recorded before: the receipt of that time, byte for byte.
    Doublon(String),
    /// Not recorded: it does not follow.
    Ecarte(Ecart),
}

/// Why an entry does not follow, with what the node needs to go on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ecart {
    /// Gap, fork or other history.
    pub decision: Decision,
    /// Head held.
    pub tete: TeteNoeud,
    /// Envelope held at the position, for a fork.
    pub enveloppe: Option<String>,
}

/// An entry already held at a position.
struct Place {
    empreinte: Empreinte,
    jws: String,
    accuse: String,
}

/// Head of a node's chain.
pub async fn tete(db: &Db, noeud: &IdentifiantNoeud) -> Result<TeteNoeud, ErreurBase> {
    let ligne =
        db.ligne("/* chaine.tete */ SELECT seq, digest FROM chaine WHERE noeud = $1", args![noeud.as_str()]).await?;
    ligne.map_or(Ok(TeteNoeud::default()), |l| Ok(TeteNoeud::apres(l.int(0)?.unsigned_abs(), empreinte(&l.text(1)?)?)))
}

/// Incarnation and head of the whole register.
pub async fn tete_registre(db: &Db) -> Result<(u64, u64), ErreurBase> {
    let ligne = db.ligne("/* registre.tete */ SELECT epoque, tete FROM registre WHERE id = 1", args![]).await?;
    let l = ligne.ok_or_else(|| ErreurBase::RegistreAltere("la tête du registre manque".to_owned()))?;
    Ok((l.int(0)?.unsigned_abs(), l.int(1)?.unsigned_abs()))
}

/// The last entry received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reception {
    /// Its place; 0 before the first.
    pub ordre: u64,
    /// When it was received.
    pub moment: Option<DateTime<Utc>>,
}

/// Where the register stands.
pub async fn derniere_reception(db: &Db) -> Result<Reception, ErreurBase> {
    let ligne = db
        .ligne(
            "/* registre.derniere */ SELECT r.tete, p.recu_le FROM registre r LEFT JOIN publication p ON p.ordre = r.tete
             WHERE r.id = 1",
            args![],
        )
        .await?;
    let l = ligne.ok_or_else(|| ErreurBase::RegistreAltere("la tête du registre manque".to_owned()))?;
    Ok(Reception { ordre: l.int(0)?.unsigned_abs(), moment: l.opt_ts(1)? })
}

/// What would become of an entry, without examining its content: a duplicate and a gap are answered at once.
pub async fn previse(db: &Db, enveloppe: &Enveloppe, empreinte: Empreinte) -> Result<Option<Depot>, ErreurBase> {
    let place = db
        .ligne(
            "/* publication.a_la_place */ SELECT digest, jws, accuse FROM publication WHERE noeud = $1 AND seq = $2",
            args![enveloppe.iss.as_str(), seq_sql(enveloppe.seq)],
        )
        .await?;
    let place = place.map(|l| lit_place(&l)).transpose()?;
    let tete = tete(db, &enveloppe.iss).await?;
    Ok(suite(&tete, enveloppe, empreinte, place))
}

/// Records an entry that was examined, and answers. Sent twice, or fifty times at once, it is recorded once.
/// `courante` is what a content replaces; read otherwise when another revision came in between.
pub async fn depose(
    db: &Db,
    examen: &Examen,
    courante: Option<Courante>,
    sceau: &Sceau<'_>,
) -> Result<Depot, ErreurBase> {
    let (jws, enveloppe, digest) = examen.enveloppe();
    // Comparing two revisions keeps no other node waiting: it is done before the lock.
    let ecarts = match (examen, &courante) {
        (Examen::Acceptee(a), Some(courante)) => Some(Ecarts::entre(courante, a.publication().contenu())),
        _ => None,
    };
    drop(courante);
    let mut tx = db.begin().await?;
    let (tete, place) = verrouille(&mut tx, enveloppe).await?;
    if let Some(depot) = suite(&tete, enveloppe, digest, place) {
        return Ok(depot);
    }
    let Jugement { statut, motifs, comptes, changement } = juge(&mut tx, examen, enveloppe, ecarts).await?;
    let montree = statut == StatutAccuse::Acceptee && !enveloppe.test;
    range_corps(&mut tx, examen, enveloppe, statut, sceau.recu_le).await?;
    match (examen, &changement) {
        (Examen::Acceptee(a), Some(changement)) if montree => {
            let contenu = a.publication().contenu();
            projection::remplace(&mut tx, contenu, changement, sceau.jeux, sceau.recu_le).await?;
            let (noeud, campagne) = (enveloppe.iss.as_str(), contenu.periode().to_string());
            remontee::apres_publication(&mut tx, noeud, &campagne, &changement.dispositifs, sceau.recu_le).await?;
        }
        (Examen::Acte(_), _) if montree => acte::applique(&mut tx, enveloppe).await?,
        _ => {}
    }
    let (epoque, ordre) = avance(&mut tx).await?;
    let accuse = Accuse {
        v: accuse::VERSION,
        iss: sceau.hub.to_owned(),
        node: enveloppe.iss.clone(),
        seq: enveloppe.seq,
        env: digest,
        status: statut,
        reasons: motifs,
        counts: comptes,
        log_epoch: epoque,
        leaf: ordre - 1,
        received_at: sceau.recu_le,
    };
    let signe = accuse.signer(sceau.cle);
    inscrit(&mut tx, &Entree { ordre, jws, enveloppe, digest, accuse: &accuse, signe: &signe }).await?;
    arbre::ajoute(&mut tx, ordre - 1, &Feuille::nouvelle(digest, &signe)).await?;
    if montree {
        inscrit_serie(&mut tx, enveloppe, ordre, sceau.recu_le).await?;
    }
    tx.commit().await?;
    Ok(Depot::Nouveau { accuse: signe, statut })
}

/// Keeps the body of what is accepted; that of a refused content is not kept at all.
async fn range_corps(
    tx: &mut Tx,
    examen: &Examen,
    enveloppe: &Enveloppe,
    statut: StatutAccuse,
    recu_le: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let Some(annonce) = &enveloppe.body else { return Ok(()) };
    match examen {
        Examen::Acceptee(a) if statut == StatutAccuse::Acceptee => {
            corps::insere(tx, annonce.sha256, a.publication().corps().to_vec(), recu_le).await.map(|_| ())
        }
        _ => corps::retire(tx, annonce.sha256).await,
    }
}

/// Takes the node's lock (the single writer is one already on SQLite) and reads where its chain stands.
async fn verrouille(tx: &mut Tx, enveloppe: &Enveloppe) -> Result<(TeteNoeud, Option<Place>), ErreurBase> {
    let noeud = enveloppe.iss.as_str();
    if tx.dialecte() == Dialecte::Postgres {
        // No key: the roster of a campaign that opens refers to every node, and must not wait for them.
        tx.ligne(
            "/* noeud.verrou */ SELECT identifiant FROM noeud WHERE identifiant = $1 FOR NO KEY UPDATE",
            args![noeud],
        )
        .await?;
    }
    let tete = tx.ligne("/* chaine.courante */ SELECT seq, digest FROM chaine WHERE noeud = $1", args![noeud]).await?;
    let tete = match tete {
        Some(l) => TeteNoeud::apres(l.int(0)?.unsigned_abs(), empreinte(&l.text(1)?)?),
        None => TeteNoeud::default(),
    };
    let place = tx
        .ligne(
            "/* publication.place */ SELECT digest, jws, accuse FROM publication WHERE noeud = $1 AND seq = $2",
            args![noeud, seq_sql(enveloppe.seq)],
        )
        .await?;
    Ok((tete, place.map(|l| lit_place(&l)).transpose()?))
}

fn suite(tete: &TeteNoeud, enveloppe: &Enveloppe, digest: Empreinte, place: Option<Place>) -> Option<Depot> {
    match decider(tete, enveloppe, digest, place.as_ref().map(|p| p.empreinte)) {
        Decision::Nouvelle => None,
        Decision::Doublon => place.map(|p| Depot::Doublon(p.accuse)),
        decision => Some(Depot::Ecarte(Ecart { decision, tete: *tete, enveloppe: place.map(|p| p.jws) })),
    }
}

/// What the receipt says, and what an accepted content changes.
struct Jugement<'a> {
    statut: StatutAccuse,
    motifs: Vec<Motif>,
    comptes: Comptes,
    changement: Option<Changement<'a>>,
}

/// The only decision that depends on the state of the series.
async fn juge<'a>(
    tx: &mut Tx,
    examen: &'a Examen,
    enveloppe: &Enveloppe,
    ecarts: Option<Ecarts<'a>>,
) -> Result<Jugement<'a>, ErreurBase> {
    let sans_suite = |statut, refus: &[Refus], cells| Jugement {
        statut,
        motifs: motifs(refus),
        comptes: Comptes { cells, changed: 0 },
        changement: None,
    };
    let acceptee = match examen {
        Examen::Refusee(r) => {
            return Ok(sans_suite(StatutAccuse::Refusee, r.motifs(), r.cellules()));
        }
        Examen::Acte(_) => {
            let refus = acte::juge(tx, enveloppe).await?;
            let statut = match refus.as_ref().map(Refus::code) {
                None => StatutAccuse::Acceptee,
                Some(CodeRefus::RevNotGreater) => StatutAccuse::Perimee,
                Some(_) => StatutAccuse::Refusee,
            };
            return Ok(sans_suite(statut, refus.as_slice(), 0));
        }
        Examen::Acceptee(a) => a.publication(),
    };
    let cells = acceptee.contenu().taille() as u64;
    let revision = acte::revision(tx, enveloppe).await?;
    if let Succession::Perimee { courante } = succession(revision, enveloppe.rev.unwrap_or(0)) {
        let refus = Refus::nouveau(CodeRefus::RevNotGreater, format!("Révision courante : {courante}."));
        return Ok(sans_suite(StatutAccuse::Perimee, &[refus], cells));
    }
    let Ecarts { changement, .. } = match ecarts.filter(|e| e.rev == revision) {
        Some(ecarts) => ecarts,
        // Another revision came in between.
        None => {
            let courante = Courante::de_la_ligne(tx.ligne(COURANTE, cle_de_serie(enveloppe)).await?).await?;
            Ecarts::entre(&courante, acceptee.contenu())
        }
    };
    let comptes = Comptes { cells, changed: changement.total };
    Ok(Jugement { statut: StatutAccuse::Acceptee, motifs: vec![], comptes, changement: Some(changement) })
}

/// What a content changes to the revision it replaces.
struct Ecarts<'a> {
    /// Revision compared; none when nothing of the series was known.
    rev: Option<u64>,
    changement: Changement<'a>,
}

/// Present revision of a series and its body, none when it was withdrawn.
const COURANTE: &str = "/* serie.courante */ SELECT s.rev, c.octets FROM serie s
     JOIN publication p ON p.ordre = s.ordre LEFT JOIN corps c ON c.digest = p.corps
     WHERE s.jeu = $1 AND s.noeud = $2 AND s.periode = $3";

fn cle_de_serie(enveloppe: &Enveloppe) -> Vec<Val> {
    let serie = enveloppe.serie();
    args![serie.map(|s| s.dataset.clone()), enveloppe.iss.as_str(), serie.map(|s| s.period.clone())]
}

/// The revision that a content replaces.
pub struct Courante {
    rev: Option<u64>,
    contenu: Option<Contenu>,
}

impl Courante {
    /// Read before the transaction, beside the examination: a megabyte is read in no instant.
    pub async fn lit(db: &Db, enveloppe: &Enveloppe) -> Result<Self, ErreurBase> {
        Self::de_la_ligne(db.ligne(COURANTE, cle_de_serie(enveloppe)).await?).await
    }

    async fn de_la_ligne(ligne: Option<Row>) -> Result<Self, ErreurBase> {
        let Some(ligne) = ligne else { return Ok(Self { rev: None, contenu: None }) };
        let contenu = match ligne.opt_bytes(1)? {
            // A body that would not read is as good as none: the slice is then written whole.
            Some(octets) => tokio::task::spawn_blocking(move || Contenu::lire(&octets).ok()).await.unwrap_or_default(),
            None => None,
        };
        Ok(Self { rev: Some(ligne.int(0)?.unsigned_abs()), contenu })
    }
}

impl<'a> Ecarts<'a> {
    /// Used only if the revision is still the same in the transaction.
    fn entre(courante: &Courante, nouveau: &'a Contenu) -> Self {
        Self { rev: courante.rev, changement: Changement::entre(courante.contenu.as_ref(), nouveau) }
    }
}

/// Takes the next place of the register, last: other nodes wait for it until the end of the transaction.
async fn avance(tx: &mut Tx) -> Result<(u64, u64), ErreurBase> {
    let ligne = tx
        .ligne("/* registre.avance */ UPDATE registre SET tete = tete + 1 WHERE id = 1 RETURNING epoque, tete", args![])
        .await?;
    let l = ligne.ok_or_else(|| ErreurBase::RegistreAltere("la tête du registre manque".to_owned()))?;
    Ok((l.int(0)?.unsigned_abs(), l.int(1)?.unsigned_abs()))
}

struct Entree<'a> {
    ordre: u64,
    jws: &'a str,
    enveloppe: &'a Enveloppe,
    digest: Empreinte,
    accuse: &'a Accuse,
    signe: &'a str,
}

async fn inscrit(tx: &mut Tx, e: &Entree<'_>) -> Result<(), ErreurBase> {
    let noeud = e.enveloppe.iss.as_str();
    let serie = e.enveloppe.serie();
    let kid = ::publication::verification::kid_annonce(e.jws)
        .map_err(|_| ErreurBase::RegistreAltere("une enveloppe vérifiée n’annonce pas de clé".to_owned()))?;
    let motifs = serde_json::to_string(&e.accuse.reasons)
        .map_err(|_| ErreurBase::RegistreAltere("les motifs ne s’écrivent pas".to_owned()))?;
    tx.execute(
        "/* publication.insere */ INSERT INTO publication (ordre, noeud, seq, digest, prev, genre, kid, jws, corps, jeu,
         periode, rev, essai, statut, motifs, cellules, accuse, recu_le)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        args![
            seq_sql(e.ordre),
            noeud,
            seq_sql(e.enveloppe.seq),
            e.digest.to_string(),
            e.enveloppe.prev.map(|p| p.to_string()),
            e.enveloppe.kind.code(),
            kid,
            e.jws,
            e.enveloppe.body.as_ref().map(|b| b.sha256.to_string()),
            serie.map(|s| s.dataset.clone()),
            serie.map(|s| s.period.clone()),
            e.enveloppe.rev.map(seq_sql),
            e.enveloppe.test,
            code_statut(e.accuse.status),
            motifs,
            seq_sql(e.accuse.counts.cells),
            e.signe,
            e.accuse.received_at,
        ],
    )
    .await?;
    tx.execute(
        "/* chaine.avance */ INSERT INTO chaine (noeud, seq, digest) VALUES ($1, $2, $3)
         ON CONFLICT (noeud) DO UPDATE SET seq = excluded.seq, digest = excluded.digest",
        args![noeud, seq_sql(e.enveloppe.seq), e.digest.to_string()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn inscrit_serie(
    tx: &mut Tx,
    enveloppe: &Enveloppe,
    ordre: u64,
    recu_le: DateTime<Utc>,
) -> Result<(), ErreurBase> {
    let (Some(serie), Some(rev)) = (enveloppe.serie(), enveloppe.rev) else { return Ok(()) };
    tx.execute(
        "/* serie.remplace */ INSERT INTO serie (jeu, noeud, periode, rev, ordre, recu_le) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (jeu, noeud, periode) DO UPDATE SET rev = excluded.rev, ordre = excluded.ordre, recu_le = excluded.recu_le",
        args![&serie.dataset, enveloppe.iss.as_str(), &serie.period, seq_sql(rev), seq_sql(ordre), recu_le],
    )
    .await?;
    Ok(())
}

fn motifs(refus: &[Refus]) -> Vec<Motif> {
    let mut octets = 0;
    let tenus = refus.iter().map(Motif::from).take(MOTIFS_MAXIMUM).take_while(|m| {
        octets += m.msg.len() + m.cell.as_ref().map_or(0, String::len) + 64;
        octets <= OCTETS_DE_MOTIFS
    });
    tenus.collect()
}

fn lit_place(l: &Row) -> Result<Place, ErreurBase> {
    Ok(Place { empreinte: empreinte(&l.text(0)?)?, jws: l.text(1)?, accuse: l.text(2)? })
}

pub(crate) fn empreinte(texte: &str) -> Result<Empreinte, ErreurBase> {
    texte.parse().map_err(|_| ErreurBase::RegistreAltere(format!("« {texte} » n’est pas une empreinte")))
}

pub(crate) fn seq_sql(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Name of a status in the register and on the wire.
pub fn code_statut(statut: StatutAccuse) -> &'static str {
    match statut {
        StatutAccuse::Acceptee => "accepted",
        StatutAccuse::Refusee => "refused",
        StatutAccuse::Perimee => "stale",
    }
}

/// What the register holds, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bilan {
    /// Cells of the revisions shown.
    pub observations: u64,
    /// Entries, each with its receipt.
    pub entrees: u64,
    /// Accepted among them.
    pub acceptees: u64,
    /// Refused among them.
    pub refusees: u64,
}

/// Counts the register; the observations themselves are not scanned.
pub async fn bilan(db: &Db) -> Result<Bilan, ErreurBase> {
    let ligne = db
        .ligne(
            "/* registre.bilan */ SELECT COUNT(*), COUNT(CASE WHEN statut = 'accepted' THEN 1 END),
             COUNT(CASE WHEN statut = 'refused' THEN 1 END),
             (SELECT CAST(COALESCE(SUM(p.cellules), 0) AS BIGINT) FROM serie s JOIN publication p ON p.ordre = s.ordre
              WHERE s.jeu <> 'ea.dispositif')
             FROM publication",
            args![],
        )
        .await?;
    lit_bilan(ligne)
}

/// The same counts as they were: what each series held at that moment.
pub async fn bilan_a(db: &Db, moment: DateTime<Utc>) -> Result<Bilan, ErreurBase> {
    let ligne = db
        .ligne(
            "/* registre.bilan_passe */ SELECT COUNT(*), COUNT(CASE WHEN statut = 'accepted' THEN 1 END),
             COUNT(CASE WHEN statut = 'refused' THEN 1 END),
             (SELECT CAST(COALESCE(SUM(p.cellules), 0) AS BIGINT) FROM publication p
              WHERE p.statut = 'accepted' AND p.essai = $2 AND p.recu_le <= $1 AND p.jeu <> 'ea.dispositif'
              AND NOT EXISTS (SELECT 1 FROM publication q WHERE q.periode = p.periode AND q.noeud = p.noeud
                              AND q.jeu = p.jeu AND q.rev > p.rev AND q.statut = 'accepted' AND q.essai = $2
                              AND q.recu_le <= $1))
             FROM publication WHERE recu_le <= $1",
            args![moment, false],
        )
        .await?;
    lit_bilan(ligne)
}

fn lit_bilan(ligne: Option<Row>) -> Result<Bilan, ErreurBase> {
    let Some(l) = ligne else { return Ok(Bilan::default()) };
    let n = |rang: usize| l.int(rang).map(i64::unsigned_abs);
    Ok(Bilan { entrees: n(0)?, acceptees: n(1)?, refusees: n(2)?, observations: n(3)? })
}

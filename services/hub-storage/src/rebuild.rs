//! Read models dropped and rebuilt from the register, and compared: the result must be identical, or
//! what is shown is not what was accepted (invariant I14).

use std::collections::BTreeMap;

use ::publication::{Contenu, Genre, verification};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;

use crate::base::{Db, ErreurBase, Tx};
use crate::changement::Changement;
use crate::ligne::Row;
use crate::noeud::Noeud;
use crate::publication::{Entree, de_la_periode, suite};
use crate::schema::Dialecte;
use crate::valeur::{Val, args};
use crate::{acte, corps, noeud, noeud_passe, projection, registre};

/// Entries read from the register at a time.
const PAGE: u32 = 50;

/// Drops the read models and replays the accepted publications, in one transaction.
pub async fn rebuild(db: &Db, jeux: &[String]) -> Result<u64, ErreurBase> {
    let mut tx = db.begin().await?;
    let n = rejoue(db, &mut tx, jeux).await?;
    if tx.dialecte() == Dialecte::Postgres {
        // Filled at once, tables have no statistics: PostgreSQL would join as if they were empty for a minute.
        let sql = "/* rebuild.analyse */ ANALYZE observation, dispositif, territoire, fiche, completude, serie";
        tx.execute(sql, args![]).await?;
    }
    tx.commit().await?;
    Ok(n)
}

/// Rebuilds the read models of `source` in another database, fresh: `source` is only read.
pub async fn rebuild_ailleurs(source: &Db, cible: &Db, jeux: &[String]) -> Result<u64, ErreurBase> {
    let mut tx = cible.begin().await?;
    copie_listes(source, &mut tx, None).await?;
    let n = rejoue(source, &mut tx, jeux).await?;
    tx.commit().await?;
    Ok(n)
}

async fn rejoue(source: &Db, tx: &mut Tx, jeux: &[String]) -> Result<u64, ErreurBase> {
    for sql in [
        "/* observation.efface */ DELETE FROM observation",
        "/* dispositif.efface */ DELETE FROM dispositif",
        "/* territoire.efface */ DELETE FROM territoire",
        "/* fiche.efface */ DELETE FROM fiche",
        "/* completude.efface */ DELETE FROM completude",
        "/* serie.efface */ DELETE FROM serie",
    ] {
        tx.execute(sql, args![]).await?;
    }
    let (mut apres, mut rejouees) = (0, 0);
    loop {
        let page = suite(source, apres, PAGE).await?;
        let Some(derniere) = page.last() else { return Ok(rejouees) };
        apres = derniere.ordre;
        for entree in page.iter().filter(|e| e.statut == "accepted" && !e.essai) {
            rejoue_entree(source, tx, entree, jeux).await?;
            rejouees += 1;
        }
    }
}

async fn rejoue_entree(source: &Db, tx: &mut Tx, entree: &Entree, jeux: &[String]) -> Result<(), ErreurBase> {
    let altere = |quoi: &str| ErreurBase::RegistreAltere(format!("{} n° {} : {quoi}.", entree.noeud, entree.seq));
    let noeud = entree.noeud.parse().map_err(|_| altere("identifiant de nœud illisible"))?;
    let cle = noeud::find_cle(source, &noeud, &entree.kid).await?.ok_or_else(|| altere("clé inconnue"))?;
    let attendu =
        verification::Attendu { noeud, hub: destinataire(&entree.jws).ok_or_else(|| altere("enveloppe illisible"))? };
    let enveloppe =
        ::publication::verifier_enveloppe(&entree.jws, &cle.cle, &attendu).map_err(|r| altere(&r.to_string()))?;
    if let (Genre::Retrait, Some(serie)) = (enveloppe.enveloppe().kind, enveloppe.enveloppe().serie()) {
        acte::retire(tx, &entree.noeud, serie).await?;
        return registre::inscrit_serie(tx, enveloppe.enveloppe(), entree.ordre, entree.recu_le).await;
    }
    if enveloppe.enveloppe().kind != Genre::Publication {
        return Ok(());
    }
    let digest = entree.corps.as_deref().ok_or_else(|| altere("corps non désigné"))?;
    let octets = corps::find(source, registre::empreinte(digest)?).await?.ok_or_else(|| altere("corps absent"))?;
    let publication = ::publication::verifier(enveloppe, &octets).map_err(|r| altere(&r.to_string()))?;
    let contenu: &Contenu = publication.contenu();
    // Nothing is taken for granted of what is stored: each content replaces its whole slice.
    let changement = Changement::entre(None, contenu);
    projection::remplace(tx, contenu, &changement, jeux, entree.recu_le).await?;
    registre::inscrit_serie(tx, publication.enveloppe(), entree.ordre, entree.recu_le).await
}

/// Replays what the register held of a campaign at a moment, in a database of its own: the past is served
/// by the same queries as the present, for ever.
pub(crate) async fn rejoue_passe(
    source: &Db,
    tx: &mut Tx,
    campagne: &str,
    jusqua: DateTime<Utc>,
    jeux: &[String],
) -> Result<(), ErreurBase> {
    copie_listes(source, tx, Some(jusqua)).await?;
    for entree in de_la_periode(source, campagne, jusqua).await?.iter().filter(|e| e.statut == "accepted" && !e.essai) {
        rejoue_entree(source, tx, entree, jeux).await?;
    }
    Ok(())
}

/// Hub that an envelope was meant for: the register outlives a change of the hub's name.
fn destinataire(jws: &str) -> Option<String> {
    use base64::Engine as _;
    let charge = jws.split('.').nth(1)?;
    let charge = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(charge).ok()?;
    let lue: serde_json::Value = serde_json::from_slice(&charge).ok()?;
    Some(lue.get("aud")?.as_str()?.to_owned())
}

/// Copies what the read models depend on beside the register: nodes, now or as they were, and campaigns.
async fn copie_listes(source: &Db, tx: &mut Tx, moment: Option<DateTime<Utc>>) -> Result<(), ErreurBase> {
    let mut noeuds = noeud::liste(source).await?;
    if let Some(moment) = moment {
        let passes = noeud_passe::liste(source, moment).await?;
        let passe = |n: Noeud| passes.iter().find(|p| p.identifiant == n.identifiant).cloned().unwrap_or(n);
        noeuds = noeuds.into_iter().map(passe).collect();
    }
    for noeud in noeuds {
        tx.execute(
            "/* rebuild.noeud */ INSERT INTO noeud (identifiant, nom, organisme, actif) VALUES ($1, $2, $3, $4)",
            args![noeud.identifiant.as_str(), noeud.nom, noeud.organisme, noeud.actif],
        )
        .await?;
    }
    for campagne in crate::campagne::liste(source).await? {
        tx.execute(
            "/* rebuild.campagne */ INSERT INTO campagne (code, date_evenement, limite_depot, declaree) VALUES ($1, $2, $3, $4)",
            args![campagne.code, campagne.date_evenement, campagne.limite_depot, campagne.declaree],
        )
        .await?;
    }
    Ok(())
}

/// Read models and the columns compared, key first. Text columns only, beside those converted by `texte`.
const TABLES: &[(&str, &[Colonne])] = &[
    (
        "serie",
        &[
            Colonne::T("periode"),
            Colonne::T("jeu"),
            Colonne::T("noeud"),
            Colonne::I("rev"),
            Colonne::I("ordre"),
            Colonne::H("recu_le"),
        ],
    ),
    (
        "observation",
        &[
            Colonne::T("campagne"),
            Colonne::T("audience"),
            Colonne::T("indicateur"),
            Colonne::T("niveau"),
            Colonne::T("territoire"),
            Colonne::T("ventilation"),
            Colonne::T("noeud"),
            Colonne::T("jeu"),
            Colonne::T("axes"),
            Colonne::D("valeur"),
            Colonne::D("numerateur"),
            Colonne::D("denominateur"),
            Colonne::T("statut"),
            Colonne::I("plancher"),
            Colonne::I("plafond"),
        ],
    ),
    (
        "territoire",
        &[
            Colonne::T("campagne"),
            Colonne::T("niveau"),
            Colonne::T("code"),
            Colonne::T("noeud"),
            Colonne::T("jeu"),
            Colonne::T("nom"),
            Colonne::T("parent_niveau"),
            Colonne::T("parent_code"),
        ],
    ),
    (
        "dispositif",
        &[
            Colonne::T("campagne"),
            Colonne::T("reference"),
            Colonne::T("noeud"),
            Colonne::T("nom"),
            Colonne::T("departement"),
            Colonne::T("region"),
            Colonne::T("statut"),
            Colonne::T("structures"),
            Colonne::I("capacite"),
            Colonne::D("etp_total"),
            Colonne::D("etp_hors_administratifs"),
            Colonne::I("professionnels"),
            Colonne::I("liste_attente"),
            Colonne::I("sans_suite"),
        ],
    ),
    (
        "fiche",
        &[
            Colonne::T("campagne"),
            Colonne::T("audience"),
            Colonne::T("jeu"),
            Colonne::T("liste"),
            Colonne::T("cle"),
            Colonne::T("noeud"),
            Colonne::T("champs"),
        ],
    ),
    (
        "completude",
        &[
            Colonne::T("campagne"),
            Colonne::T("noeud"),
            Colonne::T("jeu"),
            Colonne::T("dispositif"),
            Colonne::H("recu_le"),
            Colonne::B("vide"),
        ],
    ),
];

/// A column by its type: text, integer, decimal, moment, boolean.
#[derive(Clone, Copy)]
enum Colonne {
    T(&'static str),
    I(&'static str),
    D(&'static str),
    H(&'static str),
    B(&'static str),
}

impl Colonne {
    fn nom(self) -> &'static str {
        match self {
            Self::T(nom) | Self::I(nom) | Self::D(nom) | Self::H(nom) | Self::B(nom) => nom,
        }
    }

    /// The same text on both backends.
    fn texte(self, ligne: &Row, rang: usize) -> Result<Option<String>, ErreurBase> {
        Ok(match self {
            Self::T(_) => ligne.opt_text(rang)?,
            Self::I(_) => ligne.opt_int(rang)?.map(|n| n.to_string()),
            Self::D(_) => ligne.opt_dec(rang)?.map(|d| d.to_string()),
            Self::H(_) => ligne.opt_ts(rang)?.map(|t| crate::valeur::texte_instant(&t)),
            Self::B(_) => Some(ligne.bool(rang)?.to_string()),
        })
    }
}

/// Digest of each read model, campaign by campaign: (table, campaign) → (rows, digest).
pub async fn empreintes(db: &Db) -> Result<BTreeMap<(String, String), (u64, String)>, ErreurBase> {
    let mut toutes = BTreeMap::new();
    for (table, colonnes) in TABLES {
        let periode = colonnes.first().map_or("campagne", |c| c.nom());
        let campagnes = db
            .lignes(AssertSqlSafe(format!("/* empreinte.campagnes */ SELECT DISTINCT {periode} FROM {table}")), args![])
            .await?;
        for campagne in campagnes {
            let campagne = campagne.text(0)?;
            let empreinte = empreinte(db, table, colonnes, periode, &campagne).await?;
            toutes.insert(((*table).to_owned(), campagne), empreinte);
        }
    }
    Ok(toutes)
}

async fn empreinte(
    db: &Db,
    table: &str,
    colonnes: &[Colonne],
    periode: &str,
    campagne: &str,
) -> Result<(u64, String), ErreurBase> {
    let noms: Vec<&str> = colonnes.iter().map(|c| c.nom()).collect();
    let noms = noms.join(", ");
    let sql = format!("/* empreinte.table */ SELECT {noms} FROM {table} WHERE {periode} = $1");
    let lignes = db.lignes(AssertSqlSafe(sql), vec![Val::from(campagne)]).await?;
    let mut textes = Vec::with_capacity(lignes.len());
    for ligne in &lignes {
        let mut texte = String::new();
        for (rang, colonne) in colonnes.iter().enumerate() {
            // The unit separator keeps « a|b » and « a », « b » apart; an absence is not an empty text.
            texte.push_str(&colonne.texte(ligne, rang)?.map_or("\u{0}\u{1f}".to_owned(), |t| t + "\u{1f}"));
        }
        textes.push(texte);
    }
    textes.sort_unstable();
    let mut condense = Sha256::new();
    for texte in &textes {
        condense.update(texte.as_bytes());
        condense.update(b"\n");
    }
    let condense: String = condense.finalize().iter().map(|o| format!("{o:02x}")).collect();
    Ok((textes.len() as u64, condense))
}

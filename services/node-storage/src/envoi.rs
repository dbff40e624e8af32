//! Outbox: sealed publications, in chain order, and their receipts.
//!
//! Sealing is one transaction: reading the head, taking the next position, signing, storing. After it
//! the bytes never change, whatever is killed; before it nothing exists.

use chrono::{DateTime, Utc};
use publication::{ClePublique, Genre, PublicationSignee};
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::annulation::refait_regle;
use crate::base::{Base, Ecriture, ErreurBase, instant_lu, instant_texte};
use crate::chaine::rotation_reglee;
use crate::journal::note_dans;

/// Where the next envelope stands: its position in the node's chain and in its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// Position in the chain, from 1, without a hole.
    pub seq: u64,
    /// Digest of the envelope before, `None` for the first.
    pub precedente: Option<String>,
    /// Revision of the series (jeu × period), from 1.
    pub revision: u32,
    /// Digest of the revision replaced.
    pub remplace: Option<String>,
}

/// State of a delivery, as the node knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EtatEnvoi {
    /// Sealed, no receipt yet.
    Scelle,
    /// Accepted by the hub.
    Accepte,
    /// Refused by the hub: its position is consumed, the reasons are in the receipt.
    Refuse,
    /// Overtaken: the hub already had a later revision.
    Perime,
}

impl EtatEnvoi {
    /// Code, as stored.
    pub fn code(self) -> &'static str {
        match self {
            Self::Scelle => "scelle",
            Self::Accepte => "accepte",
            Self::Refuse => "refuse",
            Self::Perime => "perime",
        }
    }

    fn depuis(code: &str) -> Result<Self, ErreurBase> {
        [Self::Scelle, Self::Accepte, Self::Refuse, Self::Perime]
            .into_iter()
            .find(|e| e.code() == code)
            .ok_or_else(|| ErreurBase::Illisible(format!("état d’envoi « {code} »")))
    }
}

/// A sealed entry of the chain.
#[derive(Debug, Clone)]
pub struct Envoi {
    /// Position in the chain.
    pub seq: u64,
    /// What it does.
    pub genre: Genre,
    /// Data set; empty for an entry of no series.
    pub jeu: String,
    /// Period; empty for an entry of no series.
    pub periode: String,
    /// Revision of the series; 0 for an entry of no series.
    pub revision: u32,
    /// Digest of the envelope.
    pub empreinte: String,
    /// The envelope (JWS), as it was signed.
    pub enveloppe: String,
    /// The body, as it was signed; empty for an entry that has none.
    pub corps: Vec<u8>,
    /// State.
    pub etat: EtatEnvoi,
    /// When it was sealed.
    pub scelle_le: DateTime<Utc>,
    /// The hub's signed receipt.
    pub accuse: Option<String>,
    /// When the proof that it stands in the hub's register was checked.
    pub confirme_le: Option<DateTime<Utc>>,
    /// Failed attempts so far.
    pub tentatives: u32,
    /// Not before this moment, after a failure.
    pub prochain_essai: Option<DateTime<Utc>>,
    /// What the last failure said.
    pub derniere_erreur: Option<String>,
}

impl Envoi {
    /// True for the rotation that announces this key.
    pub fn enveloppe_annonce(&self, cle: &ClePublique) -> bool {
        publication::sceau::cle_annoncee(&self.enveloppe).as_ref() == Some(cle)
    }
}

/// What sealing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scellement {
    /// A new envelope stands at this position.
    Nouveau(u64),
    /// The content is that of the last envelope of the series: nothing to send.
    Inchange(u64),
}

pub(crate) const COLONNES: &str = "genre, confirme_le, seq, jeu, periode, revision, empreinte, enveloppe, corps, etat, scelle_le, accuse, tentatives, prochain_essai, derniere_erreur";

pub(crate) fn lit(r: &SqliteRow) -> Result<Envoi, ErreurBase> {
    let instant = |colonne: &str| -> Result<Option<DateTime<Utc>>, ErreurBase> {
        r.try_get::<Option<String>, _>(colonne)?.as_deref().map(instant_lu).transpose()
    };
    Ok(Envoi {
        seq: positif(r.try_get("seq")?)?,
        genre: genre_lu(r.try_get("genre")?)?,
        jeu: r.try_get::<Option<String>, _>("jeu")?.unwrap_or_default(),
        periode: r.try_get::<Option<String>, _>("periode")?.unwrap_or_default(),
        revision: r.try_get::<Option<u32>, _>("revision")?.unwrap_or_default(),
        empreinte: r.try_get("empreinte")?,
        enveloppe: r.try_get("enveloppe")?,
        corps: r.try_get::<Option<Vec<u8>>, _>("corps")?.unwrap_or_default(),
        etat: EtatEnvoi::depuis(r.try_get("etat")?)?,
        scelle_le: instant_lu(r.try_get("scelle_le")?)?,
        accuse: r.try_get("accuse")?,
        confirme_le: instant("confirme_le")?,
        tentatives: r.try_get("tentatives")?,
        prochain_essai: instant("prochain_essai")?,
        derniere_erreur: r.try_get("derniere_erreur")?,
    })
}

pub(crate) fn genre_lu(code: &str) -> Result<Genre, ErreurBase> {
    Genre::TOUS
        .into_iter()
        .find(|g| g.code() == code)
        .ok_or_else(|| ErreurBase::Illisible(format!("genre d’envoi « {code} »")))
}

pub(crate) fn positif(n: i64) -> Result<u64, ErreurBase> {
    u64::try_from(n).map_err(|_| ErreurBase::Illisible(format!("position {n}")))
}

pub(crate) fn borne(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

impl Base {
    /// Takes the next position and seals what `signe` makes for it, in one transaction. When the body
    /// is byte for byte that of the series' last live revision, nothing is sealed.
    pub async fn scelle<E>(
        &self,
        jeu: &str,
        periode: &str,
        (instant, acteur): (DateTime<Utc>, &str),
        signe: impl FnOnce(&Suite) -> Result<PublicationSignee, E>,
    ) -> Result<Scellement, E>
    where
        E: From<ErreurBase>,
    {
        let mut tx = self.ecrit().await?;
        rotation_reglee(&mut tx).await?;
        refait_regle(&mut tx, jeu, periode).await?;
        let (suite, derniere) = suite(&mut tx, jeu, periode).await?;
        let signee = signe(&suite)?;
        if let Some(derniere) = derniere.filter(|d| d.etat != EtatEnvoi::Refuse && d.corps == signee.corps()) {
            return Ok(Scellement::Inchange(derniere.seq));
        }
        insere(&mut tx, jeu, periode, instant, &suite, &signee).await?;
        note_dans(&mut tx, instant, acteur, "scelle", &format!("{jeu} {periode} révision {}", suite.revision)).await?;
        tx.commit().await.map_err(ErreurBase::from)?;
        Ok(Scellement::Nouveau(suite.seq))
    }

    /// What must be sent to a hub whose head is at `tete`: everything without a receipt, and everything
    /// the hub has lost, in chain order.
    pub async fn a_envoyer(&self, tete: u64) -> Result<Vec<u64>, ErreurBase> {
        let rows =
            sqlx::query("/* envoi.a_envoyer */ SELECT seq FROM envoi WHERE etat = 'scelle' OR seq > $1 ORDER BY seq")
                .bind(borne(tete))
                .fetch_all(&self.pool)
                .await?;
        rows.iter().map(|r| positif(r.try_get(0)?)).collect()
    }

    /// One sealed publication.
    pub async fn envoi(&self, seq: u64) -> Result<Envoi, ErreurBase> {
        let sql = format!("/* envoi.lit */ SELECT {COLONNES} FROM envoi WHERE seq = $1");
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(borne(seq)).fetch_optional(&self.pool).await?;
        lit(&row.ok_or_else(|| ErreurBase::Introuvable(format!("Aucun envoi n’a la position {seq}.")))?)
    }

    /// The sealed publications, most recent first.
    pub async fn envois(&self, limite: u32) -> Result<Vec<Envoi>, ErreurBase> {
        let sql = format!("/* envoi.liste */ SELECT {COLONNES} FROM envoi ORDER BY seq DESC LIMIT $1");
        let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(limite).fetch_all(&self.pool).await?;
        rows.iter().map(lit).collect()
    }

    /// The last content published of a series that was not refused: what readers know, even once withdrawn.
    pub async fn derniere_revision(&self, jeu: &str, periode: &str) -> Result<Option<Envoi>, ErreurBase> {
        let sql = format!(
            "/* envoi.derniere */ SELECT {COLONNES} FROM envoi WHERE jeu = $1 AND periode = $2 AND etat <> 'refuse' AND genre = 'publish'
             ORDER BY revision DESC LIMIT 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(jeu).bind(periode).fetch_optional(&self.pool).await?;
        row.as_ref().map(lit).transpose()
    }

    /// The last entry of a series, whatever it does.
    pub async fn derniere_entree(&self, jeu: &str, periode: &str) -> Result<Option<Envoi>, ErreurBase> {
        let sql = format!(
            "/* envoi.derniere_entree */ SELECT {COLONNES} FROM envoi WHERE jeu = $1 AND periode = $2
             ORDER BY revision DESC LIMIT 1"
        );
        let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(jeu).bind(periode).fetch_optional(&self.pool).await?;
        row.as_ref().map(lit).transpose()
    }

    /// Head of the chain: position and digest of the last sealed envelope.
    pub async fn tete(&self) -> Result<Option<(u64, String)>, ErreurBase> {
        let row = sqlx::query("/* envoi.tete */ SELECT seq, empreinte FROM envoi ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&self.pool)
            .await?;
        row.map(|r| Ok((positif(r.try_get(0)?)?, r.try_get(1)?))).transpose()
    }

    /// Keeps the hub's receipt.
    pub async fn note_accuse(
        &self,
        seq: u64,
        accuse: &str,
        etat: EtatEnvoi,
        instant: DateTime<Utc>,
    ) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query(
            "/* envoi.accuse */ UPDATE envoi SET accuse = $2, etat = $3, accuse_le = $4, prochain_essai = NULL,
             derniere_erreur = NULL WHERE seq = $1",
        )
        .bind(borne(seq))
        .bind(accuse)
        .bind(etat.code())
        .bind(instant_texte(instant))
        .execute(&mut *tx)
        .await?;
        note_dans(&mut tx, instant, "hub", etat.code(), &format!("envoi {seq}")).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Notes a failed attempt and when to try again.
    pub async fn note_echec(&self, seq: u64, erreur: &str, prochain: DateTime<Utc>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query(
            "/* envoi.echec */ UPDATE envoi SET tentatives = tentatives + 1, prochain_essai = $2, derniere_erreur = $3
             WHERE seq = $1",
        )
        .bind(borne(seq))
        .bind(instant_texte(prochain))
        .bind(erreur)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

pub(crate) async fn suite(
    tx: &mut Ecriture<'_>,
    jeu: &str,
    periode: &str,
) -> Result<(Suite, Option<Envoi>), ErreurBase> {
    let tete = sqlx::query("/* envoi.tete */ SELECT seq, empreinte FROM envoi ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut **tx)
        .await?;
    let (seq, precedente) = match tete {
        Some(r) => (positif(r.try_get(0)?)? + 1, Some(r.try_get(1)?)),
        None => (1, None),
    };
    let sql = format!(
        "/* envoi.serie */ SELECT {COLONNES} FROM envoi WHERE jeu = $1 AND periode = $2 ORDER BY revision DESC LIMIT 1"
    );
    let derniere = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(jeu).bind(periode).fetch_optional(&mut **tx).await?;
    let derniere = derniere.as_ref().map(lit).transpose()?;
    let suite = Suite {
        seq,
        precedente,
        revision: derniere.as_ref().map_or(1, |d| d.revision + 1),
        remplace: derniere.as_ref().map(|d| d.empreinte.clone()),
    };
    Ok((suite, derniere))
}

pub(crate) async fn insere(
    tx: &mut Ecriture<'_>,
    jeu: &str,
    periode: &str,
    instant: DateTime<Utc>,
    suite: &Suite,
    signee: &PublicationSignee,
) -> Result<(), ErreurBase> {
    sqlx::query(
        "/* envoi.scelle */ INSERT INTO envoi (genre, seq, jeu, periode, revision, empreinte, enveloppe, corps, etat, scelle_le)
         VALUES ('publish', $1, $2, $3, $4, $5, $6, $7, 'scelle', $8)",
    )
    .bind(borne(suite.seq))
    .bind(jeu)
    .bind(periode)
    .bind(suite.revision)
    .bind(signee.empreinte().to_string())
    .bind(signee.enveloppe_jws())
    .bind(signee.corps())
    .bind(instant_texte(instant))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod essai {
    use super::*;
    use crate::base::essai;
    use publication::{
        CleSignature, Contenu, DispositifPublie, Emission, Origine, Raison, References, SuiteChaine, sceller,
    };
    use rand::SeedableRng as _;

    const JEU: &str = "ea.dispositif";

    fn signe(suite: &Suite, capacite: u64) -> PublicationSignee {
        let mut rng = rand::rngs::ChaCha20Rng::seed_from_u64(1);
        let cle = CleSignature::generer(&mut rng);
        let fiche = DispositifPublie {
            reference: "BFC01".parse().unwrap(),
            nom: None,
            departement: Some("70".parse().unwrap()),
            region: Some("27".to_owned()),
            statut: "ACT".to_owned(),
            structures: vec!["Structure Horizon".repeat(40)],
            capacite: Some(capacite),
            etp_total: None,
            etp_hors_administratifs: None,
            professionnels: None,
            liste_attente: None,
            sans_suite: None,
        };
        let periode: referentiel::periode::Trimestre = "2026-T1".parse().unwrap();
        let origine = Origine {
            version_jeu: referentiel::jeu::jeu(JEU).unwrap().version.clone(),
            emetteur: essai::noeud(0),
            periode,
            date: periode.fin(),
        };
        let contenu = Contenu::dispositifs(origine, vec![fiche], &mut rng).unwrap();
        let emission = Emission {
            hub: "https://hub.example".to_owned(),
            region: "27".to_owned(),
            references: References { catalogue: "1".into(), thresholds: "1".into(), campaign: "2026-T1".into() },
            cree_le: DateTime::UNIX_EPOCH,
            essai: false,
        };
        let lit = |t: &Option<String>| t.as_deref().map(|t| t.parse().unwrap());
        let chaine = SuiteChaine {
            seq: suite.seq,
            prev: lit(&suite.precedente),
            rev: suite.revision.into(),
            supersedes: lit(&suite.remplace),
            raison: if suite.revision == 1 { Raison::Premiere } else { Raison::Correction },
        };
        sceller(&contenu, &chaine, &emission, &cle).unwrap()
    }

    async fn essaie(base: &Base, capacite: u64) -> Result<PublicationSignee, ErreurBase> {
        let mut vue = None;
        let quand = (DateTime::UNIX_EPOCH, "essai");
        base.scelle(JEU, "2026-T1", quand, |suite| {
            vue = Some(suite.clone());
            Ok::<_, ErreurBase>(signe(suite, capacite))
        })
        .await?;
        Ok(signe(&vue.unwrap(), capacite))
    }

    /// Seals one more publication.
    pub(crate) async fn scelle(base: &Base, capacite: u64) -> PublicationSignee {
        essaie(base, capacite).await.unwrap()
    }

    /// Matrix 15, the node's side: a disk that is full leaves no entry, no position taken, and the next one follows.
    #[tokio::test]
    async fn matrix_15_a_disk_full_once_leaves_no_entry_and_the_chain_goes_on() {
        let (_dossier, base) = essai::base().await;
        let premiere = scelle(&base, 1).await;
        let pragma = async |sql: &'static str| sqlx::query(sql).execute(&base.pool).await.unwrap();
        pragma("/* essai.plein */ PRAGMA max_page_count = 1").await;
        let mut pleine = None;
        for capacite in 2..200 {
            if let Err(e) = essaie(&base, capacite).await {
                pleine = Some(e);
                break;
            }
        }
        let dit = pleine.expect("the file cannot grow").to_string();
        assert!(dit.starts_with("La base du nœud a refusé l’opération"), "{dit}");
        let avant = base.envois(1000).await.unwrap();
        pragma("/* essai.place */ PRAGMA max_page_count = 1000000").await;
        let suivante = scelle(&base, 1000).await;
        let apres = base.envois(1000).await.unwrap();
        assert_eq!(apres.len(), avant.len() + 1, "the one that failed left nothing");
        assert_eq!(suivante.enveloppe().prev, Some(avant[0].empreinte.parse().unwrap()), "no hole in the chain");
        assert_eq!(apres.last().unwrap().empreinte, premiere.empreinte().to_string());
    }
}

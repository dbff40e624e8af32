//! Opening the store: options, migrations, and the refusal of another node's file.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use referentiel::identifiant::IdentifiantNoeud;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Row, SqlSafeStr, Sqlite, SqliteConnection, SqlitePool, Transaction};

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum ErreurBase {
    /// The engine refused.
    #[error("La base du nœud a refusé l’opération : {0}")]
    Sqlite(#[from] sqlx::Error),
    /// A migration failed, or the file comes from a newer version.
    #[error("Le schéma de la base ne convient pas à cette version du logiciel : {0}")]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// The file belongs to another node.
    #[error(
        "Cette base est celle du nœud {0}, pas celle de {1} : vérifiez le chemin de la base dans la configuration."
    )]
    AutreNoeud(String, String),
    /// What was stored cannot be read back.
    #[error("Une donnée enregistrée est illisible ({0}) : restaurez une sauvegarde.")]
    Illisible(String),
    /// A key was announced and the hub has not answered yet.
    #[error("Une rotation de clé attend son accusé : rien n’est scellé avant. Lancez « maillage-node envoyer ».")]
    RotationEnCours,
    /// Something older waits to be sealed again, and would be shown over what is newer.
    #[error(
        "Un envoi annulé de cette série attend d’être scellé de nouveau : rien de plus récent ne l’est avant. \
         Lancez « maillage-node envoyer »."
    )]
    RefaitEnAttente,
    /// Nothing of that kind is stored.
    #[error("{0}")]
    Introuvable(String),
}

/// The node's store.
#[derive(Debug, Clone)]
pub struct Base {
    pub(crate) pool: SqlitePool,
}

/// A write transaction: all or nothing.
pub type Ecriture<'a> = Transaction<'a, Sqlite>;

impl Base {
    /// Opens (or creates) the file, brings its schema up to date, and checks that it is this node's.
    pub async fn ouvre(chemin: &Path, noeud: &IdentifiantNoeud) -> Result<Self, ErreurBase> {
        let base = Self::ouvre_sans_noeud(chemin).await?;
        base.appartient_a(noeud).await?;
        Ok(base)
    }

    async fn ouvre_sans_noeud(chemin: &Path) -> Result<Self, ErreurBase> {
        let options = SqliteConnectOptions::from_str("sqlite:")?
            .filename(chemin)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is erased is overwritten: a case whose time has come leaves no byte behind.
            .pragma("secure_delete", "ON")
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .after_release(|connexion, _| Box::pin(ramenee(connexion)))
            .connect_with(options)
            .await?;
        migrations().run(&pool).await?;
        Ok(Self { pool })
    }

    async fn appartient_a(&self, noeud: &IdentifiantNoeud) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        sqlx::query("/* noeud.inscrit */ INSERT INTO noeud (seul, identifiant) VALUES (1, $1) ON CONFLICT DO NOTHING")
            .bind(noeud.as_str())
            .execute(&mut *tx)
            .await?;
        let inscrit: String =
            sqlx::query("/* noeud.lit */ SELECT identifiant FROM noeud").fetch_one(&mut *tx).await?.try_get(0)?;
        tx.commit().await?;
        if inscrit == noeud.as_str() { Ok(()) } else { Err(ErreurBase::AutreNoeud(inscrit, noeud.to_string())) }
    }

    /// Writes a whole, consistent copy in an empty or new file.
    pub async fn sauvegarde(&self, fichier: &Path) -> Result<(), ErreurBase> {
        let sql = "/* base.sauvegarde */ VACUUM INTO $1";
        sqlx::query(sql).bind(fichier.to_string_lossy().into_owned()).execute(&self.pool).await?;
        Ok(())
    }

    /// Starts a write transaction; dropped without commit, it leaves nothing.
    pub async fn ecrit(&self) -> Result<Ecriture<'_>, ErreurBase> {
        Ok(self.pool.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes the file properly (checkpoint of the write-ahead log).
    pub async fn ferme(self) {
        self.pool.close().await;
    }
}

/// Whether a connection may serve again. On a full disk the engine ends the transaction by itself, and the rollback
/// that follows fails: out of step, such a connection would refuse every transaction until the service restarts.
async fn ramenee(connexion: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    if !connexion.is_in_transaction() {
        return Ok(true);
    }
    // A rollback may still be under way: the answer to a ping comes after it.
    connexion.ping().await?;
    Ok(!connexion.is_in_transaction())
}

fn migrations() -> Migrator {
    const FICHIERS: &[(i64, &str, &str)] = &[
        (1, "noeud", include_str!("../../../migrations/node/sqlite/0001_noeud.sql")),
        (2, "brouillon", include_str!("../../../migrations/node/sqlite/0002_brouillon.sql")),
        (3, "chaine", include_str!("../../../migrations/node/sqlite/0003_chaine.sql")),
        (4, "situation", include_str!("../../../migrations/node/sqlite/0004_situation.sql")),
        (5, "declaration", include_str!("../../../migrations/node/sqlite/0005_declaration.sql")),
        (6, "annulation", include_str!("../../../migrations/node/sqlite/0006_annulation.sql")),
        (7, "partage", include_str!("../../../migrations/node/sqlite/0007_partage.sql")),
        (8, "saisie_en_cours", include_str!("../../../migrations/node/sqlite/0008_saisie_en_cours.sql")),
    ];
    let migrations = FICHIERS.iter().map(|(numero, nom, sql)| {
        Migration::new(*numero, (*nom).into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// Moments are stored as fixed-width UTC text: text order is time order.
pub(crate) fn instant_texte(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(crate) fn instant_lu(texte: &str) -> Result<DateTime<Utc>, ErreurBase> {
    DateTime::parse_from_rfc3339(texte)
        .map(|d| d.with_timezone(&Utc))
        .map_err(|_| ErreurBase::Illisible(format!("instant « {texte} »")))
}

#[cfg(test)]
pub(crate) mod essai {
    use super::*;

    pub(crate) fn noeud(rang: usize) -> IdentifiantNoeud {
        ["cdg-287000012", "cdg-285700019"][rang].parse().unwrap()
    }

    pub(crate) async fn base() -> (tempfile::TempDir, Base) {
        let dossier = tempfile::tempdir().unwrap();
        let base = Base::ouvre(&dossier.path().join("noeud.db"), &noeud(0)).await.unwrap();
        (dossier, base)
    }

    #[tokio::test]
    async fn a_file_of_another_node_is_refused() {
        let (dossier, base) = base().await;
        base.ferme().await;
        let chemin = dossier.path().join("noeud.db");
        assert!(Base::ouvre(&chemin, &noeud(0)).await.is_ok());
        assert!(matches!(Base::ouvre(&chemin, &noeud(1)).await, Err(ErreurBase::AutreNoeud(..))));
    }

    #[tokio::test]
    async fn a_newer_schema_is_refused() {
        let (dossier, base) = base().await;
        sqlx::query("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (999, 'futur', 1, x'00', 0)")
            .execute(&base.pool)
            .await
            .unwrap();
        base.ferme().await;
        let e = Base::ouvre(&dossier.path().join("noeud.db"), &noeud(0)).await.unwrap_err();
        assert!(matches!(e, ErreurBase::Schema(_)), "{e}");
    }
}

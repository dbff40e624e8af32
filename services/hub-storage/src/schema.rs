//! The embedded migrations, and the refusal to work on a schema this version does not know.
//! Add-only: a file that was applied somewhere is never edited (its checksum is verified at start).

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

use crate::base::ErreurBase;

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// Dialect of a backend: which folder of `migrations/hub` it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialecte {
    /// Embedded file, the default.
    Sqlite,
    /// Server, for production.
    Postgres,
}

/// The migrator of a dialect. A version found in the database and absent here stops the service:
/// an older program must not write into a newer schema.
pub(crate) fn migrator(dialecte: Dialecte) -> Migrator {
    Migrator::with_migrations(
        suite(dialecte)
            .iter()
            .map(|(numero, nom, sql)| {
                Migration::new(*numero, Cow::Borrowed(*nom), MigrationType::Simple, (*sql).into_sql_str(), false)
            })
            .collect(),
    )
}

fn suite(dialecte: Dialecte) -> &'static [(i64, &'static str, &'static str)] {
    match dialecte {
        Dialecte::Sqlite => SQLITE,
        Dialecte::Postgres => POSTGRES,
    }
}

/// Says in French what a failed migration means for the person who starts the service.
pub(crate) fn explique(erreur: MigrateError) -> ErreurBase {
    match erreur {
        MigrateError::VersionMissing(version) => ErreurBase::SchemaInconnu(version),
        MigrateError::VersionMismatch(version) => ErreurBase::SchemaModifie(version),
        autre => ErreurBase::Migration(autre.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_backends_have_the_same_numbers_and_names() {
        let noms = |d| suite(d).iter().map(|(n, nom, _)| (*n, *nom)).collect::<Vec<_>>();
        assert_eq!(noms(Dialecte::Sqlite), noms(Dialecte::Postgres));
        assert!(!SQLITE.is_empty());
        for (rang, (numero, ..)) in SQLITE.iter().enumerate() {
            assert_eq!(*numero, rang as i64 + 1, "numbers follow each other");
        }
    }

    #[test]
    fn every_sqlite_table_is_strict() {
        for (_, nom, sql) in SQLITE {
            let tables = sql.matches("CREATE TABLE").count();
            assert_eq!(sql.matches("STRICT").count(), tables, "{nom}");
        }
    }
}

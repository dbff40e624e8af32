//! A row read from either backend. sqlx reads a NULL of SQLite as 0 or "" without a word; here a NULL
//! read as a required value is an error on both.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, ValueRef as _};

use crate::base::ErreurBase;

/// A row; columns are read by rank.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Pg(PgRow),
}

type Lu<T> = Result<T, ErreurBase>;

impl Row {
    fn est_nulle(&self, rang: usize) -> Lu<bool> {
        Ok(match self {
            Self::Sqlite(r) => r.try_get_raw(rang)?.is_null(),
            Self::Pg(r) => r.try_get_raw(rang)?.is_null(),
        })
    }

    fn requise<T>(&self, rang: usize, lit: impl FnOnce() -> Lu<T>) -> Lu<T> {
        if self.est_nulle(rang)? { Err(ErreurBase::ValeurAbsente(rang)) } else { lit() }
    }

    fn facultative<T>(&self, rang: usize, lit: impl FnOnce() -> Lu<T>) -> Lu<Option<T>> {
        if self.est_nulle(rang)? { Ok(None) } else { lit().map(Some) }
    }

    /// An integer.
    pub fn int(&self, rang: usize) -> Lu<i64> {
        self.requise(rang, || {
            Ok(match self {
                Self::Sqlite(r) => r.try_get(rang)?,
                Self::Pg(r) => r.try_get(rang)?,
            })
        })
    }

    /// A boolean.
    pub fn bool(&self, rang: usize) -> Lu<bool> {
        self.requise(rang, || {
            Ok(match self {
                Self::Sqlite(r) => r.try_get(rang)?,
                Self::Pg(r) => r.try_get(rang)?,
            })
        })
    }

    /// A text.
    pub fn text(&self, rang: usize) -> Lu<String> {
        self.requise(rang, || {
            Ok(match self {
                Self::Sqlite(r) => r.try_get(rang)?,
                Self::Pg(r) => r.try_get(rang)?,
            })
        })
    }

    /// Bytes.
    pub fn bytes(&self, rang: usize) -> Lu<Vec<u8>> {
        self.requise(rang, || {
            Ok(match self {
                Self::Sqlite(r) => r.try_get(rang)?,
                Self::Pg(r) => r.try_get(rang)?,
            })
        })
    }

    /// An exact decimal.
    pub fn dec(&self, rang: usize) -> Lu<Decimal> {
        self.requise(rang, || match self {
            Self::Sqlite(r) => r.try_get::<&str, _>(rang)?.parse().map_err(|_| ErreurBase::ValeurIllisible(rang)),
            Self::Pg(r) => Ok(r.try_get(rang)?),
        })
    }

    /// A moment.
    pub fn ts(&self, rang: usize) -> Lu<DateTime<Utc>> {
        self.requise(rang, || match self {
            Self::Sqlite(r) => DateTime::parse_from_rfc3339(r.try_get::<&str, _>(rang)?)
                .map(|t| t.with_timezone(&Utc))
                .map_err(|_| ErreurBase::ValeurIllisible(rang)),
            Self::Pg(r) => Ok(r.try_get(rang)?),
        })
    }

    /// A calendar day.
    pub fn date(&self, rang: usize) -> Lu<NaiveDate> {
        self.requise(rang, || match self {
            Self::Sqlite(r) => r.try_get::<&str, _>(rang)?.parse().map_err(|_| ErreurBase::ValeurIllisible(rang)),
            Self::Pg(r) => Ok(r.try_get(rang)?),
        })
    }

    /// An integer, or none.
    pub fn opt_int(&self, rang: usize) -> Lu<Option<i64>> {
        self.facultative(rang, || self.int(rang))
    }

    /// A text, or none.
    pub fn opt_text(&self, rang: usize) -> Lu<Option<String>> {
        self.facultative(rang, || self.text(rang))
    }

    /// Bytes, or none.
    pub fn opt_bytes(&self, rang: usize) -> Lu<Option<Vec<u8>>> {
        self.facultative(rang, || self.bytes(rang))
    }

    /// A decimal, or none.
    pub fn opt_dec(&self, rang: usize) -> Lu<Option<Decimal>> {
        self.facultative(rang, || self.dec(rang))
    }

    /// A moment, or none.
    pub fn opt_ts(&self, rang: usize) -> Lu<Option<DateTime<Utc>>> {
        self.facultative(rang, || self.ts(rang))
    }

    /// A calendar day, or none.
    pub fn opt_date(&self, rang: usize) -> Lu<Option<NaiveDate>> {
        self.facultative(rang, || self.date(rang))
    }
}

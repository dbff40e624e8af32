//! One value bound to a statement, the same on both backends. Here live the rules that differ:
//! SQLite has no decimal and no timestamp, PostgreSQL wants an untyped NULL.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, types::Oid};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Postgres, Type};

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub enum Val {
    /// Absent.
    Null,
    /// Integer; BIGINT columns only.
    Int(i64),
    /// Boolean.
    Bool(bool),
    /// Text.
    Text(String),
    /// Raw bytes.
    Bytes(Vec<u8>),
    /// Exact decimal: NUMERIC, or its text on SQLite.
    Dec(Decimal),
    /// Moment, to the microsecond: TIMESTAMPTZ, or a fixed-width text that sorts by time on SQLite.
    Ts(DateTime<Utc>),
    /// Calendar day.
    Date(NaiveDate),
}

/// Text of a moment, always the same width so that text order is time order.
pub(crate) fn texte_instant(instant: &DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// A NULL without a type: a typed one (text) is refused by PostgreSQL for a numeric column.
struct PgNull;

impl Type<Postgres> for PgNull {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for PgNull {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

pub(crate) fn arguments_sqlite(valeurs: Vec<Val>) -> Result<SqliteArguments, BoxDynError> {
    let mut a = SqliteArguments::default();
    a.reserve(valeurs.len(), 0);
    for valeur in valeurs {
        match valeur {
            Val::Null => a.add(None::<i64>)?,
            Val::Int(v) => a.add(v)?,
            Val::Bool(v) => a.add(v)?,
            Val::Text(v) => a.add(v)?,
            Val::Bytes(v) => a.add(v)?,
            Val::Dec(v) => a.add(v.to_string())?,
            Val::Ts(v) => a.add(texte_instant(&v))?,
            Val::Date(v) => a.add(v.to_string())?,
        }
    }
    Ok(a)
}

pub(crate) fn arguments_postgres(valeurs: Vec<Val>) -> Result<PgArguments, BoxDynError> {
    let mut a = PgArguments::default();
    a.reserve(valeurs.len(), 0);
    for valeur in valeurs {
        match valeur {
            Val::Null => a.add(PgNull)?,
            Val::Int(v) => a.add(v)?,
            Val::Bool(v) => a.add(v)?,
            Val::Text(v) => a.add(v)?,
            Val::Bytes(v) => a.add(v)?,
            Val::Dec(v) => a.add(v)?,
            Val::Ts(v) => a.add(v)?,
            Val::Date(v) => a.add(v)?,
        }
    }
    Ok(a)
}

macro_rules! depuis {
    ($($type:ty => $variante:ident),+ $(,)?) => {
        $(impl From<$type> for Val {
            fn from(v: $type) -> Self {
                Self::$variante(v)
            }
        })+
    };
}

depuis!(i64 => Int, bool => Bool, String => Text, Vec<u8> => Bytes, Decimal => Dec, DateTime<Utc> => Ts, NaiveDate => Date);

impl From<&str> for Val {
    fn from(v: &str) -> Self {
        Self::Text(v.to_owned())
    }
}

impl From<&String> for Val {
    fn from(v: &String) -> Self {
        Self::Text(v.clone())
    }
}

impl From<&[u8]> for Val {
    fn from(v: &[u8]) -> Self {
        Self::Bytes(v.to_vec())
    }
}

impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// The arguments of a statement, in the order of its `$n`.
macro_rules! args {
    ($($v:expr),* $(,)?) => { vec![$($crate::valeur::Val::from($v)),*] };
}
pub(crate) use args;

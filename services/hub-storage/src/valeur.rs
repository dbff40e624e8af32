//! One value bound to a statement, the same on both backends. Here live the rules that differ:
//! SQLite has no decimal and no timestamp, PostgreSQL wants an untyped NULL.

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgTypeInfo, types::Oid};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, Encode, Postgres, Type};

use crate::schema::Dialecte;

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

/// `($1, $2), ($3, $4)…`: the rows of a multi-row insert. SQLite looks a named parameter up in a list, each time
/// from its start: thousands of them bind in seconds, and thousands of `?` in no time.
pub(crate) fn lots(dialecte: Dialecte, lignes: usize, colonnes: usize) -> String {
    use std::fmt::Write as _;
    let mut sql = String::with_capacity(lignes * colonnes * 6);
    for ligne in 0..lignes {
        sql.push_str(if ligne == 0 { "(" } else { ", (" });
        for colonne in 0..colonnes {
            let virgule = if colonne == 0 { "" } else { ", " };
            // Writing into a String cannot fail.
            let _ = match dialecte {
                Dialecte::Sqlite => write!(sql, "{virgule}?"),
                Dialecte::Postgres => write!(sql, "{virgule}${}", ligne * colonnes + colonne + 1),
            };
        }
        sql.push(')');
    }
    sql
}

/// The conditions of a dynamic `WHERE`, written with the texts of this crate only; values are always bound.
#[derive(Default)]
pub(crate) struct Conditions {
    textes: Vec<String>,
    valeurs: Vec<Val>,
}

impl Conditions {
    /// `colonne = $n`, when there is a value.
    pub fn egale(&mut self, colonne: &'static str, valeur: Option<impl Into<Val>>) {
        if let Some(valeur) = valeur {
            let place = self.lie(valeur);
            self.textes.push(format!("{colonne} = {place}"));
        }
    }

    /// `colonne IN ($n, …)`, when there are values.
    pub fn parmi(&mut self, colonne: &'static str, valeurs: &[String]) {
        if !valeurs.is_empty() {
            let places: Vec<String> = valeurs.iter().map(|v| self.lie(v)).collect();
            self.textes.push(format!("{colonne} IN ({})", places.join(", ")));
        }
    }

    /// `(colonnes) > ($n, …)`: the rest of a page, in the order of the columns.
    pub fn apres(&mut self, colonnes: &'static str, valeurs: Vec<Val>) {
        let places: Vec<String> = valeurs.into_iter().map(|v| self.lie(v)).collect();
        self.textes.push(format!("({colonnes}) > ({})", places.join(", ")));
    }

    /// `(colonnes) IN (($n, …), …)`: rows named by their key.
    pub fn parmi_lignes(&mut self, colonnes: &'static str, lignes: Vec<Vec<Val>>) {
        let lignes: Vec<String> = lignes
            .into_iter()
            .map(|l| format!("({})", l.into_iter().map(|v| self.lie(v)).collect::<Vec<_>>().join(", ")))
            .collect();
        self.textes.push(format!("({colonnes}) IN (VALUES {})", lignes.join(", ")));
    }

    /// A condition with one value, whose place is written `{}`.
    pub fn ou(&mut self, texte: &'static str, valeur: Option<impl Into<Val>>) {
        if let Some(valeur) = valeur {
            let place = self.lie(valeur);
            self.textes.push(texte.replace("{}", &place));
        }
    }

    /// A condition already written, whose values are bound.
    pub fn texte(&mut self, texte: String) {
        self.textes.push(texte);
    }

    /// Binds a value that is not in a condition (a limit) and gives its place.
    pub fn lie(&mut self, valeur: impl Into<Val>) -> String {
        self.valeurs.push(valeur.into());
        format!("${}", self.valeurs.len())
    }

    /// ` WHERE …`, or nothing.
    pub fn sql(&self) -> String {
        if self.textes.is_empty() { String::new() } else { format!(" WHERE {}", self.textes.join(" AND ")) }
    }

    /// The values, in order.
    pub fn valeurs(self) -> Vec<Val> {
        self.valeurs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_conditions_are_numbered_in_order() {
        assert_eq!(lots(Dialecte::Postgres, 2, 2), "($1, $2), ($3, $4)");
        assert_eq!(lots(Dialecte::Sqlite, 2, 2), "(?, ?), (?, ?)");
        let mut c = Conditions::default();
        c.egale("a", Some("x"));
        c.egale("b", None::<i64>);
        c.parmi("c", &["y".to_owned(), "z".to_owned()]);
        c.apres("d, e", args![1_i64, 2_i64]);
        assert_eq!(c.sql(), " WHERE a = $1 AND c IN ($2, $3) AND (d, e) > ($4, $5)");
        assert_eq!(c.valeurs().len(), 5);
    }
}

//! What was keyed for the declared data sets: each import is a row, the last live one speaks for its period.

use chrono::{DateTime, Utc};
use referentiel::jeu::declaration::Declaration;
use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::base::{Base, ErreurBase, instant_lu, instant_texte};
use crate::journal::note_dans;
use crate::situation::Lecture;

/// A workbook to keep.
#[derive(Debug, Clone, Copy)]
pub struct ADeclarer<'a> {
    /// Data set.
    pub jeu: &'a str,
    /// Period, by its last quarter.
    pub periode: &'a str,
    /// What was keyed.
    pub declaration: &'a Declaration,
    /// Name of the file, for the history.
    pub fichier: &'a str,
    /// SHA-256 of the file, in hexadecimal.
    pub empreinte: &'a str,
}

/// An import as listed to the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeclarationListee {
    /// Number.
    pub id: i64,
    /// Data set.
    pub jeu: String,
    /// Period.
    pub periode: String,
    /// Name of the file, without its folder.
    pub fichier: String,
    /// When.
    pub importe_le: DateTime<Utc>,
    /// True when undone since.
    pub annulee: bool,
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueDeclaration {
    /// It speaks for its period from now on; its number, for undo.
    Importee(i64),
    /// The very same file already does, since then.
    DejaFaite(DateTime<Utc>),
}

impl Base {
    /// Keeps what was keyed, in the place of what stood for the period.
    pub async fn declare(&self, a: ADeclarer<'_>, l: Lecture<'_>) -> Result<IssueDeclaration, ErreurBase> {
        let contenu = serde_json::to_string(a.declaration).map_err(|e| ErreurBase::Illisible(e.to_string()))?;
        let mut tx = self.ecrit().await?;
        let vivante = sqlx::query(
            "/* declaration.vivante */ SELECT empreinte, importe_le FROM declaration
             WHERE jeu = $1 AND periode = $2 AND annule_le IS NULL ORDER BY id DESC LIMIT 1",
        )
        .bind(a.jeu)
        .bind(a.periode)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(row) = vivante
            && row.try_get::<String, _>(0)? == a.empreinte
        {
            return Ok(IssueDeclaration::DejaFaite(instant_lu(row.try_get(1)?)?));
        }
        let inseree = sqlx::query(
            "/* declaration.insere */ INSERT INTO declaration (jeu, periode, fichier, empreinte, importe_le, contenu)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(a.jeu)
        .bind(a.periode)
        .bind(a.fichier)
        .bind(a.empreinte)
        .bind(instant_texte(l.instant))
        .bind(contenu)
        .execute(&mut *tx)
        .await?;
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("{} {}", a.jeu, a.periode)).await?;
        tx.commit().await?;
        Ok(IssueDeclaration::Importee(inseree.last_insert_rowid()))
    }

    /// What stands for a period.
    pub async fn declaration(&self, jeu: &str, periode: &str) -> Result<Option<Declaration>, ErreurBase> {
        let row = sqlx::query(
            "/* declaration.lit */ SELECT contenu FROM declaration
             WHERE jeu = $1 AND periode = $2 AND annule_le IS NULL ORDER BY id DESC LIMIT 1",
        )
        .bind(jeu)
        .bind(periode)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(contenu).transpose()
    }

    /// What stood last before a period: the version before, of a jeu that changes when something changes.
    pub async fn declaration_avant(&self, jeu: &str, periode: &str) -> Result<Option<Declaration>, ErreurBase> {
        let row = sqlx::query(
            "/* declaration.avant */ SELECT contenu FROM declaration
             WHERE jeu = $1 AND periode < $2 AND annule_le IS NULL ORDER BY periode DESC, id DESC LIMIT 1",
        )
        .bind(jeu)
        .bind(periode)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(contenu).transpose()
    }

    /// The last period of a jeu for which something stands.
    pub async fn derniere_periode_declaree(&self, jeu: &str) -> Result<Option<String>, ErreurBase> {
        let row = sqlx::query(
            "/* declaration.derniere */ SELECT max(periode) FROM declaration WHERE jeu = $1 AND annule_le IS NULL",
        )
        .bind(jeu)
        .fetch_one(&self.pool)
        .await?;
        Ok(row.try_get(0)?)
    }

    /// The imports, most recent first.
    pub async fn declarations(&self, limite: u32) -> Result<Vec<DeclarationListee>, ErreurBase> {
        let rows = sqlx::query(
            "/* declaration.liste */ SELECT id, jeu, periode, fichier, importe_le, annule_le IS NOT NULL
             FROM declaration ORDER BY id DESC LIMIT $1",
        )
        .bind(limite)
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|r| {
                Ok(DeclarationListee {
                    id: r.try_get(0)?,
                    jeu: r.try_get(1)?,
                    periode: r.try_get(2)?,
                    fichier: r.try_get(3)?,
                    importe_le: instant_lu(r.try_get(4)?)?,
                    annulee: r.try_get(5)?,
                })
            })
            .collect()
    }

    /// Undoes an import: what stood before for its period stands again.
    pub async fn annule_declaration(&self, id: i64, l: Lecture<'_>) -> Result<(), ErreurBase> {
        let mut tx = self.ecrit().await?;
        let annulee = sqlx::query(
            "/* declaration.annule */ UPDATE declaration SET annule_le = $1 WHERE id = $2 AND annule_le IS NULL",
        )
        .bind(instant_texte(l.instant))
        .bind(id)
        .execute(&mut *tx)
        .await?;
        if annulee.rows_affected() == 0 {
            return Err(ErreurBase::Introuvable(format!("Aucune saisie n° {id} à annuler.")));
        }
        note_dans(&mut tx, l.instant, l.acteur, l.acte, &format!("saisie n° {id}")).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn contenu(row: &SqliteRow) -> Result<Declaration, ErreurBase> {
    serde_json::from_str(row.try_get(0)?).map_err(|e| ErreurBase::Illisible(format!("saisie d’un jeu : {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::essai;
    use referentiel::cellule::Ventilation;
    use referentiel::jeu::declaration::Coordonnee;

    fn lecture(jour: u32) -> Lecture<'static> {
        let instant = format!("2026-04-{jour:02}T08:00:00Z").parse().unwrap();
        Lecture { acteur: "essai", acte: "importer-jeu", instant }
    }

    #[tokio::test]
    async fn the_last_live_import_speaks_and_an_undo_gives_back_the_one_before() {
        let (_dossier, base) = essai::base().await;
        let valeur = |n: i64| {
            let place = Coordonnee { mesure: "N".into(), ventilation: Ventilation::nouvelle([("axe", "a")]) };
            Declaration { cellules: [(place, n.into())].into(), ..Declaration::default() }
        };
        let (un, deux) = (valeur(1), valeur(2));
        let a = |declaration, empreinte| ADeclarer {
            jeu: "rsu.boeth",
            periode: "2024-T4",
            declaration,
            fichier: "f.xlsx",
            empreinte,
        };
        assert_eq!(base.declare(a(&un, "x"), lecture(1)).await.unwrap(), IssueDeclaration::Importee(1));
        let encore = base.declare(a(&un, "x"), lecture(2)).await.unwrap();
        assert_eq!(encore, IssueDeclaration::DejaFaite(lecture(1).instant));
        assert_eq!(base.declare(a(&deux, "y"), lecture(3)).await.unwrap(), IssueDeclaration::Importee(2));
        assert_eq!(base.declaration("rsu.boeth", "2024-T4").await.unwrap(), Some(deux.clone()));
        assert_eq!(base.declaration_avant("rsu.boeth", "2025-T4").await.unwrap(), Some(deux));
        assert_eq!(base.derniere_periode_declaree("rsu.boeth").await.unwrap().as_deref(), Some("2024-T4"));
        assert_eq!(base.derniere_periode_declaree("pratiques").await.unwrap(), None);
        base.annule_declaration(2, lecture(4)).await.unwrap();
        assert_eq!(base.declaration("rsu.boeth", "2024-T4").await.unwrap(), Some(un));
        assert!(base.annule_declaration(2, lecture(5)).await.is_err());
        assert_eq!(base.declaration_avant("rsu.boeth", "2024-T4").await.unwrap(), None);
    }
}
